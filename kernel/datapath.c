// SPDX-License-Identifier: GPL-2.0-only
/* Datapaths: how they come and go, how they are found, and what they do with a packet. */

#include <linux/netdevice.h>

#include "action_exec.h"
#include "datapath.h"
#include "fault.h"
#include "flow_extract.h"
#include "trace.h"
#include "upcall.h"
#include "vport.h"

/*
 * The datapath that @ifindex belongs to: that of any of its internal ports will do.  Returns NULL
 * if there is none.  Under ovsr_lock or rcu_read_lock.
 */
struct ovsr_datapath *ovsr_dp_find(struct net *net, int ifindex)
{
	struct ovsr_vport *vport = NULL;
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, ifindex);
	if (dev)
		vport = ovsr_vport_internal_from_dev(dev);
	rcu_read_unlock();
	return vport ? vport->dp : NULL;
}

/* "?" while the datapath is being taken down.  Under ovsr_lock or rcu_read_lock. */
const char *ovsr_dp_name(struct ovsr_datapath *dp)
{
	const struct ovsr_vport *local = ovsr_vport_find(dp, OVSP_LOCAL);

	return local ? local->dev->name : "?";
}

/* 0 while the datapath is being taken down.  Under ovsr_lock or rcu_read_lock. */
int ovsr_dp_ifindex(struct ovsr_datapath *dp)
{
	const struct ovsr_vport *local = ovsr_vport_find(dp, OVSP_LOCAL);

	return local ? local->dev->ifindex : 0;
}

/* A datapath without ports, that nobody can find yet.  Returns NULL without memory. */
struct ovsr_datapath *ovsr_dp_create(struct net *net)
{
	struct ovsr_datapath *dp;

	dp = kzalloc(sizeof(*dp), GFP_KERNEL);
	if (!dp)
		return NULL;
	if (ovsr_fault(OVSR_FAULT_DP_ALLOC))
		goto out_free;

	write_pnet(&dp->net, net);
	xa_init(&dp->vports);
	dp->stats = netdev_alloc_pcpu_stats(struct ovsr_dp_stats);
	if (!dp->stats)
		goto out_free;
	if (ovsr_flow_table_init(&dp->flows))
		goto out_stats;
	if (ovsr_meters_init(&dp->meters))
		goto out_flows;
	return dp;

out_flows:
	ovsr_flow_table_destroy(&dp->flows);
out_stats:
	free_percpu(dp->stats);
out_free:
	kfree(dp);
	return NULL;
}

/* For a datapath that has neither ports nor flows (any more) and that no reader can see. */
void ovsr_dp_free(struct ovsr_datapath *dp)
{
	ovsr_meters_destroy(&dp->meters);
	ovsr_flow_table_destroy(&dp->flows);
	free_percpu(dp->stats);
	WARN_ON(!xa_empty(&dp->vports));
	kfree(rcu_dereference_raw(dp->upcall_pids));
	kfree(dp);
}

/* Takes a datapath down with all its ports.  Under ovsr_lock. */
void ovsr_dp_destroy(struct ovsr_datapath *dp)
{
	struct ovsr_vport *vport;
	unsigned long port_no;

	/*
	 * The local port is the upper device of the others and names the datapath: it goes last.
	 * A reader gets at the datapath only by way of a port, and unregistering the local device
	 * waits for those that did.
	 */
	list_del(&dp->node);
	xa_for_each_start(&dp->vports, port_no, vport, OVSP_LOCAL + 1)
		ovsr_vport_del(vport);
	ovsr_vport_del(ovsr_vport_find(dp, OVSP_LOCAL));
	ovsr_flow_table_flush(&dp->flows);
	ovsr_dp_free(dp);
}

/* Puts the internal ports of @dp whose device was moved to @net on @guests. */
static void find_guests(struct ovsr_datapath *dp, const struct net *net, struct list_head *guests)
{
	struct ovsr_vport *vport;
	unsigned long port_no;

	xa_for_each(&dp->vports, port_no, vport)
		if (vport->ops->type == OVS_VPORT_TYPE_INTERNAL && net_eq(dev_net(vport->dev), net))
			list_add(&vport->detach, guests);
}

