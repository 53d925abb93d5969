/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a received message or frame differs from the expected one, for people to read.
 */
#ifndef RIG_JUDGE_DIFF_H
#define RIG_JUDGE_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

struct rig_arena;
struct rig_bytes;
struct rig_family_ids;

struct rig_diff {
	struct rig_arena *arena;
	const struct rig_family_ids *ids;
	const uint8_t *expected;
	size_t expected_size;
	const struct rig_open *open; /* spans of expected that may differ; ascending */
	size_t n_open;
	const uint8_t *received;
	size_t received_size;
};

/* Whether they are equal outside the open spans. */
bool rig_diff_equal(const struct rig_diff *diff);

/*
 * Appends both messages as one in the notation, an item a line: "  " both alike, "- " only as
 * expected, "+ " only as received; then both as annotated bytes. where gets the path of the first
 * difference: "header", "key/ipv4". Returns 0, or -1 when out of memory.
 */
int rig_diff_message(const struct rig_diff *diff, struct rig_bytes *text, struct rig_bytes *where);

/* The same for frames: rows of 16 bytes, "- " and "+ " where they differ; where is "byte 12". */
void rig_diff_frame(const struct rig_diff *diff, struct rig_bytes *text, struct rig_bytes *where);

#endif
