/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: network devices. A trace of generic netlink does not show them come and go, but
 * what happens to ports tells.
 */
#ifndef RIG_REPLAY_NETDEVS_H
#define RIG_REPLAY_NETDEVS_H

#include "replay/exchange.h"
#include "replay/knowledge.h"

/*
 * Before the model is asked: tells it of the device that became a port, and of those ports whose
 * device must have gone. Returns how many went, or -1 when out of memory.
 */
int netdevs_follow(struct knowledge *known, const struct exchange *exchange,
		   struct rig_arena *arena);

#endif
