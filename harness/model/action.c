/* SPDX-License-Identifier: GPL-2.0-only */
/* Validating actions, and bringing them into the form in which they are dumped. */
#include "action.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX  16
#define NEST_MAX   65535
#define CFI_BE	   0x0010
#define ETH_P_NSH_ 0x894f
#define VARIABLE   UINT32_MAX

static const uint32_t action_len[OVS_ACTION_ATTR_MAX + 1] = {
	[OVS_ACTION_ATTR_OUTPUT] = 4,
	[OVS_ACTION_ATTR_USERSPACE] = VARIABLE,
	[OVS_ACTION_ATTR_SET] = VARIABLE,
	[OVS_ACTION_ATTR_PUSH_VLAN] = sizeof(struct ovs_action_push_vlan),
	[OVS_ACTION_ATTR_POP_VLAN] = 0,
	[OVS_ACTION_ATTR_SAMPLE] = VARIABLE,
	[OVS_ACTION_ATTR_RECIRC] = 4,
	[OVS_ACTION_ATTR_HASH] = sizeof(struct ovs_action_hash),
	[OVS_ACTION_ATTR_PUSH_MPLS] = sizeof(struct ovs_action_push_mpls),
	[OVS_ACTION_ATTR_POP_MPLS] = 2,
	[OVS_ACTION_ATTR_SET_MASKED] = VARIABLE,
	[OVS_ACTION_ATTR_CT] = VARIABLE,
	[OVS_ACTION_ATTR_TRUNC] = sizeof(struct ovs_action_trunc),
	[OVS_ACTION_ATTR_PUSH_ETH] = sizeof(struct ovs_action_push_eth),
	[OVS_ACTION_ATTR_POP_ETH] = 0,
	[OVS_ACTION_ATTR_CT_CLEAR] = 0,
	[OVS_ACTION_ATTR_PUSH_NSH] = VARIABLE,
	[OVS_ACTION_ATTR_POP_NSH] = 0,
	[OVS_ACTION_ATTR_METER] = 4,
	[OVS_ACTION_ATTR_CLONE] = VARIABLE,
	[OVS_ACTION_ATTR_CHECK_PKT_LEN] = VARIABLE,
	[OVS_ACTION_ATTR_ADD_MPLS] = sizeof(struct ovs_action_add_mpls),
	[OVS_ACTION_ATTR_DEC_TTL] = VARIABLE,
};

size_t rig_action_put_raw(struct rig_action_writer *w, const void *data, size_t len)
{
	size_t at = w->out ? w->out->len : 0;

	if (!w->failed && at + len > w->cap) {
		size_t cap = 2 * (at + len);
		struct rig_actions *out = realloc(w->out, sizeof(*out) + cap);

		w->failed = !out;
		if (out) {
			w->out = out;
			w->cap = cap;
		}
	}
	if (w->failed)
		return 0;
	if (data)
		memcpy(w->out->bytes + at, data, len);
	else
		memset(w->out->bytes + at, 0, len);
	w->out->len += len;
	return at;
}

void rig_action_put(struct rig_action_writer *w, unsigned int type, const void *data, size_t len)
{
	struct nlattr h = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	rig_action_put_raw(w, &h, sizeof(h));
	rig_action_put_raw(w, data, len);
	rig_action_put_raw(w, NULL, NLA_ALIGN(len) - len);
}

size_t rig_action_nest(struct rig_action_writer *w, unsigned int type)
{
	struct nlattr h = { .nla_len = NLA_HDRLEN, .nla_type = type };

	return rig_action_put_raw(w, &h, sizeof(h));
}

void rig_action_nest_end(struct rig_action_writer *w, size_t mark)
{
	uint16_t len;

	if (w->failed)
		return;
	len = w->out->len - mark;
	memcpy(w->out->bytes + mark, &len, sizeof(len));
}

void rig_action_count(struct rig_action_writer *w, size_t payload)
{
	w->inner += NLA_HDRLEN + NLA_ALIGN(payload);
}

static int check_userspace(const struct nlattr *a)
{
	static const struct rig_policy policy[] = {
		[OVS_USERSPACE_ATTR_PID] = { .kind = RIG_POLICY_U32 },
		[OVS_USERSPACE_ATTR_EGRESS_TUN_PORT] = { .kind = RIG_POLICY_U32 },
		[OVS_USERSPACE_ATTR_ACTIONS] = { .kind = RIG_POLICY_ANY },
	};
	const struct nlattr *attr[OVS_USERSPACE_ATTR_MAX + 1];
	int err = rig_nla_parse(rig_nla_data(a), rig_nla_len(a), policy, OVS_USERSPACE_ATTR_MAX,
				attr, NULL, NULL);

	if (err)
		return err;
	return attr[OVS_USERSPACE_ATTR_PID] && rig_nla_u32(attr[OVS_USERSPACE_ATTR_PID]) ? 0 :
											   -EINVAL;
}

