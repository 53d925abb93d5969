/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: what must hold between answers, whatever each of them is. No model is asked, so
 * this finds what the model has wrong as well.
 *
 *	a dump is the union of the gets, and as long as the datapath counts
 *	by ufid alone and by ufid and key, a flow is the same
 *	PROBE changes no answer
 *	get after set returns what was set, and setting that again changes nothing
 *	a list of actions that is accepted is so with less at its end, and with an empty clone
 *	del and new restore the state, and a name by ufid changes neither mask nor actions
 *	what is refused changes nothing
 */
#ifndef RIG_JUDGE_RELATION_H
#define RIG_JUDGE_RELATION_H

struct rig_error;
struct rig_play;

/*
 * Tries them on what a script has left, some of each kind; it is there afterwards as it was before,
 * but for counters. What does not hold is a finding. -1: the link is of no use any more.
 */
int rig_relation_check(struct rig_play *play, struct rig_error *err);

#endif
