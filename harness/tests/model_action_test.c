/* SPDX-License-Identifier: GPL-2.0-only */
/* Which actions are valid, and in which form they are dumped. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model_help.h"
#include "tests/test.h"

#define ETH "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)"
#define IP4 ETH ",eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=2,tos=0,ttl=64,frag=no)"

static struct test_world w;

static void open_world(void)
{
	test_world_open(&w, NULL);
	test_world_send(&w, 0, "dp.new @flags=request name=br0 upcall_pid=0");
}

/* The errno that a list of actions gets in a flow of that key. */
static bool is(const char *key, const char *actions, int error)
{
	size_t size = strlen(key) + strlen(actions) + 64;
	char *text = malloc(size);
	bool ok;

	snprintf(text, size, "flow.new @flags=request|ack dp=16 key{%s} actions{%s}", key, actions);
	test_world_send(&w, 0, text);
	ok = test_world_errno(&w, error);
	free(text);
	test_world_send(&w, 0, "flow.del @flags=request dp=16");
	return ok;
}

static void mac_header(void)
{
	open_world();
	CU_ASSERT(is(IP4, "pop_eth,push_eth(src=02:00:00:00:00:01)", 0));
	CU_ASSERT(is(IP4, "push_eth(src=02:00:00:00:00:01)", EINVAL));
	CU_ASSERT(is(IP4, "pop_eth,pop_eth", EINVAL));
	CU_ASSERT(is(IP4, "push_vlan(tpid=0x8100,cfi=1),pop_eth", EINVAL));
	/* A nested list begins with the flow's own header again. */
	CU_ASSERT(is(IP4, "pop_eth,clone(pop_eth)", 0));
	CU_ASSERT(is("eth_type(0x0800),ipv4(proto=2)", "pop_vlan", EINVAL));
	CU_ASSERT(is("eth_type(0x0800),ipv4(proto=2)", "push_eth()", 0));
	test_world_close(&w);
}

static void mpls(void)
{
	open_world();
	CU_ASSERT(is(IP4, "push_mpls(eth_type=0x8847),pop_mpls(0x0800)", 0));
	CU_ASSERT(is(IP4, "push_mpls(eth_type=0x8847),set(ipv4(proto=2))", EINVAL));
	/* Below the last label the type is not known any more. */
	CU_ASSERT(is(IP4, "push_mpls(eth_type=0x8847),pop_mpls(0x8847),pop_mpls(0x0800)", EINVAL));
	CU_ASSERT(is(IP4, "push_vlan(tpid=0x8100,cfi=1),push_mpls(eth_type=0x8847)", EINVAL));
	CU_ASSERT(is(IP4, "add_mpls(eth_type=0x8847,tun_flags=0),pop_eth", EINVAL));
	CU_ASSERT(is(ETH ",eth_type(0x88b5)", "push_mpls(eth_type=0x8847)", EINVAL));
	test_world_close(&w);
}

static void sets(void)
{
	open_world();
	CU_ASSERT(is(IP4, "set(ipv4(proto=6))", EINVAL));
	CU_ASSERT(is(IP4, "set_masked(ipv4(tos=1/0))", EINVAL));
	CU_ASSERT(is(IP4, "set(udp(src=1))", EINVAL));
	CU_ASSERT(is(IP4, "set(in_port(1))", EINVAL));
	CU_ASSERT(is(IP4, "set(skb_mark(1),skb_priority(1))", EINVAL));
	CU_ASSERT(is(IP4, "set()", EINVAL));
	/* Half of an odd length. */
	CU_ASSERT(is(IP4, "set_masked(skb_mark(hex:000000000000000000))", 0));
	CU_ASSERT(is(IP4, "set_masked(tunnel(hex:))", EINVAL));
	CU_ASSERT(is(IP4, "set(tunnel(dst=1.2.3.4))", EINVAL));
	CU_ASSERT(is(IP4, "set(nsh(hex:))", EINVAL));
	test_world_close(&w);
}

static char *repeated(const char *item, size_t n)
{
	char *text = malloc(n * (strlen(item) + 1) + 1);

	*text = '\0';
	for (char *at = text; n--;)
		at += sprintf(at, "%s%s", item, n ? "," : "");
	return text;
}

