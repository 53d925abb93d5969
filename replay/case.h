/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace as a case: its script, with what the model says of each request as the expectation. */
#ifndef RIG_REPLAY_CASE_H
#define RIG_REPLAY_CASE_H

#include "replay/script.h"

/**
 * rig_trace_case() - gives each request of the script a `->`, as the model answers it: ok, an
 * errno, or a dump's end. Who hears all groups goes, unless @listener.
 * Returns 0, or -1 when out of memory.
 */
int rig_trace_case(struct rig_trace_script *made, bool listener, struct rig_error *err);

#endif
