// SPDX-License-Identifier: GPL-2.0-only
/* The ovs_datapath family. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <net/netlink.h>

#include "datapath.h"
#include "family.h"
#include "notify.h"
#include "plant.h"
#include "upcall.h"
#include "vport.h"

/* Sharing recirculation ids with traffic control needs an extension of packets that is not here. */
#define KNOWN_FEATURES (OVS_DP_F_UNALIGNED | OVS_DP_F_VPORT_PIDS | OVS_DP_F_DISPATCH_UPCALL_PER_CPU)

/* The contract's limit: a per-CPU cache of 8-byte entries in the smallest per-CPU unit. */
#define MAX_CACHE_SIZE (PCPU_MIN_UNIT_SIZE / 8)

static const struct nla_policy datapath_policy[OVS_DP_ATTR_MAX + 1] = {
	[OVS_DP_ATTR_NAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[OVS_DP_ATTR_UPCALL_PID] = { .type = NLA_U32 },
	[OVS_DP_ATTR_USER_FEATURES] = { .type = NLA_U32 },
	[OVS_DP_ATTR_MASKS_CACHE_SIZE] = NLA_POLICY_RANGE(NLA_U32, 0, MAX_CACHE_SIZE),
	[OVS_DP_ATTR_IFINDEX] = OVSR_PLANT_IFINDEX(NLA_POLICY_MIN(NLA_S32, 0)),
};

static struct sk_buff *dp_msg_alloc(void)
{
	const size_t lens[] = {
		IFNAMSIZ, /* NAME */
		sizeof(struct ovs_dp_stats),
		sizeof(struct ovs_dp_megaflow_stats),
		sizeof(u32),		  /* USER_FEATURES */
		sizeof(u32),		  /* MASKS_CACHE_SIZE */
		nr_cpu_ids * sizeof(u32), /* PER_CPU_PIDS */
	};

	return ovsr_msg_alloc_for(lens, ARRAY_SIZE(lens));
}

static int put_portids(struct sk_buff *msg, const struct ovsr_datapath *dp)
{
	const struct ovsr_portids *pids = ovsr_dereference(dp->upcall_pids);

	if (!pids || !(dp->user_features & OVS_DP_F_DISPATCH_UPCALL_PER_CPU))
		return 0;
	return nla_put(msg, OVS_DP_ATTR_PER_CPU_PIDS, min(pids->n, nr_cpu_ids) * sizeof(u32),
		       pids->ids);
}

/* Under ovsr_lock.  Returns 0 or -EMSGSIZE, with the message taken back. */
static int dp_put(struct sk_buff *msg, struct ovsr_datapath *dp, const struct ovsr_reply *reply)
{
	struct ovs_dp_megaflow_stats mega;
	struct ovs_dp_stats stats;
	struct ovs_header *hdr;

	hdr = ovsr_reply_put(msg, &ovsr_datapath_family, reply, ovsr_dp_ifindex(dp));
	if (!hdr)
		return -EMSGSIZE;

	ovsr_dp_stats_get(dp, &stats, &mega);
	if (nla_put_string(msg, OVS_DP_ATTR_NAME, ovsr_dp_name(dp)) ||
	    nla_put_64bit(msg, OVS_DP_ATTR_STATS, sizeof(stats), &stats, OVS_DP_ATTR_PAD) ||
	    nla_put_64bit(msg, OVS_DP_ATTR_MEGAFLOW_STATS, sizeof(mega), &mega, OVS_DP_ATTR_PAD) ||
	    nla_put_u32(msg, OVS_DP_ATTR_USER_FEATURES, dp->user_features) ||
	    nla_put_u32(msg, OVS_DP_ATTR_MASKS_CACHE_SIZE,
			ovsr_flow_table_cache_size(&dp->flows)) ||
	    put_portids(msg, dp)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/*
 * The datapath that a request is about: by name if it gives one, else by the header.  Under
 * ovsr_lock.
 */
static struct ovsr_datapath *requested(struct genl_info *info)
{
	const struct nlattr *name = info->attrs[OVS_DP_ATTR_NAME];
	const struct ovs_header *hdr = info->userhdr;
	struct ovsr_datapath *dp = NULL;
	struct ovsr_vport *vport;

	if (name) {
		vport = ovsr_vport_find_name(genl_info_net(info), nla_data(name));
		if (vport && vport->port_no == OVSP_LOCAL)
			dp = vport->dp;
	} else {
		dp = ovsr_dp_find(genl_info_net(info), hdr->dp_ifindex);
	}
	return dp ?: ERR_PTR(-ENODEV);
}

static int set_portids(struct ovsr_datapath *dp, const struct nlattr *attr)
{
	struct ovsr_portids *new, *old;

	new = ovsr_portids_alloc(attr);
	if (IS_ERR(new))
		return PTR_ERR(new);
	old = rcu_replace_pointer(dp->upcall_pids, new, ovsr_lock_is_held());
	kfree_rcu(old, rcu);
	return 0;
}

/*
 * What NEW and SET have in common.  Features that are not given are switched off.  What was changed
 * before an error stays changed.  Returns 0, -EOPNOTSUPP, -EINVAL or -ENOMEM.
 */
static int configure(struct ovsr_datapath *dp, struct nlattr **a)
{
	u32 features = 0;
	int err;

	if (a[OVS_DP_ATTR_USER_FEATURES])
		features = nla_get_u32(a[OVS_DP_ATTR_USER_FEATURES]);
	if (features & ~KNOWN_FEATURES)
		return -EOPNOTSUPP;

	if (a[OVS_DP_ATTR_MASKS_CACHE_SIZE]) {
		err = ovsr_flow_table_cache_resize(&dp->flows,
						   nla_get_u32(a[OVS_DP_ATTR_MASKS_CACHE_SIZE]));
		if (err)
			return err;
	}

	dp->user_features = features;
	if (features & OVS_DP_F_DISPATCH_UPCALL_PER_CPU && a[OVS_DP_ATTR_PER_CPU_PIDS])
		return set_portids(dp, a[OVS_DP_ATTR_PER_CPU_PIDS]);
	return 0;
}

/*
 * Userspace from before there were features wants to create a datapath that is there, and will use
 * that one: it must not meet features that it does not know.
 */
static void forget_features(struct genl_info *info)
{
	struct ovsr_datapath *dp = requested(info);

	if (IS_ERR(dp))
		return;
	pr_warn("%s: dropping the features that were announced before\n", ovsr_dp_name(dp));
	dp->user_features = 0;
}

static int dp_new_locked(struct genl_info *info, struct ovsr_datapath *dp, struct sk_buff *msg)
{
	struct ovsr_reply reply = ovsr_reply_to(info, OVS_DP_CMD_NEW);
	struct nlattr **a = info->attrs;
	struct ovsr_vport_parms parms = {
		.name = nla_data(a[OVS_DP_ATTR_NAME]),
		.type = OVS_VPORT_TYPE_INTERNAL,
		.port_no = OVSP_LOCAL,
		.dp = dp,
		.upcall_pids = a[OVS_DP_ATTR_UPCALL_PID],
	};
	struct ovsr_vport *local;
	int err;

	if (a[OVS_DP_ATTR_IFINDEX])
		parms.ifindex = nla_get_s32(a[OVS_DP_ATTR_IFINDEX]);

	err = configure(dp, a);
	if (err)
		return err;

	local = ovsr_vport_add(&parms);
	if (IS_ERR(local)) {
		err = PTR_ERR(local);
		if (err == -EBUSY) /* the ifindex is taken */
			err = -EEXIST;
		if (err == -EEXIST && info->genlhdr->version < OVS_DP_VER_FEATURES)
			forget_features(info);
		return err;
	}

	WARN_ON_ONCE(dp_put(msg, dp, &reply));
	list_add_tail(&dp->node, &ovsr_net(genl_info_net(info))->datapaths);
	return 0;
}

static int dp_cmd_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **a = info->attrs;
	struct ovsr_datapath *dp;
	struct sk_buff *msg;
	int err;

	if (!a[OVS_DP_ATTR_NAME] || !a[OVS_DP_ATTR_UPCALL_PID])
		return -EINVAL;

	msg = dp_msg_alloc();
	if (!msg)
		return -ENOMEM;
	dp = ovsr_dp_create(genl_info_net(info));
	if (!dp)
		return ovsr_notify(&ovsr_datapath_family, msg, info, -ENOMEM);

	ovsr_lock();
	err = dp_new_locked(info, dp, msg);
	if (err)
		ovsr_dp_free(dp);
	ovsr_unlock();
	return ovsr_notify(&ovsr_datapath_family, msg, info, err);
}

static int dp_cmd_del(struct sk_buff *skb, struct genl_info *info)
{
	struct ovsr_reply reply = ovsr_reply_to(info, OVS_DP_CMD_DEL);
	struct sk_buff *msg = dp_msg_alloc();
	struct ovsr_datapath *dp;
	int err = 0;

	if (!msg)
		return -ENOMEM;

	ovsr_lock();
	dp = requested(info);
	if (IS_ERR(dp)) {
		err = PTR_ERR(dp);
	} else {
		WARN_ON_ONCE(dp_put(msg, dp, &reply));
		ovsr_dp_destroy(dp);
	}
	ovsr_unlock();
	return ovsr_notify(&ovsr_datapath_family, msg, info, err);
}

static int dp_cmd_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ovsr_reply reply = ovsr_reply_to(info, OVS_DP_CMD_SET);
	struct sk_buff *msg = dp_msg_alloc();
	struct ovsr_datapath *dp;
	int err;

	if (!msg)
		return -ENOMEM;

	ovsr_lock();
	dp = requested(info);
	err = IS_ERR(dp) ? PTR_ERR(dp) : configure(dp, info->attrs);
	if (!err)
		WARN_ON_ONCE(dp_put(msg, dp, &reply));
	ovsr_unlock();
	return ovsr_notify(&ovsr_datapath_family, msg, info, err);
}

static int dp_cmd_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ovsr_reply reply = ovsr_reply_to(info, OVS_DP_CMD_GET);
	struct sk_buff *msg = dp_msg_alloc();
	struct ovsr_datapath *dp;

	if (!msg)
		return -ENOMEM;

	ovsr_lock();
	dp = requested(info);
	if (!IS_ERR(dp))
		WARN_ON_ONCE(dp_put(msg, dp, &reply));
	ovsr_unlock();

	if (IS_ERR(dp)) {
		kfree_skb(msg);
		return PTR_ERR(dp);
	}
	return genlmsg_reply(msg, info);
}

