/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test.h"
#include "tests/trace_help.h"

#define DP_REST                                        \
	" stats(n_flows=0) megaflow_stats(n_masks=0) " \
	"user_features=0 masks_cache_size=256"
#define FLOW_REST                                                                                \
	" key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(0),skb_mark(0x0),"           \
	"ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),"                                     \
	"eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x1234)}"                     \
	" mask{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),tunnel(ttl=0),in_port(4294967295)," \
	"skb_mark(0x0),ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),"                       \
	"eth(src=ff:ff:ff:ff:ff:ff,dst=ff:ff:ff:ff:ff:ff),eth_type(0xffff)}"                     \
	" actions{output:0}"
#define PORT "port_no=1 type=netdev name=v0 ifindex=7 stats(rx_packets=5) upcall_pid=0"
#define FLOW_KEY                                                            \
	" key{in_port(0),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)," \
	"eth_type(0x1234)}"

/* How a datapath of an empty kernel is made, filled and taken away. */
static const char *const whole_life[] = {
	"> dp.get @flags=request|dump @seq=1 @pid=100",
	"< nl.done @flags=multi @seq=1 @pid=100 error=0",
	"> dp.new @flags=request|echo @seq=2 @pid=100 name=br0 upcall_pid=0",
	"< dp.new @flags=0 @seq=2 @pid=100 dp=31 name=br0" DP_REST,
	"> flow.new @flags=request|echo @seq=3 @pid=100 dp=31" FLOW_KEY " actions{output:0}",
	"< flow.new @flags=0 @seq=3 @pid=100 dp=31" FLOW_REST,
	"> flow.get @flags=request|dump @seq=4 @pid=100 dp=31",
	"< flow.get @flags=multi @seq=4 @pid=100 dp=31" FLOW_REST,
	"< nl.done @flags=multi @seq=4 @pid=100 error=0",
	"> dp.del @flags=request|ack @seq=5 @pid=100 dp=31",
	"< nl.error @flags=capped @seq=5 @pid=100 error=0 "
	"request(len=24,type=dp,flags=request|ack,seq=5,pid=100)",
	NULL,
};

struct seen {
	unsigned int faults;
	unsigned long packet; /* of the first */
	char headline[256];
};

static void see(void *context, const struct rig_trace_fault *fault)
{
	struct seen *seen = context;

	if (!seen->faults++) {
		seen->packet = fault->packet;
		snprintf(seen->headline, sizeof(seen->headline), "%s", fault->headline);
	}
}

static struct rig_trace_verdict judge(const char *const *lines, struct seen *seen)
{
	struct rig_trace_families families = { .ids = rig_family_ids_default };
	const struct rig_trace_options options = { .families = &families, .cpus = 2 };
	struct rig_trace_verdict verdict = {};
	struct rig_error err = {};
	char *path = rig_test_path(".pcapng");
	struct rig_trace *trace;

	*seen = (struct seen){};
	rig_test_trace(path, lines);
	trace = rig_trace_open(path, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	CU_ASSERT_EQUAL(rig_trace_judge(trace, &options, see, seen, &verdict, &err), 0);
	rig_trace_close(trace);
	rig_test_remove(path);
	return verdict;
}

/* The lines with one of them replaced; n counts from 0. */
static struct rig_trace_verdict judge_with(size_t n, const char *line, struct seen *seen)
{
	const char *lines[sizeof(whole_life) / sizeof(whole_life[0])];

