// SPDX-License-Identifier: GPL-2.0-only
/* Address translation by the ct action. */

#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_nat.h>

#include "ct_passage.h"

/* What belongs to one end of a packet, its source or its destination. */
static const struct end {
	u8 nat;		   /* what asks for it in an action */
	u8 ct_state;	   /* what tells of it in a key */
	unsigned int hook; /* where in the host's own stack it would happen */
} ends[] = {
	[NF_NAT_MANIP_SRC] = { OVSR_CT_NAT_SRC, OVS_CS_F_SRC_NAT, NF_INET_LOCAL_IN },
	[NF_NAT_MANIP_DST] = { OVSR_CT_NAT_DST, OVS_CS_F_DST_NAT, NF_INET_LOCAL_OUT },
};

/* The addresses and ports that the packet has now: TCP, UDP and SCTP begin with the ports. */
static void key_reread(struct ovsr_key *key, const struct sk_buff *skb)
{
	const __be16 *ports = (const __be16 *)skb_transport_header(skb);

	if (key->eth_type == htons(ETH_P_IP)) {
		key->ipv4.src = ip_hdr(skb)->saddr;
		key->ipv4.dst = ip_hdr(skb)->daddr;
	} else {
		key->ipv6.src = ipv6_hdr(skb)->saddr;
		key->ipv6.dst = ipv6_hdr(skb)->daddr;
	}
	switch (key->ip.proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		key->l4.src = ports[0];
		key->l4.dst = ports[1];
	}
}

static bool is_icmp(const struct ovsr_key *key)
{
	return key->ip.proto == (key->eth_type == htons(ETH_P_IP) ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* An ICMP error is translated together with the packet that it holds. */
static bool icmp_translate(struct ovsr_ct_passage *p, unsigned int hook)
{
	if (p->ct->family == NFPROTO_IPV4)
		return nf_nat_icmp_reply_translation(p->skb, p->conn, p->ctinfo, hook);
	return IS_ENABLED(CONFIG_IPV6) &&
	       nf_nat_icmpv6_reply_translation(p->skb, p->conn, p->ctinfo, hook,
					       skb_transport_offset(p->skb));
}

static unsigned int packet_translate(struct ovsr_ct_passage *p, enum nf_nat_manip_type end,
				     const struct nf_nat_range2 *range)
{
	bool related = p->ctinfo == IP_CT_RELATED || p->ctinfo == IP_CT_RELATED_REPLY;
	bool starts = related || p->ctinfo == IP_CT_NEW;
	unsigned int hook = ends[end].hook;
	unsigned int verdict = NF_ACCEPT;

	if (related && is_icmp(p->key))
		return icmp_translate(p, hook) ? NF_ACCEPT : NF_DROP;
	/* Without a range, to itself: that makes sure that ports are not used twice. */
	if (starts && !nf_nat_initialized(p->conn, end))
		verdict = range && range->flags & NF_NAT_RANGE_MAP_IPS ?
				  nf_nat_setup_info(p->conn, range, end) :
				  nf_nat_alloc_null_binding(p->conn, hook);
	return verdict == NF_ACCEPT ? nf_nat_packet(p->conn, p->ctinfo, hook, p->skb) : verdict;
}

static int end_translate(struct ovsr_ct_passage *p, enum nf_nat_manip_type end,
			 const struct nf_nat_range2 *range)
{
	int err = ovsr_ct_verdict(p, packet_translate(p, end, range));

	if (err)
		return err;
	p->key->ct_state |= ends[end].ct_state;
	key_reread(p->key, p->skb);
	return 0;
}

/* A connection that is translated already; an expected one only with its commit. */
static bool goes_on(const struct ovsr_ct_passage *p)
{
	return p->conn->status & IPS_NAT_MASK && p->ctinfo != IP_CT_NEW &&
	       (p->ctinfo != IP_CT_RELATED || p->ct->commit);
}

static bool is_reply(const struct ovsr_ct_passage *p)
{
	return CTINFO2DIR(p->ctinfo) == IP_CT_DIR_REPLY;
}

static enum nf_nat_manip_type opposite(enum nf_nat_manip_type end)
{
	return end == NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
}

/* What a connection does to the source of its packets, it does to the destination of replies. */
static enum nf_nat_manip_type first_end(const struct ovsr_ct_passage *p)
{
	enum nf_nat_manip_type end = NF_NAT_MANIP_DST;

	if (!goes_on(p))
		return p->ct->nat & OVSR_CT_NAT_SRC ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
	if (p->conn->status & IPS_SRC_NAT)
		end = NF_NAT_MANIP_SRC;
	return is_reply(p) ? opposite(end) : end;
}

/*
 * First the end that the connection, or else the action, asks for. A new destination may want a
 * new source, too: because the connection has both, or because another one has its ports.
 */
int ovsr_ct_translate(struct ovsr_ct_passage *p)
{
	bool may = nf_ct_is_confirmed(p->conn) || p->ct->commit;
	enum nf_nat_manip_type end;
	int err;

	if (!IS_ENABLED(CONFIG_NF_NAT) || !p->ct->nat || !may ||
	    p->key->ct_state & (ends[0].ct_state | ends[1].ct_state))
		return 0;
	if (!nf_ct_is_confirmed(p->conn) && !nf_ct_nat_ext_add(p->conn))
		return 0;
	if (!goes_on(p) && !(p->ct->nat & (ends[0].nat | ends[1].nat)))
		return 0;

	end = first_end(p);
	err = end_translate(p, end, &p->ct->range);
	if (err || !(p->conn->status & IPS_DST_NAT))
		return err;
	if (p->conn->status & IPS_SRC_NAT)
		return end_translate(p, opposite(end), &p->ct->range);
	return is_reply(p) ? 0 : end_translate(p, NF_NAT_MANIP_SRC, NULL);
}
