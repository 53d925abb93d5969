/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the model share: a world, and what it answers, in the notation. */
#ifndef RIG_TESTS_MODEL_HELP_H
#define RIG_TESTS_MODEL_HELP_H

#include "model/model.h"

struct test_world {
	struct rig_model *model;
	struct rig_answer answer;
};

/* The multicast group of a family. */
#define TEST_GROUP(family) (100u + (family))

/*
 * Sockets 0 (port id 1000) and 1 (port id 2000). `change` (may be NULL) may edit the config before
 * the model is made. Internal ports get the ifindexes 16, 17...
 */
void test_world_open(struct test_world *w, void (*change)(struct rig_model_config *config));
void test_world_close(struct test_world *w);

/*
 * Send the text on a socket. True when the answer is `lines`: one line a message, in order, each
 * "SOCKET: TEXT", or "NETDEV: HEX" for a frame; a trailing " ?" marks an optional one, " =N" one
 * of group N. Otherwise both are written to stderr. The bytes are the model's own guess where they
 * are open.
 */
bool test_world_says(struct test_world *w, unsigned int sock, const char *text, const char *lines);
/* The same for a frame, in hex, received by a netdev. */
bool test_world_frame(struct test_world *w, const char *netdev, const char *hex, const char *lines);
/* Send, and do not look. */
void test_world_send(struct test_world *w, unsigned int sock, const char *text);
/* Did the last answer end with an ACK of this errno (0, or positive)? */
bool test_world_errno(const struct test_world *w, int error);

#endif
