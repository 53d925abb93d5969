/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a message meet a pattern of a script? Pure.
 *
 * At message level what the pattern names must be there, as it says, and others may be; inside a
 * nest everything must be equal and in the same order, unless its pattern ends in "...". "!name"
 * must not be there.
 */
#ifndef RIG_JUDGE_MATCH_H
#define RIG_JUDGE_MATCH_H

#include <stdbool.h>

struct rig_bytes;
struct rig_message;
struct rig_node;

/*
 * The pattern's symbols must have been resolved. why, when not NULL, gets one line (no newline)
 * that names the first thing that is not as wanted.
 */
bool rig_match(const struct rig_message *pattern, const struct rig_message *message,
	       struct rig_bytes *why);

/* Both are raw bytes, or attributes of the same number. */
bool rig_match_item(const struct rig_node *a, const struct rig_node *b);

#endif