	memcpy(lines, whole_life, sizeof(whole_life));
	lines[n] = line;
	return judge(lines, seen);
}

static void all_is_right(void)
{
	struct seen seen;
	struct rig_trace_verdict verdict = judge(whole_life, &seen);

	CU_ASSERT_EQUAL(verdict.packets, 11);
	CU_ASSERT_EQUAL(verdict.right, 5);
	CU_ASSERT_EQUAL(verdict.wrong, 0);
	CU_ASSERT_EQUAL(verdict.unjudged, 0);
	CU_ASSERT_EQUAL(seen.faults, 0);
}

/* One reply altered is one fault, at the packet of its request. */
static void one_reply_altered(void)
{
	static const struct {
		size_t line;
		const char *instead;
		unsigned long packet;
		const char *headline;
	} row[] = {
		{ 3, "< dp.new @flags=0 @seq=2 @pid=100 dp=31 name=br1" DP_REST, 3,
		  "packet 3: dp.new: dp.new on $100 is not as the model expects: name" },
		{ 3,
		  "< nl.error @flags=0 @seq=2 @pid=100 error=EINVAL "
		  "request(len=36,type=dp,flags=request|echo,seq=2,pid=100)",
		  3, "packet 3: dp.new: model expects dp.new" },
		{ 5, "< flow.new @flags=0 @seq=3 @pid=100 dp=31" FLOW_KEY " actions{output:0}", 5,
		  "packet 5: flow.new: flow.new on $100 is not as the model expects: key" },
		{ 7, "< flow.get @flags=multi @seq=4 @pid=100 dp=31" FLOW_KEY, 7,
		  "packet 7: flow.get: flow.get on $100" },
		{ 8, "< nl.done @flags=multi @seq=4 @pid=100 error=EINVAL", 7,
		  "packet 7: flow.get: model expects done on $100, received error EINVAL" },
		{ 10,
		  "< nl.error @flags=0 @seq=5 @pid=100 error=ENODEV "
		  "request(len=24,type=dp,flags=request|ack,seq=5,pid=100)",
		  10, "packet 10: dp.del: model expects ok on $100, received error ENODEV" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct seen seen;
		struct rig_trace_verdict verdict = judge_with(row[i].line, row[i].instead, &seen);

		CU_ASSERT_TRUE(verdict.wrong >= 1);
		CU_ASSERT_EQUAL(seen.packet, row[i].packet);
		CU_ASSERT_EQUAL(strncmp(seen.headline, row[i].headline, strlen(row[i].headline)),
				0);
	}
}

static const struct rig_trace_reason *reason(const struct rig_trace_verdict *verdict,
					     const char *part)
{
	for (unsigned int i = 0; i < verdict->n_reasons; i++)
		if (strstr(verdict->reasons[i].why, part))
			return &verdict->reasons[i];
	return NULL;
}

/* What was there before is not judged until a dump has told of it; then it is. */
static void begins_in_the_middle(void)
{
	static const char *const lines[] = {
		"> flow.get @flags=request @seq=1 @pid=9 dp=31" FLOW_KEY,
		"< flow.get @flags=0 @seq=1 @pid=9 dp=31" FLOW_REST,
		"> dp.get @flags=request|dump @seq=2 @pid=9",
		"< dp.get @flags=multi @seq=2 @pid=9 dp=31 name=br0 stats(n_flows=1) "
		"megaflow_stats(n_masks=1) user_features=0 masks_cache_size=256",
		"< nl.done @flags=multi @seq=2 @pid=9 error=0",
		"> flow.get @flags=request|dump @seq=3 @pid=9 dp=31",
		"< flow.get @flags=multi @seq=3 @pid=9 dp=31" FLOW_REST,
		"< nl.done @flags=multi @seq=3 @pid=9 error=0",
		"> flow.get @flags=request @seq=4 @pid=9 dp=31" FLOW_KEY,
		"< flow.get @flags=0 @seq=4 @pid=9 dp=31" FLOW_REST,
		"> flow.get @flags=request @seq=5 @pid=9 dp=31" FLOW_KEY,
		"< nl.error @flags=0 @seq=5 @pid=9 error=ENOENT "
		"request(len=68,type=flow,flags=request,seq=5,pid=9)",
		NULL,
	};
	struct seen seen;
	struct rig_trace_verdict verdict = judge(lines, &seen);

	CU_ASSERT_PTR_NOT_NULL(reason(&verdict, "not all datapaths"));
	CU_ASSERT_PTR_NOT_NULL(reason(&verdict, "not all flows"));
	CU_ASSERT_EQUAL(verdict.unjudged, 3);
	CU_ASSERT_EQUAL(verdict.right, 1);
	CU_ASSERT_EQUAL(verdict.wrong, 1);
	CU_ASSERT_EQUAL(seen.packet, 11);
}

/* A sender that leaves its port id out, and group members that hear of it. */
static void notifications_and_senders(void)
{
	static const char *const lines[] = {
		"> dp.get @flags=request|dump @seq=1",
		"< nl.done @flags=multi @seq=1 @pid=100 error=0",
		"> dp.new @flags=request|ack @seq=2 name=br0 upcall_pid=0",
		"< dp.new @flags=0 @seq=2 @pid=100 dp=31 name=br0" DP_REST,
		"< dp.new @flags=0 @seq=2 @pid=100 dp=31 name=br0" DP_REST,
		"< nl.error @flags=capped @seq=2 @pid=100 error=0 "
		"request(len=40,type=dp,flags=request|ack,seq=2)",
		"> dp.get @flags=request @seq=3 dp=31",
		"< dp.get @flags=0 @seq=3 @pid=100 dp=31 name=br0" DP_REST,
		"< packet.action @flags=0 dp=31 packet=00",
		NULL,
	};
	struct seen seen;
	struct rig_trace_verdict verdict = judge(lines, &seen);

	CU_ASSERT_EQUAL(verdict.right, 3);
	CU_ASSERT_EQUAL(verdict.wrong, 0);
	CU_ASSERT_EQUAL(verdict.unjudged, 1);
	CU_ASSERT_PTR_NOT_NULL(reason(&verdict, "upcalls"));
	CU_ASSERT_EQUAL(seen.faults, 0);
}

/* So many members each time, but for one change. */
static struct rig_trace_verdict heard_by(const unsigned int *members, size_t n, struct seen *seen)
{
	static char text[16][160];
	const char *lines[64];
	size_t k = 0, t = 0;

	lines[k++] = "> dp.get @flags=request|dump @seq=1 @pid=9";
	lines[k++] = "< nl.done @flags=multi @seq=1 @pid=9 error=0";
	for (size_t i = 0; i < n; i++) {
		snprintf(text[t], sizeof(text[t]),
			 "> dp.new @flags=request|echo @seq=%zu @pid=9 name=b%zu upcall_pid=0",
			 i + 2, i);
		lines[k++] = text[t++];
		snprintf(text[t], sizeof(text[t]),
			 "< dp.new @flags=0 @seq=%zu @pid=9 dp=%zu name=b%zu" DP_REST, i + 2,
			 i + 31, i);
		for (unsigned int copy = 0; copy <= members[i]; copy++)
			lines[k++] = text[t];
		t++;
	}
	lines[k] = NULL;
	return judge(lines, seen);
}

/* A member that came, went or had no room is no fault of the datapath's; all at once is. */
static void members_of_a_group(void)
{
	static const struct {
		unsigned int members[5];
		unsigned int wrong, unjudged;
	} row[] = {
		{ { 2, 2, 2, 2, 2 }, 0, 0 }, { { 2, 2, 1, 2, 2 }, 0, 1 },
		{ { 2, 2, 3, 2, 2 }, 0, 1 }, { { 2, 2, 0, 2, 2 }, 1, 0 },
		{ { 2, 2, 4, 2, 2 }, 1, 0 }, { { 1, 1, 0, 1, 1 }, 1, 0 },
		{ { 1, 1, 2, 1, 1 }, 1, 0 }, { { 0, 0, 1, 0, 0 }, 0, 1 },
		{ { 2, 2, 1, 1, 1 }, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct seen seen;
		struct rig_trace_verdict verdict = heard_by(row[i].members, 5, &seen);

		CU_ASSERT_EQUAL(verdict.wrong, row[i].wrong);
		CU_ASSERT_EQUAL(verdict.unjudged, row[i].unjudged);
		CU_ASSERT_EQUAL(verdict.right, 6 - row[i].wrong);
		if (row[i].wrong)
			CU_ASSERT_PTR_NOT_NULL(strstr(seen.headline, "missing or came twice"));
		if (row[i].unjudged)
			CU_ASSERT_PTR_NOT_NULL(reason(&verdict, "a member of a group"));
	}
}

#define UPCALL_KEY(src)                                                                \
	" key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(2),skb_mark(0x0)," \
	"ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=" src               \
	",dst=02:00:00:00:00:02),eth_type(0x1234)}"
#define UPCALL_PACKET \
	" packet=frame{eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x1234)}"

/* A key follows from its packet, if nothing else does. */
static void upcalls(void)
{
	static const char *const lines[] = {
		"< packet.miss @flags=0 dp=31" UPCALL_KEY("02:00:00:00:00:01") UPCALL_PACKET,
		"< packet.miss @flags=0 dp=31" UPCALL_KEY("02:00:00:00:00:03") UPCALL_PACKET,
		"< packet.miss @flags=0 dp=31" UPCALL_PACKET,
		"< packet.miss @flags=0 dp=31 key{recirc_id(0x1),in_port(2)}" UPCALL_PACKET,
		NULL,
	};
	struct seen seen;
	struct rig_trace_verdict verdict = judge(lines, &seen);

	CU_ASSERT_EQUAL(verdict.right, 1);
	CU_ASSERT_EQUAL(verdict.wrong, 2);
	CU_ASSERT_EQUAL(seen.packet, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(seen.headline, "not that of its packet"));
	CU_ASSERT_PTR_NOT_NULL(reason(&verdict, "recirculated"));
}

/* That a device goes is not in a trace, but a port is missed. */
static void device_gone(void)
{
	static const char *const lines[] = {
		"> dp.get @flags=request|dump @seq=1 @pid=9",
		"< nl.done @flags=multi @seq=1 @pid=9 error=0",
		"> dp.new @flags=request|echo @seq=2 @pid=9 name=br0 upcall_pid=0",
		"< dp.new @flags=0 @seq=2 @pid=9 dp=31 name=br0" DP_REST,
		"> vport.new @flags=request|echo @seq=3 @pid=9 dp=31 type=netdev name=v0 "
		"upcall_pid=0",
		"< vport.new @flags=0 @seq=3 @pid=9 dp=31 " PORT,
		"> vport.get @flags=request @seq=4 @pid=9 dp=31 port_no=1",
		"< vport.get @flags=0 @seq=4 @pid=9 dp=31 " PORT,
		"> vport.del @flags=request @seq=5 @pid=9 dp=31 port_no=1",
		"< nl.error @flags=0 @seq=5 @pid=9 error=ENODEV "
		"request(len=32,type=vport,flags=request,seq=5,pid=9) hex:02010000"
		"1f0000000800010001000000",
		NULL,
	};
	struct seen seen;
	struct rig_trace_verdict verdict = judge(lines, &seen);

	CU_ASSERT_EQUAL(verdict.right, 5);
	CU_ASSERT_EQUAL(verdict.wrong, 0);
	CU_ASSERT_EQUAL(verdict.unjudged, 1);
	CU_ASSERT_PTR_NOT_NULL(reason(&verdict, "devices went away"));
}

static void never_answered(void)
{
	static const char *const lines[] = {
		"> dp.get @flags=request|ack @seq=1 @pid=9 dp=5",
		"> dp.get @flags=request|dump @seq=2 @pid=9",
		"< nl.done @flags=multi @seq=2 @pid=9 error=0",
		"> dp.get @flags=request|ack @seq=3 @pid=9 dp=5",
		"> dp.get @flags=request|ack @seq=4 @pid=9 dp=5",
		NULL,
	};
	struct seen seen;
	struct rig_trace_verdict verdict = judge(lines, &seen);

	/* The first: whatever there was, an answer had to come. The last may be cut off. */
	CU_ASSERT_EQUAL(verdict.unjudged, 1);
	CU_ASSERT_EQUAL(verdict.right, 1);
	CU_ASSERT_EQUAL(verdict.wrong, 2);
	CU_ASSERT_EQUAL(seen.packet, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(seen.headline, "nothing came"));
}

/* A length that, rounded up, is nothing, must not be gone on by. */
static void lying_lengths(void)
{
	static const char *const lines[] = {
		"> dp.get @flags=request|ack @seq=1 @pid=9 dp=5",
		"> dp.del @len=4294967295 @seq=2 @pid=9 dp=5",
		"< dp.del @len=4294967293 @flags=0 @seq=2 @pid=9 dp=5",
		"> dp.get @flags=request|ack @seq=3 @pid=8 dp=5",
		NULL,
	};
	struct seen seen;
	struct rig_trace_verdict verdict = judge(lines, &seen);

	CU_ASSERT_EQUAL(verdict.packets, 4);
	CU_ASSERT_EQUAL(verdict.messages, 4);
}

#define BEGINNING                                               \
	"> dp.get @flags=request|dump @seq=1 @pid=9",           \
		"< nl.done @flags=multi @seq=1 @pid=9 error=0", \
		"> dp.new @flags=request|echo @seq=2 @pid=9 name=br0 upcall_pid=0"
#define DP_HAS(flows)                                                                            \
	"< dp.get @flags=0 @seq=4 @pid=9 dp=31 name=br0 stats(n_flows=" flows ") megaflow_stats" \
	"(n_masks=1) user_features=0 masks_cache_size=256"

/* A packet through connection tracking is not judged; the flow that goes before it is made. */
static void beside_connections(void)
{
	static const char flow_and_packet[] =
		"> flow.new @flags=request|create @seq=3 @pid=9 dp=31" FLOW_KEY
		" actions{output:0}\n+ packet.execute @flags=request @seq=%s @pid=9 dp=31 "
		"packet=frame{eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x1234)} "
		"key{in_port(0)} actions{ct(zone=1)}";
	static const struct {
		const char *packet_seq, *seen;
		unsigned int right, wrong, unjudged;
	} row[] = {
		{ "9", DP_HAS("1"), 4, 0, 1 },
		{ "9", DP_HAS("2"), 3, 1, 1 },
		/* Whose answer is missing cannot be told: nobody knows whether there is a flow. */
		{ "3", DP_HAS("1"), 3, 0, 1 },
		{ "3", DP_HAS("0"), 3, 0, 1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char both[512];
		const char *lines[] = {
			BEGINNING,   "< dp.new @flags=0 @seq=2 @pid=9 dp=31 name=br0" DP_REST,
			both,	     "> dp.get @flags=request @seq=4 @pid=9 dp=31",
			row[i].seen, NULL,
		};
		struct seen seen;
		struct rig_trace_verdict verdict;

		snprintf(both, sizeof(both), flow_and_packet, row[i].packet_seq);
		verdict = judge(lines, &seen);
		CU_ASSERT_EQUAL(verdict.right, row[i].right);
		CU_ASSERT_EQUAL(verdict.wrong, row[i].wrong);
		CU_ASSERT_EQUAL(verdict.unjudged, row[i].unjudged);
		CU_ASSERT_PTR_NOT_NULL(reason(&verdict, "connection tracking"));
		CU_ASSERT_EQUAL(seen.packet, row[i].wrong ? 6 : 0);
	}
}

/* The counters of a flow decide whether a tunnel's id in its actions is padded. */
static void padded_behind_counters(void)
{
#define FLOW_SAYS \
	"< flow.get @flags=multi @seq=4 @pid=9 dp=31 ufid=00112233445566778899aabbccddeeff "
#define TO_TUNNEL(pad) "actions{set(tunnel(" pad "tun_id=0x2a,dst=1.2.3.4,ttl=64)),output:0}"
	static const struct {
		const char *reply;
		unsigned int wrong;
	} row[] = {
		{ FLOW_SAYS TO_TUNNEL("pad=hex:,"), 0 },
		{ FLOW_SAYS TO_TUNNEL(""), 1 },
		{ FLOW_SAYS "used=5 pad=hex: stats(n_packets=1,n_bytes=60) " TO_TUNNEL(""), 0 },
		{ FLOW_SAYS "used=5 pad=hex: stats(n_packets=1,n_bytes=60) " TO_TUNNEL("pad=hex:,"),
		  1 },
		{ FLOW_SAYS
		  "used=5 pad=hex: stats(n_packets=1,n_bytes=60) tcp_flags=syn " TO_TUNNEL(""),
		  0 },
		{ FLOW_SAYS "used=5 pad=hex: stats(n_packets=1,n_bytes=60) actions{set(tunnel("
			    "tun_id=0x2b,dst=1.2.3.4,ttl=64)),output:0}",
		  1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *lines[] = {
			BEGINNING,
			"< dp.new @flags=0 @seq=2 @pid=9 dp=31 name=br0 pad=hex: stats(n_flows=0) "
			"pad=hex: megaflow_stats(n_masks=0) user_features=0 masks_cache_size=256",
			"> flow.new @flags=request|create @seq=3 @pid=9 dp=31 "
			"ufid=00112233445566778899aabbccddeeff" FLOW_KEY " " TO_TUNNEL(""),
			"> flow.get @flags=request|dump @seq=4 @pid=9 dp=31 "
			"ufid_flags=omit_key|omit_mask",
			row[i].reply,
			"< nl.done @flags=multi @seq=4 @pid=9 error=0",
			NULL,
		};
		struct seen seen;
		struct rig_trace_verdict verdict = judge(lines, &seen);

		CU_ASSERT_EQUAL(verdict.wrong, row[i].wrong);
		CU_ASSERT_EQUAL(verdict.right, 4 - row[i].wrong);
		CU_ASSERT_EQUAL(seen.packet, row[i].wrong ? 6 : 0);
	}
}

/* One answer with an attribute for a pad is wrong, and does not make the kernel one that aligns. */
static void odd_pad(void)
{
	static const char *const instead[] = {
		" pad=hex:00000000000000000000000000000000 megaflow_stats(n_masks=0) "
		"user_features=0 masks_cache_size=256",
		" stats(n_flows=0) pad=hex: megaflow_stats(n_masks=0) "
		"user_features=0 masks_cache_size=256",
	};

	for (size_t i = 0; i < sizeof(instead) / sizeof(instead[0]); i++) {
		char odd[256];
		const char *const lines[] = {
			BEGINNING,
			"< dp.new @flags=0 @seq=2 @pid=9 dp=31 name=br0" DP_REST,
			"> dp.get @flags=request @seq=3 @pid=9 dp=31",
			odd,
			"> dp.get @flags=request @seq=4 @pid=9 dp=31",
			"< dp.get @flags=0 @seq=4 @pid=9 dp=31 name=br0" DP_REST,
			NULL,
		};
		struct seen seen;
		struct rig_trace_verdict verdict;

		snprintf(odd, sizeof(odd), "< dp.get @flags=0 @seq=3 @pid=9 dp=31 name=br0%s",
			 instead[i]);
		verdict = judge(lines, &seen);
		CU_ASSERT_EQUAL(verdict.right, 3);
		CU_ASSERT_EQUAL(verdict.wrong, 1);
		CU_ASSERT_EQUAL(seen.packet, 5);
	}
}

/* What a change that nobody answered excuses: what it can change, for a while, in sound bytes. */
static void ran_meanwhile(void)
{
	static const char get_flow[] = "> flow.get @flags=request @seq=4 @pid=9 dp=31" FLOW_KEY;
	static const char no_flow[] = "< nl.error @flags=capped @seq=4 @pid=9 error=ENOENT "
				      "request(len=60,type=flow,flags=request,seq=4,pid=9)";
	static const char get_port[] = "> vport.get @flags=request @seq=4 @pid=9 dp=31 port_no=0";
	static const struct {
		const char *request, *reply;
		unsigned int upcalls, wrong;
	} row[] = {
		{ get_flow, no_flow, 0, 0 },
		{ get_flow, no_flow, 1001, 1 },
		{ get_flow, "< flow.get @flags=0 @seq=4 @pid=9 @reserved=1 dp=31" FLOW_REST, 0, 1 },
		{ get_flow,
		  "< flow.get @flags=0 @seq=4 @pid=9 dp=31" FLOW_REST " tcp_flags!len=9=hex:02", 0,
		  1 },
		{ get_port,
		  "< vport.get @flags=0 @seq=4 @pid=9 dp=31 port_no=0 type=internal name=br1 "
		  "ifindex=31 stats(rx_packets=0) upcall_pid=0",
		  0, 1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *lines[1024] = {
			BEGINNING,
			"< dp.new @flags=0 @seq=2 @pid=9 dp=31 name=br0" DP_REST,
			"> flow.new @flags=request|create @seq=3 @pid=8 dp=31" FLOW_KEY
			" actions{output:0}",
		};
		size_t n = 5;
		struct seen seen;
		struct rig_trace_verdict verdict;

		while (n < 5 + row[i].upcalls)
			lines[n++] = "< packet.action @flags=0 dp=31 packet=00";
		lines[n++] = row[i].request;
		lines[n++] = row[i].reply;
		verdict = judge(lines, &seen);
		CU_ASSERT_EQUAL(verdict.wrong, row[i].wrong);
		CU_ASSERT_EQUAL(seen.packet, row[i].wrong ? n - 1 : 0);
		CU_ASSERT_EQUAL(reason(&verdict, "meanwhile") != NULL, !row[i].wrong);
	}
}

/* A dump during which something changes may tell of it or not: that is judged afterwards. */
static void changed_in_a_dump(void)
{
#define PORT_0                                                                                     \
	"< vport.get @flags=multi @seq=3 @pid=9 dp=31 port_no=0 type=internal name=br0 ifindex=31" \
	" stats(rx_packets=0) upcall_pid=0"
	static const struct {
		const char *dump, *change, *part, *before;
	} row[] = {
		{ "> flow.get @flags=request|dump @seq=3 @pid=9 dp=31",
		  "> flow.new @flags=request|ack|create|excl @seq=1 @pid=8 dp=31" FLOW_KEY
		  " actions{output:0}",
		  "< flow.get @flags=multi @seq=3 @pid=9 dp=31" FLOW_REST, NULL },
		{ "> flow.get @flags=request|dump @seq=3 @pid=9 dp=31",
		  "> flow.del @flags=request|ack @seq=1 @pid=8 dp=31" FLOW_KEY, NULL, NULL },
		{ "> dp.get @flags=request|dump @seq=3 @pid=9",
		  "> dp.new @flags=request|ack @seq=1 @pid=8 name=br1 upcall_pid=0",
		  "< dp.get @flags=multi @seq=3 @pid=9 dp=32 name=br1" DP_REST,
		  "< dp.get @flags=multi @seq=3 @pid=9 dp=31 name=br0" DP_REST },
		{ "> vport.get @flags=request|dump @seq=3 @pid=9 dp=31",
		  "> vport.new @flags=request|ack @seq=1 @pid=8 dp=31 type=internal name=i0 "
		  "port_no=1 upcall_pid=0",
		  "< vport.get @flags=multi @seq=3 @pid=9 dp=31 port_no=1 type=internal name=i0 "
		  "ifindex=33 stats(rx_packets=0) upcall_pid=0",
		  PORT_0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *lines[12] = {
			"> dp.get @flags=request @seq=2 @pid=9 dp=31",
			"< dp.get @flags=0 @seq=2 @pid=9 dp=31 name=br0" DP_REST,
			row[i].dump,
			row[i].change,
		};
		size_t n = 4;
		struct seen seen;
		struct rig_trace_verdict verdict;

		if (row[i].before)
			lines[n++] = row[i].before;
		if (row[i].part)
			lines[n++] = row[i].part;
		lines[n++] = "< nl.done @flags=multi @seq=3 @pid=9 error=0";
		lines[n++] = "< nl.error @flags=capped @seq=1 @pid=8 error=0 request(seq=1,pid=8)";
		verdict = judge(lines, &seen);
		CU_ASSERT_EQUAL(verdict.wrong, 0);
		CU_ASSERT_EQUAL(verdict.right + verdict.unjudged, 3);
	}
}

RIG_TEST_SUITE(trace_judge, { "all is right", all_is_right },
	       { "one reply altered", one_reply_altered },
	       { "begins in the middle", begins_in_the_middle },
	       { "notifications and senders", notifications_and_senders },
	       { "members of a group", members_of_a_group }, { "upcalls", upcalls },
	       { "device gone", device_gone }, { "never answered", never_answered },
	       { "lying lengths", lying_lengths }, { "beside connections", beside_connections },
	       { "padded behind counters", padded_behind_counters }, { "odd pad", odd_pad },
	       { "ran meanwhile", ran_meanwhile }, { "changed in a dump", changed_in_a_dump });
