/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/normalise.h"

#include <string.h>

#include "tests/test.h"

/* The family ids of two kernels. */
static const struct rig_family_ids ids_of[2] = {
	{ .id = { 24, 25, 26, 27, 28, 29, 16 } },
	{ .id = { 31, 33, 32, 34, 35, 36, 16 } },
};

/* The same conversation on both, but for the numbers that each chose, and traffic. */
static const char *const said[][2] = {
	{ "dp.new @seq=7 @pid=100 name=br0 upcall_pid=100 per_cpu_pids=[100,101]",
	  "dp.new @seq=1 @pid=55 name=br0 upcall_pid=55 per_cpu_pids=[55,9] pad=hex:" },
	{ "dp.new @flags=0 @seq=7 @pid=100 dp=5 name=br0 stats(n_hit=3) "
	  "megaflow_stats(n_mask_hit=1)",
	  "dp.new @flags=0 @seq=1 @pid=55 dp=31 name=br0 stats(n_missed=1) megaflow_stats()" },
	{ "vport.new @seq=8 @pid=101 dp=5 ifindex=12 stats(rx_packets=1)",
	  "vport.new @seq=2 @pid=9 dp=31 ifindex=3 stats()" },
	{ "flow.new @seq=9 @pid=100 dp=5 key{in_port(12)} "
	  "actions{clone(userspace(pid=101)),output:5} stats(n_packets=1,n_bytes=60) used=1234",
	  "flow.new @seq=9 @pid=55 dp=31 key{in_port(12)} "
	  "actions{clone(userspace(pid=9)),output:5}" },
	{ "packet.miss @flags=0 dp=5 packet=0011 hash=0x1234",
	  "packet.miss @flags=0 dp=31 packet=0011 hash=0x999" },
	{ "ctrl.newfamily @seq=3 @pid=100 family_name=ovs_flow family_id=26 "
	  "mcast_groups{1{id=12,name=ovs_flow}}",
	  "ctrl.newfamily @seq=4 @pid=55 family_name=ovs_flow family_id=32 "
	  "mcast_groups{1{id=6,name=ovs_flow}}" },
	{ "nl.error @flags=0 @seq=7 @pid=100 error=ENODEV "
	  "request(len=32,type=vport,flags=request,seq=7,pid=100) "
	  "hex:02010000050000000800080005000000",
	  "nl.error @flags=0 @seq=1 @pid=55 error=ENODEV "
	  "request(len=32,type=vport,flags=request,seq=1,pid=55) "
	  "hex:020100001f000000080008001f000000" },
};

static struct rig_bytes encode(const char *text, const struct rig_family_ids *ids)
{
	struct rig_arena arena = {};
	const struct rig_parser parser = { .arena = &arena, .ids = ids };
	struct rig_bytes bytes = {};
	struct rig_message *messages;
	struct rig_error err = {};

	if (rig_parse(&parser, NULL, text, strlen(text), &messages, &err) < 0 ||
	    rig_encode(messages, ids, NULL, NULL, &bytes, &err) < 0)
		CU_FAIL_FATAL(err.message);
	rig_arena_free(&arena);
	return bytes;
}

static bool equal(struct rig_normal run[2], const char *const text[2])
{
	struct rig_bytes bytes[2];
	size_t size[2];
	bool same;

	for (unsigned int i = 0; i < 2; i++) {
		bytes[i] = encode(text[i], run[i].ids);
		size[i] = bytes[i].size;
		CU_ASSERT_EQUAL(rig_normalise(&run[i], bytes[i].data, &size[i]), 0);
	}
	same = size[0] == size[1] && !memcmp(bytes[0].data, bytes[1].data, size[0]);
	rig_bytes_free(&bytes[0]);
	rig_bytes_free(&bytes[1]);
	return same;
}

static void two_runs(void)
{
	struct rig_normal run[2] = { { .ids = &ids_of[0] }, { .ids = &ids_of[1] } };

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		CU_ASSERT_TRUE(equal(run, said[i]));
	rig_normal_free(&run[0]);
	rig_normal_free(&run[1]);
}

/* What is no number of the run's own stays, and a number stands for one thing only. */
static void differences_stay(void)
{
	static const char *const differ[][2] = {
		{ "flow.new dp=31 key{in_port(1)}", "flow.new dp=31 key{in_port(2)}" },
		{ "dp.new @flags=0 dp=5 name=br0", "dp.new @flags=0 dp=5 name=br1" },
		{ "vport.new dp=5 upcall_pid=0", "vport.new dp=5 upcall_pid=7" },
		{ "vport.new @pid=9 dp=5 upcall_pid=9", "vport.new @pid=9 dp=5 upcall_pid=7" },
		{ "flow.new dp=5 clear", "flow.new dp=5 clear probe" },
		{ "nl.error error=ENODEV request()", "nl.error error=ENOENT request()" },
	};

	for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++) {
		struct rig_normal run[2] = { { .ids = &ids_of[0] }, { .ids = &ids_of[1] } };

		CU_ASSERT_FALSE(equal(run, differ[i]));
		rig_normal_free(&run[0]);
		rig_normal_free(&run[1]);
	}
}

static uint32_t add_thousand(void *context, enum rig_number what, uint32_t value)
{
	(void)context;
	return what == RIG_NUMBER_IFINDEX ? value + 1000 : value;
}

/* All messages of a datagram, and nothing but what was asked for. */
static void renumbered(void)
{
	struct rig_bytes from = encode("flow.get @seq=3 @pid=4 dp=5\n"
				       "+ vport.get @seq=5 @pid=5 dp=5 port_no=5 ifindex=5",
				       NULL);
	struct rig_bytes to = encode("flow.get @seq=3 @pid=4 dp=1005\n"
				     "+ vport.get @seq=5 @pid=5 dp=1005 port_no=5 ifindex=1005",
				     NULL);

	rig_renumber_datagram(NULL, from.data, from.size, add_thousand, NULL);
	CU_ASSERT_EQUAL(from.size, to.size);
	CU_ASSERT_EQUAL(memcmp(from.data, to.data, to.size), 0);
	rig_bytes_free(&from);
	rig_bytes_free(&to);
}

RIG_TEST_SUITE(normalise, { "two runs", two_runs }, { "differences stay", differences_stay },
	       { "renumbered", renumbered });
