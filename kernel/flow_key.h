/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow key: what is known of one packet, and its two netlink forms.
 *
 * Every field is in host order unless its type says otherwise, and every byte of a key is
 * initialised, padding too: ovsr_key_init() before anything else.
 *
 * Keys are compared and hashed by words of 64 bits, of which there are at most 64, so that a set of
 * them is one number: a mask of few fields costs but few words, wherever these lie.
 */
#ifndef OVSR_FLOW_KEY_H
#define OVSR_FLOW_KEY_H

#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/openvswitch.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/ip_tunnels.h>
#include <net/ndisc.h>
#include <net/netlink.h>

#define OVSR_PORT_NONE 0xffff /* in_port of a packet that came from no port */
#define OVSR_MPLS_LSES 3      /* label stack entries that a key holds */
#define OVSR_NSH_CTX   4      /* 32-bit context words of an MD type 1 NSH header */

/* What the frame starts with. Zero, so that a key of all zeros is an Ethernet one. */
#define OVSR_LINK_ETHERNET 0
#define OVSR_LINK_NONE	   1

/*
 * A VLAN tag. The CFI bit of @tci says that the tag is there (VLAN_CFI_MASK), as on the wire of
 * netlink.
 */
struct ovsr_vlan {
	__be16 tpid;
	__be16 tci;
};

struct ovsr_nsh {
	struct ovs_nsh_key_base base;
	__be32 context[OVSR_NSH_CTX];
};

/*
 * In words: first what most masks look at, so that a match on port, type, addresses and ports takes
 * four; last what few packets have. What a key has whole of the contract's structs, it has as that
 * struct.
 *
 * Fields that cannot both be meant share storage. A request may give them all the same (an ipv4 and
 * an ipv6 attribute for one key): then the attribute that is later in ovsr_key_frame_order wins.
 */
struct ovsr_key {
	u16 in_port;	 /* OVSR_PORT_NONE when there is none */
	__be16 eth_type; /* ETH_P_802_2 for an LLC frame */
	struct {
		u8 proto; /* or the ARP opcode's low byte */
		u8 tos;
		u8 ttl;
		u8 frag; /* enum ovs_frag_type */
	} ip;

	struct {
		__be16 src;	  /* or the ICMP type */
		__be16 dst;	  /* or the ICMP code */
		__be16 tcp_flags; /* 12 bits */
	} l4;
	u8 link;    /* OVSR_LINK_* */
	bool stale; /* the packet has changed since: for the next action, no part of a match */

	struct ovsr_vlan tags[2]; /* the outer one first */

	struct ovs_key_ethernet eth; /* one word and a half */
	u32 recirc_id;

	u32 dp_hash;
	u32 skb_mark;

	u32 priority;
	u8 ct_state;   /* OVS_CS_F_*; the contract defines 8 bits */
	u8 orig_proto; /* 0 when there is no original tuple */
	u16 exthdrs;   /* OVSR_EXTHDR_*, of IPv6 */

	__be32 flow_label; /* of IPv6 */
	u16 ct_zone;

	u32 ct_mark;
	__be16 orig_src_port;
	__be16 orig_dst_port;

	struct ovs_key_ct_labels ct_labels;

	union {
		struct {
			__be32 src; /* of ARP, too */
			__be32 dst;
		} ipv4;
		struct {
			struct in6_addr src;
			struct in6_addr dst;
		} ipv6;
		struct {
			__be32 lse[OVSR_MPLS_LSES];
			u8 deep; /* bit i: lse[i] is there. A mask of fewer takes deeper stacks. */
		} mpls;
		struct ovsr_nsh nsh;
	};

	/* The addresses that the connection began with, or those that a packet asks or tells of. */
	union {
		struct {
			__be32 src;
			__be32 dst;
		} orig4;
		struct {
			struct in6_addr src;
			struct in6_addr dst;
		} orig6;
		struct {
			u8 sha[ETH_ALEN];
			u8 tha[ETH_ALEN];
		} arp;
		struct ovs_key_nd nd;
	};

	/* The one that the packet came through; all zero without. */
	struct {
		struct ip_tunnel_key key;
		u8 family; /* AF_INET, AF_INET6, or 0 */
		u8 opts_len;
		u8 opts[IP_TUNNEL_OPTS_MAX];
	} tunnel;
} __aligned(sizeof(u64));

/* Bits of the IPv6 extension header pseudo-field, as OpenFlow 1.2 numbers them. */
#define OVSR_EXTHDR_NONEXT BIT(0)
#define OVSR_EXTHDR_ESP	   BIT(1)
#define OVSR_EXTHDR_AUTH   BIT(2)
#define OVSR_EXTHDR_DEST   BIT(3)
#define OVSR_EXTHDR_FRAG   BIT(4)
#define OVSR_EXTHDR_ROUTER BIT(5)
#define OVSR_EXTHDR_HOP	   BIT(6)
#define OVSR_EXTHDR_UNREP  BIT(7) /* repeated */
#define OVSR_EXTHDR_UNSEQ  BIT(8) /* out of order */

