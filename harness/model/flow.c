/* SPDX-License-Identifier: GPL-2.0-only */
/* ovs_flow: NEW, DEL, GET, SET. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define KEY_SIZE   896 /* what the kernel allows for a key: all attributes, at their largest */
#define STATS_SIZE 40  /* for stats, tcp_flags and used */
#define DUMP_ROOM \
	32448 /* of a datagram of a dump, whoever reads with room enough: 32 KB, less
			  * the kernel's own record behind it */

const struct rig_policy rig_flow_policy[] = {
	[OVS_FLOW_ATTR_KEY] = { .kind = RIG_POLICY_NESTED },
	[OVS_FLOW_ATTR_ACTIONS] = { .kind = RIG_POLICY_NESTED },
	[OVS_FLOW_ATTR_CLEAR] = { .kind = RIG_POLICY_FLAG },
	[OVS_FLOW_ATTR_MASK] = { .kind = RIG_POLICY_NESTED },
	[OVS_FLOW_ATTR_PROBE] = { .kind = RIG_POLICY_FLAG },
	[OVS_FLOW_ATTR_UFID] = { .kind = RIG_POLICY_ANY, .len = 1 },
	[OVS_FLOW_ATTR_UFID_FLAGS] = { .kind = RIG_POLICY_U32 },
	[OVS_FLOW_ATTR_PAD] = { .kind = RIG_POLICY_ANY },
};

/* How a request names a flow. */
struct name {
	uint8_t ufid[16];
	unsigned int ufid_len; /* 0 = by key */
	uint32_t omit;	       /* OVS_UFID_F_OMIT_* */
};

static struct name read_name(const struct rig_request *r)
{
	const struct nlattr *ufid = r->attr[OVS_FLOW_ATTR_UFID];
	const struct nlattr *flags = r->attr[OVS_FLOW_ATTR_UFID_FLAGS];
	struct name name = { .omit = flags ? rig_nla_u32(flags) : 0 };

	/* A ufid that is too long counts as none. */
	if (ufid && rig_nla_len(ufid) <= sizeof(name.ufid)) {
		name.ufid_len = rig_nla_len(ufid);
		memcpy(name.ufid, rig_nla_data(ufid), name.ufid_len);
	}
	return name;
}

static struct rig_flow *find(const struct rig_datapath *dp, const struct name *name,
			     const struct rig_match *match)
{
	return name->ufid_len ? rig_flow_by_ufid(dp, name->ufid, name->ufid_len) :
				rig_flow_by_key(dp, match);
}

static void put_stats(struct rig_answer *a, const struct rig_flow *flow)
{
	uint64_t time = 0;
	size_t at;

	if (flow->used) {
		at = rig_put64(a, OVS_FLOW_ATTR_USED, OVS_FLOW_ATTR_PAD, &time, sizeof(time));
		rig_put_open(a, at, sizeof(time), RIG_OPEN_TIME, -1);
	}
	if (flow->stats.n_packets)
		rig_put64(a, OVS_FLOW_ATTR_STATS, OVS_FLOW_ATTR_PAD, &flow->stats,
			  sizeof(flow->stats));
	if (flow->tcp_flags)
		rig_put_u8(a, OVS_FLOW_ATTR_TCP_FLAGS, flow->tcp_flags);
	if (flow->stats_open)
		rig_answer_unmodelled(a, "a flow that packets may or may not have taken", false);
}

/*
 * A reply is allocated for the actions as they came, and some grow. There is room to spare, since
 * keys are counted at their largest; beyond that the kernel leaves the actions out, or not: then,
 * from 64 KB on, with a length that wraps.
 */
static void check_room(struct rig_answer *a, const struct rig_flow *flow, uint32_t omit)
{
	size_t room = NLMSG_HDRLEN + GENL_HDRLEN + sizeof(struct ovs_header) + STATS_SIZE;

	if (!rig_message_current(a) || flow->actions->len <= flow->actions->received)
		return;
	room += flow->ufid_len ? NLA_HDRLEN + NLA_ALIGN(flow->ufid_len) : KEY_SIZE;
	if (flow->ufid_len && !(omit & OVS_UFID_F_OMIT_KEY))
		room += KEY_SIZE;
	if (!(omit & OVS_UFID_F_OMIT_MASK))
		room += KEY_SIZE;
	room += NLA_HDRLEN + flow->actions->received;
	if (rig_message_size(a) > room)
		rig_answer_unmodelled(a, "a reply for which the kernel has too little room", false);
}

