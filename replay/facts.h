/* SPDX-License-Identifier: GPL-2.0-only */
/* What a trace tells of the kernel that was captured. */
#ifndef RIG_REPLAY_FACTS_H
#define RIG_REPLAY_FACTS_H

#include <stdbool.h>

#include "replay/trace.h"
#include "wire/codec.h"

struct rig_trace_facts {
	unsigned int cpus; /* at least so many; many, when nothing tells */
	bool dps;	   /* some datapath is told of, so that the next is known */
	bool pad64;	   /* 64-bit values are aligned by empty attributes */
	bool no_ct_zones;  /* keys have conntrack's state, but no zone */
};

/* Reads the whole trace and rewinds it. -1: it cannot be read again, or out of memory. */
int rig_trace_facts_read(struct rig_trace_facts *facts, struct rig_trace *trace,
			 const struct rig_family_ids *ids, struct rig_error *err);

#endif
