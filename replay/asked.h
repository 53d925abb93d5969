/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: who asked what, of late. The kernel answers each request once, and nobody who
 * has not asked.
 */
#ifndef RIG_REPLAY_ASKED_H
#define RIG_REPLAY_ASKED_H

#include "replay/exchange.h"

#define ASKED_REQUESTS 4096 /* so many are remembered, or fewer when two share a place */
#define ASKED_SENDERS  1024
#define ASKED_RUNNING  16

struct asked_request {
	uint32_t pid, seq;
	unsigned long packet; /* 0: none */
	char name[32];	      /* "flow.new" */
};

/* Until which packet a request that wants no answer may still be running. */
struct asked_running {
	uint32_t pid;
	unsigned int touched; /* families whose answers it can change: 1 << index */
	unsigned long until;
	struct timespec since;
};

struct asked {
	struct asked_request requests[ASKED_REQUESTS];
	uint32_t senders[ASKED_SENDERS];
	struct asked_running running[ASKED_RUNNING];
	unsigned int next_running;
};

/* Remembers a request, when its answers have been found. */
void asked_note(struct asked *asked, const struct exchange *exchange);

/* The request of that number. NULL: none is remembered. */
const struct asked_request *asked_find(const struct asked *asked, uint32_t pid, uint32_t seq);

/* Whether anything was asked by that port id of late. */
bool asked_by(const struct asked *asked, uint32_t pid);

/* Whether another request that changes what this one is about may have run while it did. */
bool asked_meanwhile(const struct asked *asked, const struct exchange *exchange);

#endif
