/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/asked.h"

#include <limits.h>
#include <linux/netlink.h>
#include <stdio.h>

#include "judge/inbox.h"

#define LONGEST 10 /* seconds that a request runs, though its sender be silent afterwards */

static unsigned int place_of(uint32_t pid, uint32_t seq)
{
	return (pid * 2654435761u + seq * 40503u) % ASKED_REQUESTS;
}

static bool changes(const struct rig_message *message)
{
	for (; message; message = message->next)
		if (message->command && message->command->privileged &&
		    message->family->index != RIG_PACKET)
			return true;
	return false;
}

/*
 * A capture shows a request when it is sent, before it is obeyed. That it is over is told by its
 * last answer or, when it wants none, by its sender's going on.
 */
static void note_running(struct asked *asked, const struct exchange *exchange)
{
	unsigned int i = asked->next_running++ % ASKED_RUNNING;
	unsigned long until = exchange->returned ? exchange->returned_at : ULONG_MAX;

	if (exchange->n_answers)
		until = exchange->answers[exchange->n_answers - 1].item->packet;

	asked->running[i].pid = exchange->pid;
	asked->running[i].until = until;
	asked->running[i].since = exchange->request->time;
}

void asked_note(struct asked *asked, const struct exchange *exchange)
{
	struct rig_bytes name = {};

	if (changes(exchange->messages))
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

bool asked_meanwhile(const struct asked *asked, const struct exchange *exchange)
{
	const struct timespec now = exchange->request->time;

	for (unsigned int i = 0; i < ASKED_RUNNING; i++)
		if (asked->running[i].until > exchange->request->packet &&
		    asked->running[i].pid != exchange->pid &&
		    now.tv_sec - asked->running[i].since.tv_sec <= LONGEST)
			return true;
	return false;
}
