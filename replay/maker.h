/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a script in the making, and what it has brought into being so far. */
#ifndef RIG_REPLAY_MAKER_H
#define RIG_REPLAY_MAKER_H

#include "replay/script.h"

struct maker_socket {
	struct maker_socket *next;
	uint32_t pid; /* in the trace */
	bool unprivileged;
	const char *name;
};

struct maker_netdev {
	struct maker_netdev *next;
	const char *name;
	bool gone;
};

/* A datapath: its ifindex in the trace, and the symbol that stands for it. */
struct maker_dp {
	struct maker_dp *next;
	uint32_t ifindex;
	const char *symbol;
	bool bound; /* an answer of the script names it */
};

/* A datapath that was made without an answer that names it. */
struct maker_nameless {
	struct maker_nameless *next;
	const char *name;
	struct rig_step *step; /* that made it */
};

struct maker {
	struct rig_trace_script *made;
	struct rig_arena *arena;
	const struct rig_family_ids *ids;
	struct rig_step **tail;
	struct maker_socket *sockets;
	struct maker_netdev *netdevs;
	struct maker_dp *dps;
	struct maker_nameless *nameless;
};

/* All of these return NULL or -1 when out of memory. */

const char *maker_say(struct maker *maker, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct rig_trace_step *maker_step(struct maker *maker, enum rig_step_kind kind, const char *text);
int maker_want(struct maker *maker, struct rig_step *step, unsigned int request,
	       const char *symbol);

/* The socket that speaks for that port id; a step opens it when it is new. */
const struct maker_socket *maker_socket(struct maker *maker, uint32_t pid, bool unprivileged);

/* The device is there from here on, or is not. */
int maker_netdev(struct maker *maker, const char *name);
int maker_netdev_gone(struct maker *maker, const char *name);

struct maker_dp *maker_dp(struct maker *maker, uint32_t ifindex);

/* What differs from run to run gets a symbol; header numbers that do are left to the sender. */
int maker_symbolise(struct maker *maker, struct rig_message *message);

/* Takes the symbols away again that nothing in the script binds, and closes idle sockets. */
int maker_finish(struct maker *maker);

#endif
