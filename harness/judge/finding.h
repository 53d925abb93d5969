/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings: each thing that is not as it has to be, a headline and its details.
 */
#ifndef RIG_JUDGE_FINDING_H
#define RIG_JUDGE_FINDING_H

#include <stdbool.h>

struct rig_arena;

struct rig_finding {
	struct rig_finding *next;
	/*
	 * One line without numbers that vary from run to run, so that a file in corpora/known/ can
	 * name it: "line 7: flow.new: expected error EINVAL, received ok".
	 */
	const char *headline;
	const char *detail; /* lines, each ended by '\n'; "" when there is no more to say */
	const char *sent;   /* what was sent in that step, likewise; NULL: nothing */
	bool beyond;	    /* no difference: the model does not know this */
};

/* Zeros and an arena make an empty list. */
struct rig_findings {
	struct rig_arena *arena;
	struct rig_finding *first;
	struct rig_finding *last;
	unsigned int count; /* even of those that memory had no room for */
};

/* The first that is a difference; NULL: there is none. */
const struct rig_finding *rig_findings_difference(const struct rig_finding *first);

/* Copies detail; NULL is none. */
void rig_finding_add(struct rig_findings *findings, const char *detail, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
