/* SPDX-License-Identifier: GPL-2.0-only */
/* The masks of one flow table, and the guess which of them a packet will need. */
#ifndef OVSR_FLOW_MASK_H
#define OVSR_FLOW_MASK_H

#include <linux/list.h>

#include "flow_key.h"

struct ovsr_mask_cache;

/* One mask, shared by the flows that were installed with it. */
struct ovsr_mask {
	struct list_head node;
	u32 salt;  /* keeps equal bytes under different masks apart in a hash */
	u64 words; /* of @key that are not zero: all that it looks at */
	struct ovsr_key key;
	u32 refs;
	struct rcu_head rcu;
};

/**
 * struct ovsr_masks - all masks of a table
 * @list: &struct ovsr_mask, in the order in which they are tried; changed under ovsr_lock, read
 *	under RCU
 * @n: their number
 * @n_removed: how many have left so far: what was guessed before the last of them is void
 * @cache: what each processor guesses
 */
struct ovsr_masks {
	struct list_head list;
	u32 n;
	unsigned long n_removed;
	struct ovsr_mask_cache __rcu *cache;
};

/* Returns 0 or -ENOMEM. */
int ovsr_masks_init(struct ovsr_masks *masks);
/* For masks that no flow refers to and no reader can see any more. */
void ovsr_masks_destroy(struct ovsr_masks *masks);

/* The mask of @match, with one more reference; a new one if there is none. NULL: no memory. */
struct ovsr_mask *ovsr_mask_get(struct ovsr_masks *masks, const struct ovsr_match *match);
void ovsr_mask_put(struct ovsr_masks *masks, struct ovsr_mask *mask);

/*
 * Where this processor keeps its guess for packets of @hash: a mask of @masks, to be tried first,
 * or NULL while it has none. Whoever finds a better one writes it there. Returns NULL when the
 * cache is off. Good while bottom halves stay off and within the same rcu_read_lock().
 */
struct ovsr_mask **ovsr_mask_guess(const struct ovsr_masks *masks, u32 hash);

/* Guesses for each processor. */
u32 ovsr_mask_cache_size(const struct ovsr_masks *masks);
/* @size: 0 or a power of two. Returns 0, -EINVAL or -ENOMEM. */
int ovsr_mask_cache_resize(struct ovsr_masks *masks, u32 size);

#endif
