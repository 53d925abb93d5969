/* SPDX-License-Identifier: GPL-2.0-only */
/* The masks of one flow table, and the guess which of them a packet will need. */
#ifndef OVSR_FLOW_MASK_H
#define OVSR_FLOW_MASK_H

#include "flow_key.h"

/* One mask, shared by the flows that were installed with it. */
struct ovsr_mask {
	struct rcu_head rcu;
	u32 refs;
	u16 start; /* the bytes of @key outside of [start, end) are zero */
	u16 end;
	struct ovsr_key key;
};

/* Readers stop at the first slot that is NULL. Changed under ovsr_lock. */
struct ovsr_mask_array {
	struct rcu_head rcu;
	u32 n;
	u32 room;
	struct ovsr_mask __rcu *masks[];
};

/* Which mask the last packet of this hash matched with: a guess, to be tried first. */
struct ovsr_mask_guess {
	u32 skb_hash; /* 0: free */
	u32 index;
};

struct ovsr_mask_cache {
	struct rcu_head rcu;
	u32 size;
	struct ovsr_mask_guess __percpu *guesses;
};

/* An empty array, or NULL. */
struct ovsr_mask_array *ovsr_mask_array_alloc(void);

/*
 * The mask in *@array that is @key, with one more reference; a new one if there is none. NULL
 * without memory.
 */
struct ovsr_mask *ovsr_mask_get(struct ovsr_mask_array __rcu **array, const struct ovsr_key *key);
void ovsr_mask_put(struct ovsr_mask_array __rcu **array, struct ovsr_mask *mask);

/*
 * A cache of @size entries for each processor; ERR_PTR(-EINVAL) unless that is 0 or a power of two.
 */
struct ovsr_mask_cache *ovsr_mask_cache_alloc(u32 size);
struct ovsr_mask_cache *ovsr_mask_cache_default(void);
/* NULL is fine. */
void ovsr_mask_cache_free(struct ovsr_mask_cache *cache);
void ovsr_mask_cache_free_rcu(struct ovsr_mask_cache *cache);

/*
 * The guess for @skb_hash on this processor; if there is none, the oldest among its places, to be
 * overwritten, and *@known is false.
 */
struct ovsr_mask_guess *ovsr_mask_cache_find(const struct ovsr_mask_cache *cache, u32 skb_hash,
					     bool *known);

#endif
