// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rculist.h>

#include "fault.h"
#include "flow_mask.h"
#include "lock.h"

/* The contract refuses what is larger, whatever an entry of ours may take. */
#define CACHE_MAX (PCPU_MIN_UNIT_SIZE / 8)

static unsigned int cache_default __read_mostly = 256;

static bool cache_size_ok(u32 size)
{
	return size <= CACHE_MAX && (!size || is_power_of_2(size));
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

/*
 * Guesses are plain pointers, which nobody takes back when a mask goes. Instead a processor throws
 * all of its own away when @n_removed is not what it was: a mask is counted before its grace period
 * begins, so a reader that still sees the old count has the mask for as long as it reads.
 */
struct ovsr_mask_cache {
	struct rcu_head rcu;
	u32 size;
	unsigned long __percpu *n_removed;
	struct ovsr_mask *__percpu *guesses;
};

/* Masks. */

static bool mask_is(const struct ovsr_mask *mask, const struct ovsr_match *match)
{
	return mask->words == match->words &&
	       ovsr_key_equal(&mask->key, &match->mask, match->words);
}

struct ovsr_mask *ovsr_mask_get(struct ovsr_masks *masks, const struct ovsr_match *match)
{
	struct ovsr_mask *mask;

	list_for_each_entry(mask, &masks->list, node) {
		if (mask_is(mask, match)) {
			mask->refs++;
			return mask;
		}
	}
	if (ovsr_fault(OVSR_FAULT_MASK_ALLOC))
		return NULL;
	mask = kzalloc(sizeof(*mask), GFP_KERNEL);
	if (!mask)
		return NULL;
	mask->refs = 1;
	mask->salt = get_random_u32();
	mask->key = match->mask;
	mask->words = match->words;
	list_add_tail_rcu(&mask->node, &masks->list);
	WRITE_ONCE(masks->n, masks->n + 1);
	return mask;
}

void ovsr_mask_put(struct ovsr_masks *masks, struct ovsr_mask *mask)
{
	if (--mask->refs)
		return;
	list_del_rcu(&mask->node);
	WRITE_ONCE(masks->n, masks->n - 1);
	/* After the removal: who sees the count does not find the mask. See ovsr_mask_guess(). */
	smp_store_release(&masks->n_removed, masks->n_removed + 1);
	kfree_rcu(mask, rcu);
}

/* The cache. */

static void cache_free(struct ovsr_mask_cache *cache)
{
	free_percpu(cache->guesses);
	free_percpu(cache->n_removed);
	kfree(cache);
}

static void cache_free_rcu(struct rcu_head *rcu)
{
	cache_free(container_of(rcu, struct ovsr_mask_cache, rcu));
}

/* All zero: no guess, and nothing removed yet. ERR_PTR(-EINVAL) or ERR_PTR(-ENOMEM). */
static struct ovsr_mask_cache *cache_alloc(u32 size)
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
	cache->n_removed = alloc_percpu(unsigned long);
	cache->guesses =
		__alloc_percpu(size * sizeof(*cache->guesses), __alignof__(*cache->guesses));
	if (cache->n_removed && cache->guesses)
		return cache;
	cache_free(cache);
	return ERR_PTR(-ENOMEM);
}

struct ovsr_mask **ovsr_mask_guess(const struct ovsr_masks *masks, u32 hash)
{
	const struct ovsr_mask_cache *cache = rcu_dereference(masks->cache);
	unsigned long n_removed, *known;
	struct ovsr_mask **guesses;

	if (!cache->size)
		return NULL;
	n_removed = smp_load_acquire(&masks->n_removed); /* pairs with ovsr_mask_put() */
	known = this_cpu_ptr(cache->n_removed);
	guesses = this_cpu_ptr(cache->guesses);
	if (unlikely(*known != n_removed)) {
		memset(guesses, 0, cache->size * sizeof(*guesses));
		*known = n_removed;
	}
	return &guesses[reciprocal_scale(hash, cache->size)];
}

u32 ovsr_mask_cache_size(const struct ovsr_masks *masks)
{
	return ovsr_dereference_rcu(masks->cache)->size;
}

int ovsr_mask_cache_resize(struct ovsr_masks *masks, u32 size)
{
	struct ovsr_mask_cache *cache;

	if (size == ovsr_mask_cache_size(masks))
		return 0;
	cache = cache_alloc(size);
	if (IS_ERR(cache))
		return PTR_ERR(cache);
	cache = rcu_replace_pointer(masks->cache, cache, ovsr_lock_is_held());
	call_rcu(&cache->rcu, cache_free_rcu);
	return 0;
}

int ovsr_masks_init(struct ovsr_masks *masks)
{
	struct ovsr_mask_cache *cache = cache_alloc(READ_ONCE(cache_default));

	if (IS_ERR(cache))
		return PTR_ERR(cache);
	*masks = (struct ovsr_masks){ .list = LIST_HEAD_INIT(masks->list) };
	RCU_INIT_POINTER(masks->cache, cache);
	return 0;
}

void ovsr_masks_destroy(struct ovsr_masks *masks)
{
	cache_free(rcu_dereference_raw(masks->cache));
}
