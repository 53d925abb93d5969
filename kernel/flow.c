// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <linux/percpu.h>

#include "action_parse.h"
#include "fault.h"
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
	struct ovsr_flow *flow = NULL;

	if (!ovsr_fault(OVSR_FAULT_FLOW_ALLOC))
		flow = kzalloc(sizeof(*flow), GFP_KERNEL);
	if (!flow)
		return ERR_PTR(-ENOMEM);
	flow->counters.first_cpu = -1;
	spin_lock_init(&flow->counters.first.lock);
	return flow;
}

void ovsr_flow_free(struct ovsr_flow *flow)
{
	if (!flow)
		return;
	ovsr_actions_free(rcu_dereference_raw(flow->actions));
	ovsr_flow_id_destroy(&flow->id);
	free_percpu(flow->counters.others);
	kfree(flow);
}

static void flow_free_rcu(struct rcu_head *rcu)
{
	ovsr_flow_free(container_of(rcu, struct ovsr_flow, rcu));
}

void ovsr_flow_free_rcu(struct ovsr_flow *flow)
{
	call_rcu(&flow->rcu, flow_free_rcu);
}

/* Others may do the same at this moment: one wins. NULL when there is no memory. */
static struct ovsr_flow_counter __percpu *others_add(struct ovsr_flow_counters *c)
{
	struct ovsr_flow_counter __percpu *old, *new;
	int cpu;

	new = alloc_percpu_gfp(struct ovsr_flow_counter, GFP_NOWAIT | __GFP_NOWARN);
	if (!new)
		return NULL;
	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(new, cpu)->lock);
	old = cmpxchg(&c->others, NULL, new);
	if (!old)
		return new;
	free_percpu(new);
	return old;
}

/* This processor's; the first one's while there is no memory for another. */
static struct ovsr_flow_counter *counter_of(struct ovsr_flow_counters *c)
{
	struct ovsr_flow_counter __percpu *others;
	int cpu = smp_processor_id();
	int first = READ_ONCE(c->first_cpu);

	if (unlikely(first < 0))
		first = cmpxchg(&c->first_cpu, -1, cpu);
	if (first == cpu || first < 0)
		return &c->first;
	others = READ_ONCE(c->others);
	if (unlikely(!others))
		others = others_add(c);
	return others ? this_cpu_ptr(others) : &c->first;
}

void ovsr_flow_stats_update(struct ovsr_flow *flow, const struct sk_buff *skb, __be16 tcp_flags)
{
	struct ovsr_flow_counter *counter = counter_of(&flow->counters);

	spin_lock(&counter->lock);
	counter->s.packets++;
	counter->s.bytes += skb->len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
	counter->s.used = jiffies;
	counter->s.tcp_flags |= tcp_flags;
	spin_unlock(&counter->lock);
}

static void counter_add(struct ovsr_flow_counter *counter, struct ovsr_flow_stats *sum)
{
	spin_lock_bh(&counter->lock);
	sum->packets += counter->s.packets;
	sum->bytes += counter->s.bytes;
	sum->tcp_flags |= counter->s.tcp_flags;
	if (counter->s.used && (!sum->used || time_after(counter->s.used, sum->used)))
		sum->used = counter->s.used;
	spin_unlock_bh(&counter->lock);
}

static void counter_clear(struct ovsr_flow_counter *counter)
{
	spin_lock_bh(&counter->lock);
	memset(&counter->s, 0, sizeof(counter->s));
	spin_unlock_bh(&counter->lock);
}

void ovsr_flow_stats_get(struct ovsr_flow *flow, struct ovsr_flow_stats *out)
{
	struct ovsr_flow_counter __percpu *others = READ_ONCE(flow->counters.others);
	int cpu;

	memset(out, 0, sizeof(*out));
	if (READ_ONCE(flow->counters.first_cpu) < 0)
		return;
	counter_add(&flow->counters.first, out);
	if (!others)
		return;
	for_each_possible_cpu(cpu)
		counter_add(per_cpu_ptr(others, cpu), out);
}

void ovsr_flow_stats_clear(struct ovsr_flow *flow)
{
	struct ovsr_flow_counter __percpu *others = READ_ONCE(flow->counters.others);
	int cpu;

	counter_clear(&flow->counters.first);
	if (!others)
		return;
	for_each_possible_cpu(cpu)
		counter_clear(per_cpu_ptr(others, cpu));
}

u64 ovsr_flow_used_ms(unsigned long used)
{
	u64 now_ms = div_u64(ktime_get_ns(), NSEC_PER_MSEC);

	return now_ms - jiffies_to_msecs(jiffies - used);
}

bool ovsr_flow_is(const struct ovsr_flow *flow, const struct ovsr_match *match)
{
	const struct ovsr_key *own = flow->id.ufid_len ? &flow->key : flow->id.key;

	return ovsr_key_equal(own, &match->key, match->named);
}
