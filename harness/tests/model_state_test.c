/* SPDX-License-Identifier: GPL-2.0-only */
/* What the model keeps between requests: who listens, what the kernel chose, what it lost. */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "tests/model_help.h"
#include "tests/test.h"

#define BR0 "dp.new @flags=request name=br0 upcall_pid=0"

static struct test_world w;

static void echo_and_group(void)
{
	test_world_open(&w, NULL);
	rig_model_join(w.model, 0, TEST_GROUP(RIG_MODEL_DATAPATH));
	rig_model_join(w.model, 1, TEST_GROUP(RIG_MODEL_DATAPATH));
	/* With an echo the requester gets its copy as a reply, once. */
	CU_ASSERT(test_world_says(
		&w, 0, "dp.new @flags=request|echo @seq=3 name=br0 upcall_pid=0",
		"0: dp.new @flags=0 @seq=3 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"
		"1: dp.new @flags=0 @seq=3 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	CU_ASSERT_EQUAL(w.answer.list[0].role, RIG_ROLE_REPLY);
	CU_ASSERT_EQUAL(w.answer.list[1].role, RIG_ROLE_NOTIFY);
	CU_ASSERT(test_world_says(
		&w, 0, "dp.set @flags=request @seq=4 dp=16 user_features=0",
		"0: dp.set @flags=0 @seq=4 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"
		"1: dp.set @flags=0 @seq=4 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	/* Another namespace hears nothing. */
	rig_model_socket(w.model, 1, 2000, 0, "other");
	rig_model_join(w.model, 1, TEST_GROUP(RIG_MODEL_DATAPATH));
	CU_ASSERT(test_world_says(&w, 1, "dp.get dump @seq=1",
				  "1: nl.done @flags=multi @seq=1 @pid=2000 error=0\n"));
	CU_ASSERT(test_world_says(
		&w, 0, "dp.del @flags=request|echo @seq=5 dp=16",
		"0: dp.del @flags=0 @seq=5 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	test_world_close(&w);
}

static void chosen_ifindex(void)
{
	const struct rig_expected *e;

	test_world_open(&w, NULL);
	test_world_send(&w, 0, "dp.new @flags=request|echo name=br0 upcall_pid=0");
	e = &w.answer.list[0];
	CU_ASSERT_EQUAL_FATAL(e->n_open, 1);
	CU_ASSERT_EQUAL(e->open[0].why, RIG_OPEN_IFINDEX);
	CU_ASSERT(e->open[0].slot >= 0);
	CU_ASSERT_EQUAL(e->open[0].offset, NLMSG_HDRLEN + 4);
	rig_model_learn(w.model, e->open[0].slot, 77);
	CU_ASSERT(test_world_says(
		&w, 0, "dp.get @flags=request dp=77",
		"0: dp.get @flags=0 @pid=1000 dp=77 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	CU_ASSERT_EQUAL(w.answer.list[0].n_open, 0);
	test_world_send(&w, 0, "dp.get @flags=request dp=16");
	CU_ASSERT(test_world_errno(&w, ENODEV));
	/* Any internal port's ifindex names the datapath; replies to flow commands repeat it. */
	test_world_send(&w, 0,
			"vport.new @flags=request dp=77 name=in type=internal ifindex=500 "
			"upcall_pid=0");
	CU_ASSERT(test_world_says(
		&w, 0, "dp.get @flags=request dp=500",
		"0: dp.get @flags=0 @pid=1000 dp=77 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	test_world_send(&w, 0,
			"flow.new @flags=request|echo dp=500 ufid=01 ufid_flags=7 "
			"key{eth()} actions{}");
	CU_ASSERT_EQUAL(w.answer.list[0].bytes[20] | w.answer.list[0].bytes[21] << 8, 500);
	test_world_close(&w);
}

static void device_goes(void)
{
	const struct rig_netdev dev = { .name = "veth0", .ifindex = 5, .ethernet = true };

	test_world_open(&w, NULL);
	rig_model_join(w.model, 1, TEST_GROUP(RIG_MODEL_VPORT));
	rig_model_netdev(w.model, &dev);
	test_world_send(&w, 0, BR0);
	test_world_send(&w, 0,
			"vport.new @flags=request dp=16 name=veth0 type=netdev upcall_pid=0");
	rig_model_netdev_gone(w.model, "veth0", NULL, &w.answer);
	CU_ASSERT_EQUAL_FATAL(w.answer.count, 1);
	CU_ASSERT_EQUAL(w.answer.list[0].sock, 1);
	test_world_send(&w, 0, "vport.get dp=16 port_no=1");
	CU_ASSERT(test_world_errno(&w, ENODEV));
	/* A datapath's ports go without a word. */
	test_world_send(&w, 0, "dp.del @flags=request dp=16");
	CU_ASSERT_EQUAL(w.answer.count, 0);
	test_world_close(&w);
}

static void names(void)
{
	static const struct {
		const char *name;
		int error;
	} rows[] = {
		{ "br%d", 0 },	       { "br0", EEXIST },     { "lo", EEXIST },
		{ "\"\"", EINVAL },    { ".", EINVAL },	      { "\"a b\"", EINVAL },
		{ "\"a/b\"", EINVAL }, { "\"a%s\"", EINVAL }, { "abcdefghijklmno", 0 },
	};
	char text[128];

	test_world_open(&w, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strcpy(text, "dp.new @flags=request|ack upcall_pid=0 name=");
		strcat(text, i ? rows[i].name : "\"br%d\"");
		test_world_send(&w, 0, text);
		CU_ASSERT(test_world_errno(&w, rows[i].error));
	}
	test_world_close(&w);
}

static void outdated_userspace(void)
{
	test_world_open(&w, NULL);
	test_world_send(&w, 0,
			"dp.new @flags=request name=br0 upcall_pid=0 user_features=unaligned");
	/* A NEW from before features existed takes them away from the datapath that is there. */
	test_world_send(&w, 0, "dp.new @version=1 name=br0 upcall_pid=0");
	CU_ASSERT(test_world_errno(&w, EEXIST));
	CU_ASSERT(test_world_says(
		&w, 0, "dp.get @flags=request dp=16",
		"0: dp.get @flags=0 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	test_world_close(&w);
}

static void change_in_part(void)
{
	test_world_open(&w, NULL);
	test_world_send(&w, 0, BR0);
	/* What comes before the error stays. */
	test_world_send(&w, 0,
			"dp.set dp=16 masks_cache_size=1024 user_features=per_cpu "
			"per_cpu_pids=hex:00");
	CU_ASSERT(test_world_errno(&w, EINVAL));
	CU_ASSERT(test_world_says(&w, 0, "dp.get @flags=request dp=16",
				  "0: dp.get @flags=0 @pid=1000 dp=16 name=br0 "
				  "stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) "
				  "megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) "
				  "user_features=per_cpu masks_cache_size=1024\n"));
	test_world_send(&w, 0, "dp.set dp=16 masks_cache_size=1000");
	CU_ASSERT(test_world_errno(&w, EINVAL));
	test_world_send(&w, 0, "dp.set dp=16 masks_cache_size=8192");
	CU_ASSERT(test_world_errno(&w, ERANGE));
	test_world_close(&w);
}

static void beyond_its_depth(void)
{
	struct rig_model_counts counts;

	test_world_open(&w, NULL);
	test_world_send(&w, 0, BR0);
	test_world_send(&w, 0, "vport.new dp=16 name=\"gre%d\" type=gre upcall_pid=0");
	CU_ASSERT_PTR_NOT_NULL(w.answer.unmodelled);
	CU_ASSERT(w.answer.tainted);
	/* From here on it knows nothing, until it begins again. */
	test_world_send(&w, 0, "dp.get dp=16");
	CU_ASSERT_PTR_NOT_NULL(w.answer.unmodelled);
	rig_model_counts(w.model, &counts);
	CU_ASSERT_EQUAL(counts.unmodelled, 2);
	rig_model_reset(w.model);
	rig_model_socket(w.model, 0, 1000, 0, NULL);
	test_world_send(&w, 0, "dp.get dp=16");
	CU_ASSERT_PTR_NULL(w.answer.unmodelled);
	CU_ASSERT(test_world_errno(&w, ENODEV));
	test_world_close(&w);
}

static void is_uml(struct rig_model_config *config)
{
	config->build = RIG_BUILD_UML;
}

static void aligned_values(void)
{
	const struct rig_expected *e;

	test_world_open(&w, is_uml);
	CU_ASSERT(test_world_says(
		&w, 0, "dp.new @flags=request|echo name=br0 upcall_pid=0",
		"0: dp.new @flags=0 @pid=1000 dp=16 name=br0 pad=hex: "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=0) pad=hex: "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	/* In a dump it depends on the place in the datagram. */
	test_world_send(&w, 0, "dp.get dump");
	e = &w.answer.list[0];
	CU_ASSERT_PTR_NOT_NULL_FATAL(e->shifted);
	CU_ASSERT_EQUAL(e->len, 128);
	CU_ASSERT_EQUAL(e->shifted->len, 124);
	test_world_close(&w);
}

RIG_TEST_SUITE(model_state, { "echo and group", echo_and_group },
	       { "the ifindex that the kernel chose", chosen_ifindex },
	       { "a device goes", device_goes }, { "names", names },
	       { "outdated userspace", outdated_userspace }, { "change in part", change_in_part },
	       { "beyond its depth", beyond_its_depth }, { "aligned values", aligned_values });
