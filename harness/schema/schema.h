/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schema: the syntax of every message of the contract as read-only tables.
 *
 * Names, numbers, lengths, nesting, prerequisites and values worth trying; no state and no
 * semantics. The rows stand in the .def files, one per family, command, attribute and field;
 * check.c holds each of them against the UAPI headers at compile time.
 */
#ifndef RIG_SCHEMA_SCHEMA_H
#define RIG_SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The order in which the bytes of an integer lie in the payload. */
enum rig_order {
	RIG_HOST,
	RIG_NET,
};

/* How one value reads in the notation. Numbers are accepted for each of them. */
enum rig_kind {
	RIG_KIND_DEC,
	RIG_KIND_SIGNED,
	RIG_KIND_HEX,
	RIG_KIND_ENUM,	 /* one of names, else decimal */
	RIG_KIND_BITS,	 /* names joined by '|', the rest in hex */
	RIG_KIND_ERRNO,	 /* EINVAL is -22 */
	RIG_KIND_FAMILY, /* nlmsg_type: a family's text name, else decimal */
	RIG_KIND_MAC,
	RIG_KIND_IPV4,
	RIG_KIND_IPV6,
	RIG_KIND_BYTES, /* plain hex digits */
};

struct rig_name {
	const char *name; /* NULL ends a table */
	uint64_t value;
};

/* The type of one scalar value, a payload of its own or a field of a struct. */
struct rig_format {
	const char *name;
	enum rig_kind kind;
	enum rig_order order;
	uint8_t size; /* bytes */
	uint8_t n_tries;
	const struct rig_name *names; /* ENUM and BITS */
	const uint64_t *tries;	      /* values worth trying, edges first */
};

struct rig_field {
	const char *name;
	const struct rig_format *format;
	uint16_t offset; /* bytes from the start of the struct */
	uint8_t shift;	 /* of a bit field, inside the integer of format->size bytes */
	uint8_t width;	 /* bits; 0: the field is the whole integer */
	bool pad;	 /* printed only when it is not zero */
};

struct rig_struct {
	const char *name;
	uint16_t size;
	uint16_t n_fields;
	const struct rig_field *fields;
};

/* What the payload of an attribute is. */
enum rig_type {
	RIG_TYPE_FLAG,	  /* nothing */
	RIG_TYPE_SCALAR,  /* one value of attr->format */
	RIG_TYPE_SCALARS, /* one or more of them */
	RIG_TYPE_STRUCT,  /* one attr->layout */
	RIG_TYPE_STRUCTS, /* one or more of them */
	RIG_TYPE_STRING,  /* up to and with its NUL */
	RIG_TYPE_BYTES,	  /* opaque */
	RIG_TYPE_ADDRESS, /* an IPv4 address of 4 bytes or an IPv6 address of 16 */
	RIG_TYPE_NEST,	  /* attributes of attr->nest */
};

/* The punctuation of an attribute. */
enum rig_style {
	RIG_STYLE_EQUAL, /* name=value */
	RIG_STYLE_PAREN, /* name(value) */
	RIG_STYLE_COLON, /* name:value */
	RIG_STYLE_BRACE, /* name{items} */
};

/*
 * One way to meet a prerequisite: attribute @attr of the same nest is there and the @size bytes
 * (in network order) at @offset of its payload are @value; @size 0 asks for presence alone.
 */
struct rig_need {
	uint8_t attr;
	uint8_t offset;
	uint8_t size;
	uint16_t value;
};

struct rig_nest;

struct rig_attr {
	const char *name; /* in the notation; NULL in a gap of a table */
	const char *uapi; /* the enumerator's name; NULL in an array's element */
	uint16_t number;
	enum rig_type type;
	enum rig_style style;
	bool masked;	  /* the payload is a value and then a mask of its size */
	uint16_t min_len; /* of the payload, what the contract takes */
	uint16_t max_len; /* UINT16_MAX: no limit but the message's */
	const struct rig_format *format;
	const struct rig_struct *layout;
	const struct rig_nest *nest;
	const struct rig_need *needs; /* alternatives: one of them must be met */
	uint8_t n_needs;
};