/* Actions for which even an empty datagram has no room are left out: room 0 is enough for all. */
static void put_flow(struct rig_request *r, const struct rig_flow *flow, uint32_t omit, size_t room)
{
	struct rig_answer *a = r->out;
	size_t mark;

	if (flow->ufid_len)
		rig_put(a, OVS_FLOW_ATTR_UFID, flow->ufid, flow->ufid_len);
	else
		rig_key_put(a, OVS_FLOW_ATTR_KEY, &flow->unmasked, &flow->unmasked, false, 0);
	if (flow->ufid_len && !(omit & OVS_UFID_F_OMIT_KEY))
		rig_key_put(a, OVS_FLOW_ATTR_KEY, &flow->key, &flow->key, false, 0);
	if (!(omit & OVS_UFID_F_OMIT_MASK))
		rig_key_put(a, OVS_FLOW_ATTR_MASK, &flow->key, &flow->mask->bits, true, 0);
	put_stats(a, flow);
	mark = rig_message_size(a);
	if (!(omit & OVS_UFID_F_OMIT_ACTIONS))
		rig_actions_put(a, OVS_FLOW_ATTR_ACTIONS, flow->actions->bytes, flow->actions->len);
	if (r->m->profile->actions_bounded && NLA_HDRLEN + flow->actions->len > UINT16_MAX)
		rig_nest_cancel(a, mark);
	else if (!room)
		check_room(a, flow, omit);
	else if (rig_message_size(a) > room) {
		rig_nest_cancel(a, mark);
		r->crowded = true;
	}
}

static void notify(struct rig_request *r, uint8_t command, const struct rig_flow *flow,
		   uint32_t omit)
{
	if (!rig_notify_begin(r, command, NULL))
		return;
	put_flow(r, flow, omit, 0);
	rig_notify_end(r);
}

static struct rig_datapath *dp_of(struct rig_request *r)
{
	return rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
}

static int read_match(struct rig_request *r, bool want_mask, struct rig_match *match)
{
	int err = rig_match_parse(match, r->attr[OVS_FLOW_ATTR_KEY],
				  want_mask ? r->attr[OVS_FLOW_ATTR_MASK] : NULL, want_mask,
				  r->m->config.build);

	if (!err && match->mixed && r->m->profile->own_layout)
		rig_answer_unmodelled(r->out, "fields that a key does not promise", true);
	return err;
}

/* The actions of a request, valid for all packets of the match. */
static int read_actions(struct rig_request *r, const struct rig_match *match,
			struct rig_actions **actions)
{
	struct rig_key masked;

	rig_key_mask(&masked, &match->key, &match->mask);
	return rig_actions_parse(r, r->attr[OVS_FLOW_ATTR_ACTIONS], &masked, actions);
}

static void replace_actions(struct rig_flow *flow, struct rig_actions *actions)
{
	free(flow->actions);
	flow->actions = actions;
}

/* The flow that NEW would install is there already, in some way: change its actions, or refuse. */
static int modify(struct rig_request *r, struct rig_datapath *dp, struct rig_flow *flow,
		  const struct rig_match *match, struct rig_actions *actions)
{
	if (r->nlh->nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL))
		return -EEXIST;
	if (!rig_flow_has_key(flow, match))
		flow = flow->ufid_len ? NULL : rig_flow_by_key(dp, match);
	if (!flow)
		return -ENOENT;
	/* Room for the answer was made as if the flow had the request's name: BUG(). */
	if (!r->m->profile->named_by_flow && !flow->ufid_len && read_name(r).ufid_len &&
	    read_name(r).omit)
		rig_answer_fatal(r->out, "the answer of a flow by key to a request by ufid");
	replace_actions(flow, actions);
	notify(r, OVS_FLOW_CMD_NEW, flow, read_name(r).omit);
	return 0;
}

static int install(struct rig_request *r, const struct rig_match *match,
		   struct rig_actions *actions)
{
	struct name name = read_name(r);
	struct rig_datapath *dp = dp_of(r);
	struct rig_flow *flow = NULL;

	if (!dp)
		return -ENODEV;
	if (name.ufid_len)
		flow = rig_flow_by_ufid(dp, name.ufid, name.ufid_len);
	if (!flow)
		flow = rig_flow_by_packet(dp, &match->key);
	if (flow)
		return modify(r, dp, flow, match, actions);
	flow = rig_flow_add(dp, match, name.ufid, name.ufid_len);
	if (!flow)
		return -ENOMEM;
	flow->actions = actions;
	notify(r, OVS_FLOW_CMD_NEW, flow, name.omit);
	return 0;
}

