/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a datagram to the kernel and what answers it in a trace. */
#ifndef RIG_REPLAY_EXCHANGE_H
#define RIG_REPLAY_EXCHANGE_H

#include "replay/queue.h"
#include "wire/codec.h"

struct exchange_answer {
	const struct queue_item *item;
	const struct rig_message *message;
	bool beside; /* not judged, as what it answers is beyond the model */
};

struct exchange {
	const struct queue_item *request;
	const struct rig_message *messages; /* of the datagram */
	uint32_t pid;			    /* of the sender; 0: nothing tells */
	struct exchange_answer *answers;    /* in order */
	size_t n_answers, room;
	size_t left;		   /* messages of the datagram that have no end yet */
	unsigned int flags;	   /* RIG_MODEL_*: what the answers say of the sender's socket */
	bool returned;		   /* the sender spoke again, so all but dumps was answered */
	unsigned long returned_at; /* by then: a packet */
	bool dumped_again;	   /* and another of its dumps was begun, so the first has ended */
	bool overlaps;		   /* another request that changes something ran meanwhile */
	bool lost;		   /* not all of it was captured */
};

/*
 * Takes the request at the queue's head, and marks its answers in the queue, which is filled on as
 * far as a dump needs. The trees are the arena's. -1: out of memory.
 */
int exchange_take(struct exchange *exchange, struct queue *queue, const struct rig_family_ids *ids,
		  struct rig_arena *arena);

/* The answer that is an NLMSG_ERROR or, of a dump, an NLMSG_DONE to this number. NULL: none. */
const struct rig_message *exchange_end(const struct exchange *exchange, uint32_t seq);

#endif
