// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_vlan.h>
#include <linux/jhash.h>
#include <linux/percpu.h>
#include <linux/random.h>

#include "action_parse.h"
#include "flow_table.h"
#include "lock.h"

#define BUCKETS_MIN   1024
#define MASKS_GROW    16  /* the mask array grows and shrinks by so many */
#define CACHE_DEFAULT 256 /* entries for each processor */
#define CACHE_WAYS    4	  /* places where a packet's entry may be: one for each byte of its hash */

struct ovsr_mask_array {
	struct rcu_head rcu;
	u32 n;
	u32 room;
	struct ovsr_mask __rcu *masks[];
};

/* Which mask the last packet of this hash matched with: a guess, to be tried first. */
struct cache_entry {
	u32 skb_hash; /* 0: free */
	u32 mask_index;
};

struct ovsr_mask_cache {
	struct rcu_head rcu;
	u32 size;
	struct cache_entry __percpu *entries;
};

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

/* Flows. */

int ovsr_flow_id_init(struct ovsr_flow_id *id, const struct nlattr *ufid,
		      const struct ovsr_key *key, bool log)
{
	if (ovsr_flow_id_parse_ufid(id, ufid, log))
		return 0;
	id->key = kmemdup(key, sizeof(*key), GFP_KERNEL);
	return id->key ? 0 : -ENOMEM;
}

bool ovsr_flow_id_parse_ufid(struct ovsr_flow_id *id, const struct nlattr *ufid, bool log)
{
	int len = ufid ? nla_len(ufid) : 0;

	memset(id, 0, sizeof(*id));
	if (!ufid)
		return false;
	if (len < 1 || len > OVSR_UFID_MAX) {
		ovsr_log(log, "ufid of %d bytes", len);
		return false;
	}
	id->ufid_len = len;
	memcpy(id->ufid, nla_data(ufid), len);
	return true;
}

void ovsr_flow_id_destroy(struct ovsr_flow_id *id)
{
	kfree(id->key);
	id->key = NULL;
}

struct ovsr_flow *ovsr_flow_alloc(void)
{
	struct ovsr_flow *flow = kzalloc(sizeof(*flow), GFP_KERNEL);
	int cpu;

	if (!flow)
		return ERR_PTR(-ENOMEM);
	flow->stats = alloc_percpu(struct ovsr_flow_cpu_stats);
	if (!flow->stats) {
		kfree(flow);
		return ERR_PTR(-ENOMEM);
	}
	for_each_possible_cpu (cpu)
		spin_lock_init(&per_cpu_ptr(flow->stats, cpu)->lock);
	return flow;
}

static void flow_free(struct ovsr_flow *flow)
{
	ovsr_actions_free(rcu_dereference_raw(flow->actions));
	ovsr_flow_id_destroy(&flow->id);
	free_percpu(flow->stats);
	kfree(flow);
}

static void flow_free_rcu(struct rcu_head *rcu)
{
	flow_free(container_of(rcu, struct ovsr_flow, rcu));
}

void ovsr_flow_free(struct ovsr_flow *flow, bool deferred)
{
	if (!flow)
		return;
	if (deferred)
		call_rcu(&flow->rcu, flow_free_rcu);
	else
		flow_free(flow);
}

void ovsr_flow_stats_update(struct ovsr_flow *flow, const struct sk_buff *skb, __be16 tcp_flags)
{
	struct ovsr_flow_cpu_stats *stats = this_cpu_ptr(flow->stats);

	spin_lock(&stats->lock);
	stats->s.packets++;
	stats->s.bytes += skb->len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
	stats->s.used = jiffies;
	stats->s.tcp_flags |= tcp_flags;
	spin_unlock(&stats->lock);
}

void ovsr_flow_stats_get(const struct ovsr_flow *flow, struct ovsr_flow_stats *out)
{
	struct ovsr_flow_cpu_stats *stats;
	int cpu;

	memset(out, 0, sizeof(*out));
	for_each_possible_cpu (cpu) {
		stats = per_cpu_ptr(flow->stats, cpu);
		spin_lock_bh(&stats->lock);
		out->packets += stats->s.packets;
		out->bytes += stats->s.bytes;
		out->tcp_flags |= stats->s.tcp_flags;
		if (!out->used || time_after(stats->s.used, out->used))
			out->used = stats->s.used ?: out->used;
		spin_unlock_bh(&stats->lock);
	}
}

void ovsr_flow_stats_clear(struct ovsr_flow *flow)
{
	struct ovsr_flow_cpu_stats *stats;
	int cpu;

	for_each_possible_cpu (cpu) {
		stats = per_cpu_ptr(flow->stats, cpu);
		spin_lock_bh(&stats->lock);
		memset(&stats->s, 0, sizeof(stats->s));
		spin_unlock_bh(&stats->lock);
	}
}

u64 ovsr_flow_used_ms(unsigned long used)
{
	u64 now_ms = div_u64(ktime_get_ns(), NSEC_PER_MSEC);

	return now_ms - jiffies_to_msecs(jiffies - used);
}

bool ovsr_flow_is(const struct ovsr_flow *flow, const struct ovsr_key *key)
{
	const struct ovsr_key *own = flow->id.ufid_len ? &flow->key : flow->id.key;

	return !memcmp(own, key, sizeof(*key));
}

/* Masks. */

static struct ovsr_mask_array *masks_get(const struct ovsr_flow_table *table)
{
	return ovsr_dereference_rcu(table->masks);
}

static struct ovsr_mask_array *masks_alloc(u32 room)
{
	struct ovsr_mask_array *masks = kzalloc(struct_size(masks, masks, room), GFP_KERNEL);

	if (masks)
		masks->room = room;
	return masks;
}

