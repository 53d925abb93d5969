// SPDX-License-Identifier: GPL-2.0-only
/* The ovs_flow family. */

#include <net/netlink.h>

#include "action_parse.h"
#include "datapath.h"
#include "family.h"
#include "flow_key.h"
#include "flow_mask.h"
#include "flow_table.h"
#include "notify.h"
#include "plant.h"

static const struct nla_policy flow_policy[OVS_FLOW_ATTR_MAX + 1] = {
	[OVS_FLOW_ATTR_KEY] = { .type = NLA_NESTED },
	[OVS_FLOW_ATTR_ACTIONS] = { .type = NLA_NESTED },
	[OVS_FLOW_ATTR_CLEAR] = { .type = NLA_FLAG },
	[OVS_FLOW_ATTR_MASK] = { .type = NLA_NESTED },
	[OVS_FLOW_ATTR_PROBE] = { .type = NLA_FLAG },
	[OVS_FLOW_ATTR_UFID] = { .type = NLA_UNSPEC, .len = 1 },
	[OVS_FLOW_ATTR_UFID_FLAGS] = { .type = NLA_U32 },
};

/**
 * struct flow_request - what a request says, before the datapath is looked at
 * @info: where the request came in
 * @id: the ufid, if there is a good one
 * @match: the key, and for a change the mask; NULL without OVS_FLOW_ATTR_KEY
 * @actions: owned; NULL without OVS_FLOW_ATTR_ACTIONS
 * @ufid_flags: OVS_UFID_F_*, for the reply
 * @log: say in the kernel log what is wrong
 */
struct flow_request {
	struct genl_info *info;
	struct ovsr_flow_id id;
	struct ovsr_actions *actions;
	u32 ufid_flags;
	bool log;
	struct ovsr_match *match;
};

/* Says that a flow has a ufid; the key is then an attribute of its own, not the name. */
static bool by_ufid(const struct ovsr_flow *flow)
{
	return flow->id.ufid_len;
}

/* Room for a message about @flow as it will be with @actions, or NULL. */
static struct sk_buff *flow_msg_alloc(const struct ovsr_flow *flow,
				      const struct ovsr_actions *actions, u32 ufid_flags)
{
	size_t key_size = nla_total_size(ovsr_key_size());
	size_t size = NLMSG_ALIGN(sizeof(struct ovs_header));

	if (by_ufid(flow))
		size += nla_total_size(flow->id.ufid_len);
	if (!by_ufid(flow) || !(ufid_flags & OVS_UFID_F_OMIT_KEY))
		size += key_size;
	if (!(ufid_flags & OVS_UFID_F_OMIT_MASK))
		size += key_size;
	if (!(ufid_flags & OVS_UFID_F_OMIT_ACTIONS))
		size += nla_total_size(actions->msg_len);
	size += nla_total_size_64bit(sizeof(u64)); /* USED */
	size += nla_total_size_64bit(sizeof(struct ovs_flow_stats));
	size += nla_total_size(sizeof(u8)); /* TCP_FLAGS */
	return ovsr_msg_alloc(size);
}

/* The flow's name, and its key under the mask where that is not the name. */
static int put_id(struct sk_buff *msg, const struct ovsr_flow *flow, u32 ufid_flags)
{
	if (!by_ufid(flow))
		return ovsr_key_put(msg, OVS_FLOW_ATTR_KEY, flow->id.key, NULL);

	if (nla_put(msg, OVS_FLOW_ATTR_UFID, flow->id.ufid_len, flow->id.ufid))
		return -EMSGSIZE;
	if (ufid_flags & OVS_UFID_F_OMIT_KEY)
		return 0;
	return ovsr_key_put(msg, OVS_FLOW_ATTR_KEY, &flow->key, NULL);
}

/* A flow that has seen no packet says nothing of packets. */
static int put_stats(struct sk_buff *msg, struct ovsr_flow *flow)
{
	struct ovsr_flow_stats s;
	struct ovs_flow_stats stats;
	u8 tcp_flags;

	ovsr_flow_stats_get(flow, &s);
	stats = (struct ovs_flow_stats){ .n_packets = s.packets, .n_bytes = s.bytes };
	tcp_flags = ntohs(s.tcp_flags); /* the low 8 of 12 bits */

	if (s.used && nla_put_u64_64bit(msg, OVS_FLOW_ATTR_USED, ovsr_flow_used_ms(s.used),
					OVS_FLOW_ATTR_PAD))
		return -EMSGSIZE;
	if (s.packets &&
	    nla_put_64bit(msg, OVS_FLOW_ATTR_STATS, sizeof(stats), &stats, OVS_FLOW_ATTR_PAD))
		return -EMSGSIZE;
	if (tcp_flags && nla_put_u8(msg, OVS_FLOW_ATTR_TCP_FLAGS, tcp_flags))
		return -EMSGSIZE;
	return 0;
}

