/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes what fails small: a list of anything by leaving out what it can do without; a script by
 * fewer steps, then fewer messages and items, then plainer values.
 */
#ifndef RIG_GEN_SHRINK_H
#define RIG_GEN_SHRINK_H

#include <stdbool.h>

struct rig_script;

struct rig_shrink {
	/* Does it still fail, and in the same way? The script is NULL when a list shrinks. */
	bool (*fails)(void *context, struct rig_script *script);
	void *context;
	unsigned int limit; /* candidates to try at most */
	unsigned int tried; /* out */
};

/**
 * rig_shrink() - make @script, which fails, as small as can be found, in place. What is left fails.
 * Nothing is freed: the script's arena keeps what was dropped.
 */
void rig_shrink(struct rig_shrink *shrink, struct rig_script *script);

/**
 * rig_shrink_list() - drops members of a list that fails, as many as can be found, in runs of half
 * of them, a quarter, ... one. Each member begins with the pointer to the next one. Nothing is
 * freed.
 */
void rig_shrink_list(struct rig_shrink *shrink, void *list);

#endif
