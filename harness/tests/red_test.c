/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rig's own red tests: a run over a target that is wrong in one respect must fail. The target
 * is the model behind a link that spoils one thing on its way back.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/known.h"
#include "judge/run.h"
#include "link/ops.h"
#include "model/model.h"
#include "tests/test.h"
#include "wire/arena.h"
#include "wire/codec.h"
#include "wire/script.h"

enum fault {
	FAULT_NONE,
	FAULT_ERRNO,	    /* an errno is another one */
	FAULT_OK_FOR_ERROR, /* what must be refused is not */
	FAULT_ATTRIBUTE,    /* a reply lacks its last attribute */
	FAULT_VALUE,	    /* the last byte of a reply is another one */
	FAULT_TWICE,	    /* a notification comes twice */
	FAULT_LOST,	    /* a notification does not come */
	FAULT_OVERRUN,	    /* a socket lost messages */
	FAULT_FRAME_LOST,   /* a frame does not leave */
	FAULT_FRAME_ORDER,  /* two frames leave the wrong way round */
	FAULT_LEFT,	    /* a netdev is left after the case */
	FAULT_MODEL,	    /* not the target but the model says another errno */
	FAULT_SENDING,	    /* sending fails with another errno */
	FAULT_DATAPATH,	    /* there is a datapath that nobody made */
};

struct bad_link {
	struct rig_link link;
	struct rig_link *inner;
	enum fault fault;
	int spoiled;	    /* how often the fault was put in */
	unsigned int sends; /* calls */
	uint8_t copy[4096];
	struct rig_event again;
	bool has_again;
};

static struct bad_link *bad(struct rig_link *link)
{
	return (struct bad_link *)link;
}

static struct rig_link *inner(struct rig_link *link)
{
	return bad(link)->inner;
}

static bool is_notification(const struct rig_event *event)
{
	return event->kind == RIG_EVENT_DATAGRAM && event->socket == 1;
}

static int last_attribute(uint8_t *message, size_t len)
{
	size_t at = NLMSG_HDRLEN + 8, last = 0;

	while (at + NLA_HDRLEN <= len) {
		struct nlattr nla;

		memcpy(&nla, message + at, sizeof(nla));
		last = at;
		at += NLA_ALIGN(nla.nla_len);
	}
	return (int)last;
}

/* Spoils a message in place; returns how much of it remains, 0 when it is not one to spoil. */
static size_t spoil(enum fault fault, uint8_t *message, size_t len)
{
	struct nlmsghdr *header = (struct nlmsghdr *)message;
	int32_t *error = (int32_t *)(message + NLMSG_HDRLEN);
	bool is_error = header->nlmsg_type == NLMSG_ERROR;

	switch (fault) {
	case FAULT_ERRNO:
	case FAULT_OK_FOR_ERROR:
		if (!is_error || *error != -EINVAL)
			return 0;
		*error = fault == FAULT_ERRNO ? -ENODEV : 0;
		return len;
	case FAULT_ATTRIBUTE:
		if (is_error || header->nlmsg_type == NLMSG_DONE)
			return 0;
		header->nlmsg_len = (uint32_t)last_attribute(message, header->nlmsg_len);
		return header->nlmsg_len;
	case FAULT_VALUE:
		if (is_error || header->nlmsg_type == NLMSG_DONE)
			return 0;
		message[header->nlmsg_len - 1] ^= 1;
		return len;
	case FAULT_NONE:
	case FAULT_TWICE:
	case FAULT_LOST:
	case FAULT_OVERRUN:
	case FAULT_FRAME_LOST:
	case FAULT_FRAME_ORDER:
	case FAULT_LEFT:
	case FAULT_SENDING:
	case FAULT_DATAPATH:
	case FAULT_MODEL:
		return 0;
	}
	return 0;
}

/* A frame is kept back for good, or until the next event has gone before it. */
static int bad_frame(struct bad_link *b, int timeout_ms, struct rig_event *event,
		     struct rig_error *err)
{
	if (b->spoiled || (b->fault != FAULT_FRAME_LOST && b->fault != FAULT_FRAME_ORDER))
		return 1;
	b->spoiled++;
	if (b->fault == FAULT_FRAME_ORDER) {
		b->again = *event;
		b->has_again = true;
	}
	return b->inner->ops->receive(b->inner, timeout_ms, event, err);
}