/* Types that may come right before an MPLS label. */
static bool mpls_may_cover(uint16_t type_be)
{
	switch (ntohs(type_be)) {
	case ETH_P_IP:
	case ETH_P_IPV6:
	case ETH_P_ARP:
	case ETH_P_RARP:
		return true;
	}
	return rig_is_mpls(type_be);
}

static int push_mpls(struct rig_action_context *c, uint16_t type_be)
{
	if (!rig_is_mpls(type_be) || (c->tci_be & CFI_BE) || !mpls_may_cover(c->eth_type_be))
		return -EINVAL;
	c->eth_type_be = type_be;
	c->labels++;
	return 0;
}

static int add_mpls(struct rig_action_context *c, const struct ovs_action_add_mpls *mpls)
{
	if (mpls->tun_flags & OVS_MPLS_L3_TUNNEL_FLAG_MASK)
		return push_mpls(c, mpls->mpls_ethertype);
	if (!rig_is_mpls(mpls->mpls_ethertype))
		return -EINVAL;
	/* Before the MAC header: the packet becomes a layer 3 one. */
	if (c->layer2 == RIG_L2_ETHERNET)
		c->labels = 0;
	c->labels++;
	c->layer2 = RIG_L2_NONE;
	c->eth_type_be = mpls->mpls_ethertype;
	return 0;
}

static int pop_mpls(struct rig_action_context *c, uint16_t type_be)
{
	if ((c->tci_be & CFI_BE) || !rig_is_mpls(c->eth_type_be))
		return -EINVAL;
	if (type_be == htons(ETH_P_TEB) && c->layer2 != RIG_L2_NONE)
		return -EINVAL;
	/* What is below the last label is not known to be what it is called. */
	c->eth_type_be = --c->labels && rig_is_mpls(type_be) ? type_be : 0;
	return 0;
}

static int push_vlan(struct rig_action_context *c, const struct ovs_action_push_vlan *vlan)
{
	if (c->layer2 != RIG_L2_ETHERNET || !rig_is_vlan(vlan->vlan_tpid) ||
	    !(vlan->vlan_tci & CFI_BE))
		return -EINVAL;
	c->tci_be = vlan->vlan_tci;
	return 0;
}

uint16_t rig_nsh_next_eth_type(uint8_t next)
{
	static const uint16_t eth_type[] = { 0,		ETH_P_IP,   ETH_P_IPV6,
					     ETH_P_TEB, ETH_P_NSH_, ETH_P_MPLS_UC };

	return next < sizeof(eth_type) / sizeof(eth_type[0]) ? eth_type[next] : 0;
}

uint8_t rig_nsh_next(uint16_t eth_type_be)
{
	for (uint8_t next = 1; next <= 5; next++)
		if (rig_nsh_next_eth_type(next) == ntohs(eth_type_be))
			return next;
	return 0;
}

static int push_nsh(struct rig_action_context *c, const struct nlattr *a)
{
	const struct nlattr *nsh = (const struct nlattr *)rig_nla_data(a);
	unsigned int len = rig_nla_len(a);
	struct rig_span span = { 0, 0 };
	struct rig_key key = { .in_port = 0 };

	if (c->layer2 != RIG_L2_ETHERNET && !rig_nsh_next(c->eth_type_be))
		return -EINVAL;
	c->layer2 = RIG_L2_NONE;
	if (len < NLA_HDRLEN || nsh->nla_len < NLA_HDRLEN || nsh->nla_len > len ||
	    (unsigned int)NLA_ALIGN(nsh->nla_len) != len || rig_nla_type(nsh) != OVS_KEY_ATTR_NSH)
		return -EINVAL;
	return rig_nsh_parse(&key, &span, nsh, false, true);
}

static int pop_nsh(const struct rig_action_writer *w, struct rig_action_context *c)
{
	uint16_t inner = rig_nsh_next_eth_type(w->key->nsh.base.np);

	if (c->eth_type_be != htons(ETH_P_NSH_) || !inner)
		return -EINVAL;
	c->layer2 = inner == ETH_P_TEB ? RIG_L2_ETHERNET : RIG_L2_NONE;
	return 0;
}

static int need_layer2(const struct rig_action_context *c, uint8_t layer2)
{
	return c->layer2 == layer2 ? 0 : -EINVAL;
}

/* Actions that stay as they are. Returns 1 when it is none of them. */
static int check_plain(const struct rig_action_writer *w, const struct nlattr *a,
		       struct rig_action_context *c)
{
	const void *data = rig_nla_data(a);
	int err;

