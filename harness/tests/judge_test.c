/* SPDX-License-Identifier: GPL-2.0-only */
/* The judge must be red for each way in which an answer can be wrong, and green only for right. */
#include "judge/judge.h"

#include <stdio.h>
#include <string.h>

#include "link/link.h"
#include "tests/test.h"
#include "wire/codec.h"

#define ITEMS_MAX  128
#define OVS_HEADER 24 /* bytes before the attributes: nlmsghdr, genlmsghdr, ovs_header */

/* What is expected and what comes, put together by hand. */
struct bench {
	struct rig_arena arena;
	struct rig_expected expected[ITEMS_MAX];
	struct rig_answer answer;
	struct rig_inbox inbox;
	struct rig_findings findings;
	struct rig_judge judge;
};

static const char *socket_name(void *context, unsigned int socket)
{
	(void)context;
	return socket ? "b" : "sock";
}

static const char *place(void *context)
{
	(void)context;
	return "line 1: test";
}

static void bench_init(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->answer.list = b->expected;
	b->inbox.arena = b->findings.arena = b->judge.arena = &b->arena;
	b->inbox.ids = b->judge.ids = &rig_family_ids_default;
	b->judge.findings = &b->findings;
	b->judge.socket_name = socket_name;
	b->judge.place = place;
}

static void bench_free(struct bench *b)
{
	rig_inbox_free(&b->inbox);
	rig_arena_free(&b->arena);
}

static const uint8_t *bytes_of(struct bench *b, const char *text, size_t *size)
{
	const struct rig_parser parser = { .arena = &b->arena };
	struct rig_message *messages = NULL;
	struct rig_bytes bytes = { 0 };
	struct rig_error err = { 0 };
	const uint8_t *copy;

	rig_parse(&parser, text, text, strlen(text), &messages, &err);
	CU_ASSERT_STRING_EQUAL(err.message, "");
	CU_ASSERT_EQUAL(rig_encode(messages, NULL, NULL, NULL, &bytes, &err), 0);
	copy = rig_arena_copy(&b->arena, bytes.data, bytes.size);
	*size = bytes.size;
	rig_bytes_free(&bytes);
	return copy;
}

static struct rig_expected *expect(struct bench *b, unsigned int socket, const char *text)
{
	struct rig_expected *e = &b->expected[b->answer.count++];
	size_t size;

	e->bytes = bytes_of(b, text, &size);
	e->len = (uint32_t)size;
	e->sock = socket;
	return e;
}

static void arrive(struct bench *b, unsigned int socket, const char *text)
{
	struct rig_event event = { .kind = RIG_EVENT_DATAGRAM, .socket = (int)socket };

	event.data = bytes_of(b, text, &event.len);
	CU_ASSERT_EQUAL(rig_inbox_add(&b->inbox, &event), 0);
}

static void arrive_frame(struct bench *b, const char *port, const void *data, size_t size)
{
	struct rig_event event = { .kind = RIG_EVENT_FRAME, .data = data, .len = size };

	snprintf(event.port, sizeof(event.port), "%s", port);
	CU_ASSERT_EQUAL(rig_inbox_add(&b->inbox, &event), 0);
}

/* Judges, and holds the headlines against what they must be, in order. */
static void check(struct bench *b, const char *const *headlines, size_t count)
{
	const struct rig_finding *f;

	CU_ASSERT_EQUAL(rig_judge_answer(&b->judge, &b->answer, &b->inbox), 0);
	CU_ASSERT_EQUAL(b->findings.count, count);
	for (f = b->findings.first; f; f = f->next) {
		if (count == 0) {
			CU_ASSERT_STRING_EQUAL(f->headline, "no more findings");
			break;
		}
		CU_ASSERT_STRING_EQUAL(f->headline, *headlines);
		if (strcmp(f->headline, *headlines))
			fprintf(stderr, "%s\n%s", f->headline, f->detail);
		headlines++;
		count--;
	}
	bench_free(b);
}

