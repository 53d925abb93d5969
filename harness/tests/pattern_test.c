/* SPDX-License-Identifier: GPL-2.0-only */
/* The parser as a script uses it: one message in a larger text, patterns, symbols. */
#include <string.h>

#include "tests/test.h"
#include "tests/wire_help.h"

static void message_in_a_script(void)
{
	static const char text[] = "# why\n"
				   "dp.new name=br0  # a comment\n"
				   "\n"
				   "  upcall_pid=$s -> ok as $dp\n"
				   "+ flow.get $dp dump on $b\n"
				   "dp.get\n";
	struct rig_arena arena = {};
	const struct rig_parser parser = { &arena, NULL, true };
	struct rig_message *message;
	struct rig_cursor cursor;
	const char *word, *symbol;

	rig_cursor_init(&cursor, "f", text, strlen(text));
	CU_ASSERT_TRUE(rig_cursor_step(&cursor));
	CU_ASSERT_EQUAL(cursor.line, 2);
	CU_ASSERT_EQUAL(rig_parse_message(&parser, &cursor, &message, NULL), 0);
	CU_ASSERT_EQUAL(message->line, 2);
	CU_ASSERT_EQUAL(message->column, 1);
	CU_ASSERT_STRING_EQUAL(message->nodes->next->attr->name, "upcall_pid");
	CU_ASSERT_STRING_EQUAL(message->nodes->next->refs->symbol, "s");
	CU_ASSERT_EQUAL(message->nodes->next->refs->line, 4);
	CU_ASSERT_EQUAL(message->nodes->next->refs->column, 14);

	CU_ASSERT_TRUE(rig_cursor_more(&cursor));
	CU_ASSERT_FALSE(rig_cursor_is(&cursor, "ok"));
	CU_ASSERT_TRUE(rig_cursor_take(&cursor, "->"));
	CU_ASSERT_TRUE(rig_cursor_more(&cursor));
	CU_ASSERT_FALSE(rig_cursor_take(&cursor, "o"));
	CU_ASSERT_EQUAL(rig_cursor_word(&cursor, &word), 2);
	CU_ASSERT_TRUE(rig_cursor_more(&cursor) && rig_cursor_take(&cursor, "as"));
	CU_ASSERT_TRUE(rig_cursor_more(&cursor));
	CU_ASSERT_EQUAL(rig_cursor_column(&cursor), 26);
	CU_ASSERT_EQUAL(rig_cursor_symbol(&cursor, &arena, &symbol, NULL), 0);
	CU_ASSERT_STRING_EQUAL(symbol, "dp");

	/* The end of a step stays the end until the next one is asked for. */
	CU_ASSERT_FALSE(rig_cursor_more(&cursor));
	CU_ASSERT_FALSE(rig_cursor_more(&cursor));
	CU_ASSERT_TRUE(rig_cursor_step(&cursor));
	CU_ASSERT_TRUE(rig_cursor_more(&cursor));
	CU_ASSERT_TRUE(rig_cursor_take(&cursor, "+"));
	CU_ASSERT_EQUAL(rig_parse_message(&parser, &cursor, &message, NULL), 0);
	CU_ASSERT_EQUAL(message->flags, 0x301);
	CU_ASSERT_TRUE(message->set & RIG_SET_FIXED);
	CU_ASSERT_TRUE(rig_cursor_take(&cursor, "on"));
	CU_ASSERT_TRUE(rig_cursor_more(&cursor));
	CU_ASSERT_EQUAL(rig_cursor_symbol(&cursor, &arena, &symbol, NULL), 0);
	CU_ASSERT_FALSE(rig_cursor_more(&cursor));
	CU_ASSERT_TRUE(rig_cursor_step(&cursor));
	CU_ASSERT_EQUAL(rig_parse_message(&parser, &cursor, &message, NULL), 0);
	CU_ASSERT_EQUAL(message->set, 0);
	CU_ASSERT_FALSE(rig_cursor_more(&cursor));
	CU_ASSERT_FALSE(rig_cursor_step(&cursor));
	rig_arena_free(&arena);
}