struct rig_nest {
	const char *name;
	const struct rig_attr *attrs;	/* indexed by number */
	uint16_t n_attrs;		/* highest number + 1 */
	enum rig_style style;		/* of an attribute that is not in the table */
	bool masked;			/* every leaf is a value and then a mask of its size */
	const struct rig_attr *element; /* an array: every number is an element like this */
};

enum rig_family_index {
	RIG_DP,
	RIG_VPORT,
	RIG_FLOW,
	RIG_PACKET,
	RIG_METER,
	RIG_CT_LIMIT,
	RIG_CTRL, /* the generic netlink controller */
	RIG_NL,	  /* netlink's own control messages: no generic header */
	RIG_FAMILIES,
};

/* The fixed header between the netlink headers and the attributes. */
struct rig_fixed {
	uint16_t size;	  /* bytes */
	uint16_t n_attrs; /* laid out one after the other, printed like attributes */
	const struct rig_attr *attrs;
	bool always; /* print zeros too */
};

struct rig_command {
	const char *name; /* NULL in a gap */
	const char *uapi;
	uint16_t number;
	uint16_t flags;			      /* the default nlmsg_flags of the notation */
	bool privileged;		      /* needs CAP_NET_ADMIN in the user namespace */
	const struct rig_format *flag_format; /* how its nlmsg_flags read */
	const struct rig_fixed *fixed;
};

struct rig_family {
	enum rig_family_index index;
	const char *name;      /* in the notation */
	const char *genl_name; /* NULL: nl */
	const char *group;     /* multicast group of the same family; NULL: none */
	uint8_t version;
	uint16_t default_id;		    /* for work without a kernel */
	uint16_t n_commands;		    /* highest number + 1 */
	const struct rig_command *commands; /* indexed by number */
	const struct rig_fixed *fixed;	    /* of a command that is not in the table */
	const struct rig_nest *nest;
};

extern const struct rig_family rig_families[RIG_FAMILIES]; /* indexed by rig_family_index */

/* The nests that other rooms ask for by name. */
extern const struct rig_nest rig_nest_key;
extern const struct rig_nest rig_nest_key_masked;
extern const struct rig_nest rig_nest_tunnel;
extern const struct rig_nest rig_nest_action;
extern const struct rig_nest rig_nest_frame;

/* How nlmsg_flags read when the command is not known. */
extern const struct rig_format *const rig_flags_plain;

#define RIG_FRAME_PAYLOAD  63 /* of rig_nest_frame: the bytes behind the headers */
#define RIG_NEST_DEPTH_MAX 64 /* nests in nests that the codec reads as such */

/** rig_family_find() - by its name in the notation, @size bytes long. NULL: none. */
const struct rig_family *rig_family_find(const char *name, size_t size);

/** rig_command_get() - command @number of @family. NULL: not in the table. */
static inline const struct rig_command *rig_command_get(const struct rig_family *family,
							unsigned int number)
{
	if (number >= family->n_commands || !family->commands[number].name)
		return NULL;
	return &family->commands[number];
}

/** rig_command_find() - by its name in the notation. NULL: none. */
const struct rig_command *rig_command_find(const struct rig_family *family, const char *name,
					   size_t size);

/**
 * rig_attr_get() - attribute @number (without NLA_F_ bits) of @nest; an array's element for
 * every number. NULL: not in the table, or @nest is NULL.
 */
static inline const struct rig_attr *rig_attr_get(const struct rig_nest *nest, unsigned int number)
{
	if (!nest)
		return NULL;
	if (number < nest->n_attrs && nest->attrs[number].name)
		return &nest->attrs[number];
	return nest->element;
}

/** rig_attr_find() - by its name in the notation. NULL: none. */
const struct rig_attr *rig_attr_find(const struct rig_nest *nest, const char *name, size_t size);

/** rig_field_find() - by its name in the notation. NULL: none. */
const struct rig_field *rig_field_find(const struct rig_struct *layout, const char *name,
				       size_t size);

#endif
