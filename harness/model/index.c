/* SPDX-License-Identifier: GPL-2.0-only */
#include "index.h"

#include <stdlib.h>

#define BUCKETS_MIN 64

static struct rig_index_entry **bucket(const struct rig_index *index, uint64_t hash)
{
	return &index->buckets[hash & (index->n_buckets - 1)];
}

static void insert(struct rig_index *index, struct rig_index_entry *entry)
{
	struct rig_index_entry **head = bucket(index, entry->hash);

	entry->next = *head;
	*head = entry;
}

static bool grow(struct rig_index *index)
{
	size_t n = index->n_buckets ? 2 * index->n_buckets : BUCKETS_MIN;
	struct rig_index larger = { calloc(n, sizeof(*larger.buckets)), n, index->count };

	if (!larger.buckets)
		return false;
	for (size_t i = 0; i < index->n_buckets; i++)
		for (struct rig_index_entry *e = index->buckets[i], *next; e; e = next) {
			next = e->next;
			insert(&larger, e);
		}
	free(index->buckets);
	*index = larger;
	return true;
}

bool rig_index_add(struct rig_index *index, struct rig_index_entry *entry, uint64_t hash)
{
	if (index->count == index->n_buckets && !grow(index))
		return false;
	entry->hash = hash;
	insert(index, entry);
	index->count++;
	return true;
}

void rig_index_remove(struct rig_index *index, struct rig_index_entry *entry)
{
	struct rig_index_entry **p = bucket(index, entry->hash);

	while (*p != entry)
		p = &(*p)->next;
	*p = entry->next;
	index->count--;
}

static struct rig_index_entry *skip_others(struct rig_index_entry *entry, uint64_t hash)
{
	while (entry && entry->hash != hash)
		entry = entry->next;
	return entry;
}

struct rig_index_entry *rig_index_first(const struct rig_index *index, uint64_t hash)
{
	return index->n_buckets ? skip_others(*bucket(index, hash), hash) : NULL;
}

struct rig_index_entry *rig_index_next(const struct rig_index_entry *entry)
{
	return skip_others(entry->next, entry->hash);
}

void rig_index_free(struct rig_index *index)
{
	free(index->buckets);
	*index = (struct rig_index){ NULL, 0, 0 };
}
