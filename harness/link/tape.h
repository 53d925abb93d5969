/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link that passes everything on to another, and keeps what was done through it, so that the very
 * same can be done again: without a judge, to see what the judging costs.
 */
#ifndef RIG_LINK_TAPE_H
#define RIG_LINK_TAPE_H

#include "link/link.h"
#include "wire/arena.h"

enum rig_tape_kind {
	RIG_TAPE_SOCKET, /* with its group, if it joined one: handle, value */
	RIG_TAPE_JOIN,	 /* handle, value: the group */
	RIG_TAPE_NETDEV, /* name, value: the MTU; handle: its ifindex */
	RIG_TAPE_WATCH,	 /* name */
	RIG_TAPE_FRAME,	 /* name, data */
	RIG_TAPE_SEND,	 /* handle, data; value: how many datagrams came back on that socket */
	RIG_TAPE_CLEAN,
};

struct rig_tape_entry {
	struct rig_tape_entry *next;
	enum rig_tape_kind kind;
	int handle;
	bool unprivileged; /* SOCKET */
	uint32_t value;
	const char *name;
	const void *data;
	size_t len;
};

struct rig_tape {
	struct rig_arena arena;
	struct rig_tape_entry *first, *last;
};

/* A link of its own: closing it leaves the inner one open. The tape is the caller's. */
struct rig_link *rig_link_open_tape(struct rig_link *inner, struct rig_tape *tape,
				    struct rig_error *err);

#endif