#define CHECK_CLEAN(bench) check(bench, NULL, 0)
#define CHECK_FINDINGS(bench, ...)                         \
	check(bench, (const char *const[]){ __VA_ARGS__ }, \
	      sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

#define ACK(error) \
	"nl.error @seq=1 @pid=7 error=" error " request(len=24,type=20,flags=5,seq=1,pid=0)"

static void as_expected(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "dp.new @seq=1 @pid=7 dp=5 name=br0");
	expect(&b, 0, ACK("0"));
	expect(&b, 1, "dp.new @seq=1 @pid=7 dp=5 name=br0");
	CU_ASSERT_FALSE(rig_judge_complete(&b.answer, &b.inbox));
	arrive(&b, 1, "dp.new @seq=1 @pid=7 dp=5 name=br0");
	arrive(&b, 0, "dp.new @seq=1 @pid=7 dp=5 name=br0\n+ " ACK("0"));
	CU_ASSERT_TRUE(rig_judge_complete(&b.answer, &b.inbox));
	CHECK_CLEAN(&b);
}

static void one_errno_off(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, ACK("EINVAL"));
	arrive(&b, 0, ACK("ENODEV"));
	CHECK_FINDINGS(&b,
		       "line 1: test: model expects error EINVAL on $sock, received error ENODEV");
}

static void reply_in_place_of_error(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, ACK("EINVAL"));
	arrive(&b, 0, "dp.new @seq=1 @pid=7 dp=5 name=br0");
	CHECK_FINDINGS(&b, "line 1: test: model expects error EINVAL on $sock, received dp.new");
}

static void attribute_missing(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "flow.new @seq=1 dp=5 key{in_port(1),eth_type(0x0806)} actions{output:0}");
	arrive(&b, 0, "flow.new @seq=1 dp=5 key{in_port(1),eth_type(0x0806)}");
	CHECK_FINDINGS(&b, "line 1: test: flow.new on $sock is not as the model expects: actions");
}

static void attribute_too_many(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "flow.new @seq=1 dp=5 key{in_port(1)}");
	arrive(&b, 0, "flow.new @seq=1 dp=5 key{in_port(1)} probe");
	CHECK_FINDINGS(&b, "line 1: test: flow.new on $sock is not as the model expects: probe");
}

static void nested_value(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "flow.new @seq=1 dp=5 key{in_port(1),eth_type(0x0806)} actions{output:0}");
	arrive(&b, 0, "flow.new @seq=1 dp=5 key{in_port(1),eth_type(0x0800)} actions{output:0}");
	CHECK_FINDINGS(&b,
		       "line 1: test: flow.new on $sock is not as the model expects: key/eth_type");
}

static void header_differs(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "dp.new @flags=multi @seq=1 @pid=7 dp=5 name=br0");
	arrive(&b, 0, "dp.new @flags=0 @seq=1 @pid=7 dp=5 name=br0");
	CHECK_FINDINGS(&b, "line 1: test: dp.new on $sock is not as the model expects: header");
}

static void notification_too_many(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, ACK("0"));
	arrive(&b, 0, ACK("0"));
	arrive(&b, 1, "vport.new @seq=1 dp=5 port_no=1");
	arrive(&b, 1, "vport.new @seq=1 dp=5 port_no=1");
	CHECK_FINDINGS(&b, "line 1: test: model expects nothing more on $b, received vport.new",
		       "line 1: test: model expects nothing more on $b, received vport.new");
}

static void notification_missing(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, ACK("0"));
	expect(&b, 1, "vport.new @seq=1 dp=5 port_no=1");
	arrive(&b, 0, ACK("0"));
	CHECK_FINDINGS(&b, "line 1: test: model expects vport.new on $b, nothing came");
}

static void order_matters(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "dp.new @seq=1 @pid=7 dp=5 name=br0");
	expect(&b, 0, ACK("0"));
	arrive(&b, 0, ACK("0"));
	arrive(&b, 0, "dp.new @seq=1 @pid=7 dp=5 name=br0");
	CHECK_FINDINGS(&b, "line 1: test: ok on $sock came too early");
}

