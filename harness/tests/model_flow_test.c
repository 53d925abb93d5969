/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys, masks, and which flow a request names. */
#include <errno.h>
#include <linux/netlink.h>

#include "tests/model_help.h"
#include "tests/test.h"

#define ETH	 "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)"
#define ETH_MASK "eth(src=ff:ff:ff:ff:ff:ff,dst=ff:ff:ff:ff:ff:ff)"
#define UDP                                                                                    \
	ETH ",eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no)," \
	    "udp(src=1,dst=2)"

static void with_dp(struct test_world *w)
{
	test_world_open(w, NULL);
	test_world_send(w, 0, "dp.new @flags=request name=br0 upcall_pid=0");
}

static int errno_of(struct test_world *w, const char *text, int error)
{
	test_world_send(w, 0, text);
	return test_world_errno(w, error);
}

static void masks_come_back_tighter(void)
{
	struct test_world w;

	with_dp(&w);
	/* in_port and eth_type are never matched in part; tags are always matched. */
	CU_ASSERT(test_world_says(
		&w, 0,
		"flow.new @flags=request|echo @seq=1 dp=16 key{in_port(1)," ETH
		",eth_type(0x88b5)} mask{in_port(1),eth_type(0x0001)} actions{}",
		"0: flow.new @flags=0 @seq=1 @pid=1000 dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(1),skb_mark(0x0)"
		",ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:"
		"01,dst=02:00:00:00:00:02),eth_type(0x88b5)} "
		"mask{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),tunnel(ttl=0),in_port(4"
		"294967295),skb_mark(0x0),ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0)"
		",eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:00),eth_type(0xffff)} "
		"actions{}\n"));
	test_world_close(&w);
}

static void exact_mask_is_of_what_came(void)
{
	struct test_world w;

	with_dp(&w);
	CU_ASSERT(test_world_says(
		&w, 0,
		"flow.new @flags=request|echo @seq=1 dp=16 key{" ETH
		",eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0x1,proto=59,"
		"tclass=0,hlimit=1,frag=no)} actions{}",
		"0: flow.new @flags=0 @seq=1 @pid=1000 dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		"),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		"0:00:00:00:02),eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0x1,pro"
		"to=59,tclass=0,hlimit=1,frag=no),ipv6_exthdrs(0x0000)} "
		"mask{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),tunnel(ttl=0),in_port(4"
		"294901760),skb_mark(0x0),ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0)"
		",eth(src=ff:ff:ff:ff:ff:ff,dst=ff:ff:ff:ff:ff:ff),eth_type(0xffff),ipv6(sr"
		"c=ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,dst=ffff:ffff:ffff:ffff:ffff:fff"
		"f:ffff:ffff,label=0xffffffff,proto=255,tclass=255,hlimit=255,frag=255),ipv"
		"6_exthdrs(0x0000)} actions{}\n"));
	test_world_close(&w);
}

static void stale_attributes_in_a_mask(void)
{
	struct test_world w;

	with_dp(&w);
	/* A mask of zeros is as absent: what is then looked at is the key's own TCI. */
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 key{" ETH
			   ",eth_type(0x8100),vlan(vid=5,pcp=0,cfi=1),encap(eth_type(0x88b5))} "
			   "mask{eth_type(0xffff),vlan(hex:0000),encap(eth_type(0xffff))} "
			   "actions{}",
			   0));
	CU_ASSERT(test_world_says(
		&w, 0, "flow.get dump @seq=1 dp=16",
		"0: flow.get @flags=multi @seq=1 @pid=1000 dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		"),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		"0:00:00:00:02),eth_type(0x8100),vlan(vid=5,pcp=0,cfi=1),encap(eth_type(0x8"
		"8b5))} "
		"mask{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),tunnel(ttl=0),in_port(4"
		"294901760),skb_mark(0x0),ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0)"
		",eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:00),eth_type(0xffff),vlan(vi"
		"d=5,pcp=0,cfi=1),encap(eth_type(0xffff))} actions{}\n"
		"0: nl.done @flags=multi @seq=1 @pid=1000 error=0\n"));
	/* Without a type of its own, the mask's is the key's innermost, which is not exact. */
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 key{" ETH
			   ",eth_type(0x8100),vlan(vid=5,pcp=0,cfi=1),encap(eth_type(0x88b5))} "
			   "mask{vlan(hex:ffff),encap(eth_type(0xffff))} actions{}",
			   EINVAL));
	test_world_close(&w);
}

