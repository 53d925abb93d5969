/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig faults: each allocation of each request of the cases fails once. */
#include <stdio.h>
#include <unistd.h>

#include "cli/job.h"
#include "judge/fault.h"
#include "judge/run.h"
#include "wire/script.h"

struct totals {
	unsigned int requests, faults, refused, tolerated;
};

struct context {
	struct rig_fault_tried tried;
	struct rig_selection selection;
	struct rig_cases cases;
	bool callers; /* of each allocation, in the kernel's log */
};

static void add_result(struct rig_job *job, struct rig_suite *suite, const char *id,
		       const struct rig_fault_run *run)
{
	const struct rig_result *result;

	if (run->skipped)
		result = rig_suite_add(suite, RIG_SKIPPED, id, run->skipped, NULL);
	else
		result = rig_suite_add(suite, run->failed ? RIG_FAILED : RIG_PASSED, id,
				       run->failed, run->detail);
	if (!job->table) {
		rig_ktap_result(stdout, suite->count, result);
		fflush(stdout);
	}
}

static int run_cases(struct rig_job *job, struct rig_runner *runner, int fault,
		     struct rig_suite *suite, struct totals *totals, struct rig_error *err)
{
	struct context *context = job->context;
	size_t i;

	if (!job->table)
		rig_ktap_plan(stdout, context->cases.count);
	fflush(stdout);
	for (i = 0; i < context->cases.count; i++) {
		const struct rig_script *script = context->cases.list[i].script;
		struct rig_fault_run run;

		if (rig_fault_run(runner, fault, &context->tried, script, &run, err) < 0)
			return -1;
		add_result(job, suite, script->id, &run);
		totals->requests += run.requests;
		totals->faults += run.faults;
		totals->refused += run.refused;
		totals->tolerated += run.tolerated;
	}
	return 0;
}

static int here(struct rig_job *job, enum rig_target target, struct rig_suite *suite)
{
	const struct context *context = job->context;
	const struct rig_run_options how = {};
	struct rig_runner *runner = NULL;
	struct rig_error err = {};
	struct totals totals = {};
	struct rig_link *link = rig_link_open(target, 0, &err);
	int fault = -1, ret = -1;

	if (link)
		fault = rig_link_fault_open(context->callers, &err);
	if (fault >= 0)
		runner = rig_runner_new(link, &how, &err);
	if (runner)
		ret = run_cases(job, runner, fault, suite, &totals, &err);
	if (ret == 0 && !job->table) {
		printf("# figure faults.requests %u requests\n"
		       "# figure faults.allocations %u failed\n"
		       "# figure faults.refused %u refused\n"
		       "# figure faults.tolerated %u done\n",
		       totals.requests, totals.faults, totals.refused, totals.tolerated);
		rig_ktap_end(stdout, suite);
	}
	rig_runner_free(runner);
	if (fault >= 0)
		close(fault);
	rig_link_close(link);
	return ret < 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
}

static int run(int argc, char **argv)
{
	static struct context context;
	struct rig_job job = {
		.command = &rig_cli_faults,
		.guest = { .timeout = "3600", .subcommand = "faults" },
		.here = here,
		.context = &context,
	};
	const struct rig_option options[] = {
		RIG_JOB_OPTIONS(job),
		{ "cases", rig_option_glob, &context.selection },
		{ "callers", rig_option_flag, &context.callers },
		{},
	};
	struct rig_error err = {};
	char *globs[argc];
	int status;

	context.selection = (struct rig_selection){ rig_cases_folder, 1, globs, 0 };
	status = rig_options_read(&rig_cli_faults, options, RIG_ANY_OPERANDS, argc, argv);
	if (status >= 0)
		return status;
	rig_options_select(&context.selection, argc, argv);
	if (rig_cases_load(&context.cases, &context.selection, &err) < 0) {
		status = rig_cli_bad_error(&err);
	} else {
		if (context.callers)
			rig_guest_word(&job.guest, "--callers");
		rig_guest_add_cases(&job.guest, &context.selection, &context.cases);
		status = rig_job_run(&job);
	}
	rig_guest_release(&job.guest);
	rig_cases_free(&context.cases);
	return status;
}

const struct rig_command_line rig_cli_faults = {
	.name = "faults",
	.run = run,
	.summary = "let each allocation of each request fail once",
	.help = "usage: nlrig faults [OPTION]... [PATH]...\n"
		"\n"
		"Runs each case below the paths (corpora/cases unless given) again and again,\n"
		"with each allocation failing once that the kernel does for one of its requests.\n"
		"Where that makes it refuse the request, all must be as before; where not, the\n"
		"request must be done. The kernel has to be built with fault injection, as\n"
		"uml-san is.\n"
		"\n" RIG_JOB_HELP "  --cases GLOB   only cases whose id matches; may be repeated\n"
		"  --callers      have the kernel log where each allocation that fails is made: a\n"
		"                 case that has failed tried no other behind the last one\n"
		"\n"
		"Exit status: 0 all passed, 1 something failed, 2 usage, bad input, or something\n"
		"is missing.\n",
};
