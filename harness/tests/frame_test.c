/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames composed from key notation; the expected bytes come from another implementation. */
#include <string.h>

#include "tests/test.h"
#include "tests/wire_help.h"

struct example {
	const char *items; /* behind eth(...) */
	const char *bytes; /* in hex, behind the addresses */
};

/* clang-format off */
static const struct example examples[] = {
	{ "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,ttl=64),udp(src=1,dst=2"
	  "),payload(68656c6c6f)",
	  "08004500002100000000401166ca0a0000010a00000200010002000da7fc68656c6c6f" },
	{ "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,ttl=64),tcp(src=80,dst=4"
	  "43),tcp_flags(syn|ack|ns)",
	  "08004500002800000000400666ce0a0000010a000002005001bb00000000000000005112000098c5"
	  "0000" },
	{ "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=1,ttl=64),icmp(type=8,code"
	  "=0),payload(01)",
	  "08004500001d00000000400166de0a0000010a0000020800f6ff0000000001" },
	{ "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=132,ttl=64),sctp(src=1,dst"
	  "=2)",
	  "08004500002000000000408466580a0000010a0000020001000200000000fd988051" },
	{ "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,proto=17,hlimit=64),udp(src=1,dst="
	  "2),payload(010203)",
	  "86dd60000000000b1140fe800000000000000000000000000001fe80000000000000000000000000"
	  "000200010002000bfece010203" },
	{ "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0x12345,tclass=171,proto=6,h"
	  "limit=64),tcp(src=1,dst=2)",
	  "86dd6ab1234500140640fe800000000000000000000000000001fe80000000000000000000000000"
	  "000200010002000000000000000050000000b2dd0000" },
	{ "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,proto=58,hlimit=64),icmpv6(type=13"
	  "5,code=0),nd(target=fe80::2,sll=02:00:00:00:00:09)",
	  "86dd6000000000203a40fe800000000000000000000000000001fe80000000000000000000000000"
	  "000287007a1300000000fe8000000000000000000000000000020101020000000009" },
	{ "eth_type(0x0806),arp(sip=10.0.0.1,tip=10.0.0.2,op=1,sha=02:00:00:00:00:01)",
	  "080600010800060400010200000000010a0000010000000000000a000002" },
	{ "eth_type(0x8100),vlan(vid=5,pcp=1),encap(eth_type(0x0800),ipv4(src=10.0.0.1,dst="
	  "10.0.0.2,proto=17,ttl=64),udp(src=1,dst=2))",
	  "8100200508004500001c00000000401166cf0a0000010a000002000100020008ebd8" },
	{ "eth_type(0x8847),mpls(label=3,ttl=9,bos=1),payload(45)", "88470000310945" },
	{ "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,ttl=64,frag=first),payl"
	  "oad(0000000000000000)",
	  "08004500001c00002000401146cf0a0000010a0000020000000000000000" },
	{ "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,ttl=64,frag=later),payl"
	  "oad(00)",
	  "08004500001500000001401166d50a0000010a00000200" },
	{ "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,proto=17,hlimit=64,frag=later),pay"
	  "load(00)",
	  "86dd6000000000092c40fe800000000000000000000000000001fe80000000000000000000000000"
	  "0002110000080000000000" },
	{ "eth_type(0x894f),nsh(base(flags=0,ttl=63,mdtype=1,np=3,spi=7,si=255),md1(c1=0x1)"
	  "),payload(aa)",
	  "894f0fc60103000007ff00000001000000000000000000000000aa" },
	{ "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,ttl=64),udp(src=1,dst=2"
	  "),payload(ebd4)",
	  "08004500001e00000000401166cd0a0000010a00000200010002000affffebd4" },
};
/* clang-format on */

static void composed(void)
{
	size_t i;

	for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct rig_bytes text = {}, hex = {}, want = {};
		struct rig_arena arena = {};
		const struct rig_parser parser = { &arena, NULL, true };
		struct rig_cursor cursor;
		const uint8_t *frame;
		size_t size;

		rig_bytes_print(&text, "frame{eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),%s}",
				examples[i].items);
		rig_bytes_print(&want, "020000000002020000000001%s", examples[i].bytes);
		rig_cursor_init(&cursor, NULL, rig_bytes_text(&text), text.size);
		CU_ASSERT_EQUAL_FATAL(rig_parse_frame(&parser, &cursor, &frame, &size, NULL), 0);
		rig_bytes_hex(&hex, frame, size);
		CU_ASSERT_STRING_EQUAL(rig_bytes_text(&hex), rig_bytes_text(&want));
		CU_ASSERT_FALSE(rig_cursor_more(&cursor));
		rig_bytes_free(&text);
		rig_bytes_free(&hex);
		rig_bytes_free(&want);
		rig_arena_free(&arena);
	}
}

static void plain_hex(void)
{
	static const char text[] = "0a0b ->", nothing[] = "veth0";
	struct rig_arena arena = {};
	const struct rig_parser parser = { &arena, NULL, true };
	struct rig_error error = {};
	struct rig_cursor cursor;
	const uint8_t *frame;
	size_t size;

	rig_cursor_init(&cursor, NULL, text, strlen(text));
	CU_ASSERT_EQUAL_FATAL(rig_parse_frame(&parser, &cursor, &frame, &size, NULL), 0);
	CU_ASSERT_EQUAL(size, 2);
	CU_ASSERT_EQUAL(frame[1], 0x0b);
	rig_cursor_init(&cursor, NULL, nothing, strlen(nothing));
	CU_ASSERT_EQUAL(rig_parse_frame(&parser, &cursor, &frame, &size, &error), -1);
	CU_ASSERT_STRING_EQUAL(error.message, "expected hex digits or frame{...}, found 'veth0'");
	rig_arena_free(&arena);
}

RIG_TEST_SUITE(frame, { "composed", composed }, { "plain hex", plain_hex });
