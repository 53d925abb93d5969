/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: what it takes to run a script, as often as one likes. */
#ifndef RIG_JUDGE_RUNNER_H
#define RIG_JUDGE_RUNNER_H

#include "judge/play.h"
#include "judge/run.h"
#include "wire/bytes.h"

struct rig_runner {
	struct rig_link *link;
	const struct rig_link_facts *facts;
	struct rig_run_options options;
	struct rig_model *model;
	struct rig_answer answer;
	struct rig_arena arena;	  /* of the run in hand */
	struct rig_arena arrived; /* of what came last, and of judging it */
	struct rig_inbox inbox;
	struct rig_batch batch;
	unsigned int batch_max;
	enum rig_relating relating;
	struct rig_bytes reason;
	struct rig_bytes detail;
};

/* Forgets the run before, and gives what is needed to play another script. */
void rig_runner_begin(struct rig_runner *runner, struct rig_tally *tally, struct rig_play *play);

/* Whether the target lacks what the script needs; the reason then says what. */
bool rig_runner_lacks(struct rig_runner *runner, const struct rig_script *script);

/* Cleans the target, with a finding for what was left behind; begin must have been called. */
int rig_runner_end(struct rig_runner *runner, struct rig_play *play, struct rig_error *err);

#endif
