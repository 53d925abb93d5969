/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capturing: an nlmon device of our own in this network namespace, and what comes through it.
 */
#ifndef RIG_REPLAY_CAPTURE_H
#define RIG_REPLAY_CAPTURE_H

#include "replay/trace.h"

struct rig_capture;

/**
 * rig_capture_open() - makes the device, takes it up, and listens.
 * @buffer: bytes that the kernel may hold for us; 0: 16 MiB.
 */
struct rig_capture *rig_capture_open(size_t buffer, struct rig_error *err);

/** rig_capture_close() - takes the device away again. */
void rig_capture_close(struct rig_capture *capture);

/** rig_capture_next() - 1, 0 when nothing came within some 100 ms, -1. As rig_trace_next(). */
int rig_capture_next(struct rig_capture *capture, struct rig_record *record, struct rig_error *err);

/** rig_capture_dropped() - packets that found no room in the buffer so far. */
unsigned long rig_capture_dropped(struct rig_capture *capture);

#endif
