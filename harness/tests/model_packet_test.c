/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets: their keys, what actions do to them, who is told. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model_help.h"
#include "tests/test.h"

#define MACS "020000000002020000000001"
/* UDP 10.0.0.1:1 to 10.0.0.2:2, checksums right, payload "hi" */
#define UDP MACS "08004500001e00004000401126cd0a0000010a00000200010002000a836b6869"

static struct test_world w;

/* veth0 is port 1 (misses to socket 0), veth1 port 2. */
static void open_world(void)
{
	static const struct rig_netdev dev[] = {
		{ .name = "veth0", .ifindex = 5, .up = true, .ethernet = true },
		{ .name = "veth1", .ifindex = 6, .up = true, .ethernet = true, .mtu = 100 },
	};

	test_world_open(&w, NULL);
	rig_model_netdev(w.model, &dev[0]);
	rig_model_netdev(w.model, &dev[1]);
	test_world_send(&w, 0, "dp.new @flags=request name=br0 upcall_pid=0");
	test_world_send(&w, 0,
			"vport.new @flags=request dp=16 name=veth0 type=netdev upcall_pid=1000");
	test_world_send(&w, 0,
			"vport.new @flags=request dp=16 name=veth1 type=netdev upcall_pid=0");
}

/* What EXECUTE makes of a packet, in hex, with these actions. */
static bool runs(const char *hex, const char *actions, const char *lines)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "packet.execute @flags=request dp=16 packet=%s key{} actions{%s}", hex, actions);
	return test_world_says(&w, 0, text, lines);
}

static void miss(void)
{
	open_world();
	CU_ASSERT(test_world_frame(
		&w, "veth0", UDP,
		"0: packet.miss dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(1),skb_mark(0x0)"
		",ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:"
		"01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,"
		"proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)} hash=0x100000000 "
		"packet=02000000000202000000000108004500001e00004000401126cd0a0000010a00000"
		"200010002000a836b6869\n"));
	/* Port 2 tells nobody; a device that is no port is nobody's business. */
	CU_ASSERT(test_world_frame(&w, "veth1", UDP, ""));
	CU_ASSERT(test_world_frame(&w, "veth7", UDP, ""));
	CU_ASSERT(test_world_says(
		&w, 0, "dp.get @flags=request dp=16",
		"0: dp.get @flags=0 @pid=1000 dp=16 name=br0 "
		"stats(n_hit=0,n_missed=2,n_lost=1,n_flows=0) "
		"megaflow_stats(n_mask_hit=0,n_masks=0,n_cache_hit=0) user_features=0 "
		"masks_cache_size=256\n"));
	test_world_close(&w);
}

static void malformed(void)
{
	open_world();
	/* A header length of 4 words; a tag that is cut off; an unknown LLC. */
	CU_ASSERT(test_world_frame(
		&w, "veth0", MACS "080044000000",
		"0: packet.miss dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(1),skb_mark(0x0)"
		",ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:"
		"01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=0.0.0.0,dst=0.0.0.0,pr"
		"oto=0,tos=0,ttl=0,frag=no)} hash=0x100000000 "
		"packet=020000000002020000000001080044000000\n"));
	CU_ASSERT(test_world_frame(&w, "veth0", MACS "81000005", ""));
	CU_ASSERT(runs(MACS "81000005", "userspace(pid=1000)",
		       "0: packet.action dp=16 "
		       "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		       "),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		       "0:00:00:00:02),eth_type(0x0000),vlan(vid=0,pcp=0,cfi=0),encap()} hash=0x0 "
		       "packet=02000000000202000000000181000005\n"));
	CU_ASSERT(runs(MACS "0010424203", "userspace(pid=1000)",
		       "0: packet.action dp=16 "
		       "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		       "),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		       "0:00:00:00:02)} hash=0x0 packet=0200000000020200000000010010424203\n"));
	/* Three tags: what is behind the third is not known. */
	CU_ASSERT(runs(MACS "810010018100000288a800030800", "userspace(pid=1000)",
		       "0: packet.action dp=16 "
		       "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		       "),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		       "0:00:00:00:02),eth_type(0x8100),vlan(vid=1,pcp=0,cfi=1),encap(eth_type(0x8"
		       "100),vlan(vid=2,pcp=0,cfi=1),encap(eth_type(0x88a8)))} hash=0x0 "
		       "packet=020000000002020000000001810010018100000288a800030800\n"));
	/* A label stack without a bottom. */
	CU_ASSERT(runs(MACS "88470000100000002000", "userspace(pid=1000)",
		       "0: packet.action dp=16 "
		       "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		       "),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		       "0:00:00:00:02),eth_type(0x8847),mpls(hex:)} hash=0x0 "
		       "packet=02000000000202000000000188470000100000002000\n"));
	test_world_close(&w);
}

