/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/replay.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "judge/run.h"
#include "link/link.h"
#include "model/model.h"
#include "replay/compare.h"

enum { NSEC = 1000000000 };

struct replay {
	const struct rig_replay_options *options;
	struct rig_replay_verdict *verdict;
	struct rig_compare compare;
	struct rig_findings unlike;	  /* of the step in hand */
	struct rig_arena arena;		  /* of those */
	const struct rig_finding *judged; /* the last finding of the model's that was seen */
	struct timespec origin;		  /* when the first request was sent */
	struct timespec first;		  /* and when it was, in the trace */
	bool begun, failed;
};

static const char beyond[] = "beyond the model: ";

/* ---- what is said ---- */

/* The lines of this script are packets. Captured: the step whose captured answer it is about. */
static void tell(const struct replay *r, const struct rig_finding *finding,
		 const struct rig_trace_step *captured)
{
	char headline[512];
	struct rig_bytes sent = {};
	struct rig_replay_fault fault = { headline, finding->sent, finding->detail,
					  captured != NULL };
	const char *rest = strstr(finding->headline, ": ");
	unsigned long packet;

	if (sscanf(finding->headline, "line %lu: ", &packet) != 1)
		snprintf(headline, sizeof(headline), "%s", finding->headline);
	else if (packet)
		snprintf(headline, sizeof(headline), "packet %lu%s", packet, rest);
	else
		snprintf(headline, sizeof(headline), "before the trace%s", rest);
	if (captured) {
		rig_print(captured->step.message, NULL, &sent);
		fault.sent = rig_bytes_text(&sent);
	}
	r->options->report(r->options->context, &fault);
	rig_bytes_free(&sent);
}

static void put_off(struct replay *r, const char *why, unsigned long packet)
{
	struct rig_replay_verdict *v = r->verdict;

	v->uncompared++;
	rig_trace_reason_count(v->reasons, &v->n_reasons, why, packet);
}

/* ---- a step ---- */

/* What the model has found in this step; what it does not know is no fault, but counted. */
static bool diverged(struct replay *r, const struct rig_step_done *done)
{
	const struct rig_finding *finding = r->judged ? r->judged->next : done->findings;
	struct rig_replay_verdict *v = r->verdict;
	bool any = false;

	for (; finding; finding = finding->next) {
		r->judged = finding;
		if (!strstr(finding->headline, beyond))
			any = true;
		else if (!v->unmodelled++)
			v->unmodelled_first = rig_trace_step(done->step)->packet;
	}
	return any;
}

/*
 * Why an answer may differ from the captured one; NULL: it may not. What nobody can tell from the
 * trace may be as it was all the same. Two kernels are both right only if the captured one was.
 */
static const char *excuse(const struct replay *r, const struct rig_trace_step *step, bool divergent)
{
	if (step->wrong)
		return NULL;
	if (step->unjudged)
		return step->unjudged;
	return r->verdict->other_kernel && !divergent ?
		       "answers that differ as the two kernels do" :
		       NULL;
}

static void compare(struct replay *r, const struct rig_trace_step *step,
		    const struct rig_step_done *done, bool divergent)
{
	const char *why = excuse(r, step, divergent);

	rig_arena_reset(&r->arena);
	r->unlike = (struct rig_findings){ .arena = &r->arena };
	r->failed |= rig_compare_step(&r->compare, step, done->inbox, done->socket) < 0;
	if (!r->unlike.count) {
		r->verdict->alike++;
	} else if (why) {
		put_off(r, why, step->packet);
	} else {
		r->verdict->unlike++;
		for (const struct rig_finding *f = r->unlike.first; f; f = f->next)
			tell(r, f, step);
	}
}

static struct timespec plus(struct timespec a, struct timespec b, int sign)
{
	struct timespec sum = { a.tv_sec + sign * b.tv_sec, a.tv_nsec + sign * b.tv_nsec };

	if (sum.tv_nsec < 0 || sum.tv_nsec >= NSEC) {
		sum.tv_sec += sum.tv_nsec < 0 ? -1 : 1;
		sum.tv_nsec += sum.tv_nsec < 0 ? NSEC : -NSEC;
	}
	return sum;
}

/* Until the next request is due. */
static void keep_time(struct replay *r, const struct rig_step *step)
{
	struct timespec due;

	while (step && !rig_trace_step(step)->packet)
		step = step->next;
	if (!step)
		return;
	if (!r->begun) {
		r->begun = true;
		clock_gettime(CLOCK_MONOTONIC, &r->origin);
		r->first = rig_trace_step(step)->time;
	}
	due = plus(r->origin, plus(rig_trace_step(step)->time, r->first, -1), 1);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static bool watch(void *context, const struct rig_step_done *done)
{
	struct replay *r = context;
	const struct rig_trace_step *step = rig_trace_step(done->step);
	bool divergent = diverged(r, done);

	if (step->packet) {
		r->verdict->sent++;
		compare(r, step, done, divergent);
	}
	if (r->options->rhythm)
		keep_time(r, done->step->next);
	return r->failed;
}

/* ---- all of it ---- */

/* "6.1.192" of "6.1.192-1" */
static bool same_release(const char *a, const char *b)
{
	static const char digits[] = "0123456789.";
	size_t size = strspn(a, digits);

	return size == strspn(b, digits) && !strncmp(a, b, size);
}

static bool is_other_kernel(const struct rig_link_facts *here, const struct rig_trace_facts *facts,
			    const char *kernel)
{
	bool uml = !strcmp(here->vm, "uml");

	if (facts->dps && facts->pad64 != uml)
		return true;
	return kernel && here->target != RIG_TARGET_MODEL && !same_release(kernel, here->release);
}

static void number_steps(struct rig_script *script)
{
	for (struct rig_step *step = script->steps; step; step = step->next)
		step->place.line = rig_trace_step(step)->packet;
}

static void conclude(struct replay *r, const struct rig_run *run)
{
	for (const struct rig_finding *f = run->findings; f; f = f->next) {
		if (strstr(f->headline, beyond))
			continue;
		r->verdict->divergent++;
		tell(r, f, NULL);
	}
	r->verdict->duration_ms = run->duration_ms;
}

int rig_replay_run(struct rig_link *link, struct rig_trace_script *made,
		   const struct rig_replay_options *options, struct rig_replay_verdict *verdict,
		   struct rig_error *err)
{
	struct replay r = {
		.options = options,
		.verdict = verdict,
		.compare = { .captured = options->captured,
			     .here = &rig_link_facts(link)->families,
			     .findings = &r.unlike },
	};
	const struct rig_run_options how = { .watch = watch, .context = &r };
	struct rig_runner *runner = rig_runner_new(link, &how, err);
	struct rig_run run;
	int ret = -1;

	*verdict = (struct rig_replay_verdict){
		.other_kernel = is_other_kernel(rig_link_facts(link), &made->facts, options->kernel)
	};
	number_steps(&made->script);
	if (runner)
		ret = rig_runner_run(runner, &made->script, &run, err);
	if (ret == 0 && r.failed)
		ret = rig_error_set(err, "out of memory");
	if (ret == 0)
		conclude(&r, &run);
	rig_runner_free(runner);
	rig_compare_free(&r.compare);
	rig_arena_free(&r.arena);
	return ret;
}
