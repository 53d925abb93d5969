// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <net/mpls.h>
#include <net/nsh.h>
#include <net/tun_proto.h>

#include "action_parse.h"
#include "action_shape.h"
#include "conntrack.h"
#include "fault.h"
#include "nsh_key.h"
#include "plant.h"
#include "tunnel_key.h"

#define DEPTH_MAX      16  /* nests inside of the outermost list */
#define IN_TREE_CT_LEN 160 /* what 6.1 keeps of a ct, on a 64-bit machine with NAT */
#define LEN_ANY	       -1  /* the action's own parser looks at its length */

/*
 * One row for each action. @parse checks more than the length, changes the shape, and fills the
 * action; @put writes it back where userspace's own bytes will not do; @free frees what @parse
 * filled. All three may be NULL.
 */
struct action_kind {
	s8 len;
	bool keeps_key;
	int (*parse)(const struct ovsr_action_request *req, struct ovsr_shape *shape,
		     struct ovsr_action *act);
	int (*put)(struct sk_buff *msg, const struct ovsr_action *act);
	void (*free)(struct ovsr_action *act);
};

static int list_parse(const struct ovsr_action_request *req, struct ovsr_shape shape,
		      const struct nlattr *nest, struct ovsr_actions **out);

/* What may get another label in front: nothing whose order of tags is unknown. */
static bool shape_takes_label(const struct ovsr_shape *shape)
{
	return !ovsr_shape_is_tagged(shape) &&
	       (shape->eth_type == htons(ETH_P_IP) || shape->eth_type == htons(ETH_P_IPV6) ||
		shape->eth_type == htons(ETH_P_ARP) || shape->eth_type == htons(ETH_P_RARP) ||
		eth_p_mpls(shape->eth_type));
}

static int output_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			struct ovsr_action *act)
{
	return nla_get_u32(act->attr) < OVSR_PORT_NONE ? 0 : -EINVAL;
}

static int userspace_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			   struct ovsr_action *act)
{
	static const struct nla_policy policy[OVS_USERSPACE_ATTR_MAX + 1] = {
		[OVS_USERSPACE_ATTR_PID] = { .type = NLA_U32 },
		[OVS_USERSPACE_ATTR_USERDATA] = { .type = NLA_UNSPEC },
		[OVS_USERSPACE_ATTR_EGRESS_TUN_PORT] = { .type = NLA_U32 },
	};
	int err = nla_validate_nested_deprecated(act->attr, OVS_USERSPACE_ATTR_MAX, policy, NULL);
	const struct nlattr *a;
	u32 portid = 0;
	int rem;

	if (err)
		return err;
	nla_for_each_nested(a, act->attr, rem)
		if (nla_type(a) == OVS_USERSPACE_ATTR_PID)
			portid = nla_get_u32(a);
	return portid ? 0 : -EINVAL;
}

static int trunc_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
		       struct ovsr_action *act)
{
	const struct ovs_action_trunc *trunc = nla_data(act->attr);

	return trunc->max_len >= ETH_HLEN ? 0 : -EINVAL;
}

static int hash_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
		      struct ovsr_action *act)
{
	const struct ovs_action_hash *hash = nla_data(act->attr);

	return hash->hash_alg == OVS_HASH_ALG_L4 ? 0 : -EINVAL;
}

static int push_vlan_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			   struct ovsr_action *act)
{
	const struct ovs_action_push_vlan *vlan = nla_data(act->attr);

	if (!ovsr_shape_is_ethernet(shape) || !eth_type_vlan(vlan->vlan_tpid) ||
	    !(vlan->vlan_tci & htons(VLAN_CFI_MASK)))
		return -EINVAL;
	shape->vlan_tci = vlan->vlan_tci;
	return 0;
}

static int pop_vlan_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			  struct ovsr_action *act)
{
	if (!ovsr_shape_is_ethernet(shape))
		return -EINVAL;
	shape->vlan_tci = 0;
	return 0;
}

static int push_eth_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			  struct ovsr_action *act)
{
	if (ovsr_shape_is_ethernet(shape))
		return -EINVAL;
	shape->link = OVSR_LINK_ETHERNET;
	return 0;
}

