/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys and masks as they are dumped. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "flow_key.h"

/* `shape` decides what there is, `v` what it holds. */
struct dump {
	struct rig_answer *a;
	const struct rig_key *shape, *v;
	bool is_mask;
	unsigned int open; /* RIG_KEY_*_OPEN */
};

static void put_tunnel(const struct dump *d)
{
	size_t nest;

	if (!d->shape->tun_family && !d->is_mask)
		return;
	nest = rig_nest_begin(d->a, OVS_KEY_ATTR_TUNNEL);
	rig_tunnel_put(d->a, d->v, d->shape->tun_opts_len, d->shape->tun_family, false);
	rig_nest_end(d->a, nest);
}

static void put_in_port(const struct dump *d)
{
	if (d->shape->in_port != RIG_PORTS_MAX)
		rig_put_u32(d->a, OVS_KEY_ATTR_IN_PORT,
			    (d->is_mask ? 0xffff0000 : 0) | d->v->in_port);
	else if (d->is_mask && d->v->in_port == 0xffff)
		rig_put_u32(d->a, OVS_KEY_ATTR_IN_PORT, 0xffffffff);
}

static void put_ct_tuple(const struct dump *d)
{
	struct ovs_key_ct_tuple_ipv4 t4 = { .src_port = d->v->ct_src_be,
					    .dst_port = d->v->ct_dst_be,
					    .ipv4_proto = d->v->ct_proto };
	struct ovs_key_ct_tuple_ipv6 t6 = { .src_port = d->v->ct_src_be,
					    .dst_port = d->v->ct_dst_be,
					    .ipv6_proto = d->v->ct_proto };

	if (!d->shape->ct_proto)
		return;
	if (d->shape->eth_type_be == htons(ETH_P_IP)) {
		memcpy(&t4.ipv4_src, d->v->ip4.ct.src, 4);
		memcpy(&t4.ipv4_dst, d->v->ip4.ct.dst, 4);
		rig_put(d->a, OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4, &t4, sizeof(t4));
	} else if (d->shape->eth_type_be == htons(ETH_P_IPV6)) {
		memcpy(t6.ipv6_src, d->v->ip6.ct.src, 16);
		memcpy(t6.ipv6_dst, d->v->ip6.ct.dst, 16);
		rig_put(d->a, OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6, &t6, sizeof(t6));
	}
}

static void put_metadata(const struct dump *d)
{
	size_t hash;

	rig_put_u32(d->a, OVS_KEY_ATTR_RECIRC_ID, d->v->recirc_id);
	hash = rig_put(d->a, OVS_KEY_ATTR_DP_HASH, &d->v->dp_hash, 4);
	if (d->open & RIG_KEY_HASH_OPEN)
		rig_put_open(d->a, hash, 4, RIG_OPEN_HASH, -1);
	rig_put_u32(d->a, OVS_KEY_ATTR_PRIORITY, d->v->priority);
	put_tunnel(d);
	put_in_port(d);
	rig_put_u32(d->a, OVS_KEY_ATTR_SKB_MARK, d->v->skb_mark);
	rig_put_u32(d->a, OVS_KEY_ATTR_CT_STATE, d->v->ct_state);
	if (!d->a->store || !(d->a->store->build & RIG_BUILD_NO_CT_ZONES))
		rig_put_u16(d->a, OVS_KEY_ATTR_CT_ZONE, d->v->ct_zone);
	rig_put_u32(d->a, OVS_KEY_ATTR_CT_MARK, d->v->ct_mark);
	rig_put(d->a, OVS_KEY_ATTR_CT_LABELS, d->v->ct_labels, 16);
	put_ct_tuple(d);
}

static size_t put_tag(const struct dump *d, const struct rig_tag *tag)
{
	rig_put_u16(d->a, OVS_KEY_ATTR_ETHERTYPE, d->is_mask ? 0xffff : tag->tpid_be);
	rig_put_u16(d->a, OVS_KEY_ATTR_VLAN, tag->tci_be);
	return rig_nest_begin(d->a, OVS_KEY_ATTR_ENCAP);
}