static int bad_receive(struct rig_link *link, int timeout_ms, struct rig_event *event,
		       struct rig_error *err)
{
	struct bad_link *b = bad(link);
	size_t left;
	int n;

	if (b->has_again) {
		*event = b->again;
		b->has_again = false;
		return 1;
	}
	n = b->inner->ops->receive(b->inner, timeout_ms, event, err);
	if (n == 1 && event->kind == RIG_EVENT_FRAME)
		return bad_frame(b, timeout_ms, event, err);
	if (n != 1 || event->kind != RIG_EVENT_DATAGRAM || event->len > sizeof(b->copy) ||
	    b->spoiled)
		return n;
	memcpy(b->copy, event->data, event->len);
	event->data = b->copy;
	if (b->fault == FAULT_LOST && is_notification(event)) {
		b->spoiled++;
		return bad_receive(link, timeout_ms, event, err);
	}
	if (b->fault == FAULT_TWICE && is_notification(event)) {
		b->spoiled++;
		b->again = *event;
		b->has_again = true;
	}
	if (b->fault == FAULT_OVERRUN) {
		b->spoiled++;
		b->again = (struct rig_event){ .kind = RIG_EVENT_OVERRUN, .data = b->copy };
		b->has_again = true;
	}
	left = spoil(b->fault, b->copy, event->len);
	if (left) {
		b->spoiled++;
		event->len = left;
	}
	return n;
}

static int bad_clean(struct rig_link *link, struct rig_link_left *left, struct rig_error *err)
{
	struct bad_link *b = bad(link);
	int ret = b->inner->ops->clean(b->inner, left, err);

	if (b->fault == FAULT_LEFT) {
		b->spoiled++;
		left->count = 1;
		snprintf(left->text, sizeof(left->text), "netdev br0");
	}
	if (b->fault == FAULT_DATAPATH) {
		b->spoiled++;
		left->datapaths++;
	}
	return ret;
}

static int bad_socket_new(struct rig_link *link, struct rig_link_socket *sock,
			  struct rig_error *err)
{
	return inner(link)->ops->socket_new(inner(link), sock, err);
}

static int bad_join(struct rig_link *link, int handle, uint32_t group, struct rig_error *err)
{
	return inner(link)->ops->join(inner(link), handle, group, err);
}

static int bad_send(struct rig_link *link, int handle, const struct rig_link_datagram *list,
		    unsigned int count, struct rig_error *err)
{
	int ret = inner(link)->ops->send(inner(link), handle, list, count, err);

	bad(link)->sends++;
	if (ret >= 0 || bad(link)->fault != FAULT_SENDING)
		return ret;
	bad(link)->spoiled++;
	return -ENOBUFS;
}

/*
 * The linker puts this in the place of rig_model_send() (see the Makefile). The judge's model is
 * asked before the target's, so of the two it is the one that is seen first.
 */
static struct {
	bool on;
	const struct rig_model *judges;
	int spoiled;
} wrong_model;

int __real_rig_model_send(struct rig_model *m, unsigned int sock, const void *bytes, size_t len,
			  struct rig_answer *out);
int __wrap_rig_model_send(struct rig_model *m, unsigned int sock, const void *bytes, size_t len,
			  struct rig_answer *out);

int __wrap_rig_model_send(struct rig_model *m, unsigned int sock, const void *bytes, size_t len,
			  struct rig_answer *out)
{
	int ret = __real_rig_model_send(m, sock, bytes, len, out);

	if (!wrong_model.on || (wrong_model.judges && wrong_model.judges != m))
		return ret;
	wrong_model.judges = m;
	for (size_t i = 0; i < out->count && !wrong_model.spoiled; i++)
		wrong_model.spoiled +=
			spoil(FAULT_ERRNO, (uint8_t *)out->list[i].bytes, out->list[i].len) != 0;
	return ret;
}

static int bad_netdev_add(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	return inner(link)->ops->netdev_add(inner(link), dev, err);
}

static int bad_watch(struct rig_link *link, const char *name, const char *netns,
		     struct rig_error *err)
{
	return inner(link)->ops->watch(inner(link), name, netns, err);
}

static int bad_netdev_find(struct rig_link *link, struct rig_link_netdev *dev,
			   struct rig_error *err)
{
	return inner(link)->ops->netdev_find(inner(link), dev, err);
}

