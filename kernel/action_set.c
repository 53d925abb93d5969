// SPDX-License-Identifier: GPL-2.0-only
#include <linux/etherdevice.h>
#include <linux/icmpv6.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/dsfield.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/mpls.h>
#include <net/sctp/checksum.h>

#include "action_set.h"
#include "conntrack.h"

/* The value and the mask of a set; values have no bits outside of their mask. */
struct set {
	const void *value;
	const void *mask;
};

#define MASKED(old, value, mask) ((value) | ((old) & ~(mask)))

static void masked_copy(void *to, const void *value, const void *mask, size_t len)
{
	const u8 *v = value, *m = mask;
	u8 *t = to;
	size_t i;

	for (i = 0; i < len; i++)
		t[i] = MASKED(t[i], v[i], m[i]);
}

static int ethernet_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	const struct ovs_key_ethernet *value = set->value, *mask = set->mask;
	struct ethhdr *eth;
	int err;

	err = skb_ensure_writable(skb, ETH_HLEN);
	if (err)
		return err;
	eth = eth_hdr(skb);
	skb_postpull_rcsum(skb, eth, 2 * ETH_ALEN);
	masked_copy(eth->h_source, value->eth_src, mask->eth_src, ETH_ALEN);
	masked_copy(eth->h_dest, value->eth_dst, mask->eth_dst, ETH_ALEN);
	skb_postpush_rcsum(skb, eth, 2 * ETH_ALEN);
	ether_addr_copy(key->eth.eth_src, eth->h_source);
	ether_addr_copy(key->eth.eth_dst, eth->h_dest);
	return 0;
}

/*
 * The checksum field that covers the addresses of a packet of @proto; NULL if there is none to keep
 * right.
 */
static __sum16 *pseudo_checksum(struct sk_buff *skb, u8 proto, bool ipv6)
{
	unsigned int len = skb->len - skb_transport_offset(skb);

	if (proto == IPPROTO_TCP && len >= sizeof(struct tcphdr))
		return &tcp_hdr(skb)->check;
	if (proto == IPPROTO_UDP && len >= sizeof(struct udphdr) &&
	    (udp_hdr(skb)->check || skb->ip_summed == CHECKSUM_PARTIAL))
		return &udp_hdr(skb)->check;
	if (ipv6 && proto == IPPROTO_ICMPV6 && len >= sizeof(struct icmp6hdr))
		return &icmp6_hdr(skb)->icmp6_cksum;
	return NULL;
}

/* A UDP checksum of zero means that there is none. */
static void udp_checksum_fix(u8 proto, __sum16 *check)
{
	if (proto == IPPROTO_UDP && !*check)
		*check = CSUM_MANGLED_0;
}

static void ipv4_addr_change(struct sk_buff *skb, struct iphdr *iph, __be32 *addr, __be32 new,
			     __be32 *in_key)
{
	__sum16 *check = NULL;

	if (new == *addr)
		return;
	if (!(iph->frag_off & htons(IP_OFFSET)))
		check = pseudo_checksum(skb, iph->protocol, false);
	if (check) {
		inet_proto_csum_replace4(check, skb, *addr, new, true);
		udp_checksum_fix(iph->protocol, check);
	}
	csum_replace4(&iph->check, *addr, new);
	skb_clear_hash(skb);
	ovsr_ct_forget(skb);
	*addr = new;
	*in_key = new;
}

/* The checksum sums up words of 16 bits: the protocol is in the same one. */
static void ipv4_ttl_set(struct iphdr *iph, u8 ttl)
{
	const __be16 *word = (const __be16 *)&iph->ttl;
	__be16 old = *word;

	iph->ttl = ttl;
	csum_replace2(&iph->check, old, *word);
}

static int ipv4_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	int err = skb_ensure_writable(skb, skb_network_offset(skb) + sizeof(struct iphdr));
	const struct ovs_key_ipv4 *value = set->value, *mask = set->mask;
	struct iphdr *iph = ip_hdr(skb);

	if (err)
		return err;
	ipv4_addr_change(skb, iph, &iph->daddr, MASKED(iph->daddr, value->ipv4_dst, mask->ipv4_dst),
			 &key->ipv4.dst);
	ipv4_addr_change(skb, iph, &iph->saddr, MASKED(iph->saddr, value->ipv4_src, mask->ipv4_src),
			 &key->ipv4.src);
	if (mask->ipv4_ttl)
		ipv4_ttl_set(iph, MASKED(iph->ttl, value->ipv4_ttl, mask->ipv4_ttl));
	if (mask->ipv4_tos)
		ipv4_change_dsfield(iph, ~mask->ipv4_tos, value->ipv4_tos);
	key->ip.ttl = iph->ttl;
	key->ip.tos = iph->tos;
	return 0;
}

