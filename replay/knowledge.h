/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: how much of the captured kernel's state is known to the model, and how the
 * model learns of what was there before the trace: by requests that would have made it.
 */
#ifndef RIG_REPLAY_KNOWLEDGE_H
#define RIG_REPLAY_KNOWLEDGE_H

#include <net/if.h>
#include <stdbool.h>

#include "model/model.h"
#include "replay/exchange.h"
#include "wire/codec.h"

#define KNOWN_DATAPATHS 64

/* The model's sockets: who sends the request in hand, who hears all groups, who teaches. */
enum {
	SOCK_SENDER,
	SOCK_LISTENER,
	SOCK_TEACHER,
};

struct rig_trace_watch;

struct known_dp {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	bool itself;		   /* its features and the like */
	bool ports, flows, meters; /* all that it has is known */
	bool masks;		   /* those of the flows are as the flows' makers had them */
};

struct knowledge {
	struct rig_model *model;
	struct rig_answer answer;
	const struct rig_family_ids *ids;
	const struct rig_trace_watch *watch; /* NULL: nobody */
	bool failed;			     /* the watch: out of memory */
	struct known_dp dps[KNOWN_DATAPATHS];
	unsigned int n_dps;
	bool all;     /* there are no other datapaths */
	bool aligned; /* 64-bit values are, by padding: the kernel was built so */
};

/* Why the answer to this request cannot be told; NULL: it can. */
const char *knowledge_gap(const struct knowledge *known, const struct rig_message *request);

/* COUNTERS_*: which numbers of the datapath that the message speaks of can be judged. */
unsigned int knowledge_of_counters(const struct knowledge *known,
				   const struct rig_message *message);

/* The answers were as expected: what the request did is known as well. */
void knowledge_follow(struct knowledge *known, const struct rig_message *request,
		      const struct rig_message *reply);

/* The answers were not as expected, so nobody knows what the request did. */
void knowledge_doubt(struct knowledge *known, const struct rig_message *request);

/* Something is missing in the trace: whatever was known may have changed. */
void knowledge_doubt_all(struct knowledge *known);

/*
 * A dump has ended in order, of what was not all known: what the model has and the dump does not
 * tell of is not there. -1: out of memory.
 */
int knowledge_forget(struct knowledge *known, const struct exchange *exchange,
		     struct rig_arena *arena);

/*
 * Tells the model what an answer or notification says was there and is not known. Whether the
 * model now has all that the message is about.
 */
bool knowledge_learn(struct knowledge *known, const struct rig_message *message);

/* Asks the model for the ports that a request is about; its answer is in known->answer. */
bool knowledge_ask_ports(struct knowledge *known, const struct rig_message *request);

/* The device is not there any more; what the model expects of that is in the answer. */
int knowledge_netdev_gone(struct knowledge *known, const char *name, struct rig_answer *answer);

/* A dump has ended in order: that is all there is. */
void knowledge_complete(struct knowledge *known, const struct rig_message *request);

#endif
