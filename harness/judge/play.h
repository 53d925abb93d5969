/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a script in the course of its run. */
#ifndef RIG_JUDGE_PLAY_H
#define RIG_JUDGE_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/scene.h"
#include "model/model.h"

struct rig_link;
struct rig_link_netdev;

#define RIG_PLAY_PLACE_MAX 160 /* of "line 7: flow.new", with what ends it */

struct rig_play {
	struct rig_scene scene;
	struct rig_link *link;
	struct rig_model *model;
	struct rig_answer *answer; /* reused from step to step */
	unsigned int timeout_ms;
	uint32_t seq; /* of the last request */
	bool traffic; /* frames move in this script: ports are watched, and they settle */
	bool late;    /* something never came: from here on, do not wait that long again */
	bool stopped; /* nothing after this step would mean anything */
	bool tainted; /* the model does not know the state any more */
};

/* Opens the socket of every script, $sock. Returns as below. */
int rig_play_begin(struct rig_play *play, const struct rig_script *script, struct rig_error *err);

/*
 * Does one step and judges it. What is not as it has to be becomes a finding. -1 when the link
 * fails in receiving, or memory is out.
 */
int rig_play_step(struct rig_play *play, const struct rig_step *step, struct rig_error *err);

/* What has come since the last step, or is still on its way, was not to come. */
int rig_play_end(struct rig_play *play, struct rig_error *err);

/* ---- for the steps themselves ---- */

/* Sends the step's datagram to the model and to the target, and judges the answers. */
int rig_play_send(struct rig_play *play, const struct rig_step *step, struct rig_error *err);

/*
 * Receives, and judges by the model's answer and by the step's own `->`. place begins each
 * headline; seqs are the numbers of the step's requests, NULL when it sends none.
 */
int rig_play_judge(struct rig_play *play, const struct rig_step *step, const char *place,
		   const uint32_t *seqs, struct rig_error *err);

/* The target could not be given the step: a finding, and the end of the script. Returns 0. */
int rig_play_cannot(struct rig_play *play, const struct rig_step *step,
		    const struct rig_error *why);

/* True when the target would not survive this step: it is not sent, and nothing comes of it. */
bool rig_play_spares(struct rig_play *play);
/* Nothing is expected of a step unless the model is asked. */
void rig_play_expect_nothing(struct rig_play *play);

/* The model needs to know of a netdev what the target says of it. */
void rig_play_tell_netdev(struct rig_play *play, const struct rig_link_netdev *dev);

#endif
