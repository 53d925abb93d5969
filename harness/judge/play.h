/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a script in the course of its run. */
#ifndef RIG_JUDGE_PLAY_H
#define RIG_JUDGE_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/resident.h"
#include "judge/scene.h"
#include "judge/tally.h"
#include "link/link.h"
#include "model/model.h"
#include "wire/bytes.h"

#define RIG_PLAY_PLACE_MAX 160 /* of "line 7: flow.new", with what ends it */
#define RIG_PLAY_BATCH_MAX 64

/* A datagram of one step: bytes that the model has answered and the target has yet to get. */
struct rig_datagram {
	const struct rig_step *step;
	const struct rig_scene_socket *socket;
	struct rig_message *messages; /* as sent but for their symbols */
	uint32_t *seqs;		      /* the number of each request */
	unsigned int count;
	struct rig_bytes bytes;
	struct rig_answer answer;
	int outcome; /* of sending it, says the model: 0 or a negative errno */
};

/*
 * Datagrams that are sent one after the other before anybody looks at what comes: that saves most
 * of the system calls. Zeros are an empty one; its memory is used again by the next.
 */
struct rig_batch {
	struct rig_datagram list[RIG_PLAY_BATCH_MAX];
	unsigned int count;
	struct rig_expected *expected; /* of all of them, one behind the other */
	size_t room;
};

void rig_batch_free(struct rig_batch *batch);

struct rig_play {
	struct rig_scene scene;
	struct rig_link *link;
	struct rig_model *model;
	struct rig_batch *batch;
	unsigned int batch_max;	     /* how many datagrams go together */
	struct rig_answer *answer;   /* of a step that sends nothing; reused from step to step */
	const struct rig_step *step; /* in hand; NULL: the script has ended */
	struct rig_tally *tally;
	unsigned int timeout_ms;
	uint32_t seq;	     /* of the last request */
	bool first_only;     /* the script ends at the first difference */
	bool traffic;	     /* frames move in this script: ports are watched, and they settle */
	bool late;	     /* something never came: from here on, do not wait that long again */
	bool stopped;	     /* nothing after this step would mean anything */
	bool tainted;	     /* the model does not know the state any more */
	unsigned int spared; /* datagrams and frames that were not sent: see rig_play_spares() */
	/* Called when the model has answered a datagram. NULL: nobody listens. */
	void (*heard)(void *context, const struct rig_heard *heard);
	void *heard_context;
	char place[RIG_PLAY_PLACE_MAX];
};

struct rig_script;

/* Whether frames move in it, so that ports have to be watched. */
bool rig_play_moves_frames(const struct rig_script *script);

/* Opens the socket of every script, $sock. Returns as below. */
int rig_play_begin(struct rig_play *play, const struct rig_script *script, struct rig_error *err);

/*
 * Does one step and judges it; a step that sends may be kept until more have come together. What is
 * not as it has to be becomes a finding. -1 when the link fails in receiving, or memory is out.
 */
int rig_play_step(struct rig_play *play, const struct rig_step *step, struct rig_error *err);

/* Sends what was kept. What has come besides, or is still on its way, was not to come. */
int rig_play_end(struct rig_play *play, struct rig_error *err);

/* ---- for the steps themselves ---- */

/* Has the model answer the step's datagram, and sends it to the target, now or later. */
int rig_play_send(struct rig_play *play, const struct rig_step *step, struct rig_error *err);

/* Sends all that is kept, and judges the answers. */
int rig_batch_play(struct rig_play *play, struct rig_error *err);

/*
 * Receives what the answer says must come, and judges it. Then the step's own `->`, unless it is
 * NULL; seqs are the numbers of its requests, NULL when it sends none.
 */
int rig_play_judge(struct rig_play *play, const struct rig_answer *answer,
		   const struct rig_step *step, const uint32_t *seqs, struct rig_error *err);

/* The target could not be given the step: a finding, and the end of the script. Returns 0. */
int rig_play_cannot(struct rig_play *play, const struct rig_step *step,
		    const struct rig_error *why);

/* True when the target would not survive this: it is not sent, and nothing comes of it. */
bool rig_play_spares(struct rig_play *play, struct rig_answer *answer);

/* The model needs to know of a netdev what the target says of it. */
void rig_play_tell_netdev(struct rig_play *play, const struct rig_link_netdev *dev);

/* ---- datagram.c ---- */

/* Numbers the step's requests and encodes them. -1 with a reason: the target cannot be given it. */
int rig_datagram_encode(struct rig_play *play, const struct rig_step *step,
			struct rig_datagram *datagram, struct rig_error *why);

/* The same, and has the model answer. */
int rig_datagram_make(struct rig_play *play, const struct rig_step *step,
		      struct rig_datagram *datagram, struct rig_error *why);

/* Whether it asks for a netdev. */
bool rig_datagram_makes_netdev(const struct rig_datagram *datagram);

/*
 * An internal port's netdev is the target's own: takes each that was made up, watches it, tells the
 * model of it. -1 with a reason.
 */
int rig_datagram_watch(struct rig_play *play, const struct rig_datagram *datagram,
		       struct rig_error *why);

#endif
