/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a test case smaller as its structure has it, for a fuzzer that asks for one candidate after
 * the other: runs of steps, half of them, a quarter, ... one; then single items of the messages.
 */
#ifndef RIG_FUZZ_TRIM_H
#define RIG_FUZZ_TRIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/arena.h"
#include "wire/bytes.h"

struct rig_trim {
	struct rig_bytes best;	    /* the smallest that does the same */
	struct rig_bytes candidate; /* on trial */
	struct rig_arena arena;
	unsigned int run; /* steps to leave out at a time; 0: items */
	unsigned int at;  /* the first of them, or which item */
	unsigned int tried, limit;
};

/** rig_trim_begin() - how many candidates there may be; 0: none. */
int32_t rig_trim_begin(struct rig_trim *trim, const uint8_t *data, size_t size);

/** rig_trim_next() - the next candidate; it is the trim's own. Returns its size. */
size_t rig_trim_next(struct rig_trim *trim, uint8_t **out);

/** rig_trim_judge() - it did the same, or not. How many have been tried; the limit: that is all. */
int32_t rig_trim_judge(struct rig_trim *trim, bool same);

void rig_trim_free(struct rig_trim *trim);

#endif