static int pop_eth_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			 struct ovsr_action *act)
{
	if (!ovsr_shape_is_ethernet(shape) || ovsr_shape_is_tagged(shape))
		return -EINVAL;
	if (!ovsr_plant(OVSR_PLANT_POP_PUSH_ETH))
		shape->link = OVSR_LINK_NONE;
	return 0;
}

static int push_mpls_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			   struct ovsr_action *act)
{
	const struct ovs_action_push_mpls *mpls = nla_data(act->attr);

	if (!eth_p_mpls(mpls->mpls_ethertype) || !shape_takes_label(shape))
		return -EINVAL;
	shape->eth_type = mpls->mpls_ethertype;
	shape->n_labels++;
	return 0;
}

/* A label in front of the network header, or in front of the whole frame. */
static int add_mpls_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			  struct ovsr_action *act)
{
	const struct ovs_action_add_mpls *mpls = nla_data(act->attr);

	if (!eth_p_mpls(mpls->mpls_ethertype))
		return -EINVAL;
	if (mpls->tun_flags & OVS_MPLS_L3_TUNNEL_FLAG_MASK) {
		if (!shape_takes_label(shape))
			return -EINVAL;
	} else if (ovsr_shape_is_ethernet(shape)) {
		shape->n_labels = 0;
		shape->link = OVSR_LINK_NONE;
	}
	shape->n_labels++;
	shape->eth_type = mpls->mpls_ethertype;
	return 0;
}

static int pop_mpls_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			  struct ovsr_action *act)
{
	__be16 eth_type = nla_get_be16(act->attr);

	if (ovsr_shape_is_tagged(shape) || !eth_p_mpls(shape->eth_type))
		return -EINVAL;
	if (eth_type == htons(ETH_P_TEB) && ovsr_shape_is_ethernet(shape))
		return -EINVAL;
	/* Behind the last label, nothing vouches that the packet is what @eth_type says. */
	shape->n_labels--;
	shape->eth_type = eth_p_mpls(eth_type) && shape->n_labels ? eth_type : 0;
	return 0;
}

static int push_nsh_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			  struct ovsr_action *act)
{
	const struct nlattr *nest = nla_data(act->attr);
	u8 header[NSH_HDR_MAX_LEN];

	if (!ovsr_shape_is_ethernet(shape) && !tun_p_from_eth_p(shape->eth_type))
		return -EINVAL;
	if (!nla_ok(nest, nla_len(act->attr)) ||
	    nla_total_size(nla_len(nest)) != nla_len(act->attr) ||
	    nla_type(nest) != OVS_KEY_ATTR_NSH)
		return -EINVAL;
	shape->link = OVSR_LINK_NONE;
	return ovsr_nsh_header(nest, (struct nshhdr *)header, req->log);
}

static int pop_nsh_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			 struct ovsr_action *act)
{
	u8 np = req->key->nsh.base.np;

	if (shape->eth_type != htons(ETH_P_NSH) || !tun_p_to_eth_p(np))
		return -EINVAL;
	shape->link = np == TUN_P_ETHERNET ? OVSR_LINK_ETHERNET : OVSR_LINK_NONE;
	return 0;
}

/* Nests. */

/*
 * An action may be longer on its way back, and a nest's length has 16 bits. Returns 0, or -EMSGSIZE
 * with the nest taken back.
 */
static int nest_end(struct sk_buff *msg, struct nlattr *nest)
{
	if (skb_tail_pointer(msg) - (unsigned char *)nest > U16_MAX) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int clone_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
		       struct ovsr_action *act)
{
	if (nla_len(act->attr) && nla_len(act->attr) < NLA_HDRLEN)
		return -EINVAL;
	return list_parse(req, *shape, act->attr, &act->nested[0]);
}

static int clone_put(struct sk_buff *msg, const struct ovsr_action *act)
{
	return ovsr_actions_put(msg, OVS_ACTION_ATTR_CLONE, act->nested[0]);
}

