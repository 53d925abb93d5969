// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <linux/percpu.h>

#include "action_parse.h"
#include "flow.h"

int ovsr_flow_id_init(struct ovsr_flow_id *id, const struct nlattr *ufid,
		      const struct ovsr_key *key, bool log)
{
	if (ovsr_flow_id_parse_ufid(id, ufid, log))
		return 0;
	id->key = kmemdup(key, sizeof(*key), GFP_KERNEL);
	return id->key ? 0 : -ENOMEM;
}

bool ovsr_flow_id_parse_ufid(struct ovsr_flow_id *id, const struct nlattr *ufid, bool log)
{
	int len = ufid ? nla_len(ufid) : 0;

	memset(id, 0, sizeof(*id));
	if (!ufid)
		return false;
	if (len < 1 || len > OVSR_UFID_MAX) {
		ovsr_log(log, "ufid of %d bytes", len);
		return false;
	}
	id->ufid_len = len;
	memcpy(id->ufid, nla_data(ufid), len);
	return true;
}

void ovsr_flow_id_destroy(struct ovsr_flow_id *id)
{
	kfree(id->key);
	id->key = NULL;
}

struct ovsr_flow *ovsr_flow_alloc(void)
{
	struct ovsr_flow *flow = kzalloc(sizeof(*flow), GFP_KERNEL);
	int cpu;

	if (!flow)
		return ERR_PTR(-ENOMEM);
	flow->stats = alloc_percpu(struct ovsr_flow_cpu_stats);
	if (!flow->stats) {
		kfree(flow);
		return ERR_PTR(-ENOMEM);
	}
	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(flow->stats, cpu)->lock);
	return flow;
}

static void flow_free(struct ovsr_flow *flow)
{
	ovsr_actions_free(rcu_dereference_raw(flow->actions));
	ovsr_flow_id_destroy(&flow->id);
	free_percpu(flow->stats);
	kfree(flow);
}

static void flow_free_rcu(struct rcu_head *rcu)
{
	flow_free(container_of(rcu, struct ovsr_flow, rcu));
}

void ovsr_flow_free(struct ovsr_flow *flow, bool deferred)
{
	if (!flow)
		return;
	if (deferred)
		call_rcu(&flow->rcu, flow_free_rcu);
	else
		flow_free(flow);
}

void ovsr_flow_stats_update(struct ovsr_flow *flow, const struct sk_buff *skb, __be16 tcp_flags)
{
	struct ovsr_flow_cpu_stats *stats = this_cpu_ptr(flow->stats);

	spin_lock(&stats->lock);
	stats->s.packets++;
	stats->s.bytes += skb->len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
	stats->s.used = jiffies;
	stats->s.tcp_flags |= tcp_flags;
	spin_unlock(&stats->lock);
}

void ovsr_flow_stats_get(const struct ovsr_flow *flow, struct ovsr_flow_stats *out)
{
	struct ovsr_flow_cpu_stats *stats;
	int cpu;

	memset(out, 0, sizeof(*out));
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(flow->stats, cpu);
		spin_lock_bh(&stats->lock);
		out->packets += stats->s.packets;
		out->bytes += stats->s.bytes;
		out->tcp_flags |= stats->s.tcp_flags;
		if (!out->used || time_after(stats->s.used, out->used))
			out->used = stats->s.used ?: out->used;
		spin_unlock_bh(&stats->lock);
	}
}

void ovsr_flow_stats_clear(struct ovsr_flow *flow)
{
	struct ovsr_flow_cpu_stats *stats;
	int cpu;

	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(flow->stats, cpu);
		spin_lock_bh(&stats->lock);
		memset(&stats->s, 0, sizeof(stats->s));
		spin_unlock_bh(&stats->lock);
	}
}

u64 ovsr_flow_used_ms(unsigned long used)
{
	u64 now_ms = div_u64(ktime_get_ns(), NSEC_PER_MSEC);

	return now_ms - jiffies_to_msecs(jiffies - used);
}

bool ovsr_flow_is(const struct ovsr_flow *flow, const struct ovsr_key *key)
{
	const struct ovsr_key *own = flow->id.ufid_len ? &flow->key : flow->id.key;

	return !memcmp(own, key, sizeof(*key));
}
