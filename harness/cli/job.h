/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the subcommands have in common that do something to one or both of the modules, here or in
 * guests, and report it result by result.
 */
#ifndef RIG_CLI_JOB_H
#define RIG_CLI_JOB_H

#include "cli/cli.h"

struct option;

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

/* Their options, for getopt_long(); a subcommand adds its own behind them. */
#define RIG_JOB_OPTIONS                                                                          \
	{ "target", required_argument, NULL, 't' }, { "vm", required_argument, NULL, 'v' },      \
		{ "report", required_argument, NULL, 'r' },                                      \
		{ "timeout", required_argument, NULL, 'l' }, { "ktap", no_argument, NULL, 'K' }, \
		{ "table", no_argument, NULL, 'T' }, { "host-kernel", no_argument, NULL, 'H' },  \
	{                                                                                        \
		"help", no_argument, NULL, 'h'                                                   \
	}

#define RIG_JOB_HELP                                                                          \
	"  --target T     intree, ref, or all (unless given)\n"                               \
	"  --vm VM        qemu or uml: in a guest of its own for each target\n"               \
	"  --table        print what failed and a table, as on a terminal\n"                  \
	"  --ktap         print KTAP, as elsewhere\n"                                         \
	"  --report DIR   write TARGET.ktap, table.txt and junit.xml there; of a guest,\n"    \
	"                 DIR/TARGET/ has console, log and output\n"                          \
	"  --timeout S    kill a guest after S seconds\n"                                     \
	"  --host-kernel  drive this machine's own kernel: a bug in its datapath is then a\n" \
	"                 bug on this machine\n"

/* Takes one option of the above. 0, or an exit status; -1: help was asked for and printed. */
int rig_job_option(struct rig_job *job, int opt, char *value);

/* A whole number of at least 1. 0, or an exit status. */
int rig_job_number(const char *what, const char *value, unsigned int *number);

/* Does it, and prints and writes what came of it. An exit status. */
int rig_job_run(struct rig_job *job);

#endif
