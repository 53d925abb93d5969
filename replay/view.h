/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace for people to read: one line a message, replies paired with their requests. Pure.
 */
#ifndef RIG_REPLAY_VIEW_H
#define RIG_REPLAY_VIEW_H

#include <stdbool.h>

#include "replay/trace.h"
#include "wire/codec.h"

#define RIG_VIEW_PENDING 1024 /* so many requests back can a reply find its own */

/* A request that replies may still come to. */
struct rig_view_request {
	unsigned long packet; /* 0: none */
	uint32_t pid, seq;
	struct timespec time;
	char name[40]; /* "flow.new" */
};

/* Zeros, ids and wishes make a new one; give the arena back at the end. */
struct rig_view {
	const struct rig_family_ids *ids;
	bool json; /* lines of JSON instead of text */
	struct rig_arena arena;
	bool begun;
	struct timespec first;
	struct rig_view_request pending[RIG_VIEW_PENDING];
	unsigned int next; /* to be overwritten */
};

/** rig_view_record() - appends a line for each message of the packet. -1: out of memory. */
int rig_view_record(struct rig_view *view, const struct rig_record *record, struct rig_bytes *text);

/** rig_protocol_name() - "generic" for NETLINK_GENERIC. NULL: no name known. */
const char *rig_protocol_name(unsigned int protocol);

#endif
