/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feedback beyond edges: what the model answers, and what there is then, in a part of the map.
 */
#ifndef RIG_FUZZ_STATE_H
#define RIG_FUZZ_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

struct rig_heard;

/* Zeros to begin with. */
struct rig_state_map {
	uint32_t before; /* what was answered last: to which command, and how */
};

/* A request has been answered: which, how, and what came before it. */
void rig_state_heard(struct rig_state_map *state, uint8_t *map, const struct rig_heard *heard);

/* A script has ended; how much of what there is. */
void rig_state_ended(struct rig_state_map *state, uint8_t *map, const struct rig_object *objects,
		     size_t count);

#endif
