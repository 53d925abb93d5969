// SPDX-License-Identifier: GPL-2.0-only
/*
 * openvswitch_ref: the Open vSwitch datapath again, written from its netlink contract.
 *
 * It answers to the generic netlink families of the in-tree module, so the two exclude each other.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <net/netns/generic.h>

#include "action_exec.h"
#include "conntrack.h"
#include "datapath.h"
#include "debug.h"
#include "family.h"
#include "lock.h"
#include "notify.h"
#include "proc.h"
#include "trace.h"
#include "vport.h"

LIST_HEAD(ovsr_nets);

static DEFINE_MUTEX(big_lock);
static unsigned int net_id __read_mostly;

static struct genl_family *const families[] = {
	&ovsr_datapath_family, &ovsr_vport_family, &ovsr_flow_family,
	&ovsr_packet_family,   &ovsr_meter_family,
#if IS_ENABLED(CONFIG_NETFILTER_CONNCOUNT)
	&ovsr_ct_limit_family,
#endif
};

int ovsr_request_trace(const struct genl_ops *ops, struct sk_buff *skb, struct genl_info *info)
{
	int i;

	if (!trace_ovsr_request_enabled())
		return 0;
	for (i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i]->id == info->nlhdr->nlmsg_type)
			trace_ovsr_request(families[i], info);
	return 0;
}

void ovsr_lock(void)
{
	mutex_lock(&big_lock);
}

void ovsr_unlock(void)
{
	mutex_unlock(&big_lock);
}

#ifdef CONFIG_LOCKDEP
bool ovsr_lock_is_held(void)
{
	return !debug_locks || lockdep_is_held(&big_lock);
}
#endif

struct ovsr_net *ovsr_net(const struct net *net)
{
	return net_generic(net, net_id);
}

static void unregister_families(int n)
{
	while (n--)
		genl_unregister_family(families[n]);
}

static int __init register_families(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		err = genl_register_family(families[i]);
		if (err) {
			unregister_families(i);
			return err;
		}
	}
	return 0;
}

static int __net_init net_start(struct net *net)
{
	struct ovsr_net *on = ovsr_net(net);
	int err;

	INIT_LIST_HEAD(&on->datapaths);
	INIT_WORK(&on->detach_work, ovsr_notify_detach_work);

	err = ovsr_limits_net_init(net);
	if (err)
		return err;
	err = ovsr_proc_net_init(net);
	if (err) {
		ovsr_limits_net_exit(net);
		return err;
	}
	ovsr_lock();
	list_add_tail(&on->node, &ovsr_nets);
	ovsr_unlock();
	return 0;
}

static void __net_exit net_stop(struct net *net)
{
	ovsr_proc_net_exit(net);
	ovsr_limits_net_exit(net);
	ovsr_lock();
	list_del(&ovsr_net(net)->node);
	ovsr_dp_net_exit(net);
	ovsr_unlock();
	cancel_work_sync(&ovsr_net(net)->detach_work);
}

static struct pernet_operations net_ops = {
	.init = net_start,
	.exit = net_stop,
	.id = &net_id,
	.size = sizeof(struct ovsr_net),
};

static int __init ovsr_init(void)
{
	int err;

	err = ovsr_action_exec_init();
	if (err)
		goto out;
	err = ovsr_vport_internal_init();
	if (err)
		goto out_action_exec;
	err = ovsr_ct_init();
	if (err)
		goto out_vport_internal;
	err = register_pernet_device(&net_ops);
	if (err)
		goto out_ct;
	err = ovsr_notify_init();
	if (err)
		goto out_net;
	err = register_families();
	if (err)
		goto out_notify;
	ovsr_debug_init();
	return 0;

out_notify:
	ovsr_notify_exit();
out_net:
	unregister_pernet_device(&net_ops);
	rcu_barrier();
out_ct:
	ovsr_ct_exit();
out_vport_internal:
	ovsr_vport_internal_exit();
out_action_exec:
	ovsr_action_exec_exit();
out:
	if (err == -EEXIST)
		pr_err("a datapath is loaded already: rmmod openvswitch first\n");
	return err;
}

static void __exit ovsr_exit(void)
{
	ovsr_debug_exit();
	unregister_families(ARRAY_SIZE(families));
	ovsr_notify_exit();
	unregister_pernet_device(&net_ops);
	rcu_barrier(); /* callbacks that free datapaths, ports and flows are our code */
	ovsr_ct_exit();
	ovsr_vport_internal_exit();
	ovsr_action_exec_exit();
}

module_init(ovsr_init);
module_exit(ovsr_exit);

MODULE_DESCRIPTION("Open vSwitch datapath, reference implementation of the netlink contract");
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY(OVS_DATAPATH_FAMILY);
MODULE_ALIAS_GENL_FAMILY(OVS_VPORT_FAMILY);
MODULE_ALIAS_GENL_FAMILY(OVS_FLOW_FAMILY);
MODULE_ALIAS_GENL_FAMILY(OVS_PACKET_FAMILY);
MODULE_ALIAS_GENL_FAMILY(OVS_METER_FAMILY);
MODULE_ALIAS_GENL_FAMILY(OVS_CT_LIMIT_FAMILY);
