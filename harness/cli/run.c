/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig run: cases on targets, here or in guests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "judge/known.h"

enum { ALSO_MAX = 16 };

struct options {
	bool target[RIG_TARGETS];
	const char *vm;	    /* NULL: here */
	const char *known;  /* folder */
	const char *report; /* folder; NULL: none */
	const char *timeout;
	const char *also[ALSO_MAX]; /* KTAP of other programs */
	size_t n_also;
	struct rig_selection selection;
	bool ktap, table; /* neither: as standard output is a terminal or not */
	bool streams;	  /* each result is printed as it comes */
	bool host_kernel;
	const char *kcov;
};

static int run_guests(const struct options *o, const struct rig_cases *cases,
		      const enum rig_target *targets, struct rig_suite *suites, size_t count)
{
	struct rig_guest_options guest = {
		.vm = o->vm,
		.report = o->report,
		.timeout = o->timeout,
		.subcommand = "run",
	};
	int status;

	if (access(o->known, F_OK) == 0)
		rig_guest_add(&guest, "%s=/known", o->known);
	rig_guest_word(&guest, "--known=/known");
	rig_guest_add_cases(&guest, &o->selection, cases);
	status = rig_guests_run(targets, suites, count, &guest);
	rig_guest_release(&guest);
	return status;
}

static int run_targets(const struct options *o, const struct rig_known *known,
		       const struct rig_cases *cases, struct rig_suite *suites, size_t *count)
{
	const struct rig_target_options here = { known, o->streams, o->host_kernel, o->kcov };
	enum rig_target targets[RIG_TARGETS], t;
	size_t first = *count, n = 0;
	int status;

	for (t = 0; t < RIG_TARGETS; t++) {
		if (!o->target[t])
			continue;
		rig_suite_init(&suites[*count], rig_target_name[t]);
		if (t == RIG_TARGET_MODEL || !o->vm) {
			status = rig_target_run(t, &here, cases, &suites[(*count)++]);
			if (status != RIG_EXIT_PASSED)
				return status;
			first = *count;
		} else {
			targets[n++] = t;
			(*count)++;
		}
	}
	return n ? run_guests(o, cases, targets, suites + first, n) : RIG_EXIT_PASSED;
}

