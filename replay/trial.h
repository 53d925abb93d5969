/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a trace being judged. */
#ifndef RIG_REPLAY_TRIAL_H
#define RIG_REPLAY_TRIAL_H

#include "judge/inbox.h"
#include "judge/judge.h"
#include "replay/asked.h"
#include "replay/exchange.h"
#include "replay/hearers.h"
#include "replay/judge.h"
#include "replay/knowledge.h"
#include "replay/upcall.h"

struct trial {
	const struct rig_trace_options *options;
	const struct rig_family_ids *ids;
	struct rig_trace_verdict *verdict;
	rig_trace_report *report;
	void *context;
	struct queue queue;
	struct knowledge known; /* and the model */
	struct rig_answer answer;
	struct rig_arena arena; /* of the request in hand */
	struct rig_inbox inbox;
	struct exchange exchange;
	struct asked asked;
	struct hearers hearers;
	struct upcalls upcalls;
	bool gap; /* something is missing in the trace so far */
	char place[64];
	char sender[16];
};

/* held.c: the model's answer, which is in hand, against what came. -1: out of memory. */
int trial_compare(struct trial *t, struct rig_findings *findings);
bool trial_is_control(const struct rig_message *message);
/* How many heard of that message of the request, if the model says that others do; else 0. */
unsigned int trial_copies(const struct trial *t, uint32_t seq);

/* verdict.c: what follows from the findings. Why: it could not be judged; NULL: it was. */
int trial_conclude(struct trial *t, struct rig_findings *findings, const char **why);
void trial_count_unjudged(struct trial *t, const char *why, unsigned long packet);
void trial_report(struct trial *t, const struct rig_findings *findings, unsigned long packet);

/* event.c: a message to user space that answers no request in the trace. */
int trial_judge_event(struct trial *t, const struct queue_item *item);

#endif
