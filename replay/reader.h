/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a trace that is read, and its two formats. */
#ifndef RIG_REPLAY_READER_H
#define RIG_REPLAY_READER_H

#include "replay/input.h"
#include "replay/pcapng.h"
#include "replay/trace.h"

#define READER_INTERFACES 64
#define READER_BEGINS	  64   /* bytes that tell whether a packet or block begins */
#define READER_STRIDE	  4096 /* bytes among which one is looked for */
#define RIG_CTRL_ID	  16   /* GENL_ID_CTRL */

struct reader_interface {
	bool netlink;
	uint64_t units;	  /* of time, in a second */
	uint64_t dropped; /* packets, as its statistics last said */
};

struct rig_trace {
	char *name;
	struct input *input;
	bool pcapng;
	bool turned;		      /* the file is of the other byte order */
	bool astray;		      /* the next packet must be looked for */
	bool failed;		      /* there is nothing more, and that has been said */
	bool restarted;		      /* another capture has begun since the packet before */
	size_t taking;		      /* bytes of the packet in hand: behind it is the next one */
	unsigned long count;	      /* packets so far */
	unsigned long dropped;	      /* since the packet before */
	unsigned long dropped_before; /* before it */
	uint32_t fraction_ns;	      /* pcap: the unit of the fraction of a second */
	struct reader_interface interfaces[READER_INTERFACES]; /* pcapng, of this section */
	unsigned int n_interfaces;
	const struct rig_family_ids *ids; /* NULL: not known */
	uint8_t *turned_bytes;		  /* the datagram, turned round */
};

uint32_t reader_u32(const struct rig_trace *trace, const uint8_t *at);
uint16_t reader_u16(const struct rig_trace *trace, const uint8_t *at);

/* -1, with a message that names the place; from here on the reader is astray. */
int reader_damaged(struct rig_trace *trace, const char *what, struct rig_error *err);

/* -1: it is not netlink's. */
int reader_link_type(const struct rig_trace *trace, unsigned int type, struct rig_error *err);

/* To the first interface, whose link type is checked. */
int reader_pcapng_begin(struct rig_trace *trace, struct rig_error *err);

/* As rig_trace_next(); the packet's bytes are still to be taken: trace->taking. */
int reader_pcapng_next(struct rig_trace *trace, struct rig_record *record, struct rig_error *err);

/* Whether a block can begin with these bytes, by its type and length alone (8 bytes). */
bool reader_pcapng_may_begin(const struct rig_trace *trace, const uint8_t *at);

/* Whether one does begin with them, which are the input's next. */
bool reader_pcapng_begins(struct rig_trace *trace, const uint8_t *at, size_t there);

#endif