static bool colour_wanted(void)
{
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

static int run_all(const struct options *o, const struct rig_known *known,
		   const struct rig_cases *cases)
{
	struct rig_suite suites[ALSO_MAX + RIG_TARGETS] = {};
	size_t count = 0, failed = 0, i;
	int status = RIG_EXIT_PASSED;

	if (o->report)
		status = rig_folder_take(o->report);
	for (i = 0; i < o->n_also && status == RIG_EXIT_PASSED; i++)
		status = rig_report_read(o->also[i], &suites[count++]);
	if (status == RIG_EXIT_PASSED)
		status = run_targets(o, known, cases, suites, &count);
	if (status == RIG_EXIT_PASSED && o->table)
		rig_table_write(stdout, suites, count, colour_wanted());
	else if (status == RIG_EXIT_PASSED && !o->streams)
		rig_ktap_write_all(stdout, suites, count);
	if (status == RIG_EXIT_PASSED && o->report)
		status = rig_report_write(o->report, suites, count);
	for (i = 0; i < count; i++) {
		failed += suites[i].tally[RIG_FAILED];
		rig_suite_free(&suites[i]);
	}
	return status == RIG_EXIT_PASSED && failed ? RIG_EXIT_FAILED : status;
}

static int read_target(const char *name, char *value, void *to)
{
	bool all = !strcmp(value, "all"), found = all, *target = to;

	(void)name;
	for (enum rig_target t = 0; t < RIG_TARGETS; t++)
		if (all || !strcmp(value, rig_target_name[t]))
			target[t] = found = true;
	return found ? RIG_EXIT_PASSED :
		       rig_cli_bad("no target '%s': model, intree, ref or all", value);
}

static int read_also(const char *name, char *value, void *to)
{
	struct options *o = to;

	if (o->n_also == ALSO_MAX)
		return rig_cli_bad("--%s: at most %d files", name, ALSO_MAX);
	o->also[o->n_also++] = value;
	return RIG_EXIT_PASSED;
}

/* What was left open, and what does not go together. */
static int complete(struct options *o)
{
	size_t t, n = 0;

	for (t = 0; t < RIG_TARGETS; t++)
		n += o->target[t];
	o->target[RIG_TARGET_MODEL] |= !n;
	if (o->vm && !o->report)
		o->report = "build/report";
	if (o->ktap && o->table)
		return rig_cli_bad("run: --ktap or --table, not both");
	if (!o->ktap && !o->table)
		o->table = isatty(STDOUT_FILENO);
	o->streams = !o->table && !o->vm && n < 2 && !o->n_also;
	if (!o->vm && o->target[RIG_TARGET_INTREE] && o->target[RIG_TARGET_REF])
		return rig_cli_bad(
			"one kernel has one datapath module: intree and ref together need --vm");
	return rig_options_check_vm(o->vm,
				    o->target[RIG_TARGET_INTREE] || o->target[RIG_TARGET_REF]);
}

/* Only a run of all cases can tell that an entry names none. */
static int check_known(const struct rig_known *known, const struct rig_selection *selection,
		       const struct rig_cases *cases, struct rig_error *err)
{
	const char **ids;
	int ret;

	if (selection->paths != rig_cases_folder || selection->n_globs)
		return 0;
	ids = rig_cases_ids(cases);
	ret = rig_known_check(known, ids, cases->count, err);
	free(ids);
	return ret;
}

static int run(int argc, char **argv)
{
	char *globs[argc];
	struct options o = {
		.known = "corpora/known",
		.timeout = "300",
		.selection = { rig_cases_folder, 1, globs, 0 },
	};
	const struct rig_option options[] = {
		{ "target", read_target, o.target },
		{ "vm", rig_option_vm, &o.vm },
		{ "cases", rig_option_glob, &o.selection },
		{ "known", rig_option_text, &o.known },
		{ "report", rig_option_text, &o.report },
		{ "timeout", rig_option_text, &o.timeout },
		{ "also", read_also, &o },
		{ "ktap", rig_option_flag, &o.ktap },
		{ "table", rig_option_flag, &o.table },
		{ "host-kernel", rig_option_flag, &o.host_kernel },
		{ "kcov", rig_option_text, &o.kcov },
		{},
	};
	int status = rig_options_read(&rig_cli_run, options, RIG_ANY_OPERANDS, argc, argv);
	struct rig_cases cases = {};
	struct rig_error err = {};
	struct rig_known *known;

	if (status < 0)
		status = complete(&o);
	if (status >= 0)
		return status;
	rig_options_select(&o.selection, argc, argv);
	known = rig_known_new();
	if (!known || rig_known_load(known, o.known, &err) < 0 ||
	    rig_cases_load(&cases, &o.selection, &err) < 0 ||
	    check_known(known, &o.selection, &cases, &err) < 0)
		status = rig_cli_bad_error(&err);
	else
		status = run_all(&o, known, &cases);
	rig_cases_free(&cases);
	rig_known_free(known);
	return status;
}

const struct rig_command_line rig_cli_run = {
	.name = "run",
	.run = run,
	.summary = "run cases on targets, and judge each answer",
	.help = "usage: nlrig run [OPTION]... [PATH]...\n"
		"\n"
		"Runs each case below the paths (corpora/cases unless given) on each target. The\n"
		"model judges every answer, beside what the case itself expects.\n"
		"\n"
		"  --target T     model (unless given), intree, ref or all; may be repeated\n"
		"  --vm VM        qemu, uml, or the fuzz kernel, uml-san and uml-fast: intree and\n"
		"                 ref run in guests of their own\n"
		"  --cases GLOB   only cases whose id matches, as in 'flow/new-*'; as --target\n"
		"  --table        print what failed and a table, as on a terminal\n"
		"  --ktap         print KTAP, as elsewhere; of several targets, each is a subtest\n"
		"  --report DIR   write TARGET.ktap, table.txt and junit.xml there; of a guest,\n"
		"                 DIR/TARGET/ has console, log and output (--vm: build/report)\n"
		"  --also FILE    count the KTAP in this file in, too\n"
		"  --known DIR    accepted divergences (corpora/known)\n"
		"  --timeout S    kill a guest after S seconds (300)\n"
		"  --host-kernel  drive this machine's own kernel, in a network namespace of its\n"
		"                 own: a bug in its datapath is then a bug on this machine\n"
		"  --kcov FILE    in a guest that runs the fuzz kernel: what of the datapath the\n"
		"                 cases run through; see make coverage\n"
		"\n"
		"  nlrig run corpora/cases/flow\n"
		"  nlrig run --target all --vm qemu\n"
		"\n"
		"Exit status: 0 all passed, 1 something failed, 2 usage, bad input, or something\n"
		"is missing.\n",
};