static void truncated_tag(void)
{
	struct test_world w;

	with_dp(&w);
	/* vlan(0) with an empty encap names a truncated tag: to be looked for, not installed. */
	CU_ASSERT(errno_of(&w,
			   "flow.get @flags=request|ack dp=16 key{" ETH
			   ",eth_type(0x8100),vlan(hex:0000),encap()}",
			   ENOENT));
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 key{" ETH
			   ",eth_type(0x8100),vlan(hex:0000),encap()} actions{}",
			   EINVAL));
	CU_ASSERT(errno_of(&w,
			   "flow.get @flags=request|ack dp=16 key{" ETH
			   ",eth_type(0x8100),vlan(hex:0000),encap(eth_type(0x0800))}",
			   EINVAL));
	CU_ASSERT(errno_of(&w,
			   "flow.get @flags=request|ack dp=16 key{" ETH
			   ",eth_type(0x8100),vlan(hex:0005),encap(eth_type(0x88b5))}",
			   EINVAL));
	test_world_close(&w);
}

static void prerequisites(void)
{
	struct test_world w;

	with_dp(&w);
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 key{" ETH
			   ",eth_type(0x0800),ipv4(proto=6),tcp(src=1,dst=2)} actions{}",
			   EINVAL));
	/* A later fragment has no ports. */
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 key{" ETH
			   ",eth_type(0x0800),ipv4(proto=6,frag=later)} actions{}",
			   0));
	/* A mask may speak of the ports only if the protocol is exact. */
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 key{" UDP
			   "} mask{eth_type(0xffff),ipv4(proto=16),udp(src=1)} actions{}",
			   EINVAL));
	/* nd and the conntrack tuple share their place. */
	CU_ASSERT(
		errno_of(&w,
			 "flow.new @flags=request|ack dp=16 key{ct_tuple6(proto=6)," ETH
			 ",eth_type(0x86dd),ipv6(proto=58),icmpv6(type=135,code=0),nd()} actions{}",
			 EINVAL));
	test_world_close(&w);
}

static void masks_are_counted_by_span(void)
{
	struct test_world w;
	const char *get = "dp.get @flags=request @seq=1 dp=16";

	with_dp(&w);
	test_world_send(&w, 0,
			"flow.new @flags=request dp=16 key{" ETH ",eth_type(0x88b5)} "
			"mask{eth_type(0xffff)} actions{}");
	test_world_send(&w, 0,
			"flow.new @flags=request dp=16 key{" ETH ",eth_type(0x88b6)} "
			"mask{eth_type(0xffff)} actions{}");
	CU_ASSERT(test_world_says(
		&w, 0, get,
		"0: dp.get @flags=0 @seq=1 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=2) "
		"megaflow_stats(n_mask_hit=0,n_masks=1,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	/* The same bits, but priority was touched: another mask. */
	test_world_send(&w, 0,
			"flow.new @flags=request dp=16 key{in_port(1)," ETH
			",eth_type(0x88b7)} mask{tunnel(ttl=255),eth_type(0xffff)} actions{}");
	CU_ASSERT(test_world_says(
		&w, 0, get,
		"0: dp.get @flags=0 @seq=1 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=0,n_lost=0,n_flows=3) "
		"megaflow_stats(n_mask_hit=0,n_masks=2,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	test_world_close(&w);
}

static void which_flow_new_finds(void)
{
	struct test_world w;

	with_dp(&w);
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 key{" UDP
			   "} mask{eth_type(0xffff)} actions{output:1}",
			   0));
	/* Overlaps, is not it. */
	CU_ASSERT(errno_of(
		&w, "flow.new @flags=request|ack dp=16 key{in_port(3)," UDP "} actions{}", ENOENT));
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack|0x400 dp=16 key{in_port(3)," UDP "} "
			   "actions{}",
			   EEXIST));
	/* Is it: the unmasked key counts, whatever the mask. */
	CU_ASSERT(errno_of(&w, "flow.new @flags=request|ack dp=16 key{" UDP "} actions{}", 0));
	CU_ASSERT(test_world_says(
		&w, 0, "flow.get dump @seq=1 dp=16",
		"0: flow.get @flags=multi @seq=1 @pid=1000 dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		"),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		"0:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,to"
		"s=0,ttl=64,frag=no),udp(src=1,dst=2)} "
		"mask{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),tunnel(ttl=0),in_port(4"
		"294901760),skb_mark(0x0),ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0)"
		",eth(src=00:00:00:00:00:00,dst=00:00:00:00:00:00),eth_type(0xffff),ipv4(sr"
		"c=0.0.0.0,dst=0.0.0.0,proto=0,tos=0,ttl=0,frag=no)} actions{}\n"
		"0: nl.done @flags=multi @seq=1 @pid=1000 error=0\n"));
	test_world_close(&w);
}

