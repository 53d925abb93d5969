/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one random source. Everything random comes from a seed, so that a run is its seed: the same
 * seed gives the same numbers on every machine.
 */
#ifndef RIG_GEN_RANDOM_H
#define RIG_GEN_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig_random {
	uint64_t state[4]; /* xoshiro256**, by Blackman and Vigna */
};

/**
 * rig_random_seed() - stream number @stream of @seed. Streams are independent of each other: what
 * one of them is used for does not change what the next one gives.
 */
void rig_random_seed(struct rig_random *random, uint64_t seed, uint64_t stream);

/** rig_random_next() - 64 random bits. */
uint64_t rig_random_next(struct rig_random *random);

/** rig_random_below() - a number from 0 to @limit - 1; 0 when @limit is 0. */
uint32_t rig_random_below(struct rig_random *random, uint32_t limit);

/** rig_random_between() - a number from @low to @high, both included. */
uint32_t rig_random_between(struct rig_random *random, uint32_t low, uint32_t high);

/** rig_random_chance() - true @percent times of a hundred. */
bool rig_random_chance(struct rig_random *random, unsigned int percent);

/** rig_random_bytes() - fill @size bytes. */
void rig_random_bytes(struct rig_random *random, void *bytes, size_t size);

/** rig_random_weighted() - an index into @weights, as often as its weight says; all 0: 0. */
size_t rig_random_weighted(struct rig_random *random, const uint8_t *weights, size_t count);

#endif