/* @net goes: so do its datapaths, and the ports that others have in it.  Under ovsr_lock. */
void ovsr_dp_net_exit(struct net *net)
{
	struct ovsr_datapath *dp, *next_dp;
	struct ovsr_vport *vport, *next;
	struct ovsr_net *other;
	LIST_HEAD(guests);

	list_for_each_entry_safe(dp, next_dp, &ovsr_net(net)->datapaths, node)
		ovsr_dp_destroy(dp);

	list_for_each_entry(other, &ovsr_nets, node)
		list_for_each_entry(dp, &other->datapaths, node)
			find_guests(dp, net, &guests);
	list_for_each_entry_safe(vport, next, &guests, detach)
		ovsr_vport_del(vport);
}

void ovsr_dp_stats_get(const struct ovsr_datapath *dp, struct ovs_dp_stats *stats,
		       struct ovs_dp_megaflow_stats *mega)
{
	int cpu;

	*stats = (struct ovs_dp_stats){ .n_flows = ovsr_flow_table_n_flows(&dp->flows) };
	*mega = (struct ovs_dp_megaflow_stats){ .n_masks = ovsr_flow_table_n_masks(&dp->flows) };

	for_each_possible_cpu(cpu) {
		const struct ovsr_dp_stats *s = per_cpu_ptr(dp->stats, cpu);
		u64 hit, missed, lost, mask_hit, cache_hit;
		unsigned int start;

		do {
			start = u64_stats_fetch_begin_irq(&s->syncp);
			hit = u64_stats_read(&s->n_hit);
			missed = u64_stats_read(&s->n_missed);
			lost = u64_stats_read(&s->n_lost);
			mask_hit = u64_stats_read(&s->n_mask_hit);
			cache_hit = u64_stats_read(&s->n_cache_hit);
		} while (u64_stats_fetch_retry_irq(&s->syncp, start));

		stats->n_hit += hit;
		stats->n_missed += missed;
		stats->n_lost += lost;
		mega->n_mask_hit += mask_hit;
		mega->n_cache_hit += cache_hit;
	}
}

static void count(struct ovsr_datapath *dp, bool hit, u32 n_mask_hit, u32 n_cache_hit)
{
	struct ovsr_dp_stats *stats = this_cpu_ptr(dp->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(hit ? &stats->n_hit : &stats->n_missed);
	u64_stats_add(&stats->n_mask_hit, n_mask_hit);
	u64_stats_add(&stats->n_cache_hit, n_cache_hit);
	u64_stats_update_end(&stats->syncp);
}

static void miss(struct ovsr_datapath *dp, struct sk_buff *skb, const struct ovsr_key *key)
{
	struct ovsr_upcall upcall = {
		.cmd = OVS_PACKET_CMD_MISS,
		.mru = OVSR_CB(skb)->mru,
	};

	if (dp->user_features & OVS_DP_F_DISPATCH_UPCALL_PER_CPU)
		upcall.portid = ovsr_upcall_portid_cpu(dp, smp_processor_id());
	else
		upcall.portid = ovsr_vport_upcall_portid(OVSR_CB(skb)->input_vport, skb);

	if (ovsr_upcall(dp, skb, key, &upcall, U32_MAX)) {
		skb_tx_error(skb);
		kfree_skb(skb);
	} else {
		consume_skb(skb);
	}
}

void ovsr_dp_process(struct sk_buff *skb, struct ovsr_key *key)
{
	struct ovsr_datapath *dp = OVSR_CB(skb)->input_vport->dp;
	u32 n_mask_hit = 0, n_cache_hit = 0;
	struct ovsr_flow *flow;
	int err;

	flow = ovsr_flow_table_lookup(&dp->flows, key, skb_get_hash(skb), &n_mask_hit,
				      &n_cache_hit);
	count(dp, flow, n_mask_hit, n_cache_hit);
	trace_ovsr_verdict(OVSR_CB(skb)->input_vport, skb, key, flow, n_mask_hit);
	if (unlikely(!flow)) {
		miss(dp, skb, key);
		return;
	}

	ovsr_flow_stats_update(flow, skb, key->l4.tcp_flags);
	err = ovsr_actions_execute(dp, skb, rcu_dereference(flow->actions), key);
	if (unlikely(err))
		net_dbg_ratelimited("datapath %d: actions failed: %d\n", ovsr_dp_ifindex(dp), err);
}
