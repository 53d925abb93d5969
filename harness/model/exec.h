/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets through the datapath: lookup, actions, upcalls. */
#ifndef RIG_MODEL_EXEC_H
#define RIG_MODEL_EXEC_H

#include "packet.h"
#include "state.h"

#define RIG_DEFERRED_MAX 9

/* The key that goes along with a packet. */
struct rig_live_key {
	struct rig_key key;
	unsigned int open; /* RIG_KEY_*_OPEN, RIG_KEY_UNCLEARED */
};

/*
 * What the kernel shows of a received packet without having filled it in: nd of a neighbour
 * discovery with a code other than 0, and the rest of an IPv6 header that is cut off.
 */
unsigned int rig_exec_undefined(const struct rig_packet *p, const struct rig_key *key);

struct rig_deferred {
	struct rig_packet *packet;
	struct rig_live_key key;
	const uint8_t *actions; /* NULL: look the packet up */
	size_t len;
	uint16_t eth_type_be;
	bool optional;
};

/* All that one packet sets going. */
struct rig_exec {
	struct rig_model *m;
	struct rig_answer *out;
	struct rig_datapath *dp;
	struct rig_port *input;
	unsigned int level;	    /* of recursion */
	uint16_t eth_type_be;	    /* for which the actions in hand were validated */
	bool optional;		    /* chance has decided whether we come here */
	int by_chance[RIG_CHANCES]; /* errnos with which chance may have ended it before */
	struct rig_deferred deferred[RIG_DEFERRED_MAX];
	unsigned int n_deferred, done_deferred;
};

/* Look the packet up, run the flow's actions or tell userspace. Consumes the packet. */
void rig_exec_packet(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key);
/* Run a list of actions, outermost level. Consumes the packet. 0 or a negative errno. */
int rig_exec_actions(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
		     const struct rig_actions *actions);
/* exec_set.c: one set or set_masked. */
int rig_exec_set(struct rig_packet *p, struct rig_key *key, const struct nlattr *field,
		 bool masked);

/* Out of a port that can take it; the packet's tag goes into its bytes. */
void rig_exec_send(struct rig_exec *x, struct rig_packet **p, const struct rig_key *key,
		   struct rig_port *port);
/* exec_fragment.c: out of a port in pieces of the packet's mru. */
void rig_exec_fragment(struct rig_exec *x, const struct rig_packet *p, const struct rig_key *key,
		       struct rig_port *port);
/* exec_headers.c: an action that changes headers; any other does nothing. 0 or a negative errno. */
int rig_exec_headers(struct rig_packet **p, struct rig_key *key, const struct nlattr *a);

/* conntrack.c: the ct action. 0 or a negative errno; on an error the packet is still there. */
int rig_exec_ct(struct rig_exec *x, struct rig_packet *p, struct rig_key *key,
		const struct nlattr *a);
/* The packet belongs to no connection any more. */
void rig_packet_untrack(struct rig_packet *p);

/* upcall.c */
struct rig_upcall {
	uint8_t command;
	uint32_t portid; /* of an ACTION upcall */
	const struct nlattr *userdata;
	const uint8_t *actions; /* NULL = none */
	size_t actions_len;
	uint32_t cut;
};

void rig_upcall_send(struct rig_exec *x, struct rig_packet *p, const struct rig_live_key *key,
		     const struct rig_upcall *u);

#endif
