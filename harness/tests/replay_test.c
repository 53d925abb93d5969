/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/replay.h"

#include <stdio.h>
#include <string.h>

#include "link/link.h"
#include "tests/test.h"
#include "tests/trace_help.h"

#define DP_REST " stats(n_flows=0) megaflow_stats(n_masks=0) user_features=0 masks_cache_size=256"
#define PORT(pid)                                                             \
	"vport.get @flags=multi @seq=2 @pid=100 dp=31 port_no=1 type=netdev " \
	"name=v0 ifindex=7 stats(rx_packets=5) upcall_pid=" #pid
#define DONE(seq) "< nl.done @flags=multi @seq=" #seq " @pid=100 error=0"

/* A datapath and its ports, one of them a device's, are learnt from dumps; then one is used. */
static const char *const middle[] = {
	"> dp.get @flags=request|dump @seq=1 @pid=100",
	"< dp.get @flags=multi @seq=1 @pid=100 dp=31 name=br0" DP_REST,
	DONE(1),
	"> vport.get @flags=request|dump @seq=2 @pid=100 dp=31",
	"< vport.get @flags=multi @seq=2 @pid=100 dp=31 port_no=0 type=internal name=br0 "
	"ifindex=31 stats(rx_packets=0) upcall_pid=0",
	"< " PORT(4200000),
	DONE(2),
	"> vport.get @flags=request @seq=3 @pid=100 dp=31 name=v0",
	"< vport.get @flags=0 @seq=3 @pid=100 dp=31 port_no=1 type=netdev name=v0 ifindex=7 "
	"stats(rx_packets=9) upcall_pid=4200000",
	"> dp.set @flags=request|ack @seq=4 @pid=100 dp=31 user_features=0x80000000",
	"< nl.error @flags=capped @seq=4 @pid=100 error=EOPNOTSUPP "
	"request(len=32,type=dp,flags=request|ack,seq=4,pid=100)",
	NULL,
};

/* No answer names the datapath; a later one does. */
static const char *const nameless[] = {
	"> dp.get @flags=request|dump @seq=1 @pid=100",
	DONE(1),
	"> dp.new @flags=request|ack @seq=2 @pid=100 name=br0 upcall_pid=0",
	"< nl.error @flags=capped @seq=2 @pid=100 error=0 "
	"request(len=36,type=dp,flags=request|ack,seq=2,pid=100)",
	"> dp.get @flags=request @seq=3 @pid=100 name=br0",
	"< dp.get @flags=0 @seq=3 @pid=100 dp=31 name=br0" DP_REST,
	"> flow.get @flags=request|dump @seq=4 @pid=100 dp=31",
	DONE(4),
	"> dp.del @flags=request|ack @seq=5 @pid=100 dp=31",
	"< nl.error @flags=capped @seq=5 @pid=100 error=0 "
	"request(len=24,type=dp,flags=request|ack,seq=5,pid=100)",
	NULL,
};

struct seen {
	unsigned int faults;
	char headline[512];
	char sent[512];
};

static void see(void *context, const struct rig_replay_fault *fault)
{
	struct seen *seen = context;

	if (seen->faults++)
		return;
	snprintf(seen->headline, sizeof(seen->headline), "%s", fault->headline);
	snprintf(seen->sent, sizeof(seen->sent), "%s", fault->sent ? fault->sent : "");
}

static void ignore(void *context, const struct rig_trace_fault *fault)
{
	(void)context;
	(void)fault;
}