static char *wrapped(const char *head, char *inner, const char *tail)
{
	size_t size = strlen(head) + strlen(inner) + strlen(tail) + 1;
	char *text = malloc(size);

	snprintf(text, size, "%s%s%s", head, inner, tail);
	free(inner);
	return text;
}

/* In the kernel's form an empty clone takes 12 bytes, where it came as 4. */
static void what_grows(void)
{
	char *text;

	open_world();
	text = wrapped("clone(", repeated("clone()", 5460), ")");
	CU_ASSERT(is(IP4, text, 0));
	free(text);
	text = wrapped("clone(", repeated("clone()", 5461), ")");
	CU_ASSERT(is(IP4, text, EMSGSIZE));
	free(text);
	/* At the top there is no limit. */
	text = repeated("clone()", 12000);
	CU_ASSERT(is(IP4, text, 0));
	free(text);
	test_world_close(&w);
}

static void depth(void)
{
	char *text = repeated("", 0);

	open_world();
	for (int i = 0; i < 16; i++)
		text = wrapped("clone(", text, ")");
	CU_ASSERT(is(IP4, text, 0));
	text = wrapped("clone(", text, ")");
	CU_ASSERT(is(IP4, text, EOVERFLOW));
	free(text);
	test_world_close(&w);
}

static void dumped_form(void)
{
	open_world();
	CU_ASSERT(test_world_says(
		&w, 0,
		"flow.new @flags=request|echo dp=16 ufid=01 ufid_flags=3 key{" IP4
		"} actions{sample(actions(output!b:1),probability=5),"
		"check_pkt_len(le(),gt(output:2),size=100),"
		"dec_ttl(le_1(output:3),9(hex:00)),"
		"set(skb_mark(0x5)),set(tunnel(tos=4,ttl=64,dst=1.2.3.4,tun_id=0x7)),"
		"userspace(9=hex:00,pid=5)}",
		"0: flow.new @flags=0 @pid=1000 dp=16 ufid=01 "
		"actions{sample(probability=5,actions(output:1)),check_pkt_len(size=100,le("
		"),gt(output:2)),dec_ttl(le_1(output:3)),set(skb_mark(0x5)),set(tunnel(tun_"
		"id=0x7,dst=1.2.3.4,tos=4,ttl=64)),userspace(9=hex:00,pid=5)}\n"));
	test_world_close(&w);
}

static void conntrack(void)
{
	open_world();
	CU_ASSERT(is(ETH ",eth_type(0x88b5)", "ct()", EINVAL));
	CU_ASSERT(is(IP4, "ct(nat(src),commit)", EINVAL));
	CU_ASSERT(is(IP4, "ct(commit,nat(src,dst))", ERANGE));
	CU_ASSERT(is(IP4, "ct(nat(persistent))", EINVAL));
	CU_ASSERT(is(IP4, "ct(mark=0x1/0x1)", EINVAL));
	CU_ASSERT(is(IP4, "ct(helper=none)", EINVAL));
	CU_ASSERT(test_world_says(&w, 0,
				  "flow.new @flags=request|echo dp=16 ufid=01 ufid_flags=3 key{" IP4
				  "} actions{ct(nat(),mark=0x1/0xff,force,"
				  "timeout=hex:6162006300)}",
				  "0: flow.new @flags=0 @pid=1000 dp=16 ufid=01 "
				  "actions{ct(force,zone=0,mark=0x1/0xff,timeout=ab,nat())}\n"));
	test_world_send(&w, 0, "flow.del @flags=request dp=16");
	CU_ASSERT(test_world_says(
		&w, 0,
		"flow.new @flags=request|echo dp=16 ufid=02 ufid_flags=3 key{"
		"in_port(1)," IP4 "} actions{ct(commit,nat(dst,ip_max=10.0.0.9,"
		"ip_min=10.0.0.9,proto_max=7,proto_min=6,random))}",
		"0: flow.new @flags=0 @pid=1000 dp=16 ufid=02 "
		"actions{ct(commit,zone=0,nat(dst,ip_min=10.0.0.9,proto_min=6,proto_max=7,r"
		"andom))}\n"));
	test_world_close(&w);
}

RIG_TEST_SUITE(model_action, { "the MAC header", mac_header }, { "mpls", mpls }, { "set", sets },
	       { "what grows", what_grows }, { "depth", depth }, { "the dumped form", dumped_form },
	       { "conntrack", conntrack });
