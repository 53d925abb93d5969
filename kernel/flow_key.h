/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow key: what is known of one packet, and its two netlink forms.
 *
 * A key is flat, compared as bytes under a mask. Every field is in host order unless its type says
 * otherwise, and every byte of a key is initialised, padding too: ovsr_key_init() before anything
 * else.
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
#define OVSR_MAC_ETHERNET 0
#define OVSR_MAC_NONE	  1

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
 * Fields that cannot both be meant share storage. A request may give them all the same (an ipv4 and
 * an ipv6 attribute for one key): then the attribute that is later in frame_order (flow_key.c)
 * wins.
 */
struct ovsr_key {
	/* The tunnel that the packet came through; all zero without one. */
	u8 tun_opts[IP_TUNNEL_OPTS_MAX]; /* at the end of the array */
	u8 tun_opts_len;
	struct ip_tunnel_key tun;

	/* Metadata. */
	u32 priority;
	u32 skb_mark;
	u16 in_port;  /* OVSR_PORT_NONE when there is none */
	u8 mac_proto; /* OVSR_MAC_* */
	u8 tun_proto; /* AF_INET, AF_INET6, or 0 without a tunnel */
	u32 dp_hash;
	u32 recirc_id;

	/* The frame. */
	u8 eth_src[ETH_ALEN];
	u8 eth_dst[ETH_ALEN];
	struct ovsr_vlan vlan;	/* outer, or only */
	struct ovsr_vlan cvlan; /* inner */
	__be16 eth_type;	/* ETH_P_802_2 for an LLC frame */

	u8 ct_state;	  /* OVS_CS_F_*; the contract defines 8 bits */
	u8 ct_orig_proto; /* 0 when there is no original tuple */
	struct {
		u8 proto; /* or the ARP opcode's low byte */
		u8 tos;
		u8 ttl;
		u8 frag; /* enum ovs_frag_type */
	} ip;
	u16 ct_zone;
	struct {
		__be16 src;   /* or the ICMP type */
		__be16 dst;   /* or the ICMP code */
		__be16 flags; /* TCP, 12 bits */
	} tp;
	union {
		struct {
			__be32 src;
			__be32 dst;
			union {
				struct {
					__be32 src;
					__be32 dst;
				} ct_orig;
				struct {
					u8 sha[ETH_ALEN];
					u8 tha[ETH_ALEN];
				} arp;
			};
		} ipv4;
		struct {
			struct in6_addr src;
			struct in6_addr dst;
			__be32 label;
			u16 exthdrs; /* OVSR_EXTHDR_* */
			union {
				struct {
					struct in6_addr src;
					struct in6_addr dst;
				} ct_orig;
				struct {
					struct in6_addr target;
					u8 sll[ETH_ALEN];
					u8 tll[ETH_ALEN];
				} nd;
			};
		} ipv6;
		struct {
			u32 num_labels_mask; /* bit i: lse[i] is there */
			__be32 lse[OVSR_MPLS_LSES];
		} mpls;
		struct ovsr_nsh nsh;
	};
	__be16 ct_orig_src_port;
	__be16 ct_orig_dst_port;
	u32 ct_mark;
	u32 ct_labels[OVS_CT_LABELS_LEN_32];

	/* Not part of a match: what one action tells the next. Zero in a flow and in every mask. */
	u8 flags; /* OVSR_KEY_* */
} __aligned(sizeof(long));

#define OVSR_KEY_INVALID 0x80 /* the packet changed, the key did not */

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

/* The bytes of a mask outside of [start, end) are zero. */
struct ovsr_key_range {
	u16 start;
	u16 end;
};

/* What a flow is installed with. Large: allocate it. */
struct ovsr_match {
	struct ovsr_key key; /* as the request gave it, unmasked */
	struct ovsr_key mask;
	struct ovsr_key_range range; /* of @mask, never empty */
	size_t named;		     /* bytes of @key that count where it names a flow */
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
	return key->mac_proto == OVSR_MAC_ETHERNET;
}

/* The options of @len bytes that a key holds. */
static inline void *ovsr_key_tun_opts(const struct ovsr_key *key, size_t len)
{
	return (void *)(key->tun_opts + sizeof(key->tun_opts) - len);
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

/* Is it a neighbour solicitation or advertisement, of a well-formed code? */
static inline bool ovsr_key_is_nd(const struct ovsr_key *key)
{
	return key->eth_type == htons(ETH_P_IPV6) && key->ip.proto == NEXTHDR_ICMP &&
	       !key->tp.dst &&
	       (key->tp.src == htons(NDISC_NEIGHBOUR_SOLICITATION) ||
		key->tp.src == htons(NDISC_NEIGHBOUR_ADVERTISEMENT));
}

static inline void ovsr_key_init(struct ovsr_key *key)
{
	memset(key, 0, sizeof(*key));
}

#endif