static void put_ip4(const struct dump *d)
{
	struct ovs_key_ipv4 ip = { .ipv4_proto = d->v->ip_proto,
				   .ipv4_tos = d->v->ip_tos,
				   .ipv4_ttl = d->v->ip_ttl,
				   .ipv4_frag = d->v->ip_frag };

	memcpy(&ip.ipv4_src, d->v->ip4.src, 4);
	memcpy(&ip.ipv4_dst, d->v->ip4.dst, 4);
	rig_put(d->a, OVS_KEY_ATTR_IPV4, &ip, sizeof(ip));
}

static void put_ip6(const struct dump *d)
{
	struct ovs_key_ipv6 ip = { .ipv6_label = d->v->ip6.label_be,
				   .ipv6_proto = d->v->ip_proto,
				   .ipv6_tclass = d->v->ip_tos,
				   .ipv6_hlimit = d->v->ip_ttl,
				   .ipv6_frag = d->v->ip_frag };

	size_t at;

	memcpy(ip.ipv6_src, d->v->ip6.src, 16);
	memcpy(ip.ipv6_dst, d->v->ip6.dst, 16);
	at = rig_put(d->a, OVS_KEY_ATTR_IPV6, &ip, sizeof(ip));
	if (d->open & RIG_KEY_IP6_OPEN)
		rig_put_open(d->a, at + offsetof(struct ovs_key_ipv6, ipv6_label), 4,
			     RIG_OPEN_UNDEFINED, -1);
	at = rig_put(d->a, OVS_KEY_ATTR_IPV6_EXTHDRS, &d->v->ip6.exthdrs, 2);
	if (d->open & RIG_KEY_IP6_OPEN)
		rig_put_open(d->a, at, 2, RIG_OPEN_UNDEFINED, -1);
}

static void put_nsh(const struct dump *d)
{
	size_t nest = rig_nest_begin(d->a, OVS_KEY_ATTR_NSH);

	rig_put(d->a, OVS_NSH_KEY_ATTR_BASE, &d->v->nsh.base, sizeof(d->v->nsh.base));
	if (d->is_mask || d->v->nsh.base.mdtype == 1)
		rig_put(d->a, OVS_NSH_KEY_ATTR_MD1, d->v->nsh.context_be, 16);
	rig_nest_end(d->a, nest);
}

static void put_arp(const struct dump *d)
{
	struct ovs_key_arp arp = { .arp_op = htons(d->v->ip_proto) };

	memcpy(&arp.arp_sip, d->v->ip4.src, 4);
	memcpy(&arp.arp_tip, d->v->ip4.dst, 4);
	memcpy(arp.arp_sha, d->v->ip4.arp.sha, 6);
	memcpy(arp.arp_tha, d->v->ip4.arp.tha, 6);
	rig_put(d->a, OVS_KEY_ATTR_ARP, &arp, sizeof(arp));
}

static void put_nd(const struct dump *d)
{
	struct ovs_key_nd nd;
	size_t at;

	memcpy(nd.nd_target, d->v->ip6.nd.target, 16);
	memcpy(nd.nd_sll, d->v->ip6.nd.sll, 6);
	memcpy(nd.nd_tll, d->v->ip6.nd.tll, 6);
	at = rig_put(d->a, OVS_KEY_ATTR_ND, &nd, sizeof(nd));
	if (d->open & RIG_KEY_ND_OPEN)
		rig_put_open(d->a, at, sizeof(nd), RIG_OPEN_UNDEFINED, -1);
}

static void put_ports(const struct dump *d, unsigned int type)
{
	uint16_t ports_be[2] = { d->v->l4_src_be, d->v->l4_dst_be };

	rig_put(d->a, type, ports_be, sizeof(ports_be));
}

static void put_icmp(const struct dump *d, unsigned int type)
{
	uint8_t icmp[2] = { ntohs(d->v->l4_src_be), ntohs(d->v->l4_dst_be) };

	rig_put(d->a, type, icmp, sizeof(icmp));
}

