/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A subcommand's options, as a table: what each is called, how its value is read, and where it
 * goes. --help and --list-options (for the shell's completion) are understood without being named.
 */
#ifndef RIG_CLI_OPTIONS_H
#define RIG_CLI_OPTIONS_H

#include "cli/cli.h"

/* Reads a value into *to. An exit status; what is wrong has been printed. */
typedef int rig_option_read(const char *name, char *value, void *to);

struct rig_option {
	const char *name; /* "seed" is --seed, "q" is -q */
	rig_option_read *read;
	void *to;
};

rig_option_read rig_option_flag;   /* bool; takes no value */
rig_option_read rig_option_text;   /* const char * */
rig_option_read rig_option_number; /* uint64_t, in any base of C's */
rig_option_read rig_option_count;  /* unsigned int, at least 1 */
rig_option_read rig_option_target; /* enum rig_target; not "all" */
rig_option_read rig_option_vm;	   /* const char * */
rig_option_read rig_option_kernel; /* const char *: the release that was captured */
rig_option_read rig_option_family; /* struct rig_trace_families, as flow=30 */
rig_option_read rig_option_glob;   /* struct rig_selection, which has room */

/* The words behind the options: argv[optind] and so on. */
enum rig_operands {
	RIG_NO_OPERAND,
	RIG_ONE_OPERAND, /* or none */
	RIG_ANY_OPERANDS,
	RIG_SOME_OPERANDS, /* at least one */
};

/* Returns less than 0 to go on; else the exit status: help was printed, or something is wrong. */
int rig_options_read(const struct rig_command_line *command, const struct rig_option *options,
		     enum rig_operands operands, int argc, char **argv);

/* A VM (NULL: none) without a target that runs in one is a mistake. As rig_options_read(). */
int rig_options_check_vm(const char *vm, bool in_vm);

/* The operands are the selection's paths, if there are any. */
void rig_options_select(struct rig_selection *selection, int argc, char **argv);

#endif