static void order_within_a_set_does_not(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "vport.new @seq=1 dp=5 port_no=1")->set = 3;
	expect(&b, 0, "vport.new @seq=1 dp=5 port_no=2")->set = 3;
	expect(&b, 0, "vport.new @seq=1 dp=5 port_no=3")->set = 3;
	expect(&b, 0, "nl.done @flags=multi @seq=1 error=0");
	arrive(&b, 0, "vport.new @seq=1 dp=5 port_no=3");
	arrive(&b, 0, "vport.new @seq=1 dp=5 port_no=1");
	arrive(&b, 0, "vport.new @seq=1 dp=5 port_no=2\n+ nl.done @flags=multi @seq=1 error=0");
	CHECK_CLEAN(&b);
}

static void end_before_the_set_is_complete(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "vport.new @seq=1 dp=5 port_no=1")->set = 3;
	expect(&b, 0, "vport.new @seq=1 dp=5 port_no=2")->set = 3;
	expect(&b, 0, "nl.done @flags=multi @seq=1 error=0");
	arrive(&b, 0, "vport.new @seq=1 dp=5 port_no=2");
	arrive(&b, 0, "nl.done @flags=multi @seq=1 error=0");
	arrive(&b, 0, "vport.new @seq=1 dp=5 port_no=1");
	CHECK_FINDINGS(&b, "line 1: test: done on $sock came too early");
}

static void dump_shows_one_twice(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "vport.new @seq=1 dp=5 port_no=1")->set = 3;
	expect(&b, 0, "vport.new @seq=1 dp=5 port_no=2")->set = 3;
	arrive(&b, 0, "vport.new @seq=1 dp=5 port_no=1");
	arrive(&b, 0, "vport.new @seq=1 dp=5 port_no=1");
	CHECK_FINDINGS(&b, "line 1: test: vport.new on $sock is not as the model expects: port_no");
}

static void one_of_two_equals(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 1, "packet.miss dp=5")->optional = true;
	expect(&b, 1, "packet.miss dp=5");
	arrive(&b, 1, "packet.miss dp=5");
	CHECK_CLEAN(&b);
}

/* More than are looked for one by one, the other way round; @wrong of them is not as it was. */
static void long_dump(struct bench *b, unsigned int count, unsigned int wrong)
{
	char text[64];

	bench_init(b);
	for (unsigned int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "dp.new @seq=1 @pid=7 dp=%u name=br%u", i, i);
		expect(b, 0, text)->set = 1;
	}
	expect(b, 0, ACK("0"));
	for (unsigned int i = count; i-- > 0;) {
		snprintf(text, sizeof(text), "dp.new @seq=1 @pid=7 dp=%u name=br%u",
			 i == wrong ? 999 : i, i);
		arrive(b, 0, text);
	}
	arrive(b, 0, ACK("0"));
}

static void long_dump_in_any_order(void)
{
	struct bench b;

	long_dump(&b, 100, 100);
	CHECK_CLEAN(&b);
}

static void one_of_a_long_dump_differs(void)
{
	for (unsigned int wrong = 0; wrong < 100; wrong += 33) {
		struct bench b;

		long_dump(&b, 100, wrong);
		CHECK_FINDINGS(&b,
			       "line 1: test: dp.new on $sock is not as the model expects: header");
	}
}

static void optional_may_stay_away(void)
{
	for (int comes = 0; comes < 2; comes++) {
		struct bench b;

		bench_init(&b);
		expect(&b, 1, "packet.miss dp=5")->optional = true;
		expect(&b, 1, "packet.action dp=5");
		if (comes)
			arrive(&b, 1, "packet.miss dp=5");
		arrive(&b, 1, "packet.action dp=5");
		CU_ASSERT_TRUE(rig_judge_complete(&b.answer, &b.inbox));
		CHECK_CLEAN(&b);
	}
}