/* A list that is empty or has room for an attribute. */
static bool nest_len_ok(const struct nlattr *nest)
{
	return nest && (!nla_len(nest) || nla_len(nest) >= NLA_HDRLEN);
}

static int sample_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			struct ovsr_action *act)
{
	const struct nlattr *attrs[OVS_SAMPLE_ATTR_MAX + 1] = {};
	const struct nlattr *probability, *a;
	int rem, type;

	nla_for_each_nested(a, act->attr, rem) {
		type = nla_type(a);
		if (!type || type > OVS_SAMPLE_ATTR_MAX || attrs[type])
			return -EINVAL;
		attrs[type] = a;
	}
	probability = attrs[OVS_SAMPLE_ATTR_PROBABILITY];
	if (rem || !probability || nla_len(probability) != sizeof(u32) ||
	    !nest_len_ok(attrs[OVS_SAMPLE_ATTR_ACTIONS]))
		return -EINVAL;
	act->arg = nla_get_u32(probability);
	return list_parse(req, *shape, attrs[OVS_SAMPLE_ATTR_ACTIONS], &act->nested[0]);
}

static int sample_put(struct sk_buff *msg, const struct ovsr_action *act)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, OVS_ACTION_ATTR_SAMPLE);

	if (!nest || nla_put_u32(msg, OVS_SAMPLE_ATTR_PROBABILITY, act->arg) ||
	    ovsr_actions_put(msg, OVS_SAMPLE_ATTR_ACTIONS, act->nested[0]))
		return -EMSGSIZE;
	return nest_end(msg, nest);
}

/* Attributes of a later contract are passed over. */
static int dec_ttl_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			 struct ovsr_action *act)
{
	const struct nlattr *attrs[OVS_DEC_TTL_ATTR_MAX + 1] = {};
	const struct nlattr *a;
	int rem, type;

	nla_for_each_nested(a, act->attr, rem) {
		type = nla_type(a);
		if (type > OVS_DEC_TTL_ATTR_MAX)
			continue;
		if (!type || attrs[type])
			return -EINVAL;
		attrs[type] = a;
	}
	if (rem || !nest_len_ok(attrs[OVS_DEC_TTL_ATTR_ACTION]))
		return -EINVAL;
	return list_parse(req, *shape, attrs[OVS_DEC_TTL_ATTR_ACTION], &act->nested[0]);
}

static int dec_ttl_put(struct sk_buff *msg, const struct ovsr_action *act)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, OVS_ACTION_ATTR_DEC_TTL);

	if (!nest || ovsr_actions_put(msg, OVS_DEC_TTL_ATTR_ACTION, act->nested[0]))
		return -EMSGSIZE;
	return nest_end(msg, nest);
}

static int check_pkt_len_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			       struct ovsr_action *act)
{
	static const struct nla_policy policy[OVS_CHECK_PKT_LEN_ATTR_MAX + 1] = {
		[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN] = { .type = NLA_U16 },
		[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER] = { .type = NLA_NESTED },
		[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL] = { .type = NLA_NESTED },
	};
	struct nlattr *a[OVS_CHECK_PKT_LEN_ATTR_MAX + 1];
	struct nlattr *upto, *beyond;
	int err;

	err = nla_parse_deprecated_strict(a, OVS_CHECK_PKT_LEN_ATTR_MAX, nla_data(act->attr),
					  nla_len(act->attr), policy, NULL);
	if (err)
		return err;
	upto = a[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL];
	beyond = a[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER];
	if (!a[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN] || !upto || !beyond)
		return -EINVAL;
	act->arg = nla_get_u16(a[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN]);
	if (!act->arg)
		return -EINVAL;
	err = list_parse(req, *shape, upto, &act->nested[0]);
	return err ?: list_parse(req, *shape, beyond, &act->nested[1]);
}

static int check_pkt_len_put(struct sk_buff *msg, const struct ovsr_action *act)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, OVS_ACTION_ATTR_CHECK_PKT_LEN);

	if (!nest || nla_put_u16(msg, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN, act->arg) ||
	    ovsr_actions_put(msg, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL, act->nested[0]) ||
	    ovsr_actions_put(msg, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER, act->nested[1]))
		return -EMSGSIZE;
	return nest_end(msg, nest);
}

