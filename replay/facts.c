/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/facts.h"

#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#define CPUS_MANY 4096
#define ENOUGH	  1000 /* messages of a family: how a kernel was built shows in each */

static const struct rig_node *find(const struct rig_node *nodes, unsigned int number)
{
	while (nodes && (nodes->form == RIG_FORM_RAW || rig_node_number(nodes) != number))
		nodes = nodes->next;
	return nodes;
}

/* How the messages vote: damage may make one say what the kernel is not. */
struct votes {
	unsigned long padded, unpadded;
	unsigned long zones, no_zones; /* of keys with conntrack's state */
};

/*
 * A kernel that aligns puts an empty attribute before each 64-bit value that would not be, and so
 * has none that is not. Those that happen to be aligned tell nothing.
 */
static void count_pads(struct votes *votes, const struct rig_record *record,
		       const struct rig_node *nodes, unsigned int pad, unsigned int wide)
{
	const struct rig_node *node = find(nodes, wide);

	if (!node || node->form != RIG_FORM_LEAF)
		return;
	for (; nodes->next && nodes->next != node; nodes = nodes->next)
		;
	if (nodes != node && nodes->form != RIG_FORM_RAW && rig_node_number(nodes) == pad &&
	    !nodes->size)
		votes->padded++;
	else
		votes->unpadded += (node->data - record->data) % 8 != 0;
}

static void read_datapath(struct rig_trace_facts *facts, const struct rig_message *message)
{
	const struct rig_node *pids = find(message->nodes, OVS_DP_ATTR_PER_CPU_PIDS);

	facts->dps |= find(message->nodes, OVS_DP_ATTR_STATS) != NULL;
	if (pids && pids->size / 4 > facts->cpus)
		facts->cpus = pids->size / 4;
}

static void read_flow(struct votes *votes, const struct rig_message *message)
{
	const struct rig_node *key = find(message->nodes, OVS_FLOW_ATTR_KEY);

	if (!key || key->form != RIG_FORM_NEST || !find(key->children, OVS_KEY_ATTR_CT_STATE))
		return;
	if (find(key->children, OVS_KEY_ATTR_CT_ZONE))
		votes->zones++;
	else
		votes->no_zones++;
}

/* All of datapaths, which are few: any may tell of more processors. */
static bool is_wanted(unsigned long *seen, const struct rig_family_ids *ids,
		      const struct rig_record *record)
{
	const struct rig_family *family;
	struct nlmsghdr first;

	if (record->direction != RIG_TO_USER || record->protocol != NETLINK_GENERIC ||
	    record->size < sizeof(first))
		return false;
	memcpy(&first, record->data, sizeof(first));
	family = rig_family_by_id(ids, first.nlmsg_type);
	if (!family)
		return false;
	if (family->index == RIG_DP)
		return true;
	return (family->index == RIG_VPORT || family->index == RIG_FLOW) &&
	       seen[family->index]++ < ENOUGH;
}

static void read_message(struct rig_trace_facts *facts, struct votes *votes,
			 const struct rig_record *record, const struct rig_message *message)
{
	const struct rig_node *nodes = message->nodes;

	if (!message->family)
		return;
	if (message->family->index == RIG_DP) {
		read_datapath(facts, message);
		count_pads(votes, record, nodes, OVS_DP_ATTR_PAD, OVS_DP_ATTR_STATS);
		count_pads(votes, record, nodes, OVS_DP_ATTR_PAD, OVS_DP_ATTR_MEGAFLOW_STATS);
	}
	if (message->family->index == RIG_VPORT)
		count_pads(votes, record, nodes, OVS_VPORT_ATTR_PAD, OVS_VPORT_ATTR_STATS);
	if (message->family->index == RIG_FLOW)
		read_flow(votes, message);
}

int rig_trace_facts_read(struct rig_trace_facts *facts, struct rig_trace *trace,
			 const struct rig_family_ids *ids, struct rig_error *err)
{
	struct rig_arena arena = {};
	struct rig_record record;
	struct rig_message *message;
	unsigned long seen[RIG_FAMILIES] = {};
	struct votes votes = {};
	int got, ret = 0;

	*facts = (struct rig_trace_facts){};
	while (ret == 0 && (got = rig_trace_next(trace, &record, NULL)) != 0) {
		if (got < 0 || !is_wanted(seen, ids, &record))
			continue;
		rig_arena_reset(&arena);
		if (rig_decode(&arena, ids, record.data, record.size, &message, NULL) < 0)
			ret = rig_error_set(err, "out of memory");
		for (; ret == 0 && message; message = message->next)
			read_message(facts, &votes, &record, message);
	}
	facts->pad64 = votes.padded > votes.unpadded;
	facts->no_ct_zones = votes.no_zones > votes.zones;
	if (!facts->cpus)
		facts->cpus = CPUS_MANY;
	rig_arena_free(&arena);
	return ret == 0 ? rig_trace_rewind(trace, err) : ret;
}