/* Two upcalls of equal bytes, each to one of two sockets, and one that is for $b alone. */
static void expect_groups(struct bench *b)
{
	bench_init(b);
	expect(b, 0, "packet.miss dp=5")->group = 1;
	expect(b, 1, "packet.miss dp=5")->group = 1;
	expect(b, 1, "packet.miss dp=5");
	expect(b, 0, "packet.miss dp=5")->group = 4;
	expect(b, 1, "packet.miss dp=5")->group = 4;
}

static void one_of_a_group(void)
{
	for (unsigned int to_b = 1; to_b <= 3; to_b++) {
		struct bench b;

		expect_groups(&b);
		for (unsigned int i = 0; i < 3; i++) {
			CU_ASSERT_FALSE(rig_judge_complete(&b.answer, &b.inbox));
			arrive(&b, i < to_b, "packet.miss dp=5");
		}
		CU_ASSERT_TRUE(rig_judge_complete(&b.answer, &b.inbox));
		CHECK_CLEAN(&b);
	}
}

static void none_of_a_group(void)
{
	struct bench b;

	expect_groups(&b);
	arrive(&b, 1, "packet.miss dp=5");
	arrive(&b, 1, "packet.miss dp=5");
	CU_ASSERT_FALSE(rig_judge_complete(&b.answer, &b.inbox));
	CHECK_FINDINGS(
		&b,
		"line 1: test: model expects packet.miss on $sock or another socket, nothing came");
}

static void two_of_a_group(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "packet.miss dp=5")->group = 1;
	expect(&b, 1, "packet.miss dp=5")->group = 1;
	arrive(&b, 0, "packet.miss dp=5");
	arrive(&b, 1, "packet.miss dp=5");
	CHECK_FINDINGS(&b, "line 1: test: model expects nothing more on $b, received packet.miss");
}

static void wrong_one_of_a_group(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, "packet.miss dp=5")->group = 1;
	expect(&b, 1, "packet.miss dp=5")->group = 1;
	arrive(&b, 1, "packet.miss dp=6");
	CHECK_FINDINGS(&b, "line 1: test: packet.miss on $b is not as the model expects: header");
}

static const struct rig_open open_dp = { .offset = 20, .len = 4, .slot = 2 };
static const struct rig_open open_port = { .offset = OVS_HEADER + 4, .len = 4, .slot = -1 };

static void open_spans_may_differ(void)
{
	struct rig_expected *e;
	struct bench b;

	bench_init(&b);
	e = expect(&b, 0, "vport.new @seq=1 dp=5 port_no=1");
	e->open = &open_port;
	e->n_open = 1;
	arrive(&b, 0, "vport.new @seq=1 dp=5 port_no=77");
	CHECK_CLEAN(&b);
	bench_init(&b);
	e = expect(&b, 0, "vport.new @seq=1 dp=5 port_no=1");
	e->open = &open_port;
	e->n_open = 1;
	arrive(&b, 0, "vport.new @seq=1 dp=6 port_no=77");
	CHECK_FINDINGS(&b, "line 1: test: vport.new on $sock is not as the model expects: header");
}

static void chosen_value_is_learned(void)
{
	struct bench b;

	bench_init(&b);
	for (unsigned int socket = 0; socket < 2; socket++) {
		struct rig_expected *e = expect(&b, socket, "dp.new @seq=1 dp=5 name=br0");

		e->open = &open_dp;
		e->n_open = 1;
		arrive(&b, socket, "dp.new @seq=1 dp=9 name=br0");
	}
	CU_ASSERT_EQUAL(rig_judge_answer(&b.judge, &b.answer, &b.inbox), 0);
	CU_ASSERT_EQUAL(b.findings.count, 0);
	CU_ASSERT_EQUAL_FATAL(b.judge.n_slots, 1);
	CU_ASSERT_EQUAL(b.judge.slots[0].slot, 2);
	CU_ASSERT_EQUAL(b.judge.slots[0].value, 9);
	bench_free(&b);
}

