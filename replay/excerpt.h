/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace in memory, of which parts can be taken away: a request together with its answers, or what
 * came unasked.
 */
#ifndef RIG_REPLAY_EXCERPT_H
#define RIG_REPLAY_EXCERPT_H

#include "replay/judge.h"
#include "wire/arena.h"
#include "wire/error.h"

struct rig_excerpt_unit {
	struct rig_excerpt_unit *next; /* first: a list that rig_shrink_list() can shrink */
	size_t *packets;	       /* which of the excerpt's */
	size_t n_packets;
};

/* Something that is wrong with the trace; packets count from 1. */
struct rig_excerpt_fault {
	unsigned long packet;
	const char *kind; /* the headline without the packet */
};

struct rig_excerpt {
	struct rig_arena arena;
	struct rig_record *packets; /* all of the trace */
	bool *kept;		    /* which of them the units have now */
	size_t n_packets, room;
	struct rig_excerpt_unit *units; /* in order; to be shrunk */
	struct rig_excerpt_fault *faults;
	size_t n_faults, room_faults;
	struct rig_trace_options options; /* but for the families, which each part tells anew */
	struct rig_trace_families given;
	unsigned long damaged;	 /* places that could not be read */
	struct rig_error damage; /* the first of them */
	int file;		 /* of the part in hand, in memory */
};

/**
 * rig_excerpt_read() - all of a trace, and what is wrong with it. Of the options the watch is not
 * used, and of the families what the user has given. To be freed in any case.
 */
int rig_excerpt_read(struct rig_excerpt *excerpt, const char *path,
		     const struct rig_trace_options *options, struct rig_error *err);
void rig_excerpt_free(struct rig_excerpt *excerpt);

/** rig_excerpt_request() - the packet of the request that this one answers; else the packet. */
unsigned long rig_excerpt_request(const struct rig_excerpt *excerpt, unsigned long packet);

/** rig_excerpt_write() - what is left of it. */
int rig_excerpt_write(struct rig_excerpt *excerpt, const char *path, struct rig_error *err);

#define RIG_EXCERPT_PATH 32

/** rig_excerpt_keep() - the same in memory, with all that is known of gaps, and its path. */
int rig_excerpt_keep(struct rig_excerpt *excerpt, char path[RIG_EXCERPT_PATH],
		     struct rig_error *err);

/**
 * rig_excerpt_shows() - whether what is left still has that fault, and none that the whole had not.
 * What cannot be judged shows nothing.
 */
bool rig_excerpt_shows(struct rig_excerpt *excerpt, const struct rig_excerpt_fault *fault);

/** rig_excerpt_count() - packets that are left. */
size_t rig_excerpt_count(const struct rig_excerpt *excerpt);

#endif
