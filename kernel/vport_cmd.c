// SPDX-License-Identifier: GPL-2.0-only
/* The ovs_vport family. */

#include <linux/openvswitch.h>
#include <net/netlink.h>

#include "datapath.h"
#include "family.h"
#include "nest.h"
#include "notify.h"
#include "upcall.h"
#include "vport.h"
#include "vport_cmd.h"

static const struct nla_policy vport_policy[OVS_VPORT_ATTR_MAX + 1] = {
	[OVS_VPORT_ATTR_PORT_NO] = { .type = NLA_U32 },
	[OVS_VPORT_ATTR_TYPE] = { .type = NLA_U32 },
	[OVS_VPORT_ATTR_NAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[OVS_VPORT_ATTR_OPTIONS] = { .type = NLA_NESTED },
	[OVS_VPORT_ATTR_UPCALL_PID] = { .type = NLA_UNSPEC },
	[OVS_VPORT_ATTR_STATS] = { .len = sizeof(struct ovs_vport_stats) },
	[OVS_VPORT_ATTR_IFINDEX] = NLA_POLICY_MIN(NLA_S32, 0),
	[OVS_VPORT_ATTR_NETNSID] = { .type = NLA_S32 },
};

static struct sk_buff *vport_msg_alloc(void)
{
	const size_t lens[] = {
		IFNAMSIZ,		  /* NAME */
		sizeof(u32),		  /* PORT_NO */
		sizeof(u32),		  /* TYPE */
		sizeof(u32),		  /* IFINDEX */
		sizeof(s32),		  /* NETNSID */
		nr_cpu_ids * sizeof(u32), /* UPCALL_PID */
		sizeof(struct ovs_vport_stats),
		/* OPTIONS, at most a UDP port and the VXLAN extension flag */
		nla_total_size(sizeof(u16)) + nla_total_size(nla_total_size(0)),
	};

	return ovsr_msg_alloc_for(lens, ARRAY_SIZE(lens));
}

static int put_netnsid(struct sk_buff *msg, const struct ovsr_vport *vport, struct net *net)
{
	struct net *dev_ns;
	int err = 0;

	rcu_read_lock(); /* holds the device's namespace */
	dev_ns = dev_net_rcu(vport->dev);
	if (!net_eq(net, dev_ns))
		err = nla_put_s32(msg, OVS_VPORT_ATTR_NETNSID,
				  peernet2id_alloc(net, dev_ns, GFP_ATOMIC));
	rcu_read_unlock();
	return err;
}

static int put_stats(struct sk_buff *msg, const struct ovsr_vport *vport)
{
	struct rtnl_link_stats64 storage;
	const struct rtnl_link_stats64 *s = dev_get_stats(vport->dev, &storage);
	struct ovs_vport_stats stats = {
		.rx_packets = s->rx_packets,
		.tx_packets = s->tx_packets,
		.rx_bytes = s->rx_bytes,
		.tx_bytes = s->tx_bytes,
		.rx_errors = s->rx_errors,
		.tx_errors = s->tx_errors,
		.rx_dropped = s->rx_dropped,
		.tx_dropped = s->tx_dropped,
	};

	return nla_put_64bit(msg, OVS_VPORT_ATTR_STATS, sizeof(stats), &stats, OVS_VPORT_ATTR_PAD);
}

/* Userspace that has not announced OVS_DP_F_VPORT_PIDS expects a single id. */
static int put_portids(struct sk_buff *msg, const struct ovsr_vport *vport)
{
	const struct ovsr_portids *pids = ovsr_dereference_rcu(vport->upcall_pids);
	u32 n = vport->dp->user_features & OVS_DP_F_VPORT_PIDS ? pids->n : 1;

	return nla_put(msg, OVS_VPORT_ATTR_UPCALL_PID, n * sizeof(u32), pids->ids);
}

static int put_options(struct sk_buff *msg, const struct ovsr_vport *vport)
{
	struct nlattr *nest;

	if (!vport->ops->options_put)
		return 0;
	nest = nla_nest_start_noflag(msg, OVS_VPORT_ATTR_OPTIONS);
	return nest ? ovsr_nest_close(msg, nest, vport->ops->options_put(vport, msg)) : -EMSGSIZE;
}

/* Under ovsr_lock or rcu_read_lock.  Returns 0 or -EMSGSIZE, with the message taken back. */
static int vport_put(struct sk_buff *msg, const struct ovsr_vport *vport, struct net *net,
		     const struct ovsr_reply *reply)
{
	struct ovs_header *hdr;

	hdr = ovsr_reply_put(msg, &ovsr_vport_family, reply, ovsr_dp_ifindex(vport->dp));
	if (!hdr)
		return -EMSGSIZE;

	if (nla_put_u32(msg, OVS_VPORT_ATTR_PORT_NO, vport->port_no) ||
	    nla_put_u32(msg, OVS_VPORT_ATTR_TYPE, vport->ops->type) ||
	    nla_put_string(msg, OVS_VPORT_ATTR_NAME, vport->dev->name) ||
	    nla_put_u32(msg, OVS_VPORT_ATTR_IFINDEX, vport->dev->ifindex) ||
	    put_netnsid(msg, vport, net) || put_stats(msg, vport) || put_portids(msg, vport) ||
	    put_options(msg, vport) == -EMSGSIZE) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

struct sk_buff *ovsr_vport_msg(struct ovsr_vport *vport, struct net *net,
			       const struct ovsr_reply *reply)
{
	struct sk_buff *msg = vport_msg_alloc();

	if (!msg)
		return ERR_PTR(-ENOMEM);
	WARN_ON_ONCE(vport_put(msg, vport, net, reply));
	return msg;
}

/*
 * The port that a request is about, by name in the namespace or by number in the datapath.  Under
 * ovsr_lock or rcu_read_lock.
 */
static struct ovsr_vport *requested(struct genl_info *info)
{
	const struct ovs_header *hdr = info->userhdr;
	struct net *net = genl_info_net(info);
	struct nlattr **a = info->attrs;
	struct ovsr_datapath *dp;
	struct ovsr_vport *vport;
	u32 port_no;

	if (a[OVS_VPORT_ATTR_IFINDEX])
		return ERR_PTR(-EOPNOTSUPP);

	if (a[OVS_VPORT_ATTR_NAME]) {
		vport = ovsr_vport_find_name(net, nla_data(a[OVS_VPORT_ATTR_NAME]));
		if (vport && hdr->dp_ifindex && hdr->dp_ifindex != ovsr_dp_ifindex(vport->dp))
			vport = NULL;
		return vport ?: ERR_PTR(-ENODEV);
	}

	if (!a[OVS_VPORT_ATTR_PORT_NO])
		return ERR_PTR(-EINVAL);
	port_no = nla_get_u32(a[OVS_VPORT_ATTR_PORT_NO]);
	if (port_no >= OVSR_MAX_PORTS)
		return ERR_PTR(-EFBIG);
	dp = ovsr_dp_find(net, hdr->dp_ifindex);
	vport = dp ? ovsr_vport_find(dp, port_no) : NULL;
	return vport ?: ERR_PTR(-ENODEV);
}

/*
 * Settles the number of a new port: @wish, or the lowest free one when that is 0.  Returns 0,
 * -EBUSY or -EFBIG.
 */
static int choose_port_no(struct ovsr_datapath *dp, u16 wish, u16 *port_no)
{
	u32 no = wish ?: 1;

	if (wish && ovsr_vport_find(dp, wish))
		return -EBUSY;
	while (no < OVSR_MAX_PORTS && ovsr_vport_find(dp, no))
		no++;
	if (no == OVSR_MAX_PORTS)
		return -EFBIG;
	*port_no = no;
	return 0;
}

/* Every device that sends to a port should leave the room in front that the neediest port wants. */
static void headroom_update(struct ovsr_datapath *dp, unsigned int headroom)
{
	struct ovsr_vport *vport;
	unsigned long port_no;

	dp->max_headroom = headroom;
	xa_for_each(&dp->vports, port_no, vport)
		netdev_set_rx_headroom(vport->dev, headroom);
}

static void headroom_add(struct ovsr_vport *vport)
{
	struct ovsr_datapath *dp = vport->dp;
	unsigned int headroom = netdev_get_fwd_headroom(vport->dev);

	if (headroom > dp->max_headroom)
		headroom_update(dp, headroom);
	else
		netdev_set_rx_headroom(vport->dev, dp->max_headroom);
}

static void headroom_recompute(struct ovsr_datapath *dp)
{
	struct ovsr_vport *vport;
	unsigned int headroom = 0;
	unsigned long port_no;

	xa_for_each(&dp->vports, port_no, vport)
		headroom = max(headroom, netdev_get_fwd_headroom(vport->dev));
	if (headroom < dp->max_headroom)
		headroom_update(dp, headroom);
}

static int vport_new_locked(struct genl_info *info, struct ovsr_vport_parms *parms, u16 wish,
			    struct sk_buff *msg)
{
	const struct ovs_header *hdr = info->userhdr;
	struct ovsr_reply reply = ovsr_reply_to(info, OVS_VPORT_CMD_NEW);
	struct ovsr_vport *vport;
	int err;

	parms->dp = ovsr_dp_find(genl_info_net(info), hdr->dp_ifindex);
	if (!parms->dp)
		return -ENODEV;
	err = choose_port_no(parms->dp, wish, &parms->port_no);
	if (err)
		return err;

	vport = ovsr_vport_add(parms);
	if (IS_ERR(vport))
		return PTR_ERR(vport);
	WARN_ON_ONCE(vport_put(msg, vport, genl_info_net(info), &reply));
	headroom_add(vport);
	return 0;
}

static int vport_cmd_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **a = info->attrs;
	struct ovsr_vport_parms parms;
	struct sk_buff *msg;
	u32 wish = 0;
	int err;

	if (!a[OVS_VPORT_ATTR_NAME] || !a[OVS_VPORT_ATTR_TYPE] || !a[OVS_VPORT_ATTR_UPCALL_PID])
		return -EINVAL;

	parms = (struct ovsr_vport_parms){
		.name = nla_data(a[OVS_VPORT_ATTR_NAME]),
		.type = nla_get_u32(a[OVS_VPORT_ATTR_TYPE]),
		.options = a[OVS_VPORT_ATTR_OPTIONS],
		.upcall_pids = a[OVS_VPORT_ATTR_UPCALL_PID],
	};
	if (a[OVS_VPORT_ATTR_IFINDEX]) {
		if (parms.type != OVS_VPORT_TYPE_INTERNAL)
			return -EOPNOTSUPP;
		parms.ifindex = nla_get_s32(a[OVS_VPORT_ATTR_IFINDEX]);
	}
	if (a[OVS_VPORT_ATTR_PORT_NO])
		wish = nla_get_u32(a[OVS_VPORT_ATTR_PORT_NO]);
	if (wish >= OVSR_MAX_PORTS)
		return -EFBIG;

	msg = vport_msg_alloc();
	if (!msg)
		return -ENOMEM;

	ovsr_lock();
	err = vport_new_locked(info, &parms, wish, msg);
	ovsr_unlock();
	return ovsr_notify(&ovsr_vport_family, msg, info, err);
}

static int vport_set_locked(struct genl_info *info, struct sk_buff *msg)
{
	struct ovsr_reply reply = ovsr_reply_to(info, OVS_VPORT_CMD_SET);
	struct ovsr_vport *vport = requested(info);
	struct nlattr **a = info->attrs;
	int err;

	if (IS_ERR(vport))
		return PTR_ERR(vport);
	if (a[OVS_VPORT_ATTR_TYPE] && nla_get_u32(a[OVS_VPORT_ATTR_TYPE]) != vport->ops->type)
		return -EINVAL;

	if (a[OVS_VPORT_ATTR_OPTIONS]) {
		if (!vport->ops->options_set)
			return -EOPNOTSUPP;
		err = vport->ops->options_set(vport, a[OVS_VPORT_ATTR_OPTIONS]);
		if (err)
			return err;
	}
	if (a[OVS_VPORT_ATTR_UPCALL_PID]) {
		err = ovsr_vport_set_portids(vport, a[OVS_VPORT_ATTR_UPCALL_PID]);
		if (err)
			return err;
	}

	WARN_ON_ONCE(vport_put(msg, vport, genl_info_net(info), &reply));
	return 0;
}

static int vport_cmd_set(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg = vport_msg_alloc();
	int err;

	if (!msg)
		return -ENOMEM;

	ovsr_lock();
	err = vport_set_locked(info, msg);
	ovsr_unlock();
	return ovsr_notify(&ovsr_vport_family, msg, info, err);
}

static int vport_del_locked(struct genl_info *info, struct sk_buff *msg)
{
	struct ovsr_reply reply = ovsr_reply_to(info, OVS_VPORT_CMD_DEL);
	struct ovsr_vport *vport = requested(info);
	struct ovsr_datapath *dp;
	bool neediest;

	if (IS_ERR(vport))
		return PTR_ERR(vport);
	if (vport->port_no == OVSP_LOCAL) /* goes with its datapath */
		return -EINVAL;

	WARN_ON_ONCE(vport_put(msg, vport, genl_info_net(info), &reply));

	dp = vport->dp;
	neediest = netdev_get_fwd_headroom(vport->dev) == dp->max_headroom;
	netdev_reset_rx_headroom(vport->dev);
	ovsr_vport_del(vport);
	if (neediest)
		headroom_recompute(dp);
	return 0;
}

static int vport_cmd_del(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg = vport_msg_alloc();
	int err;

	if (!msg)
		return -ENOMEM;

	ovsr_lock();
	err = vport_del_locked(info, msg);
	ovsr_unlock();
	return ovsr_notify(&ovsr_vport_family, msg, info, err);
}

static int vport_cmd_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ovsr_reply reply = ovsr_reply_to(info, OVS_VPORT_CMD_GET);
	struct sk_buff *msg = vport_msg_alloc();
	struct ovsr_vport *vport;

	if (!msg)
		return -ENOMEM;

	rcu_read_lock();
	vport = requested(info);
	if (!IS_ERR(vport))
		WARN_ON_ONCE(vport_put(msg, vport, genl_info_net(info), &reply));
	rcu_read_unlock();

	if (IS_ERR(vport)) {
		kfree_skb(msg);
		return PTR_ERR(vport);
	}
	return genlmsg_reply(msg, info);
}

