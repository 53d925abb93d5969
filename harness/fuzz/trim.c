/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz/trim.h"

#include "fuzz/input.h"
#include "wire/script.h"

enum { TRIES_MAX = 200 };

static unsigned int count_steps(const struct rig_script *script)
{
	unsigned int n = 0;

	for (const struct rig_step *s = script->steps; s; s = s->next)
		n++;
	return n;
}

static bool drop_steps(struct rig_script *script, unsigned int at, unsigned int run)
{
	struct rig_step **link = &script->steps;

	while (*link && at--)
		link = &(*link)->next;
	if (!*link)
		return false;
	while (*link && run--)
		*link = (*link)->next;
	return true;
}

/* Item number @at of a list and all that is in it; counts it down. */
static bool drop_node(struct rig_node **link, unsigned int *at)
{
	for (; *link; link = &(*link)->next) {
		if (!(*at)--) {
			*link = (*link)->next;
			return true;
		}
		if ((*link)->form == RIG_FORM_NEST && drop_node(&(*link)->children, at))
			return true;
	}
	return false;
}

static bool drop_item(struct rig_script *script, unsigned int at)
{
	for (struct rig_step *s = script->steps; s; s = s->next)
		for (struct rig_message *m = s->message; m; m = m->next)
			if (drop_node(&m->nodes, &at))
				return true;
	return false;
}

/* What is left without the steps or the item in turn. False: there is nothing of it there. */
static bool make_candidate(struct rig_trim *trim)
{
	struct rig_script *script;

	rig_arena_reset(&trim->arena);
	rig_bytes_reset(&trim->candidate);
	script = rig_input_read(&trim->arena, trim->best.data, trim->best.size);
	if (!script ||
	    !(trim->run ? drop_steps(script, trim->at, trim->run) : drop_item(script, trim->at)))
		return false;
	rig_input_write(script, &trim->candidate);
	return !trim->candidate.failed && trim->candidate.size &&
	       trim->candidate.size < trim->best.size;
}

int32_t rig_trim_begin(struct rig_trim *trim, const uint8_t *data, size_t size)
{
	const struct rig_script *script;

	rig_arena_reset(&trim->arena);
	rig_bytes_reset(&trim->best);
	rig_bytes_put(&trim->best, data, size);
	script = rig_input_read(&trim->arena, trim->best.data, trim->best.size);
	trim->run = script ? count_steps(script) / 2 : 0;
	trim->at = trim->tried = 0;
	trim->limit = TRIES_MAX;
	return TRIES_MAX;
}

/* Goes on until there is one: an item that cannot be left out is passed over. */
size_t rig_trim_next(struct rig_trim *trim, uint8_t **out)
{
	while (!make_candidate(trim)) {
		bool at_end = !trim->candidate.size;

		trim->at += trim->run ? trim->run : 1;
		if (!at_end)
			continue;
		if (!trim->run) {
			trim->tried = trim->limit;
			rig_bytes_reset(&trim->candidate);
			rig_bytes_put(&trim->candidate, trim->best.data, trim->best.size);
			break;
		}
		trim->run /= 2;
		trim->at = 0;
	}
	*out = trim->candidate.data;
	return trim->candidate.size;
}

int32_t rig_trim_judge(struct rig_trim *trim, bool same)
{
	if (same) {
		struct rig_bytes smaller = trim->candidate;

		trim->candidate = trim->best;
		trim->best = smaller;
	} else {
		trim->at += trim->run ? trim->run : 1;
	}
	if (trim->tried < trim->limit)
		trim->tried++;
	return (int32_t)trim->tried;
}

void rig_trim_free(struct rig_trim *trim)
{
	rig_bytes_free(&trim->best);
	rig_bytes_free(&trim->candidate);
	rig_arena_free(&trim->arena);
}
