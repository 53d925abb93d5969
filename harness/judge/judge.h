/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds what came during a step against what the model says must come. Pure.
 */
#ifndef RIG_JUDGE_JUDGE_H
#define RIG_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/finding.h"
#include "judge/inbox.h"
#include "judge/tally.h"
#include "model/model.h"

/* A value that the kernel chose in this step. */
struct rig_slot {
	int slot;
	uint64_t value;
};

struct rig_judge {
	struct rig_arena *arena; /* for what is needed on the way */
	const struct rig_family_ids *ids;
	struct rig_findings *findings;
	const char *(*socket_name)(void *context, unsigned int socket); /* without '$' */
	const char *(*place)(void *context); /* begins every headline: "line 7: flow.new" */
	void *context;
	struct rig_tally *tally; /* of what is compared; NULL: nobody asks */
	unsigned int waited_ms;	 /* how long was waited for what is missing */
	struct rig_slot *slots;	 /* out: to be told to the model; in the arena */
	size_t n_slots;
	size_t room;
};

/* How many must come at least. */
size_t rig_judge_must(const struct rig_answer *answer);

/* Whether at least as much has come, on every socket and port, as the answer says must. */
bool rig_judge_complete(const struct rig_answer *answer, const struct rig_inbox *inbox);

/*
 * Each expected message or frame must have come, in its order, equal outside its open spans, and
 * nothing else. What is otherwise becomes a finding; what is accounted for is marked so in the
 * inbox. Returns 0, or -1 when out of memory.
 */
int rig_judge_answer(struct rig_judge *judge, const struct rig_answer *answer,
		     struct rig_inbox *inbox);

#endif