static void which_flow_a_ufid_finds(void)
{
	struct test_world w;

	with_dp(&w);
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 ufid=01 key{" UDP
			   "} mask{eth_type(0xffff)} actions{}",
			   0));
	/* The ufid matches; the key is compared with the masked one. */
	CU_ASSERT(errno_of(&w,
			   "flow.new @flags=request|ack dp=16 ufid=01 key{" UDP
			   "} mask{eth_type(0xffff)} actions{}",
			   ENOENT));
	/* A flow with a ufid is not found by its key, a ufid that is too long is none. */
	CU_ASSERT(errno_of(&w, "flow.get @flags=request|ack dp=16 key{" UDP "}", ENOENT));
	CU_ASSERT(errno_of(&w, "flow.get @flags=request|ack dp=16 ufid=0100", ENOENT));
	CU_ASSERT(errno_of(&w,
			   "flow.get @flags=request|ack dp=16 "
			   "ufid=0101010101010101010101010101010101",
			   EINVAL));
	CU_ASSERT(test_world_says(
		&w, 0,
		"flow.del @flags=request|echo @seq=2 dp=16 ufid=01 "
		"ufid_flags=omit_mask|omit_actions",
		"0: flow.del @flags=0 @seq=2 @pid=1000 dp=16 ufid=01 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(0),skb_mark(0x0)"
		",ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=00:00:00:00:00:"
		"00,dst=00:00:00:00:00:00),eth_type(0x0800),ipv4(src=0.0.0.0,dst=0.0.0.0,pr"
		"oto=0,tos=0,ttl=0,frag=no)}\n"));
	test_world_close(&w);
}

static void shared_places(void)
{
	struct test_world w;

	with_dp(&w);
	/* Attributes that the type does not ask for are taken as well, and overwrite. */
	CU_ASSERT(test_world_says(
		&w, 0,
		"flow.new @flags=request|echo @seq=1 dp=16 ufid_flags=omit_mask key{" ETH
		",eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=2),"
		"ipv6(src=1:2:3:4:5:6:7:8,dst=::,proto=3,hlimit=4)} "
		"mask{eth_type(0xffff)} actions{}",
		"0: flow.new @flags=0 @seq=1 @pid=1000 dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		"),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		"0:00:00:00:02),eth_type(0x0800),ipv4(src=0.1.0.2,dst=0.3.0.4,proto=3,tos=0"
		",ttl=4,frag=no)} actions{}\n"));
	test_world_close(&w);
}

RIG_TEST_SUITE(model_flow, { "masks come back tighter", masks_come_back_tighter },
	       { "an exact mask is of what came", exact_mask_is_of_what_came },
	       { "stale attributes in a mask", stale_attributes_in_a_mask },
	       { "a truncated tag", truncated_tag }, { "prerequisites", prerequisites },
	       { "masks are counted by span", masks_are_counted_by_span },
	       { "which flow NEW finds", which_flow_new_finds },
	       { "which flow a ufid finds", which_flow_a_ufid_finds },
	       { "shared places", shared_places });
