/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a file to write to, packed if its name says so. */
#ifndef RIG_REPLAY_OUTPUT_H
#define RIG_REPLAY_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* ".gz" and ".zst" pack; how long that ending of the path is, 0: none. */
size_t output_suffix(const char *path);

/* NULL, with errno. Whether all was written is only known when fclose() has returned. */
FILE *output_open(const char *path);

#endif
