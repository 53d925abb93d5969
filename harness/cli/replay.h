/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of nlrig replay share. */
#ifndef RIG_CLI_REPLAY_H
#define RIG_CLI_REPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include "link/link.h"
#include "replay/families.h"

struct rig_replay_wish {
	enum rig_target target;
	const char *vm;	    /* NULL: here */
	const char *kernel; /* that was captured; NULL: as the target's */
	unsigned int cpus;  /* its possible processors; 0: as the trace tells */
	struct rig_trace_families families;
	bool rhythm, quiet, ktap, script, host_kernel;
	const char *report, *timeout; /* of a guest */
	char **paths;
	int n_paths;
	/* of the traces so far: */
	FILE *to; /* what is said of the one in hand */
	unsigned long messages, duration_ms;
};

/* All traces, one after the other. An exit status. */
int rig_replay_here(struct rig_replay_wish *wish);
int rig_replay_guest(const struct rig_replay_wish *wish);

#endif
