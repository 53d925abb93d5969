/* SPDX-License-Identifier: GPL-2.0-only */
/* One target, in this process. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "cli/cli.h"
#include "judge/run.h"
#include "link/kcov.h"
#include "wire/script.h"

enum { WORKERS = 4 };

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

/* Cases on one target, by as many workers as the target has use for. */
struct work {
	enum rig_target target;
	const struct rig_run_options *how;
	const struct rig_cases *cases;
	bool ktap;
	bool share;	       /* there are other workers */
	struct rig_kcov *kcov; /* then there are none; NULL: it does not listen */
	pthread_mutex_t lock;  /* of all below */
	size_t next;	       /* case */
	struct rig_suite *suite;
	struct rig_error *err; /* why a worker could not begin */
};

struct worker {
	struct work *work;
	unsigned int number;
	pthread_t thread;
	struct rig_link *link;
	struct rig_runner *runner;
};

static const struct rig_script *next_case(struct work *work)
{
	const struct rig_script *script = NULL;

	pthread_mutex_lock(&work->lock);
	if (work->next < work->cases->count)
		script = work->cases->list[work->next++].script;
	pthread_mutex_unlock(&work->lock);
	return script;
}

static void add_result(struct work *work, const struct rig_script *script,
		       const struct rig_run *run, const char *lost)
{
	const struct rig_result *result;

	pthread_mutex_lock(&work->lock);
	if (lost)
		result = rig_suite_add(work->suite, RIG_FAILED, script->id, NULL, lost);
	else
		result = rig_suite_add(work->suite, outcome_of(run->verdict), script->id,
				       run->reason, run->detail);
	if (work->target != RIG_TARGET_MODEL) { /* which would only be held against itself */
		work->suite->exact += run->tally.exact;
		work->suite->open += rig_tally_open(&run->tally);
	}
	if (work->ktap) {
		rig_ktap_result(stdout, work->suite->count, result);
		fflush(stdout);
	}
	pthread_mutex_unlock(&work->lock);
}

/* A worker is a thread in a network namespace of its own, unless it is alone. */
static int open_worker(struct worker *worker, struct rig_error *err)
{
	struct work *work = worker->work;

	if (work->share && unshare(CLONE_NEWNET) < 0)
		return rig_error_set(err, "a network namespace of its own: %s", strerror(errno));
	worker->link = rig_link_open(work->target, worker->number, err);
	if (worker->link)
		worker->runner = rig_runner_new(worker->link, work->how, err);
	return worker->runner ? 0 : -1;
}

static void close_worker(struct worker *worker)
{
	rig_runner_free(worker->runner);
	rig_link_close(worker->link);
}

/* Ends early when its link is lost: then the others do the rest. */
static void run_cases(struct worker *worker)
{
	const struct rig_script *script;
	struct rig_error err = {};
	int ret = 0;

	while (ret == 0 && (script = next_case(worker->work)) != NULL) {
		struct rig_run run = {};
		char text[1024];

		ret = rig_runner_run(worker->runner, script, &run, &err);
		if (worker->work->kcov)
			rig_kcov_take(worker->work->kcov);
		add_result(worker->work, script, &run,
			   ret < 0 ? rig_error_text(&err, text, sizeof(text)) : NULL);
	}
}

static void *run_worker(void *data)
{
	struct worker *worker = data;
	struct rig_error err = {};

	if (open_worker(worker, &err) == 0) {
		run_cases(worker);
	} else {
		pthread_mutex_lock(&worker->work->lock);
		*worker->work->err = err;
		pthread_mutex_unlock(&worker->work->lock);
	}
	close_worker(worker);
	return NULL;
}

/*
 * Most of what a case costs in a guest is waiting for RCU grace periods, when what it made is
 * deleted: several can wait at once. A single processor has no such waits.
 */
static unsigned int count_workers(enum rig_target target, size_t cases)
{
	unsigned int count = target == RIG_TARGET_MODEL || get_nprocs() == 1 ? 1 : WORKERS;

	return count < cases ? count : cases;
}

static void describe(const struct worker *worker)
{
	const struct rig_link_facts *facts = rig_link_facts(worker->link);

	if (facts->target != RIG_TARGET_MODEL &&
	    asprintf(&worker->work->suite->where, "%s, %s", facts->vm, facts->release) < 0)
		abort();
}

/* This thread is the first worker. Its namespace is not the process's first any more. */
static int run_workers(struct work *work, unsigned int count)
{
	struct worker workers[WORKERS] = { { .work = work } };
	unsigned int started, i;

	work->share = count > 1;
	if (open_worker(&workers[0], work->err) < 0) {
		close_worker(&workers[0]);
		return -1;
	}
	describe(&workers[0]);
	if (work->ktap)
		rig_ktap_plan(stdout, work->cases->count);
	for (started = 1; started < count; started++) {
		workers[started] = (struct worker){ .work = work, .number = started };
		if (pthread_create(&workers[started].thread, NULL, run_worker, &workers[started]))
			break;
	}
	run_cases(&workers[0]);
	close_worker(&workers[0]);
	for (i = 1; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	return work->err->message[0] ? -1 : 0;
}

static void add_lost(struct work *work)
{
	const struct rig_run none = {};

	while (work->next < work->cases->count)
		add_result(work, work->cases->list[work->next++].script, &none,
			   "not run: the target was lost in an earlier case");
}

/* The workers finish them in any order. */
static void order(struct rig_suite *suite, const struct rig_cases *cases)
{
	const char **ids = rig_cases_ids(cases);

	rig_suite_order(suite, ids, cases->count);
	free(ids);
}

int rig_target_allow(bool host_kernel, enum rig_target target, char *vm, size_t size,
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
	struct work work = {
		.target = target,
		.how = &how,
		.cases = cases,
		.ktap = o->ktap,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.suite = suite,
		.err = &err,
	};
	unsigned int start = rig_clock_ms();
	unsigned int workers = count_workers(target, cases->count);
	char vm[16] = "", again[160];
	int status = RIG_EXIT_PASSED;

	if (target != RIG_TARGET_MODEL &&
	    rig_target_allow(o->host_kernel, target, vm, sizeof(vm), &err) < 0)
		return rig_cli_bad_error(&err);
	if (target == RIG_TARGET_MODEL)
		snprintf(again, sizeof(again), "build/nlrig run --target model '%%s'");
	else
		snprintf(again, sizeof(again), "make conformance TARGET=%s VM=%s CASES='%%s'",
			 rig_target_name[target], vm);
	how.again = again;
	if (o->kcov) {
		workers = 1;
		work.kcov = rig_kcov_open(&err);
		if (!work.kcov)
			return rig_cli_bad_error(&err);
	}
	if (run_workers(&work, workers) < 0 ||
	    (work.kcov && rig_kcov_write(work.kcov, o->kcov, &err) < 0))
		status = rig_cli_bad_error(&err);
	rig_kcov_close(work.kcov);
	if (status != RIG_EXIT_PASSED)
		return status;
	add_lost(&work);
	if (o->ktap)
		rig_ktap_end(stdout, suite);
	order(suite, cases);
	suite->duration_ms = rig_clock_ms() - start;
	return RIG_EXIT_PASSED;
}