static void flow_and_statistics(void)
{
	open_world();
	test_world_send(&w, 0,
			"flow.new @flags=request dp=16 ufid=01 key{in_port(1),eth(),"
			"eth_type(0x0800),ipv4()} mask{eth_type(0xffff)} "
			"actions{output:2,output:1}");
	CU_ASSERT(test_world_frame(
		&w, "veth0", UDP,
		"veth1: "
		"02000000000202000000000108004500001e00004000401126cd0a0000010a000002000100"
		"02000a836b6869\n"
		"veth0: "
		"02000000000202000000000108004500001e00004000401126cd0a0000010a000002000100"
		"02000a836b6869\n"));
	CU_ASSERT(test_world_says(&w, 0, "flow.get @flags=request dp=16 ufid=01 ufid_flags=7",
				  "0: flow.get @flags=0 @pid=1000 dp=16 ufid=01 used=0 "
				  "stats(n_packets=1,n_bytes=44)\n"));
	test_world_send(&w, 0, "flow.set @flags=request dp=16 ufid=01 clear");
	CU_ASSERT(test_world_says(&w, 0, "flow.get @flags=request dp=16 ufid=01 ufid_flags=7",
				  "0: flow.get @flags=0 @pid=1000 dp=16 ufid=01\n"));
	test_world_close(&w);
}

static void sets(void)
{
	open_world();
	CU_ASSERT(runs(UDP,
		       "set_masked(ipv4(src=10.0.0.9/255.255.255.255,ttl=1/0xff,tos=4/0xfc)),"
		       "output:1",
		       "veth0: "
		       "02000000000202000000000108004504001e00004000011165c10a0000090a000002000100"
		       "02000a83636869\n"));
	CU_ASSERT(runs(UDP, "set(udp(src=3,dst=2)),output:1",
		       "veth0: "
		       "02000000000202000000000108004500001e00004000401126cd0a0000010a000002000300"
		       "02000a83696869\n"));
	CU_ASSERT(runs(UDP, "dec_ttl(le_1(output:2)),output:1",
		       "veth0: "
		       "02000000000202000000000108004500001e000040003f1127cd0a0000010a000002000100"
		       "02000a836b6869\n"));
	test_world_send(&w, 0,
			"packet.execute dp=16 packet=" UDP " key{} actions{set(ct_mark(1))}");
	CU_ASSERT(test_world_errno(&w, EINVAL));
	test_world_close(&w);
}

static void lengths(void)
{
	open_world();
	CU_ASSERT(runs(UDP, "trunc(20),output:1,output:1",
		       "veth0: 02000000000202000000000108004500001e0000\n"
		       "veth0: "
		       "02000000000202000000000108004500001e00004000401126cd0a0000010a000002000100"
		       "02000a836b6869\n"));
	CU_ASSERT(runs(UDP, "trunc(20),userspace(pid=1000,userdata=0102)",
		       "0: packet.action dp=16 "
		       "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		       "),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		       "0:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,to"
		       "s=0,ttl=64,frag=no),udp(src=1,dst=2)} userdata=0102 len=44 hash=0x0 "
		       "packet=02000000000202000000000108004500001e0000\n"));
	CU_ASSERT(runs(UDP, "check_pkt_len(size=46,gt(output:1),le(output:2))",
		       "veth1: "
		       "02000000000202000000000108004500001e00004000401126cd0a0000010a000002000100"
		       "02000a836b6869\n"));
	CU_ASSERT(runs(UDP, "check_pkt_len(size=43,gt(output:1),le(output:2))",
		       "veth0: "
		       "02000000000202000000000108004500001e00004000401126cd0a0000010a000002000100"
		       "02000a836b6869\n"));
	test_world_close(&w);
}

