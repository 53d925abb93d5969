/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/arena.h"

/* Large enough that one block serves a usual datagram. */
#define BLOCK_SIZE (16 * 1024)

struct rig_arena_block {
	struct rig_arena_block *next;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

static struct rig_arena_block *block_new(size_t size)
{
	struct rig_arena_block *block;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	block = malloc(sizeof(*block) + size);
	if (block) {
		block->next = NULL;
		block->size = size;
	}
	return block;
}

/* The next block that has room; what a kept block lacks is put before it as a new one. */
static struct rig_arena_block *block_with_room(struct rig_arena *arena, size_t size)
{
	struct rig_arena_block **link = arena->current ? &arena->current->next : &arena->first;
	struct rig_arena_block *block = *link;

	if (!block || block->size < size) {
		block = block_new(size);
		if (!block)
			return NULL;
		block->next = *link;
		*link = block;
	}
	arena->current = block;
	arena->used = 0;
	return block;
}

static void *take(struct rig_arena *arena, size_t size)
{
	struct rig_arena_block *block = arena->current;
	void *taken;

	if (size > SIZE_MAX / 4)
		return NULL;
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!block || block->size - arena->used < size) {
		block = block_with_room(arena, size);
		if (!block)
			return NULL;
	}
	taken = block->data + arena->used;
	arena->used += size;
	return taken;
}

void *rig_arena_alloc(struct rig_arena *arena, size_t size)
{
	void *taken = take(arena, size);

	return taken ? memset(taken, 0, size) : NULL;
}

void *rig_arena_copy(struct rig_arena *arena, const void *data, size_t size)
{
	unsigned char *copy = take(arena, size + 1);

	if (!copy)
		return NULL;
	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

void rig_arena_reset(struct rig_arena *arena)
{
	arena->current = arena->first;
	arena->used = 0;
}

void rig_arena_free(struct rig_arena *arena)
{
	struct rig_arena_block *block, *next;

	for (block = arena->first; block; block = next) {
		next = block->next;
		free(block);
	}
	*arena = (struct rig_arena){};
}