static void nested_free(struct ovsr_action *act)
{
	if (ovsr_plant(OVSR_PLANT_NESTED_LEAK)) {
		kvfree(act->nested[0]);
		kvfree(act->nested[1]);
		return;
	}
	ovsr_actions_free(act->nested[0]);
	ovsr_actions_free(act->nested[1]);
}

static const struct action_kind action_kinds[OVS_ACTION_ATTR_MAX + 1] = {
	[OVS_ACTION_ATTR_OUTPUT] = { sizeof(u32), true, output_parse },
	[OVS_ACTION_ATTR_USERSPACE] = { LEN_ANY, true, userspace_parse },
	[OVS_ACTION_ATTR_SET] = { LEN_ANY, false, ovsr_set_parse, ovsr_set_put, ovsr_set_free },
	[OVS_ACTION_ATTR_PUSH_VLAN] = { sizeof(struct ovs_action_push_vlan), false,
					push_vlan_parse },
	[OVS_ACTION_ATTR_POP_VLAN] = { 0, false, pop_vlan_parse },
	[OVS_ACTION_ATTR_SAMPLE] = { LEN_ANY, false, sample_parse, sample_put, nested_free },
	[OVS_ACTION_ATTR_RECIRC] = { sizeof(u32), true },
	[OVS_ACTION_ATTR_HASH] = { sizeof(struct ovs_action_hash), false, hash_parse },
	[OVS_ACTION_ATTR_PUSH_MPLS] = { sizeof(struct ovs_action_push_mpls), false,
					push_mpls_parse },
	[OVS_ACTION_ATTR_POP_MPLS] = { sizeof(__be16), false, pop_mpls_parse },
	[OVS_ACTION_ATTR_SET_MASKED] = { LEN_ANY, false, ovsr_set_masked_parse },
	[OVS_ACTION_ATTR_CT] = { LEN_ANY, false, ovsr_ct_parse, ovsr_ct_put, ovsr_ct_free },
	[OVS_ACTION_ATTR_TRUNC] = { sizeof(struct ovs_action_trunc), true, trunc_parse },
	[OVS_ACTION_ATTR_PUSH_ETH] = { sizeof(struct ovs_action_push_eth), false, push_eth_parse },
	[OVS_ACTION_ATTR_POP_ETH] = { 0, false, pop_eth_parse },
	[OVS_ACTION_ATTR_CT_CLEAR] = { 0, false },
	[OVS_ACTION_ATTR_PUSH_NSH] = { LEN_ANY, false, push_nsh_parse },
	[OVS_ACTION_ATTR_POP_NSH] = { 0, false, pop_nsh_parse },
	[OVS_ACTION_ATTR_METER] = { sizeof(u32), false },
	[OVS_ACTION_ATTR_CLONE] = { LEN_ANY, false, clone_parse, clone_put, nested_free },
	[OVS_ACTION_ATTR_CHECK_PKT_LEN] = { LEN_ANY, false, check_pkt_len_parse, check_pkt_len_put,
					    nested_free },
	[OVS_ACTION_ATTR_ADD_MPLS] = { sizeof(struct ovs_action_add_mpls), false, add_mpls_parse },
	[OVS_ACTION_ATTR_DEC_TTL] = { LEN_ANY, false, dec_ttl_parse, dec_ttl_put, nested_free },
};

static u32 list_len(const struct ovsr_actions *list, u32 (*len)(const struct ovsr_actions *list))
{
	return list ? NLA_HDRLEN + len(list) : 0;
}

static u32 msg_len_of(const struct ovsr_actions *list)
{
	return list->msg_len;
}

static u32 in_tree_len_of(const struct ovsr_actions *list)
{
	return list->in_tree_len;
}

static bool is_nest(const struct ovsr_action *act)
{
	return action_kinds[act->type].free == nested_free;
}

