/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/trace.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/families.h"
#include "replay/filter.h"
#include "replay/view.h"
#include "tests/test.h"
#include "tests/trace_help.h"

static const char *const conversation[] = {
	"> dp.new @seq=7 @pid=100 name=br0 upcall_pid=0",
	"< dp.new @seq=7 @pid=100 @flags=0 dp=5 name=br0",
	"< nl.error @flags=capped @seq=7 @pid=100 error=0 "
	"request(len=40,type=dp,flags=request|ack|echo,seq=7,pid=100)",
	"> flow.get @seq=8 @pid=100 dp=5 ufid=0011",
	"< nl.error @flags=capped @seq=8 @pid=100 error=ENOENT "
	"request(len=32,type=flow,flags=request|ack,seq=8,pid=100)",
	NULL,
};

enum { PACKETS = sizeof(conversation) / sizeof(conversation[0]) - 1 };

static void both_formats(void)
{
	static const char *const suffix[] = { ".pcap", ".pcapng" };

	for (size_t i = 0; i < 2; i++) {
		char *path = rig_test_path(suffix[i]);
		struct rig_error err = {};
		struct rig_trace *trace;
		struct rig_record record;
		unsigned long n = 0;

		rig_test_trace(path, conversation);
		trace = rig_trace_open(path, &err);
		CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
		while (rig_trace_next(trace, &record, &err) == 1) {
			CU_ASSERT_EQUAL(record.number, ++n);
			CU_ASSERT_EQUAL(record.protocol, NETLINK_GENERIC);
			CU_ASSERT_EQUAL(record.direction == RIG_TO_USER,
					*conversation[n - 1] == '<');
			CU_ASSERT_EQUAL(record.lost, 0);
			CU_ASSERT_PTR_NULL(record.flaw);
			CU_ASSERT_EQUAL(record.time.tv_nsec % 1000000, 0);
		}
		CU_ASSERT_EQUAL(n, PACKETS);
		CU_ASSERT_EQUAL(rig_trace_rewind(trace, &err), 0);
		CU_ASSERT_EQUAL(rig_trace_next(trace, &record, &err), 1);
		CU_ASSERT_EQUAL(record.number, 1);
		rig_trace_close(trace);
		rig_test_remove(path);
	}
}

/* All that was whole is given, then the packet is named at which it ends. */
static void cut_off_file(void)
{
	static const char *const suffix[] = { ".pcap", ".pcapng" };

	for (size_t i = 0; i < 2; i++) {
		char *path = rig_test_path(suffix[i]);
		struct rig_error err = {};
		struct rig_trace *trace;
		struct rig_record record;
		unsigned long n = 0;
		FILE *file;
		int ret;

		rig_test_trace(path, conversation);
		file = fopen(path, "r+e");
		fseek(file, 0, SEEK_END);
		CU_ASSERT_EQUAL(ftruncate(fileno(file), ftell(file) - 10), 0);
		fclose(file);
		trace = rig_trace_open(path, &err);
		CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
		while ((ret = rig_trace_next(trace, &record, &err)) == 1)
			n++;
		CU_ASSERT_EQUAL(ret, -1);
		CU_ASSERT_EQUAL(n, PACKETS - 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, path));
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "packet 5 is damaged or cut off"));
		rig_trace_close(trace);
		rig_test_remove(path);
	}
}