int rig_flow_new(struct rig_request *r)
{
	struct rig_actions *actions = NULL;
	struct rig_match match;
	int err;

	if (!r->attr[OVS_FLOW_ATTR_KEY] || !r->attr[OVS_FLOW_ATTR_ACTIONS])
		return -EINVAL;
	err = read_match(r, true, &match);
	if (!err)
		err = read_actions(r, &match, &actions);
	if (!err)
		err = install(r, &match, actions);
	if (err)
		free(actions);
	return err;
}

static int set(struct rig_request *r, const struct rig_match *match, struct rig_actions *actions)
{
	struct name name = read_name(r);
	struct rig_datapath *dp = dp_of(r);
	struct rig_flow *flow = dp ? find(dp, &name, match) : NULL;

	if (!flow)
		return dp ? -ENOENT : -ENODEV;
	if (actions)
		replace_actions(flow, actions);
	/* Told before it is cleared. */
	notify(r, OVS_FLOW_CMD_SET, flow, name.omit);
	if (r->attr[OVS_FLOW_ATTR_CLEAR]) {
		memset(&flow->stats, 0, sizeof(flow->stats));
		flow->tcp_flags = 0;
		flow->used = flow->stats_open = false;
	}
	return 0;
}

int rig_flow_set(struct rig_request *r)
{
	struct rig_actions *actions = NULL;
	struct rig_match match;
	int err = 0;

	if (!r->attr[OVS_FLOW_ATTR_KEY] && !read_name(r).ufid_len)
		return -EINVAL;
	if (r->attr[OVS_FLOW_ATTR_KEY])
		err = read_match(r, true, &match);
	if (!err && r->attr[OVS_FLOW_ATTR_ACTIONS])
		err = r->attr[OVS_FLOW_ATTR_KEY] ? read_actions(r, &match, &actions) : -EINVAL;
	if (!err)
		err = set(r, &match, actions);
	if (err)
		free(actions);
	return err;
}

/* The key of a GET or DEL: without a mask. */
static int read_key(struct rig_request *r, struct rig_match *match)
{
	if (!r->attr[OVS_FLOW_ATTR_KEY])
		return 0;
	return read_match(r, false, match);
}

int rig_flow_get(struct rig_request *r)
{
	struct name name = read_name(r);
	struct rig_datapath *dp;
	struct rig_match match;
	struct rig_flow *flow;
	int err;

	if (!r->attr[OVS_FLOW_ATTR_KEY] && !name.ufid_len)
		return -EINVAL;
	err = read_key(r, &match);
	if (err)
		return err;
	dp = dp_of(r);
	flow = dp ? find(dp, &name, &match) : NULL;
	if (!flow)
		return dp ? -ENOENT : -ENODEV;
	rig_reply_begin(r, RIG_ROLE_REPLY, OVS_FLOW_CMD_GET, NULL);
	put_flow(r, flow, name.omit, 0);
	rig_message_end(r->out);
	return 0;
}

int rig_flow_del(struct rig_request *r)
{
	struct name name = read_name(r);
	struct rig_datapath *dp;
	struct rig_match match;
	struct rig_flow *flow;
	int err = read_key(r, &match);

	if (err)
		return err;
	dp = dp_of(r);
	if (!dp)
		return -ENODEV;
	if (!r->attr[OVS_FLOW_ATTR_KEY] && !name.ufid_len) {
		rig_flow_flush(dp);
		return 0;
	}
	flow = find(dp, &name, &match);
	if (!flow)
		return -ENOENT;
	notify(r, OVS_FLOW_CMD_DEL, flow, name.omit);
	rig_flow_remove(dp, flow);
	return 0;
}

static void dump_flow(struct rig_request *r, const void *flow)
{
	put_flow(r, flow, read_name(r).omit, DUMP_ROOM);
}

/*
 * Where the dump has got to is a bucket and a position in it: what was installed meanwhile may come
 * behind it, or push what it has shown there.
 */
int rig_flow_dump(struct rig_request *r)
{
	struct rig_datapath *dp = dp_of(r);
	struct rig_expected *e;

	if (!dp)
		return -ENODEV;
	if (r->shown && r->mark == dp->n_ever)
		return 0;
	for (struct rig_flow *flow = dp->flows; flow; flow = flow->next) {
		rig_dump_one(r, OVS_FLOW_CMD_GET, NULL, dump_flow, flow);
		e = rig_message_current(r->out);
		if (e)
			e->optional = r->shown != 0;
	}
	r->mark = dp->n_ever;
	return 0;
}