/* What one action adds to the length of a dump, at most. */
static u32 action_msg_len(const struct ovsr_action *act)
{
	if (act->type == OVS_ACTION_ATTR_SET && act->set == OVS_KEY_ATTR_TUNNEL)
		return nla_total_size(nla_total_size(ovsr_tunnel_size()));
	if (is_nest(act))
		return NLA_HDRLEN + nla_total_size(sizeof(act->arg)) +
		       list_len(act->nested[0], msg_len_of) + list_len(act->nested[1], msg_len_of);
	/* A zone, and the lower end of a range, are put even if they were not given. */
	if (act->type == OVS_ACTION_ATTR_CT)
		return nla_total_size(nla_len(act->attr)) + 2 * nla_total_size(sizeof(u16)) +
		       nla_total_size(sizeof(struct in6_addr));
	return nla_total_size(nla_len(act->attr));
}

/*
 * How long 6.1 keeps an action: it notes the arguments of a nest, and a mask for every set, beside
 * it.
 */
static u32 action_in_tree_len(const struct ovsr_action *act)
{
	u32 upto, beyond;

	if (act->type == OVS_ACTION_ATTR_SET && act->set == OVS_KEY_ATTR_TUNNEL)
		return nla_total_size(nla_total_size(sizeof(void *)));
	if (act->type == OVS_ACTION_ATTR_SET)
		return nla_total_size(nla_total_size(2 * nla_len(nla_data(act->attr))));
	if (act->type == OVS_ACTION_ATTR_CT)
		return nla_total_size(IN_TREE_CT_LEN);
	if (!is_nest(act))
		return nla_total_size(nla_len(act->attr));

	upto = list_len(act->nested[0], in_tree_len_of);
	beyond = list_len(act->nested[1], in_tree_len_of);
	switch (act->type) {
	case OVS_ACTION_ATTR_CLONE:
		return upto + nla_total_size(sizeof(u32));
	case OVS_ACTION_ATTR_SAMPLE:
		return upto + nla_total_size(2 * sizeof(u32));
	case OVS_ACTION_ATTR_CHECK_PKT_LEN:
		return NLA_HDRLEN + nla_total_size(sizeof(u32)) + upto + beyond;
	default:
		return NLA_HDRLEN + upto;
	}
}

static int action_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			struct ovsr_actions *list, const struct nlattr *attr)
{
	const struct action_kind *kind;
	struct ovsr_action *act;
	int type = nla_type(attr);
	int err;

	if (type == OVS_ACTION_ATTR_UNSPEC || type > OVS_ACTION_ATTR_MAX) {
		ovsr_log(req->log, "unknown action %d", type);
		return -EINVAL;
	}
	kind = &action_kinds[type];
	if (kind->len != LEN_ANY && kind->len != nla_len(attr))
		return -EINVAL;

	act = &list->act[list->n++];
	act->attr = attr;
	act->type = type;
	if (kind->parse) {
		err = kind->parse(req, shape, act);
		if (err)
			return err;
	}
	list->changes_key |= !kind->keeps_key;
	list->msg_len += action_msg_len(act);
	list->in_tree_len += action_in_tree_len(act);
	if (is_nest(act) && action_in_tree_len(act) > U16_MAX)
		return -EMSGSIZE;
	return 0;
}

/* @extra: bytes behind the list. */
static struct ovsr_actions *list_alloc(const struct nlattr *nest, size_t extra)
{
	struct ovsr_actions *list;
	const struct nlattr *a;
	size_t n = 0;
	int rem;

	if (ovsr_fault(OVSR_FAULT_ACTIONS_ALLOC))
		return NULL;
	nla_for_each_nested(a, nest, rem)
		n++;
	extra = size_add(struct_size(list, act, n), extra);
	list = kvzalloc(ovsr_plant_list_size(nest, extra), GFP_KERNEL);
	if (!list)
		return NULL;
	list->orig_len = nla_len(nest);
	list->room = n;
	return list;
}

