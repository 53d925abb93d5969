/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the wire room share. */
#ifndef RIG_TESTS_WIRE_HELP_H
#define RIG_TESTS_WIRE_HELP_H

#include "wire/codec.h"

/* A small seeded random source (xorshift64*), enough for test input. */
struct test_random {
	uint64_t state;
};

void test_random_seed(struct test_random *r, uint64_t seed);
/* From 0 to @below - 1. */
uint32_t test_random_below(struct test_random *r, uint32_t below);

/* A well-formed message of a random command, from the schema alone. */
struct rig_message *test_random_message(struct test_random *r, struct rig_arena *arena);

/* Text to bytes; false, with the reason on stderr, when it does not parse or encode. */
bool test_bytes_of(const char *text, struct rig_bytes *bytes);

/* Bytes to text, replacing what @text holds. */
bool test_text_of(const void *data, size_t size, struct rig_bytes *text);

/* Does bytes -> text -> bytes give the same bytes? Says the text on stderr if not. */
bool test_is_identity(const void *data, size_t size);

/* Every symbol has the value of its length: $a is 1, $abc is 3. */
int test_resolver(void *context, const char *symbol, uint64_t *value);

#endif
