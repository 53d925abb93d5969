/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds what a target answers against what was captured of the same request, without the numbers,
 * counters and times in which two runs differ.
 */
#ifndef RIG_REPLAY_COMPARE_H
#define RIG_REPLAY_COMPARE_H

#include "judge/finding.h"
#include "judge/inbox.h"
#include "replay/script.h"

/* Zeros and what is named "in" make one; to be freed. */
struct rig_compare {
	const struct rig_family_ids *captured, *here; /* in */
	struct rig_findings *findings;		      /* in */
	struct rig_arena arena;			      /* of the step in hand */
	struct rig_compare_pair {
		uint32_t captured, here;
	} * ifindexes; /* that stand for each other from their first appearance on */
	size_t n_ifindexes, room;
};

/**
 * rig_compare_step() - adds a finding for each answer that is not alike.
 * @sender: handle of the socket that the step was sent on.
 *
 * Returns 0, or -1 when out of memory.
 */
int rig_compare_step(struct rig_compare *compare, const struct rig_trace_step *step,
		     const struct rig_inbox *inbox, unsigned int sender);
void rig_compare_free(struct rig_compare *compare);

#endif