/*
 * An action list can be larger than a dump's buffer.  Where it stands in the way of the first flow
 * of a buffer it is left out, or the dump could never go on.
 */
static int put_actions(struct sk_buff *msg, const struct ovsr_flow *flow, bool first)
{
	const struct ovsr_actions *actions = ovsr_dereference_rcu(flow->actions);
	int err = ovsr_actions_put(msg, OVS_FLOW_ATTR_ACTIONS, actions);

	return first ? 0 : err;
}

/* Under ovsr_lock or rcu_read_lock.  Returns 0 or -EMSGSIZE, with the message taken back. */
static int flow_put(struct sk_buff *msg, struct ovsr_flow *flow, const struct ovsr_reply *reply,
		    int dp_ifindex, u32 ufid_flags)
{
	bool first = !msg->len;
	struct ovs_header *hdr;

	hdr = ovsr_reply_put(msg, &ovsr_flow_family, reply, dp_ifindex);
	if (!hdr)
		return -EMSGSIZE;

	if (put_id(msg, flow, ufid_flags))
		goto out_cancel;
	if (!(ufid_flags & OVS_UFID_F_OMIT_MASK) &&
	    ovsr_key_put(msg, OVS_FLOW_ATTR_MASK, &flow->key, &flow->mask->key))
		goto out_cancel;
	if (put_stats(msg, flow))
		goto out_cancel;
	if (!(ufid_flags & OVS_UFID_F_OMIT_ACTIONS) && put_actions(msg, flow, first))
		goto out_cancel;
	genlmsg_end(msg, hdr);
	return 0;

out_cancel:
	genlmsg_cancel(msg, hdr);
	return -EMSGSIZE;
}

/* Puts the answer to @req into @msg.  The header's ifindex comes back as it came. */
static void flow_msg_fill(struct sk_buff *msg, struct ovsr_flow *flow,
			  const struct flow_request *req, u8 cmd)
{
	const struct ovs_header *hdr = req->info->userhdr;
	struct ovsr_reply reply = ovsr_reply_to(req->info, cmd);

	WARN_ON_ONCE(flow_put(msg, flow, &reply, hdr->dp_ifindex, req->ufid_flags));
}

/*
 * Makes *@msg for the news that @flow has @actions now, or leaves it NULL when nobody wants to hear
 * it.  Before the change, since afterwards it is too late to fail.  Returns 0 or -ENOMEM.
 */
static int news_alloc(const struct ovsr_flow *flow, const struct ovsr_actions *actions,
		      const struct flow_request *req, struct sk_buff **msg)
{
	if (!ovsr_notify_wanted(&ovsr_flow_family, req->info))
		return 0;
	*msg = flow_msg_alloc(flow, actions, req->ufid_flags);
	return *msg ? 0 : -ENOMEM;
}

static void news_fill(struct sk_buff *msg, struct ovsr_flow *flow, const struct flow_request *req,
		      u8 cmd)
{
	if (msg)
		flow_msg_fill(msg, flow, req, cmd);
}

static void request_destroy(struct flow_request *req)
{
	ovsr_actions_free(req->actions);
	kfree(req->match);
}

/* @masked: for a change, what the mask makes of the key; all zero before. NULL otherwise. */
static int parse_key(struct flow_request *req, struct ovsr_key *masked)
{
	struct net *net = genl_info_net(req->info);
	struct nlattr **a = req->info->attrs;
	int err;

	req->match = kzalloc(sizeof(*req->match), GFP_KERNEL);
	if (!req->match)
		return -ENOMEM;
	if (!masked)
		return ovsr_key_parse(net, a[OVS_FLOW_ATTR_KEY], req->match, req->log);
	err = ovsr_match_parse(net, a[OVS_FLOW_ATTR_KEY], a[OVS_FLOW_ATTR_MASK], req->match,
			       req->log);
	if (!err)
		ovsr_match_mask(req->match, masked);
	return err;
}