static void copies(void)
{
	open_world();
	/* A clone's doings stay in it, also to the key. */
	CU_ASSERT(runs(UDP, "clone(push_vlan(tpid=0x8100,vid=5,cfi=1),output:1),output:1",
		       "veth0: "
		       "0200000000020200000000018100000508004500001e00004000401126cd0a0000010a0000"
		       "0200010002000a836b6869\n"
		       "veth0: "
		       "02000000000202000000000108004500001e00004000401126cd0a0000010a000002000100"
		       "02000a836b6869\n"));
	/* Nothing can go out that is larger than the MTU, but for a tag. */
	CU_ASSERT(runs(MACS "88b5"
			    "0000000000000000000000000000000000000000000000000000000000"
			    "00000000000000000000000000000000000000000000000000000000000000"
			    "00000000000000000000000000000000000000000000000000000000000000"
			    "0000000000000000000000",
		       "output:2", ""));
	test_world_close(&w);
}

static void order_of_deferred(void)
{
	open_world();
	/* On the fourth level there is no key left: it comes after all the others. */
	CU_ASSERT(runs(UDP,
		       "clone(set(skb_mark(1)),clone(set(skb_mark(2)),clone(set(skb_mark(3)),"
		       "clone(set(skb_mark(4)),userspace(pid=1000,userdata=04)),"
		       "userspace(pid=1000,userdata=03)),"
		       "output:9),output:9),trunc(14),userspace(pid=1000,userdata=00)",
		       "0: packet.action dp=16 "
		       "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x3),ct_state(0"
		       "),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		       "0:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,to"
		       "s=0,ttl=64,frag=no),udp(src=1,dst=2)} userdata=03 hash=0x0 "
		       "packet=02000000000202000000000108004500001e00004000401126cd0a0000010a00000"
		       "200010002000a836b6869\n"
		       "0: packet.action dp=16 "
		       "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x0),ct_state(0"
		       "),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		       "0:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,to"
		       "s=0,ttl=64,frag=no),udp(src=1,dst=2)} userdata=00 len=44 hash=0x0 "
		       "packet=0200000000020200000000010800\n"
		       "0: packet.action dp=16 "
		       "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),skb_mark(0x4),ct_state(0"
		       "),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:01,dst=02:0"
		       "0:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,to"
		       "s=0,ttl=64,frag=no),udp(src=1,dst=2)} userdata=04 hash=0x0 "
		       "packet=02000000000202000000000108004500001e00004000401126cd0a0000010a00000"
		       "200010002000a836b6869\n"));
	test_world_close(&w);
}

static void recirculation(void)
{
	open_world();
	CU_ASSERT(runs(UDP, "push_vlan(tpid=0x8100,vid=5,cfi=1),recirc(0x7)", ""));
	test_world_send(&w, 0,
			"flow.new @flags=request dp=16 ufid=07 key{recirc_id(0x7),eth(),"
			"eth_type(0x88b5)} mask{recirc_id(0xffffffff)} actions{recirc(0x7)}");
	/* Round and round, until the limit ends it. */
	CU_ASSERT(runs(UDP, "recirc(0x7)", ""));
	CU_ASSERT(test_world_says(&w, 0, "flow.get @flags=request dp=16 ufid=07 ufid_flags=7",
				  "0: flow.get @flags=0 @pid=1000 dp=16 ufid=07 used=0 "
				  "stats(n_packets=30,n_bytes=1320)\n"));
	test_world_close(&w);
}

static void is_ref(struct rig_model_config *config)
{
	config->module = RIG_MODULE_REF;
}

static void nothing_left(void)
{
	test_world_open(&w, is_ref);
	test_world_send(&w, 0, "dp.new @flags=request name=br0 upcall_pid=0");
	CU_ASSERT(test_world_says(&w, 0,
				  "packet.execute @flags=request dp=16 "
				  "packet=0200000000020200000000010800 key{} "
				  "actions{pop_eth,userspace(pid=1000)}",
				  "0: packet.action dp=16 "
				  "key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),"
				  "skb_mark(0x0),ct_state(0),ct_zone(0),ct_mark(0x0),"
				  "ct_label(0x0),eth_type(0x0800),ipv4(src=0.0.0.0,dst=0.0.0.0,"
				  "proto=0,tos=0,ttl=0,frag=no)} hash=0x0 packet=hex:\n"));
	test_world_close(&w);
}

