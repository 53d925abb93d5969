/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the datapath this thread's requests run through: KCOV, in a kernel that has it, of
 * modules that were compiled for it. Frames from the wire are received by nobody's thread, and do
 * not show.
 */
#ifndef RIG_LINK_KCOV_H
#define RIG_LINK_KCOV_H

#include <stddef.h>
#include <stdint.h>

struct rig_error;
struct rig_kcov;

/* Begins to listen to the calling thread, which alone may use it. NULL on error. */
struct rig_kcov *rig_kcov_open(struct rig_error *err);

/* What has been run through since the last time counts once. */
void rig_kcov_take(struct rig_kcov *kcov);

/*
 * As take; besides, adds one, up to 255, to the byte of the map that stands for each step from one
 * block to the next. The map has 1 << bits bytes. A block is known by its module and its place
 * there, so that the same steps are the same bytes in every boot.
 */
void rig_kcov_fold(struct rig_kcov *kcov, uint8_t *map, unsigned int bits);

/* How many blocks have been run through since it was opened. */
size_t rig_kcov_count(const struct rig_kcov *kcov);

/*
 * Writes a line with tabs for each block: module, section, offset in hex as fuzz/kernel/blocks has
 * it, how many times it was taken. Fails, too, when more was run through than there is room for
 * between two takes. Returns 0 or -1.
 */
int rig_kcov_write(const struct rig_kcov *kcov, const char *path, struct rig_error *err);

/* NULL is fine. */
void rig_kcov_close(struct rig_kcov *kcov);

#endif
