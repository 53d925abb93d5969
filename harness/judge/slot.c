/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/slot.h"

#include <string.h>

#include "wire/arena.h"

static uint64_t span_value(const uint8_t *bytes, uint32_t len)
{
	uint64_t wide;
	uint32_t narrow;

	if (len == sizeof(wide)) {
		memcpy(&wide, bytes, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, bytes, sizeof(narrow));
	return narrow;
}

static const struct rig_slot *slot_find(const struct rig_judge *judge, int slot)
{
	for (size_t i = 0; i < judge->n_slots; i++)
		if (judge->slots[i].slot == slot)
			return &judge->slots[i];
	return NULL;
}

static bool holds_slot(const struct rig_open *open)
{
	return open->slot >= 0 && (open->len == 4 || open->len == 8);
}

const struct rig_expected *rig_expected_form(const struct rig_expected *expected,
					     const struct rig_arrival *arrival)
{
	return arrival->shifted && expected->shifted ? expected->shifted : expected;
}

bool rig_slots_agree(const struct rig_judge *judge, const struct rig_expected *expected,
		     const struct rig_arrival *arrival)
{
	expected = rig_expected_form(expected, arrival);
	for (uint32_t i = 0; i < expected->n_open; i++) {
		const struct rig_open *open = &expected->open[i];
		const struct rig_slot *known =
			holds_slot(open) ? slot_find(judge, open->slot) : NULL;

		if (known && known->value != span_value(arrival->bytes + open->offset, open->len))
			return false;
	}
	return true;
}

int rig_slots_learn(struct rig_judge *judge, const struct rig_expected *expected,
		    const struct rig_arrival *arrival)
{
	expected = rig_expected_form(expected, arrival);
	for (uint32_t i = 0; i < expected->n_open; i++) {
		const struct rig_open *open = &expected->open[i];

		if (!holds_slot(open) || open->offset + open->len > arrival->size ||
		    slot_find(judge, open->slot))
			continue;
		if (judge->n_slots == judge->room) {
			size_t room = judge->room ? 2 * judge->room : 16;
			struct rig_slot *slots =
				rig_arena_alloc(judge->arena, room * sizeof(*slots));

			if (!slots)
				return -1;
			if (judge->n_slots)
				memcpy(slots, judge->slots, judge->n_slots * sizeof(*slots));
			judge->slots = slots;
			judge->room = room;
		}
		judge->slots[judge->n_slots++] = (struct rig_slot){
			.slot = open->slot,
			.value = span_value(arrival->bytes + open->offset, open->len),
		};
	}
	return 0;
}
