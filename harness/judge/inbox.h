/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What came during one step, taken apart into single messages, in order of arrival.
 */
#ifndef RIG_JUDGE_INBOX_H
#define RIG_JUDGE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig_arena;
struct rig_bytes;
struct rig_event;
struct rig_expected;
struct rig_family_ids;
struct rig_message;
struct rig_node;

enum rig_arrival_kind {
	RIG_ARRIVAL_MESSAGE,
	RIG_ARRIVAL_RAW,     /* bytes of a datagram that are no message */
	RIG_ARRIVAL_OVERRUN, /* the socket lost messages here */
	RIG_ARRIVAL_FRAME,
};

struct rig_arrival {
	enum rig_arrival_kind kind;
	unsigned int socket; /* its handle; of all kinds but FRAME */
	const char *port;    /* FRAME */
	const uint8_t *bytes;
	size_t size;
	bool shifted;			   /* MESSAGE: it began at 4 modulo 8 in its datagram */
	const struct rig_message *message; /* MESSAGE and RAW, once the inbox is decoded */
	bool expected;			   /* the model accounts for it */
	bool wanted;			   /* a `->` accounts for it */
};

/* Zeros, an arena and ids make an empty one. */
struct rig_inbox {
	struct rig_arena *arena;
	const struct rig_family_ids *ids;
	struct rig_arrival *list;
	size_t count;
	size_t room;
};

/* Takes in a copy of what a link reported. -1 when out of memory. */
int rig_inbox_add(struct rig_inbox *inbox, const struct rig_event *event);

/* Most of what comes is as expected, and nobody reads it: decodes what is not yet. As above. */
int rig_inbox_decode(struct rig_inbox *inbox);

/* Forgets all arrivals; their memory is the arena's. */
void rig_inbox_empty(struct rig_inbox *inbox);
void rig_inbox_free(struct rig_inbox *inbox);

/* Whether both are of the same socket or port. */
bool rig_arrival_is_where(const struct rig_arrival *arrival, const struct rig_expected *expected);

/* As rig_message_errno(), of one that need not be decoded; and the number of its request. */
int rig_arrival_errno(const struct rig_arrival *arrival);
uint32_t rig_arrival_seq(const struct rig_arrival *arrival);

/*
 * A few words for a message or frame: "ok", "error EINVAL", "done", "flow.new", "frame". Bytes of
 * size below a header are "raw bytes".
 */
void rig_message_summary(const struct rig_message *message, struct rig_bytes *text);
void rig_arrival_summary(const struct rig_arrival *arrival, struct rig_bytes *text);

/* The errno of an NLMSG_ERROR or NLMSG_DONE, positive; 0: success; -1: it is neither. */
int rig_message_errno(const struct rig_message *message);

/* The first attribute of that number at message level that is no nest. NULL: there is none. */
const struct rig_node *rig_message_leaf(const struct rig_message *message, unsigned int number);

#endif
