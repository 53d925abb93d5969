// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>

#include "fault.h"
#include "flow_table.h"
#include "lock.h"

/* What by_key is asked for: @key, of which only what @mask has counts. */
struct masked_key {
	const struct ovsr_mask *mask;
	const struct ovsr_key *key;
};

static u32 masked_key_hash(const void *data, u32 len, u32 seed)
{
	const struct masked_key *want = data;
	u32 hash = want->mask->salt ^ seed;
	u64 left = want->mask->words;
	unsigned int i;
	u64 word;

	ovsr_for_each_word(i, left) {
		word = ovsr_key_word(want->key, i) & ovsr_key_word(&want->mask->key, i);
		hash = jhash_2words(word, word >> 32, hash);
	}
	return hash;
}

static u32 flow_hash(const void *data, u32 len, u32 seed)
{
	const struct ovsr_flow *flow = data;
	struct masked_key own = { flow->mask, &flow->key };

	return masked_key_hash(&own, len, seed);
}

/* 0 when it is the flow. */
static int flow_compare(struct rhashtable_compare_arg *arg, const void *object)
{
	const struct masked_key *want = arg->key;
	const struct ovsr_mask *mask = want->mask;
	const struct ovsr_flow *flow = object;
	u64 left = mask->words;
	unsigned int i;

	if (flow->mask != mask)
		return 1;
	ovsr_for_each_word(i, left)
		if (ovsr_key_word(&flow->key, i) !=
		    (ovsr_key_word(want->key, i) & ovsr_key_word(&mask->key, i)))
			return 1;
	return 0;
}

/* Every flow, by its mask and its key under the mask. */
static const struct rhashtable_params by_key = {
	.head_offset = offsetof(struct ovsr_flow, by_key),
	.hashfn = masked_key_hash,
	.obj_hashfn = flow_hash,
	.obj_cmpfn = flow_compare,
	.min_size = 1024,
	.automatic_shrinking = true,
};

/* Those that have a ufid, by its length and bytes. */
static const struct rhashtable_params by_ufid = {
	.head_offset = offsetof(struct ovsr_flow, by_ufid),
	.key_offset = offsetof(struct ovsr_flow, id),
	.key_len = offsetofend(struct ovsr_flow_id, ufid),
	.automatic_shrinking = true,
};

/* Lookups. */

/* Under RCU. */
static struct ovsr_flow *lookup_masked(struct ovsr_flow_table *table, const struct ovsr_mask *mask,
				       const struct ovsr_key *key)
{
	struct masked_key want = { mask, key };

	return rhashtable_lookup(&table->by_key, &want, by_key);
}

/* Tries all masks but @skip in order, and counts them in *@n_tried. */
static struct ovsr_flow *lookup_all(struct ovsr_flow_table *table, const struct ovsr_key *key,
				    const struct ovsr_mask *skip, u32 *n_tried)
{
	struct ovsr_mask *mask;
	struct ovsr_flow *flow;

	list_for_each_entry_rcu(mask, &table->masks.list, node, ovsr_lock_is_held()) {
		if (mask == skip)
			continue;
		(*n_tried)++;
		flow = lookup_masked(table, mask, key);
		if (flow)
			return flow;
	}
	return NULL;
}

struct ovsr_flow *ovsr_flow_table_lookup(struct ovsr_flow_table *table, const struct ovsr_key *key,
					 u32 skb_hash, u32 *n_mask_hit, u32 *n_cache_hit)
{
	struct ovsr_mask **guess;
	struct ovsr_flow *flow;

	/* A packet has the same hash before and after recirculation, but hardly the same mask. */
	guess = ovsr_mask_guess(&table->masks, skb_hash ^ hash_32(key->recirc_id, 32));
	if (!guess)
		return lookup_all(table, key, NULL, n_mask_hit);
	if (*guess) {
		(*n_mask_hit)++;
		flow = lookup_masked(table, *guess, key);
		if (flow) {
			(*n_cache_hit)++;
			return flow;
		}
	}
	flow = lookup_all(table, key, *guess, n_mask_hit);
	if (flow)
		*guess = flow->mask;
	return flow;
}

struct ovsr_flow *ovsr_flow_table_find(struct ovsr_flow_table *table, const struct ovsr_key *key)
{
	struct ovsr_flow *flow;
	u32 ignored = 0;

	rcu_read_lock();
	flow = lookup_all(table, key, NULL, &ignored);
	rcu_read_unlock();
	return flow;
}

struct ovsr_flow *ovsr_flow_table_find_exact(struct ovsr_flow_table *table,
					     const struct ovsr_match *match)
{
	struct ovsr_flow *flow = NULL;
	struct ovsr_mask *mask;

	rcu_read_lock();
	list_for_each_entry(mask, &table->masks.list, node) {
		flow = lookup_masked(table, mask, &match->key);
		if (flow && !flow->id.ufid_len && ovsr_flow_is(flow, match))
			break;
		flow = NULL;
	}
	rcu_read_unlock();
	return flow;
}

struct ovsr_flow *ovsr_flow_table_find_ufid(struct ovsr_flow_table *table,
					    const struct ovsr_flow_id *id)
{
	return rhashtable_lookup_fast(&table->by_ufid, id, by_ufid);
}

