/* SPDX-License-Identifier: GPL-2.0-only */
/* Meters: rate limits that the meter action puts packets to. */
#ifndef OVSR_METER_H
#define OVSR_METER_H

#include <linux/openvswitch.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>

#define OVSR_METER_BANDS 1 /* that one meter may have */

/**
 * struct ovsr_meter_band - one rate
 * @type: OVS_METER_BAND_TYPE_*
 * @rate: kilobits, or packets, a second
 * @bucket: what may pass now, in bits or thousandths of a packet; at most @burst thousand
 */
struct ovsr_meter_band {
	u32 type;
	u32 rate;
	u32 burst;
	u64 bucket;
	struct ovs_flow_stats stats;
};

/**
 * struct ovsr_meter - one meter
 * @lock: over all that changes with a packet
 * @kbps: rates are of bits, not of packets
 * @keep_stats: the meter that replaces this one tells its stats
 * @max_delta_ms: as long as it takes to fill the largest bucket
 * @used_ms: monotonic time of the last packet
 */
struct ovsr_meter {
	struct rcu_head rcu;
	spinlock_t lock; /* see above */
	u32 id;
	bool kbps;
	bool keep_stats;
	u8 n_bands;
	u32 max_delta_ms;
	u64 used_ms;
	struct ovs_flow_stats stats;
	struct ovsr_meter_band bands[OVSR_METER_BANDS];
};

struct ovsr_meter_slots;

/* The meters of one datapath; changed under ovsr_lock, read under RCU. */
struct ovsr_meters {
	struct ovsr_meter_slots __rcu *slots;
	u32 n;
	u32 max;
};

int ovsr_meters_init(struct ovsr_meters *meters);
/* Does not sleep; nobody else may see the meters any more. */
void ovsr_meters_destroy(struct ovsr_meters *meters);

struct ovsr_meter *ovsr_meter_find(const struct ovsr_meters *meters, u32 id);
/* Takes @meter over. 0, -EFBIG (too many), -EBUSY (another one is in its place), or -ENOMEM. */
int ovsr_meter_insert(struct ovsr_meters *meters, struct ovsr_meter *meter);
/* Takes @meter out; the caller frees it with kfree_rcu(). 0, or -ENOMEM with nothing changed. */
int ovsr_meter_remove(struct ovsr_meters *meters, struct ovsr_meter *meter);

/* True if the packet is to be dropped. A meter that does not exist lets everything pass. */
bool ovsr_meter_execute(const struct ovsr_meters *meters, const struct sk_buff *skb, u32 id);

#endif
