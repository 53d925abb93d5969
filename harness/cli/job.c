/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int rig_job_target(const char *name, char *value, void *to)
{
	bool all = !strcmp(value, "all"), found = all, *target = to;

	(void)name;
	for (enum rig_target t = RIG_TARGET_INTREE; t < RIG_TARGETS; t++)
		if (all || !strcmp(value, rig_target_name[t]))
			target[t] = found = true;
	return found ? RIG_EXIT_PASSED : rig_cli_bad("no target '%s': intree, ref or all", value);
}

static int run_here(struct rig_job *job, enum rig_target target, struct rig_suite *suite)
{
	struct rig_error err = {};
	char vm[16];

	if (rig_target_allow(job->host_kernel, target, vm, sizeof(vm), &err) < 0)
		return rig_cli_bad_error(&err);
	return job->here(job, target, suite);
}

static int complete(struct rig_job *job)
{
	if (!job->target[RIG_TARGET_INTREE] && !job->target[RIG_TARGET_REF])
		job->target[RIG_TARGET_INTREE] = job->target[RIG_TARGET_REF] = true;
	if (job->guest.vm && !job->report)
		job->report = "build/report";
	if (job->ktap && job->table)
		return rig_cli_bad("%s: --ktap or --table, not both", job->command->name);
	if (!job->ktap && !job->table)
		job->table = isatty(STDOUT_FILENO);
	if (!job->guest.vm && job->target[RIG_TARGET_INTREE] && job->target[RIG_TARGET_REF])
		return rig_cli_bad("one kernel has one datapath module: name one target, or --vm");
	return RIG_EXIT_PASSED;
}

int rig_job_run(struct rig_job *job)
{
	struct rig_suite suites[RIG_TARGETS] = {};
	enum rig_target targets[RIG_TARGETS], t;
	size_t count = 0, failed = 0, i;
	int status = complete(job);

	for (t = 0; t < RIG_TARGETS && !status; t++)
		if (job->target[t]) {
			rig_suite_init(&suites[count], rig_target_name[t]);
			targets[count++] = t;
		}
	if (!status && job->report)
		status = rig_folder_take(job->report);
	job->guest.report = job->report;
	if (!status && job->guest.vm)
		status = rig_guests_run(targets, suites, count, &job->guest);
	else if (!status)
		status = run_here(job, targets[0], &suites[0]);
	if (!status && job->table)
		rig_table_write(stdout, suites, count,
				isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
	else if (!status && job->guest.vm)
		rig_ktap_write_all(stdout, suites, count);
	if (!status && job->report)
		status = rig_report_write(job->report, suites, count);
	for (i = 0; i < count; i++) {
		failed += suites[i].tally[RIG_FAILED];
		rig_suite_free(&suites[i]);
	}
	return !status && failed ? RIG_EXIT_FAILED : status;
}