	switch (rig_nla_type(a)) {
	case OVS_ACTION_ATTR_USERSPACE:
		return check_userspace(a);
	case OVS_ACTION_ATTR_OUTPUT:
		return rig_nla_u32(a) >= RIG_PORTS_MAX ? -EINVAL : 0;
	case OVS_ACTION_ATTR_TRUNC:
		return rig_nla_u32(a) < ETH_HLEN ? -EINVAL : 0;
	case OVS_ACTION_ATTR_HASH:
		return rig_nla_u32(a) == OVS_HASH_ALG_L4 ? 0 : -EINVAL;
	case OVS_ACTION_ATTR_RECIRC:
	case OVS_ACTION_ATTR_CT_CLEAR:
	case OVS_ACTION_ATTR_METER:
		return 0;
	case OVS_ACTION_ATTR_POP_VLAN:
		c->tci_be = 0;
		return need_layer2(c, RIG_L2_ETHERNET);
	case OVS_ACTION_ATTR_PUSH_VLAN:
		return push_vlan(c, data);
	case OVS_ACTION_ATTR_PUSH_MPLS:
		return push_mpls(c, ((const struct ovs_action_push_mpls *)data)->mpls_ethertype);
	case OVS_ACTION_ATTR_ADD_MPLS:
		return add_mpls(c, data);
	case OVS_ACTION_ATTR_POP_MPLS:
		return pop_mpls(c, rig_nla_u16(a));
	case OVS_ACTION_ATTR_PUSH_ETH:
		err = need_layer2(c, RIG_L2_NONE);
		c->layer2 = RIG_L2_ETHERNET;
		return err;
	case OVS_ACTION_ATTR_POP_ETH:
		err = c->tci_be & CFI_BE ? -EINVAL : need_layer2(c, RIG_L2_ETHERNET);
		c->layer2 = RIG_L2_NONE;
		return err;
	case OVS_ACTION_ATTR_PUSH_NSH:
		return push_nsh(c, a);
	case OVS_ACTION_ATTR_POP_NSH:
		return pop_nsh(w, c);
	}
	return 1;
}

static int parse_one(struct rig_action_writer *w, const struct nlattr *a,
		     struct rig_action_context *c)
{
	int ret;

	switch (rig_nla_type(a)) {
	case OVS_ACTION_ATTR_SET:
		return rig_action_set(w, a, c, false);
	case OVS_ACTION_ATTR_SET_MASKED:
		return rig_action_set(w, a, c, true);
	case OVS_ACTION_ATTR_CT:
		return rig_action_ct(w, a);
	case OVS_ACTION_ATTR_SAMPLE:
		return rig_action_sample(w, a, c);
	case OVS_ACTION_ATTR_CLONE:
		return rig_action_clone(w, a, c);
	case OVS_ACTION_ATTR_CHECK_PKT_LEN:
		return rig_action_check_pkt_len(w, a, c);
	case OVS_ACTION_ATTR_DEC_TTL:
		return rig_action_dec_ttl(w, a, c);
	}
	ret = check_plain(w, a, c);
	if (ret)
		return ret < 0 ? ret : -EINVAL;
	rig_action_count(w, rig_nla_len(a));
	rig_action_put(w, rig_nla_type(a), rig_nla_data(a), rig_nla_len(a));
	return 0;
}

/*
 * The kernel decides by the length as received whether an action is the last one: a last action
 * that lacks its padding, or has some to spare, is then not executed in place.
 */
static bool is_odd(const struct nlattr *a, int left)
{
	return (int)NLA_ALIGN(a->nla_len) >= left && a->nla_len != left &&
	       action_len[rig_nla_type(a)] == VARIABLE;
}

int rig_action_list(struct rig_action_writer *w, const struct nlattr *nest,
		    struct rig_action_context c)
{
	struct rig_nla_walk walk = rig_nla_inside(nest);
	const struct nlattr *a;

	if (c.depth > DEPTH_MAX)
		return -EOVERFLOW;
	for (;;) {
		int left = walk.left, err;

		a = rig_nla_next(&walk);
		if (!a)
			return walk.left > 0 ? -EINVAL : 0;
		if (rig_nla_type(a) > OVS_ACTION_ATTR_MAX ||
		    (action_len[rig_nla_type(a)] != VARIABLE &&
		     action_len[rig_nla_type(a)] != rig_nla_len(a)))
			return -EINVAL;
		err = parse_one(w, a, &c);
		if (err)
			return err;
		if (w->out)
			w->out->odd |= is_odd(a, left);
	}
}

int rig_actions_parse(struct rig_request *r, const struct nlattr *attr, const struct rig_key *key,
		      struct rig_actions **out)
{
	struct rig_action_writer w = { .r = r, .key = key };
	struct rig_action_context c = { .layer2 = key->layer2,
					.eth_type_be = key->eth_type_be,
					.tci_be = key->vlan.tci_be };
	int err;

	w.cap = rig_nla_len(attr) + 64;
	w.out = calloc(1, sizeof(*w.out) + w.cap);
	if (!w.out)
		return -ENOMEM;
	w.out->received = rig_nla_len(attr);
	w.out->eth_type_be = key->eth_type_be;
	if (rig_is_mpls(key->eth_type_be))
		c.labels = __builtin_popcount(key->mpls.depth_mask);
	err = rig_action_list(&w, attr, c);
	if (w.failed)
		err = -ENOMEM;
	if (err) {
		free(w.out);
		return err;
	}
	*out = w.out;
	return 0;
}
