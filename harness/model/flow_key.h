/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flow key (and, in the same shape, a mask): what a packet is matched by.
 */
#ifndef RIG_MODEL_FLOW_KEY_H
#define RIG_MODEL_FLOW_KEY_H

#include <linux/openvswitch.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "nla.h"

#define RIG_PORTS_MAX  65535 /* port numbers lie below; in a key: no port */
#define RIG_MPLS_DEPTH 3     /* labels that a key holds */

enum rig_layer2 {
	RIG_L2_NONE, /* a layer 3 packet: no MAC header */
	RIG_L2_ETHERNET,
	RIG_L2_STALE = 0x80, /* or'd in: the packet has changed since the key was read */
};

/*
 * All beN fields are in network byte order. Which field stands where is part of the contract, alas:
 * attributes that share `l3` overwrite each other, and the span of what a request touched, rounded
 * to 8 bytes, decides which masks are the same and what a lookup by key compares.
 */
struct __attribute__((aligned(8))) rig_key {
	uint8_t tun_opts[255]; /* at the end of the array */
	uint8_t tun_opts_len;
	uint8_t tun_id[8];
	uint8_t tun_addr[32]; /* src, dst: 2 * 4 or 2 * 16 bytes */
	uint16_t tun_flags;   /* RIG_TUN_*, host order */
	uint8_t tun_tos, tun_ttl;
	uint32_t tun_unused[2];
	uint16_t tun_src_be, tun_dst_be;
	uint32_t priority, skb_mark;
	uint16_t in_port;
	uint8_t layer2;	    /* enum rig_layer2 */
	uint8_t tun_family; /* AF_INET, AF_INET6, 0 = no tunnel */
	uint32_t dp_hash, recirc_id;
	uint8_t eth_src[6], eth_dst[6];
	struct rig_tag {
		uint16_t tpid_be, tci_be; /* tci with CFI set if there is a tag, else 0 */
	} vlan, cvlan;
	uint16_t eth_type_be;
	uint8_t ct_state, ct_proto;
	uint8_t ip_proto, ip_tos, ip_ttl, ip_frag;
	uint16_t ct_zone;
	uint16_t l4_src_be, l4_dst_be, l4_flags_be;
	union {
		uint8_t l3[72];
		struct {
			uint8_t src[4], dst[4];
			union {
				struct {
					uint8_t sha[6], tha[6];
				} arp;
				struct {
					uint8_t src[4], dst[4];
				} ct;
			};
		} ip4;
		struct {
			uint8_t src[16], dst[16];
			uint32_t label_be;
			uint16_t exthdrs;
			uint16_t unused;
			union {
				struct {
					uint8_t target[16], sll[6], tll[6];
				} nd;
				struct {
					uint8_t src[16], dst[16];
				} ct;
			};
		} ip6;
		struct {
			uint32_t depth_mask; /* one bit a label */
			uint32_t lse_be[RIG_MPLS_DEPTH];
		} mpls;
		struct {
			struct ovs_nsh_key_base base;
			uint32_t context_be[4];
		} nsh;
	};
	uint16_t ct_src_be, ct_dst_be;
	uint32_t ct_mark;
	uint8_t ct_labels[16];
};

/* What a tunnel key's flags mean; only their identity matters. */
enum rig_tun_flag {
	RIG_TUN_KEY = 0x01,
	RIG_TUN_DF = 0x02,
	RIG_TUN_CSUM = 0x04,
	RIG_TUN_OAM = 0x08,
	RIG_TUN_CRIT = 0x10,
	RIG_TUN_GENEVE = 0x20,
	RIG_TUN_VXLAN = 0x40,
	RIG_TUN_ERSPAN = 0x80,
};

/* The bytes of a key that a request touched. */
struct rig_span {
	uint16_t begin, end;
};

struct rig_match {
	struct rig_key key;
	struct rig_span key_span;
	struct rig_key mask;
	struct rig_span mask_span;
	bool mixed; /* the key has fields that share their place */
};

#define RIG_KEY_ATTRS (OVS_KEY_ATTR_MAX + 1)

/* The attributes of one key, by type; `seen` has a bit for each that counts. */
struct rig_key_attrs {
	const struct nlattr *attr[RIG_KEY_ATTRS];
	uint64_t seen;
};

/*
 * Read a key, and a mask (NULL mask_attr with want_mask: match exactly all that the key has).
 * `build` is that of rig_model_config. Returns 0 or -EINVAL. Source: the flow key parser of 6.1,
 * and Documentation/networking/openvswitch.
 */
int rig_match_parse(struct rig_match *match, const struct nlattr *key_attr,
		    const struct nlattr *mask_attr, bool want_mask, unsigned int build);
/* Do attributes share their place with others? A key can promise those of one place at most. */
bool rig_match_is_mixed(uint64_t key_seen);
/* Are the attributes that key and mask came with (bit sets) the right ones for such a key? */
bool rig_match_check(const struct rig_match *match, uint64_t key_seen, uint64_t mask_seen);
/*
 * Only what cannot be read from a packet: for EXECUTE. `seen` tells which attributes there were.
 */
int rig_key_parse_metadata(struct rig_key *key, const struct nlattr *key_attr, unsigned int build,
			   uint64_t *seen);

/* One tunnel nest into key or mask; returns the type of the options attribute, 0, or -EINVAL. */
int rig_tunnel_parse(struct rig_key *key, struct rig_span *span, const struct rig_key *unmasked,
		     const struct nlattr *attr, bool is_mask);
/* An nsh nest; `push` is set for the argument of push_nsh. 0 or -EINVAL. */
int rig_nsh_parse(struct rig_key *key, struct rig_span *span, const struct nlattr *attr,
		  bool is_mask, bool push);

/* The payload length of a key attribute, or one of these. */
#define RIG_LEN_NESTED	 (-1)
#define RIG_LEN_VARIABLE (-2)
int rig_key_attr_len(unsigned int type);

void rig_span_add(struct rig_span *span, size_t offset, size_t len);
void rig_key_mask(struct rig_key *out, const struct rig_key *key, const struct rig_key *mask);
bool rig_key_equal(const struct rig_key *a, const struct rig_key *b, size_t begin, size_t end);

/* Parts of a key that the model cannot know. */
#define RIG_KEY_HASH_OPEN 0x1 /* dp_hash is of the kernel's making */
#define RIG_KEY_ND_OPEN	  0x2 /* nd was never filled in */
#define RIG_KEY_IP6_OPEN  0x4 /* nor label and exthdrs */
#define RIG_KEY_UNCLEARED 0x8 /* of a received packet: nobody cleared it at first */

/*
 * A key or mask nest as it is dumped. `shape` is the key that decides which attributes there are,
 * `values` (the key itself, or the mask) what they hold.
 */
void rig_key_put(struct rig_answer *a, unsigned int type, const struct rig_key *shape,
		 const struct rig_key *values, bool is_mask, unsigned int open);
/* The attributes inside a tunnel nest. `bridge`: of an IPV4_INFO_BRIDGE tunnel. */
void rig_tunnel_put(struct rig_answer *a, const struct rig_key *values, unsigned int opts_len,
		    uint8_t family, bool bridge);

static inline bool rig_is_vlan(uint16_t type_be)
{
	return type_be == __builtin_bswap16(0x8100) || type_be == __builtin_bswap16(0x88a8);
}

static inline bool rig_is_mpls(uint16_t type_be)
{
	return type_be == __builtin_bswap16(0x8847) || type_be == __builtin_bswap16(0x8848);
}

/* Neighbour solicitation or advertisement. */
bool rig_key_is_nd(const struct rig_key *key);

#endif
