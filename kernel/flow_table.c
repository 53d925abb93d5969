// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/seq_file.h>

#include "flow_table.h"
#include "lock.h"

#define BUCKETS_MIN 1024

/* @slot: which of a flow's two nodes is linked here. */
struct ovsr_flow_hash {
	struct rcu_head rcu;
	u32 n;
	u32 n_buckets; /* a power of two */
	u8 slot;
	struct hlist_head buckets[];
};

/* Nobody outside may know which flows share a bucket. */
static u32 hash_seed __read_mostly;

static u32 key_hash(const struct ovsr_mask *mask, const struct ovsr_key *masked)
{
	return jhash2((const u32 *)((const u8 *)masked + mask->start),
		      (mask->end - mask->start) / sizeof(u32), hash_seed);
}

static u32 ufid_hash(const struct ovsr_flow_id *id)
{
	return jhash(id->ufid, id->ufid_len, hash_seed);
}

static struct ovsr_flow_hash *buckets_alloc(u32 n_buckets)
{
	struct ovsr_flow_hash *hash = kvzalloc(struct_size(hash, buckets, n_buckets), GFP_KERNEL);

	if (hash)
		hash->n_buckets = n_buckets;
	return hash;
}

static struct hlist_head *bucket_of(struct ovsr_flow_hash *hash, u32 value)
{
	return &hash->buckets[value & (hash->n_buckets - 1)];
}

/* Best effort: a table that is too full is slow, not wrong. */
static void buckets_grow(struct ovsr_flow_table *table, enum ovsr_flow_by by)
{
	struct ovsr_flow_hash *old = ovsr_dereference(table->hash[by]);
	struct ovsr_flow_hash *new = buckets_alloc(old->n_buckets * 2);
	struct ovsr_flow *flow;
	u32 i;

	if (!new)
		return;
	new->slot = !old->slot;
	new->n = old->n;
	for (i = 0; i < old->n_buckets; i++)
		hlist_for_each_entry (flow, &old->buckets[i], link[by].node[old->slot])
			hlist_add_head_rcu(&flow->link[by].node[new->slot],
					   bucket_of(new, flow->link[by].hash));
	rcu_assign_pointer(table->hash[by], new);
	kvfree_rcu(old, rcu);
}

static void buckets_add(struct ovsr_flow_table *table, struct ovsr_flow *flow, enum ovsr_flow_by by,
			u32 value)
{
	struct ovsr_flow_hash *hash = ovsr_dereference(table->hash[by]);

	flow->link[by].hash = value;
	hlist_add_head_rcu(&flow->link[by].node[hash->slot], bucket_of(hash, value));
	if (++hash->n > hash->n_buckets)
		buckets_grow(table, by);
}

static void buckets_del(struct ovsr_flow_table *table, struct ovsr_flow *flow, enum ovsr_flow_by by)
{
	struct ovsr_flow_hash *hash = ovsr_dereference(table->hash[by]);

	hlist_del_rcu(&flow->link[by].node[hash->slot]);
	hash->n--;
}

/* Lookups. */

static void key_mask_range(struct ovsr_key *out, const struct ovsr_key *key,
			   const struct ovsr_mask *mask)
{
	size_t i;

	for (i = mask->start; i < mask->end; i += sizeof(unsigned long))
		*(unsigned long *)((u8 *)out + i) =
			*(const unsigned long *)((const u8 *)key + i) &
			*(const unsigned long *)((const u8 *)&mask->key + i);
}

static bool key_equal_range(const struct ovsr_key *a, const struct ovsr_key *b,
			    const struct ovsr_mask *mask)
{
	return !memcmp((const u8 *)a + mask->start, (const u8 *)b + mask->start,
		       mask->end - mask->start);
}

static struct ovsr_flow *lookup_masked(const struct ovsr_flow_table *table,
				       const struct ovsr_mask *mask, const struct ovsr_key *key)
{
	struct ovsr_flow_hash *hash = ovsr_dereference_rcu(table->hash[OVSR_BY_KEY]);
	struct ovsr_flow_link *link;
	struct ovsr_key masked;
	struct ovsr_flow *flow;
	u32 value;

	key_mask_range(&masked, key, mask);
	value = key_hash(mask, &masked);
	hlist_for_each_entry_rcu (flow, bucket_of(hash, value), link[OVSR_BY_KEY].node[hash->slot],
				  ovsr_lock_is_held()) {
		link = &flow->link[OVSR_BY_KEY];
		if (link->hash == value && flow->mask == mask &&
		    key_equal_range(&flow->key, &masked, mask))
			return flow;
	}
	return NULL;
}

