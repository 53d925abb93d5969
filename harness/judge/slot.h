/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values that the kernel chooses: open until they first appear in an answer, the same ever after.
 */
#ifndef RIG_JUDGE_SLOT_H
#define RIG_JUDGE_SLOT_H

#include "judge/judge.h"

/* Of two forms that depend on where in its datagram a message stands, that for this place. */
const struct rig_expected *rig_expected_form(const struct rig_expected *expected,
					     const struct rig_arrival *arrival);

/* Has the arrival the values that are known already? Within one answer, too, they are fixed. */
bool rig_slots_agree(const struct rig_judge *judge, const struct rig_expected *expected,
		     const struct rig_arrival *arrival);

/* Takes from the arrival the values that were not known. 0, or -1 without memory. */
int rig_slots_learn(struct rig_judge *judge, const struct rig_expected *expected,
		    const struct rig_arrival *arrival);

#endif
