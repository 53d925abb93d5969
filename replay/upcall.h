/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: upcalls. A trace does not show the frames that cause them, but an upcall holds
 * its packet, and of a packet that no flow took the key follows: a datapath of the model's own,
 * with no flows and with every port, receives it again.
 */
#ifndef RIG_REPLAY_UPCALL_H
#define RIG_REPLAY_UPCALL_H

#include "model/model.h"
#include "wire/codec.h"

struct upcalls {
	struct rig_model *model;
	const struct rig_family_ids *ids;
	struct rig_answer answer;
	bool begun;
	uint8_t ports[65536 / 8]; /* bits */
};

enum upcall_verdict {
	UPCALL_RIGHT,
	UPCALL_WRONG, /* *wanted is the key that it should have, or NULL: none is expected */
	UPCALL_UNJUDGED,
};

/* Judges a packet.miss or packet.action. Why it cannot be, a few words, is in *why. */
enum upcall_verdict upcall_judge(struct upcalls *upcalls, struct rig_arena *arena,
				 const struct rig_message *message, const struct rig_node **wanted,
				 const char **why);

void upcalls_free(struct upcalls *upcalls);

#endif
