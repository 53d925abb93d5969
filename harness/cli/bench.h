/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: what the parts of `nlrig bench` share. */
#ifndef RIG_CLI_BENCH_H
#define RIG_CLI_BENCH_H

#include "cli/cli.h"

struct rig_bench_options {
	enum rig_target target;
	const char *vm;	    /* NULL: here */
	const char *report; /* folder of the guest's log */
	uint64_t seed;
	uint64_t messages;
	uint64_t flows; /* 0: messages are measured, not flows */
};

/* Seconds that went by, and that this process was on a processor: all that calculating takes. */
double rig_bench_now(void);
double rig_bench_processor(void);

/* One line of figures.tsv. */
void rig_bench_figure(const char *name, double value, int digits, const char *unit,
		      const char *against);

/* bench_flows.c: what a flow costs among few and among many. An exit status. */
int rig_bench_flows(const struct rig_bench_options *options);

#endif
