/* SPDX-License-Identifier: GPL-2.0-only */
/* The invariant: bytes -> text -> bytes is the identity, for every byte string. */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test.h"
#include "tests/wire_help.h"

#define ROUNDS (rig_test_count ? rig_test_count : 3000)

static void random_bytes(void)
{
	struct test_random r;
	uint8_t data[300];
	unsigned long round, bad = 0;

	test_random_seed(&r, rig_test_seed);
	for (round = 0; round < ROUNDS; round++) {
		size_t i, size = test_random_below(&r, sizeof(data));

		for (i = 0; i < size; i++)
			data[i] = test_random_below(&r, 256);
		bad += !test_is_identity(data, size);
	}
	CU_ASSERT_EQUAL(bad, 0);
}

/* Bytes that mostly look like messages: small lengths and known types, in the right places. */
static void likely_bytes(void)
{
	struct test_random r;
	uint8_t data[300];
	unsigned long round, bad = 0;

	test_random_seed(&r, rig_test_seed + 1);
	for (round = 0; round < ROUNDS; round++) {
		size_t i, size = 24 + test_random_below(&r, sizeof(data) - 24);

		for (i = 0; i < size; i++)
			data[i] = test_random_below(&r, 2) ? 0 : test_random_below(&r, 24);
		data[0] = size - test_random_below(&r, 5);
		data[1] = 0;
		data[4] = 0x20 + test_random_below(&r, 6);
		data[5] = 0;
		bad += !test_is_identity(data, size);
	}
	CU_ASSERT_EQUAL(bad, 0);
}

static void encode_random(struct test_random *r, struct rig_bytes *bytes)
{
	struct rig_arena arena = {};
	uint32_t count = 1 + test_random_below(r, 3);

	for (rig_bytes_reset(bytes); count; count--) {
		const struct rig_message *message = test_random_message(r, &arena);

		CU_ASSERT_EQUAL_FATAL(rig_encode(message, NULL, NULL, NULL, bytes, NULL), 0);
	}
	rig_arena_free(&arena);
}

static void schema_messages(void)
{
	struct rig_bytes bytes = {};
	struct test_random r;
	unsigned long round, bad = 0;

	test_random_seed(&r, rig_test_seed + 2);
	for (round = 0; round < ROUNDS; round++) {
		encode_random(&r, &bytes);
		bad += !test_is_identity(bytes.data, bytes.size);
	}
	CU_ASSERT_EQUAL(bad, 0);
	rig_bytes_free(&bytes);
}

static void damaged_messages(void)
{
	struct rig_bytes bytes = {};
	struct test_random r;
	unsigned long round, bad = 0;

	test_random_seed(&r, rig_test_seed + 3);
	for (round = 0; round < ROUNDS; round++) {
		uint32_t hits = 1 + test_random_below(&r, 4);

		encode_random(&r, &bytes);
		for (; hits; hits--)
			bytes.data[test_random_below(&r, bytes.size)] = test_random_below(&r, 256);
		bad += !test_is_identity(bytes.data, test_random_below(&r, bytes.size + 1));
	}
	CU_ASSERT_EQUAL(bad, 0);
	rig_bytes_free(&bytes);
}

/* Canonical text comes back as it was. */
static void stable_text(void)
{
	struct rig_bytes bytes = {}, text = {}, again = {};
	struct test_random r;
	unsigned long round, bad = 0;

	test_random_seed(&r, rig_test_seed + 4);
	for (round = 0; round < ROUNDS; round++) {
		encode_random(&r, &bytes);
		bad += !test_text_of(bytes.data, bytes.size, &text) ||
		       !test_bytes_of(rig_bytes_text(&text), &bytes) ||
		       !test_text_of(bytes.data, bytes.size, &again) ||
		       strcmp(rig_bytes_text(&text), rig_bytes_text(&again));
	}
	CU_ASSERT_EQUAL(bad, 0);
	rig_bytes_free(&bytes);
	rig_bytes_free(&text);
	rig_bytes_free(&again);
}

/* What the generator makes is read as its types: hex would satisfy the identity, too. */
static void well_formed_is_not_hex(void)
{
	struct rig_bytes bytes = {}, text = {};
	struct test_random r;
	unsigned int round, hex = 0;

	test_random_seed(&r, 7);
	for (round = 0; round < 200; round++) {
		struct rig_arena arena = {};
		struct rig_message *message = test_random_message(&r, &arena);

		rig_bytes_reset(&bytes);
		message->nodes = NULL;
		CU_ASSERT_EQUAL(rig_encode(message, NULL, NULL, NULL, &bytes, NULL), 0);
		CU_ASSERT_TRUE(test_text_of(bytes.data, bytes.size, &text));
		hex += strstr(rig_bytes_text(&text), "hex:") ||
		       strstr(rig_bytes_text(&text), "msg");
		rig_arena_free(&arena);
	}
	CU_ASSERT_EQUAL(hex, 0);
	rig_bytes_free(&bytes);
	rig_bytes_free(&text);
}