static const struct rig_link_ops bad_ops = {
	.netdev_add = bad_netdev_add,
	.netdev_find = bad_netdev_find,
	.watch = bad_watch,
	.socket_new = bad_socket_new,
	.join = bad_join,
	.send = bad_send,
	.receive = bad_receive,
	.clean = bad_clean,
};

static const char script_text[] = "# A refusal, a success, and its notification.\n"
				  "socket $b join ovs_datapath\n"
				  "dp.new upcall_pid=0 -> error EINVAL\n"
				  "dp.new name=br0 upcall_pid=0 -> ok as $dp\n"
				  "       -> notify dp.new name=br0 on $b\n"
				  "dp.get $dp -> ok -> reply name=br0\n";

static unsigned int batch = 1; /* datagrams that are sent together */

/* Runs a script over the faulty link; the first finding's headline goes to headline. */
static enum rig_verdict run(const char *text, enum fault fault, const struct rig_known *known,
			    char *headline, size_t size)
{
	const struct rig_run_options options = { .timeout_ms = 1, .known = known };
	struct bad_link b = { .fault = fault };
	bool model = fault == FAULT_MODEL;
	struct rig_arena arena = { 0 };
	struct rig_error err = { 0 };
	struct rig_script *script = rig_script_parse(&arena, "red.nlt", text, strlen(text), &err);
	struct rig_runner *runner;
	struct rig_run result;

	CU_ASSERT_STRING_EQUAL(err.message, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(script);
	b.inner = rig_link_open(RIG_TARGET_MODEL, 0, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b.inner);
	b.link.ops = &bad_ops;
	b.link.facts = *rig_link_facts(b.inner);
	runner = rig_runner_new(&b.link, &options, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(runner);
	memset(&wrong_model, 0, sizeof(wrong_model));
	wrong_model.on = model;
	rig_runner_batch(runner, batch);
	CU_ASSERT_EQUAL(rig_runner_run(runner, script, &result, &err), 0);
	CU_ASSERT(batch == 1 || b.sends == 2);
	CU_ASSERT_EQUAL(wrong_model.spoiled, model);
	wrong_model.on = false;
	CU_ASSERT_EQUAL(b.spoiled, fault != FAULT_NONE && !model);
	snprintf(headline, size, "%s", result.reason ? result.reason : "");
	if (result.verdict == RIG_VERDICT_FAILED || result.verdict == RIG_VERDICT_KNOWN)
		CU_ASSERT_PTR_NOT_NULL(result.detail);
	rig_runner_free(runner);
	rig_link_close(b.inner);
	rig_arena_free(&arena);
	return result.verdict;
}

static void check_red(const char *text, enum fault fault, const char *says)
{
	char headline[256];

	CU_ASSERT_EQUAL(run(text, fault, NULL, headline, sizeof(headline)), RIG_VERDICT_FAILED);
	CU_ASSERT_STRING_EQUAL(headline, says);
	if (strcmp(headline, says))
		fprintf(stderr, "%s\n", headline);
}

static void right_is_green(void)
{
	char headline[256];

	CU_ASSERT_EQUAL(run(script_text, FAULT_NONE, NULL, headline, sizeof(headline)),
			RIG_VERDICT_PASSED);
	CU_ASSERT_STRING_EQUAL(headline, "");
}

static void wrong_expectation(void)
{
	check_red("# Wrong.\ndp.new upcall_pid=0 -> error ENODEV\n", FAULT_NONE,
		  "line 2: dp.new: wanted error ENODEV: received error EINVAL");
	check_red("# Wrong.\ndp.new upcall_pid=0 -> ok\n", FAULT_NONE,
		  "line 2: dp.new: wanted ok: received error EINVAL");
	check_red("# Wrong.\ndp.new name=br0 upcall_pid=0 -> error EINVAL\n", FAULT_NONE,
		  "line 2: dp.new: wanted error EINVAL: received ok");
	check_red("# Wrong.\ndp.new name=br0 upcall_pid=0 -> none\n", FAULT_NONE,
		  "line 2: dp.new: wanted none: received dp.new");
	check_red("# Wrong.\ndp.new name=br0 upcall_pid=0 -> reply name=br1\n", FAULT_NONE,
		  "line 2: dp.new: wanted reply name=br1: name is not as wanted");
	check_red("# Wrong.\nsocket $b join ovs_datapath\n"
		  "dp.new upcall_pid=0 -> notify dp.new name=br0 on $b\n",
		  FAULT_NONE,
		  "line 3: dp.new: wanted notify dp.new name=br0 on $b: no such message came");
	check_red("# Wrong.\ndp.get dp=$nobody -> error ENODEV\n", FAULT_NONE,
		  "line 2: dp.get dp=$nobody: cannot: nothing binds $nobody");
}

static void one_errno_off(void)
{
	check_red(script_text, FAULT_ERRNO,
		  "line 3: dp.new: model expects error EINVAL on $sock, received error ENODEV");
}

static void refusal_lost(void)
{
	check_red(script_text, FAULT_OK_FOR_ERROR,
		  "line 3: dp.new: model expects error EINVAL on $sock, received ok");
}

/* Not one `->` of this script looks at the attribute: the model alone must see it. */
static void attribute_missing(void)
{
	check_red("# Blind.\ndp.new name=br0 upcall_pid=0 -> ok\n", FAULT_ATTRIBUTE,
		  "line 2: dp.new: dp.new on $sock is not as the model expects: masks_cache_size");
}

static void value_wrong(void)
{
	check_red("# Blind.\ndp.new name=br0 upcall_pid=0 -> ok\n", FAULT_VALUE,
		  "line 2: dp.new: dp.new on $sock is not as the model expects: masks_cache_size");
}

static void notification_too_many(void)
{
	check_red(script_text, FAULT_TWICE,
		  "line 4: dp.new: model expects nothing more on $b, received dp.new");
}

static void notification_lost(void)
{
	check_red(script_text, FAULT_LOST,
		  "line 4: dp.new: model expects dp.new on $b, nothing came");
}

static void wrong_errno_of_sending(void)
{
	check_red("# More than a send buffer holds.\ndp.get hex:00000000*60000 -> none\n",
		  FAULT_SENDING, "line 2: model expects of sending EMSGSIZE, not ENOBUFS");
}

#define PACKET                                                                            \
	"packet=frame{eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x88b5)," \
	"payload(68656c6c6f)} key{in_port(0)} "

/* One of two sockets, as the processor has it: not none, and not both. */
static const char upcall_text[] =
	"# An upcall to one of two.\n"
	"socket $b\nsocket $c\n"
	"dp.new name=br0 upcall_pid=0 user_features=per_cpu per_cpu_pids=[$b,$c] -> ok as $dp\n"
	"packet.execute $dp " PACKET "actions{userspace(pid=$sock)}\n"
	"    -> ok\n";

static void upcall_lost(void)
{
	check_red(upcall_text, FAULT_LOST,
		  "line 5: packet.execute: model expects packet.action on $b or another socket, "
		  "nothing came");
}

static void upcall_too_many(void)
{
	check_red(
		upcall_text, FAULT_TWICE,
		"line 5: packet.execute: model expects nothing more on $b, received packet.action");
}

static const char frames_text[] =
	"# Two frames.\n"
	"netdev veth0\n"
	"dp.new name=br0 upcall_pid=0 -> ok as $dp\n"
	"vport.new $dp name=veth0 type=netdev upcall_pid=0 -> ok\n"
	"packet.execute $dp " PACKET
	"actions{output:1,set(eth(src=02:00:00:00:00:03,dst=02:00:00:00:00:04)),output:1}\n"
	"    -> ok\n";

static void frame_lost(void)
{
	check_red(frames_text, FAULT_FRAME_LOST,
		  "line 5: packet.execute: model expects a frame on veth0, nothing came");
}

static void frames_out_of_order(void)
{
	check_red(frames_text, FAULT_FRAME_ORDER,
		  "line 5: packet.execute: a frame on veth0 came too early");
}

static void overrun(void)
{
	check_red(script_text, FAULT_OVERRUN,
		  "line 3: dp.new: messages were lost: the receive buffer of $sock overran");
}

static void left_behind(void)
{
	check_red(script_text, FAULT_LEFT, "left behind after the case: netdev br0");
}

static void datapath_too_many(void)
{
	check_red(script_text, FAULT_DATAPATH,
		  "after the case: 2 datapaths are there, the model knows of 1");
}

static void model_one_errno_off(void)
{
	check_red(script_text, FAULT_MODEL,
		  "line 3: dp.new: model expects error ENODEV on $sock, received error EINVAL");
}

/* What differs among datagrams that are sent together is found, and named by where they stand. */
static void red_in_a_batch(void)
{
	static const char text[] = "# A refusal, a success, and its notification.\n"
				   "socket $b join ovs_datapath\n"
				   "dp.new upcall_pid=0\n"
				   "dp.new name=br0 upcall_pid=0 ifindex=100\n"
				   "dp.get dp=100\n"
				   "dp.del dp=100\n"
				   "dp.get dump -> done\n";
	char headline[256];

	batch = 64;
	CU_ASSERT_EQUAL(run(text, FAULT_NONE, NULL, headline, sizeof(headline)),
			RIG_VERDICT_PASSED);
	check_red(text, FAULT_ERRNO,
		  "lines 3 to 6: model expects error EINVAL on $sock, received error ENODEV");
	check_red(text, FAULT_TWICE,
		  "lines 3 to 6: model expects nothing more on $b, received dp.new");
	check_red(text, FAULT_LOST, "lines 3 to 6: model expects dp.new on $b, nothing came");
	check_red(text, FAULT_MODEL,
		  "lines 3 to 6: model expects error ENODEV on $sock, received error EINVAL");
	batch = 1;
}

static struct rig_known *known_of(const char *differs)
{
	struct rig_known *known = rig_known_new();
	struct rig_error err = { 0 };
	char text[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	snprintf(text, sizeof(text),
		 "# Accepted.\ncase red\ntarget model\nkernel model\ndiffers %s\n", differs);
	CU_ASSERT_EQUAL(rig_known_parse(known, "red.nlk", text, strlen(text), &err), 0);
	return known;
}

static void known_is_known(void)
{
	struct rig_known *known = known_of("line ?: dp.new: *expects error EINVAL*ENODEV");
	char headline[256];

	/* The script's own `-> error EINVAL` is not in the file: that finding is still red. */
	CU_ASSERT_EQUAL(run(script_text, FAULT_ERRNO, known, headline, sizeof(headline)),
			RIG_VERDICT_FAILED);
	CU_ASSERT_STRING_EQUAL(headline,
			       "line 3: dp.new: wanted error EINVAL: received error ENODEV");
	rig_known_free(known);
	known = known_of("line ?: dp.new: *error EINVAL*ENODEV");
	CU_ASSERT_EQUAL(run(script_text, FAULT_ERRNO, known, headline, sizeof(headline)),
			RIG_VERDICT_KNOWN);
	CU_ASSERT_STRING_EQUAL(headline, "Accepted.");
	rig_known_free(known);
}

static void known_no_more_is_red(void)
{
	struct rig_known *known = known_of("*");
	char headline[256];

	CU_ASSERT_EQUAL(run(script_text, FAULT_NONE, known, headline, sizeof(headline)),
			RIG_VERDICT_FAILED);
	CU_ASSERT_STRING_EQUAL(headline, "no longer diverges: red.nlk says: differs *");
	rig_known_free(known);
}

static void skipped_is_not_passed(void)
{
	char headline[256];

	CU_ASSERT_EQUAL(run("# Skip.\nneeds kernel\ndp.get dump -> done\n", FAULT_NONE, NULL,
			    headline, sizeof(headline)),
			RIG_VERDICT_SKIPPED);
	CU_ASSERT_STRING_EQUAL(headline, "needs kernel");
}

RIG_TEST_SUITE(red, { "right is green", right_is_green },
	       { "wrong expectation", wrong_expectation }, { "one errno off", one_errno_off },
	       { "refusal lost", refusal_lost }, { "attribute missing", attribute_missing },
	       { "value wrong", value_wrong }, { "notification too many", notification_too_many },
	       { "notification lost", notification_lost },
	       { "wrong errno of sending", wrong_errno_of_sending }, { "upcall lost", upcall_lost },
	       { "upcall too many", upcall_too_many }, { "frame lost", frame_lost },
	       { "frames out of order", frames_out_of_order }, { "overrun", overrun },
	       { "left behind", left_behind }, { "datapath too many", datapath_too_many },
	       { "model one errno off", model_one_errno_off }, { "red in a batch", red_in_a_batch },
	       { "known is known", known_is_known },
	       { "known no more is red", known_no_more_is_red },
	       { "skipped is not passed", skipped_is_not_passed });
