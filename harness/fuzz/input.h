/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A script as a fuzzer's test case: compact bytes that any change leaves a test case.
 *
 * A record for each step: a byte that says on which socket of the stage, or on which port; two with
 * the length, low one first; and so many bytes, of a datagram with the schema's family ids, or of a
 * frame. A length beyond the end means all that is left; a tail shorter than a record's head is
 * passed over. A port id of a socket of the stage has a number of its own.
 */
#ifndef RIG_FUZZ_INPUT_H
#define RIG_FUZZ_INPUT_H

#include <stddef.h>

#include "wire/bytes.h"

struct rig_arena;
struct rig_message;
struct rig_script;

enum {
	RIG_INPUT_STEPS_MAX = 64, /* what is behind them is passed over */
	RIG_INPUT_SIZE_MAX = 200000,
};

/** rig_input_read() - the script of any bytes, which have to stay. NULL: out of memory. */
struct rig_script *rig_input_read(struct rig_arena *arena, const void *data, size_t size);

/**
 * rig_input_write() - append the bytes of a script's messages and frames. What sets its scene, and
 * what it expects, is left out; names that the stage has not got stand for what it has got.
 */
void rig_input_write(const struct rig_script *script, struct rig_bytes *bytes);

/** rig_input_script() - the same with the steps before it that make the stage, to be run alone. */
struct rig_script *rig_input_script(struct rig_arena *arena, const void *data, size_t size);

#endif
