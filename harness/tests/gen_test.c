/* SPDX-License-Identifier: GPL-2.0-only */
/* The generator: a run is its seed, reaches every attribute, and breaks what it says it breaks. */
#include <linux/openvswitch.h>
#include <stdio.h>
#include <string.h>

#include "gen/gen.h"
#include "gen/round.h"
#include "tests/test.h"
#include "tests/wire_help.h"
#include "wire/codec.h"

#define ROUNDS (rig_test_count ? rig_test_count : 40)

static void encode_script(const struct rig_script *script, struct rig_bytes *bytes)
{
	for (const struct rig_step *step = script->steps; step; step = step->next) {
		if (step->message)
			CU_ASSERT_EQUAL(
				rig_encode(step->message, NULL, test_resolver, NULL, bytes, NULL),
				0);
		rig_bytes_put(bytes, step->frame, step->frame_size);
	}
}

static void make_round(uint64_t seed, uint64_t round, struct rig_bytes *bytes)
{
	struct rig_arena arena = {};

	rig_bytes_reset(bytes);
	encode_script(rig_round_make(&arena, seed, round, RIG_ROUND_MESSAGES), bytes);
	rig_arena_free(&arena);
}

static bool equal(const struct rig_bytes *a, const struct rig_bytes *b)
{
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

static void same_seed_same_bytes(void)
{
	struct rig_bytes first = {}, second = {};

	for (uint64_t round = 0; round < 4; round++) {
		make_round(rig_test_seed, round, &first);
		make_round(rig_test_seed, round, &second);
		CU_ASSERT(first.size > RIG_ROUND_MESSAGES * 20);
		CU_ASSERT(equal(&first, &second));
		make_round(rig_test_seed, round + 1, &second);
		CU_ASSERT(!equal(&first, &second));
		make_round(rig_test_seed + 1, round, &second);
		CU_ASSERT(!equal(&first, &second));
	}
	rig_bytes_free(&first);
	rig_bytes_free(&second);
}

/* A stream may not depend on the machine: these are its first numbers, for good. */
static void random_is_fixed(void)
{
	struct rig_random r;
	uint64_t a, b;

	rig_random_seed(&r, 1, 0);
	a = rig_random_next(&r);
	rig_random_seed(&r, 1, 1);
	b = rig_random_next(&r);
	CU_ASSERT_EQUAL(a, UINT64_C(0x69564865446f5fe));
	CU_ASSERT_EQUAL(b, UINT64_C(0x99ec5f36cb75f2b4));
}

static void random_stays_in_its_limits(void)
{
	static const uint8_t weights[] = { 0, 3, 0, 1, 0 };
	unsigned int seen[sizeof(weights)] = {}, low = 0, high = 0;
	struct rig_random r;

	rig_random_seed(&r, rig_test_seed, 0);
	CU_ASSERT_EQUAL(rig_random_below(&r, 0), 0);
	for (unsigned int i = 0; i < 4000; i++) {
		uint32_t n = rig_random_between(&r, 5, 7);

		CU_ASSERT(n >= 5 && n <= 7);
		low += n == 5;
		high += n == 7;
		seen[rig_random_weighted(&r, weights, sizeof(weights))]++;
		CU_ASSERT(!rig_random_chance(&r, 0));
		CU_ASSERT(rig_random_chance(&r, 100));
	}
	CU_ASSERT(low > 1000 && high > 1000);
	CU_ASSERT_EQUAL(seen[0] + seen[2] + seen[4], 0);
	CU_ASSERT(seen[1] > 2700 && seen[1] < 3300);
}

/* The text of a round is the round: it gives the same bytes. */
static void text_gives_same_bytes(void)
{
	struct rig_bytes first = {}, second = {}, text = {};

	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct rig_arena arena = {};
		struct rig_error error = {};
		struct rig_script *script =
			rig_round_make(&arena, rig_test_seed, round, RIG_ROUND_MESSAGES);

		rig_bytes_reset(&first);
		rig_bytes_reset(&second);
		rig_bytes_reset(&text);
		encode_script(script, &first);
		rig_script_print(script, &text);
		rig_bytes_print(&text, "dp.get dump -> done\n");
		script =
			rig_script_parse(&arena, "round", rig_bytes_text(&text), text.size, &error);
		if (!script)
			fprintf(stderr, "%u:%u: %s\n", error.line, error.column, error.message);
		CU_ASSERT_PTR_NOT_NULL_FATAL(script);
		encode_script(script, &second);
		CU_ASSERT(second.size > first.size);
		CU_ASSERT(!memcmp(first.data, second.data, first.size));
		rig_arena_free(&arena);
	}
	rig_bytes_free(&first);
	rig_bytes_free(&second);
	rig_bytes_free(&text);
}

