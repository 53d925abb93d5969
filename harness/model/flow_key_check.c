/* SPDX-License-Identifier: GPL-2.0-only */
/* Prerequisites: which attributes a key must have, and which a mask may. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "flow_key.h"

#define BIT(type)  (1ULL << OVS_KEY_ATTR_##type)
#define ND_SOLICIT 135
#define ND_ADVERT  136

bool rig_key_is_nd(const struct rig_key *key)
{
	uint16_t type = ntohs(key->l4_src_be);

	return key->eth_type_be == htons(ETH_P_IPV6) && key->ip_proto == IPPROTO_ICMPV6 &&
	       !key->l4_dst_be && (type == ND_SOLICIT || type == ND_ADVERT);
}

/* Which attributes a packet of this kind has, and what a mask may then speak about. */
static const struct prerequisite {
	uint16_t eth_type;
	uint64_t expected, also_allowed;
} by_eth_type[] = {
	{ ETH_P_ARP, BIT(ARP), 0 },
	{ ETH_P_RARP, BIT(ARP), 0 },
	{ ETH_P_MPLS_UC, BIT(MPLS), 0 },
	{ ETH_P_MPLS_MC, BIT(MPLS), 0 },
	{ ETH_P_IP, BIT(IPV4), BIT(CT_ORIG_TUPLE_IPV4) },
	{ ETH_P_IPV6, BIT(IPV6), BIT(CT_ORIG_TUPLE_IPV6) },
	{ 0x894f /* NSH */, BIT(NSH), 0 },
};

static const struct {
	uint16_t eth_type; /* 0 = IPv4 and IPv6 */
	uint8_t proto;
	uint64_t expected;
} by_proto[] = {
	{ 0, IPPROTO_UDP, BIT(UDP) },
	{ 0, IPPROTO_SCTP, BIT(SCTP) },
	{ 0, IPPROTO_TCP, BIT(TCP) | BIT(TCP_FLAGS) },
	{ ETH_P_IP, IPPROTO_ICMP, BIT(ICMP) },
	{ ETH_P_IPV6, IPPROTO_ICMPV6, BIT(ICMPV6) },
};

#define CONDITIONAL                                                                             \
	(BIT(IPV4) | BIT(CT_ORIG_TUPLE_IPV4) | BIT(IPV6) | BIT(CT_ORIG_TUPLE_IPV6) | BIT(TCP) | \
	 BIT(TCP_FLAGS) | BIT(UDP) | BIT(SCTP) | BIT(ICMP) | BIT(ICMPV6) | BIT(ARP) | BIT(ND) | \
	 BIT(MPLS) | BIT(NSH))

static void layer4_needs(const struct rig_match *m, uint16_t eth_type, uint64_t *expected,
			 uint64_t *allowed)
{
	const struct rig_key *k = &m->key;
	uint16_t icmp_type = ntohs(k->l4_src_be);

	if (k->ip_frag == OVS_FRAG_TYPE_LATER)
		return;
	for (size_t i = 0; i < sizeof(by_proto) / sizeof(by_proto[0]); i++) {
		if (by_proto[i].proto != k->ip_proto ||
		    (by_proto[i].eth_type && by_proto[i].eth_type != eth_type))
			continue;
		*expected |= by_proto[i].expected;
		if (m->mask.ip_proto == 0xff)
			*allowed |= by_proto[i].expected;
		if (by_proto[i].expected == BIT(ICMPV6) &&
		    (icmp_type == ND_SOLICIT || icmp_type == ND_ADVERT)) {
			*expected |= BIT(ND);
			/* The two share their place in the key. */
			*allowed &= ~BIT(CT_ORIG_TUPLE_IPV6);
			if (m->mask.l4_src_be == htons(0xff))
				*allowed |= BIT(ND);
		}
	}
}

bool rig_match_check(const struct rig_match *m, uint64_t key_seen, uint64_t mask_seen)
{
	uint16_t eth_type = ntohs(m->key.eth_type_be);
	uint64_t expected = 0, allowed = key_seen & ~CONDITIONAL;

	allowed |= BIT(TUNNEL) | BIT(IN_PORT) | BIT(ETHERTYPE);
	for (size_t i = 0; i < sizeof(by_eth_type) / sizeof(by_eth_type[0]); i++) {
		if (by_eth_type[i].eth_type != eth_type)
			continue;
		expected |= by_eth_type[i].expected;
		if (m->mask.eth_type_be == 0xffff)
			allowed |= by_eth_type[i].expected | by_eth_type[i].also_allowed;
	}
	if (eth_type == ETH_P_IP || eth_type == ETH_P_IPV6)
		layer4_needs(m, eth_type, &expected, &allowed);
	return (key_seen & expected) == expected && !(mask_seen & ~allowed);
}

bool rig_match_is_mixed(uint64_t key_seen)
{
	static const uint64_t places[] = {
		BIT(IPV4) | BIT(CT_ORIG_TUPLE_IPV4),
		BIT(IPV6) | BIT(CT_ORIG_TUPLE_IPV6) | BIT(ND),
		BIT(ARP),
		BIT(MPLS),
		BIT(NSH),
	};
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		n += (key_seen & places[i]) != 0;
	return n > 1 || ((key_seen & BIT(CT_ORIG_TUPLE_IPV6)) && (key_seen & BIT(ND)));
}
