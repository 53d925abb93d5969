/* SPDX-License-Identifier: GPL-2.0-only */
#include "gen/random.h"

/* splitmix64: turns related seeds into unrelated states. */
static uint64_t mix(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, unsigned int by)
{
	return (x << by) | (x >> (64 - by));
}

void rig_random_seed(struct rig_random *random, uint64_t seed, uint64_t stream)
{
	uint64_t from = mix(&seed) ^ mix(&stream);

	for (size_t i = 0; i < 4; i++)
		random->state[i] = mix(&from);
}

uint64_t rig_random_next(struct rig_random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint32_t rig_random_below(struct rig_random *random, uint32_t limit)
{
	return (uint32_t)(((rig_random_next(random) >> 32) * limit) >> 32);
}

uint32_t rig_random_between(struct rig_random *random, uint32_t low, uint32_t high)
{
	return low + rig_random_below(random, high - low + 1);
}

bool rig_random_chance(struct rig_random *random, unsigned int percent)
{
	return rig_random_below(random, 100) < percent;
}

void rig_random_bytes(struct rig_random *random, void *bytes, size_t size)
{
	uint8_t *to = bytes;

	while (size--)
		*to++ = (uint8_t)(rig_random_next(random) >> 56);
}

size_t rig_random_weighted(struct rig_random *random, const uint8_t *weights, size_t count)
{
	uint32_t total = 0, at;
	size_t i;

	for (i = 0; i < count; i++)
		total += weights[i];
	at = rig_random_below(random, total);
	for (i = 0; i + 1 < count && at >= weights[i]; i++)
		at -= weights[i];
	return total ? i : 0;
}