static void not_a_trace(void)
{
	static const uint8_t ethernet[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
					      0,    0,	  0,	0,    0, 0, 4, 0, 1, 0, 0, 0 };
	char *path = rig_test_path(".pcap");
	struct rig_error err = {};
	FILE *file = fopen(path, "we");

	fwrite(ethernet, 1, sizeof(ethernet), file);
	fclose(file);
	CU_ASSERT_PTR_NULL(rig_trace_open(path, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "link type 1, not netlink (253)"));
	CU_ASSERT_TRUE(rig_trace_is(ethernet, sizeof(ethernet)));
	CU_ASSERT_FALSE(rig_trace_is("dp.n", 4));
	CU_ASSERT_FALSE(rig_trace_is(ethernet, 3));
	rig_test_remove(path);
	CU_ASSERT_PTR_NULL(rig_trace_open("/nonexistent/trace.pcap", &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/nonexistent/trace.pcap"));
}

/* A packet as a capture of nlmon has it: type "outgoing", whichever way it went. */
static void put_raw(FILE *file, uint16_t device, const void *bytes, uint32_t kept, uint32_t size)
{
	const uint32_t packet[4] = { 1, 2, kept, size };
	const uint16_t cooked[8] = { htons(4), htons(device), 0, 0, 0, 0, 0, htons(16) };
	uint8_t whole[64];

	memcpy(whole, cooked, sizeof(cooked));
	memcpy(whole + sizeof(cooked), bytes, sizeof(struct nlmsghdr));
	fwrite(packet, 1, sizeof(packet), file);
	fwrite(whole, 1, kept, file);
}

static void packets_as_captured(void)
{
	static const uint32_t head[6] = { 0xa1b2c3d4, 0x40002, 0, 0, 262144, 253 };
	struct nlmsghdr request = { .nlmsg_len = 16, .nlmsg_type = 30, .nlmsg_flags = 1 };
	struct nlmsghdr reply = { .nlmsg_len = 16, .nlmsg_type = 30 };
	char *path = rig_test_path(".pcap");
	struct rig_error err = {};
	struct rig_record record;
	struct rig_trace *trace;
	FILE *file = fopen(path, "we");

	fwrite(head, 1, sizeof(head), file);
	put_raw(file, 824, &request, 32, 32);
	put_raw(file, 824, &reply, 32, 32);
	put_raw(file, 824, &reply, 28, 32);
	put_raw(file, 1, &reply, 32, 32);
	put_raw(file, 824, &reply, 12, 32);
	fclose(file);
	trace = rig_trace_open(path, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	CU_ASSERT_EQUAL(rig_trace_next(trace, &record, &err), 1);
	CU_ASSERT_EQUAL(record.direction, RIG_TO_KERNEL);
	CU_ASSERT_EQUAL(record.time.tv_nsec, 2000);
	CU_ASSERT_EQUAL(rig_trace_next(trace, &record, &err), 1);
	CU_ASSERT_EQUAL(record.direction, RIG_TO_USER);
	CU_ASSERT_EQUAL(rig_trace_next(trace, &record, &err), 1);
	CU_ASSERT_EQUAL(record.lost, 4);
	CU_ASSERT_EQUAL(rig_trace_next(trace, &record, &err), 1);
	CU_ASSERT_PTR_NOT_NULL(record.flaw);
	CU_ASSERT_EQUAL(record.size, 0);
	CU_ASSERT_EQUAL(rig_trace_next(trace, &record, &err), 1);
	CU_ASSERT_PTR_NOT_NULL(record.flaw);
	CU_ASSERT_EQUAL(rig_trace_next(trace, &record, &err), 0);
	rig_trace_close(trace);
	rig_test_remove(path);
}

static char *view_all(const char *path, struct rig_trace_families *families, bool json)
{
	struct rig_view *view = calloc(1, sizeof(*view));
	struct rig_error err = {};
	struct rig_trace *trace = rig_trace_open(path, &err);
	struct rig_bytes text = {};
	struct rig_record record;

	CU_ASSERT_EQUAL(rig_trace_families_read(families, trace, &err), 0);
	view->ids = &families->ids;
	view->json = json;
	while (rig_trace_next(trace, &record, &err) == 1)
		CU_ASSERT_EQUAL(rig_view_record(view, &record, &text), 0);
	rig_arena_free(&view->arena);
	free(view);
	rig_trace_close(trace);
	return (char *)text.data;
}

static void lines_of_text(void)
{
	static const char wanted[] =
		"     1    0.000000 -> 100:7            dp.new name=br0 upcall_pid=0\n"
		"     2    0.001000 <- 100:7            dp.new dp=5 name=br0"
		"  # to dp.new of 1, after 1000 us\n"
		"     3    0.002000 <- 100:7            ok  # to dp.new of 1, after 2000 us\n"
		"     4    0.003000 -> 100:8            flow.get dp=5 ufid=0011\n"
		"     5    0.004000 <- 100:8            error ENOENT"
		"  # to flow.get of 4, after 1000 us\n";
	struct rig_trace_families families = { .ids = rig_family_ids_default };
	char *path = rig_test_path(".pcapng"), *text;

	for (unsigned int i = 0; i < RIG_FAMILIES; i++)
		families.source[i] = RIG_FAMILY_GIVEN;
	rig_test_trace(path, conversation);
	text = view_all(path, &families, false);
	CU_ASSERT_STRING_EQUAL(text, wanted);
	free(text);
	text = view_all(path, &families, true);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "{\"packet\":5,\"time\":0.004000000,\"to\":\"user\",\"protocol\":"
			     "\"generic\",\"pid\":100,\"seq\":8,\"message\":\"error ENOENT\","
			     "\"error\":\"ENOENT\",\"request\":4}\n"));
	free(text);
	rig_test_remove(path);
}

static void families_learnt(void)
{
	static const char *const lines[] = {
		"> ctrl.getfamily @seq=1 @pid=9 family_name=ovs_flow",
		"< ctrl.newfamily @seq=1 @pid=9 family_name=ovs_flow family_id=77 "
		"mcast_groups{1{id=12,name=ovs_flow}}",
		NULL,
	};
	struct rig_trace_families families = {};
	char *path = rig_test_path(".pcap");

	rig_test_trace(path, lines);
	free(view_all(path, &families, false));
	CU_ASSERT_EQUAL(families.ids.id[RIG_FLOW], 77);
	CU_ASSERT_EQUAL(families.source[RIG_FLOW], RIG_FAMILY_LEARNED);
	CU_ASSERT_EQUAL(families.group[RIG_FLOW], 12);
	CU_ASSERT_EQUAL(families.source[RIG_VPORT], RIG_FAMILY_UNKNOWN);
	rig_test_remove(path);
}

static void families_guessed(void)
{
	static const char *const lines[] = {
		"> flow.new @type=33 dp=1 key{in_port(0),eth(src=02:00:00:00:00:01)} "
		"actions{output:1}",
		"> flow.get @type=33 @flags=request|dump dp=1",
		"> vport.new @type=31 dp=1 type=internal name=p1 upcall_pid=1",
		NULL,
	};
	struct rig_trace_families families = {};
	char *path = rig_test_path(".pcap");

	rig_test_trace(path, lines);
	free(view_all(path, &families, false));
	CU_ASSERT_EQUAL(families.ids.id[RIG_FLOW], 33);
	CU_ASSERT_EQUAL(families.source[RIG_FLOW], RIG_FAMILY_GUESSED);
	CU_ASSERT_EQUAL(families.fitting[RIG_FLOW], 1);
	CU_ASSERT_EQUAL(families.ids.id[RIG_VPORT], 31);
	CU_ASSERT_EQUAL(families.source[RIG_DP], RIG_FAMILY_UNKNOWN);
	rig_test_remove(path);
}

/* A command's requests with their answers, and the controller; nothing else. */
static void filters(void)
{
	static const char kept[] = "11100011";
	static const char *const lines[] = {
		"> ctrl.getfamily @seq=1 @pid=9 family_name=ovs_flow",
		"> flow.new @seq=2 @pid=9 dp=1",
		"< nl.error @seq=2 @pid=9 error=EINVAL request(seq=2,pid=9)",
		"> flow.get @seq=3 @pid=9 dp=1",
		"< flow.get @flags=0 @seq=3 @pid=9 dp=1",
		"> dp.new @seq=4 name=br0",
		"> flow.new @seq=5 dp=1",
		"< nl.error @seq=5 @pid=9 error=0 request(seq=5,pid=9)",
		NULL,
	};
	struct rig_filter *filter = calloc(1, sizeof(*filter));
	char *path = rig_test_path(".pcap");
	struct rig_error err = {};
	struct rig_record record;
	struct rig_trace *trace;

	CU_ASSERT_EQUAL(rig_filter_command(filter, "ovs_flow.new", &err), 0);
	CU_ASSERT_EQUAL(rig_filter_command(filter, "flow.nothing", &err), -1);
	CU_ASSERT_EQUAL(rig_filter_family(filter, "nothing", &err), -1);
	rig_test_trace(path, lines);
	trace = rig_trace_open(path, &err);
	while (rig_trace_next(trace, &record, &err) == 1)
		CU_ASSERT_EQUAL(rig_filter_keeps(filter, &rig_family_ids_default, &record),
				kept[record.number - 1] == '1');
	rig_trace_close(trace);
	rig_test_remove(path);
	free(filter);
}

static void families_given(void)
{
	struct rig_trace_families families = {};
	struct rig_error err = {};

	CU_ASSERT_EQUAL(rig_trace_families_give(&families, "flow=33", &err), 0);
	CU_ASSERT_EQUAL(rig_trace_families_give(&families, "ovs_datapath=0x1c", &err), 0);
	CU_ASSERT_EQUAL(families.ids.id[RIG_FLOW], 33);
	CU_ASSERT_EQUAL(families.ids.id[RIG_DP], 28);
	CU_ASSERT_EQUAL(families.source[RIG_DP], RIG_FAMILY_GIVEN);
	CU_ASSERT_EQUAL(rig_trace_families_give(&families, "flow", &err), -1);
	CU_ASSERT_EQUAL(rig_trace_families_give(&families, "nothing=30", &err), -1);
	CU_ASSERT_EQUAL(rig_trace_families_give(&families, "flow=3x", &err), -1);
	CU_ASSERT_EQUAL(rig_trace_families_give(&families, "flow=15", &err), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "flow=15"));
}

RIG_TEST_SUITE(trace, { "both formats", both_formats }, { "cut off file", cut_off_file },
	       { "not a trace", not_a_trace }, { "packets as captured", packets_as_captured },
	       { "lines of text", lines_of_text }, { "families learnt", families_learnt },
	       { "families guessed", families_guessed }, { "families given", families_given },
	       { "filters", filters });