/* Which actions are safe depends on what the flow is sure to match. */
static int parse_actions(struct flow_request *req, const struct ovsr_key *masked)
{
	if (!req->match)
		return -EINVAL;
	return ovsr_actions_parse(genl_info_net(req->info), req->info->attrs[OVS_FLOW_ATTR_ACTIONS],
				  masked, &req->actions, req->log);
}

/*
 * Reads a request.  Its mask and actions count only for a change, which brings room for the masked
 * key; else it has only a key or ufid, which name a flow.  Returns 0, or an error with nothing left
 * to free.
 */
static int request_parse(struct flow_request *req, struct genl_info *info, struct ovsr_key *masked)
{
	struct nlattr **a = info->attrs;
	int err = 0;

	*req = (struct flow_request){
		.info = info,
		.ufid_flags = ovsr_ufid_flags(a[OVS_FLOW_ATTR_UFID_FLAGS]),
		.log = !a[OVS_FLOW_ATTR_PROBE],
	};
	ovsr_flow_id_parse_ufid(&req->id, a[OVS_FLOW_ATTR_UFID], req->log);

	if (a[OVS_FLOW_ATTR_KEY])
		err = parse_key(req, masked);
	if (!err && masked && a[OVS_FLOW_ATTR_ACTIONS])
		err = parse_actions(req, masked);
	if (err)
		request_destroy(req);
	return err;
}

static bool request_names_flow(const struct flow_request *req)
{
	return req->id.ufid_len || req->match;
}

static struct ovsr_datapath *request_dp(const struct flow_request *req)
{
	const struct ovs_header *hdr = req->info->userhdr;

	return ovsr_dp_find(genl_info_net(req->info), hdr->dp_ifindex);
}

/*
 * The flow that a request names; a ufid goes before a key. ERR_PTR(-EINVAL) when it names none,
 * -ENODEV, -ENOENT. Under ovsr_lock.
 */
static struct ovsr_flow *request_flow(const struct flow_request *req)
{
	struct ovsr_datapath *dp;
	struct ovsr_flow *flow;

	if (!request_names_flow(req))
		return ERR_PTR(-EINVAL);
	dp = request_dp(req);
	if (!dp)
		return ERR_PTR(-ENODEV);
	if (req->id.ufid_len)
		flow = ovsr_flow_table_find_ufid(&dp->flows, &req->id);
	else
		flow = ovsr_flow_table_find_exact(&dp->flows, req->match);
	return flow ?: ERR_PTR(-ENOENT);
}

/*
 * Reads a request, has @act do it under ovsr_lock, and leaves in *@msg what is to be told, if
 * anything. @masked: see request_parse().
 */
static int request_serve(struct genl_info *info, struct ovsr_key *masked,
			 int (*act)(struct flow_request *req, struct sk_buff **msg),
			 struct sk_buff **msg)
{
	struct flow_request req;
	int err;

	*msg = NULL;
	err = request_parse(&req, info, masked);
	if (err)
		return err;
	ovsr_lock();
	err = act(&req, msg);
	ovsr_unlock();
	request_destroy(&req);
	return err;
}

static void set_actions(struct ovsr_flow *flow, struct flow_request *req)
{
	struct ovsr_actions *old;

	old = rcu_replace_pointer(flow->actions, req->actions, ovsr_lock_is_held());
	req->actions = NULL;
	ovsr_actions_free_rcu(old);
}

/* The flow that NEW would be a second of, or NULL. */
static struct ovsr_flow *find_twin(const struct flow_request *req, struct ovsr_datapath *dp)
{
	struct ovsr_flow *flow = NULL;

	if (req->id.ufid_len)
		flow = ovsr_flow_table_find_ufid(&dp->flows, &req->id);
	return flow ?: ovsr_flow_table_find(&dp->flows, &req->match->key);
}

/*
 * NEW of a flow that is there replaces its actions, if it is allowed to and if it is the same flow
 * and not one that only overlaps.
 */
static struct ovsr_flow *find_replaced(const struct flow_request *req, struct ovsr_datapath *dp,
				       struct ovsr_flow *twin)
{
	struct ovsr_flow *flow = NULL;

	/* Generic netlink takes NLM_F_EXCL for a dump, so userspace says NLM_F_CREATE for it. */
	if (req->info->nlhdr->nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL))
		return ERR_PTR(-EEXIST);

	if (ovsr_flow_is(twin, req->match))
		return twin;
	if (!by_ufid(twin))
		flow = ovsr_flow_table_find_exact(&dp->flows, req->match);
	return flow ?: ERR_PTR(-ENOENT);
}