static void ipv6_addr_change(struct sk_buff *skb, u8 proto, struct in6_addr *addr,
			     const struct in6_addr *new, bool in_checksum, struct in6_addr *in_key)
{
	__sum16 *check;

	if (ipv6_addr_equal(addr, new))
		return;
	check = in_checksum ? pseudo_checksum(skb, proto, true) : NULL;
	if (check) {
		inet_proto_csum_replace16(check, skb, addr->s6_addr32, new->s6_addr32, true);
		udp_checksum_fix(proto, check);
	}
	skb_clear_hash(skb);
	ovsr_ct_forget(skb);
	*addr = *new;
	*in_key = *new;
}

/*
 * With a routing header, the checksum covers the final destination, not the one in the IPv6 header.
 */
static bool ipv6_has_routing(struct sk_buff *skb)
{
	int flags = IP6_FH_F_SKIP_RH;
	unsigned int offset = 0;

	return ipv6_ext_hdr(ipv6_hdr(skb)->nexthdr) &&
	       ipv6_find_hdr(skb, &offset, NEXTHDR_ROUTING, NULL, &flags) == NEXTHDR_ROUTING;
}

/* Changes one word of a header that no checksum but the device's covers. */
static void ipv6_word_set(struct sk_buff *skb, __be32 *word, __be32 value, __be32 mask)
{
	__be32 old = *word, new = MASKED(old, value, mask);

	*word = new;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		csum_replace(&skb->csum, (__force __wsum)old, (__force __wsum) new);
}

/* A header's first two words: version, class and label; lengths and hop limit. */
static void ipv6_words(const struct ovs_key_ipv6 *ipv6, __be32 words[2])
{
	words[0] = htonl(ipv6->ipv6_tclass << 20) | (ipv6->ipv6_label & IPV6_FLOWLABEL_MASK);
	words[1] = htonl(ipv6->ipv6_hlimit);
}

static int ipv6_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	int err = skb_ensure_writable(skb, skb_network_offset(skb) + sizeof(struct ipv6hdr));
	const struct ovs_key_ipv6 *value = set->value, *mask = set->mask;
	struct ipv6hdr *ip6h = ipv6_hdr(skb);
	__be32 values[2], masks[2];
	struct in6_addr addr;

	if (err)
		return err;
	addr = ip6h->daddr;
	masked_copy(&addr, value->ipv6_dst, mask->ipv6_dst, sizeof(addr));
	ipv6_addr_change(skb, key->ip.proto, &ip6h->daddr, &addr, !ipv6_has_routing(skb),
			 &key->ipv6.dst);
	addr = ip6h->saddr;
	masked_copy(&addr, value->ipv6_src, mask->ipv6_src, sizeof(addr));
	ipv6_addr_change(skb, key->ip.proto, &ip6h->saddr, &addr, true, &key->ipv6.src);

	ipv6_words(value, values);
	ipv6_words(mask, masks);
	ipv6_word_set(skb, (__be32 *)ip6h, values[0], masks[0]);
	ipv6_word_set(skb, (__be32 *)ip6h + 1, values[1], masks[1]);
	key->flow_label = ip6_flowlabel(ip6h);
	key->ip.tos = ipv6_get_dsfield(ip6h);
	key->ip.ttl = ip6h->hop_limit;
	return 0;
}

/*
 * TCP, UDP and SCTP headers start with the two ports, and so do their netlink forms: one word, as
 * to checksums.
 */
static void ports_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set,
		      __sum16 *check)
{
	__be32 *ports = (__be32 *)skb_transport_header(skb);
	__be32 old = *ports;

	*ports = MASKED(old, *(const __be32 *)set->value, *(const __be32 *)set->mask);
	/* Of ports that no checksum covers, nobody asks whether they are others. */
	if (!check || *ports != old)
		ovsr_ct_forget(skb);
	if (check)
		inet_proto_csum_replace4(check, skb, old, *ports, false);
	key->l4.src = ((const __be16 *)ports)[0];
	key->l4.dst = ((const __be16 *)ports)[1];
	skb_clear_hash(skb);
}

static int tcp_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	int err = skb_ensure_writable(skb, skb_transport_offset(skb) + sizeof(struct tcphdr));

	if (!err)
		ports_set(skb, key, set, &tcp_hdr(skb)->check);
	return err;
}

