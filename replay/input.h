/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: the bytes of a file one after the other, unpacked if they are gzip or zstd. */
#ifndef RIG_REPLAY_INPUT_H
#define RIG_REPLAY_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define INPUT_MOST (2 << 20) /* bytes that can be looked at at once */

struct input;
struct rig_error;

/* The file is the input's from now on, also when this fails (NULL). */
struct input *input_open(FILE *file);
void input_close(struct input *input);

/*
 * The next bytes, without taking them: as many as wanted, or fewer where the file ends or cannot
 * be unpacked any further. Until the next call.
 */
const uint8_t *input_look(struct input *input, size_t wanted, size_t *there);

/* Goes on behind so many of the bytes that were looked at. */
void input_take(struct input *input, size_t size);

/* How many bytes have been taken, unpacked. */
uint64_t input_offset(const struct input *input);

/* How much of the file has been read, from 0 to 1; packed, if it is. */
double input_share(const struct input *input);

/* Why there is no more, if it is not that the file has ended; else NULL. */
const char *input_failure(const struct input *input);

/* To the beginning. -1: the file cannot be read twice. */
int input_rewind(struct input *input, struct rig_error *err);

#endif
