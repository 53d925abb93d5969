/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flows of one datapath.
 *
 * Writers hold ovsr_lock; lookups and ovsr_flow_table_next() run under RCU or ovsr_lock.
 */
#ifndef OVSR_FLOW_TABLE_H
#define OVSR_FLOW_TABLE_H

#include <linux/xarray.h>

#include "flow_key.h"

struct ovsr_actions;

/* One mask, shared by the flows that were installed with it. */
struct ovsr_mask {
	struct rcu_head rcu;
	u32 refs;
	u16 start; /* the bytes of @key outside of [start, end) are zero */
	u16 end;
	struct ovsr_key key;
};

struct ovsr_flow_stats {
	u64 packets;
	u64 bytes;
	unsigned long used; /* jiffies of the last packet, 0 for never */
	__be16 tcp_flags;   /* all that were seen */
};

struct ovsr_flow_cpu_stats {
	spinlock_t lock;
	struct ovsr_flow_stats s;
};

/* The ways to find a flow. */
enum ovsr_flow_by {
	OVSR_BY_KEY,  /* every flow: by its masked key */
	OVSR_BY_UFID, /* those that have one */
	OVSR_BY_MAX
};

/*
 * A flow's place in one hash table: of its two nodes one is in use, so that a table can be resized.
 */
struct ovsr_flow_link {
	struct hlist_node node[2];
	u32 hash;
};

struct ovsr_flow {
	struct rcu_head rcu;
	struct ovsr_flow_link link[OVSR_BY_MAX];
	u32 index;		/* place in the order of a dump */
	struct ovsr_mask *mask; /* set by insert */
	struct ovsr_key key;	/* under the mask */
	struct ovsr_flow_id id;
	struct ovsr_actions __rcu *actions;
	struct ovsr_flow_cpu_stats __percpu *stats;
};

struct ovsr_flow_hash;
struct ovsr_mask_array;
struct ovsr_mask_cache;

struct ovsr_flow_table {
	struct ovsr_flow_hash __rcu *hash[OVSR_BY_MAX];
	struct xarray flows; /* index -> flow, the order of dumps */
	u32 next_index;
	struct ovsr_mask_array __rcu *masks;
	struct ovsr_mask_cache __rcu *cache;
};

/* A flow with zeroed contents and stats, or ERR_PTR(-ENOMEM). */
struct ovsr_flow *ovsr_flow_alloc(void);
/*
 * Frees @flow, its id and its actions; after a grace period when readers may see it (@deferred).
 * NULL is fine.
 */
void ovsr_flow_free(struct ovsr_flow *flow, bool deferred);

void ovsr_flow_stats_update(struct ovsr_flow *flow, const struct sk_buff *skb, __be16 tcp_flags);
void ovsr_flow_stats_get(const struct ovsr_flow *flow, struct ovsr_flow_stats *out);
void ovsr_flow_stats_clear(struct ovsr_flow *flow);
/* jiffies -> OVS_FLOW_ATTR_USED, milliseconds of monotonic time. */
u64 ovsr_flow_used_ms(unsigned long used);

int ovsr_flow_table_init(struct ovsr_flow_table *table);
/* For a table that was flushed and that no reader can see any more. Does not sleep. */
void ovsr_flow_table_destroy(struct ovsr_flow_table *table);
/* Removes every flow. Returns 0. */
int ovsr_flow_table_flush(struct ovsr_flow_table *table);

/*
 * The packet path: the flow that matches @key, or NULL. Adds to *@n_mask_hit the masks that were
 * tried and to *@n_cache_hit one if the mask cache knew. @skb_hash: skb_get_hash(), 0 if there is
 * none.
 */
struct ovsr_flow *ovsr_flow_table_lookup(struct ovsr_flow_table *table, const struct ovsr_key *key,
					 u32 skb_hash, u32 *n_mask_hit, u32 *n_cache_hit);
/* The flow that a packet of @key would hit, without cache and counts. */
struct ovsr_flow *ovsr_flow_table_find(struct ovsr_flow_table *table, const struct ovsr_key *key);
/* The flow without a ufid that was installed with exactly @key (unmasked), or NULL. */
struct ovsr_flow *ovsr_flow_table_find_exact(struct ovsr_flow_table *table,
					     const struct ovsr_key *key);
/* The flow with this ufid, or NULL. */
struct ovsr_flow *ovsr_flow_table_find_ufid(struct ovsr_flow_table *table,
					    const struct ovsr_flow_id *id);
/*
 * True when @flow, found for a NEW of the unmasked @key, is the very flow that NEW means: it was
 * installed with @key; or, if it has a ufid, its masked key is @key.
 */
bool ovsr_flow_is(const struct ovsr_flow *flow, const struct ovsr_key *key);

/* Takes over @flow, whose key, id and actions are set. Returns 0 or -ENOMEM. */
int ovsr_flow_table_insert(struct ovsr_flow_table *table, struct ovsr_flow *flow,
			   const struct ovsr_key *mask);
/* Takes @flow out; the caller frees it with ovsr_flow_free(flow, true). */
void ovsr_flow_table_remove(struct ovsr_flow_table *table, struct ovsr_flow *flow);

/*
 * The first flow whose place is *@cursor or later, NULL at the end; *@cursor moves behind it. Start
 * with 0. A cursor may be kept across dump calls: a flow that stays is seen exactly once.
 */
struct ovsr_flow *ovsr_flow_table_next(struct ovsr_flow_table *table, unsigned long *cursor);

u32 ovsr_flow_table_n_flows(const struct ovsr_flow_table *table);
u32 ovsr_flow_table_n_masks(const struct ovsr_flow_table *table);

/* Entries of the mask cache per processor: OVS_DP_ATTR_MASKS_CACHE_SIZE. */
u32 ovsr_flow_table_cache_size(const struct ovsr_flow_table *table);
/* 0 switches it off; else a power of two. Returns 0, -EINVAL, or -ENOMEM. */
int ovsr_flow_table_cache_resize(struct ovsr_flow_table *table, u32 size);

#endif
