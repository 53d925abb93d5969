/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rig reads that others wrote, each as bytes of any kind. None of these may crash, hang or
 * leak, whatever the bytes; what is more to hold is aborted on. They keep memory from call to call.
 */
#ifndef RIG_FUZZ_FEED_H
#define RIG_FUZZ_FEED_H

#include <stddef.h>
#include <stdint.h>

/** rig_feed_trace() - a capture file, read twice: for the view and by the judge. */
void rig_feed_trace(const uint8_t *data, size_t size);

/** rig_feed_script() - a script: read, written, read again as the same, and run on the model. */
void rig_feed_script(const uint8_t *data, size_t size);

/**
 * rig_feed_datagram() - a datagram: to text and back as the same bytes, and to a model that has a
 * datapath, a port and a flow.
 */
void rig_feed_datagram(const uint8_t *data, size_t size);

#endif
