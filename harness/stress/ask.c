/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests: random ones, broken and whole, and those of a script. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <string.h>

#include "gen/round.h"
#include "stress/thread.h"
#include "wire/codec.h"
#include "wire/script.h"

/* Rounds of different threads never meet; a dump whose end is not there yet is left alone. */
enum { ROUNDS = 1 << 20, SCRIPTED = 35 /* of a hundred */, EVENTS_MAX = 4096 };

int rig_stress_open(struct rig_stress_thread *t)
{
	const struct rig_link_facts *facts;

	t->link = rig_link_open(t->stress->target, t->number, &t->err);
	if (!t->link || rig_link_socket_new(t->link, &t->asks, &t->err) < 0 ||
	    rig_link_socket_new(t->link, &t->hears, &t->err) < 0)
		return -1;
	facts = rig_link_facts(t->link);
	for (unsigned int i = 0; i < RIG_FAMILIES; i++)
		if (i != RIG_CTRL && facts->group[i] &&
		    rig_link_join(t->link, t->hears.handle, facts->group[i], &t->err) < 0)
			return -1;
	return 0;
}

void rig_stress_close(struct rig_stress_thread *t)
{
	rig_link_close(t->link);
	t->link = NULL;
}

/* Every socket of a script is the one that asks, and hears the upcalls. */
static int resolve(void *context, const char *symbol, uint64_t *value)
{
	struct rig_stress_thread *t = context;

	(void)symbol;
	*value = t->asks.portid;
	return 0;
}

/* The request that an answer belongs to: they are numbered from 1. */
static const struct rig_message *request_of(const struct rig_message *messages, uint32_t seq)
{
	while (messages && messages->seq != seq)
		messages = messages->next;
	return messages;
}

static void count_answer(struct rig_stress_counts *counts, const struct rig_message *request,
			 const struct nlmsghdr *answer)
{
	int error = 0;

	if (!request || !request->family || request->cmd >= RIG_STRESS_COMMANDS)
		return;
	if (answer->nlmsg_type == NLMSG_ERROR)
		memcpy(&error, NLMSG_DATA(answer), sizeof(error));
	if (error)
		counts->refused[request->family->index][request->cmd]++;
	else
		counts->done[request->family->index][request->cmd]++;
}

static void count_datagram(struct rig_stress_thread *t, const struct rig_message *requests,
			   const struct rig_event *event)
{
	struct rig_stress_counts *counts = &t->stress->counts;
	const struct nlmsghdr *header = (const struct nlmsghdr *)event->data;
	int left = (int)event->len;

	for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
		if (event->socket == t->hears.handle)
			counts->notifications++;
		else if (!header->nlmsg_seq)
			counts->upcalls++;
		else if (header->nlmsg_type < NLMSG_MIN_TYPE ||
			 !(header->nlmsg_flags & NLM_F_MULTI))
			count_answer(counts, request_of(requests, header->nlmsg_seq), header);
	}
}

/* Whatever is there; what is on its way comes with the next request's answers. */
static int take_all(struct rig_stress_thread *t, const struct rig_message *requests)
{
	struct rig_event event;
	int ret = 1;

	for (unsigned int i = 0; i < EVENTS_MAX && ret == 1; i++) {
		ret = rig_link_receive(t->link, 0, &event, &t->err);
		if (ret != 1)
			break;
		switch (event.kind) {
		case RIG_EVENT_DATAGRAM:
			count_datagram(t, requests, &event);
			break;
		case RIG_EVENT_OVERRUN:
			t->stress->counts.overruns++;
			break;
		case RIG_EVENT_FRAME:
			t->stress->counts.frames_out++;
			break;
		}
	}
	return ret < 0 ? -1 : 0;
}

int rig_stress_send(struct rig_stress_thread *t, const struct rig_step *step)
{
	struct rig_message *messages = NULL, **tail = &messages;
	struct rig_link_datagram one;
	uint32_t seq = 0;
	int sent;

	for (const struct rig_message *m = step->message; m; m = m->next) {
		struct rig_message *copy = rig_arena_copy(&t->arena, m, sizeof(*m));

		if (!copy)
			return rig_error_set(&t->err, "out of memory");
		copy->seq = ++seq;
		copy->next = NULL;
		*tail = copy;
		tail = &copy->next;
	}
	rig_bytes_reset(&t->bytes);
	if (rig_encode(messages, &rig_link_facts(t->link)->families, resolve, t, &t->bytes,
		       &t->err) < 0)
		return -1;
	one = (struct rig_link_datagram){ t->bytes.data, t->bytes.size };
	sent = rig_link_send(t->link, t->asks.handle, &one, 1, NULL);
	/* A datagram that netlink itself does not take, or has no room for: nothing was asked. */
	if (sent < 0 && sent != -EINVAL && sent != -EMSGSIZE && sent != -ENOBUFS &&
	    sent != -EOPNOTSUPP && sent != -EPERM && sent != -ENOMEM && sent != -ECONNREFUSED)
		return rig_error_set(&t->err, "send a request: %s", strerror(-sent));
	return take_all(t, messages);
}

/* The script's requests are spread among those of the round. */
static int ask_round(struct rig_stress_thread *t, uint64_t round)
{
	const struct rig_script *script =
		rig_round_make(&t->arena, t->stress->seed, round, RIG_ROUND_MESSAGES);

	for (const struct rig_step *s = script->steps; s && rig_stress_time_left(t);) {
		const struct rig_step *chosen = s;

		if (rig_random_chance(&t->random, SCRIPTED)) {
			chosen = rig_stress_step(t, false);
		} else {
			s = s->next;
			if (chosen->kind != RIG_STEP_SEND)
				continue;
		}
		if (rig_stress_send(t, chosen) < 0)
			return -1;
	}
	return 0;
}

int rig_stress_ask(struct rig_stress_thread *t)
{
	uint64_t round = (uint64_t)t->number * ROUNDS;

	if (rig_stress_open(t) < 0)
		return -1;
	while (rig_stress_time_left(t)) {
		rig_arena_reset(&t->arena);
		if (ask_round(t, round++) < 0)
			return -1;
	}
	return 0;
}
