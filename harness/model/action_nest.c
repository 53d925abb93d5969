/* SPDX-License-Identifier: GPL-2.0-only */
/* Actions that hold lists of actions. */
#include "action.h"

#include <errno.h>

#define NEST_MAX 65535

/* The end of a nest that began when the kernel's own form was `start` long. */
static int check_size(const struct rig_action_writer *w, size_t start)
{
	if (w->inner - start <= NEST_MAX)
		return 0;
	if (!w->r->m->profile->nest_bounded)
		rig_answer_unmodelled(w->r->out, "an action whose length wraps", true);
	return -EMSGSIZE;
}

static int parse_inner(struct rig_action_writer *w, const struct nlattr *nest,
		       const struct rig_action_context *c)
{
	struct rig_action_context inner = *c;

	inner.depth++;
	/* Of the outer list's doings, only those to the MAC header are forgotten. */
	inner.layer2 = w->key->layer2;
	return rig_action_list(w, nest, inner);
}

static bool list_len_ok(const struct nlattr *a)
{
	return !rig_nla_len(a) || rig_nla_len(a) >= NLA_HDRLEN;
}

int rig_action_sample(struct rig_action_writer *w, const struct nlattr *a,
		      const struct rig_action_context *c)
{
	const struct nlattr *attr[OVS_SAMPLE_ATTR_MAX + 1] = { NULL }, *in;
	struct rig_nla_walk walk = rig_nla_inside(a);
	size_t start = w->inner, sample, actions;
	int err;

	while ((in = rig_nla_next(&walk))) {
		unsigned int type = rig_nla_type(in);

		if (!type || type > OVS_SAMPLE_ATTR_MAX || attr[type])
			return -EINVAL;
		attr[type] = in;
	}
	if (walk.left || !attr[OVS_SAMPLE_ATTR_PROBABILITY] || !attr[OVS_SAMPLE_ATTR_ACTIONS] ||
	    rig_nla_len(attr[OVS_SAMPLE_ATTR_PROBABILITY]) != 4 ||
	    !list_len_ok(attr[OVS_SAMPLE_ATTR_ACTIONS]))
		return -EINVAL;
	rig_action_count(w, 0);
	rig_action_count(w, 8);
	sample = rig_action_nest(w, OVS_ACTION_ATTR_SAMPLE);
	rig_action_put(w, OVS_SAMPLE_ATTR_PROBABILITY,
		       rig_nla_data(attr[OVS_SAMPLE_ATTR_PROBABILITY]), 4);
	actions = rig_action_nest(w, OVS_SAMPLE_ATTR_ACTIONS);
	err = parse_inner(w, attr[OVS_SAMPLE_ATTR_ACTIONS], c);
	rig_action_nest_end(w, actions);
	rig_action_nest_end(w, sample);
	return err ? err : check_size(w, start);
}

int rig_action_clone(struct rig_action_writer *w, const struct nlattr *a,
		     const struct rig_action_context *c)
{
	size_t start = w->inner, clone;
	int err;

	if (!list_len_ok(a))
		return -EINVAL;
	rig_action_count(w, 0);
	rig_action_count(w, 4);
	clone = rig_action_nest(w, OVS_ACTION_ATTR_CLONE);
	err = parse_inner(w, a, c);
	rig_action_nest_end(w, clone);
	return err ? err : check_size(w, start);
}

int rig_action_dec_ttl(struct rig_action_writer *w, const struct nlattr *a,
		       const struct rig_action_context *c)
{
	struct rig_nla_walk walk = rig_nla_inside(a);
	const struct nlattr *in, *actions = NULL;
	size_t start = w->inner, outer, inner;
	int err;

	while ((in = rig_nla_next(&walk))) {
		if (rig_nla_type(in) > OVS_DEC_TTL_ATTR_MAX)
			continue;
		if (!rig_nla_type(in) || actions)
			return -EINVAL;
		actions = in;
	}
	if (walk.left || !actions || !list_len_ok(actions))
		return -EINVAL;
	rig_action_count(w, 0);
	rig_action_count(w, 0);
	outer = rig_action_nest(w, OVS_ACTION_ATTR_DEC_TTL);
	inner = rig_action_nest(w, OVS_DEC_TTL_ATTR_ACTION);
	err = parse_inner(w, actions, c);
	rig_action_nest_end(w, inner);
	rig_action_nest_end(w, outer);
	if (!err)
		err = check_size(w, start + NLA_HDRLEN);
	return err ? err : check_size(w, start);
}

static int parse_branch(struct rig_action_writer *w, unsigned int type, const struct nlattr *a,
			const struct rig_action_context *c)
{
	size_t start = w->inner, nest = rig_action_nest(w, type), empty;
	int err;

	rig_action_count(w, 0);
	empty = w->inner;
	err = parse_inner(w, a, c);
	rig_action_nest_end(w, nest);
	/* An empty branch of this number is then taken for a set() of what was in memory before. */
	if (err && type == OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL && w->inner == empty &&
	    !w->r->m->profile->nest_trimmed)
		rig_answer_spare(w->r->out, "a refusal that frees what is not there");
	return err ? err : check_size(w, start);
}

int rig_action_check_pkt_len(struct rig_action_writer *w, const struct nlattr *a,
			     const struct rig_action_context *c)
{
	static const struct rig_policy policy[] = {
		[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN] = { .kind = RIG_POLICY_U16 },
		[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER] = { .kind = RIG_POLICY_NESTED },
		[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL] = { .kind = RIG_POLICY_NESTED },
	};
	const struct nlattr *attr[OVS_CHECK_PKT_LEN_ATTR_MAX + 1];
	size_t start = w->inner, nest;
	int err = rig_nla_parse_strict(rig_nla_data(a), rig_nla_len(a), policy,
				       OVS_CHECK_PKT_LEN_ATTR_MAX, attr);

	if (err)
		return err;
	if (!attr[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN] ||
	    !rig_nla_u16(attr[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN]) ||
	    !attr[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER] ||
	    !attr[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL])
		return -EINVAL;
	rig_action_count(w, 0);
	rig_action_count(w, 4);
	nest = rig_action_nest(w, OVS_ACTION_ATTR_CHECK_PKT_LEN);
	rig_action_put(w, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN,
		       rig_nla_data(attr[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN]), 2);
	err = parse_branch(w, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL,
			   attr[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL], c);
	if (!err)
		err = parse_branch(w, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER,
				   attr[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER], c);
	rig_action_nest_end(w, nest);
	return err ? err : check_size(w, start);
}
