/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside a capture: questions that change nothing, so that their answers are part of the trace and
 * it tells of itself what was there when it began.
 */
#ifndef RIG_REPLAY_CENSUS_H
#define RIG_REPLAY_CENSUS_H

#include <stdint.h>

/*
 * Asks for the ids of OVS's families, then for all datapaths, their ports and their flows, of this
 * network namespace. What the kernel has not got, it need not answer for. Returns the port id that
 * asked.
 */
uint32_t rig_census_take(void);

#endif