static void make(const char *const *lines, struct rig_trace_script *made)
{
	struct rig_trace_families families = { .ids = rig_family_ids_default };
	const struct rig_trace_options options = { .families = &families, .cpus = 2 };
	char *path = rig_test_path(".pcapng");
	struct rig_trace *trace;

	rig_test_trace(path, lines);
	trace = rig_trace_open(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	CU_ASSERT_EQUAL(rig_trace_script_make(made, trace, &options, ignore, NULL, NULL), 0);
	rig_trace_close(trace);
	rig_test_remove(path);
}

/* On the model; other: the trace's kernel was built as no kernel is on which it would be. */
static struct rig_replay_verdict replay_of(const char *const *lines, bool other, struct seen *seen)
{
	struct rig_link *link = rig_link_open(RIG_TARGET_MODEL, 0, NULL);
	const struct rig_replay_options options = {
		.captured = &rig_family_ids_default,
		.report = see,
		.context = seen,
	};
	struct rig_trace_script made = {};
	struct rig_replay_verdict verdict = {};

	*seen = (struct seen){};
	CU_ASSERT_PTR_NOT_NULL_FATAL(link);
	make(lines, &made);
	made.facts.pad64 |= other;
	CU_ASSERT_EQUAL(rig_replay_run(link, &made, &options, &verdict, NULL), 0);
	rig_trace_script_free(&made);
	rig_link_close(link);
	return verdict;
}

static struct rig_replay_verdict replay(const char *const *lines, struct seen *seen)
{
	return replay_of(lines, false, seen);
}

static struct rig_replay_verdict replay_with(size_t n, const char *line, struct seen *seen)
{
	const char *lines[sizeof(middle) / sizeof(middle[0])];

	memcpy(lines, middle, sizeof(middle));
	lines[n] = line;
	return replay(lines, seen);
}

static bool is_in(const char *const *lines, const char *text)
{
	struct rig_trace_script made = {};
	struct rig_bytes script = {};
	bool found;

	make(lines, &made);
	rig_script_print(&made.script, &script);
	found = strstr(rig_bytes_text(&script), text) != NULL;
	if (!found)
		fprintf(stderr, "no \"%s\" in\n%s", text, rig_bytes_text(&script));
	rig_bytes_free(&script);
	rig_trace_script_free(&made);
	return found;
}

static void state_before_the_trace(void)
{
	struct seen seen;
	struct rig_replay_verdict verdict;

	CU_ASSERT(is_in(middle, " name=br0 upcall_pid=0 user_features=0 masks_cache_size=256\n"
				"    -> ok as $dp31\n"));
	CU_ASSERT(is_in(middle, "\nnetdev v0\n"));
	CU_ASSERT(is_in(middle, "\nsocket $s4200000\n"));
	CU_ASSERT(is_in(middle, "dp=$dp31 port_no=1 type=netdev name=v0 upcall_pid=$s4200000\n"));
	verdict = replay(middle, &seen);
	CU_ASSERT_EQUAL(verdict.sent, 4);
	CU_ASSERT_EQUAL(verdict.divergent, 0);
	CU_ASSERT_EQUAL(verdict.unlike, 0);
	CU_ASSERT_EQUAL(verdict.alike, 4);
}

static void a_datapath_named_late(void)
{
	struct seen seen;
	struct rig_replay_verdict verdict;

	CU_ASSERT(is_in(nameless, "name=br0 upcall_pid=0\ndp.get name=br0\n"
				  "    -> ok as $dp31\n"));
	verdict = replay(nameless, &seen);
	CU_ASSERT_EQUAL(verdict.alike, 5);
	CU_ASSERT_EQUAL(seen.faults, 0);
}

/* Whatever differs from the capture is told at its packet; statistics do not differ. */
static void one_reply_altered(void)
{
	static const struct {
		size_t line;
		const char *instead;
		const char *headline; /* NULL: alike */
	} row[] = {
		{ 8,
		  "< vport.get @flags=0 @seq=3 @pid=100 dp=31 port_no=1 type=netdev name=v0 "
		  "ifindex=7 stats(tx_packets=1) upcall_pid=4200000",
		  NULL },
		{ 8,
		  "< vport.get @flags=0 @seq=3 @pid=100 dp=31 port_no=1 type=netdev name=v1 "
		  "ifindex=7 stats(rx_packets=9) upcall_pid=4200000",
		  "packet 8: vport.get: vport.get is not as captured, at name" },
		{ 8,
		  "< nl.error @flags=0 @seq=3 @pid=100 error=EINVAL "
		  "request(len=32,type=vport,flags=request,seq=3,pid=100)",
		  "packet 8: vport.get: captured error EINVAL, received vport." },
		{ 8,
		  "< vport.get @flags=0 @seq=3 @pid=100 dp=31 port_no=1 type=netdev name=v0 "
		  "ifindex=31 stats(rx_packets=9) upcall_pid=4200000",
		  "packet 8: vport.get: " },
		{ 10,
		  "< nl.error @flags=capped @seq=4 @pid=100 error=EINVAL "
		  "request(len=32,type=dp,flags=request|ack,seq=4,pid=100)",
		  "packet 10: dp.set: captured error EINVAL, received error EOPNOTSUPP" },
	};
	struct seen seen;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rig_replay_verdict verdict = replay_with(row[i].line, row[i].instead, &seen);
		const char *headline = row[i].headline ? row[i].headline : "";

		CU_ASSERT_EQUAL(verdict.unlike, row[i].headline ? 1 : 0);
		CU_ASSERT_EQUAL(verdict.divergent, 0);
		if (strncmp(seen.headline, headline, strlen(headline)))
			fprintf(stderr, "row %zu: %s\n", i, seen.headline);
		CU_ASSERT_NSTRING_EQUAL(seen.headline, headline, strlen(headline));
	}
}

/* What only one of two kernels answers is excused, what neither does is not. */
static void another_kernel(void)
{
	const char *lines[sizeof(middle) / sizeof(middle[0])];
	struct rig_replay_verdict verdict;
	struct seen seen;

	verdict = replay_of(middle, true, &seen);
	CU_ASSERT_TRUE(verdict.other_kernel);
	CU_ASSERT_EQUAL(verdict.alike, 4);
	memcpy(lines, middle, sizeof(middle));
	lines[10] = "< nl.error @flags=capped @seq=4 @pid=100 error=ENOENT "
		    "request(len=32,type=dp,flags=request|ack,seq=4,pid=100)";
	verdict = replay_of(lines, true, &seen);
	CU_ASSERT_EQUAL(verdict.unlike, 1);
	CU_ASSERT_EQUAL(verdict.uncompared, 0);
	CU_ASSERT_EQUAL(seen.faults, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(seen.sent, "dp.set "));
}

RIG_TEST_SUITE(replay, { "state before the trace", state_before_the_trace },
	       { "a datapath named late", a_datapath_named_late },
	       { "one reply altered", one_reply_altered }, { "another kernel", another_kernel });
