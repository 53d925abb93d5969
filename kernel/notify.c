// SPDX-License-Identifier: GPL-2.0-only
/* Messages that tell of a change, those that nobody asked for included. */

#include <linux/netdevice.h>

#include "datapath.h"
#include "family.h"
#include "fault.h"
#include "notify.h"
#include "vport.h"
#include "vport_cmd.h"

/* The multicast group of a family; each has one at most. */
#define GROUP 0

struct sk_buff *ovsr_msg_alloc(size_t size)
{
	return ovsr_fault(OVSR_FAULT_MSG_ALLOC) ? NULL : genlmsg_new(size, GFP_KERNEL);
}

struct sk_buff *ovsr_msg_alloc_for(const size_t *lens, unsigned int n)
{
	size_t size = NLMSG_ALIGN(sizeof(struct ovs_header));

	while (n--)
		size += nla_total_size_64bit(lens[n]);
	return ovsr_msg_alloc(size);
}

struct ovs_header *ovsr_reply_put(struct sk_buff *msg, const struct genl_family *family,
				  const struct ovsr_reply *reply, int dp_ifindex)
{
	struct ovs_header *hdr;

	hdr = genlmsg_put(msg, reply->portid, reply->seq, family, reply->flags, reply->cmd);
	if (hdr)
		hdr->dp_ifindex = dp_ifindex;
	return hdr;
}

bool ovsr_notify_wanted(const struct genl_family *family, struct genl_info *info)
{
	return nlmsg_report(info->nlhdr) || genl_has_listeners(family, genl_info_net(info), GROUP);
}

int ovsr_notify(const struct genl_family *family, struct sk_buff *msg, struct genl_info *info,
		int err)
{
	if (err)
		kfree_skb(msg);
	else if (msg)
		genl_notify(family, msg, info, GROUP, GFP_KERNEL);
	return err;
}

static void notify_detached(struct ovsr_vport *vport)
{
	struct net *net = ovsr_dp_net(vport->dp);
	struct sk_buff *msg;

	msg = ovsr_vport_msg(vport, net, &(struct ovsr_reply){ .cmd = OVS_VPORT_CMD_DEL });
	ovsr_vport_del(vport);
	if (IS_ERR(msg))
		genl_set_err(&ovsr_vport_family, net, 0, GROUP, PTR_ERR(msg));
	else
		genlmsg_multicast_netns(&ovsr_vport_family, net, msg, 0, GROUP, GFP_KERNEL);
}

void ovsr_notify_detach_work(struct work_struct *work)
{
	struct ovsr_net *on = container_of(work, struct ovsr_net, detach_work);
	struct ovsr_datapath *dp;
	struct ovsr_vport *vport;
	unsigned long port_no;

	ovsr_lock();
	list_for_each_entry(dp, &on->datapaths, node)
		xa_for_each(&dp->vports, port_no, vport)
			if (vport->ops->type != OVS_VPORT_TYPE_INTERNAL &&
			    !ovsr_vport_netdev_is_attached(vport))
				notify_detached(vport);
	ovsr_unlock();
}

/* Under RTNL, so the port itself can only be removed later: see lock.h. */
static int device_event(struct notifier_block *nb, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct ovsr_vport *vport;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;

	vport = ovsr_vport_netdev_from_dev(dev);
	if (vport) {
		ovsr_vport_netdev_detach(vport);
		schedule_work(&ovsr_net(dev_net(dev))->detach_work);
	}
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_event,
};

int ovsr_notify_init(void)
{
	return register_netdevice_notifier(&device_notifier);
}

void ovsr_notify_exit(void)
{
	unregister_netdevice_notifier(&device_notifier);
}
