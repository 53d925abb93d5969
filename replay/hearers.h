/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: how many heard of each change. A trace does not show who joins a group, but the
 * members are as many for one change as for those before and after it; where a single one differs,
 * a notification is missing, or came twice.
 */
#ifndef RIG_REPLAY_HEARERS_H
#define RIG_REPLAY_HEARERS_H

#include <stdbool.h>

#include "replay/exchange.h"

#define HEARERS_KINDS 256

/* Changes of one family by one sender, which itself may be a member, with or without echo. */
struct hearers_kind {
	unsigned int family, flags;
	uint32_t pid;
	unsigned int copies, times; /* so many, so many times one after the other */
	unsigned long odd_packet;   /* 0, or the last one, which had another number: */
	unsigned int odd_copies;
	char odd_name[32];
};

struct hearers {
	struct hearers_kind kinds[HEARERS_KINDS];
};

/*
 * Notes a change and its copies. True when they say that the odd one before was wrong: that kind
 * is in *wrong, with what it had, until the next call.
 */
bool hearers_note(struct hearers *hearers, const struct exchange *exchange,
		  const struct rig_message *change, unsigned int copies,
		  struct hearers_kind *wrong);

/* Something is missing in the trace: a number that differs means nothing. */
void hearers_forget(struct hearers *hearers);

#endif
