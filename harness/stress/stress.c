/* SPDX-License-Identifier: GPL-2.0-only */
#include "stress/stress.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "stress/thread.h"
#include "wire/script.h"

enum { THREADS_MAX = 64, OTHERS = 2 };

struct runner {
	struct rig_stress_thread thread;
	rig_stress_job *job;
	pthread_t id;
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

bool rig_stress_time_left(const struct rig_stress_thread *thread)
{
	return now_ms() < thread->end_ms;
}

const struct rig_step *rig_stress_step(struct rig_stress_thread *thread, bool frame)
{
	enum rig_step_kind kind = frame ? RIG_STEP_FRAME : RIG_STEP_SEND;
	const struct rig_step *step = NULL;

	while (!step || step->kind != kind) {
		step = thread->stress->script->steps;
		for (uint32_t skip =
			     rig_random_below(&thread->random, thread->stress->script->n_steps);
		     skip; skip--)
			step = step->next;
	}
	return step;
}

static void *run(void *data)
{
	struct runner *r = data;

	r->thread.failed = r->job(&r->thread) < 0;
	return NULL;
}

static unsigned int start(struct runner *runners, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (pthread_create(&runners[i].id, NULL, run, &runners[i]))
			break;
	return i;
}

/* All that the threads have made, as it is at the end; then the threads' own. */
static int clean(struct runner *runners, unsigned int count, struct rig_error *err)
{
	struct rig_link_left left = {};
	int ret = 0;

	for (unsigned int i = 0; i < count; i++) {
		struct rig_stress_thread *t = &runners[i].thread;

		if (t->failed && ret == 0) {
			*err = t->err;
			ret = -1;
		}
		if (t->link && rig_link_clean(t->link, &left, ret ? NULL : err) < 0)
			ret = -1;
	}
	if (ret == 0 && left.count)
		ret = rig_error_set(err, "left behind: %s", left.text);
	for (unsigned int i = 0; i < count; i++) {
		rig_stress_close(&runners[i].thread);
		rig_arena_free(&runners[i].thread.arena);
		rig_bytes_free(&runners[i].thread.bytes);
	}
	return ret;
}

int rig_stress_run(struct rig_stress *stress, struct rig_error *err)
{
	unsigned int count = stress->threads + OTHERS, started;
	struct runner *runners;
	int ret;

	if (stress->threads > THREADS_MAX)
		return rig_error_set(err, "more than %d threads", THREADS_MAX);
	runners = calloc(count, sizeof(*runners));
	if (!runners)
		return rig_error_set(err, "out of memory");
	for (unsigned int i = 0; i < count; i++) {
		struct rig_stress_thread *t = &runners[i].thread;

		runners[i].job = i < stress->threads  ? rig_stress_ask :
				 i == stress->threads ? rig_stress_move :
							rig_stress_live;
		t->stress = stress;
		t->number = i;
		t->end_ms = now_ms() + stress->seconds * 1000LL;
		rig_random_seed(&t->random, stress->seed, UINT64_MAX - i);
	}
	started = start(runners, count);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(runners[i].id, NULL);
	ret = clean(runners, started, err);
	free(runners);
	return started == count ? ret : rig_error_set(err, "no more threads");
}
