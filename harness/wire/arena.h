/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An arena: many small allocations, freed at once.
 */
#ifndef RIG_WIRE_ARENA_H
#define RIG_WIRE_ARENA_H

#include <stddef.h>

struct rig_arena_block;

/* All zeros is an empty arena. */
struct rig_arena {
	struct rig_arena_block *first;
	struct rig_arena_block *current;
	size_t used; /* of the current block */
};

/** rig_arena_alloc() - @size zeroed bytes, aligned for any object. NULL: out of memory. */
void *rig_arena_alloc(struct rig_arena *arena, size_t size);

/** rig_arena_copy() - a copy of @size bytes, with a NUL after them. NULL: out of memory. */
void *rig_arena_copy(struct rig_arena *arena, const void *data, size_t size);

/** rig_arena_reset() - forget all allocations but keep the memory for the next ones. */
void rig_arena_reset(struct rig_arena *arena);

/** rig_arena_free() - give all memory back; the arena is empty and can be used again. */
void rig_arena_free(struct rig_arena *arena);

#endif
