/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A datagram as a tree: messages, their headers, and items.
 *
 * An item is an attribute or raw bytes; the bytes of a payload are the bytes of its items one
 * after the other, so every byte string has a tree. Trees live in an arena and are freed with it.
 */
#ifndef RIG_WIRE_TREE_H
#define RIG_WIRE_TREE_H

#include "wire/arena.h"
#include "schema/schema.h"

/* A $symbol of a script, to be replaced by an integer when the bytes are made. */
struct rig_ref {
	struct rig_ref *next;
	const char *symbol; /* without the '$' */
	uint32_t offset;    /* into the node's payload, or into the message from its header on */
	uint8_t size;	    /* 1, 2, 4 or 8 bytes */
	enum rig_order order;
	unsigned int line; /* where it stands in the text */
	unsigned int column;
};

enum rig_form {
	RIG_FORM_RAW,  /* bytes without an attribute header */
	RIG_FORM_LEAF, /* an attribute; its payload is data[0..size) */
	RIG_FORM_NEST, /* an attribute; its payload is its children */
	/* in patterns only: */
	RIG_FORM_REST,	 /* "...": others may follow */
	RIG_FORM_ABSENT, /* "!name": must not be there */
};

struct rig_node {
	struct rig_node *next;
	struct rig_node *children;   /* NEST */
	const struct rig_attr *attr; /* NULL: RAW, REST, or a number that the schema lacks */
	const uint8_t *data;	     /* RAW and LEAF */
	const uint8_t *pad;	     /* has_pad: these bytes follow instead of zeros up to 4 */
	const uint8_t *care;	     /* pattern: as long as data, 0xff where it must be equal */
	struct rig_ref *refs;
	uint32_t size;
	uint32_t pad_size;
	enum rig_form form;
	uint16_t type; /* nla_type as on the wire, with its flag bits */
	uint16_t len;  /* has_len: nla_len as on the wire, whatever the payload is */
	bool has_len;
	bool has_pad;
	bool any; /* pattern "name=...": whatever its payload */
};

/* Header fields that the text named, or that are not what the bytes call for. */
enum rig_set {
	RIG_SET_LEN = 1 << 0,
	RIG_SET_TYPE = 1 << 1,
	RIG_SET_FLAGS = 1 << 2,
	RIG_SET_SEQ = 1 << 3,
	RIG_SET_PID = 1 << 4,
	RIG_SET_VERSION = 1 << 5,
	RIG_SET_RESERVED = 1 << 6,
	RIG_SET_PAD = 1 << 7,
	RIG_SET_FIXED = 1 << 8, /* some of the fixed header: dp= and the like */
};

#define RIG_FIXED_MAX 20

/*
 * One message of a datagram. All header fields hold their final value in host order, whether
 * they are in @set or not; but nlmsg_len is computed unless RIG_SET_LEN, and nlmsg_type is
 * the family's id unless RIG_SET_TYPE or there is no family.
 */
struct rig_message {
	struct rig_message *next;	      /* in the same datagram */
	const struct rig_family *family;      /* NULL: "msg", or raw */
	const struct rig_command *command;    /* NULL: a number that the schema lacks */
	const struct rig_fixed *fixed_layout; /* NULL: none */
	struct rig_node *nodes;
	struct rig_ref *refs; /* in the headers */
	const uint8_t *pad;   /* RIG_SET_PAD: instead of zeros up to 4 */
	uint32_t pad_size;
	uint32_t len;
	uint32_t seq;
	uint32_t pid;
	uint16_t type;
	uint16_t flags;
	uint16_t reserved;
	uint8_t cmd; /* of the generic header */
	uint8_t version;
	bool raw;	   /* no header at all: the bytes of one RAW node */
	unsigned int set;  /* enum rig_set */
	unsigned int line; /* where it stands in the text, else 0 */
	unsigned int column;
	uint8_t fixed[RIG_FIXED_MAX]; /* as on the wire */
};

/** rig_node_number() - the attribute number of @node, without the NLA_F_ bits. */
static inline unsigned int rig_node_number(const struct rig_node *node)
{
	return node->type & 0x3fff;
}

/** rig_message_dp() - the ovs_header's dp_ifindex; 0 when the message has no such header. */
int rig_message_dp(const struct rig_message *message);

#endif
