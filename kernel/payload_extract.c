// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_arp.h>
#include <linux/icmp.h>
#include <linux/mpls.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/mpls.h>
#include <net/ndisc.h>
#include <net/nsh.h>

#include "payload_extract.h"
#include "plant.h"

/* Data offset and flags of a TCP header, as its seventh 16-bit word. */
#define TCP_FLAGS_BE16_INDEX 6

int ovsr_header_pull(struct sk_buff *skb, unsigned int len)
{
	if (unlikely(skb->len < len))
		return -EINVAL;
	return likely(pskb_may_pull(skb, len)) ? 0 : -ENOMEM;
}

static bool transport_pull(struct sk_buff *skb, unsigned int len)
{
	return pskb_may_pull(skb, skb_transport_offset(skb) + len);
}

static void tp_set(struct ovsr_key *key, __be16 src, __be16 dst)
{
	key->l4.src = src;
	key->l4.dst = dst;
}

/*
 * Reads the @len bytes of a message, as far as its options are well-formed. An address given twice
 * makes the whole message count as empty.
 */
static void nd_read(const struct nd_msg *msg, unsigned int len, struct ovs_key_nd *nd)
{
	unsigned int at = sizeof(*msg), size;
	const u8 *option;
	u8 *slot;

	memcpy(nd->nd_target, &msg->target, sizeof(msg->target));
	for (; at + 8 <= len; at += size) {
		option = (const u8 *)msg + at;
		size = option[1] * 8;
		if (!size || at + size > len)
			return;
		slot = option[0] == ND_OPT_SOURCE_LL_ADDR ? nd->nd_sll :
		       option[0] == ND_OPT_TARGET_LL_ADDR ? nd->nd_tll :
							    NULL;
		if (!slot || size != 2 + ETH_ALEN)
			continue;
		if (!is_zero_ether_addr(slot)) {
			*nd = (struct ovs_key_nd){};
			return;
		}
		memcpy(slot, option + 2, ETH_ALEN);
	}
}

static int nd_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	unsigned int len = skb->len - skb_transport_offset(skb);

	key->nd = (struct ovs_key_nd){};
	if (len < sizeof(struct nd_msg))
		return 0;
	if (skb_linearize(skb))
		return -ENOMEM;
	nd_read((const struct nd_msg *)skb_transport_header(skb), len, &key->nd);
	return 0;
}

static int icmpv6_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	const struct icmp6hdr *icmp;

	if (!transport_pull(skb, sizeof(*icmp)))
		return 0;
	if (ovsr_plant(OVSR_PLANT_CT_TUPLE))
		memset(&key->orig6, 0, sizeof(key->orig6));
	icmp = icmp6_hdr(skb);
	tp_set(key, htons(icmp->icmp6_type), htons(icmp->icmp6_code));
	if (!icmp->icmp6_code && (icmp->icmp6_type == NDISC_NEIGHBOUR_SOLICITATION ||
				  icmp->icmp6_type == NDISC_NEIGHBOUR_ADVERTISEMENT))
		return nd_extract(skb, key);
	return 0;
}

static void tcp_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	const struct tcphdr *th;

	if (!transport_pull(skb, sizeof(*th)))
		return;
	th = tcp_hdr(skb);
	if (th->doff * 4 < sizeof(*th) || skb->len < skb_transport_offset(skb) + th->doff * 4)
		return;
	tp_set(key, th->source, th->dest);
	key->l4.tcp_flags = ((const __be16 *)th)[TCP_FLAGS_BE16_INDEX] & htons(0x0fff);
}

