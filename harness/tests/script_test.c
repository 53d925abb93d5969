/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire/script.h"

#include <errno.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test.h"
#include "wire/arena.h"
#include "wire/error.h"

static struct rig_arena arena;

static struct rig_script *parse(const char *text, struct rig_error *err)
{
	rig_arena_free(&arena);
	return rig_script_parse(&arena, "corpora/cases/flow/x.nlt", text, strlen(text), err);
}

static struct rig_script *parse_good(const char *text)
{
	struct rig_error err = { 0 };
	struct rig_script *script = parse(text, &err);

	CU_ASSERT_STRING_EQUAL(err.message, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(script);
	return script;
}

static const struct rig_step *step_at(const struct rig_script *script, unsigned int n)
{
	const struct rig_step *step = script->steps;

	while (step && n--)
		step = step->next;
	CU_ASSERT_PTR_NOT_NULL_FATAL(step);
	return step;
}

static const struct rig_want *want_at(const struct rig_step *step, unsigned int n)
{
	const struct rig_want *want = step->wants;

	while (want && n--)
		want = want->next;
	CU_ASSERT_PTR_NOT_NULL_FATAL(want);
	return want;
}

static void first_script(void)
{
	const struct rig_script *s = parse_good(
		"# An eth_type of 0x0800 promises an ipv4 key; leaving it out is refused.\n"
		"dp.new    name=br0 upcall_pid=0 -> ok as $dp\n"
		"\n"
		"# The step in question.\n"
		"flow.new  $dp key{in_port(0),eth_type(0x0800)}   # no ipv4\n"
		"          actions{output:0}\n"
		"          -> error EINVAL\n"
		"flow.get  $dp dump -> done\n");
	const struct rig_step *step;

	CU_ASSERT_STRING_EQUAL(s->id, "flow/x");
	CU_ASSERT_STRING_EQUAL(s->reason, "An eth_type of 0x0800 promises an ipv4 key; leaving it "
					  "out is refused.");
	CU_ASSERT_EQUAL(s->n_steps, 3);
	CU_ASSERT_EQUAL(s->n_wants, 3);
	step = step_at(s, 0);
	CU_ASSERT_EQUAL(step->kind, RIG_STEP_SEND);
	CU_ASSERT_STRING_EQUAL(step->socket, "sock");
	CU_ASSERT_STRING_EQUAL(step->text, "dp.new name=br0 upcall_pid=0");
	CU_ASSERT_EQUAL(want_at(step, 0)->kind, RIG_WANT_OK);
	CU_ASSERT_STRING_EQUAL(want_at(step, 0)->bind, "dp");
	step = step_at(s, 1);
	CU_ASSERT_EQUAL(step->place.line, 5);
	CU_ASSERT_STRING_EQUAL(step->text,
			       "flow.new $dp key{in_port(0),eth_type(0x0800)} actions{output:0}");
	CU_ASSERT_EQUAL(want_at(step, 0)->kind, RIG_WANT_ERROR);
	CU_ASSERT_EQUAL(want_at(step, 0)->error, EINVAL);
	CU_ASSERT_EQUAL(want_at(step, 0)->place.line, 7);
	CU_ASSERT_STRING_EQUAL(want_at(step, 0)->text, "error EINVAL");
	CU_ASSERT_EQUAL(want_at(step_at(s, 2), 0)->kind, RIG_WANT_DONE);
}

static void each_step(void)
{
	const struct rig_script *s = parse_good("# Why.\n"
						"needs smp netns\n"
						"netns other\n"
						"socket $b join ovs_vport,ovs_flow unprivileged\n"
						"socket $c netns other\n"
						"join $c ovs_datapath\n"
						"netdev veth0 mtu 1400 netns other\n"
						"$b: dp.get dump -> done\n"
						"frame veth0 0011223344556677889900112233\n"
						"       -> upcall miss ... on $b\n"
						"       -> noframe veth0\n"
						"remove veth0\n"
						"close $b\n");
	const struct rig_step *step;

	CU_ASSERT_EQUAL(s->n_steps, 10);
	CU_ASSERT_EQUAL(step_at(s, 9)->kind, RIG_STEP_CLOSE);
	CU_ASSERT_STRING_EQUAL(step_at(s, 9)->socket, "b");
	CU_ASSERT_EQUAL(step_at(s, 0)->kind, RIG_STEP_NEEDS);
	CU_ASSERT_EQUAL(step_at(s, 0)->features, 1 << RIG_FEATURE_SMP | 1 << RIG_FEATURE_NETNS);
	CU_ASSERT_EQUAL(step_at(s, 1)->kind, RIG_STEP_NETNS);
	CU_ASSERT_STRING_EQUAL(step_at(s, 1)->name, "other");
	step = step_at(s, 2);
	CU_ASSERT_EQUAL(step->kind, RIG_STEP_SOCKET);
	CU_ASSERT_STRING_EQUAL(step->socket, "b");
	CU_ASSERT_EQUAL(step->groups, 1 << RIG_VPORT | 1 << RIG_FLOW);
	CU_ASSERT_TRUE(step->unprivileged);
	CU_ASSERT_PTR_NULL(step->netns);
	CU_ASSERT_STRING_EQUAL(step_at(s, 3)->netns, "other");
	CU_ASSERT_EQUAL(step_at(s, 4)->kind, RIG_STEP_JOIN);
	CU_ASSERT_EQUAL(step_at(s, 4)->groups, 1 << RIG_DP);
	step = step_at(s, 5);
	CU_ASSERT_EQUAL(step->kind, RIG_STEP_NETDEV);
	CU_ASSERT_STRING_EQUAL(step->name, "veth0");
	CU_ASSERT_STRING_EQUAL(step->netns, "other");
	CU_ASSERT_EQUAL(step->mtu, 1400);
	CU_ASSERT_STRING_EQUAL(step_at(s, 6)->socket, "b");
	step = step_at(s, 7);
	CU_ASSERT_EQUAL(step->kind, RIG_STEP_FRAME);
	CU_ASSERT_EQUAL(step->frame_size, 14);
	CU_ASSERT_EQUAL(want_at(step, 0)->kind, RIG_WANT_UPCALL);
	CU_ASSERT_EQUAL(want_at(step, 0)->pattern->command->number, OVS_PACKET_CMD_MISS);
	CU_ASSERT_STRING_EQUAL(want_at(step, 0)->socket, "b");
	CU_ASSERT_EQUAL(want_at(step, 1)->kind, RIG_WANT_NOFRAME);
	CU_ASSERT_STRING_EQUAL(want_at(step, 1)->port, "veth0");
	CU_ASSERT_EQUAL(step_at(s, 8)->kind, RIG_STEP_REMOVE);
}

static void several_in_one_datagram(void)
{
	const struct rig_script *s =
		parse_good("# Why.\n"
			   "dp.new name=br0 upcall_pid=0 -> ok as $dp\n"
			   "+ vport.get $dp port_no=0 -> ok -> reply name=br0\n"
			   "+ flow.get $dp dump -> done\n");
	const struct rig_step *step = step_at(s, 0);

	CU_ASSERT_EQUAL(s->n_steps, 1);
	CU_ASSERT_EQUAL(s->n_wants, 4);
	CU_ASSERT_PTR_NOT_NULL_FATAL(step->message->next);
	CU_ASSERT_PTR_NOT_NULL_FATAL(step->message->next->next);
	CU_ASSERT_PTR_NULL(step->message->next->next->next);
	CU_ASSERT_EQUAL(want_at(step, 0)->request, 0);
	CU_ASSERT_EQUAL(want_at(step, 1)->request, 1);
	CU_ASSERT_EQUAL(want_at(step, 2)->request, 1);
	CU_ASSERT_EQUAL(want_at(step, 2)->pattern->family->index, RIG_VPORT);
	CU_ASSERT_EQUAL(want_at(step, 3)->request, 2);
}

static void each_error(void)
{
	static const struct {
		const char *text;
		unsigned int line, column;
		const char *says;
	} row[] = {
		{ "", 1, 1, "expected a comment" },
		{ "dp.get -> ok\n", 1, 1, "expected a comment" },
		{ "#\ndp.get -> ok\n", 1, 1, "expected a reason" },
		{ "# Why.\ndp.get\n", 3, 1, "expected at least one \"->\"" },
		{ "# Why.\ndp.get -> okay\n", 2, 11, "expected ok, error, reply" },
		{ "# Why.\ndp.get -> error EFOO\n", 2, 17, "no errno is called EFOO" },
		{ "# Why.\ndp.get -> error\n", 2, 16, "expected an errno's name" },
		{ "# Why.\ndp.get -> ok as dp\n", 2, 17, "expected a $symbol" },
		{ "# Why.\n$b: dp.get -> ok\n", 2, 1, "no socket is called $b" },
		{ "# Why.\n$sock dp.get -> ok\n", 2, 6, "expected \":\"" },
		{ "# Why.\njoin $sock ovs_flows\n", 2, 12,
		  "no multicast group is called ovs_flows" },
		{ "# Why.\nneeds luck\n", 2, 7, "expected smp, netns" },
		{ "# Why.\nnetns a -> ok\n", 2, 14, "nothing was asked here" },
		{ "# Why.\nnetdev v mtu 65536\n", 2, 14, "expected a number" },
		{ "# Why.\n+ dp.get -> ok\n", 2, 2, "no message stands before it" },
		{ "# Why.\ndp.get -> notify flow -> ok\n", 2, 18, "expected FAMILY.COMMAND" },
		{ "# Why.\ndp.get -> notify flaw.new on $sock\n", 2, 18,
		  "no family is called flaw" },
		{ "# Why.\ndp.get -> notify flow.mew on $sock\n", 2, 18, "has no command mew" },
		{ "# Why.\ndp.get -> notify flow.new on $z\n", 2, 30, "no socket is called $z" },
		{ "# Why.\ndp.get -> upcall lost\n", 2, 18, "expected \"miss\" or \"action\"" },
		{ "# Why.\ndp.get -> ok or not\n", 2, 14, "expected \"->\" or the end" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rig_error err = { 0 };

		CU_ASSERT_PTR_NULL(parse(row[i].text, &err));
		CU_ASSERT_EQUAL(err.line, row[i].line);
		CU_ASSERT_EQUAL(err.column, row[i].column);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, row[i].says));
		if (err.line != row[i].line || err.column != row[i].column ||
		    !strstr(err.message, row[i].says))
			fprintf(stderr, "row %zu: %u:%u: %s\n", i, err.line, err.column,
				err.message);
	}
}