struct ovsr_flow *ovsr_flow_table_next(struct ovsr_flow_table *table, unsigned long *cursor)
{
	struct ovsr_flow *flow = xa_find(&table->flows, cursor, ULONG_MAX, XA_PRESENT);

	if (flow)
		(*cursor)++;
	return flow;
}

/* The table. */

/*
 * Readers may look the table up at any moment of this, also while rhashtable moves flows to a
 * larger one: they search both. When so many flows have come meanwhile that the larger one is too
 * small as well, it is busy. Userspace knows no such error: wait for the worker that moves them.
 */
static __always_inline int hash_insert(struct rhashtable *hash, struct rhash_head *node,
				       const struct rhashtable_params params)
{
	int err;

	do {
		err = rhashtable_insert_fast(hash, node, params);
	} while (err == -EBUSY && flush_work(&hash->run_work));
	return err ? -ENOMEM : 0;
}

/* For packets the flow is there with by_key, so that comes last. */
static int flow_link(struct ovsr_flow_table *table, struct ovsr_flow *flow)
{
	if (ovsr_fault(OVSR_FAULT_FLOW_LINK) ||
	    xa_alloc_cyclic(&table->flows, &flow->index, flow, xa_limit_32b, &table->next_index,
			    GFP_KERNEL) < 0)
		return -ENOMEM;
	if (flow->id.ufid_len && hash_insert(&table->by_ufid, &flow->by_ufid, by_ufid))
		goto out_index;
	if (hash_insert(&table->by_key, &flow->by_key, by_key))
		goto out_ufid;
	return 0;

out_ufid:
	if (flow->id.ufid_len)
		rhashtable_remove_fast(&table->by_ufid, &flow->by_ufid, by_ufid);
out_index:
	xa_erase(&table->flows, flow->index);
	return -ENOMEM;
}

int ovsr_flow_table_insert(struct ovsr_flow_table *table, struct ovsr_flow *flow,
			   const struct ovsr_match *match)
{
	int err;

	flow->mask = ovsr_mask_get(&table->masks, match);
	if (!flow->mask)
		return -ENOMEM;
	err = flow_link(table, flow);
	if (err)
		ovsr_mask_put(&table->masks, flow->mask);
	return err;
}

void ovsr_flow_table_remove(struct ovsr_flow_table *table, struct ovsr_flow *flow)
{
	rhashtable_remove_fast(&table->by_key, &flow->by_key, by_key);
	if (flow->id.ufid_len)
		rhashtable_remove_fast(&table->by_ufid, &flow->by_ufid, by_ufid);
	xa_erase(&table->flows, flow->index);
	ovsr_mask_put(&table->masks, flow->mask);
}

int ovsr_flow_table_flush(struct ovsr_flow_table *table)
{
	struct ovsr_flow *flow;
	unsigned long index;

	xa_for_each(&table->flows, index, flow) {
		ovsr_flow_table_remove(table, flow);
		ovsr_flow_free_rcu(flow);
	}
	return 0;
}

int ovsr_flow_table_init(struct ovsr_flow_table *table)
{
	int err;

	xa_init_flags(&table->flows, XA_FLAGS_ALLOC);
	table->next_index = 0;
	err = ovsr_masks_init(&table->masks);
	if (err)
		return err;
	err = rhashtable_init(&table->by_key, &by_key);
	if (err)
		goto out_masks;
	err = rhashtable_init(&table->by_ufid, &by_ufid);
	if (err)
		goto out_by_key;
	return 0;

out_by_key:
	rhashtable_destroy(&table->by_key);
out_masks:
	ovsr_masks_destroy(&table->masks);
	return err;
}

void ovsr_flow_table_destroy(struct ovsr_flow_table *table)
{
	rhashtable_destroy(&table->by_ufid);
	rhashtable_destroy(&table->by_key);
	ovsr_masks_destroy(&table->masks);
}

u32 ovsr_flow_table_n_flows(const struct ovsr_flow_table *table)
{
	return atomic_read(&table->by_key.nelems);
}

u32 ovsr_flow_table_n_masks(const struct ovsr_flow_table *table)
{
	return READ_ONCE(table->masks.n);
}

u32 ovsr_flow_table_cache_size(const struct ovsr_flow_table *table)
{
	return ovsr_mask_cache_size(&table->masks);
}

int ovsr_flow_table_cache_resize(struct ovsr_flow_table *table, u32 size)
{
	return ovsr_mask_cache_resize(&table->masks, size);
}

static void show_hash(struct seq_file *m, const char *name, const struct rhashtable *hash)
{
	u32 n_buckets;

	rcu_read_lock();
	n_buckets = rcu_dereference(hash->tbl)->size;
	rcu_read_unlock();
	seq_printf(m, "  by_%s flows=%d buckets=%u\n", name, atomic_read(&hash->nelems), n_buckets);
}

void ovsr_flow_table_show(struct seq_file *m, const struct ovsr_flow_table *table)
{
	const struct ovsr_mask *mask;
	u32 i = 0;

	show_hash(m, "key", &table->by_key);
	show_hash(m, "ufid", &table->by_ufid);
	seq_printf(m, "  masks n=%u cache_size=%u\n", table->masks.n,
		   ovsr_flow_table_cache_size(table));
	list_for_each_entry(mask, &table->masks.list, node)
		seq_printf(m, "    mask %u: flows=%u words=%lu\n", i++, mask->refs,
			   hweight64(mask->words));
}