/* A transport header that is not all there leaves the key's fields zero. */
static int transport_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	bool ipv4 = key->eth_type == htons(ETH_P_IP);

	switch (key->ip.proto) {
	case IPPROTO_TCP:
		tcp_extract(skb, key);
		break;
	case IPPROTO_UDP:
		if (transport_pull(skb, sizeof(struct udphdr)))
			tp_set(key, udp_hdr(skb)->source, udp_hdr(skb)->dest);
		break;
	case IPPROTO_SCTP:
		if (transport_pull(skb, sizeof(struct sctphdr)))
			tp_set(key, sctp_hdr(skb)->source, sctp_hdr(skb)->dest);
		break;
	case IPPROTO_ICMP:
		if (ipv4 && transport_pull(skb, sizeof(struct icmphdr)))
			tp_set(key, htons(icmp_hdr(skb)->type), htons(icmp_hdr(skb)->code));
		break;
	case IPPROTO_ICMPV6:
		if (!ipv4)
			return icmpv6_extract(skb, key);
		break;
	}
	return 0;
}

/* What a network header tells that is not all there: nothing, nor what is behind it. */
static int header_cut(struct sk_buff *skb, struct ovsr_key *key)
{
	memset(&key->ipv6, 0, sizeof(key->ipv6));
	skb->transport_header = skb->network_header;
	return 0;
}

/* The pieces into which the kernel will cut such a packet are fragments. */
static bool is_to_be_fragmented(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_type & SKB_GSO_UDP;
}

static u8 ipv4_frag(const struct sk_buff *skb, const struct iphdr *iph)
{
	if (iph->frag_off & htons(IP_OFFSET))
		return OVS_FRAG_TYPE_LATER;
	return ip_is_fragment(iph) || is_to_be_fragmented(skb) ? OVS_FRAG_TYPE_FIRST :
								 OVS_FRAG_TYPE_NONE;
}

static int ipv4_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	unsigned int offset = skb_network_offset(skb), len = 0;
	const struct iphdr *iph;
	int err;

	err = ovsr_header_pull(skb, offset + sizeof(*iph));
	if (err == -ENOMEM)
		return err;
	iph = ip_hdr(skb);
	if (!err)
		len = iph->ihl * 4;
	if (len < sizeof(*iph) || offset + len > skb->len) {
		memset(&key->orig4, 0, sizeof(key->orig4));
		return header_cut(skb, key);
	}

	skb_set_transport_header(skb, offset + len);
	memcpy(&key->ipv4, &iph->addrs, sizeof(key->ipv4));
	key->ip.frag = ipv4_frag(skb, iph);
	key->ip.proto = iph->protocol;
	key->ip.ttl = iph->ttl;
	key->ip.tos = iph->tos;
	return key->ip.frag == OVS_FRAG_TYPE_LATER ? 0 : transport_extract(skb, key);
}

/* The order that RFC 8200 recommends: what may stand before each header. */
static const struct exthdr {
	u8 nexthdr;
	u16 bit;
	u16 before;
} exthdrs[] = {
	{ NEXTHDR_ROUTING, OVSR_EXTHDR_ROUTER, OVSR_EXTHDR_HOP | OVSR_EXTHDR_DEST },
	{ NEXTHDR_FRAGMENT, OVSR_EXTHDR_FRAG,
	  OVSR_EXTHDR_HOP | OVSR_EXTHDR_DEST | OVSR_EXTHDR_ROUTER },
	{ NEXTHDR_AUTH, OVSR_EXTHDR_AUTH,
	  OVSR_EXTHDR_HOP | OVSR_EXTHDR_DEST | OVSR_EXTHDR_ROUTER | OVSR_EXTHDR_FRAG },
};

/* Destination options may come twice: first of all but hop-by-hop, and last. */
static u16 dest_options_seen(u16 seen, int count)
{
	if (count == 0)
		return seen | OVSR_EXTHDR_DEST |
		       (seen & ~(OVSR_EXTHDR_HOP | OVSR_EXTHDR_UNREP) ? OVSR_EXTHDR_UNSEQ : 0);
	return count == 1 ? seen : seen | OVSR_EXTHDR_UNREP;
}