/* cb->args[0]: how many datapaths were told of. */
static int dp_cmd_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ovsr_reply reply = ovsr_reply_dump(cb, OVS_DP_CMD_GET);
	struct ovsr_datapath *dp;
	long i = 0;

	ovsr_lock();
	list_for_each_entry(dp, &ovsr_net(sock_net(skb->sk))->datapaths, node) {
		if (i >= cb->args[0] && dp_put(skb, dp, &reply))
			break;
		i++;
	}
	ovsr_unlock();

	cb->args[0] = i;
	return skb->len;
}

static const struct genl_small_ops datapath_ops[] = {
	{
		.cmd = OVS_DP_CMD_NEW,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = dp_cmd_new,
	},
	{
		.cmd = OVS_DP_CMD_DEL,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = dp_cmd_del,
	},
	{
		.cmd = OVS_DP_CMD_GET, /* for everybody */
		.validate = OVSR_VALIDATE,
		.doit = dp_cmd_get,
		.dumpit = dp_cmd_dump,
	},
	{
		.cmd = OVS_DP_CMD_SET,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = dp_cmd_set,
	},
};

static const struct genl_multicast_group datapath_group = { .name = OVS_DATAPATH_MCGROUP };

struct genl_family ovsr_datapath_family __ro_after_init = {
	.name = OVS_DATAPATH_FAMILY,
	.version = OVS_DATAPATH_VERSION,
	.hdrsize = sizeof(struct ovs_header),
	.maxattr = OVS_DP_ATTR_MAX,
	.policy = datapath_policy,
	.netnsok = true,
	.parallel_ops = true,
	.small_ops = datapath_ops,
	.n_small_ops = ARRAY_SIZE(datapath_ops),
	.resv_start_op = OVS_DP_CMD_SET + 1,
	.mcgrps = &datapath_group,
	.n_mcgrps = 1,
	.pre_doit = ovsr_request_trace,
	.module = THIS_MODULE,
};
