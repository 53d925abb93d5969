/* SPDX-License-Identifier: GPL-2.0-only */
/* Every refusal of the parser, with the exact place and words. */
#include <string.h>

#include "tests/test.h"
#include "tests/wire_help.h"

struct wrong {
	const char *text;
	const char *error; /* "line:column: message" */
};

static void check(const struct wrong *wrongs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct rig_arena arena = {};
		const struct rig_parser parser = { &arena, NULL, true };
		struct rig_message *messages;
		struct rig_error error = {};
		char text[512];

		CU_ASSERT_EQUAL(rig_parse(&parser, NULL, wrongs[i].text, strlen(wrongs[i].text),
					  &messages, &error),
				-1);
		CU_ASSERT_STRING_EQUAL(rig_error_text(&error, text, sizeof(text)), wrongs[i].error);
		rig_arena_free(&arena);
	}
}

#define CHECK(wrongs) check(wrongs, sizeof(wrongs) / sizeof((wrongs)[0]))

static void messages(void)
{
	static const struct wrong wrongs[] = {
		{ "bridge.new", "1:1: expected FAMILY.COMMAND, found 'bridge.new'" },
		{ "+ dp.new", "1:1: expected FAMILY.COMMAND, found '+'" },
		{ "dp", "1:3: expected '.' after dp, found the end" },
		{ "dp.make", "1:4: expected a command of dp or its number, found 'make'" },
		{ "dp.256", "1:4: expected a command of dp or its number, found '256'" },
		{ "dp.get\ndp.get", "2:1: expected '+' before the next message, found 'dp.get'" },
		{ "dp.get -> ok", "1:8: expected an item or the end, found '->'" },
		{ "raw 0102", "1:5: expected hex:, found '0102'" },
		{ "msg key{}", "1:5: expected an attribute of a message of no known type, "
			       "found 'key{}'" },
	};

	CHECK(wrongs);
}

static void headers(void)
{
	static const struct wrong wrongs[] = {
		{ "dp.get @size=1", "1:8: expected @type, @len, @flags, @seq, @pid, @version, "
				    "@reserved or @pad, found '@size=1'" },
		{ "nl.noop @version=1", "1:9: expected @type, @len, @flags, @seq, @pid or @pad, "
					"found '@version=1'" },
		{ "dp.get @seq 1", "1:12: expected '=' after @seq, found '1'" },
		{ "dp.get @seq=4294967296", "1:13: expected a number of at most 32 bits, "
					    "found '4294967296'" },
		{ "dp.get @version=", "1:17: expected a number of at most 8 bits, found the end" },
		{ "dp.get @flags=request|new",
		  "1:15: expected a number of at most 16 bits or request|multi|ack|echo|dump_intr|"
		  "dump_filtered|dump|root|match|atomic, found 'request|new'" },
		{ "dp.get @type=bridge", "1:14: expected a family or a number, found 'bridge'" },
		{ "dp.get @pad=0", "1:13: expected an even number of hex digits, found 1" },
		{ "dp.get dp 5", "1:10: expected '=' after dp, found '5'" },
		{ "dp.get dp=hex:01", "1:11: dp has 4 bytes, not 1" },
		{ "ctrl.getfamily $dp", "1:16: a bare $symbol stands for dp=, which is not in this "
					"message" },
		{ "dp.get $", "1:8: expected a $symbol, found '$'" },
		{ "nl.error error=ENOTHING", "1:16: expected an errno such as EINVAL, or a number, "
					     "found 'ENOTHING'" },
		{ "nl.error request=1", "1:17: expected '(' after request, found '=1'" },
		{ "nl.error request(len=1", "1:23: expected ')', found the end" },
	};

	CHECK(wrongs);
}