/* Gives @table an array of @room with the masks of the present one. */
static int masks_resize(struct ovsr_flow_table *table, u32 room)
{
	struct ovsr_mask_array *old = ovsr_dereference(table->masks);
	struct ovsr_mask_array *new = masks_alloc(room);
	u32 i;

	if (!new)
		return -ENOMEM;
	new->n = old->n;
	for (i = 0; i < old->n; i++)
		RCU_INIT_POINTER(new->masks[i], ovsr_dereference(old->masks[i]));
	rcu_assign_pointer(table->masks, new);
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

static struct ovsr_mask *mask_find(const struct ovsr_flow_table *table, const struct ovsr_key *key)
{
	struct ovsr_mask_array *masks = ovsr_dereference(table->masks);
	struct ovsr_mask *mask;
	u32 i;

	for (i = 0; i < masks->n; i++) {
		mask = ovsr_dereference(masks->masks[i]);
		if (!memcmp(&mask->key, key, sizeof(*key)))
			return mask;
	}
	return NULL;
}

static struct ovsr_mask *mask_get(struct ovsr_flow_table *table, const struct ovsr_key *key)
{
	struct ovsr_mask_array *masks = ovsr_dereference(table->masks);
	struct ovsr_mask *mask;

	mask = mask_find(table, key);
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
		if (masks_resize(table, masks->room + MASKS_GROW)) {
			kfree(mask);
			return NULL;
		}
		masks = ovsr_dereference(table->masks);
	}
	rcu_assign_pointer(masks->masks[masks->n], mask);
	WRITE_ONCE(masks->n, masks->n + 1);
	return mask;
}

/* The last mask takes the place of the one that goes, so that a reader meets no gap. */
static void mask_put(struct ovsr_flow_table *table, struct ovsr_mask *mask)
{
	struct ovsr_mask_array *masks = ovsr_dereference(table->masks);
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
		masks_resize(table, masks->room - MASKS_GROW);
}

/* The mask cache. */

static struct ovsr_mask_cache *cache_alloc(u32 size)
{
	struct ovsr_mask_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);

	if (!cache)
		return NULL;
	cache->size = size;
	if (!size)
		return cache;
	cache->entries = __alloc_percpu(array_size(size, sizeof(struct cache_entry)),
					__alignof__(struct cache_entry));
	if (!cache->entries) {
		kfree(cache);
		return NULL;
	}
	return cache;
}

static void cache_free(struct ovsr_mask_cache *cache)
{
	if (!cache)
		return;
	free_percpu(cache->entries);
	kfree(cache);
}

static void cache_free_rcu(struct rcu_head *rcu)
{
	cache_free(container_of(rcu, struct ovsr_mask_cache, rcu));
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
	if ((size && !is_power_of_2(size)) ||
	    size * sizeof(struct cache_entry) > PCPU_MIN_UNIT_SIZE)
		return -EINVAL;
	new = cache_alloc(size);
	if (!new)
		return -ENOMEM;
	rcu_assign_pointer(table->cache, new);
	call_rcu(&old->rcu, cache_free_rcu);
	return 0;
}

/*
 * The entry of @skb_hash; if there is none, the oldest guess among its places, to be overwritten,
 * and *@known is false. Zero counts as the oldest.
 */
static struct cache_entry *cache_entry_find(const struct ovsr_mask_cache *cache, u32 skb_hash,
					    bool *known)
{
	struct cache_entry *entries = this_cpu_ptr(cache->entries);
	struct cache_entry *victim = NULL;
	struct cache_entry *entry;
	u32 hash = skb_hash;
	int way;

	*known = true;
	for (way = 0; way < CACHE_WAYS; way++, hash >>= 8) {
		entry = &entries[hash & (cache->size - 1)];
		if (entry->skb_hash == skb_hash)
			return entry;
		if (!victim || entry->skb_hash < victim->skb_hash)
			victim = entry;
	}
	*known = false;
	return victim;
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
	struct ovsr_mask_array *masks = masks_get(table);
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
	struct cache_entry *entry;
	struct ovsr_flow *flow;
	u32 ignored = 0;
	u32 index = 0;
	bool known;

	if (!skb_hash || !cache->size)
		return lookup_all(table, key, &index, n_mask_hit, &ignored);

	/* A packet has the same hash before and after recirculation. */
	if (key->recirc_id)
		skb_hash = jhash_1word(skb_hash, key->recirc_id);
	entry = cache_entry_find(cache, skb_hash, &known);
	flow = lookup_all(table, key, &entry->mask_index, n_mask_hit,
			  known ? n_cache_hit : &ignored);
	if (flow)
		entry->skb_hash = skb_hash;
	else if (known)
		entry->skb_hash = 0;
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

	flow->mask = mask_get(table, mask);
	if (!flow->mask)
		return -ENOMEM;
	err = xa_alloc_cyclic(&table->flows, &flow->index, flow, xa_limit_32b, &table->next_index,
			      GFP_KERNEL);
	if (err < 0) {
		mask_put(table, flow->mask);
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
	mask_put(table, flow->mask);
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
	RCU_INIT_POINTER(table->cache, cache_alloc(CACHE_DEFAULT));
	RCU_INIT_POINTER(table->masks, masks_alloc(MASKS_GROW));
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
	cache_free(rcu_dereference_raw(table->cache));
}

u32 ovsr_flow_table_n_flows(const struct ovsr_flow_table *table)
{
	return READ_ONCE(ovsr_dereference_rcu(table->hash[OVSR_BY_KEY])->n);
}

u32 ovsr_flow_table_n_masks(const struct ovsr_flow_table *table)
{
	return READ_ONCE(masks_get(table)->n);
}
