/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OVSR_DATAPATH_H
#define OVSR_DATAPATH_H

#include <linux/openvswitch.h>
#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "flow_table.h"
#include "limit.h"
#include "lock.h"
#include "meter.h"

struct ovsr_key;
struct ovsr_portids;
struct ovsr_vport;

/* Per-CPU packet counters; written with bottom halves off. */
struct ovsr_dp_stats {
	u64_stats_t n_hit;
	u64_stats_t n_missed;
	u64_stats_t n_lost;
	u64_stats_t n_mask_hit;
	u64_stats_t n_cache_hit;
	struct u64_stats_sync syncp;
};

/**
 * struct ovsr_datapath - one switch
 * @node: in &ovsr_net.datapaths, under ovsr_lock
 * @flows: the flow table
 * @meters: what the meter action refers to
 * @vports: &struct ovsr_vport by port number; changed under ovsr_lock, read under RCU
 * @stats: packet counters
 * @net: the namespace that the datapath lives in
 * @user_features: OVS_DP_F_* bits that userspace has announced
 * @max_headroom: largest headroom that any of the ports asks for, in bytes
 * @upcall_pids: one port id per CPU, or NULL; used with OVS_DP_F_DISPATCH_UPCALL_PER_CPU
 */
struct ovsr_datapath {
	struct list_head node;
	struct ovsr_flow_table flows;
	struct ovsr_meters meters;
	struct xarray vports;
	struct ovsr_dp_stats __percpu *stats;
	possible_net_t net;
	u32 user_features;
	unsigned int max_headroom;
	struct ovsr_portids __rcu *upcall_pids;
};

/* What the module keeps for each network namespace. @node: in ovsr_nets. */
struct ovsr_net {
	struct list_head node;
	struct list_head datapaths; /* under ovsr_lock */
	struct work_struct detach_work;
	struct ovsr_limits limits;
};

/**
 * struct ovsr_skb_cb - what travels with a packet inside the datapath
 * @input_vport: the port that it came in on
 * @mru: largest fragment seen by reassembly, in bytes; 0 for a packet that was not reassembled
 * @cutlen: bytes to keep on the next output; U32_MAX for all
 */
struct ovsr_skb_cb {
	struct ovsr_vport *input_vport;
	u16 mru;
	u32 cutlen;
};

#define OVSR_CB(skb) ((struct ovsr_skb_cb *)(skb)->cb)

static inline struct net *ovsr_dp_net(const struct ovsr_datapath *dp)
{
	return read_pnet(&dp->net);
}

/* Of all namespaces that have one, which are not all while the module loads. Under ovsr_lock. */
extern struct list_head ovsr_nets;

struct ovsr_net *ovsr_net(const struct net *net);

struct ovsr_datapath *ovsr_dp_find(struct net *net, int ifindex);
const char *ovsr_dp_name(struct ovsr_datapath *dp);
int ovsr_dp_ifindex(struct ovsr_datapath *dp);

struct ovsr_datapath *ovsr_dp_create(struct net *net);
void ovsr_dp_free(struct ovsr_datapath *dp);
void ovsr_dp_destroy(struct ovsr_datapath *dp);
void ovsr_dp_net_exit(struct net *net);

void ovsr_dp_stats_get(const struct ovsr_datapath *dp, struct ovs_dp_stats *stats,
		       struct ovs_dp_megaflow_stats *mega);

/* Looks @key up and runs the flow's actions, or sends a MISS upcall.  Consumes @skb; @key may be
 * changed.  Also what the recirc action ends in.  Under rcu_read_lock with bottom halves off.
 */
void ovsr_dp_process(struct sk_buff *skb, struct ovsr_key *key);

#endif /* OVSR_DATAPATH_H */