static void chosen_value_must_not_change(void)
{
	struct bench b;

	bench_init(&b);
	for (unsigned int socket = 0; socket < 2; socket++) {
		struct rig_expected *e = expect(&b, socket, "dp.new @seq=1 dp=5 name=br0");

		e->open = &open_dp;
		e->n_open = 1;
		arrive(&b, socket,
		       socket ? "dp.new @seq=1 dp=10 name=br0" : "dp.new @seq=1 dp=9 name=br0");
	}
	CHECK_FINDINGS(&b,
		       "line 1: test: dp.new on $b is not as the model expects: an earlier value");
}

static void overrun(void)
{
	const struct rig_event event = { .kind = RIG_EVENT_OVERRUN, .socket = 1 };
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(rig_inbox_add(&b.inbox, &event), 0);
	CHECK_FINDINGS(&b, "line 1: test: messages were lost: the receive buffer of $b overran");
}

static void bytes_that_are_no_message(void)
{
	struct bench b;

	bench_init(&b);
	expect(&b, 0, ACK("0"));
	arrive(&b, 0, ACK("0") "\n+ raw hex:0a0b0c0d");
	CHECK_FINDINGS(&b, "line 1: test: model expects nothing more on $sock, received raw bytes");
}

static void frames(void)
{
	static const uint8_t sent[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 };
	static const uint8_t wrong[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3, 8, 0 };
	struct bench b;

	bench_init(&b);
	b.expected[b.answer.count++] = (struct rig_expected){
		.kind = RIG_EXPECT_FRAME, .netdev = "v0", .bytes = sent, .len = sizeof(sent)
	};
	b.expected[b.answer.count++] = (struct rig_expected){
		.kind = RIG_EXPECT_FRAME, .netdev = "v1", .bytes = sent, .len = sizeof(sent)
	};
	arrive_frame(&b, "v0", sent, sizeof(sent));
	arrive_frame(&b, "v1", wrong, sizeof(wrong));
	arrive_frame(&b, "v2", sent, sizeof(sent));
	CHECK_FINDINGS(&b, "line 1: test: a frame on v1 is not as the model expects: byte 11",
		       "line 1: test: model expects nothing more on v2, received a frame");
}

/* What the model does not know may be more than it says, but never less. */
static void beyond_the_model(void)
{
	struct bench b;

	bench_init(&b);
	b.answer.unmodelled = "meters";
	expect(&b, 0, ACK("0"));
	arrive(&b, 0, ACK("0"));
	arrive(&b, 1, "vport.new @seq=1 dp=5 port_no=1");
	CHECK_CLEAN(&b);
	bench_init(&b);
	b.answer.unmodelled = "meters";
	expect(&b, 0, ACK("0"));
	CHECK_FINDINGS(&b, "line 1: test: model expects ok on $sock, nothing came");
}

RIG_TEST_SUITE(judge, { "as expected", as_expected }, { "one errno off", one_errno_off },
	       { "reply in place of error", reply_in_place_of_error },
	       { "attribute missing", attribute_missing },
	       { "attribute too many", attribute_too_many }, { "nested value", nested_value },
	       { "header differs", header_differs },
	       { "notification too many", notification_too_many },
	       { "notification missing", notification_missing }, { "order matters", order_matters },
	       { "order within a set does not", order_within_a_set_does_not },
	       { "end before the set is complete", end_before_the_set_is_complete },
	       { "dump shows one twice", dump_shows_one_twice },
	       { "one of two equals, the first optional", one_of_two_equals },
	       { "long dump in any order", long_dump_in_any_order },
	       { "one of a long dump differs", one_of_a_long_dump_differs },
	       { "optional may stay away", optional_may_stay_away },
	       { "one of a group", one_of_a_group }, { "none of a group", none_of_a_group },
	       { "two of a group", two_of_a_group },
	       { "wrong one of a group", wrong_one_of_a_group },
	       { "open spans may differ", open_spans_may_differ },
	       { "chosen value is learned", chosen_value_is_learned },
	       { "chosen value must not change", chosen_value_must_not_change },
	       { "overrun", overrun }, { "bytes that are no message", bytes_that_are_no_message },
	       { "frames", frames }, { "beyond the model", beyond_the_model });