static struct rig_message *pattern_of(struct rig_arena *arena, const char *text,
				      struct rig_error *error)
{
	const struct rig_family *flow = &rig_families[RIG_FLOW];
	const struct rig_parser parser = { arena, NULL, true };
	struct rig_message *pattern;
	struct rig_cursor cursor;

	rig_cursor_init(&cursor, NULL, text, strlen(text));
	if (rig_parse_pattern(&parser, &cursor, flow, rig_command_get(flow, 1), &pattern, error))
		return NULL;
	return pattern;
}

static void pattern_marks(void)
{
	struct rig_arena arena = {};
	struct rig_message *pattern =
		pattern_of(&arena,
			   "$dp !mask ufid=... key{in_port($p),...} stats(n_packets=1,...)"
			   " probe -> done",
			   NULL);
	const struct rig_node *node, *in_port;

	CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
	CU_ASSERT_EQUAL(pattern->set, RIG_SET_FIXED);
	CU_ASSERT_EQUAL(pattern->refs->offset, 20);

	node = pattern->nodes;
	CU_ASSERT_EQUAL(node->form, RIG_FORM_ABSENT);
	CU_ASSERT_EQUAL(node->type, 7);
	node = node->next;
	CU_ASSERT_TRUE(node->any);
	CU_ASSERT_EQUAL(node->type, 9);
	node = node->next;
	in_port = node->children;
	CU_ASSERT_EQUAL(in_port->refs->offset, 0);
	CU_ASSERT_EQUAL(in_port->next->form, RIG_FORM_REST);
	node = node->next;
	CU_ASSERT_PTR_NOT_NULL_FATAL(node->care);
	CU_ASSERT_EQUAL(memcmp(node->care, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 16),
			0);
	CU_ASSERT_EQUAL(node->data[0], 1);
	node = node->next;
	CU_ASSERT_EQUAL(node->size, 0);
	CU_ASSERT_FALSE(node->any);
	CU_ASSERT_PTR_NULL(node->next);
	rig_arena_free(&arena);
}

static void pattern_text(void)
{
	static const char text[] = "!mask ufid=... key{in_port($p),...} stats(n_packets=1,...)";
	struct rig_bytes out = {};
	struct rig_arena arena = {};
	struct rig_message *pattern = pattern_of(&arena, text, NULL);
	const struct rig_node *node;

	CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
	for (node = pattern->nodes; node; node = node->next) {
		rig_bytes_print(&out, "%s", node == pattern->nodes ? "" : " ");
		rig_print_node(node, pattern->family->nest, NULL, &out);
	}
	CU_ASSERT_STRING_EQUAL(rig_bytes_text(&out), text);
	CU_ASSERT_EQUAL(rig_encode(pattern, NULL, test_resolver, NULL, &out, NULL), -1);
	rig_bytes_free(&out);
	rig_arena_free(&arena);
}