#define OVSR_KEY_WORDS (sizeof(struct ovsr_key) / sizeof(u64))
#define OVSR_WORDS_ALL GENMASK_ULL(OVSR_KEY_WORDS - 1, 0)

/* The words of a key in which [@first, @last] lies. */
#define OVSR_WORDS(first, last)                                   \
	GENMASK_ULL((offsetofend(struct ovsr_key, last) - 1) / 8, \
		    offsetof(struct ovsr_key, first) / 8)

static inline u64 ovsr_key_word(const struct ovsr_key *key, unsigned int i)
{
	return ((const u64 *)key)[i];
}

/* For each word of a set @left, which it empties. */
#define ovsr_for_each_word(i, left) \
	for (; (left) && ((i) = __ffs64(left), true); (left) -= BIT_ULL(i))

/* What a flow is installed with. Large: allocate it. */
struct ovsr_match {
	struct ovsr_key key; /* as the request gave it, unmasked */
	struct ovsr_key mask;
	u64 words; /* those of @mask that are not zero; never none */
	u64 named; /* those of @key that count where it names a flow */
};

/* Says in the kernel log what a request did wrong, unless it is a probe. */
#define ovsr_log(log, fmt, ...)                                       \
	do {                                                          \
		if ((log) && net_ratelimit())                         \
			pr_info("netlink: " fmt "\n", ##__VA_ARGS__); \
	} while (0)

static inline bool ovsr_key_is_ip(const struct ovsr_key *key)
{
	return key->eth_type == htons(ETH_P_IP) || key->eth_type == htons(ETH_P_IPV6);
}

static inline bool ovsr_key_is_ethernet(const struct ovsr_key *key)
{
	return key->link == OVSR_LINK_ETHERNET;
}

/* Are @a and @b the same in @words? */
static inline bool ovsr_key_equal(const struct ovsr_key *a, const struct ovsr_key *b, u64 words)
{
	unsigned int i;

	ovsr_for_each_word(i, words)
		if (ovsr_key_word(a, i) != ovsr_key_word(b, i))
			return false;
	return true;
}

/*
 * Parses OVS_FLOW_ATTR_KEY and OVS_FLOW_ATTR_MASK. @mask may be NULL: then every field that @key
 * gives counts exactly. @match is all zero before. @log: say in the kernel log what was refused
 * (not for probes). Returns 0 or -EINVAL (-ENOMEM when scratch memory is short).
 */
int ovsr_match_parse(struct net *net, const struct nlattr *key, const struct nlattr *mask,
		     struct ovsr_match *match, bool log);

/*
 * Only OVS_FLOW_ATTR_KEY, as a GET or DEL names a flow by it: no mask is made or checked. @match
 * is all zero before. 0 or -EINVAL.
 */
int ovsr_key_parse(struct net *net, const struct nlattr *attr, struct ovsr_match *match, bool log);

/* Writes @match's key under its mask to @out, which is all zero before. */
void ovsr_match_mask(const struct ovsr_match *match, struct ovsr_key *out);

/*
 * Puts @key as a nest of type @attrtype. With @mask, it is @mask that is put, in the shape that
 * @key dictates. Returns 0 or -EMSGSIZE, with the nest taken back.
 */
int ovsr_key_put(struct sk_buff *msg, int attrtype, const struct ovsr_key *key,
		 const struct ovsr_key *mask);

/* An upper bound for the attributes inside of one such nest, headers of the attributes included. */
size_t ovsr_key_size(void);

/*
 * The metadata part of a key nest (OVS_PACKET_ATTR_KEY of an EXECUTE), everything that a packet's
 * bytes cannot tell, to @key, which is overwritten. *@present: bit i is set when attribute i was
 * there. Returns 0 or -EINVAL.
 */
int ovsr_key_parse_metadata(struct net *net, const struct nlattr *attr, struct ovsr_key *key,
			    u64 *present, bool log);

/* ICMPv6 types of messages that ask or tell of a neighbour. @type: as a key has it. */
static inline bool ovsr_is_neighbour(__be16 type)
{
	return type == htons(NDISC_NEIGHBOUR_SOLICITATION) ||
	       type == htons(NDISC_NEIGHBOUR_ADVERTISEMENT);
}

/* Does a packet of @key have the fields of neighbour discovery, whose code is always 0? */
bool ovsr_key_is_nd(const struct ovsr_key *key);

static inline void ovsr_key_init(struct ovsr_key *key)
{
	memset(key, 0, sizeof(*key));
}

#endif
