/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace in several files, the newest of which are kept: for captures that go on for days.
 */
#ifndef RIG_REPLAY_RING_H
#define RIG_REPLAY_RING_H

#include "replay/trace.h"

struct rig_ring {
	const char *path;    /* "trace.pcapng": its files are trace.1.pcapng, trace.2.pcapng ... */
	unsigned int files;  /* that are kept; 0: one, without end, named as the path */
	unsigned long limit; /* bytes of a file, about, besides those that do not count */
	/* zeros at first: */
	unsigned int number; /* of the file in hand */
	unsigned long bytes; /* that count in it */
	struct rig_trace_writer *writer;
};

/** rig_ring_begin() - the first file. */
int rig_ring_begin(struct rig_ring *ring, struct rig_error *err);

/**
 * rig_ring_write() - as rig_trace_write(). Returns 1 when it was the last of its file, so that
 * nothing in the next one tells yet of what was there before.
 * @counts: whether the record makes its file full.
 */
int rig_ring_write(struct rig_ring *ring, const struct rig_record *record, bool counts,
		   struct rig_error *err);

/** rig_ring_flush() - as rig_trace_flush(). */
int rig_ring_flush(struct rig_ring *ring, struct rig_error *err);

/** rig_ring_finish() - closes the file in hand. -1: not everything could be written. */
int rig_ring_finish(struct rig_ring *ring, struct rig_error *err);

#endif
