/* SPDX-License-Identifier: GPL-2.0-only */
/* Datagrams that are sent together, and what came of them. */
#include <stdlib.h>
#include <string.h>

#include "judge/play.h"
#include "wire/codec.h"

void rig_batch_free(struct rig_batch *batch)
{
	for (unsigned int i = 0; i < RIG_PLAY_BATCH_MAX; i++) {
		rig_bytes_free(&batch->list[i].bytes);
		rig_answer_free(&batch->list[i].answer);
	}
	free(batch->expected);
}

/* ---- which may go together ---- */

/* The model or the script has something to say of this one that holds for no other. */
static bool stands_alone(const struct rig_datagram *datagram)
{
	return datagram->outcome || datagram->answer.unmodelled || datagram->step->wants;
}

/* A frame that is on its way to a netdev is lost with it: it has to be seen before that goes. */
static bool takes_frames(const struct rig_batch *batch, const struct rig_datagram *datagram)
{
	for (unsigned int i = 0; datagram->answer.departs && i < batch->count; i++)
		for (size_t k = 0; k < batch->list[i].answer.count; k++)
			if (batch->list[i].answer.list[k].kind == RIG_EXPECT_FRAME)
				return true;
	return false;
}

/*
 * Whether what may be sent next depends on what comes of this: a dump goes on when its socket is
 * read, a number that the kernel chooses has to be learnt, a new port to be watched.
 */
static bool ends_batch(const struct rig_play *play, const struct rig_datagram *datagram)
{
	if (stands_alone(datagram) || (play->traffic && rig_datagram_makes_netdev(datagram)))
		return true;
	for (size_t i = 0; i < datagram->answer.count; i++) {
		const struct rig_expected *e = &datagram->answer.list[i];

		if (e->role == RIG_ROLE_DUMP || e->role == RIG_ROLE_DONE)
			return true;
		for (uint32_t k = 0; k < e->n_open; k++)
			if (e->open[k].slot >= 0)
				return true;
	}
	return false;
}

/* ---- sending ---- */

static const char *outcome_of(int sent)
{
	const char *name = sent < 0 ? rig_errno_name(-sent) : "success";

	return name ? name : "an unknown errno";
}

/* What sendmsg() itself refuses has no other answer than that errno. */
static void judge_outcome(struct rig_play *play, const struct rig_datagram *datagram, int sent)
{
	if (sent != datagram->outcome)
		rig_finding_add(&play->scene.findings, NULL,
				"line %u: model expects of sending %s, not %s",
				datagram->step->place.line, outcome_of(datagram->outcome),
				outcome_of(sent));
}

/* As many as go out on one socket; how many they were. */
static unsigned int send_run(struct rig_play *play, const struct rig_datagram *first,
			     unsigned int count)
{
	struct rig_link_datagram list[RIG_PLAY_BATCH_MAX];
	struct rig_error why = { 0 };
	unsigned int n = 0;
	int sent;

	while (n < count && first[n].socket == first->socket) {
		list[n] = (struct rig_link_datagram){ first[n].bytes.data, first[n].bytes.size };
		n++;
	}
	sent = rig_link_send(play->link, (int)first->socket->handle, list, n, &why);
	if (first->outcome)
		judge_outcome(play, first, sent > 0 ? 0 : sent);
	else if (sent != (int)n)
		rig_play_cannot(play, first[sent > 0 ? sent : 0].step, &why);
	return n;
}

static void send_all(struct rig_play *play)
{
	const struct rig_batch *batch = play->batch;

	for (unsigned int i = 0; i < batch->count && !play->stopped;)
		i += send_run(play, &batch->list[i], batch->count - i);
}

/* ---- judging ---- */

