/* SPDX-License-Identifier: GPL-2.0-only */
/* What nlrig fuzz stands on, without a kernel: test cases, mutation, trimming, the stage. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/input.h"
#include "fuzz/trim.h"
#include "gen/mutate.h"
#include "gen/random.h"
#include "gen/stage.h"
#include "judge/finding.h"
#include "judge/resident.h"
#include "judge/run.h"
#include "link/link.h"
#include "model/model.h"
#include "tests/test.h"
#include "wire/script.h"

#define ROUNDS (rig_test_count ? rig_test_count : 150)

enum { MESSAGES = 8 };

static void make_input(struct rig_random *random, unsigned int changes, struct rig_bytes *bytes)
{
	struct rig_arena arena = {};
	struct rig_script *script = rig_mutate_fresh(&arena, random, MESSAGES);

	while (changes--)
		rig_mutate(&arena, random, script, script, NULL);
	rig_bytes_reset(bytes);
	rig_input_write(script, bytes);
	rig_arena_free(&arena);
}

static bool comes_back(const struct rig_bytes *bytes)
{
	struct rig_arena arena = {};
	struct rig_bytes again = {};
	struct rig_script *script = rig_input_read(&arena, bytes->data, bytes->size);
	bool same;

	if (script)
		rig_input_write(script, &again);
	same = script && again.size == bytes->size && !memcmp(again.data, bytes->data, again.size);
	rig_bytes_free(&again);
	rig_arena_free(&arena);
	return same;
}

static void scripts_come_back(void)
{
	struct rig_random random;
	struct rig_bytes bytes = {};
	unsigned int others = 0;

	rig_random_seed(&random, rig_test_seed, 0);
	for (unsigned long i = 0; i < ROUNDS; i++) {
		make_input(&random, i % 3, &bytes);
		others += !comes_back(&bytes);
	}
	/* Datagrams of no byte, and frames too long for their port, are cut. */
	CU_ASSERT(others * 20 < ROUNDS);
	rig_bytes_free(&bytes);
}

/* Once read and written, they are what they are. */
static void any_bytes_are_a_test_case(void)
{
	struct rig_random random;
	struct rig_bytes bytes = {}, once = {};
	unsigned int others = 0;

	rig_random_seed(&random, rig_test_seed, 1);
	for (unsigned long i = 0; i < ROUNDS; i++) {
		struct rig_arena arena = {};
		struct rig_script *script;

		make_input(&random, 0, &bytes);
		for (unsigned int n = rig_random_below(&random, 20); n; n--)
			bytes.data[rig_random_below(&random, (uint32_t)bytes.size)] ^=
				(uint8_t)rig_random_next(&random);
		bytes.size -= rig_random_below(&random, 9);
		script = rig_input_read(&arena, bytes.data, bytes.size);
		CU_ASSERT_PTR_NOT_NULL_FATAL(script);
		rig_bytes_reset(&once);
		rig_input_write(script, &once);
		others += !comes_back(&once);
		rig_arena_free(&arena);
	}
	CU_ASSERT_EQUAL(others, 0);
	rig_bytes_free(&bytes);
	rig_bytes_free(&once);
}

static void same_seed_same_mutants(void)
{
	struct rig_random first, second;
	struct rig_bytes a = {}, b = {};

	rig_random_seed(&first, rig_test_seed, 2);
	rig_random_seed(&second, rig_test_seed, 2);
	for (unsigned int i = 0; i < 20; i++) {
		make_input(&first, 2, &a);
		make_input(&second, 2, &b);
		CU_ASSERT(a.size == b.size && !memcmp(a.data, b.data, a.size));
	}
	rig_bytes_free(&a);
	rig_bytes_free(&b);
}

/* What does the same must stay: here the name of a datapath. */
static void trimming_keeps_what_counts(void)
{
	static const char word[] = { 'b', 'r' };
	struct rig_random random;
	struct rig_bytes bytes = {};
	unsigned int smaller = 0, had = 0;

	rig_random_seed(&random, rig_test_seed, 3);
	for (unsigned int i = 0; i < 150; i++) {
		struct rig_trim trim = {};
		int32_t limit, at = 0;
		uint8_t *candidate;

		make_input(&random, 1, &bytes);
		if (!memmem(bytes.data, bytes.size, word, sizeof(word)))
			continue;
		had++;
		limit = rig_trim_begin(&trim, bytes.data, bytes.size);
		while (at < limit) {
			size_t size = rig_trim_next(&trim, &candidate);

			at = rig_trim_judge(&trim,
					    memmem(candidate, size, word, sizeof(word)) != NULL);
		}
		CU_ASSERT(memmem(trim.best.data, trim.best.size, word, sizeof(word)) != NULL);
		smaller += trim.best.size * 2 < bytes.size;
		rig_trim_free(&trim);
	}
	CU_ASSERT(had > 0);
	CU_ASSERT(smaller * 2 > had);
	rig_bytes_free(&bytes);
}

/* On the model as a target nothing differs, and nearly all is undone by requests. */
static void the_stage_stays(void)
{
	const struct rig_run_options how = { .timeout_ms = 100, .first_only = true };
	struct rig_arena arena = {}, stage_arena = {};
	struct rig_bytes bytes = {}, text = {};
	struct rig_error err = {};
	struct rig_link *link = rig_link_open(RIG_TARGET_MODEL, 0, &err);
	struct rig_runner *runner = rig_runner_new(link, &how, &err);
	struct rig_resident_options options = {};
	const struct rig_resident_counts *counts;
	struct rig_resident *resident;
	struct rig_random random;
	unsigned int differed = 0;

	rig_bytes_print(&text, "# The stage.\n");
	rig_stage_print(&text);
	options.stage =
		rig_script_parse(&stage_arena, "stage", rig_bytes_text(&text), text.size, &err);
	rig_runner_batch(runner, 64);
	resident = rig_resident_new(runner, &options, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(resident);
	rig_random_seed(&random, rig_test_seed, 4);
	for (unsigned long i = 0; i < ROUNDS; i++) {
		struct rig_run run;

		make_input(&random, 1, &bytes);
		rig_arena_reset(&arena);
		CU_ASSERT_EQUAL_FATAL(
			rig_resident_run(resident, rig_input_read(&arena, bytes.data, bytes.size),
					 &run, &err),
			0);
		differed += rig_findings_difference(run.findings) != NULL;
	}
	counts = rig_resident_counts(resident);
	CU_ASSERT_EQUAL(differed, 0);
	CU_ASSERT_EQUAL(counts->scripts, ROUNDS);
	CU_ASSERT(counts->resets[RIG_RESET_NOT_UNDONE] * 20 < ROUNDS);
	rig_resident_free(resident);
	rig_runner_free(runner);
	rig_link_close(link);
	rig_bytes_free(&bytes);
	rig_bytes_free(&text);
	rig_arena_free(&arena);
	rig_arena_free(&stage_arena);
}

RIG_TEST_SUITE(fuzz, { "scripts come back from their bytes", scripts_come_back },
	       { "any bytes are a test case", any_bytes_are_a_test_case },
	       { "same seed, same mutants", same_seed_same_mutants },
	       { "trimming keeps what counts", trimming_keeps_what_counts },
	       { "what a script does on the stage is undone", the_stage_stays });