/* Tries the masks in order, the one at *@index before all others; leaves there which it was. */
static struct ovsr_flow *lookup_all(struct ovsr_flow_table *table, const struct ovsr_key *key,
				    u32 *index, u32 *n_mask_hit, u32 *n_cache_hit)
{
	struct ovsr_mask_array *masks = ovsr_dereference_rcu(table->masks);
	struct ovsr_flow *flow;
	struct ovsr_mask *mask;
	u32 first = *index;
	u32 i;

	mask = first < masks->room ? ovsr_dereference_rcu(masks->masks[first]) : NULL;
	if (mask) {
		(*n_mask_hit)++;
		flow = lookup_masked(table, mask, key);
		if (flow) {
			(*n_cache_hit)++;
			return flow;
		}
	}
	for (i = 0; i < masks->room; i++) {
		if (i == first)
			continue;
		mask = ovsr_dereference_rcu(masks->masks[i]);
		if (!mask)
			break;
		(*n_mask_hit)++;
		flow = lookup_masked(table, mask, key);
		if (flow) {
			*index = i;
			return flow;
		}
	}
	return NULL;
}

struct ovsr_flow *ovsr_flow_table_lookup(struct ovsr_flow_table *table, const struct ovsr_key *key,
					 u32 skb_hash, u32 *n_mask_hit, u32 *n_cache_hit)
{
	struct ovsr_mask_cache *cache = rcu_dereference(table->cache);
	struct ovsr_mask_guess *guess;
	struct ovsr_flow *flow;
	u32 ignored = 0;
	u32 index = 0;
	bool known;

	if (!skb_hash || !cache->size)
		return lookup_all(table, key, &index, n_mask_hit, &ignored);

	/* A packet has the same hash before and after recirculation. */
	if (key->recirc_id)
		skb_hash = jhash_1word(skb_hash, key->recirc_id);
	guess = ovsr_mask_cache_find(cache, skb_hash, &known);
	flow = lookup_all(table, key, &guess->index, n_mask_hit, known ? n_cache_hit : &ignored);
	if (flow)
		guess->skb_hash = skb_hash;
	else if (known)
		guess->skb_hash = 0;
	return flow;
}

struct ovsr_flow *ovsr_flow_table_find(struct ovsr_flow_table *table, const struct ovsr_key *key)
{
	u32 ignored = 0;
	u32 index = 0;

	return lookup_all(table, key, &index, &ignored, &ignored);
}

struct ovsr_flow *ovsr_flow_table_find_exact(struct ovsr_flow_table *table,
					     const struct ovsr_key *key)
{
	struct ovsr_mask_array *masks = ovsr_dereference(table->masks);
	struct ovsr_flow *flow;
	u32 i;

	for (i = 0; i < masks->n; i++) {
		flow = lookup_masked(table, ovsr_dereference(masks->masks[i]), key);
		if (flow && !flow->id.ufid_len && ovsr_flow_is(flow, key))
			return flow;
	}
	return NULL;
}

struct ovsr_flow *ovsr_flow_table_find_ufid(struct ovsr_flow_table *table,
					    const struct ovsr_flow_id *id)
{
	struct ovsr_flow_hash *hash = ovsr_dereference_rcu(table->hash[OVSR_BY_UFID]);
	struct ovsr_flow *flow;
	u32 value = ufid_hash(id);

	hlist_for_each_entry_rcu (flow, bucket_of(hash, value), link[OVSR_BY_UFID].node[hash->slot],
				  ovsr_lock_is_held())
		if (flow->link[OVSR_BY_UFID].hash == value && flow->id.ufid_len == id->ufid_len &&
		    !memcmp(flow->id.ufid, id->ufid, id->ufid_len))
			return flow;
	return NULL;
}

struct ovsr_flow *ovsr_flow_table_next(struct ovsr_flow_table *table, unsigned long *cursor)
{
	struct ovsr_flow *flow = xa_find(&table->flows, cursor, ULONG_MAX, XA_PRESENT);

	if (flow)
		(*cursor)++;
	return flow;
}

/* The table. */

int ovsr_flow_table_insert(struct ovsr_flow_table *table, struct ovsr_flow *flow,
			   const struct ovsr_key *mask)
{
	int err;

	flow->mask = ovsr_mask_get(&table->masks, mask);
	if (!flow->mask)
		return -ENOMEM;
	err = xa_alloc_cyclic(&table->flows, &flow->index, flow, xa_limit_32b, &table->next_index,
			      GFP_KERNEL);
	if (err < 0) {
		ovsr_mask_put(&table->masks, flow->mask);
		return -ENOMEM;
	}
	buckets_add(table, flow, OVSR_BY_KEY, key_hash(flow->mask, &flow->key));
	if (flow->id.ufid_len)
		buckets_add(table, flow, OVSR_BY_UFID, ufid_hash(&flow->id));
	return 0;
}