/* All answers as if they were one. NULL list and a count: out of memory. */
static int merge(struct rig_batch *batch, struct rig_answer *answer)
{
	size_t count = 0;

	*answer = batch->list[0].answer;
	if (batch->list[0].outcome)
		answer->count = 0;
	if (batch->count == 1)
		return 0;
	for (unsigned int i = 0; i < batch->count; i++)
		count += batch->list[i].answer.count;
	if (count > batch->room) {
		struct rig_expected *list = realloc(batch->expected, 2 * count * sizeof(*list));

		if (!list)
			return -1;
		batch->expected = list;
		batch->room = 2 * count;
	}
	answer->list = batch->expected;
	answer->count = 0;
	for (unsigned int i = 0; i < batch->count; i++) {
		const struct rig_answer *from = &batch->list[i].answer;

		if (from->count)
			memcpy(batch->expected + answer->count, from->list,
			       from->count * sizeof(*from->list));
		answer->count += from->count;
	}
	return 0;
}

/* Each finding of the step gets what was sent, as text that can be sent again. */
static int attach_sent(struct rig_play *play, const struct rig_finding *before,
		       const struct rig_bytes *bytes)
{
	struct rig_finding *finding = before ? before->next : play->scene.findings.first;
	struct rig_message *messages;
	struct rig_bytes text = { 0 };
	const char *sent;

	if (!finding)
		return 0;
	if (rig_decode(play->scene.arena, play->scene.ids, bytes->data, bytes->size, &messages,
		       NULL) < 0)
		return -1;
	rig_print(messages, play->scene.ids, &text);
	sent = rig_arena_copy(play->scene.arena, rig_bytes_text(&text), text.size);
	rig_bytes_free(&text);
	for (; finding; finding = finding->next)
		finding->sent = sent;
	return sent ? 0 : -1;
}

static void count(struct rig_play *play)
{
	for (unsigned int i = 0; i < play->batch->count; i++)
		play->tally->messages += play->batch->list[i].count;
	play->tally->datagrams += play->batch->count;
}

static int play_all(struct rig_play *play, struct rig_error *err)
{
	struct rig_batch *batch = play->batch;
	const struct rig_datagram *last = &batch->list[batch->count - 1];
	struct rig_answer answer;
	struct rig_error why = { 0 };

	if (merge(batch, &answer) < 0)
		return rig_error_set(err, "out of memory");
	rig_inbox_empty(&play->scene.inbox);
	rig_arena_reset(play->scene.inbox.arena);
	if (!rig_play_spares(play, &answer))
		send_all(play);
	if (play->stopped)
		return 0;
	count(play);
	if (rig_play_judge(play, &answer, batch->count == 1 ? last->step : NULL, last->seqs, err) <
	    0)
		return -1;
	if (play->traffic && rig_datagram_watch(play, last, &why) < 0)
		return rig_play_cannot(play, last->step, &why);
	return 0;
}

int rig_batch_play(struct rig_play *play, struct rig_error *err)
{
	const struct rig_finding *before = play->scene.findings.last;
	struct rig_batch *batch = play->batch;
	int ret = batch->count ? play_all(play, err) : 0;

	if (ret == 0 && batch->count == 1 && attach_sent(play, before, &batch->list[0].bytes) < 0)
		ret = rig_error_set(err, "out of memory");
	batch->count = 0;
	return ret;
}

int rig_play_send(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	struct rig_batch *batch = play->batch;
	struct rig_datagram *datagram = &batch->list[batch->count];
	struct rig_error why = { 0 };

	if (rig_datagram_make(play, step, datagram, &why) < 0) {
		if (rig_batch_play(play, err) < 0)
			return -1;
		return play->stopped ? 0 : rig_play_cannot(play, step, &why);
	}
	if (batch->count && (stands_alone(datagram) || takes_frames(batch, datagram))) {
		struct rig_datagram alone = *datagram;

		if (rig_batch_play(play, err) < 0)
			return -1;
		*datagram = batch->list[0];
		batch->list[0] = alone;
		if (play->stopped)
			return 0;
	}
	batch->count++;
	if (batch->count < play->batch_max && !ends_batch(play, &batch->list[batch->count - 1]))
		return 0;
	return rig_batch_play(play, err);
}
