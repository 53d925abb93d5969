// SPDX-License-Identifier: GPL-2.0-only
#include <linux/moduleparam.h>
#include <linux/percpu.h>

#include "flow_mask.h"
#include "lock.h"

#define MASKS_GROW 16 /* the array grows and shrinks by so many */
#define CACHE_WAYS 4  /* places for a packet's guess: one for each byte of its hash */

static unsigned int cache_default __read_mostly = 256;

static bool cache_size_ok(u32 size)
{
	return (!size || is_power_of_2(size)) &&
	       size * sizeof(struct ovsr_mask_guess) <= PCPU_MIN_UNIT_SIZE;
}

static int cache_default_set(const char *text, const struct kernel_param *param)
{
	unsigned int size;
	int err = kstrtouint(text, 0, &size);

	if (err)
		return err;
	return cache_size_ok(size) ? param_set_uint(text, param) : -EINVAL;
}

static const struct kernel_param_ops cache_default_ops = {
	.set = cache_default_set,
	.get = param_get_uint,
};

module_param_cb(masks_cache_size, &cache_default_ops, &cache_default, 0644);
MODULE_PARM_DESC(masks_cache_size,
		 "Mask cache of a new datapath: entries a CPU, a power of two, or 0 (256)");

static struct ovsr_mask_array *array_alloc(u32 room)
{
	struct ovsr_mask_array *masks = kzalloc(struct_size(masks, masks, room), GFP_KERNEL);

	if (masks)
		masks->room = room;
	return masks;
}

/* Puts in the place of *@array one of @room with the same masks. */
static int array_resize(struct ovsr_mask_array __rcu **array, u32 room)
{
	struct ovsr_mask_array *old = ovsr_dereference(*array);
	struct ovsr_mask_array *new = array_alloc(room);
	u32 i;

	if (!new)
		return -ENOMEM;
	new->n = old->n;
	for (i = 0; i < old->n; i++)
		RCU_INIT_POINTER(new->masks[i], ovsr_dereference(old->masks[i]));
	rcu_assign_pointer(*array, new);
	kfree_rcu(old, rcu);
	return 0;
}

/*
 * The part of @mask that is not all zero, in whole longs; never empty, for mac_proto always counts.
 */
static void mask_range_set(struct ovsr_mask *mask)
{
	const unsigned long *words = (const unsigned long *)&mask->key;
	size_t start = 0;
	size_t end = sizeof(mask->key) / sizeof(*words);

	while (start < end && !words[start])
		start++;
	while (end > start && !words[end - 1])
		end--;
	mask->start = start * sizeof(*words);
	mask->end = end * sizeof(*words);
}

static struct ovsr_mask *mask_find(const struct ovsr_mask_array *masks, const struct ovsr_key *key)
{
	struct ovsr_mask *mask;
	u32 i;

	for (i = 0; i < masks->n; i++) {
		mask = ovsr_dereference(masks->masks[i]);
		if (!memcmp(&mask->key, key, sizeof(*key)))
			return mask;
	}
	return NULL;
}

struct ovsr_mask *ovsr_mask_get(struct ovsr_mask_array __rcu **array, const struct ovsr_key *key)
{
	struct ovsr_mask_array *masks = ovsr_dereference(*array);
	struct ovsr_mask *mask;

	mask = mask_find(masks, key);
	if (mask) {
		mask->refs++;
		return mask;
	}
	mask = kzalloc(sizeof(*mask), GFP_KERNEL);
	if (!mask)
		return NULL;
	mask->refs = 1;
	mask->key = *key;
	mask_range_set(mask);
	if (masks->n == masks->room) {
		if (array_resize(array, masks->room + MASKS_GROW)) {
			kfree(mask);
			return NULL;
		}
		masks = ovsr_dereference(*array);
	}
	rcu_assign_pointer(masks->masks[masks->n], mask);
	WRITE_ONCE(masks->n, masks->n + 1);
	return mask;
}

/* The last mask takes the place of the one that goes, so that a reader meets no gap. */
void ovsr_mask_put(struct ovsr_mask_array __rcu **array, struct ovsr_mask *mask)
{
	struct ovsr_mask_array *masks = ovsr_dereference(*array);
	u32 last = masks->n - 1;
	u32 i;

	if (--mask->refs)
		return;
	for (i = 0; ovsr_dereference(masks->masks[i]) != mask; i++)
		;
	rcu_assign_pointer(masks->masks[i], ovsr_dereference(masks->masks[last]));
	WRITE_ONCE(masks->n, last);
	RCU_INIT_POINTER(masks->masks[last], NULL);
	kfree_rcu(mask, rcu);
	/* Best effort: a large array does no harm. */
	if (masks->room > MASKS_GROW && last <= masks->room / 3)
		array_resize(array, masks->room - MASKS_GROW);
}

struct ovsr_mask_array *ovsr_mask_array_alloc(void)
{
	return array_alloc(MASKS_GROW);
}

struct ovsr_mask_cache *ovsr_mask_cache_alloc(u32 size)
{
	struct ovsr_mask_cache *cache;

	if (!cache_size_ok(size))
		return ERR_PTR(-EINVAL);
	cache = kzalloc(sizeof(*cache), GFP_KERNEL);
	if (!cache)
		return ERR_PTR(-ENOMEM);
	cache->size = size;
	if (!size)
		return cache;
	cache->guesses = __alloc_percpu(array_size(size, sizeof(struct ovsr_mask_guess)),
					__alignof__(struct ovsr_mask_guess));
	if (!cache->guesses) {
		kfree(cache);
		return ERR_PTR(-ENOMEM);
	}
	return cache;
}

struct ovsr_mask_cache *ovsr_mask_cache_default(void)
{
	struct ovsr_mask_cache *cache = ovsr_mask_cache_alloc(cache_default);

	return IS_ERR(cache) ? NULL : cache;
}

void ovsr_mask_cache_free(struct ovsr_mask_cache *cache)
{
	if (!cache)
		return;
	free_percpu(cache->guesses);
	kfree(cache);
}

static void cache_free_rcu(struct rcu_head *rcu)
{
	ovsr_mask_cache_free(container_of(rcu, struct ovsr_mask_cache, rcu));
}

void ovsr_mask_cache_free_rcu(struct ovsr_mask_cache *cache)
{
	call_rcu(&cache->rcu, cache_free_rcu);
}

struct ovsr_mask_guess *ovsr_mask_cache_find(const struct ovsr_mask_cache *cache, u32 skb_hash,
					     bool *known)
{
	struct ovsr_mask_guess *guesses = this_cpu_ptr(cache->guesses);
	struct ovsr_mask_guess *victim = NULL;
	struct ovsr_mask_guess *guess;
	u32 hash = skb_hash;
	int way;

	*known = true;
	for (way = 0; way < CACHE_WAYS; way++, hash >>= 8) {
		guess = &guesses[hash & (cache->size - 1)];
		if (guess->skb_hash == skb_hash)
			return guess;
		if (!victim || guess->skb_hash < victim->skb_hash)
			victim = guess;
	}
	*known = false;
	return victim;
}