static void ids(void)
{
	static const struct {
		const char *path, *id;
	} row[] = {
		{ "corpora/cases/flow/new-a.nlt", "flow/new-a" },
		{ "/x/corpora/cases/dp/b.nlt", "dp/b" },
		{ "/tmp/c.nlt", "c" },
		{ "mycases/d.nlt", "d" },
		{ "d", "d" },
	};

	rig_arena_free(&arena);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_STRING_EQUAL(rig_script_id(&arena, row[i].path), row[i].id);
	rig_arena_free(&arena);
}

/* xorshift: the same seed, the same texts. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Whatever the text is, there is a script or an error that points into it. */
static void damaged(void)
{
	static const char text[] =
		"# Why.\n"
		"needs smp\n"
		"socket $b join ovs_vport,ovs_flow unprivileged netns x\n"
		"netdev veth0 mtu 1400\n"
		"$b: dp.new name=br0 upcall_pid=0 -> ok as $dp\n"
		"+ vport.get $dp port_no=0 -> reply name=br0 -> error EINVAL\n"
		"frame veth0 0011223344556677889900112233\n"
		"      -> upcall miss key{in_port(0),...} on $b -> noframe veth0\n";
	unsigned long rounds = rig_test_count ? rig_test_count : 2000;
	uint64_t state = rig_test_seed * 2 + 1;

	for (unsigned long i = 0; i < rounds; i++) {
		size_t size = 1 + next_random(&state) % (sizeof(text) - 1);
		char *copy = malloc(size); /* no byte more: a read past the end is seen */
		struct rig_error err = { 0 };

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, text, size);
		for (uint64_t n = next_random(&state) % 4; n > 0; n--)
			copy[next_random(&state) % size] = (char)next_random(&state);
		rig_arena_free(&arena);
		if (rig_script_parse(&arena, "damaged", copy, size, &err))
			err = (struct rig_error){ .message = "none", .line = 1, .column = 1 };
		free(copy);
		CU_ASSERT_NOT_EQUAL(err.message[0], '\0');
		CU_ASSERT_TRUE(err.line >= 1 && err.column >= 1 && err.column <= size + 1);
	}
	rig_arena_free(&arena);
}

static void no_text(void)
{
	static const char text[] = "# Some.\ndp.get\n  # ab\0\n  -> ok\n";
	struct rig_error err = { 0 };

	rig_arena_free(&arena);
	CU_ASSERT_PTR_NULL(rig_script_parse(&arena, "x.nlt", text, sizeof(text) - 1, &err));
	CU_ASSERT_EQUAL(err.line, 3);
	CU_ASSERT_EQUAL(err.column, 7);
	CU_ASSERT_STRING_EQUAL(err.message, "expected text, found a NUL byte");
	rig_arena_free(&arena);
}

RIG_TEST_SUITE(script, { "first script", first_script }, { "each step", each_step },
	       { "several in one datagram", several_in_one_datagram }, { "each error", each_error },
	       { "ids", ids }, { "damaged", damaged }, { "no text", no_text });