/* @shape is the list's own copy: what a nest does to a packet is not seen behind it. */
static int list_fill(const struct ovsr_action_request *req, struct ovsr_shape shape,
		     const struct nlattr *nest, struct ovsr_actions *list)
{
	const struct nlattr *a;
	int rem, err;

	shape.link = req->key->link;
	nla_for_each_nested(a, nest, rem) {
		err = action_parse(req, &shape, list, a);
		if (err)
			return err;
	}
	if (rem > 0) /* below zero, only the padding of the last one is missing */
		return -EINVAL;
	if (list->in_tree_len + NLA_HDRLEN > U16_MAX && shape.depth > 1)
		return -EMSGSIZE;
	if (ovsr_plant(OVSR_PLANT_SIZE_GAP) && list->in_tree_len - OVSR_PLANT_GAP < SZ_16K)
		return -EMSGSIZE;
	list->msg_len = min_t(u32, list->msg_len, U16_MAX); /* what is longer is never put */
	return 0;
}

/* A list inside of another. */
static int list_parse(const struct ovsr_action_request *req, struct ovsr_shape shape,
		      const struct nlattr *nest, struct ovsr_actions **out)
{
	struct ovsr_actions *list;
	int err;

	if (shape.depth++ > DEPTH_MAX && !ovsr_plant(OVSR_PLANT_DEEP_NEST))
		return -EOVERFLOW;
	list = list_alloc(nest, 0);
	if (!list)
		return -ENOMEM;
	err = list_fill(req, shape, nest, list);
	if (err)
		ovsr_actions_free(list);
	else
		*out = list;
	return err;
}

int ovsr_actions_parse(struct net *net, const struct nlattr *attr, const struct ovsr_key *key,
		       struct ovsr_actions **out, bool log)
{
	struct ovsr_action_request req = { .net = net, .key = key, .log = log };
	struct ovsr_shape shape = {
		.eth_type = key->eth_type,
		.vlan_tci = key->tags[0].tci,
		.depth = 1,
	};
	struct ovsr_actions *list;
	struct nlattr *copy;
	int err;

	if (eth_p_mpls(key->eth_type))
		shape.n_labels = hweight_long(key->mpls.deep);
	list = list_alloc(attr, attr->nla_len);
	if (!list)
		return -ENOMEM;
	copy = (struct nlattr *)&list->act[list->room];
	memcpy(copy, attr, attr->nla_len);
	err = list_fill(&req, shape, copy, list);
	if (err)
		ovsr_actions_free(list);
	if (!err || ovsr_plant(OVSR_PLANT_DOUBLE_FREE))
		*out = list;
	return err;
}

static int action_put(struct sk_buff *msg, const struct ovsr_action *act)
{
	const struct action_kind *kind = &action_kinds[act->type];

	if (kind->put)
		return kind->put(msg, act);
	return nla_put(msg, act->type, nla_len(act->attr), nla_data(act->attr));
}

int ovsr_actions_put(struct sk_buff *msg, int attrtype, const struct ovsr_actions *acts)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, attrtype);
	u32 i;

	if (!nest)
		return -EMSGSIZE;
	if (ovsr_plant(OVSR_PLANT_CLONE_ATTR) && attrtype == OVS_ACTION_ATTR_CLONE &&
	    nla_put_u32(msg, OVS_ACTION_ATTR_UNSPEC, 0))
		return -EMSGSIZE;
	for (i = 0; i < acts->n; i++) {
		if (action_put(msg, &acts->act[i])) {
			nla_nest_cancel(msg, nest);
			return -EMSGSIZE;
		}
	}
	return nest_end(msg, nest);
}

void ovsr_actions_free(struct ovsr_actions *acts)
{
	u32 i;

	if (!acts)
		return;
	for (i = 0; i < acts->n; i++)
		if (action_kinds[acts->act[i].type].free)
			action_kinds[acts->act[i].type].free(&acts->act[i]);
	kvfree(acts);
}

static void actions_free_rcu(struct rcu_head *rcu)
{
	ovsr_actions_free(container_of(rcu, struct ovsr_actions, rcu));
}

void ovsr_actions_free_rcu(struct ovsr_actions *acts)
{
	if (acts)
		call_rcu(&acts->rcu, actions_free_rcu);
}
