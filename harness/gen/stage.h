/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stage: what a fuzzer's script finds when it begins. It is made once and stays, for making it
 * takes longer than most scripts do.
 */
#ifndef RIG_GEN_STAGE_H
#define RIG_GEN_STAGE_H

#include "wire/bytes.h"

struct rig_world;

enum { RIG_STAGE_SOCKETS = 4, RIG_STAGE_PORTS = 4 };

extern const char *const rig_stage_socket[RIG_STAGE_SOCKETS]; /* without '$'; the first is $sock */
extern const char *const rig_stage_port[RIG_STAGE_PORTS];     /* that frames can be put on */

/** rig_stage_print() - append the script that makes the stage; a step a line. */
void rig_stage_print(struct rig_bytes *text);

/** rig_stage_world() - the same, as the generator knows it. */
void rig_stage_world(struct rig_world *world);

#endif
