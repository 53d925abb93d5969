/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding a flow among many costs what it costs among few: chains stay short. */
#include <stdlib.h>
#include <string.h>

#include "model/profile.h"
#include "model/state.h"
#include "tests/test.h"

#define MANY 100000
/* Of 100,000 in as many buckets the longest chain has 8 or 9, if hashes are any good. */
#define LONGEST 16

static struct rig_datapath dp;

/* What differs from flow to flow is where it is hardest on a hash: a few bits of one field. */
static struct rig_match match_of(uint32_t i, bool narrow)
{
	struct rig_match m;

	memset(&m, 0, sizeof(m));
	memcpy(m.key.ip4.dst, &i, sizeof(i));
	memcpy(m.key.eth_src, "\x02\x00\x00\x00\x00\x01", 6);
	memset(m.mask.ip4.dst, 0xff, sizeof(m.mask.ip4.dst));
	if (narrow)
		memset(m.mask.eth_src, 0xff, sizeof(m.mask.eth_src));
	rig_span_add(&m.key_span, 0, sizeof(m.key));
	rig_span_add(&m.mask_span, 0, sizeof(m.mask));
	return m;
}

static void ufid_of(uint32_t i, uint8_t ufid[16])
{
	memset(ufid, 0, 16);
	memcpy(ufid + 12, &i, sizeof(i));
}

static size_t longest_chain(const struct rig_index *index)
{
	size_t longest = 0;

	for (size_t i = 0; i < index->n_buckets; i++) {
		size_t len = 0;

		for (const struct rig_index_entry *e = index->buckets[i]; e; e = e->next)
			len++;
		if (len > longest)
			longest = len;
	}
	return longest;
}

static void add_many(void)
{
	memset(&dp, 0, sizeof(dp));
	dp.profile = rig_profile_find(RIG_MODULE_REF, NULL);
	for (uint32_t i = 0; i < MANY; i++) {
		struct rig_match m = match_of(i, i % 2);
		uint8_t ufid[16];

		ufid_of(i, ufid);
		if (!rig_flow_add(&dp, &m, ufid, i % 3 ? 16 : 0))
			abort();
	}
}

static void chains_are_short(void)
{
	add_many();
	CU_ASSERT_EQUAL(dp.n_flows, MANY);
	CU_ASSERT_EQUAL(dp.n_masks, 2);
	CU_ASSERT(dp.by_key.n_buckets >= MANY);
	CU_ASSERT(longest_chain(&dp.by_key) <= LONGEST);
	CU_ASSERT(longest_chain(&dp.by_ufid) <= LONGEST);
	rig_flow_flush(&dp);
	CU_ASSERT_PTR_NULL(dp.flows);
	CU_ASSERT_PTR_NULL(dp.masks);
}

static void found_among_many(void)
{
	struct rig_flow *flow;
	unsigned int lost = 0;

	add_many();
	/* Every second one goes: with it the whole of one mask. */
	for (uint32_t i = 0; i < MANY; i += 2) {
		struct rig_match m = match_of(i, false);

		flow = rig_flow_by_packet(&dp, &m.key);
		if (!flow || memcmp(flow->key.ip4.dst, &i, sizeof(i)))
			lost++;
		else
			rig_flow_remove(&dp, flow);
	}
	CU_ASSERT_EQUAL(lost, 0);
	CU_ASSERT_EQUAL(dp.n_masks, 1);
	for (uint32_t i = 0; i < MANY; i++) {
		struct rig_match m = match_of(i, true);
		uint8_t ufid[16];

		ufid_of(i, ufid);
		flow = i % 3 ? rig_flow_by_ufid(&dp, ufid, 16) : rig_flow_by_key(&dp, &m);
		lost += (flow != NULL) != i % 2;
	}
	CU_ASSERT_EQUAL(lost, 0);
	CU_ASSERT_EQUAL(dp.n_flows, MANY / 2);
	rig_flow_flush(&dp);
}

RIG_TEST_SUITE(model_index, { "chains are short", chains_are_short },
	       { "found among many", found_among_many });
