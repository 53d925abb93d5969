/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: what can be said of an answer when the kernel's state is not known. Most of an
 * error is fixed by its request, and only some errnos depend on what there is.
 */
#ifndef RIG_REPLAY_POSSIBLE_H
#define RIG_REPLAY_POSSIBLE_H

#include "replay/exchange.h"

/* Whether some state lets the kernel answer the request with this NLMSG_ERROR. */
bool possible_error(const struct exchange *exchange, const struct exchange_answer *answer);

/* Whether a kernel sends bytes like these, whatever there is: its lengths fit, nothing is left. */
bool possible_reply(const struct rig_message *message);

#endif