static void whom_to_tell(void)
{
	const char *portids = "vport.set @flags=request dp=16 port_no=1 upcall_pid=[1000,2000]";

	open_world();
	test_world_send(&w, 0, portids);
	/* The hash decides, which only the kernel knows: either of them. */
	CU_ASSERT(test_world_frame(
		&w, "veth0", UDP,
		"0: packet.miss dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(1),skb_mark(0x0)"
		",ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:"
		"01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,"
		"proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)} hash=0x100000000 "
		"packet=02000000000202000000000108004500001e00004000401126cd0a0000010a00000"
		"200010002000a836b6869 =1\n"
		"1: packet.miss dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(1),skb_mark(0x0)"
		",ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:"
		"01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,"
		"proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)} hash=0x100000000 "
		"packet=02000000000202000000000108004500001e00004000401126cd0a0000010a00000"
		"200010002000a836b6869 =1\n"));
	/* A hash that is given is as good as known. */
	CU_ASSERT(test_world_says(
		&w, 0,
		"packet.execute @flags=request dp=16 packet=" UDP
		" hash=0x300000001 key{in_port(1)} actions{recirc(0x1)}",
		"1: packet.miss dp=16 "
		"key{recirc_id(0x1),dp_hash(0x0),skb_priority(0x0),in_port(1),skb_mark(0x0)"
		",ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:"
		"01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,"
		"proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)} hash=0x300000001 "
		"packet=02000000000202000000000108004500001e00004000401126cd0a0000010a00000"
		"200010002000a836b6869\n"));
	/* Per CPU: one portid serves all. */
	test_world_send(&w, 0,
			"dp.set @flags=request dp=16 user_features=per_cpu|unaligned "
			"per_cpu_pids=[1000]");
	CU_ASSERT(test_world_says(
		&w, 0,
		"packet.execute @flags=request dp=16 packet=" UDP
		" key{in_port(1)} actions{userspace(pid=2000)}",
		"0: packet.action dp=16 "
		"key{recirc_id(0x0),dp_hash(0x0),skb_priority(0x0),in_port(1),skb_mark(0x0)"
		",ct_state(0),ct_zone(0),ct_mark(0x0),ct_label(0x0),eth(src=02:00:00:00:00:"
		"01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,"
		"proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)} hash=0x0 "
		"packet=02000000000202000000000108004500001e00004000401126cd0a0000010a00000"
		"200010002000a836b6869\n"));
	test_world_close(&w);
}

static void meters(void)
{
	open_world();
	test_world_send(&w, 0,
			"meter.set @flags=request dp=16 id=1 bands{0{type=drop,rate=1,burst=1}}");
	CU_ASSERT(runs(UDP, "meter(1),output:1",
		       "veth0: "
		       "02000000000202000000000108004500001e00004000401126cd0a0000010a000002000100"
		       "02000a836b6869\n"));
	/* Whether time has filled it up again is not known. */
	CU_ASSERT(runs(UDP, "meter(1),output:1",
		       "veth0: "
		       "02000000000202000000000108004500001e00004000401126cd0a0000010a000002000100"
		       "02000a836b6869 ?\n"));
	test_world_send(&w, 0,
			"meter.set @flags=request dp=16 id=1 bands{0{type=drop,rate=1,burst=0}}");
	CU_ASSERT(runs(UDP, "meter(1),output:1", ""));
	CU_ASSERT(test_world_says(
		&w, 0, "meter.get @flags=request dp=16 id=1",
		"0: meter.get @flags=0 @pid=1000 dp=16 id=1 stats(n_packets=1,n_bytes=44) "
		"used=0 bands{0{stats(n_packets=1,n_bytes=44)}}\n"));
	test_world_close(&w);
}

RIG_TEST_SUITE(model_packet, { "miss", miss }, { "malformed", malformed },
	       { "flow and statistics", flow_and_statistics }, { "set", sets },
	       { "lengths", lengths }, { "copies", copies },
	       { "the order of deferred actions", order_of_deferred },
	       { "recirculation", recirculation }, { "nothing left", nothing_left },
	       { "whom to tell", whom_to_tell }, { "meters", meters });