static u16 hop_options_seen(u16 seen)
{
	if (!seen)
		return OVSR_EXTHDR_HOP;
	return seen | OVSR_EXTHDR_UNSEQ | (seen & OVSR_EXTHDR_HOP ? OVSR_EXTHDR_UNREP : 0);
}

static u16 exthdr_seen(u16 seen, u8 nexthdr, int n_dest)
{
	const struct exthdr *e;

	for (e = exthdrs; e < exthdrs + ARRAY_SIZE(exthdrs); e++) {
		if (e->nexthdr != nexthdr)
			continue;
		if (seen & e->bit)
			seen |= OVSR_EXTHDR_UNREP;
		if (seen & ~(e->before | OVSR_EXTHDR_UNREP) || n_dest >= 2)
			seen |= OVSR_EXTHDR_UNSEQ;
		return seen | e->bit;
	}
	return seen;
}

/* An ESP header ends the walk: what follows it cannot be read. */
static u16 exthdrs_extract(const struct sk_buff *skb, u8 nexthdr)
{
	unsigned int offset = skb_network_offset(skb) + sizeof(struct ipv6hdr);
	const struct ipv6_opt_hdr *hdr;
	struct ipv6_opt_hdr buf;
	int n_dest = 0;
	u16 seen = 0;

	while (ipv6_ext_hdr(nexthdr)) {
		if (nexthdr == NEXTHDR_NONE)
			return seen | OVSR_EXTHDR_NONEXT;
		if (nexthdr == NEXTHDR_DEST)
			seen = dest_options_seen(seen, n_dest++);
		else if (nexthdr == NEXTHDR_HOP)
			seen = hop_options_seen(seen);
		else
			seen = exthdr_seen(seen, nexthdr, n_dest);

		hdr = skb_header_pointer(skb, offset, sizeof(buf), &buf);
		if (!hdr)
			break;
		nexthdr = hdr->nexthdr;
		offset += ipv6_optlen(hdr);
	}
	return seen;
}

static int ipv6_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	unsigned int transport = 0;
	const struct ipv6hdr *ip6h;
	unsigned short frag_off;
	int proto, flags = 0;
	bool fragment;
	int err;

	err = ovsr_header_pull(skb, skb_network_offset(skb) + sizeof(*ip6h));
	if (err)
		return err == -EINVAL ? header_cut(skb, key) : err;

	ip6h = ipv6_hdr(skb);
	memcpy(&key->ipv6, &ip6h->addrs, sizeof(key->ipv6));
	key->flow_label = ip6_flowlabel(ip6h);
	key->exthdrs = exthdrs_extract(skb, ip6h->nexthdr);
	key->ip.tos = ipv6_get_dsfield(ip6h);
	key->ip.ttl = ip6h->hop_limit;
	key->ip.proto = NEXTHDR_NONE;

	proto = ipv6_find_hdr(skb, &transport, -1, &frag_off, &flags);
	fragment = flags & IP6_FH_F_FRAG;
	if (fragment && frag_off) {
		key->ip.proto = NEXTHDR_FRAGMENT;
		key->ip.frag = OVS_FRAG_TYPE_LATER;
		return 0;
	}
	if (fragment || (proto >= 0 && is_to_be_fragmented(skb)))
		key->ip.frag = OVS_FRAG_TYPE_FIRST;
	if (proto < 0) {
		skb->transport_header = skb->network_header;
		return 0;
	}
	key->ip.proto = proto;
	skb_set_transport_header(skb, transport);
	return transport_extract(skb, key);
}

/* Ethernet and IPv4, as it lies on the wire. */
struct arp_frame {
	struct arphdr hdr;
	u8 sha[ETH_ALEN];
	__be32 sip;
	u8 tha[ETH_ALEN];
	__be32 tip;
} __packed;

