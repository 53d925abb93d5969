/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/match.h"

#include <stdio.h>
#include <string.h>

#include "tests/test.h"
#include "wire/codec.h"

/* What a script wants of a message, what came, and why that does not do (NULL: it does). */
struct row {
	const char *pattern;
	const char *message;
	const char *why;
};

static void check(const struct row *row)
{
	struct rig_arena arena = { 0 };
	const struct rig_parser parser = { .arena = &arena };
	const struct rig_family *family = &rig_families[RIG_FLOW];
	struct rig_message *sent = NULL, *message = NULL, *pattern = NULL;
	struct rig_bytes bytes = { 0 }, why = { 0 };
	struct rig_error err = { 0 };
	struct rig_cursor cursor;

	rig_cursor_init(&cursor, "pattern", row->pattern, strlen(row->pattern));
	rig_parse_pattern(&parser, &cursor, family, NULL, &pattern, &err);
	CU_ASSERT_STRING_EQUAL(err.message, "");
	rig_parse(&parser, "message", row->message, strlen(row->message), &sent, &err);
	CU_ASSERT_STRING_EQUAL(err.message, "");
	CU_ASSERT_EQUAL(rig_encode(sent, NULL, NULL, NULL, &bytes, &err), 0);
	rig_decode(&arena, NULL, bytes.data, bytes.size, &message, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);

	CU_ASSERT_EQUAL(rig_match(pattern, message, &why), row->why == NULL);
	CU_ASSERT_STRING_EQUAL(rig_bytes_text(&why), row->why ? row->why : "");
	if (strcmp(rig_bytes_text(&why), row->why ? row->why : ""))
		fprintf(stderr, "%s / %s: %s\n", row->pattern, row->message, rig_bytes_text(&why));
	rig_bytes_free(&bytes);
	rig_bytes_free(&why);
	rig_arena_free(&arena);
}

static void check_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(&rows[i]);
}

#define CHECK_ALL(rows) check_all(rows, sizeof(rows) / sizeof(rows[0]))

static void at_message_level(void)
{
	static const struct row rows[] = {
		{ "ufid=0011", "flow.new dp=1 ufid=0011", NULL },
		{ "ufid=0011", "flow.new dp=1 key{in_port(1)} ufid=0011 actions{output:1}", NULL },
		{ "ufid=0011", "flow.new dp=1 key{in_port(1)}", "ufid is missing" },
		{ "ufid=0011", "flow.new dp=1 ufid=0012", "ufid is not as wanted" },
		{ "ufid=0011", "flow.new dp=1 ufid=0012 ufid=0011", NULL },
		{ "!ufid", "flow.new dp=1 key{in_port(1)}", NULL },
		{ "!ufid", "flow.new dp=1 ufid=00", "ufid must not be there, but is" },
		{ "ufid=...", "flow.new dp=1 ufid=00", NULL },
		{ "ufid=...", "flow.new dp=1", "ufid is missing" },
	};

	CHECK_ALL(rows);
}

static void inside_a_nest(void)
{
	static const struct row rows[] = {
		{ "key{in_port(1)}", "flow.new key{in_port(1)}", NULL },
		{ "key{in_port(1)}", "flow.new key{in_port(2)}", "key/in_port is not as wanted" },
		{ "key{in_port(1)}", "flow.new key{in_port(1),skb_mark(0)}",
		  "key/skb_mark is not wanted (the pattern lacks it and has no ...)" },
		{ "key{in_port(1),skb_mark(0)}", "flow.new key{in_port(1)}",
		  "key/skb_mark is missing" },
		{ "key{in_port(1),...}", "flow.new key{skb_mark(0),in_port(1)}", NULL },
		{ "key{in_port(1),...}", "flow.new key{skb_mark(0)}", "key/in_port is missing" },
		{ "key{in_port(1),!skb_mark,...}", "flow.new key{in_port(1),skb_mark(0)}",
		  "key/skb_mark must not be there, but is" },
		{ "actions{output:1,output:2}", "flow.new actions{output:2,output:1}",
		  "actions/output is not as wanted" },
		{ "actions{trunc(100),output:2}", "flow.new actions{output:2,trunc(100)}",
		  "actions/trunc is wanted where output stands" },
		{ "actions{}", "flow.new actions{}", NULL },
		{ "actions{...}", "flow.new actions{}", NULL },
		{ "actions{}", "flow.new actions{output:1}",
		  "actions/output is not wanted (the pattern lacks it and has no ...)" },
	};

	CHECK_ALL(rows);
}

static void parts_of_a_struct(void)
{
	static const struct row rows[] = {
		{ "stats(n_packets=1,n_bytes=60)", "flow.new stats(n_packets=1,n_bytes=60)", NULL },
		{ "stats(n_packets=1)", "flow.new stats(n_packets=1,n_bytes=60)",
		  "stats is not as wanted" },
		{ "stats(n_packets=1,...)", "flow.new stats(n_packets=1,n_bytes=60)", NULL },
		{ "stats(n_packets=2,...)", "flow.new stats(n_packets=1,n_bytes=60)",
		  "stats is not as wanted" },
	};

	CHECK_ALL(rows);
}

static void headers(void)
{
	static const struct row rows[] = {
		{ "@seq=3", "flow.new @seq=3", NULL },
		{ "@seq=3", "flow.new @seq=4", "@seq is not as wanted" },
		{ "@flags=multi", "flow.new @flags=multi", NULL },
		{ "@flags=multi", "flow.new @flags=0", "@flags is not as wanted" },
		{ "dp=3 ufid=00", "flow.new dp=3 ufid=00", NULL },
		{ "dp=3", "flow.new dp=4", "the fixed header is not as wanted" },
		{ "ufid=00", "dp.new name=x", "it is another message" },
	};

	CHECK_ALL(rows);
}

RIG_TEST_SUITE(match, { "at message level", at_message_level }, { "inside a nest", inside_a_nest },
	       { "parts of a struct", parts_of_a_struct }, { "headers", headers });
