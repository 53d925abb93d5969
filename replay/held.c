/* SPDX-License-Identifier: GPL-2.0-only */
/* What the model expects against what is in the trace. */
#include <linux/netlink.h>
#include <string.h>

#include "link/link.h"
#include "replay/counters.h"
#include "replay/trial.h"

static const char *place(void *context)
{
	const struct trial *t = context;

	return t->place;
}

static const char *socket_name(void *context, unsigned int socket)
{
	const struct trial *t = context;

	return socket == SOCK_LISTENER ? "members" : t->sender;
}

/* ---- what is expected ---- */

static int copy_expected(struct trial *t, const struct rig_expected *from, unsigned int counters,
			 struct rig_expected *to)
{
	struct counted counted = {
		.bytes = rig_arena_copy(&t->arena, from->bytes, from->len),
		.len = from->len,
		.open = rig_arena_copy(&t->arena, from->open, from->n_open * sizeof(*from->open)),
		.n_open = from->n_open,
	};
	struct rig_expected *shifted;

	if (!counted.bytes || !counted.open)
		return -1;
	counters_remove(&counted, t->ids, counters);
	*to = *from;
	to->bytes = counted.bytes;
	to->len = counted.len;
	to->open = counted.open;
	to->n_open = counted.n_open;
	if (!from->shifted)
		return 0;
	shifted = rig_arena_alloc(&t->arena, sizeof(*shifted));
	to->shifted = shifted;
	return shifted ? copy_expected(t, from->shifted, counters, shifted) : -1;
}

/* Frames are not in a trace, nor is to whom an upcall or a notification went. */
static bool can_be_seen(const struct rig_expected *expected, bool heard)
{
	if (expected->kind != RIG_EXPECT_MESSAGE || expected->role == RIG_ROLE_UPCALL)
		return false;
	if (expected->role == RIG_ROLE_NOTIFY)
		return heard && expected->sock == SOCK_LISTENER;
	return expected->sock == SOCK_SENDER;
}

static int select_expected(struct trial *t, bool heard, unsigned int counters,
			   struct rig_answer *out)
{
	struct rig_expected *list =
		rig_arena_alloc(&t->arena, (t->answer.count + 1) * sizeof(*list));

	*out = (struct rig_answer){ .list = list };
	for (size_t i = 0; list && i < t->answer.count; i++) {
		if (!can_be_seen(&t->answer.list[i], heard))
			continue;
		if (copy_expected(t, &t->answer.list[i], counters, &list[out->count]) < 0)
			return -1;
		out->count++;
	}
	return list ? 0 : -1;
}

static bool expects(const struct rig_answer *answer, unsigned int sock, bool control)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct rig_expected *e = &answer->list[i];
		bool is_control = e->role == RIG_ROLE_ACK || e->role == RIG_ROLE_DONE;

		if (e->sock == sock && e->kind == RIG_EXPECT_MESSAGE && is_control == control &&
		    e->role != RIG_ROLE_UPCALL)
			return true;
	}
	return false;
}

/* ---- what came ---- */

bool trial_is_control(const struct rig_message *message)
{
	return message->type < NLMSG_MIN_TYPE;
}

/* A notification is seen once for each member of the group, and the echo looks the same. */
static bool is_copy(const struct exchange *exchange, size_t n)
{
	const struct queue_item *item = exchange->answers[n].item;

	for (size_t i = 0; i < n; i++) {
		const struct queue_item *other = exchange->answers[i].item;

		if (other->size == item->size && !memcmp(other->bytes, item->bytes, item->size))
			return true;
	}
	return false;
}

static int add_arrival(struct trial *t, const struct queue_item *item, unsigned int socket,
		       unsigned int counters)
{
	struct counted counted = {
		.bytes = rig_arena_copy(&t->arena, item->bytes, item->size),
		.len = item->size,
	};
	struct rig_event event = { .kind = RIG_EVENT_DATAGRAM, .socket = socket };
	size_t before = t->inbox.count;

	if (!counted.bytes)
		return -1;
	counters_remove(&counted, t->ids, counters);
	event.data = counted.bytes;
	event.len = counted.len;
	if (rig_inbox_add(&t->inbox, &event) < 0)
		return -1;
	for (; before < t->inbox.count; before++)
		t->inbox.list[before].shifted = item->shifted;
	return 0;
}

/* To the sender, unless only the group can have been told. */
static int fill_inbox(struct trial *t, unsigned int counters, bool *heard)
{
	const struct exchange *exchange = &t->exchange;
	bool notifies = expects(&t->answer, SOCK_LISTENER, false);
	bool replies = expects(&t->answer, SOCK_SENDER, false);

	*heard = false;
	rig_inbox_empty(&t->inbox);
	for (size_t i = 0; i < exchange->n_answers; i++) {
		bool control = trial_is_control(exchange->answers[i].message);
		bool told = notifies && !replies && !control;

		if (exchange->answers[i].beside)
			continue;
		if (notifies && !control && is_copy(exchange, i))
			continue;
		*heard |= told;
		if (add_arrival(t, exchange->answers[i].item, told ? SOCK_LISTENER : SOCK_SENDER,
				counters) < 0)
			return -1;
	}
	return 0;
}

/* ---- both ---- */

int trial_compare(struct trial *t, struct rig_findings *findings)
{
	unsigned int counters = knowledge_of_counters(
		&t->known,
		t->exchange.n_answers ? t->exchange.answers[0].message : t->exchange.messages);
	struct rig_judge judge = {
		.arena = &t->arena,
		.ids = t->ids,
		.findings = findings,
		.socket_name = socket_name,
		.context = t,
		.place = place,
	};
	struct rig_answer expected;
	bool heard;

	if (fill_inbox(t, counters, &heard) < 0 ||
	    select_expected(t, heard, counters, &expected) < 0 ||
	    rig_judge_answer(&judge, &expected, &t->inbox) < 0)
		return -1;
	for (size_t i = 0; i < judge.n_slots; i++)
		rig_model_learn(t->known.model, judge.slots[i].slot, judge.slots[i].value);
	return 0;
}

unsigned int trial_copies(const struct trial *t, uint32_t seq)
{
	const struct exchange *exchange = &t->exchange;
	unsigned int copies = 0;
	bool notifies = false;

	for (size_t i = 0; i < t->answer.count; i++) {
		const struct rig_expected *e = &t->answer.list[i];
		struct nlmsghdr header;

		if (e->role != RIG_ROLE_NOTIFY || e->sock != SOCK_LISTENER)
			continue;
		memcpy(&header, e->bytes, sizeof(header));
		notifies |= header.nlmsg_seq == seq;
	}
	for (size_t i = 0; notifies && i < exchange->n_answers; i++)
		copies += exchange->answers[i].message->seq == seq &&
			  !trial_is_control(exchange->answers[i].message);
	return copies;
}
