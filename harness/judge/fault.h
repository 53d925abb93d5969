/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a script with each allocation failing once that the kernel does for one of its requests. A
 * request that is refused for it must leave everything as it was; one that succeeds all the same
 * must have done all that it does without the fault.
 */
#ifndef RIG_JUDGE_FAULT_H
#define RIG_JUDGE_FAULT_H

#include <stddef.h>
#include <stdint.h>

struct rig_error;
struct rig_runner;
struct rig_script;

/* The strings are the runner's own, until its next run. */
struct rig_fault_run {
	const char *skipped; /* why; NULL: it was run */
	const char *failed;  /* what failed first, one line; NULL: nothing */
	const char *detail;
	unsigned int requests;	/* with faults */
	unsigned int faults;	/* allocations that failed */
	unsigned int refused;	/* requests, for that */
	unsigned int tolerated; /* faults that a request did without what it asked for */
};

enum { RIG_FAULT_TRIED_MAX = 8192 };

/* Many scripts begin with the same requests, which need not be tried again. Zeros: none yet. */
struct rig_fault_tried {
	uint64_t hash[RIG_FAULT_TRIED_MAX];
	size_t count;
};

/* @fault is of rig_link_fault_open(). Otherwise as rig_runner_run(). */
int rig_fault_run(struct rig_runner *runner, int fault, struct rig_fault_tried *tried,
		  const struct rig_script *script, struct rig_fault_run *run,
		  struct rig_error *err);

#endif
