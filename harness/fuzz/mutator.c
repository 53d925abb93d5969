/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AFL++'s custom mutator: the functions that it looks for by these names, and describes in its
 * documentation. It works on scripts as trees, and now and then on bytes. AFL++'s own changes of
 * bytes take most of the time where they are on, and what comes of them is seldom a request any
 * more: one guest of several has them.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/input.h"
#include "fuzz/trim.h"
#include "gen/mutate.h"
#include "gen/random.h"
#include "wire/arena.h"
#include "wire/script.h"

enum {
	FRESH = 2,     /* in a hundred: made by the generator */
	BYTES = 8,     /* in a hundred: changed as bytes */
	BYTES_MAX = 6, /* changes at a time */
	RUN_MAX = 32,
	FRESH_MESSAGES = 16,
	WHAT_MAX = 60,
};

struct mutator {
	struct rig_random random;
	struct rig_arena arena;
	struct rig_bytes out;
	struct rig_bytes what;
	struct rig_trim trim;
	char described[WHAT_MAX + 1];
};

void *afl_custom_init(void *afl, unsigned int seed);
void afl_custom_deinit(struct mutator *mutator);
uint32_t afl_custom_fuzz_count(struct mutator *mutator, const uint8_t *data, size_t size);
size_t afl_custom_fuzz(struct mutator *mutator, uint8_t *data, size_t size, uint8_t **out,
		       uint8_t *other, size_t other_size, size_t max_size);
const char *afl_custom_describe(struct mutator *mutator, size_t max_size);
int32_t afl_custom_init_trim(struct mutator *mutator, uint8_t *data, size_t size);
size_t afl_custom_trim(struct mutator *mutator, uint8_t **out);
int32_t afl_custom_post_trim(struct mutator *mutator, uint8_t success);

void *afl_custom_init(void *afl, unsigned int seed)
{
	struct mutator *mutator = calloc(1, sizeof(*mutator));

	(void)afl;
	if (mutator)
		rig_random_seed(&mutator->random, seed, 0);
	return mutator;
}

void afl_custom_deinit(struct mutator *mutator)
{
	rig_trim_free(&mutator->trim);
	rig_arena_free(&mutator->arena);
	rig_bytes_free(&mutator->out);
	rig_bytes_free(&mutator->what);
	free(mutator);
}

/* How many of ours an entry of the queue gets: more where there is more to change. */
uint32_t afl_custom_fuzz_count(struct mutator *mutator, const uint8_t *data, size_t size)
{
	(void)mutator;
	(void)data;
	return (64 + (uint32_t)(size < 4096 ? size / 16 : 256));
}

static uint32_t below(struct mutator *mutator, size_t limit)
{
	return rig_random_below(&mutator->random, (uint32_t)limit);
}

/* Flips, sets, takes away or doubles a few bytes, as any fuzzer does. */
static void change_bytes(struct mutator *mutator, const uint8_t *data, size_t size)
{
	struct rig_bytes *out = &mutator->out;

	rig_bytes_put(out, data, size);
	for (uint32_t n = 1 + below(mutator, BYTES_MAX); n && out->size > 1 && !out->failed; n--) {
		size_t at = below(mutator, out->size);
		size_t run = 1 + below(mutator, RUN_MAX), left = out->size - at;

		if (run > left)
			run = left;
		switch (below(mutator, 4)) {
		case 0:
			out->data[at] ^= (uint8_t)(1u << below(mutator, 8));
			break;
		case 1:
			out->data[at] = (uint8_t)below(mutator, 256);
			break;
		case 2:
			memmove(out->data + at, out->data + at + run, left - run);
			out->size -= run;
			break;
		case 3:
			rig_bytes_zero(out, run);
			if (!out->failed)
				memmove(out->data + at + run, out->data + at, left);
			break;
		}
	}
	rig_bytes_print(&mutator->what, "bytes");
}

/* Payloads are written to: a copy of the bytes that is ours. */
static struct rig_script *read_copy(struct mutator *mutator, const uint8_t *data, size_t size)
{
	const void *copy = rig_arena_copy(&mutator->arena, data, size);

	return copy ? rig_input_read(&mutator->arena, copy, size) : NULL;
}

size_t afl_custom_fuzz(struct mutator *mutator, uint8_t *data, size_t size, uint8_t **out,
		       uint8_t *other, size_t other_size, size_t max_size)
{
	struct rig_script *script, *from;

	rig_arena_reset(&mutator->arena);
	rig_bytes_reset(&mutator->out);
	rig_bytes_reset(&mutator->what);
	if (rig_random_chance(&mutator->random, BYTES)) {
		change_bytes(mutator, data, size);
		*out = mutator->out.size ? mutator->out.data : data;
		return mutator->out.size ? mutator->out.size : size;
	}
	script = read_copy(mutator, data, size);
	from = other ? read_copy(mutator, other, other_size) : NULL;
	if (rig_random_chance(&mutator->random, FRESH)) {
		script = rig_mutate_fresh(&mutator->arena, &mutator->random, FRESH_MESSAGES);
		rig_bytes_print(&mutator->what, "fresh");
	} else if (script) {
		rig_mutate(&mutator->arena, &mutator->random, script, from, &mutator->what);
	}
	if (script)
		rig_input_write(script, &mutator->out);
	if (!script || mutator->out.failed || !mutator->out.size || mutator->out.size > max_size) {
		*out = data;
		return size;
	}
	*out = mutator->out.data;
	return mutator->out.size;
}

/* For the name of a queue entry: "splice_subtree,break". */
const char *afl_custom_describe(struct mutator *mutator, size_t max_size)
{
	const char *what = rig_bytes_text(&mutator->what);
	size_t size = strnlen(what, max_size < WHAT_MAX ? max_size : WHAT_MAX);

	memcpy(mutator->described, what, size);
	mutator->described[size] = '\0';
	return mutator->described;
}

int32_t afl_custom_init_trim(struct mutator *mutator, uint8_t *data, size_t size)
{
	return rig_trim_begin(&mutator->trim, data, size);
}

size_t afl_custom_trim(struct mutator *mutator, uint8_t **out)
{
	return rig_trim_next(&mutator->trim, out);
}

int32_t afl_custom_post_trim(struct mutator *mutator, uint8_t success)
{
	return rig_trim_judge(&mutator->trim, success);
}
