/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connection tracking, as far as one host's packets can bring it: connections of UDP, ICMP and
 * protocols without ports of their own in both directions, the first packets of TCP. What goes
 * further is said to be beyond the model.
 */
#ifndef RIG_MODEL_CONNTRACK_H
#define RIG_MODEL_CONNTRACK_H

#include <stdbool.h>
#include <stdint.h>

struct rig_packet;

/* What makes packets belong together; all bytes count. */
struct rig_tuple {
	uint8_t src[16], dst[16];
	uint8_t src_port[2]; /* ICMP: the id */
	uint8_t dst_port[2]; /* ICMP: type and code */
	uint8_t family;	     /* AF_* */
	uint8_t proto;
};

struct rig_conn {
	struct rig_conn *next; /* in the table */
	unsigned int refs;     /* packets that carry it, and the table */
	unsigned int netns;
	uint16_t zone;
	struct rig_tuple tuple[2]; /* original, reply */
	bool confirmed;		   /* in the table */
	bool dead;		   /* was there */
	bool seen_reply;
	bool counted; /* against the limit of its zone */
	uint32_t mark;
	uint8_t labels[16];
};

struct rig_conn *rig_conn_get(struct rig_conn *conn);
void rig_conn_put(struct rig_conn *conn);

enum rig_tracked {
	RIG_TRACKED_INVALID, /* belongs to no connection */
	RIG_TRACKED_OK,	     /* may begin one, or belong to one */
	RIG_TRACKED_ERROR,  /* an ICMP error: belongs to that of the packet inside, or is invalid */
	RIG_TRACKED_BEYOND, /* cannot be told */
};

/* conntrack_tuple.c: what a tracker makes of the packet, whose network header is IP of `family`. */
enum rig_tracked rig_tuple_read(struct rig_packet *p, uint8_t family, struct rig_tuple *tuple);
/* The same, without its checks. False: there is none. */
bool rig_tuple_unchecked(struct rig_packet *p, uint8_t family, struct rig_tuple *tuple);
/* May the packet, read as above, be a connection's first? */
bool rig_tuple_may_begin(const struct rig_tuple *tuple);
/* That of the other direction. */
struct rig_tuple rig_tuple_inverse(const struct rig_tuple *tuple);

#endif
