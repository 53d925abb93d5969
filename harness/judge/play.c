/* SPDX-License-Identifier: GPL-2.0-only */
/* What every step has in common: receiving, and judging what came. */
#include "judge/play.h"

#include <stdio.h>

#include "judge/judge.h"
#include "wire/codec.h"

#define LATE_TIMEOUT_MS 100
#define SURPLUS_MAX	10000

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
static int collect(struct rig_play *play, const struct rig_answer *answer, bool settle,
		   unsigned int *waited_ms, struct rig_error *err)
{
	unsigned int limit = play->timeout_ms;
	size_t must = rig_judge_must(answer);
	int n = 1;

	if (play->late && limit > LATE_TIMEOUT_MS)
		limit = LATE_TIMEOUT_MS;
	*waited_ms = 0;
	while (n == 1 &&
	       (play->scene.inbox.count < must || !rig_judge_complete(answer, &play->scene.inbox)))
		n = receive(play, (int)limit, err);
	if (n == 0) {
		*waited_ms = limit;
		play->late = true;
	}
	return n < 0 ? -1 : drain(play, settle, err);
}

static void learn(struct rig_play *play, const struct rig_judge *judge)
{
	for (size_t i = 0; i < judge->n_slots; i++)
		rig_model_learn(play->model, judge->slots[i].slot, judge->slots[i].value);
}

static const char *socket_name(void *context, unsigned int handle)
{
	struct rig_play *play = context;

	return rig_scene_socket_name(&play->scene, handle);
}

/* Of a step that sends, its requests; of several that sent, from where to where. */
static const char *place_of(void *context)
{
	struct rig_play *play = context;
	const struct rig_batch *batch = play->batch;
	const struct rig_step *step = batch->count ? batch->list[0].step : play->step;
	struct rig_bytes what = { 0 };

	if (batch->count > 1) {
		snprintf(play->place, sizeof(play->place), "lines %u to %u",
			 batch->list[0].step->place.line,
			 batch->list[batch->count - 1].step->place.line);
		return play->place;
	}
	if (batch->count)
		rig_message_summary(batch->list[0].messages, &what);
	else if (step && step->kind == RIG_STEP_FRAME)
		rig_bytes_print(&what, "frame %s", step->name);
	else if (step)
		rig_bytes_print(&what, "%s", step->text);
	if (step)
		snprintf(play->place, sizeof(play->place), "line %u: %s", step->place.line,
			 rig_bytes_text(&what));
	else
		snprintf(play->place, sizeof(play->place), "after the last step");
	rig_bytes_free(&what);
	return play->place;
}

static int judge_answer(struct rig_play *play, const struct rig_answer *answer,
			unsigned int waited_ms)
{
	struct rig_judge judge = {
		.arena = play->scene.inbox.arena,
		.ids = play->scene.ids,
		.findings = &play->scene.findings,
		.socket_name = socket_name,
		.place = place_of,
		.context = play,
		.tally = play->tally,
		.waited_ms = waited_ms,
	};

	if (answer->unmodelled && !play->tainted) {
		rig_finding_add(&play->scene.findings, NULL, "%s: beyond the model: %s",
				place_of(play), answer->unmodelled);
		if (play->scene.findings.last)
			play->scene.findings.last->beyond = true;
	}
	play->tainted |= answer->tainted;
	if (!play->tainted) {
		if (rig_judge_answer(&judge, answer, &play->scene.inbox) < 0)
			return -1;
		learn(play, &judge);
	}
	if (play->tainted || answer->unmodelled)
		return rig_tally_pass_over(play->tally, &play->scene.inbox);
	return 0;
}

/* Whoever is after the first difference need not see what comes of it. */
static void decide_to_stop(struct rig_play *play)
{
	if (play->first_only)
		play->stopped |=
			play->tainted || rig_findings_difference(play->scene.findings.first);
}

static void count_answers(struct rig_play *play)
{
	for (size_t i = 0; i < play->scene.inbox.count; i++) {
		int error = rig_arrival_errno(&play->scene.inbox.list[i]);

		if (error >= 0 && error < RIG_TALLY_ERRNOS)
			play->tally->answers[error]++;
	}
}

static bool wants_silence(const struct rig_step *step)
{
	for (const struct rig_want *want = step->wants; want; want = want->next)
		if (want->kind == RIG_WANT_NONE || want->kind == RIG_WANT_NOFRAME)
			return true;
	return false;
}

int rig_play_judge(struct rig_play *play, const struct rig_answer *answer,
		   const struct rig_step *step, const uint32_t *seqs, struct rig_error *err)
{
	bool unsure = answer->unmodelled || play->tainted;
	bool silent = step && (step->kind == RIG_STEP_FRAME || wants_silence(step));
	unsigned int waited_ms;

	if (collect(play, answer, play->traffic && (silent || unsure), &waited_ms, err) < 0)
		return -1;
	count_answers(play);
	if (judge_answer(play, answer, waited_ms) < 0 ||
	    (step && rig_scene_judge_wants(&play->scene, step, seqs) < 0))
		return rig_error_set(err, "out of memory");
	decide_to_stop(play);
	return 0;
}

int rig_play_cannot(struct rig_play *play, const struct rig_step *step, const struct rig_error *why)
{
	rig_finding_add(&play->scene.findings, NULL, "line %u: %s: cannot: %s", step->place.line,
			step->text, why->message);
	play->stopped = true;
	return 0;
}

bool rig_play_spares(struct rig_play *play, struct rig_answer *answer)
{
	if (answer->fatal)
		answer->count = 0;
	play->spared += answer->fatal;
	return answer->fatal;
}

int rig_play_end(struct rig_play *play, struct rig_error *err)
{
	static const struct rig_answer nothing;
	unsigned int waited_ms;

	if (rig_batch_play(play, err) < 0)
		return -1;
	if (play->stopped)
		return 0;
	play->step = NULL;
	rig_inbox_empty(&play->scene.inbox);
	if (collect(play, &nothing, play->traffic, &waited_ms, err) < 0)
		return -1;
	if (judge_answer(play, &nothing, waited_ms) < 0)
		return rig_error_set(err, "out of memory");
	return 0;
}
