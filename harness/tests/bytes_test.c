/* SPDX-License-Identifier: GPL-2.0-only */
/* The small parts below the codec: buffers, integers, arenas, errnos, errors. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "tests/test.h"
#include "wire/codec.h"

static void buffers(void)
{
	struct rig_bytes bytes = {};
	char line[600];
	int i;

	CU_ASSERT_STRING_EQUAL(rig_bytes_text(&bytes), "");
	rig_bytes_put(&bytes, NULL, 0);
	CU_ASSERT_STRING_EQUAL(rig_bytes_text(&bytes), "");
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (i = 0; i < 10; i++)
		rig_bytes_print(&bytes, "%s", line);
	CU_ASSERT_EQUAL(bytes.size, 5990);
	CU_ASSERT_EQUAL(strlen(rig_bytes_text(&bytes)), 5990);
	rig_bytes_reset(&bytes);
	rig_bytes_hex(&bytes, "\x01\xfe", 2);
	CU_ASSERT_STRING_EQUAL(rig_bytes_text(&bytes), "01fe");
	rig_bytes_zero(&bytes, 3);
	CU_ASSERT_EQUAL(bytes.size, 7);
	rig_bytes_free(&bytes);
	CU_ASSERT_PTR_NULL(bytes.data);
}

static void integers(void)
{
	uint8_t data[16];
	rig_uint value = ((rig_uint)0x0102030405060708 << 64) | 0x090a0b0c0d0e0f10;

	rig_uint_put(data, 16, RIG_NET, value);
	CU_ASSERT_EQUAL(data[0], 1);
	CU_ASSERT_EQUAL(data[15], 16);
	CU_ASSERT_TRUE(rig_uint_get(data, 16, RIG_NET) == value);
	CU_ASSERT_TRUE(rig_uint_get(data, 2, RIG_NET) == 0x0102);
	rig_uint_put(data, 4, RIG_HOST, 0x11223344);
	CU_ASSERT_EQUAL(memcmp(data, &(uint32_t){ 0x11223344 }, 4), 0);
	CU_ASSERT_TRUE(rig_uint_get(data, 4, RIG_HOST) == 0x11223344);
}

static void arenas(void)
{
	struct rig_arena arena = {};
	unsigned char *a, *b;
	int round;

	for (round = 0; round < 3; round++) {
		size_t i, bad = 0;

		a = rig_arena_alloc(&arena, 3);
		b = rig_arena_alloc(&arena, 100000);
		CU_ASSERT_EQUAL((uintptr_t)a % 16, 0);
		CU_ASSERT_EQUAL((uintptr_t)b % 16, 0);
		for (i = 0; i < 100000; i++)
			bad += b[i];
		CU_ASSERT_EQUAL(bad + a[0] + a[2], 0);
		memset(a, 0xff, 3);
		memset(b, 0xff, 100000);
		CU_ASSERT_STRING_EQUAL(rig_arena_copy(&arena, "abc", 2), "ab");
		rig_arena_reset(&arena);
	}
	CU_ASSERT_PTR_NULL(rig_arena_alloc(&arena, SIZE_MAX / 2));
	rig_arena_free(&arena);
	rig_arena_reset(&arena);
	CU_ASSERT_PTR_NOT_NULL(rig_arena_alloc(&arena, 1));
	rig_arena_free(&arena);
}

static void errnos(void)
{
	CU_ASSERT_STRING_EQUAL(rig_errno_name(EINVAL), "EINVAL");
	CU_ASSERT_STRING_EQUAL(rig_errno_name(EOPNOTSUPP), "EOPNOTSUPP");
	CU_ASSERT_STRING_EQUAL(rig_errno_name(EAGAIN), "EAGAIN");
	CU_ASSERT_EQUAL(rig_errno_find("ENODEV", 6), ENODEV);
	CU_ASSERT_EQUAL(rig_errno_find("ENOTSUPP", 8), 524);
	CU_ASSERT_EQUAL(rig_errno_find("ENOTHING", 8), 0);
	CU_ASSERT_PTR_NULL(rig_errno_name(0));
	CU_ASSERT_PTR_NULL(rig_errno_name(-1));
	CU_ASSERT_PTR_NULL(rig_errno_name(100000));
}

static void errors(void)
{
	struct rig_error error = {};
	char text[100];

	CU_ASSERT_EQUAL(rig_error_set(&error, "no %s", "luck"), -1);
	CU_ASSERT_STRING_EQUAL(rig_error_text(&error, text, sizeof(text)), "no luck");
	CU_ASSERT_EQUAL(rig_error_at(&error, "a.nlt", 3, 7, "expected %d", 5), -1);
	CU_ASSERT_STRING_EQUAL(rig_error_text(&error, text, sizeof(text)), "a.nlt:3:7: expected 5");
	CU_ASSERT_EQUAL(rig_error_at(&error, NULL, 3, 7, "x"), -1);
	CU_ASSERT_STRING_EQUAL(rig_error_text(&error, text, sizeof(text)), "3:7: x");
	CU_ASSERT_EQUAL(rig_error_set(NULL, "nobody listens"), -1);
}

RIG_TEST_SUITE(bytes, { "buffers", buffers }, { "integers", integers }, { "arenas", arenas },
	       { "errnos", errnos }, { "errors", errors });