static int arp_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	static const struct arphdr ours = {
		.ar_hrd = htons(ARPHRD_ETHER),
		.ar_pro = htons(ETH_P_IP),
		.ar_hln = ETH_ALEN,
		.ar_pln = sizeof(__be32),
	};
	const struct arp_frame *arp;

	memset(&key->ipv4, 0, sizeof(key->ipv4));
	memset(&key->arp, 0, sizeof(key->arp));
	if (!pskb_may_pull(skb, skb_network_offset(skb) + sizeof(*arp)))
		return 0;
	arp = (const struct arp_frame *)skb_network_header(skb);
	if (memcmp(&arp->hdr, &ours, offsetof(struct arphdr, ar_op)))
		return 0;

	memcpy(key->arp.tha, arp->tha, ETH_ALEN);
	memcpy(key->arp.sha, arp->sha, ETH_ALEN);
	key->ipv4.dst = arp->tip;
	key->ipv4.src = arp->sip;
	/* A key has room for 8 bits of the opcode. */
	if (!(arp->hdr.ar_op & htons(0xff00)))
		key->ip.proto = ntohs(arp->hdr.ar_op);
	return 0;
}

/* Walks the label stack to its bottom, and leaves the inner network header behind it. */
static int mpls_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	unsigned int at = skb->mac_len;
	u8 deep = 0, n = 0;
	__be32 lse;

	memset(&key->mpls, 0, sizeof(key->mpls));
	do {
		skb_set_inner_network_header(skb, at);
		/* A stack without a bottom has no labels at all. */
		if (ovsr_header_pull(skb, at + MPLS_HLEN))
			return 0;
		memcpy(&lse, skb->data + at, MPLS_HLEN);
		if (n < OVSR_MPLS_LSES) {
			key->mpls.lse[n] = lse;
			deep |= BIT(n++);
		}
		at += MPLS_HLEN;
		if (ovsr_plant(OVSR_PLANT_MPLS_BOTTOM))
			at = skb->mac_len + (at - skb->mac_len) % ((U8_MAX + 1) * MPLS_HLEN);
	} while (!(lse & htonl(MPLS_LS_S_MASK)));

	skb_set_inner_network_header(skb, at);
	key->mpls.deep = deep;
	return 0;
}

static int nsh_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	unsigned int offset = skb_network_offset(skb);
	const struct nshhdr *nh;
	unsigned int len;
	int err;

	err = ovsr_header_pull(skb, offset + NSH_BASE_HDR_LEN);
	if (err)
		return err;
	if (nsh_get_ver(nsh_hdr(skb)))
		return -EINVAL;
	len = nsh_hdr_len(nsh_hdr(skb));
	err = ovsr_header_pull(skb, offset + len);
	if (err)
		return err;

	nh = nsh_hdr(skb);
	key->nsh = (struct ovsr_nsh){
		.base = {
			.flags = nsh_get_flags(nh),
			.ttl = nsh_get_ttl(nh),
			.mdtype = nh->mdtype,
			.np = nh->np,
			.path_hdr = nh->path_hdr,
		},
	};
	if (nh->mdtype == NSH_M_TYPE2)
		return 0;
	if (nh->mdtype != NSH_M_TYPE1 || len != NSH_M_TYPE1_LEN)
		return -EINVAL;
	memcpy(key->nsh.context, nh->md1.context, sizeof(key->nsh.context));
	return 0;
}

int ovsr_payload_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	memset(&key->ip, 0, sizeof(key->ip));
	memset(&key->l4, 0, sizeof(key->l4));
	switch (ntohs(key->eth_type)) {
	case ETH_P_IP:
		return ipv4_extract(skb, key);
	case ETH_P_IPV6:
		return ipv6_extract(skb, key);
	case ETH_P_ARP:
	case ETH_P_RARP:
		return arp_extract(skb, key);
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		return mpls_extract(skb, key);
	case ETH_P_NSH:
		return nsh_extract(skb, key);
	default:
		return 0;
	}
}
