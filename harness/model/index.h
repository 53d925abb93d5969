/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hash table of entries that are part of what they index. It knows hashes only: whoever looks
 * something up compares what it finds with what it wants.
 */
#ifndef RIG_MODEL_INDEX_H
#define RIG_MODEL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig_index_entry {
	struct rig_index_entry *next;
	uint64_t hash;
};

/* Zero it before first use. */
struct rig_index {
	struct rig_index_entry **buckets; /* a power of two of them, as many as entries or more */
	size_t n_buckets, count;
};

/* False when out of memory: then nothing has changed. */
bool rig_index_add(struct rig_index *index, struct rig_index_entry *entry, uint64_t hash);
void rig_index_remove(struct rig_index *index, struct rig_index_entry *entry);
/* All entries with this hash: the first, and the next; NULL at the end. */
struct rig_index_entry *rig_index_first(const struct rig_index *index, uint64_t hash);
struct rig_index_entry *rig_index_next(const struct rig_index_entry *entry);
/* The table alone: the entries are not its own. */
void rig_index_free(struct rig_index *index);

/* To begin with, and one word more. */
#define RIG_HASH_SEED 0x9e3779b97f4a7c15ULL

static inline uint64_t rig_hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
	return hash ^ hash >> 32;
}

#endif
