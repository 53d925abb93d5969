/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which attributes a key has: what reading (flow_key.c) and writing (flow_key_put.c) have in
 * common.
 */
#ifndef OVSR_KEY_SHAPE_H
#define OVSR_KEY_SHAPE_H

#include "flow_key.h"

#define OVSR_KEY_FRAME_ATTRS 13

/* What a packet's bytes tell behind the eth_type, in the order in which it is read and written. */
extern const u8 ovsr_key_frame_order[OVSR_KEY_FRAME_ATTRS];

/* The attributes that a key must have for its own values: bit i for OVS_KEY_ATTR i. */
u64 ovsr_key_promised(const struct ovsr_key *key);

/* The attributes that this kernel's conntrack does not have. */
u64 ovsr_key_unsupported(void);

#endif
