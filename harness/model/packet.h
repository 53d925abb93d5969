/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet on its way through the datapath: its bytes, one VLAN tag beside them, and where its
 * headers begin. The operations are those that the actions are made of; they refuse what the
 * kernel's refuse, with the same errno.
 */
#ifndef RIG_MODEL_PACKET_H
#define RIG_MODEL_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conntrack.h"
#include "flow_key.h"
#include "profile.h"

#define RIG_CUT_NONE UINT32_MAX

struct rig_packet {
	const struct rig_profile *profile;
	uint8_t *data; /* the MAC header, or the network header of a layer 3 packet */
	uint32_t len;
	/* Positions from the start of `room`, so that they stay when headers come and go. */
	size_t network, transport;
	uint16_t mac_len;
	uint16_t protocol_be; /* of what is at `network` */
	bool tagged;
	uint16_t tpid_be, tci; /* the tag, which is not in the bytes; tci in host order */
	uint16_t mru;
	uint32_t cut; /* what trunc says of the next output, by rig_profile.trunc_limits */
	uint32_t priority, mark;
	bool torn;	/* what is in it was read from behind its end */
	bool tunnelled; /* a tunnel has been set, for a tunnel port to go through */
	struct {
		uint32_t value;
		bool software, layer4;
		bool open; /* the kernel has worked it out, with its own seed */
	} hash;
	struct rig_conn *conn; /* that it belongs to; NULL: none, or not known */
	bool conn_reply;       /* it goes in the connection's other direction */
	bool conn_established; /* an answer had been seen when it came */
	struct {
		uint32_t headroom; /* what lies unused in front of `data` */
		uint32_t size;	   /* of all of it, as the kernel's allocator gives it out */
	} buffer;
	size_t cap;
	uint8_t room[];
};

/* Owned by the caller; NULL when out of memory. `headroom` is the kernel's, in front of `bytes`. */
struct rig_packet *rig_packet_new(const struct rig_profile *profile, uint32_t headroom,
				  const void *bytes, size_t len);
struct rig_packet *rig_packet_copy(const struct rig_packet *p);
void rig_packet_free(struct rig_packet *p);

static inline size_t rig_packet_at(const struct rig_packet *p, size_t position)
{
	return p->room + position - p->data;
}

static inline uint8_t *rig_packet_network(struct rig_packet *p)
{
	return p->room + p->network;
}

static inline uint8_t *rig_packet_transport(struct rig_packet *p)
{
	return p->room + p->transport;
}

/* -ENOMEM, as the kernel has it, when the packet is shorter than `len`. */
int rig_packet_need(const struct rig_packet *p, size_t len);
/*
 * Room for n bytes in front. The packet may move: all take its address. -ENOMEM when the kernel's
 * buffer would become too large: it grows by little, but its allocator by powers of two.
 */
int rig_packet_push(struct rig_packet **p, size_t n);
void rig_packet_pull(struct rig_packet *p, size_t n);

/* Take the tag at the front of the bytes out of them; its tci in *tci. */
int rig_packet_untag(struct rig_packet *p, uint16_t *tci);
int rig_packet_pop_vlan(struct rig_packet *p);
int rig_packet_push_vlan(struct rig_packet **p, uint16_t tpid_be, uint16_t tci);
int rig_packet_push_mpls(struct rig_packet **p, uint32_t lse_be, uint16_t type_be,
			 uint16_t mac_len);
int rig_packet_pop_mpls(struct rig_packet *p, uint16_t type_be, bool ethernet);
int rig_packet_push_eth(struct rig_packet **p, const uint8_t dst[6], const uint8_t src[6]);
int rig_packet_pop_eth(struct rig_packet *p);
int rig_packet_push_nsh(struct rig_packet **p, const uint8_t *header, size_t len);
int rig_packet_pop_nsh(struct rig_packet *p);
/* The next output is of at most `len` bytes. */
void rig_packet_trunc(struct rig_packet *p, uint32_t len);
/* The length of the packet's output, as cut (rig_packet.cut, maybe of an earlier form of it). */
uint32_t rig_packet_left(const struct rig_packet *p, uint32_t cut);
/* Put the tag into the bytes, for whoever reads them. */
int rig_packet_insert_tag(struct rig_packet **p);

/* The packet's hash is asked for: it is worked out unless it was given. */
void rig_packet_use_hash(struct rig_packet *p);
void rig_packet_clear_hash(struct rig_packet *p);

/* extract.c: read the key, and find the headers. 0 or a negative errno. */
int rig_packet_extract(struct rig_packet *p, struct rig_key *key);

/*
 * Walk the extension headers of the IPv6 header at `network` up to one of type `target`, or to the
 * end (-1). Returns the type found, or a negative errno; *at (may be NULL) its offset from `data`.
 */
struct rig_ip6_walk {
	size_t at;
	bool fragment;	 /* there is a fragment header */
	uint16_t offset; /* its offset, host order, in bytes */
};

int rig_ip6_find(struct rig_packet *p, int target, bool skip_done_routing, struct rig_ip6_walk *w);
bool rig_ip6_is_extension(uint8_t type);
/* Which extension headers follow the IPv6 header at `network`, as OVS_KEY_ATTR_IPV6_EXTHDRS. */
uint16_t rig_ip6_extensions(struct rig_packet *p);

#endif
