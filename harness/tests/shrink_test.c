/* SPDX-License-Identifier: GPL-2.0-only */
/* The shrinker, on faults that are planted: a script fails when it has something in it. */
#include <linux/openvswitch.h>
#include <string.h>

#include "gen/round.h"
#include "gen/shrink.h"
#include "tests/test.h"
#include "wire/arena.h"
#include "wire/script.h"

/* The datapath, then later a flow in it, whose key has a VLAN: takes two steps. */
static bool has_planted(void *context, struct rig_script *script)
{
	unsigned int *runs = context;
	bool made = false;

	++*runs;
	for (const struct rig_step *s = script->steps; s; s = s->next)
		for (const struct rig_message *m = s->message; m; m = m->next) {
			if (m->family->index == RIG_DP && m->cmd == OVS_DP_CMD_NEW)
				made = true;
			if (!made || m->family->index != RIG_FLOW || m->cmd != OVS_FLOW_CMD_NEW)
				continue;
			for (const struct rig_node *n = m->nodes; n; n = n->next)
				for (const struct rig_node *k = n->children; k; k = k->next)
					if (rig_node_number(n) == OVS_FLOW_ATTR_KEY &&
					    rig_node_number(k) == OVS_KEY_ATTR_VLAN)
						return true;
		}
	return false;
}

static unsigned int count_steps(const struct rig_script *script)
{
	unsigned int n = 0;

	for (const struct rig_step *s = script->steps; s; s = s->next)
		n++;
	return n;
}

static void planted_fault_shrinks(void)
{
	unsigned int failed = 0;

	for (uint64_t round = 0; round < 10; round++) {
		struct rig_arena arena = {};
		struct rig_script *script =
			rig_round_make(&arena, rig_test_seed, round, RIG_ROUND_MESSAGES);
		unsigned int runs = 0;
		struct rig_shrink shrink = { .fails = has_planted,
					     .context = &runs,
					     .limit = 3000 };
		const struct rig_message *last;

		if (has_planted(&runs, script)) {
			failed++;
			rig_shrink(&shrink, script);
			CU_ASSERT(has_planted(&runs, script));
			CU_ASSERT_EQUAL(count_steps(script), 2);
			CU_ASSERT_PTR_NULL(script->steps->message->nodes);
			last = script->steps->next->message;
			CU_ASSERT_PTR_NULL(last->next);
			CU_ASSERT_PTR_NULL(last->nodes->next);
			CU_ASSERT_PTR_NULL(last->nodes->children->next);
			CU_ASSERT(runs < 3000);
		}
		rig_arena_free(&arena);
	}
	CU_ASSERT(failed >= 5);
}

static void limit_is_kept(void)
{
	struct rig_arena arena = {};
	struct rig_script *script = rig_round_make(&arena, rig_test_seed, 0, RIG_ROUND_MESSAGES);
	unsigned int runs = 0;
	struct rig_shrink shrink = { .fails = has_planted, .context = &runs, .limit = 7 };

	rig_shrink(&shrink, script);
	CU_ASSERT_EQUAL(shrink.tried, 7);
	CU_ASSERT_EQUAL(runs, 7);
	rig_arena_free(&arena);
}

/* Nothing makes it pass, so nothing is needed. */
static bool always(void *context, struct rig_script *script)
{
	(void)context;
	(void)script;
	return true;
}

static void what_always_fails_vanishes(void)
{
	struct rig_arena arena = {};
	struct rig_script *script = rig_round_make(&arena, rig_test_seed, 0, RIG_ROUND_MESSAGES);
	struct rig_shrink shrink = { .fails = always, .limit = 3000 };

	rig_shrink(&shrink, script);
	CU_ASSERT_PTR_NULL(script->steps);
	rig_arena_free(&arena);
}

RIG_TEST_SUITE(shrink, { "a planted fault shrinks to its two steps", planted_fault_shrinks },
	       { "the limit is kept", limit_is_kept },
	       { "what always fails vanishes", what_always_fails_vanishes });
