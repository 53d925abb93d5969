/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/normalise.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "replay/counters.h"
#include "replay/field.h"

struct renumbering {
	rig_renumber *renumber;
	void *context;
};

/* The formats that hold such a number. */
static const struct {
	const char *format;
	enum rig_number what;
} kinds[] = {
	{ "nlmsg_type", RIG_NUMBER_TYPE }, { "genl_id", RIG_NUMBER_TYPE },
	{ "seq", RIG_NUMBER_SEQ },	   { "portid", RIG_NUMBER_PORTID },
	{ "ifindex", RIG_NUMBER_IFINDEX }, { "group_id", RIG_NUMBER_GROUP },
};

static void visit(void *context, const struct rig_format *format, uint8_t *at)
{
	const struct renumbering *r = context;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint32_t value;

		if (strcmp(format->name, kinds[i].format))
			continue;
		value = rig_uint_get(at, format->size, format->order);
		value = r->renumber(r->context, kinds[i].what, value);
		rig_uint_put(at, format->size, format->order, value);
		return;
	}
}

void rig_renumber_datagram(const struct rig_family_ids *ids, uint8_t *datagram, size_t size,
			   rig_renumber *renumber, void *context)
{
	struct renumbering r = { renumber, context };

	rig_fields_visit(ids, datagram, size, visit, &r);
}

/* ---- the form in which runs compare equal ---- */

static uint32_t place_of(struct rig_normal *run, struct rig_normal_seen *seen, uint32_t value)
{
	uint32_t i, *values;

	for (i = 0; i < seen->count; i++)
		if (seen->values[i] == value)
			return i + 1;
	if (seen->count == seen->room) {
		uint32_t room = seen->room ? 2 * seen->room : 16;

		values = realloc(seen->values, room * sizeof(*values));
		run->failed |= !values;
		if (!values)
			return 0;
		seen->values = values;
		seen->room = room;
	}
	seen->values[seen->count++] = value;
	return seen->count;
}

static uint32_t normal(void *context, enum rig_number what, uint32_t value)
{
	struct rig_normal *run = context;
	const struct rig_family *family;

	switch (what) {
	case RIG_NUMBER_TYPE:
		family = rig_family_by_id(run->ids, value);
		return family && family->index != RIG_NL ? family->default_id : value;
	case RIG_NUMBER_SEQ:
		return 0;
	case RIG_NUMBER_PORTID:
	case RIG_NUMBER_IFINDEX:
	case RIG_NUMBER_GROUP:
		return value ? place_of(run, &run->seen[what], value) : 0;
	case RIG_NUMBERS:
		break;
	}
	return value;
}

int rig_normalise(struct rig_normal *run, uint8_t *message, size_t *size)
{
	struct counted counted = { .bytes = message, .len = *size };

	counters_remove(&counted, run->ids, 0);
	*size = counted.len;
	rig_renumber_datagram(run->ids, message, *size, normal, run);
	return run->failed ? -1 : 0;
}

void rig_normal_free(struct rig_normal *run)
{
	for (unsigned int i = 0; i < RIG_NUMBERS; i++)
		free(run->seen[i].values);
	*run = (struct rig_normal){ .ids = run->ids };
}
