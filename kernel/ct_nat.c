// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_nat.h>

#include "ct_nat.h"

#define NAT_RANGE_KINDS (OVSR_CT_NAT_SRC | OVSR_CT_NAT_DST)

static bool proto_has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

/* TCP, UDP and SCTP headers all start with the two ports. */
static void key_follow(struct ovsr_key *key, const struct sk_buff *skb,
		       enum nf_nat_manip_type manip)
{
	const __be16 *ports = (const __be16 *)skb_transport_header(skb);
	bool src = manip == NF_NAT_MANIP_SRC;

	key->ct_state |= src ? OVS_CS_F_SRC_NAT : OVS_CS_F_DST_NAT;
	if (key->eth_type == htons(ETH_P_IP)) {
		if (src)
			key->ipv4.src = ip_hdr(skb)->saddr;
		else
			key->ipv4.dst = ip_hdr(skb)->daddr;
	} else if (key->eth_type == htons(ETH_P_IPV6)) {
		if (src)
			key->ipv6.src = ipv6_hdr(skb)->saddr;
		else
			key->ipv6.dst = ipv6_hdr(skb)->daddr;
	} else {
		return;
	}
	if (!proto_has_ports(key->ip.proto))
		return;
	if (src)
		key->tp.src = ports[0];
	else
		key->tp.dst = ports[1];
}

/* An ICMP error about a translated packet is translated inside as well. 1 if it was one. */
static int icmp_error_translate(struct sk_buff *skb, struct nf_conn *conn,
				enum ip_conntrack_info ctinfo, unsigned int hook,
				unsigned int *verdict)
{
	u8 nexthdr;
	__be16 frag_off;
	int len, ok;

	if (skb->protocol == htons(ETH_P_IP) && ip_hdr(skb)->protocol == IPPROTO_ICMP) {
		ok = nf_nat_icmp_reply_translation(skb, conn, ctinfo, hook);
	} else if (IS_ENABLED(CONFIG_IPV6) && skb->protocol == htons(ETH_P_IPV6)) {
		nexthdr = ipv6_hdr(skb)->nexthdr;
		len = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &nexthdr, &frag_off);
		if (len < 0 || nexthdr != IPPROTO_ICMPV6)
			return 0;
		ok = nf_nat_icmpv6_reply_translation(skb, conn, ctinfo, hook, len);
	} else {
		return 0;
	}
	*verdict = ok ? NF_ACCEPT : NF_DROP;
	return 1;
}

/* A connection without a mapping gets one: of the action's range, or the identity. */
static unsigned int mapping_init(struct nf_conn *conn, const struct nf_nat_range2 *range,
				 enum nf_nat_manip_type manip, unsigned int hook)
{
	if (nf_nat_initialized(conn, manip))
		return NF_ACCEPT;
	if (range && range->flags & NF_NAT_RANGE_MAP_IPS)
		return nf_nat_setup_info(conn, range, manip);
	return nf_nat_alloc_null_binding(conn, hook);
}

static unsigned int translate(struct sk_buff *skb, struct nf_conn *conn,
			      enum ip_conntrack_info ctinfo, const struct nf_nat_range2 *range,
			      enum nf_nat_manip_type manip)
{
	unsigned int hook = manip == NF_NAT_MANIP_SRC ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT;
	unsigned int verdict = NF_ACCEPT;

	switch (ctinfo) {
	case IP_CT_RELATED:
	case IP_CT_RELATED_REPLY:
		if (icmp_error_translate(skb, conn, ctinfo, hook, &verdict))
			return verdict;
		fallthrough;
	case IP_CT_NEW:
		verdict = mapping_init(conn, range, manip, hook);
		break;
	case IP_CT_ESTABLISHED:
	case IP_CT_ESTABLISHED_REPLY:
		break;
	default:
		return NF_DROP;
	}
	if (verdict != NF_ACCEPT)
		return verdict;
	return nf_nat_packet(conn, ctinfo, hook, skb);
}

static unsigned int manip_execute(struct sk_buff *skb, struct nf_conn *conn,
				  enum ip_conntrack_info ctinfo, const struct nf_nat_range2 *range,
				  enum nf_nat_manip_type manip, struct ovsr_key *key)
{
	unsigned int verdict;

	/* See ovsr_ct_execute(): data starts at the network header already. */
	verdict = translate(skb, conn, ctinfo, range, manip);
	if (verdict == NF_ACCEPT)
		key_follow(key, skb, manip);
	return verdict;
}

static enum nf_nat_manip_type other(enum nf_nat_manip_type manip)
{
	return manip == NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
}

/* What the connection has, seen from this packet's direction; else what the action asks for. */
static bool manip_choose(const struct nf_conn *conn, enum ip_conntrack_info ctinfo,
			 const struct ovsr_ct *ct, enum nf_nat_manip_type *manip)
{
	/* An expected connection is translated with its commit, not before. */
	if (ctinfo != IP_CT_NEW && conn->status & IPS_NAT_MASK &&
	    (ctinfo != IP_CT_RELATED || ct->commit)) {
		*manip = conn->status & IPS_SRC_NAT ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
		if (CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY)
			*manip = other(*manip);
		return true;
	}
	*manip = ct->nat & OVSR_CT_NAT_SRC ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
	return ct->nat & NAT_RANGE_KINDS;
}

unsigned int ovsr_ct_nat(struct sk_buff *skb, struct nf_conn *conn, enum ip_conntrack_info ctinfo,
			 struct ovsr_key *key, const struct ovsr_ct *ct)
{
	enum nf_nat_manip_type manip;
	unsigned int verdict;

	if (!IS_ENABLED(CONFIG_NF_NAT))
		return NF_ACCEPT;
	if (!nf_ct_is_confirmed(conn) && !nf_ct_nat_ext_add(conn))
		return NF_ACCEPT;
	if (!manip_choose(conn, ctinfo, ct, &manip))
		return NF_ACCEPT;
	verdict = manip_execute(skb, conn, ctinfo, &ct->range, manip, key);
	if (verdict != NF_ACCEPT || !(conn->status & IPS_DST_NAT))
		return verdict;
	/* A connection may be translated at both ends; its source port may have to change, too. */
	if (conn->status & IPS_SRC_NAT)
		return manip_execute(skb, conn, ctinfo, &ct->range, other(manip), key);
	if (CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL)
		return manip_execute(skb, conn, ctinfo, NULL, NF_NAT_MANIP_SRC, key);
	return verdict;
}
