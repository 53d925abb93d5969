/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: how many heard of each change. A trace does not show who joins a group, but the
 * members are as many for one change as for those before and after it; where a single one differs,
 * a notification is missing, or came twice, or a member came, went, or had no room for it.
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
	unsigned int members, times; /* so many heard, so many times one after the other */
	unsigned long odd_packet;    /* 0, or the last one, which had another number: */
	unsigned int odd_members;
	char odd_name[32];
};

struct hearers {
	struct hearers_kind kinds[HEARERS_KINDS];
};

/*
 * Notes a change and how many heard of it, beside its sender. True when they say that the one
 * before was odd: that kind is in *odd, with what it had.
 */
bool hearers_note(struct hearers *hearers, const struct exchange *exchange,
		  const struct rig_message *change, unsigned int members, struct hearers_kind *odd);

/* Something is missing in the trace: a number that differs means nothing. */
void hearers_forget(struct hearers *hearers);

#endif