void ovsr_flow_table_remove(struct ovsr_flow_table *table, struct ovsr_flow *flow)
{
	if (flow->id.ufid_len)
		buckets_del(table, flow, OVSR_BY_UFID);
	buckets_del(table, flow, OVSR_BY_KEY);
	xa_erase(&table->flows, flow->index);
	ovsr_mask_put(&table->masks, flow->mask);
}

int ovsr_flow_table_flush(struct ovsr_flow_table *table)
{
	struct ovsr_flow *flow;
	unsigned long index;

	xa_for_each(&table->flows, index, flow)
	{
		ovsr_flow_table_remove(table, flow);
		ovsr_flow_free(flow, true);
	}
	return 0;
}

int ovsr_flow_table_init(struct ovsr_flow_table *table)
{
	int by;

	get_random_once(&hash_seed, sizeof(hash_seed));
	memset(table, 0, sizeof(*table));
	xa_init_flags(&table->flows, XA_FLAGS_ALLOC);
	RCU_INIT_POINTER(table->cache, ovsr_mask_cache_default());
	RCU_INIT_POINTER(table->masks, ovsr_mask_array_alloc());
	for (by = 0; by < OVSR_BY_MAX; by++)
		RCU_INIT_POINTER(table->hash[by], buckets_alloc(BUCKETS_MIN));
	if (rcu_access_pointer(table->cache) && rcu_access_pointer(table->masks) &&
	    rcu_access_pointer(table->hash[OVSR_BY_KEY]) &&
	    rcu_access_pointer(table->hash[OVSR_BY_UFID]))
		return 0;
	ovsr_flow_table_destroy(table);
	return -ENOMEM;
}

void ovsr_flow_table_destroy(struct ovsr_flow_table *table)
{
	int by;

	for (by = 0; by < OVSR_BY_MAX; by++)
		kvfree(rcu_dereference_raw(table->hash[by]));
	kfree(rcu_dereference_raw(table->masks));
	ovsr_mask_cache_free(rcu_dereference_raw(table->cache));
}

u32 ovsr_flow_table_n_flows(const struct ovsr_flow_table *table)
{
	return READ_ONCE(ovsr_dereference_rcu(table->hash[OVSR_BY_KEY])->n);
}

u32 ovsr_flow_table_n_masks(const struct ovsr_flow_table *table)
{
	return READ_ONCE(ovsr_dereference_rcu(table->masks)->n);
}

u32 ovsr_flow_table_cache_size(const struct ovsr_flow_table *table)
{
	return ovsr_dereference_rcu(table->cache)->size;
}

int ovsr_flow_table_cache_resize(struct ovsr_flow_table *table, u32 size)
{
	struct ovsr_mask_cache *old = ovsr_dereference(table->cache);
	struct ovsr_mask_cache *new;

	if (size == old->size)
		return 0;
	new = ovsr_mask_cache_alloc(size);
	if (IS_ERR(new))
		return PTR_ERR(new);
	rcu_assign_pointer(table->cache, new);
	ovsr_mask_cache_free_rcu(old);
	return 0;
}

void ovsr_flow_table_show(struct seq_file *m, const struct ovsr_flow_table *table)
{
	static const char *const names[] = { [OVSR_BY_KEY] = "key", [OVSR_BY_UFID] = "ufid" };
	const struct ovsr_mask_array *masks = ovsr_dereference(table->masks);
	const struct ovsr_flow_hash *hash;
	const struct ovsr_mask *mask;
	u32 i;

	for (i = 0; i < OVSR_BY_MAX; i++) {
		hash = ovsr_dereference(table->hash[i]);
		seq_printf(m, "  by_%s flows=%u buckets=%u\n", names[i], hash->n, hash->n_buckets);
	}
	seq_printf(m, "  masks n=%u room=%u cache_size=%u\n", masks->n, masks->room,
		   ovsr_flow_table_cache_size(table));
	for (i = 0; i < masks->n; i++) {
		mask = ovsr_dereference(masks->masks[i]);
		seq_printf(m, "    mask %u: flows=%u bytes=%u..%u\n", i, mask->refs, mask->start,
			   mask->end);
	}
}
