/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a window of a trace, in which a request finds its answers. */
#ifndef RIG_REPLAY_QUEUE_H
#define RIG_REPLAY_QUEUE_H

#include "replay/trace.h"
#include "wire/error.h"

/*
 * Messages: an answer is looked for no further from its request, or, of a dump that is under way,
 * from the one before; up to the most that is kept in memory.
 */
#define QUEUE_WINDOW 4096
#define QUEUE_MOST   (1 << 20)

/* A datagram to the kernel, or one message to user space. Only generic netlink. */
struct queue_item {
	unsigned long packet;
	struct timespec time;
	enum rig_direction direction;
	uint8_t *bytes;
	size_t size;
	size_t lost;   /* of the packet; then the end of the last message is missing */
	bool shifted;  /* it began at 4 modulo 8 in its datagram */
	bool answered; /* to user space: it belonged to a request */
	bool gap;      /* before it something is missing: damage, or what the capture dropped */
};

struct queue {
	struct rig_trace *trace;
	struct queue_item *list; /* the head is list[first] */
	size_t first, count, room;
	unsigned long packets;	/* read so far, of all protocols */
	unsigned long messages; /* of generic netlink */
	unsigned long flawed;	/* of them, no netlink packets */
	unsigned long damages;	/* places; the first: */
	struct rig_error damage;
	bool foreign;	 /* some of it is from a machine of the other byte order */
	bool ended, gap; /* gap: something is missing since the last message */
};

/* Reads on until there are so many messages or the trace ends. -1: out of memory. */
int queue_fill(struct queue *queue, size_t wanted, struct rig_error *err);
/* The n-th message from the head; NULL: none. Until the next fill or drop. */
struct queue_item *queue_at(const struct queue *queue, size_t n);
void queue_drop(struct queue *queue);
void queue_free(struct queue *queue);

#endif
