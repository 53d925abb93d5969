/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces made for the tests: a temporary file, and datagrams in the notation. */
#ifndef RIG_TESTS_TRACE_HELP_H
#define RIG_TESTS_TRACE_HELP_H

#include "replay/trace.h"

/* A name for a temporary file, to be removed and freed. */
char *rig_test_path(const char *suffix);
void rig_test_remove(char *path);

/* One packet, 1 ms after the one before, from text: "> " to the kernel, "< " to user space. */
void rig_test_packet(struct rig_trace_writer *writer, const char *text);

/* A trace of such lines, the last NULL. */
void rig_test_trace(const char *path, const char *const *lines);

#endif
