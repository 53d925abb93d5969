/* SPDX-License-Identifier: GPL-2.0-only */
/* One target, in this process. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "judge/run.h"
#include "wire/script.h"

unsigned int rig_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000U + t.tv_nsec / 1000000;
}

static enum rig_outcome outcome_of(enum rig_verdict verdict)
{
	switch (verdict) {
	case RIG_VERDICT_PASSED:
		return RIG_PASSED;
	case RIG_VERDICT_KNOWN:
		return RIG_KNOWN;
	case RIG_VERDICT_SKIPPED:
		return RIG_SKIPPED;
	case RIG_VERDICT_FAILED:
	case RIG_VERDICTS:
		break;
	}
	return RIG_FAILED;
}

static const struct rig_result *run_case(struct rig_runner *runner, const struct rig_script *script,
					 struct rig_suite *suite, bool *usable)
{
	struct rig_error err = {};
	struct rig_run run = {};
	char text[1024];

	*usable = rig_runner_run(runner, script, &run, &err) == 0;
	if (!*usable)
		return rig_suite_add(suite, RIG_FAILED, script->id, NULL,
				     rig_error_text(&err, text, sizeof(text)));
	suite->exact += run.exact;
	suite->open += run.open;
	return rig_suite_add(suite, outcome_of(run.verdict), script->id, run.reason, run.detail);
}

/* The cases on an open link; results are printed as they come when ktap is set. */
static int run_cases(struct rig_link *link, const struct rig_run_options *how,
		     const struct rig_cases *cases, bool ktap, struct rig_suite *suite,
		     struct rig_error *err)
{
	const struct rig_link_facts *facts = rig_link_facts(link);
	struct rig_runner *runner = rig_runner_new(link, how, err);
	unsigned int start = rig_clock_ms();
	bool usable = true;
	size_t i;

	if (!runner)
		return -1;
	if (facts->target != RIG_TARGET_MODEL &&
	    asprintf(&suite->where, "%s, %s", facts->vm, facts->release) < 0)
		abort();
	if (ktap)
		rig_ktap_plan(stdout, cases->count);
	for (i = 0; i < cases->count && usable; i++) {
		const struct rig_result *result =
			run_case(runner, cases->list[i].script, suite, &usable);

		if (ktap)
			rig_ktap_result(stdout, i + 1, result);
		fflush(stdout);
	}
	if (ktap)
		rig_ktap_end(stdout, suite);
	for (; !ktap && i < cases->count; i++)
		rig_suite_add(suite, RIG_FAILED, cases->list[i].script->id, NULL,
			      "not run: the target was lost in an earlier case");
	suite->duration_ms = rig_clock_ms() - start;
	rig_runner_free(runner);
	return 0;
}

/* Nothing touches the host's own kernel unless the user says so. */
static int allow_kernel(bool host_kernel, enum rig_target target, char *vm, size_t size,
			struct rig_error *err)
{
	if (rig_link_in_guest(vm, size))
		return 0;
	snprintf(vm, size, "host");
	if (!host_kernel)
		return rig_error_set(err,
				     "target %s is this machine's own kernel: use --vm qemu or "
				     "--vm uml (or --host-kernel)",
				     rig_target_name[target]);
	if (unshare(CLONE_NEWNET) < 0)
		return rig_error_set(err, "--host-kernel: a network namespace of its own: %s",
				     strerror(errno));
	return 0;
}

int rig_target_run(enum rig_target target, const struct rig_target_options *o,
		   const struct rig_cases *cases, struct rig_suite *suite)
{
	struct rig_run_options how = { .known = o->known };
	struct rig_error err = {};
	struct rig_link *link = NULL;
	char vm[16] = "", again[160];
	int ret = -1;

	if (target != RIG_TARGET_MODEL &&
	    allow_kernel(o->host_kernel, target, vm, sizeof(vm), &err) < 0)
		return rig_cli_bad_error(&err);
	if (target == RIG_TARGET_MODEL)
		snprintf(again, sizeof(again), "build/nlrig run --target model --cases '%%s'");
	else
		snprintf(again, sizeof(again), "make conformance TARGET=%s VM=%s CASES='%%s'",
			 rig_target_name[target], vm);
	how.again = again;
	link = rig_link_open(target, &err);
	if (link)
		ret = run_cases(link, &how, cases, o->ktap, suite, &err);
	rig_link_close(link);
	return ret < 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
}
