/* SPDX-License-Identifier: GPL-2.0-only */
/* What every step has in common: receiving, and judging what came. */
#include "judge/play.h"

#include <time.h>

#include "judge/judge.h"
#include "link/link.h"
#include "wire/codec.h"

#define LATE_TIMEOUT_MS 100
#define SURPLUS_MAX	10000

static unsigned int now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned int)t.tv_sec * 1000u + (unsigned int)(t.tv_nsec / 1000000);
}

static int receive(struct rig_play *play, int timeout_ms, struct rig_error *err)
{
	struct rig_event event;
	int n = rig_link_receive(play->link, timeout_ms, &event, err);

	if (n == 1 && rig_inbox_add(&play->scene.inbox, &event) < 0)
		return rig_error_set(err, "out of memory");
	return n;
}

/* What is there already; when it is to settle, what is on its way, too. Not for ever. */
static int drain(struct rig_play *play, bool settle, struct rig_error *err)
{
	unsigned int surplus = 0;
	int n;

	do
		n = receive(play, settle ? RIG_LINK_SETTLE : 0, err);
	while (n == 1 && surplus++ < SURPLUS_MAX);
	return n < 0 ? -1 : 0;
}

/* Waits until all that must come is there, then takes in what comes besides. */
static int collect(struct rig_play *play, bool settle, unsigned int *waited_ms,
		   struct rig_error *err)
{
	unsigned int limit = play->timeout_ms, start = now_ms();
	int n = 1;

	if (play->late && limit > LATE_TIMEOUT_MS)
		limit = LATE_TIMEOUT_MS;
	*waited_ms = 0;
	while (n == 1 && !rig_judge_complete(play->answer, &play->scene.inbox))
		n = receive(play, (int)limit, err);
	if (n == 0) {
		*waited_ms = now_ms() - start;
		play->late = true;
	}
	return n < 0 ? -1 : drain(play, settle, err);
}

static void learn(struct rig_play *play, const struct rig_judge *judge)
{
	for (size_t i = 0; i < judge->n_slots; i++)
		rig_model_learn(play->model, judge->slots[i].slot, judge->slots[i].value);
}

static int judge_answer(struct rig_play *play, const char *place, unsigned int waited_ms)
{
	struct rig_judge judge = {
		.arena = play->scene.arena,
		.ids = play->scene.ids,
		.findings = &play->scene.findings,
		.socket_name = rig_scene_socket_name,
		.context = &play->scene,
		.place = place,
		.waited_ms = waited_ms,
	};

	if (play->answer->unmodelled && !play->tainted)
		rig_finding_add(&play->scene.findings, NULL, "%s: beyond the model: %s", place,
				play->answer->unmodelled);
	play->tainted |= play->answer->tainted;
	if (play->tainted)
		return 0;
	if (rig_judge_answer(&judge, play->answer, &play->scene.inbox) < 0)
		return -1;
	learn(play, &judge);
	return 0;
}

static bool wants_silence(const struct rig_step *step)
{
	for (const struct rig_want *want = step->wants; want; want = want->next)
		if (want->kind == RIG_WANT_NONE || want->kind == RIG_WANT_NOFRAME)
			return true;
	return false;
}

int rig_play_judge(struct rig_play *play, const struct rig_step *step, const char *place,
		   const uint32_t *seqs, struct rig_error *err)
{
	bool unsure = play->answer->unmodelled || play->tainted;
	bool settle =
		play->traffic && (step->kind == RIG_STEP_FRAME || wants_silence(step) || unsure);
	unsigned int waited_ms;

	if (collect(play, settle, &waited_ms, err) < 0)
		return -1;
	if (judge_answer(play, place, waited_ms) < 0 ||
	    rig_scene_judge_wants(&play->scene, step, seqs) < 0)
		return rig_error_set(err, "out of memory");
	return 0;
}

int rig_play_cannot(struct rig_play *play, const struct rig_step *step, const struct rig_error *why)
{
	rig_finding_add(&play->scene.findings, NULL, "line %u: %s: cannot: %s", step->place.line,
			step->text, why->message);
	play->stopped = true;
	return 0;
}

bool rig_play_spares(struct rig_play *play)
{
	if (play->answer->fatal)
		play->answer->count = 0;
	return play->answer->fatal;
}

void rig_play_expect_nothing(struct rig_play *play)
{
	play->answer->count = 0;
	play->answer->unmodelled = NULL;
	play->answer->tainted = false;
}

int rig_play_end(struct rig_play *play, struct rig_error *err)
{
	unsigned int waited_ms;

	rig_inbox_empty(&play->scene.inbox);
	rig_play_expect_nothing(play);
	if (collect(play, play->traffic, &waited_ms, err) < 0)
		return -1;
	if (judge_answer(play, "after the last step", waited_ms) < 0)
		return rig_error_set(err, "out of memory");
	return 0;
}
