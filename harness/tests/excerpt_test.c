/* SPDX-License-Identifier: GPL-2.0-only */
/* Cutting a trace down to what shows its fault, and making a case of that. */
#include "replay/excerpt.h"

#include <string.h>

#include "gen/shrink.h"
#include "replay/case.h"
#include "tests/test.h"
#include "tests/trace_help.h"

#define DP_REST " stats(n_flows=0) megaflow_stats(n_masks=0) user_features=0 masks_cache_size=256"
#define REFUSED(seq, name, type)                                          \
	"< nl.error @flags=capped @seq=" #seq " @pid=100 error=" name " " \
	"request(len=32,type=" type ",flags=request|ack,seq=" #seq ",pid=100)"

/* The second dp.set is answered by an errno that is not the contract's. */
static const char *const lines[] = {
	"> dp.get @flags=request|dump @seq=1 @pid=100",
	"< nl.done @flags=multi @seq=1 @pid=100 error=0",
	"> vport.get @flags=request|ack @seq=2 @pid=100 name=lo0",
	REFUSED(2, "ENODEV", "vport"),
	"> dp.new @flags=request|echo @seq=3 @pid=100 name=br0 upcall_pid=0",
	"< dp.new @flags=0 @seq=3 @pid=100 dp=31 name=br0" DP_REST,
	"> dp.set @flags=request|ack @seq=4 @pid=100 dp=31 user_features=0x80000000",
	REFUSED(4, "EOPNOTSUPP", "dp"),
	"> dp.new @flags=request|echo @seq=5 @pid=100 name=br1 upcall_pid=0",
	"< dp.new @flags=0 @seq=5 @pid=100 dp=32 name=br1" DP_REST,
	"> dp.set @flags=request|ack @seq=6 @pid=100 dp=31 user_features=0x80000000",
	REFUSED(6, "EINVAL", "dp"),
	"> dp.get @flags=request @seq=7 @pid=100 name=br1",
	"< dp.get @flags=0 @seq=7 @pid=100 dp=32 name=br1" DP_REST,
	NULL,
};

static bool shows(void *context, struct rig_script *script)
{
	struct rig_excerpt *e = context;

	(void)script;
	return rig_excerpt_shows(e, &e->faults[0]);
}

static void read_lines(struct rig_excerpt *e)
{
	static struct rig_trace_families families;
	const struct rig_trace_options options = { .families = &families, .cpus = 2 };
	char *path = rig_test_path(".pcapng");

	families.ids = rig_family_ids_default;
	rig_test_trace(path, lines);
	CU_ASSERT_EQUAL(rig_excerpt_read(e, path, &options, NULL), 0);
	rig_test_remove(path);
}

static void ignore(void *context, const struct rig_trace_fault *fault)
{
	(void)context;
	(void)fault;
}

static void shortest_part(void)
{
	struct rig_excerpt e;
	struct rig_shrink shrink = { .fails = shows, .context = &e, .limit = 1000 };

	read_lines(&e);
	CU_ASSERT_EQUAL(e.n_packets, 14);
	CU_ASSERT_EQUAL_FATAL(e.n_faults, 1);
	CU_ASSERT_EQUAL(e.faults[0].packet, 11);
	CU_ASSERT(rig_excerpt_shows(&e, &e.faults[0]));
	rig_shrink_list(&shrink, &e.units);
	/* The datapath, and the request itself. */
	CU_ASSERT_EQUAL(rig_excerpt_count(&e), 4);
	CU_ASSERT(rig_excerpt_shows(&e, &e.faults[0]));
	e.units = e.units->next;
	CU_ASSERT_FALSE(rig_excerpt_shows(&e, &e.faults[0]));
	rig_excerpt_free(&e);
}

static void as_a_case(void)
{
	struct rig_trace_families families = { .ids = rig_family_ids_default };
	const struct rig_trace_options options = { .families = &families, .cpus = 2 };
	struct rig_trace_script made = {};
	struct rig_arena arena = {};
	struct rig_bytes text = {};
	struct rig_excerpt e;
	struct rig_shrink shrink = { .fails = shows, .context = &e, .limit = 1000 };
	char *path = rig_test_path(".pcapng");
	struct rig_trace *trace;

	read_lines(&e);
	rig_shrink_list(&shrink, &e.units);
	CU_ASSERT_EQUAL(rig_excerpt_write(&e, path, NULL), 0);
	trace = rig_trace_open(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	CU_ASSERT_EQUAL(rig_trace_script_make(&made, trace, &options, ignore, NULL, NULL), 0);
	CU_ASSERT_EQUAL(rig_trace_case(&made, false, NULL), 0);
	rig_script_print(&made.script, &text);
	CU_ASSERT_STRING_EQUAL(rig_bytes_text(&text),
			       "# A trace, sent again.\n"
			       "dp.new @flags=request|echo name=br0 upcall_pid=0\n"
			       "    -> ok as $dp31\n"
			       "dp.set @flags=request|ack dp=$dp31 user_features=0x80000000\n"
			       "    -> error EOPNOTSUPP\n");
	CU_ASSERT_PTR_NOT_NULL(
		rig_script_parse(&arena, "case", rig_bytes_text(&text), text.size, NULL));
	rig_arena_free(&arena);
	rig_bytes_free(&text);
	rig_trace_script_free(&made);
	rig_trace_close(trace);
	rig_test_remove(path);
	rig_excerpt_free(&e);
}

static void answers_and_requests(void)
{
	struct rig_excerpt e;

	read_lines(&e);
	CU_ASSERT_EQUAL(rig_excerpt_request(&e, 12), 11);
	CU_ASSERT_EQUAL(rig_excerpt_request(&e, 11), 11);
	CU_ASSERT_EQUAL(rig_excerpt_request(&e, 99), 99);
	rig_excerpt_free(&e);
}

/* What a capture has lost is still lost when its packets are written anew. */
static void gaps_stay(void)
{
	struct rig_record record;
	struct rig_trace *trace;
	struct rig_excerpt e;
	char path[RIG_EXCERPT_PATH];

	read_lines(&e);
	e.packets[10].dropped = 3;
	e.packets[12].restarted = true;
	CU_ASSERT_EQUAL(rig_excerpt_keep(&e, path, NULL), 0);
	trace = rig_trace_open(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	while (rig_trace_next(trace, &record, NULL) == 1) {
		CU_ASSERT_EQUAL(record.dropped, record.number == 11 ? 3 : 0);
		CU_ASSERT_EQUAL(record.restarted, record.number == 13);
	}
	CU_ASSERT_EQUAL(record.number, 14);
	rig_trace_close(trace);
	rig_excerpt_free(&e);
}

RIG_TEST_SUITE(excerpt, { "shortest part", shortest_part }, { "as a case", as_a_case },
	       { "answers and requests", answers_and_requests }, { "gaps stay", gaps_stay });
