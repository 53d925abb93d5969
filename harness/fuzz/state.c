/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz/state.h"

#include <linux/netlink.h>
#include <string.h>

#include "fuzz/forkserver.h"
#include "judge/resident.h"

/* The map's upper end: edges may fall there, too, which costs a collision in sixteen. */
enum { STATE_BITS = 12, STATE_SIZE = 1 << STATE_BITS, KINDS = RIG_OBJECT_CONNECTIONS + 1 };

static void mark(uint8_t *map, uint64_t what)
{
	map[RIG_MAP_SIZE - STATE_SIZE + (what * 0x9e3779b97f4a7c15 >> (64 - STATE_BITS))] = 1;
}

/* The errno of the last ACK among what is expected; messages besides count, too. */
static uint32_t outcome(const struct rig_answer *answer)
{
	uint32_t error = 255, others = 0;

	for (size_t i = 0; i < answer->count; i++) {
		const struct rig_expected *e = &answer->list[i];
		struct nlmsgerr ack;

		if (e->role == RIG_ROLE_ACK && e->len >= NLMSG_HDRLEN + sizeof(ack.error)) {
			memcpy(&ack.error, e->bytes + NLMSG_HDRLEN, sizeof(ack.error));
			error = (uint32_t)-ack.error;
		}
		others |= 1u << e->role;
	}
	return error << 8 | others;
}

void rig_state_heard(struct rig_state_map *state, uint8_t *map, const struct rig_heard *heard)
{
	uint32_t now =
		((uint32_t)heard->family << 5 ^ heard->command) << 17 ^ outcome(heard->answer);

	mark(map, now);
	mark(map, (uint64_t)state->before << 32 | now);
	state->before = now;
}

/* 0, 1, 2, 3 to 4, 5 to 8, ... */
static unsigned int magnitude(unsigned int n)
{
	return n < 3 ? n : 34 - (unsigned int)__builtin_clz(n - 1);
}

void rig_state_ended(struct rig_state_map *state, uint8_t *map, const struct rig_object *objects,
		     size_t count)
{
	unsigned int counts[KINDS] = {};
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		counts[objects[i].kind] +=
			objects[i].kind == RIG_OBJECT_FLOWS ? objects[i].number : 1;
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		all = all * 37 + magnitude(counts[kind]);
		mark(map, (uint64_t)(kind + 1) << 40 | magnitude(counts[kind]));
	}
	mark(map, all << 8 | 1);
	state->before = 0;
}