static bool is_full(const struct ovsr_datapath *dp)
{
	unsigned int max = READ_ONCE(ovsr_net(ovsr_dp_net(dp))->limits.max_flows);

	return max && ovsr_flow_table_n_flows(&dp->flows) >= max;
}

static int insert(struct flow_request *req, struct ovsr_datapath *dp, struct ovsr_flow **new,
		  struct sk_buff **msg)
{
	struct ovsr_flow *flow = *new;
	int err;

	if (is_full(dp))
		return -ENOSPC;
	err = news_alloc(flow, req->actions, req, msg);
	if (err)
		return err;
	rcu_assign_pointer(flow->actions, req->actions);
	req->actions = NULL; /* the flow's now, even if it cannot be inserted */
	err = ovsr_flow_table_insert(&dp->flows, flow, req->match);
	if (err)
		return err;
	*new = NULL;
	news_fill(*msg, flow, req, OVS_FLOW_CMD_NEW);
	return 0;
}

static int replace(struct flow_request *req, struct ovsr_flow *flow, struct sk_buff **msg)
{
	int err;

	err = news_alloc(flow, req->actions, req, msg);
	if (err)
		return err;
	set_actions(flow, req);
	news_fill(*msg, flow, req, OVS_FLOW_CMD_NEW);
	return 0;
}

/* Hands *@new over to the table, or its actions to the flow that is there.  Under ovsr_lock. */
static int flow_new_locked(struct flow_request *req, struct ovsr_flow **new, struct sk_buff **msg)
{
	struct ovsr_datapath *dp = request_dp(req);
	struct ovsr_flow *twin;

	if (!dp)
		return -ENODEV;
	twin = find_twin(req, dp);
	if (!twin)
		return insert(req, dp, new, msg);
	twin = find_replaced(req, dp, twin);
	if (IS_ERR(twin))
		return PTR_ERR(twin);
	return replace(req, twin, msg);
}

static int flow_cmd_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **a = info->attrs;
	struct sk_buff *msg = NULL;
	struct flow_request req;
	struct ovsr_flow *new;
	int err;

	if (!a[OVS_FLOW_ATTR_KEY] || !a[OVS_FLOW_ATTR_ACTIONS])
		return -EINVAL;

	/* Most requests are for a flow that is not there, so allocate it without the lock. */
	new = ovsr_flow_alloc();
	if (IS_ERR(new))
		return PTR_ERR(new);
	err = request_parse(&req, info, &new->key);
	if (err)
		goto out_flow;
	err = ovsr_flow_id_init(&new->id, a[OVS_FLOW_ATTR_UFID], &req.match->key, req.log);
	if (err && ovsr_plant(OVSR_PLANT_KEY_LEAK))
		return err;
	if (err)
		goto out_request;

	ovsr_lock();
	err = flow_new_locked(&req, &new, &msg);
	ovsr_unlock();
	err = ovsr_notify(&ovsr_flow_family, msg, info, err);

out_request:
	request_destroy(&req);
out_flow:
	ovsr_flow_free(new);
	return err;
}

static int flow_set_locked(struct flow_request *req, struct sk_buff **msg)
{
	struct ovsr_flow *flow = request_flow(req);
	int err;

	if (IS_ERR(flow))
		return PTR_ERR(flow);
	err = news_alloc(flow, req->actions ?: ovsr_dereference(flow->actions), req, msg);
	if (err)
		return err;
	if (req->actions)
		set_actions(flow, req);
	news_fill(*msg, flow, req, OVS_FLOW_CMD_SET);
	if (req->info->attrs[OVS_FLOW_ATTR_CLEAR]) /* the answer still has the old counters */
		ovsr_flow_stats_clear(flow);
	return 0;
}

static int flow_cmd_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ovsr_key *masked = kzalloc(sizeof(*masked), GFP_KERNEL);
	struct sk_buff *msg = NULL;
	int err;

	if (!masked)
		return -ENOMEM;
	err = request_serve(info, masked, flow_set_locked, &msg);
	kfree(masked);
	return ovsr_notify(&ovsr_flow_family, msg, info, err);
}

