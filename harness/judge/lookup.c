/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/lookup.h"

#include <string.h>

struct entry {
	struct entry *next; /* of the same bucket, in order of number */
	uint64_t hash;
	size_t number;
};

struct bucket {
	struct entry *first, **last;
};

struct layout {
	struct layout *next;
	const struct rig_expected *like;
};

struct rig_lookup {
	struct rig_arena *arena;
	struct layout *layouts;
	struct bucket *buckets;
	size_t mask; /* of their number, a power of two */
};

static bool has_layout(const struct rig_expected *a, const struct rig_expected *b)
{
	if (a->len != b->len || a->n_open != b->n_open)
		return false;
	for (uint32_t i = 0; i < a->n_open; i++)
		if (a->open[i].offset != b->open[i].offset || a->open[i].len != b->open[i].len)
			return false;
	return true;
}

static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	for (; size; bytes += sizeof(word), size -= sizeof(word)) {
		if (size < sizeof(word)) {
			memcpy(&word, bytes, size);
			return (hash ^ word) * 0x9e3779b97f4a7c15;
		}
		memcpy(&word, bytes, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	return hash;
}

/* Of the bytes outside the layout's open spans. */
static uint64_t hash_as(const struct rig_expected *like, const uint8_t *bytes)
{
	uint64_t hash = like->n_open;
	size_t at = 0;

	for (uint32_t i = 0; i < like->n_open; i++) {
		hash = mix(hash, bytes + at, like->open[i].offset - at);
		at = like->open[i].offset + like->open[i].len;
	}
	hash = mix(hash, bytes + at, like->len - at);
	return hash ^ hash >> 29;
}

struct rig_lookup *rig_lookup_new(struct rig_arena *arena, size_t forms)
{
	struct rig_lookup *lookup = rig_arena_alloc(arena, sizeof(*lookup));
	size_t buckets = 64;

	while (buckets < forms)
		buckets *= 2;
	if (!lookup)
		return NULL;
	lookup->arena = arena;
	lookup->mask = buckets - 1;
	lookup->buckets = rig_arena_alloc(arena, buckets * sizeof(*lookup->buckets));
	return lookup->buckets ? lookup : NULL;
}

static const struct rig_expected *layout_of(struct rig_lookup *lookup,
					    const struct rig_expected *form)
{
	struct layout *layout = lookup->layouts;

	while (layout && !has_layout(layout->like, form))
		layout = layout->next;
	if (layout)
		return layout->like;
	layout = rig_arena_alloc(lookup->arena, sizeof(*layout));
	if (!layout)
		return NULL;
	*layout = (struct layout){ lookup->layouts, form };
	lookup->layouts = layout;
	return form;
}

int rig_lookup_add(struct rig_lookup *lookup, const struct rig_expected *form, size_t number)
{
	const struct rig_expected *like = layout_of(lookup, form);
	struct entry *entry = rig_arena_alloc(lookup->arena, sizeof(*entry));
	struct bucket *bucket;

	if (!like || !entry)
		return -1;
	entry->hash = hash_as(like, form->bytes);
	entry->number = number;
	bucket = &lookup->buckets[entry->hash & lookup->mask];
	if (!bucket->last)
		bucket->last = &bucket->first;
	*bucket->last = entry;
	bucket->last = &entry->next;
	return 0;
}

long rig_lookup_find(const struct rig_lookup *lookup, const uint8_t *bytes, size_t size,
		     bool (*take)(void *context, size_t number), void *context)
{
	for (const struct layout *layout = lookup->layouts; layout; layout = layout->next) {
		uint64_t hash;

		if (layout->like->len != size)
			continue;
		hash = hash_as(layout->like, bytes);
		for (const struct entry *e = lookup->buckets[hash & lookup->mask].first; e;
		     e = e->next)
			if (e->hash == hash && take(context, e->number))
				return (long)e->number;
	}
	return -1;
}
