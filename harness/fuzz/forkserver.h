/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The target's side of AFL++'s fork server, without the fork: one process runs all test cases, and
 * takes them from shared memory. What ends it ends the guest, or the fuzzer: whoever started that
 * one starts it again.
 */
#ifndef RIG_FUZZ_FORKSERVER_H
#define RIG_FUZZ_FORKSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig_error;

enum { RIG_MAP_BITS = 16, RIG_MAP_SIZE = 1 << RIG_MAP_BITS };

struct rig_forkserver {
	uint8_t *map; /* RIG_MAP_SIZE bytes; cleared by the fuzzer */
	const uint8_t *input;
	const uint32_t *size; /* of the input */
};

/* Says hello. -1: nobody is there who speaks this protocol, or memory cannot be had. */
int rig_forkserver_open(struct rig_forkserver *server, struct rig_error *err);

/* Waits for a test case. False: the fuzzer has gone. */
bool rig_forkserver_next(struct rig_forkserver *server);

/* It is done, and found something or not. False: the fuzzer has gone. */
bool rig_forkserver_done(struct rig_forkserver *server, bool found);

#endif
