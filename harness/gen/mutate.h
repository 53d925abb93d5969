/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes scripts the way a fuzzer wants it: as trees, by the schema, so that what is changed is
 * one thing and the rest stays a request.
 */
#ifndef RIG_GEN_MUTATE_H
#define RIG_GEN_MUTATE_H

struct rig_arena;
struct rig_bytes;
struct rig_random;
struct rig_script;

/**
 * rig_mutate() - change @script, which plays on the stage (gen/stage.h), one to a few times.
 * @other: to take steps and subtrees from; it is left alone. NULL: none.
 * @what: gets the names of what was done, "splice subtree,boundary value". NULL: nobody asks.
 *
 * New nodes are in @arena, as all payloads of @script must be: they are written to.
 */
void rig_mutate(struct rig_arena *arena, struct rig_random *random, struct rig_script *script,
		const struct rig_script *other, struct rig_bytes *what);

/** rig_mutate_fresh() - a script of so many requests, made by the generator; in @arena. */
struct rig_script *rig_mutate_fresh(struct rig_arena *arena, struct rig_random *random,
				    unsigned int messages);

#endif
