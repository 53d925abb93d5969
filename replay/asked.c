/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/asked.h"

#include <limits.h>
#include <linux/netlink.h>
#include <stdio.h>

#include "judge/inbox.h"

#define LONGEST 1 /* s that a request runs, though its sender be silent afterwards */

/* What a change in a family can change: answers of those. */
#define OF(family) (1u << (family))
static const unsigned int touched[RIG_FAMILIES] = {
	[RIG_DP] = ~0u, /* with a datapath goes all that is in it */
	[RIG_VPORT] = OF(RIG_DP) | OF(RIG_VPORT),
	[RIG_FLOW] = OF(RIG_DP) | OF(RIG_FLOW), /* a datapath counts its flows */
	[RIG_METER] = OF(RIG_METER),
	[RIG_CT_LIMIT] = OF(RIG_CT_LIMIT),
};

static unsigned int place_of(uint32_t pid, uint32_t seq)
{
	return (pid * 2654435761u + seq * 40503u) % ASKED_REQUESTS;
}

static bool changes(const struct rig_message *message)
{
	return message->command && message->command->privileged &&
	       message->family->index != RIG_PACKET;
}

/*
 * A capture shows a request when it is sent, before it is obeyed. That it is over is told by its
 * last answer or, when it wants none, by its sender's going on.
 */
static void note_running(struct asked *asked, const struct exchange *exchange)
{
	struct asked_running running = {
		.pid = exchange->pid,
		.until = exchange->returned ? exchange->returned_at : ULONG_MAX,
		.since = exchange->request->time,
	};

	for (const struct rig_message *m = exchange->messages; m; m = m->next)
		if (changes(m))
			running.touched |= touched[m->family->index];
	if (!running.touched)
		return;
	if (exchange->n_answers)
		running.until = exchange->answers[exchange->n_answers - 1].item->packet;
	asked->running[asked->next_running++ % ASKED_RUNNING] = running;
}

void asked_note(struct asked *asked, const struct exchange *exchange)
{
	struct rig_bytes name = {};

	note_running(asked, exchange);
	if (!exchange->pid)
		return;
	asked->senders[exchange->pid % ASKED_SENDERS] = exchange->pid;
	for (const struct rig_message *m = exchange->messages; m; m = m->next) {
		struct asked_request *request = &asked->requests[place_of(exchange->pid, m->seq)];

		if (m->raw)
			continue;
		rig_bytes_reset(&name);
		rig_message_summary(m, &name);
		*request = (struct asked_request){ .pid = exchange->pid,
						   .seq = m->seq,
						   .packet = exchange->request->packet };
		snprintf(request->name, sizeof(request->name), "%s", rig_bytes_text(&name));
	}
	rig_bytes_free(&name);
}

const struct asked_request *asked_find(const struct asked *asked, uint32_t pid, uint32_t seq)
{
	const struct asked_request *request = &asked->requests[place_of(pid, seq)];

	return request->packet && request->pid == pid && request->seq == seq ? request : NULL;
}

bool asked_by(const struct asked *asked, uint32_t pid)
{
	return pid && asked->senders[pid % ASKED_SENDERS] == pid;
}

/* A trace may claim any time at all, so nothing here may overflow. */
static bool runs_still(const struct timespec *since, const struct timespec *now)
{
	int64_t seconds = (int64_t)((uint64_t)now->tv_sec - (uint64_t)since->tv_sec);

	return seconds < LONGEST || (seconds == LONGEST && now->tv_nsec <= since->tv_nsec);
}

bool asked_meanwhile(const struct asked *asked, const struct exchange *exchange)
{
	unsigned int families = 0;

	for (const struct rig_message *m = exchange->messages; m; m = m->next)
		families |= m->family ? OF(m->family->index) : 0;
	for (unsigned int i = 0; i < ASKED_RUNNING; i++) {
		const struct asked_running *running = &asked->running[i];

		if (running->until > exchange->request->packet && running->pid != exchange->pid &&
		    (running->touched & families) &&
		    runs_still(&running->since, &exchange->request->time))
			return true;
	}
	return false;
}
