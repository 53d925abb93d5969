/* SPDX-License-Identifier: GPL-2.0-only */
/* Actions that push and pop headers: the packet, and what they leave of its key. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "exec.h"

static int stale(struct rig_key *key, int err)
{
	if (!err)
		key->layer2 |= RIG_L2_STALE;
	return err;
}

static void set_layer2(struct rig_key *key, uint8_t layer2)
{
	key->layer2 = layer2;
}

static int push_vlan_action(struct rig_packet **p, struct rig_key *key,
			    const struct ovs_action_push_vlan *vlan)
{
	if ((*p)->tagged) {
		key->layer2 |= RIG_L2_STALE;
	} else {
		key->vlan.tci_be = vlan->vlan_tci;
		key->vlan.tpid_be = vlan->vlan_tpid;
	}
	return rig_packet_push_vlan(p, vlan->vlan_tpid, ntohs(vlan->vlan_tci) & ~0x1000);
}

static int pop_vlan_action(struct rig_packet *p, struct rig_key *key)
{
	int err = rig_packet_pop_vlan(p);

	if (p->tagged)
		key->layer2 |= RIG_L2_STALE;
	else
		memset(&key->vlan, 0, sizeof(key->vlan));
	return err;
}

static int push_mpls_action(struct rig_packet **p, struct rig_key *key, uint32_t lse_be,
			    uint16_t type_be, uint16_t mac_len)
{
	int err = rig_packet_push_mpls(p, lse_be, type_be, mac_len);

	if (!err && !mac_len)
		set_layer2(key, RIG_L2_NONE);
	return stale(key, err);
}

static int pop_mpls_action(struct rig_packet *p, struct rig_key *key, uint16_t type_be)
{
	bool ethernet = (key->layer2 & ~RIG_L2_STALE) == RIG_L2_ETHERNET;
	int err = rig_packet_pop_mpls(p, type_be, ethernet);

	if (!err && type_be == htons(ETH_P_TEB))
		set_layer2(key, RIG_L2_ETHERNET);
	return stale(key, err);
}

/* The header that a push_nsh describes; returns its length. */
static size_t nsh_header(const struct nlattr *nsh, uint8_t header[256])
{
	struct rig_nla_walk w = rig_nla_inside(nsh);
	const struct ovs_nsh_key_base *base = NULL;
	const struct nlattr *a;
	uint8_t words;
	size_t len = 0;
	uint16_t first;

	memset(header, 0, 256);
	while ((a = rig_nla_next(&w))) {
		if (rig_nla_type(a) == OVS_NSH_KEY_ATTR_BASE) {
			base = (const void *)rig_nla_data(a);
		} else {
			len = rig_nla_len(a);
			memcpy(header + 8, rig_nla_data(a), len);
		}
	}
	/* The length is told in six bits of words, and made in eight bits of bytes. */
	words = (uint8_t)(8 + len) >> 2;
	first = htons((base->flags & 3) << 12 | (base->ttl & 0x3f) << 6 | (words & 0x3f));
	memcpy(header, &first, 2);
	header[2] = base->mdtype;
	header[3] = base->np;
	memcpy(header + 4, &base->path_hdr, 4);
	return 4 * (words & 0x3f);
}

static int push_nsh_action(struct rig_packet **p, struct rig_key *key, const struct nlattr *a)
{
	uint8_t header[256];
	size_t len = nsh_header((const struct nlattr *)rig_nla_data(a), header);
	int err = rig_packet_push_nsh(p, header, len);

	if (!err)
		set_layer2(key, RIG_L2_NONE);
	return stale(key, err);
}

static int pop_nsh_action(struct rig_packet *p, struct rig_key *key)
{
	int err = rig_packet_pop_nsh(p);

	if (!err)
		set_layer2(key, p->protocol_be == htons(ETH_P_TEB) ? RIG_L2_ETHERNET : RIG_L2_NONE);
	return stale(key, err);
}

int rig_exec_headers(struct rig_packet **p, struct rig_key *key, const struct nlattr *a)
{
	const struct ovs_action_push_mpls *push = (const void *)rig_nla_data(a);
	const struct ovs_action_add_mpls *add = (const void *)rig_nla_data(a);
	const struct ovs_action_push_eth *eth = (const void *)rig_nla_data(a);
	int err;

	switch (rig_nla_type(a)) {
	case OVS_ACTION_ATTR_PUSH_VLAN:
		return push_vlan_action(p, key, (const void *)rig_nla_data(a));
	case OVS_ACTION_ATTR_POP_VLAN:
		return pop_vlan_action(*p, key);
	case OVS_ACTION_ATTR_PUSH_MPLS:
		return push_mpls_action(p, key, push->mpls_lse, push->mpls_ethertype,
					(*p)->mac_len);
	case OVS_ACTION_ATTR_ADD_MPLS:
		return push_mpls_action(
			p, key, add->mpls_lse, add->mpls_ethertype,
			add->tun_flags & OVS_MPLS_L3_TUNNEL_FLAG_MASK ? (*p)->mac_len : 0);
	case OVS_ACTION_ATTR_POP_MPLS:
		return pop_mpls_action(*p, key, rig_nla_u16(a));
	case OVS_ACTION_ATTR_PUSH_ETH:
		err = rig_packet_push_eth(p, eth->addresses.eth_dst, eth->addresses.eth_src);
		if (!err)
			set_layer2(key, RIG_L2_ETHERNET);
		return stale(key, err);
	case OVS_ACTION_ATTR_POP_ETH:
		err = rig_packet_pop_eth(*p);
		if (!err)
			set_layer2(key, RIG_L2_NONE);
		return stale(key, err);
	case OVS_ACTION_ATTR_PUSH_NSH:
		return push_nsh_action(p, key, a);
	case OVS_ACTION_ATTR_POP_NSH:
		return pop_nsh_action(*p, key);
	}
	return 0;
}