/* cb->args[0]: the number of the next port to tell of. */
static int vport_cmd_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct ovs_header *hdr = genlmsg_data(nlmsg_data(cb->nlh));
	struct ovsr_reply reply = ovsr_reply_dump(cb, OVS_VPORT_CMD_GET);
	struct net *net = sock_net(skb->sk);
	struct ovsr_datapath *dp;
	struct ovsr_vport *vport;
	unsigned long port_no;

	rcu_read_lock();
	dp = ovsr_dp_find(net, hdr->dp_ifindex);
	if (!dp) {
		rcu_read_unlock();
		return -ENODEV;
	}
	xa_for_each_start(&dp->vports, port_no, vport, cb->args[0]) {
		if (vport_put(skb, vport, net, &reply))
			break;
		cb->args[0] = port_no + 1;
	}
	rcu_read_unlock();
	return skb->len;
}

static const struct genl_small_ops vport_ops[] = {
	{
		.cmd = OVS_VPORT_CMD_NEW,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = vport_cmd_new,
	},
	{
		.cmd = OVS_VPORT_CMD_DEL,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = vport_cmd_del,
	},
	{
		.cmd = OVS_VPORT_CMD_GET, /* for everybody */
		.validate = OVSR_VALIDATE,
		.doit = vport_cmd_get,
		.dumpit = vport_cmd_dump,
	},
	{
		.cmd = OVS_VPORT_CMD_SET,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = vport_cmd_set,
	},
};

static const struct genl_multicast_group vport_group = { .name = OVS_VPORT_MCGROUP };

struct genl_family ovsr_vport_family __ro_after_init = {
	.name = OVS_VPORT_FAMILY,
	.version = OVS_VPORT_VERSION,
	.hdrsize = sizeof(struct ovs_header),
	.maxattr = OVS_VPORT_ATTR_MAX,
	.policy = vport_policy,
	.netnsok = true,
	.parallel_ops = true,
	.small_ops = vport_ops,
	.n_small_ops = ARRAY_SIZE(vport_ops),
	.resv_start_op = OVS_VPORT_CMD_SET + 1,
	.mcgrps = &vport_group,
	.n_mcgrps = 1,
	.pre_doit = ovsr_request_trace,
	.module = THIS_MODULE,
};
