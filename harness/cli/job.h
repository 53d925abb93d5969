/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the subcommands have in common that do something to one or both of the modules, here or in
 * guests, and report it result by result.
 */
#ifndef RIG_CLI_JOB_H
#define RIG_CLI_JOB_H

#include "cli/options.h"

struct rig_job {
	const struct rig_command_line *command;
	bool target[RIG_TARGETS];
	const char *report;	       /* folder */
	bool ktap, table, host_kernel; /* as of nlrig run */
	struct rig_guest_options guest;
	/*
	 * Does it to the target that this kernel has. Prints KTAP when asked to, and adds all
	 * results to the suite. An exit status.
	 */
	int (*here)(struct rig_job *job, enum rig_target target, struct rig_suite *suite);
	void *context; /* of here() */
};

rig_option_read rig_job_target; /* bool of each target; also "all" */

/* Their options; a subcommand adds its own behind them. */
#define RIG_JOB_OPTIONS(job)                                                                  \
	{ "target", rig_job_target, (job).target }, { "vm", rig_option_vm, &(job).guest.vm }, \
		{ "report", rig_option_text, &(job).report },                                 \
		{ "timeout", rig_option_text, &(job).guest.timeout },                         \
		{ "ktap", rig_option_flag, &(job).ktap },                                     \
		{ "table", rig_option_flag, &(job).table },                                   \
	{                                                                                     \
		"host-kernel", rig_option_flag, &(job).host_kernel                            \
	}

#define RIG_JOB_HELP                                                                          \
	"  --target T     intree, ref, or all (unless given)\n"                               \
	"  --vm VM        qemu, uml or uml-san: in a guest of its own for each target\n"      \
	"  --table        print what failed and a table, as on a terminal\n"                  \
	"  --ktap         print KTAP, as elsewhere\n"                                         \
	"  --report DIR   write TARGET.ktap, table.txt and junit.xml there; of a guest,\n"    \
	"                 DIR/TARGET/ has console, log and output\n"                          \
	"  --timeout S    kill a guest after S seconds\n"                                     \
	"  --host-kernel  drive this machine's own kernel: a bug in its datapath is then a\n" \
	"                 bug on this machine\n"

/* Does it, and prints and writes what came of it. An exit status. */
int rig_job_run(struct rig_job *job);

#endif
