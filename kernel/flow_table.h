/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flows of one datapath.
 *
 * Writers hold ovsr_lock; lookups and ovsr_flow_table_next() run under RCU or ovsr_lock.
 */
#ifndef OVSR_FLOW_TABLE_H
#define OVSR_FLOW_TABLE_H

#include <linux/rhashtable-types.h>
#include <linux/xarray.h>

#include "flow.h"
#include "flow_mask.h"

struct seq_file;

struct ovsr_flow_table {
	struct rhashtable by_key;
	struct rhashtable by_ufid;
	struct xarray flows; /* index -> flow, the order of dumps */
	u32 next_index;
	struct ovsr_masks masks;
};

int ovsr_flow_table_init(struct ovsr_flow_table *table);
/* For a table that was flushed and that no reader can see any more. May sleep. */
void ovsr_flow_table_destroy(struct ovsr_flow_table *table);
/* Removes every flow. Returns 0. */
int ovsr_flow_table_flush(struct ovsr_flow_table *table);

/*
 * The packet path, with bottom halves off: the flow that matches @key, or NULL. Adds to
 * *@n_mask_hit the masks that were tried and to *@n_cache_hit one if the guess at the mask was
 * right. @skb_hash: skb_get_hash(), 0 if there is none.
 */
struct ovsr_flow *ovsr_flow_table_lookup(struct ovsr_flow_table *table, const struct ovsr_key *key,
					 u32 skb_hash, u32 *n_mask_hit, u32 *n_cache_hit);
/* The flow that a packet of @key would hit, without cache and counts. */
struct ovsr_flow *ovsr_flow_table_find(struct ovsr_flow_table *table, const struct ovsr_key *key);
/* The flow without a ufid that the (unmasked) key of @match names, or NULL. Under ovsr_lock. */
struct ovsr_flow *ovsr_flow_table_find_exact(struct ovsr_flow_table *table,
					     const struct ovsr_match *match);
/* The flow with this ufid, or NULL. */
struct ovsr_flow *ovsr_flow_table_find_ufid(struct ovsr_flow_table *table,
					    const struct ovsr_flow_id *id);
/* Takes over @flow, whose key, id and actions are set. Returns 0 or -ENOMEM. */
int ovsr_flow_table_insert(struct ovsr_flow_table *table, struct ovsr_flow *flow,
			   const struct ovsr_match *match);
/* Takes @flow out; the caller frees it with ovsr_flow_free_rcu(flow). */
void ovsr_flow_table_remove(struct ovsr_flow_table *table, struct ovsr_flow *flow);

/*
 * The first flow whose place is *@cursor or later, NULL at the end; *@cursor moves behind it. Start
 * with 0. A cursor may be kept across dump calls: a flow that stays is seen exactly once.
 */
struct ovsr_flow *ovsr_flow_table_next(struct ovsr_flow_table *table, unsigned long *cursor);

u32 ovsr_flow_table_n_flows(const struct ovsr_flow_table *table);
/* How full it is, and its masks in the order in which they are tried. Under ovsr_lock. */
void ovsr_flow_table_show(struct seq_file *m, const struct ovsr_flow_table *table);
u32 ovsr_flow_table_n_masks(const struct ovsr_flow_table *table);

/* Entries of the mask cache per processor: OVS_DP_ATTR_MASKS_CACHE_SIZE. */
u32 ovsr_flow_table_cache_size(const struct ovsr_flow_table *table);
/* 0 switches it off; else a power of two. Returns 0, -EINVAL, or -ENOMEM. */
int ovsr_flow_table_cache_resize(struct ovsr_flow_table *table, u32 size);

#endif