static int udp_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	int err = skb_ensure_writable(skb, skb_transport_offset(skb) + sizeof(struct udphdr));
	__sum16 *check;

	if (err)
		return err;
	check = &udp_hdr(skb)->check;
	if (!*check || skb->ip_summed == CHECKSUM_PARTIAL)
		check = NULL;
	ports_set(skb, key, set, check);
	if (check)
		udp_checksum_fix(IPPROTO_UDP, check);
	return 0;
}

static int sctp_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	unsigned int offset = skb_transport_offset(skb);
	int err = skb_ensure_writable(skb, offset + sizeof(struct sctphdr));
	__le32 error;

	if (err)
		return err;
	/* A packet that came with a wrong checksum leaves with one that is as wrong. */
	error = sctp_hdr(skb)->checksum ^ sctp_compute_cksum(skb, offset);
	ports_set(skb, key, set, NULL);
	sctp_hdr(skb)->checksum = error ^ sctp_compute_cksum(skb, offset);
	return 0;
}

static int mpls_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	int err = skb_ensure_writable(skb, skb_network_offset(skb) + MPLS_HLEN);
	const __be32 *value = set->value, *mask = set->mask;

	if (!err)
		err = skb_mpls_update_lse(skb,
					  MASKED(mpls_hdr(skb)->label_stack_entry, *value, *mask));
	if (!err)
		key->mpls.lse[0] = mpls_hdr(skb)->label_stack_entry;
	return err;
}

static int priority_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	skb->priority = MASKED(skb->priority, *(const u32 *)set->value, *(const u32 *)set->mask);
	key->priority = skb->priority;
	return 0;
}

static int mark_set(struct sk_buff *skb, struct ovsr_key *key, const struct set *set)
{
	skb->mark = MASKED(skb->mark, *(const u32 *)set->value, *(const u32 *)set->mask);
	key->skb_mark = skb->mark;
	return 0;
}

static int tunnel_set(struct sk_buff *skb, const struct ovsr_action *act)
{
	skb_dst_drop(skb);
	dst_hold(&act->tun_dst->dst);
	skb_dst_set(skb, &act->tun_dst->dst);
	return 0;
}

static int (*const setters[OVS_KEY_ATTR_MAX + 1])(struct sk_buff *skb, struct ovsr_key *key,
						  const struct set *set) = {
	[OVS_KEY_ATTR_PRIORITY] = priority_set, [OVS_KEY_ATTR_SKB_MARK] = mark_set,
	[OVS_KEY_ATTR_ETHERNET] = ethernet_set, [OVS_KEY_ATTR_IPV4] = ipv4_set,
	[OVS_KEY_ATTR_IPV6] = ipv6_set,		[OVS_KEY_ATTR_TCP] = tcp_set,
	[OVS_KEY_ATTR_UDP] = udp_set,		[OVS_KEY_ATTR_SCTP] = sctp_set,
	[OVS_KEY_ATTR_MPLS] = mpls_set,
};

/* The mask of a set without one; as long as the longest of them. */
static const struct ones {
	u8 bytes[sizeof(struct ovs_key_ipv6)];
} ones = { { [0 ... sizeof(struct ovs_key_ipv6) - 1] = 0xff } };

int ovsr_action_set(struct sk_buff *skb, struct ovsr_key *key, const struct ovsr_action *act)
{
	const struct nlattr *field = nla_data(act->attr);
	struct set set = { .value = nla_data(field), .mask = &ones };

	if (act->set == OVS_KEY_ATTR_TUNNEL)
		return tunnel_set(skb, act);
	if (!setters[act->set])
		return -EINVAL;
	if (act->type == OVS_ACTION_ATTR_SET_MASKED)
		set.mask = nla_data(field) + nla_len(field) / 2;
	return setters[act->set](skb, key, &set);
}

int ovsr_action_dec_ttl(struct sk_buff *skb, struct ovsr_key *key)
{
	unsigned int offset = skb_network_offset(skb);
	int err;

	if (skb->protocol == htons(ETH_P_IP)) {
		err = skb_ensure_writable(skb, offset + sizeof(struct iphdr));
		if (err)
			return err;
		if (ip_hdr(skb)->ttl <= 1)
			return -EHOSTUNREACH;
		ipv4_ttl_set(ip_hdr(skb), ip_hdr(skb)->ttl - 1);
		key->ip.ttl = ip_hdr(skb)->ttl;
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		err = skb_ensure_writable(skb, offset + sizeof(struct ipv6hdr));
		if (err)
			return err;
		if (ipv6_hdr(skb)->hop_limit <= 1)
			return -EHOSTUNREACH;
		key->ip.ttl = --ipv6_hdr(skb)->hop_limit;
	}
	return 0;
}