static void items(void)
{
	static const struct wrong wrongs[] = {
		{ "dp.new nam=br0", "1:8: expected an attribute of dp, found 'nam=br0'" },
		{ "dp.new\n  name=br0\n  nam=br1",
		  "3:3: expected an attribute of dp, found 'nam=br1'" },
		{ "dp.new 16384=hex:", "1:8: expected an attribute number of at most 16383, "
				       "found '16384=hex:'" },
		{ "dp.new name", "1:12: expected '=' after name, found the end" },
		{ "dp.new name(br0)", "1:12: expected '=' after name, found '(br0)'" },
		{ "dp.new name=br0,upcall_pid=1", "1:16: expected a blank, found ',upcall_pid=1'" },
		{ "dp.new 77=1", "1:11: expected hex:, found '1'" },
		{ "dp.new name!x=br0", "1:13: expected n, b, len= or pad=, found 'x=br0'" },
		{ "dp.new name!len=65536=br0", "1:17: expected a number of at most 65535, "
					       "found '65536=br0'" },
		{ "dp.new hex:012", "1:12: expected an even number of hex digits, found 3" },
		{ "dp.new ...", "1:8: expected an attribute of dp, found '...'" },
		{ "dp.new !name", "1:8: expected an attribute of dp, found '!name'" },
		{ "flow.new key{in_port(0)", "1:24: expected ',' or '}', found the end" },
		{ "flow.new key{in_port(0),}", "1:25: expected an attribute of key, found '}'" },
		{ "flow.new key{in_port=0}", "1:21: expected '(' after in_port, found '=0}'" },
		{ "flow.new key{in_port(0}", "1:23: expected ')', found '}'" },
		{ "flow.new actions{output:1*0}", "1:26: an item cannot be repeated 0 times" },
		{ "flow.new actions{output:1*65537}", "1:27: expected a number of at most 65536, "
						      "found '65537}'" },
		{ "flow.new probe(1)", "1:15: expected a blank, found '(1)'" },
		{ "flow.new probe=1", "1:16: expected hex:, found '1'" },
	};

	CHECK(wrongs);
}

static void values(void)
{
	static const struct wrong wrongs[] = {
		{ "flow.new key{in_port(x)}", "1:22: expected a number of at most 32 bits, "
					      "found 'x)}'" },
		{ "vport.new type=bridge", "1:16: expected a number of at most 32 bits or netdev, "
					   "internal, gre, vxlan, geneve, found 'bridge'" },
		{ "vport.new upcall_pid=[1,2", "1:26: expected ',' or ']', found the end" },
		{ "vport.new upcall_pid=[]",
		  "1:23: expected a number of at most 32 bits, found ']'" },
		{ "vport.new name=", "1:16: expected a string, found the end" },
		{ "vport.new name=\"p1", "1:16: expected a '\"' at the end of the string" },
		{ "vport.new name=\"\\n\"", "1:17: expected \\\", \\\\ or \\xNN, found '\\n\"'" },
		{ "flow.new ufid=", "1:15: expected hex digits, found the end" },
		{ "flow.new ufid=012", "1:15: expected an even number of hex digits, found 3" },
		{ "flow.new key{eth(src=1:2)}", "1:22: expected a MAC address, found '1:2)}'" },
		{ "flow.new key{ipv4(src=1.2.3)}",
		  "1:23: expected an IPv4 address, found '1.2.3)}'" },
		{ "flow.new key{ipv6(src=1::2::3)}", "1:23: expected an IPv6 address, "
						     "found '1::2::3)}'" },
		{ "flow.new key{ipv4(source=1.2.3.4)}", "1:19: expected a field of ipv4, "
							"found 'source=1.2.3.4)}'" },
		{ "flow.new key{ipv4(src 1.2.3.4)}", "1:22: expected '=' after src, "
						     "found '1.2.3.4)}'" },
		{ "flow.new key{ipv4(ttl=1,ttl=2)}", "1:25: ttl is given twice" },
		{ "flow.new key{ipv4(ttl=256)}", "1:23: expected a number of at most 8 bits, "
						 "found '256)}'" },
		{ "flow.new key{vlan(vid=4096)}", "1:23: expected a number of at most 12 bits, "
						  "found '4096)}'" },
		{ "flow.new key{vlan(vid=$x)}",
		  "1:23: a $symbol cannot stand for vid: it is no whole "
		  "integer" },
		{ "flow.new key{ct_label($x)}", "1:23: a $symbol cannot stand for hex128: it is no "
						"whole integer" },
		{ "flow.new key{ipv4(ttl=1}", "1:24: expected ',' or ')', found '}'" },
		{ "flow.new key{in_port(1/2)}", "1:23: expected ')', found '/2)}'" },
	};

	CHECK(wrongs);
}

