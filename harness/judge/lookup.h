/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: finds expectations by their bytes, for a dump of many flows, which a kernel
 * sends in an order of its own. Expectations of one length with open spans in the same places are
 * of one layout; within it, the bytes outside the spans tell which it is.
 */
#ifndef RIG_JUDGE_LOOKUP_H
#define RIG_JUDGE_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "wire/arena.h"

struct rig_lookup;

/* For at most so many forms. Lives in the arena; NULL: out of memory. */
struct rig_lookup *rig_lookup_new(struct rig_arena *arena, size_t forms);

/* Adds an expectation by one of its forms. -1 when out of memory. */
int rig_lookup_add(struct rig_lookup *lookup, const struct rig_expected *form, size_t number);

/*
 * Calls back with the number of each expectation that may be these bytes, in the order in which
 * they were added, until one is taken. That one, or -1. None that is not called could be them.
 */
long rig_lookup_find(const struct rig_lookup *lookup, const uint8_t *bytes, size_t size,
		     bool (*take)(void *context, size_t number), void *context);

#endif
