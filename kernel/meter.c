// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>

#include "fault.h"
#include "lock.h"
#include "meter.h"

#define SLOTS_MIN    1024
#define METERS_MAX   200000
#define METER_LEN    64 /* what 6.1 takes for one, without locks to debug */
#define MEMORY_SHIFT 5	/* meters may take this power of two's part of all memory */

/*
 * A meter's slot is its id modulo the number of slots, and a slot that is taken is busy. When the
 * number changes, meters stay where they are, so that one whose slot is another then is not found
 * until the number is what it was. That is how 6.1 does it; userspace gives out ids from zero.
 */
struct ovsr_meter_slots {
	struct rcu_head rcu;
	u32 n;
	struct ovsr_meter __rcu *slot[];
};

static struct ovsr_meter_slots *slots_alloc(u32 n)
{
	struct ovsr_meter_slots *slots = kvzalloc(struct_size(slots, slot, n), GFP_KERNEL);

	if (slots)
		slots->n = n;
	return slots;
}

static int slots_resize(struct ovsr_meters *meters, u32 n)
{
	struct ovsr_meter_slots *old = ovsr_dereference(meters->slots);
	struct ovsr_meter_slots *new = slots_alloc(n);
	u32 i;

	if (!new)
		return -ENOMEM;
	for (i = 0; i < min(old->n, n); i++)
		RCU_INIT_POINTER(new->slot[i], ovsr_dereference(old->slot[i]));
	rcu_assign_pointer(meters->slots, new);
	kvfree_rcu(old, rcu);
	return 0;
}

static struct ovsr_meter __rcu **slot_of(struct ovsr_meter_slots *slots, u32 id)
{
	return &slots->slot[id % slots->n];
}

struct ovsr_meter *ovsr_meter_find(const struct ovsr_meters *meters, u32 id)
{
	struct ovsr_meter *meter;

	meter = ovsr_dereference_rcu(*slot_of(ovsr_dereference_rcu(meters->slots), id));
	return meter && meter->id == id ? meter : NULL;
}

int ovsr_meter_insert(struct ovsr_meters *meters, struct ovsr_meter *meter)
{
	struct ovsr_meter_slots *slots = ovsr_dereference(meters->slots);
	struct ovsr_meter __rcu **slot;
	int err;

	if (ovsr_fault(OVSR_FAULT_METER_LINK))
		return -ENOMEM;
	if (meters->n + 1 >= meters->max)
		return -EFBIG;
	if (meters->n + 1 >= slots->n) {
		err = slots_resize(meters, 2 * slots->n);
		if (err)
			return err;
	}
	slot = slot_of(ovsr_dereference(meters->slots), meter->id);
	if (rcu_access_pointer(*slot))
		return -EBUSY;
	rcu_assign_pointer(*slot, meter);
	meters->n++;
	return 0;
}

static bool upper_half_empty(const struct ovsr_meter_slots *slots)
{
	u32 i;

	for (i = slots->n / 2; i < slots->n; i++)
		if (rcu_access_pointer(slots->slot[i]))
			return false;
	return true;
}

int ovsr_meter_remove(struct ovsr_meters *meters, struct ovsr_meter *meter)
{
	struct ovsr_meter_slots *slots = ovsr_dereference(meters->slots);

	RCU_INIT_POINTER(*slot_of(slots, meter->id), NULL);
	if (slots->n > SLOTS_MIN && meters->n - 1 <= slots->n / 4 && upper_half_empty(slots) &&
	    slots_resize(meters, slots->n / 2)) {
		rcu_assign_pointer(*slot_of(slots, meter->id), meter);
		return -ENOMEM;
	}
	meters->n--;
	return 0;
}

/* What the time since the last packet lets pass; bounded, so that nothing can wrap. */
static void band_fill(struct ovsr_meter_band *band, u32 delta_ms)
{
	band->bucket = min(band->bucket + (u64)delta_ms * band->rate, band->burst * 1000ULL);
}

/* The band with the highest rate of those that the packet exceeds. */
static struct ovsr_meter_band *band_exceeded(struct ovsr_meter *meter, u32 delta_ms, u32 cost)
{
	struct ovsr_meter_band *exceeded = NULL;
	struct ovsr_meter_band *band;

	for (band = meter->bands; band < meter->bands + meter->n_bands; band++) {
		band_fill(band, delta_ms);
		if (band->bucket >= cost)
			band->bucket -= cost;
		else if (!exceeded || band->rate > exceeded->rate)
			exceeded = band;
	}
	return exceeded;
}

static void stats_count(struct ovs_flow_stats *stats, const struct sk_buff *skb)
{
	stats->n_packets++;
	stats->n_bytes += skb->len;
}

bool ovsr_meter_execute(const struct ovsr_meters *meters, const struct sk_buff *skb, u32 id)
{
	struct ovsr_meter *meter = ovsr_meter_find(meters, id);
	u64 now_ms = div_u64(ktime_get_ns(), NSEC_PER_MSEC);
	struct ovsr_meter_band *band;
	bool drop = false;
	u32 delta_ms = 0;

	if (!meter)
		return false;
	spin_lock(&meter->lock);
	/* Another processor that asked for the time later may have got the lock first. */
	if (now_ms > meter->used_ms)
		delta_ms = min_t(u64, now_ms - meter->used_ms, meter->max_delta_ms);
	meter->used_ms = now_ms;
	stats_count(&meter->stats, skb);
	band = band_exceeded(meter, delta_ms, meter->kbps ? skb->len * 8 : 1000);
	if (band) {
		stats_count(&band->stats, skb);
		drop = band->type == OVS_METER_BAND_TYPE_DROP;
	}
	spin_unlock(&meter->lock);
	return drop;
}

int ovsr_meters_init(struct ovsr_meters *meters)
{
	u64 memory = (u64)nr_free_buffer_pages() * (PAGE_SIZE >> MEMORY_SHIFT);

	meters->n = 0;
	meters->max = min_t(u64, div_u64(memory, METER_LEN), METERS_MAX);
	if (!meters->max)
		return -ENOMEM;
	RCU_INIT_POINTER(meters->slots, slots_alloc(SLOTS_MIN));
	return rcu_access_pointer(meters->slots) ? 0 : -ENOMEM;
}

void ovsr_meters_destroy(struct ovsr_meters *meters)
{
	struct ovsr_meter_slots *slots = rcu_dereference_raw(meters->slots);
	u32 i;

	for (i = 0; slots && i < slots->n; i++)
		kfree(rcu_dereference_raw(slots->slot[i]));
	kvfree(slots);
}