static void frames(void)
{
	static const struct wrong wrongs[] = {
		{ "packet.execute packet=frame", "1:28: expected '{' after frame, found the end" },
		{ "packet.execute packet=frame{in_port(1)}",
		  "1:23: in_port is no part of a frame" },
		{ "packet.execute packet=frame{tcp_flags(syn)}",
		  "1:23: tcp_flags() must follow tcp()" },
		{ "packet.execute packet=frame{eth(hex:01)}",
		  "1:23: eth has not the length of its header" },
		{ "packet.execute packet=frame{nsh()}", "1:23: nsh() must begin with base()" },
		{ "packet.execute packet=frame{77(hex:)}",
		  "1:23: an unknown attribute is no part of a frame" },
		{ "packet.execute packet=frame{eth_type($x)}",
		  "1:38: a $symbol cannot stand here" },
	};

	CHECK(wrongs);
}

static void symbols_not_allowed(void)
{
	static const char text[] = "dp.get $dp";
	struct rig_arena arena = {};
	const struct rig_parser parser = { &arena, NULL, false };
	struct rig_message *message;
	struct rig_error error = {};

	CU_ASSERT_EQUAL(rig_parse(&parser, "f", text, strlen(text), &message, &error), -1);
	CU_ASSERT_STRING_EQUAL(error.message, "a $symbol cannot stand here");
	CU_ASSERT_STRING_EQUAL(error.file, "f");
	CU_ASSERT_EQUAL(error.column, 8);
	rig_arena_free(&arena);
}

/* As deep as decoding goes the text goes too, and no deeper. */
static void too_deep(void)
{
	struct rig_bytes text = {};
	struct rig_arena arena = {};
	const struct rig_parser parser = { &arena, NULL, false };
	struct rig_message *message;
	struct rig_error error = {};
	int depth;

	rig_bytes_print(&text, "flow.new actions{");
	for (depth = 1; depth <= RIG_NEST_DEPTH_MAX + 1; depth++)
		rig_bytes_print(&text, "clone(");
	CU_ASSERT_EQUAL(
		rig_parse(&parser, NULL, rig_bytes_text(&text), text.size, &message, &error), -1);
	CU_ASSERT_STRING_EQUAL(error.message,
			       "nests are at most 64 deep; write the inner ones as hex:");
	rig_bytes_free(&text);
	rig_arena_free(&arena);
}

/* What only shows when the bytes are made. */
static void encoding(void)
{
	static const struct wrong wrongs[] = {
		{ "dp.get $unknown", "1:8: nothing binds $unknown" },
		{ "flow.new actions{output:1*9000}",
		  "attribute actions has 72004 bytes, more than nla_len can count; say !len=N" },
		{ "flow.new actions!len=0{clone!len=0(output:1*65536)*65536}",
		  "the datagram is larger than 16777216 bytes" },
	};
	size_t i;

	for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct rig_arena arena = {};
		const struct rig_parser parser = { &arena, NULL, true };
		struct rig_bytes bytes = {};
		struct rig_message *message;
		struct rig_error error = {};
		char text[512];

		CU_ASSERT_EQUAL(rig_parse(&parser, NULL, wrongs[i].text, strlen(wrongs[i].text),
					  &message, &error),
				0);
		CU_ASSERT_EQUAL(rig_encode(message, NULL, test_resolver, NULL, &bytes, &error), -1);
		CU_ASSERT_STRING_EQUAL(rig_error_text(&error, text, sizeof(text)), wrongs[i].error);
		rig_bytes_free(&bytes);
		rig_arena_free(&arena);
	}
}

RIG_TEST_SUITE(parse_error, { "messages", messages }, { "headers", headers }, { "items", items },
	       { "values", values }, { "frames", frames },
	       { "symbols not allowed", symbols_not_allowed }, { "too deep", too_deep },
	       { "encoding", encoding });
