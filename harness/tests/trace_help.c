/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/trace_help.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"
#include "wire/codec.h"

char *rig_test_path(const char *suffix)
{
	char *path;
	int fd;

	if (asprintf(&path, "/tmp/nlrig-test.XXXXXX%s", suffix) < 0)
		abort();
	fd = mkstemps(path, strlen(suffix));
	if (fd < 0)
		abort();
	close(fd);
	return path;
}

void rig_test_remove(char *path)
{
	unlink(path);
	free(path);
}

void rig_test_packet(struct rig_trace_writer *writer, const char *text)
{
	static long now_ms;
	struct rig_arena arena = {};
	const struct rig_parser parser = { .arena = &arena };
	struct rig_bytes bytes = {};
	struct rig_message *messages;
	struct rig_error err = {};
	struct rig_record record = { .protocol = NETLINK_GENERIC };

	if (rig_parse(&parser, NULL, text + 2, strlen(text + 2), &messages, &err) < 0 ||
	    rig_encode(messages, NULL, NULL, NULL, &bytes, &err) < 0) {
		fprintf(stderr, "%s\n%s\n", text, err.message);
		abort();
	}
	record.time = (struct timespec){ 1000 + now_ms / 1000, now_ms % 1000 * 1000000 };
	now_ms++;
	record.direction = *text == '<' ? RIG_TO_USER : RIG_TO_KERNEL;
	record.data = bytes.data;
	record.size = bytes.size;
	CU_ASSERT_EQUAL(rig_trace_write(writer, &record, &err), 0);
	rig_bytes_free(&bytes);
	rig_arena_free(&arena);
}

void rig_test_trace(const char *path, const char *const *lines)
{
	struct rig_error err = {};
	struct rig_trace_writer *writer = rig_trace_create(path, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
	for (; *lines; lines++)
		rig_test_packet(writer, *lines);
	CU_ASSERT_EQUAL(rig_trace_finish(writer, &err), 0);
}