/* ---- what is reached ---- */

enum { SEEN_MAX = 512 };

struct seen {
	const struct rig_attr *attrs[SEEN_MAX];
	unsigned int count;
};

static bool is_seen(const struct seen *seen, const struct rig_attr *attr)
{
	for (unsigned int i = 0; i < seen->count; i++)
		if (seen->attrs[i] == attr)
			return true;
	return false;
}

static void see(struct seen *seen, const struct rig_node *node)
{
	for (; node; node = node->next) {
		if (node->attr && !is_seen(seen, node->attr) && seen->count < SEEN_MAX)
			seen->attrs[seen->count++] = node->attr;
		see(seen, node->children);
	}
}

static void expect_all(const struct seen *seen, const struct rig_nest *nest, unsigned int depth)
{
	for (unsigned int i = 0; i < nest->n_attrs; i++) {
		const struct rig_attr *attr = &nest->attrs[i];

		if (!attr->name)
			continue;
		if (!is_seen(seen, attr))
			fprintf(stderr, "never generated: %s/%s\n", nest->name, attr->name);
		CU_ASSERT(is_seen(seen, attr));
		if (attr->nest && attr->nest != nest && depth < 4)
			expect_all(seen, attr->nest, depth + 1);
	}
}

/* Of OVS's own families every attribute, in every nest, within so many messages. */
static void every_attribute_comes(void)
{
	struct seen seen = {};
	unsigned int commands = 0;

	for (uint64_t round = 0; round < 100; round++) {
		struct rig_arena arena = {};
		const struct rig_script *script =
			rig_round_make(&arena, rig_test_seed, round, RIG_ROUND_MESSAGES);

		for (const struct rig_step *s = script->steps; s; s = s->next)
			for (const struct rig_message *m = s->message; m; m = m->next) {
				see(&seen, m->nodes);
				if (m->family && m->family->index <= RIG_CT_LIMIT && m->cmd < 5)
					commands |= 1u << (m->family->index * 5 + m->cmd);
			}
		rig_arena_free(&arena);
	}
	for (unsigned int i = RIG_DP; i <= RIG_CT_LIMIT; i++) {
		expect_all(&seen, rig_families[i].nest, 0);
		for (unsigned int c = 1; c < rig_families[i].n_commands; c++)
			CU_ASSERT(commands & (1u << (i * 5 + c)));
	}
}

/* ---- breaks ---- */

static void breaks_break(void)
{
	for (unsigned int how = 0; how < rig_gen_breaks; how++) {
		unsigned int done = 0, changed = 0;

		for (unsigned int i = 0; i < 50; i++) {
			struct rig_arena arena = {};
			struct rig_gen gen = { .arena = &arena };
			struct rig_bytes before = {}, after = {};
			struct rig_message *message;

			rig_random_seed(&gen.random, rig_test_seed, i);
			rig_world_init(&gen.world);
			message = rig_gen_request(&gen, RIG_FLOW, OVS_FLOW_CMD_NEW);
			rig_encode(message, NULL, test_resolver, NULL, &before, NULL);
			if (rig_gen_break_as(&gen, how, message)) {
				done++;
				rig_encode(message, NULL, test_resolver, NULL, &after, NULL);
				changed += !equal(&before, &after);
			}
			rig_bytes_free(&before);
			rig_bytes_free(&after);
			rig_arena_free(&arena);
		}
		if (!done || changed * 2 < done)
			fprintf(stderr, "%s: %u of %u changed\n", rig_gen_break_name(how), changed,
				done);
		CU_ASSERT(done > 0);
		CU_ASSERT(changed * 2 >= done);
	}
}

RIG_TEST_SUITE(gen, { "random is fixed", random_is_fixed },
	       { "random stays in its limits", random_stays_in_its_limits },
	       { "same seed, same bytes", same_seed_same_bytes },
	       { "the text of a round gives its bytes", text_gives_same_bytes },
	       { "every attribute comes", every_attribute_comes },
	       { "breaks break", breaks_break });