static void bit_fields_to_care_for(void)
{
	struct rig_arena arena = {};
	struct rig_message *pattern = pattern_of(&arena, "key{vlan(vid=1,...)}", NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
	CU_ASSERT_EQUAL(memcmp(pattern->nodes->children->care, "\x0f\xff", 2), 0);
	CU_ASSERT_EQUAL(memcmp(pattern->nodes->children->data, "\x00\x01", 2), 0);
	rig_arena_free(&arena);
}

static void resolved_copy(void)
{
	struct rig_arena arena = {};
	struct rig_error error = {};
	struct rig_message *pattern =
		pattern_of(&arena, "$abc @seq=$ab key{in_port($abcd),...}", NULL);
	struct rig_message *copy;

	CU_ASSERT_PTR_NOT_NULL_FATAL(pattern);
	copy = rig_resolve(&arena, pattern, test_resolver, NULL, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	CU_ASSERT_EQUAL(rig_message_dp(copy), 3);
	CU_ASSERT_EQUAL(copy->seq, 2);
	CU_ASSERT_EQUAL(copy->nodes->children->data[0], 4);
	CU_ASSERT_PTR_NULL(copy->nodes->children->refs);
	CU_ASSERT_EQUAL(copy->nodes->children->next->form, RIG_FORM_REST);
	/* The pattern itself is as it was. */
	CU_ASSERT_EQUAL(rig_message_dp(pattern), 0);
	CU_ASSERT_EQUAL(pattern->nodes->children->data[0], 0);
	CU_ASSERT_PTR_NOT_NULL(pattern->nodes->children->refs);

	pattern = pattern_of(&arena, "key{in_port($unknown)}", NULL);
	CU_ASSERT_PTR_NULL(rig_resolve(&arena, pattern, test_resolver, NULL, &error));
	CU_ASSERT_STRING_EQUAL(error.message, "nothing binds $unknown");
	rig_arena_free(&arena);
}

static int large(void *context, const char *symbol, uint64_t *value)
{
	(void)context;
	(void)symbol;
	*value = 0x10000;
	return 0;
}

static void value_too_large(void)
{
	struct rig_arena arena = {};
	struct rig_error error = {};
	struct rig_message *message = pattern_of(&arena, "key{ct_zone($z)}", NULL);
	struct rig_bytes bytes = {};

	CU_ASSERT_PTR_NOT_NULL_FATAL(message);
	CU_ASSERT_EQUAL(rig_encode(message, NULL, large, NULL, &bytes, &error), -1);
	CU_ASSERT_STRING_EQUAL(error.message, "$z is 65536, too large for a field of 2 bytes");
	rig_bytes_free(&bytes);
	rig_arena_free(&arena);
}

/* Symbols print as they were written, before and after a header. */
static void symbols_print(void)
{
	static const char text[] = "flow.new @seq=$n dp=$dp key{in_port($p)} actions{output:$p}\n";
	struct rig_arena arena = {};
	const struct rig_parser parser = { &arena, NULL, true };
	struct rig_bytes out = {};
	struct rig_message *message;

	CU_ASSERT_EQUAL(rig_parse(&parser, NULL, text, strlen(text), &message, NULL), 0);
	rig_print(message, NULL, &out);
	CU_ASSERT_STRING_EQUAL(rig_bytes_text(&out), text);
	rig_bytes_free(&out);
	rig_arena_free(&arena);
}

static void numbers_and_words(void)
{
	static const char text[] = "1400 0x10 99 a-b.c->";
	struct rig_error error = {};
	struct rig_cursor cursor;
	const char *word;
	uint64_t number;

	rig_cursor_init(&cursor, NULL, text, strlen(text));
	CU_ASSERT_EQUAL(rig_cursor_number(&cursor, 9999, &number, &error), 0);
	CU_ASSERT_EQUAL(number, 1400);
	CU_ASSERT_TRUE(rig_cursor_more(&cursor));
	CU_ASSERT_EQUAL(rig_cursor_number(&cursor, 16, &number, &error), 0);
	CU_ASSERT_EQUAL(number, 16);
	CU_ASSERT_TRUE(rig_cursor_more(&cursor));
	CU_ASSERT_EQUAL(rig_cursor_number(&cursor, 98, &number, &error), -1);
	CU_ASSERT_STRING_EQUAL(error.message, "expected a number of at most 98, found '99'");
	CU_ASSERT_EQUAL(error.column, 11);
	CU_ASSERT_TRUE(rig_cursor_more(&cursor));
	CU_ASSERT_EQUAL(rig_cursor_word(&cursor, &word), 5);
	CU_ASSERT_TRUE(rig_cursor_is(&cursor, "->"));
}

RIG_TEST_SUITE(pattern, { "message in a script", message_in_a_script },
	       { "pattern marks", pattern_marks }, { "pattern text", pattern_text },
	       { "bit fields to care for", bit_fields_to_care_for },
	       { "resolved copy", resolved_copy }, { "value too large", value_too_large },
	       { "symbols print", symbols_print }, { "numbers and words", numbers_and_words });
