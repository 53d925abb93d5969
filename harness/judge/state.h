/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: what is there, as its own dumps tell it. */
#ifndef RIG_JUDGE_STATE_H
#define RIG_JUDGE_STATE_H

struct rig_arena;
struct rig_bytes;
struct rig_error;
struct rig_family_ids;
struct rig_message;
struct rig_play;

/*
 * Appends a text of all that the target's families show in each network namespace of the script, a
 * line each, and of the first one's netdevs. Left out is what may differ between two equal states:
 * counters, times, ifindexes, order. Whatever else comes meanwhile is taken and forgotten.
 */
int rig_state_take(struct rig_play *play, struct rig_bytes *text, struct rig_error *err);

/*
 * A message of such a dump, or the answer to a GET, as its line. What is left out is taken off the
 * message. NULL: out of memory.
 */
const char *rig_state_line(struct rig_arena *arena, const struct rig_family_ids *ids,
			   struct rig_message *message);

#endif
