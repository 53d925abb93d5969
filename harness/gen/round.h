/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rounds of random requests: each is a script that begins with nothing there, so that rounds can
 * be had one by one and in any order.
 */
#ifndef RIG_GEN_ROUND_H
#define RIG_GEN_ROUND_H

#include <stdint.h>

struct rig_arena;
struct rig_script;

enum { RIG_ROUND_MESSAGES = 256 }; /* of a whole round, those that set the scene not counted */

/**
 * rig_round_make() - round number @round of @seed, its first @messages messages.
 *
 * Pure: the same numbers give the same bytes, everywhere. Every step says a message, or a frame;
 * none has a `->`, since the model judges all. Lives in @arena.
 */
struct rig_script *rig_round_make(struct rig_arena *arena, uint64_t seed, uint64_t round,
				  unsigned int messages);

#endif