static void put_layer4(const struct dump *d)
{
	bool ip6 = d->shape->eth_type_be == htons(ETH_P_IPV6);
	uint16_t icmp_type = ntohs(d->shape->l4_src_be);

	if (d->shape->ip_frag == OVS_FRAG_TYPE_LATER)
		return;
	switch (d->shape->ip_proto) {
	case IPPROTO_TCP:
		put_ports(d, OVS_KEY_ATTR_TCP);
		rig_put_u16(d->a, OVS_KEY_ATTR_TCP_FLAGS, d->v->l4_flags_be);
		break;
	case IPPROTO_UDP:
		put_ports(d, OVS_KEY_ATTR_UDP);
		break;
	case IPPROTO_SCTP:
		put_ports(d, OVS_KEY_ATTR_SCTP);
		break;
	case IPPROTO_ICMP:
		if (!ip6)
			put_icmp(d, OVS_KEY_ATTR_ICMP);
		break;
	case IPPROTO_ICMPV6:
		if (!ip6)
			break;
		put_icmp(d, OVS_KEY_ATTR_ICMPV6);
		if (icmp_type == 135 || icmp_type == 136)
			put_nd(d);
		break;
	}
}

/* From the Ethernet type inwards. */
static void put_layer3(const struct dump *d)
{
	rig_put_u16(d->a, OVS_KEY_ATTR_ETHERTYPE, d->v->eth_type_be);
	switch (ntohs(d->shape->eth_type_be)) {
	case ETH_P_IP:
		put_ip4(d);
		put_layer4(d);
		break;
	case ETH_P_IPV6:
		put_ip6(d);
		put_layer4(d);
		break;
	case 0x894f:
		put_nsh(d);
		break;
	case ETH_P_ARP:
	case ETH_P_RARP:
		put_arp(d);
		break;
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		rig_put(d->a, OVS_KEY_ATTR_MPLS, d->v->mpls.lse_be,
			4 * __builtin_popcount(d->v->mpls.depth_mask));
		break;
	}
}

/* Returns false when the key ends with the tags: the packet was cut inside them. */
static bool put_tags(const struct dump *d, size_t nest[2], unsigned int *depth)
{
	bool cut = rig_is_vlan(d->shape->eth_type_be);

	*depth = 0;
	if (!d->shape->vlan.tci_be && !cut)
		return true;
	nest[(*depth)++] = put_tag(d, &d->v->vlan);
	if (!d->shape->vlan.tci_be)
		return false;
	if (!d->shape->cvlan.tci_be && !cut)
		return true;
	nest[(*depth)++] = put_tag(d, &d->v->cvlan);
	return d->shape->cvlan.tci_be;
}

static void put_packet(const struct dump *d)
{
	struct ovs_key_ethernet eth;
	size_t nest[2];
	unsigned int depth = 0;
	bool more = true;

	if ((d->shape->layer2 & ~RIG_L2_STALE) == RIG_L2_ETHERNET) {
		memcpy(eth.eth_src, d->v->eth_src, 6);
		memcpy(eth.eth_dst, d->v->eth_dst, 6);
		rig_put(d->a, OVS_KEY_ATTR_ETHERNET, &eth, sizeof(eth));
		more = put_tags(d, nest, &depth);
		/* 802.2 is said by leaving the type out; a mask may yet have it. */
		if (more && d->shape->eth_type_be == htons(ETH_P_802_2)) {
			if (d->is_mask && d->v->eth_type_be)
				rig_put_u16(d->a, OVS_KEY_ATTR_ETHERTYPE, d->v->eth_type_be);
			more = false;
		}
	}
	if (more)
		put_layer3(d);
	while (depth)
		rig_nest_end(d->a, nest[--depth]);
}

void rig_key_put(struct rig_answer *a, unsigned int type, const struct rig_key *shape,
		 const struct rig_key *values, bool is_mask, unsigned int open)
{
	struct dump d = { a, shape, values, is_mask, open };
	size_t nest = rig_nest_begin(a, type);

	put_metadata(&d);
	put_packet(&d);
	rig_nest_end(a, nest);
}
