/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a packet's key. What a malformed header leaves in the key, and what stays there from
 * before, is seen in upcalls, so that no field is written that the kernel does not write.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "packet.h"

#define CFI_BE 0x0010

static uint16_t be16_at(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static bool has(const struct rig_packet *p, size_t at, size_t len)
{
	return at + len <= p->len;
}

/* --- Layer 4 --- */

static void clear_layer4(struct rig_key *key)
{
	key->l4_src_be = key->l4_dst_be = key->l4_flags_be = 0;
}

static void read_ports(struct rig_packet *p, struct rig_key *key, size_t header)
{
	const uint8_t *l4 = rig_packet_transport(p);

	if (!has(p, rig_packet_at(p, p->transport), header)) {
		clear_layer4(key);
		return;
	}
	key->l4_src_be = be16_at(l4);
	key->l4_dst_be = be16_at(l4 + 2);
}

static void read_tcp(struct rig_packet *p, struct rig_key *key)
{
	size_t at = rig_packet_at(p, p->transport);
	const uint8_t *tcp = rig_packet_transport(p);
	size_t len = has(p, at, 20) ? 4 * (tcp[12] >> 4) : 0;

	if (len < 20 || !has(p, at, len)) {
		clear_layer4(key);
		return;
	}
	read_ports(p, key, 20);
	key->l4_flags_be = be16_at(tcp + 12) & htons(0x0fff);
}

static void read_icmp(struct rig_packet *p, struct rig_key *key)
{
	const uint8_t *icmp = rig_packet_transport(p);

	if (!has(p, rig_packet_at(p, p->transport), 8)) {
		clear_layer4(key);
		return;
	}
	key->l4_src_be = htons(icmp[0]);
	key->l4_dst_be = htons(icmp[1]);
}

static bool is_zero6(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return !memcmp(mac, zero, sizeof(zero));
}

/* Link layer addresses among the options; false when one comes twice. */
static bool read_nd_options(struct rig_key *key, const uint8_t *opt, size_t left)
{
	while (left >= 8) {
		size_t len = 8 * opt[1];
		uint8_t *mac = opt[0] == 1 ? key->ip6.nd.sll : key->ip6.nd.tll;

		if (!len || len > left)
			return true;
		if ((opt[0] == 1 || opt[0] == 2) && len == 8) {
			if (!is_zero6(mac))
				return false;
			memcpy(mac, opt + 2, 6);
		}
		opt += len;
		left -= len;
	}
	return true;
}

static void read_icmp6(struct rig_packet *p, struct rig_key *key)
{
	const uint8_t *icmp = rig_packet_transport(p);
	size_t len = p->len - rig_packet_at(p, p->transport);

	read_icmp(p, key);
	if (!has(p, rig_packet_at(p, p->transport), 8) || icmp[1] ||
	    (icmp[0] != 135 && icmp[0] != 136))
		return;
	memset(&key->ip6.nd, 0, sizeof(key->ip6.nd));
	if (len < 24)
		return;
	memcpy(key->ip6.nd.target, icmp + 8, 16);
	if (!read_nd_options(key, icmp + 24, len - 24))
		memset(&key->ip6.nd, 0, sizeof(key->ip6.nd));
}

static void read_layer4(struct rig_packet *p, struct rig_key *key)
{
	bool ip6 = key->eth_type_be == htons(ETH_P_IPV6);

	switch (key->ip_proto) {
	case IPPROTO_TCP:
		read_tcp(p, key);
		break;
	case IPPROTO_UDP:
		read_ports(p, key, 8);
		break;
	case IPPROTO_SCTP:
		read_ports(p, key, 12);
		break;
	case IPPROTO_ICMP:
		if (!ip6)
			read_icmp(p, key);
		break;
	case IPPROTO_ICMPV6:
		if (ip6)
			read_icmp6(p, key);
		break;
	}
}

/* --- IPv4 --- */

static void read_ip4(struct rig_packet *p, struct rig_key *key)
{
	size_t at = rig_packet_at(p, p->network), len = 0;
	const uint8_t *ip = rig_packet_network(p);
	uint16_t fragment;

	if (has(p, at, 20))
		len = 4 * (ip[0] & 0xf);
	if (len < 20 || !has(p, at, len)) {
		key->ip_proto = key->ip_tos = key->ip_ttl = key->ip_frag = 0;
		memset(&key->ip4, 0, sizeof(key->ip4));
		p->transport = p->network;
		return;
	}
	p->transport = p->network + len;
	memcpy(key->ip4.src, ip + 12, 4);
	memcpy(key->ip4.dst, ip + 16, 4);
	key->ip_proto = ip[9];
	key->ip_tos = ip[1];
	key->ip_ttl = ip[8];
	fragment = ntohs(be16_at(ip + 6));
	if (fragment & 0x1fff) {
		key->ip_frag = OVS_FRAG_TYPE_LATER;
		clear_layer4(key);
		return;
	}
	key->ip_frag = fragment & 0x2000 ? OVS_FRAG_TYPE_FIRST : OVS_FRAG_TYPE_NONE;
	read_layer4(p, key);
}

/* --- IPv6 --- */

static void bad_ip6(struct rig_packet *p, struct rig_key *key)
{
	key->ip_proto = key->ip_tos = key->ip_ttl = key->ip_frag = 0;
	memset(key->ip6.src, 0, sizeof(key->ip6.src));
	memset(key->ip6.dst, 0, sizeof(key->ip6.dst));
	p->transport = p->network;
}

static void read_ip6(struct rig_packet *p, struct rig_key *key)
{
	const uint8_t *ip = rig_packet_network(p);
	struct rig_ip6_walk w;
	uint32_t first_be;
	int proto;

	if (!has(p, rig_packet_at(p, p->network), 40)) {
		bad_ip6(p, key);
		return;
	}
	memcpy(&first_be, ip, 4);
	key->ip6.exthdrs = rig_ip6_extensions(p);
	key->ip_proto = IPPROTO_NONE;
	key->ip_tos = ntohl(first_be) >> 20;
	key->ip_ttl = ip[7];
	key->ip6.label_be = first_be & htonl(0xfffff);
	memcpy(key->ip6.src, ip + 8, 16);
	memcpy(key->ip6.dst, ip + 24, 16);
	proto = rig_ip6_find(p, -1, false, &w);
	key->ip_frag = w.fragment ? OVS_FRAG_TYPE_FIRST : OVS_FRAG_TYPE_NONE;
	if (w.fragment && w.offset) {
		key->ip_frag = OVS_FRAG_TYPE_LATER;
		key->ip_proto = IPPROTO_FRAGMENT;
		clear_layer4(key);
		return;
	}
	if (proto < 0) {
		p->transport = p->network;
		return;
	}
	p->transport = p->data - p->room + w.at;
	key->ip_proto = proto;
	read_layer4(p, key);
}

/* --- Other layer 3 --- */

static void read_arp(struct rig_packet *p, struct rig_key *key)
{
	static const uint8_t wanted[6] = { 0, 1, 8, 0, 6, 4 }; /* Ethernet, IPv4, their lengths */
	const uint8_t *arp = rig_packet_network(p);

	if (!has(p, rig_packet_at(p, p->network), 28) || memcmp(arp, wanted, sizeof(wanted))) {
		key->ip_proto = key->ip_tos = key->ip_ttl = key->ip_frag = 0;
		memset(&key->ip4, 0, sizeof(key->ip4));
		return;
	}
	key->ip_proto = arp[6] ? 0 : arp[7];
	memcpy(key->ip4.src, arp + 14, 4);
	memcpy(key->ip4.dst, arp + 24, 4);
	memcpy(key->ip4.arp.sha, arp + 8, 6);
	memcpy(key->ip4.arp.tha, arp + 18, 6);
}

static void read_mpls(struct rig_packet *p, struct rig_key *key)
{
	size_t at = p->mac_len, n = 0;
	const uint8_t *lse;

	memset(&key->mpls, 0, sizeof(key->mpls));
	do {
		/* A stack without a bottom has no known depth. */
		if (!has(p, at, 4))
			return;
		lse = p->data + at;
		if (n < RIG_MPLS_DEPTH)
			memcpy(&key->mpls.lse_be[n], lse, 4);
		n++;
		at += 4;
	} while (!(lse[2] & 1));
	if (n > RIG_MPLS_DEPTH)
		n = RIG_MPLS_DEPTH;
	key->mpls.depth_mask = (1u << n) - 1;
}

static int read_nsh(struct rig_packet *p, struct rig_key *key)
{
	const uint8_t *nsh = rig_packet_network(p);
	size_t at = rig_packet_at(p, p->network), len;
	uint16_t first;

	if (!has(p, at, 8))
		return -EINVAL;
	first = ntohs(be16_at(nsh));
	len = 4 * (first & 0x3f);
	if (first >> 14 || !has(p, at, len))
		return -EINVAL;
	key->nsh.base.flags = first >> 12 & 3;
	key->nsh.base.ttl = first >> 6 & 0x3f;
	key->nsh.base.mdtype = nsh[2];
	key->nsh.base.np = nsh[3];
	memcpy(&key->nsh.base.path_hdr, nsh + 4, 4);
	switch (nsh[2]) {
	case 1:
		if (len != 24)
			return -EINVAL;
		memcpy(key->nsh.context_be, nsh + 8, 16);
		return 0;
	case 2:
		memset(key->nsh.context_be, 0, 16);
		return 0;
	}
	return -EINVAL;
}

static int read_layer3(struct rig_packet *p, struct rig_key *key)
{
	switch (ntohs(key->eth_type_be)) {
	case ETH_P_IP:
		read_ip4(p, key);
		break;
	case ETH_P_IPV6:
		read_ip6(p, key);
		break;
	case ETH_P_ARP:
	case ETH_P_RARP:
		read_arp(p, key);
		break;
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		read_mpls(p, key);
		break;
	case 0x894f:
		return read_nsh(p, key);
	}
	return 0;
}

/* --- Layer 2 --- */

/* The outer tag goes beside the bytes, the inner one stays in them. */
static int read_tags(struct rig_packet *p, struct rig_key *key, size_t *at)
{
	uint16_t tpid_be, tci;
	int err;

	*at = 2 * ETH_ALEN;
	if (!p->tagged) {
		tpid_be = be16_at(p->data + *at);
		if (!rig_is_vlan(tpid_be) || !has(p, *at, 6))
			return 0;
		err = rig_packet_untag(p, &tci);
		if (err)
			return err;
		p->tagged = true;
		p->tpid_be = tpid_be;
		p->tci = tci;
	}
	key->vlan.tci_be = htons(p->tci) | CFI_BE;
	key->vlan.tpid_be = p->tpid_be;
	tpid_be = be16_at(p->data + *at);
	if (!rig_is_vlan(tpid_be) || !has(p, *at, 6))
		return 0;
	key->cvlan.tci_be = be16_at(p->data + *at + 2) | CFI_BE;
	key->cvlan.tpid_be = tpid_be;
	*at += 4;
	return 0;
}

/* The type at *at, or the one in an LLC SNAP header behind it. */
static uint16_t read_eth_type(const struct rig_packet *p, size_t *at)
{
	static const uint8_t snap[6] = { 0xaa, 0xaa };
	const uint8_t *llc;
	uint16_t type_be = be16_at(p->data + *at);

	*at += 2;
	if (ntohs(type_be) >= ETH_P_802_3_MIN)
		return type_be;
	llc = p->data + *at;
	if (!has(p, *at, 8) || memcmp(llc, snap, 2) || memcmp(llc + 3, snap + 3, 3))
		return htons(ETH_P_802_2);
	*at += 8;
	type_be = be16_at(llc + 6);
	return ntohs(type_be) >= ETH_P_802_3_MIN ? type_be : htons(ETH_P_802_2);
}

static int read_layer2(struct rig_packet *p, struct rig_key *key)
{
	size_t at;

	if (!has(p, 0, ETH_HLEN))
		return -EINVAL;
	memcpy(key->eth_dst, p->data, 6);
	memcpy(key->eth_src, p->data + 6, 6);
	if (read_tags(p, key, &at))
		return -ENOMEM;
	key->eth_type_be = read_eth_type(p, &at);
	p->protocol_be = key->cvlan.tci_be & CFI_BE ? key->cvlan.tpid_be : key->eth_type_be;
	p->network = p->data - p->room + at;
	return 0;
}

int rig_packet_extract(struct rig_packet *p, struct rig_key *key)
{
	int err = 0;

	key->l4_flags_be = 0;
	memset(&key->vlan, 0, sizeof(key->vlan));
	memset(&key->cvlan, 0, sizeof(key->cvlan));
	if ((key->layer2 & ~RIG_L2_STALE) == RIG_L2_NONE) {
		if (rig_is_vlan(p->protocol_be))
			return -EINVAL;
		p->network = p->data - p->room;
		key->eth_type_be = p->protocol_be;
	} else {
		err = read_layer2(p, key);
	}
	if (err)
		return err;
	p->mac_len = rig_packet_at(p, p->network);
	return read_layer3(p, key);
}