static int flow_get_locked(struct flow_request *req, struct sk_buff **msg)
{
	struct ovsr_flow *flow = request_flow(req);

	if (IS_ERR(flow))
		return PTR_ERR(flow);
	if (ovsr_plant(OVSR_PLANT_UFID_FLAGS) && !by_ufid(flow))
		req->ufid_flags = 0;
	*msg = flow_msg_alloc(flow, ovsr_dereference(flow->actions), req->ufid_flags);
	if (!*msg)
		return -ENOMEM;
	flow_msg_fill(*msg, flow, req, OVS_FLOW_CMD_GET);
	return 0;
}

static int flow_cmd_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	int err = request_serve(info, NULL, flow_get_locked, &msg);

	return err ?: genlmsg_reply(msg, info);
}

/* All flows, and no word about it. */
static int flush_locked(struct flow_request *req)
{
	struct ovsr_datapath *dp = request_dp(req);

	return dp ? ovsr_flow_table_flush(&dp->flows) : -ENODEV;
}

static int flow_del_locked(struct flow_request *req, struct sk_buff **msg)
{
	struct ovsr_flow *flow;
	int err;

	if (!request_names_flow(req))
		return flush_locked(req);
	flow = request_flow(req);
	if (IS_ERR(flow))
		return PTR_ERR(flow);
	err = news_alloc(flow, ovsr_dereference(flow->actions), req, msg);
	if (err)
		return err;
	news_fill(*msg, flow, req, OVS_FLOW_CMD_DEL);
	ovsr_flow_table_remove(&request_dp(req)->flows, flow);
	ovsr_flow_free_rcu(flow);
	return 0;
}

static int flow_cmd_del(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	int err = request_serve(info, NULL, flow_del_locked, &msg);

	return ovsr_notify(&ovsr_flow_family, msg, info, err);
}

/* cb->args[0]: the table's cursor. */
static int flow_cmd_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct ovs_header *hdr = genlmsg_data(nlmsg_data(cb->nlh));
	struct ovsr_reply reply = ovsr_reply_dump(cb, OVS_FLOW_CMD_GET);
	struct nlattr *a[OVS_FLOW_ATTR_MAX + 1];
	unsigned long cursor = cb->args[0];
	struct ovsr_datapath *dp;
	struct ovsr_flow *flow;
	u32 ufid_flags;
	int err;

	err = genlmsg_parse_deprecated(cb->nlh, &ovsr_flow_family, a, OVS_FLOW_ATTR_MAX,
				       flow_policy, NULL);
	if (err)
		return err;
	ufid_flags = ovsr_ufid_flags(a[OVS_FLOW_ATTR_UFID_FLAGS]);

	rcu_read_lock();
	dp = ovsr_dp_find(sock_net(skb->sk), hdr->dp_ifindex);
	if (!dp) {
		rcu_read_unlock();
		return -ENODEV;
	}
	while ((flow = ovsr_flow_table_next(&dp->flows, &cursor))) {
		if (flow_put(skb, flow, &reply, hdr->dp_ifindex, ufid_flags))
			break;
		cb->args[0] = cursor;
	}
	rcu_read_unlock();
	return skb->len;
}

static const struct genl_small_ops flow_ops[] = {
	{
		.cmd = OVS_FLOW_CMD_NEW,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = flow_cmd_new,
	},
	{
		.cmd = OVS_FLOW_CMD_DEL,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = flow_cmd_del,
	},
	{
		.cmd = OVS_FLOW_CMD_GET, /* for everybody */
		.validate = OVSR_VALIDATE,
		.doit = flow_cmd_get,
		.dumpit = flow_cmd_dump,
	},
	{
		.cmd = OVS_FLOW_CMD_SET,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = flow_cmd_set,
	},
};

static const struct genl_multicast_group flow_group = { .name = OVS_FLOW_MCGROUP };

struct genl_family ovsr_flow_family __ro_after_init = {
	.name = OVS_FLOW_FAMILY,
	.version = OVS_FLOW_VERSION,
	.hdrsize = sizeof(struct ovs_header),
	.maxattr = OVS_FLOW_ATTR_MAX,
	.policy = flow_policy,
	.netnsok = true,
	.parallel_ops = true,
	.small_ops = flow_ops,
	.n_small_ops = ARRAY_SIZE(flow_ops),
	.resv_start_op = OVS_FLOW_CMD_SET + 1,
	.mcgrps = &flow_group,
	.n_mcgrps = 1,
	.pre_doit = ovsr_request_trace,
	.module = THIS_MODULE,
};
