/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which generic netlink id each family has in a trace: read from the controller's replies in it,
 * else said by the user, else guessed from what its messages can be.
 */
#ifndef RIG_REPLAY_FAMILIES_H
#define RIG_REPLAY_FAMILIES_H

#include "replay/trace.h"
#include "wire/codec.h"

enum rig_family_source {
	RIG_FAMILY_UNKNOWN, /* no message of it is in the trace, or none can be told */
	RIG_FAMILY_GIVEN,
	RIG_FAMILY_LEARNED,
	RIG_FAMILY_GUESSED,
};

struct rig_trace_families {
	struct rig_family_ids ids; /* in: those that the user has given */
	enum rig_family_source source[RIG_FAMILIES];
	uint32_t group[RIG_FAMILIES];	     /* multicast groups, where the trace names them */
	unsigned long fitting[RIG_FAMILIES]; /* GUESSED: messages that speak for it */
};

/** rig_trace_family_find() - by its name in the notation or the kernel's. NULL: none. */
const struct rig_family *rig_trace_family_find(const char *name, size_t size);

/** rig_trace_families_give() - "NAME=ID": "flow" or "ovs_flow". -1: not so. */
int rig_trace_families_give(struct rig_trace_families *families, const char *text,
			    struct rig_error *err);

/**
 * rig_trace_families_read() - reads the trace from its beginning to its end, and rewinds it. Starts
 * from what has been given; zeros: nothing has. From then on the trace uses the ids, too
 * (rig_trace_ids()), so they must stay where they are.
 */
int rig_trace_families_read(struct rig_trace_families *families, struct rig_trace *trace,
			    struct rig_error *err);

/** rig_trace_families_learn() - takes in what a packet of a running capture says of families. */
void rig_trace_families_learn(struct rig_trace_families *families, const struct rig_record *record);

#endif