/* Broken text is refused or read, but never more than that. */
static void damaged_text(void)
{
	static const char likely[] = "{}()=,:;!*+@$#\"\\ \n0x.-><|/ahexdumpframe";
	struct rig_bytes bytes = {}, text = {};
	struct test_random r;
	unsigned long round, read = 0, refused = 0;

	test_random_seed(&r, rig_test_seed + 5);
	for (round = 0; round < ROUNDS; round++) {
		struct rig_arena arena = {};
		const struct rig_parser parser = { &arena, NULL, true };
		struct rig_message *messages;
		struct rig_error error = {};
		uint32_t hits = 1 + test_random_below(&r, 3);

		encode_random(&r, &bytes);
		CU_ASSERT_TRUE_FATAL(test_text_of(bytes.data, bytes.size, &text));
		for (; hits; hits--)
			text.data[test_random_below(&r, text.size)] =
				likely[test_random_below(&r, sizeof(likely) - 1)];
		if (rig_parse(&parser, "t", rig_bytes_text(&text), text.size, &messages, &error))
			refused += error.line && error.column && *error.message;
		else
			read++;
		rig_arena_free(&arena);
	}
	CU_ASSERT_EQUAL(read + refused, ROUNDS);
	CU_ASSERT_TRUE(read && refused);
	rig_bytes_free(&bytes);
	rig_bytes_free(&text);
}

/* clone(clone(clone(...: read down to 64 deep, written as hex below. */
static void deep_nests(void)
{
	struct rig_bytes bytes = {}, text = {};
	uint8_t header[20] = { [4] = 0x22, [16] = 1, 1 };
	uint32_t i, depth = 1000, size = sizeof(header) + 4 + 4 * depth;

	rig_bytes_put(&bytes, header, sizeof(header));
	rig_bytes_zero(&bytes, 4);
	memcpy(bytes.data, &size, 4);
	for (i = 0; i < depth; i++) {
		uint16_t attr[2] = { 4 * (depth - i), i ? 20 : 2 };

		rig_bytes_put(&bytes, attr, sizeof(attr));
	}
	CU_ASSERT_TRUE(test_is_identity(bytes.data, bytes.size));
	CU_ASSERT_TRUE(test_text_of(bytes.data, bytes.size, &text));
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_bytes_text(&text), "clone(clone(clone(hex:"));
	rig_bytes_free(&bytes);
	rig_bytes_free(&text);
}

/* Other ids than the default ones change what belongs to whom, never the bytes. */
static void other_family_ids(void)
{
	static const uint8_t data[24] = { 24, [4] = 0x31, [6] = 5, [16] = 3, 1, [20] = 9 };
	const struct rig_family_ids ids = { .id = { [RIG_VPORT] = 0x31 } };
	struct rig_bytes text = {}, bytes = {};
	struct rig_message *message;
	struct rig_arena arena = {};

	CU_ASSERT_EQUAL(rig_decode(&arena, &ids, data, sizeof(data), &message, NULL), 0);
	rig_print(message, &ids, &text);
	CU_ASSERT_STRING_EQUAL(rig_bytes_text(&text), "vport.get dp=9\n");
	CU_ASSERT_EQUAL(rig_encode(message, &ids, NULL, NULL, &bytes, NULL), 0);
	CU_ASSERT_EQUAL(bytes.size, sizeof(data));
	CU_ASSERT_EQUAL(memcmp(bytes.data, data, sizeof(data)), 0);
	CU_ASSERT_EQUAL(rig_message_dp(message), 9);
	rig_bytes_free(&text);
	rig_bytes_free(&bytes);
	rig_arena_free(&arena);
}

RIG_TEST_SUITE(codec, { "random bytes", random_bytes }, { "likely bytes", likely_bytes },
	       { "schema messages", schema_messages }, { "damaged messages", damaged_messages },
	       { "stable text", stable_text }, { "well-formed is not hex", well_formed_is_not_hex },
	       { "damaged text", damaged_text }, { "deep nests", deep_nests },
	       { "other family ids", other_family_ids });
