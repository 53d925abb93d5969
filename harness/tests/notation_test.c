/* SPDX-License-Identifier: GPL-2.0-only */
/* Each feature of the notation: what is written, what it stands for, how it reads again. */
#include <string.h>

#include "tests/test.h"
#include "tests/wire_help.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the expected bytes are those of a little-endian host"
#endif

struct example {
	const char *text;
	const char *bytes; /* in hex, of the whole datagram */
	const char *again; /* canonical text without the newline; NULL: the same as text */
};

static void check(const struct example *examples, size_t count)
{
	struct rig_bytes bytes = {}, hex = {}, text = {}, want = {};
	size_t i;

	for (i = 0; i < count; i++) {
		const struct example *e = &examples[i];

		CU_ASSERT_TRUE(test_bytes_of(e->text, &bytes));
		rig_bytes_reset(&hex);
		rig_bytes_hex(&hex, bytes.data, bytes.size);
		CU_ASSERT_STRING_EQUAL(rig_bytes_text(&hex), e->bytes);
		CU_ASSERT_TRUE(test_text_of(bytes.data, bytes.size, &text));
		rig_bytes_reset(&want);
		rig_bytes_print(&want, "%s\n", e->again ? e->again : e->text);
		CU_ASSERT_STRING_EQUAL(rig_bytes_text(&text), rig_bytes_text(&want));
	}
	rig_bytes_free(&bytes);
	rig_bytes_free(&hex);
	rig_bytes_free(&text);
	rig_bytes_free(&want);
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof((examples)[0]))

/* Bytes are grouped as they belong together. clang-format would give each group its line. */
/* clang-format off */

static void headers(void)
{
	static const struct example examples[] = {
		/* nlmsg_len, _type, _flags, _seq, _pid; cmd, version, reserved; dp_ifindex */
		{ "dp.new", "18000000" "2000" "0d00" "00000000" "00000000" "01020000" "00000000",
		  NULL },
		{ "dp.get dp=5", "18000000" "2000" "0500" "00000000" "00000000" "03020000"
		  "05000000", NULL },
		{ "dp.get $abc", "18000000" "2000" "0500" "00000000" "00000000" "03020000"
		  "03000000", "dp.get dp=3" },
		{ "dp.get dp=-1", "18000000" "2000" "0500" "00000000" "00000000" "03020000"
		  "ffffffff", NULL },
		{ "vport.get dump", "18000000" "2100" "0103" "00000000" "00000000" "03010000"
		  "00000000", NULL },
		{ "vport.get @flags=request|dump", "18000000" "2100" "0103" "00000000" "00000000"
		  "03010000" "00000000", "vport.get dump" },
		{ "flow.new @flags=request|ack|create|0x4000 @seq=1 @pid=2 @version=9 @reserved=10",
		  "18000000" "2200" "0544" "01000000" "02000000" "01090a00" "00000000", NULL },
		{ "flow.9 @len=16 @seq=$abc", "10000000" "2200" "0500" "03000000" "00000000"
		  "09010000" "00000000",
		  /* The length is a lie: the bytes behind it are a message of their own. */
		  "msg @type=flow @flags=request|ack @seq=3\n+ raw hex:0901000000000000" },
		{ "flow.get @len=99", "63000000" "2200" "0500" "00000000" "00000000" "03010000"
		  "00000000", NULL },
		{ "ctrl.getfamily", "14000000" "1000" "0500" "00000000" "00000000" "03020000",
		  NULL },
		{ "msg @type=1234 hex:00ff", "12000000" "d204" "0000" "00000000" "00000000"
		  "00ff0000", NULL },
		{ "msg @type=flow @pad= hex:00ff", "12000000" "2200" "0000" "00000000" "00000000"
		  "00ff", "msg @type=flow @pad= hex:00ff" },
		{ "raw hex:0a0b", "0a0b", NULL },
	};

	CHECK(examples);
}

static void several_messages(void)
{
	static const struct example examples[] = {
		{ "ctrl.getfamily\n+ msg @type=99 @pad=0102 hex:0102\n+ raw hex:0a0b0c", "14000000"
		  "1000" "0500" "00000000" "00000000" "03020000" "12000000" "6300" "0000"
		  "00000000" "00000000" "0102" "0102" "0a0b0c", NULL },
	};

	CHECK(examples);
}

static void control_messages(void)
{
	static const struct example examples[] = {
		{ "nl.noop", "10000000" "0100" "0000" "00000000" "00000000", NULL },
		{ "nl.done @flags=multi error=0", "14000000" "0300" "0200" "00000000" "00000000"
		  "00000000", NULL },
		{ "nl.error error=EINVAL request(len=20,type=flow,flags=request|ack,seq=1,pid=2)",
		  "24000000" "0200" "0000" "00000000" "00000000" "eaffffff" "14000000" "2200"
		  "0500" "01000000" "02000000", NULL },
		{ "nl.error error=7 request(len=20,type=32,flags=0,seq=0,pid=0) hex:0102",
		  "26000000" "0200" "0000" "00000000" "00000000" "07000000" "14000000" "2000"
		  "0000" "00000000" "00000000" "01020000",
		  "nl.error error=7 request(len=20,type=dp,flags=0,seq=0,pid=0) hex:0102" },
		/* With 4 bytes of the request sent back, and an extended ack. */
		{ "nl.error @flags=ack_tlvs error=EEXIST "
		  "request(len=20,type=0,flags=0,seq=0,pid=0) hex:01020304 offs=24", "30000000"
		  "0200" "0002" "00000000" "00000000" "efffffff" "14000000" "0000" "0000"
		  "00000000" "00000000" "01020304" "08000200" "18000000", NULL },
		{ "nl.error @flags=capped|ack_tlvs error=0 "
		  "request(len=20,type=0,flags=0,seq=0,pid=0) msg=\"a b\" policy{type=u32}",
		  "38000000" "0200" "0003" "00000000" "00000000" "00000000" "14000000" "0000"
		  "0000" "00000000" "00000000" "08000100" "61206200" "0c000400" "08000100"
		  "04000000", NULL },
	};

	CHECK(examples);
}

/* The attributes behind "flow.new" or another message of 24 bytes. */
static void check_attrs(const char *command, const struct example *examples, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct rig_bytes text = {}, again = {}, bytes = {}, hex = {}, want = {};
		const struct example *e = &examples[i];
		uint32_t len;

		rig_bytes_print(&text, "%s %s", command, e->text);
		rig_bytes_print(&want, "%s %s\n", command, e->again ? e->again : e->text);
		CU_ASSERT_TRUE(test_bytes_of(rig_bytes_text(&text), &bytes));
		CU_ASSERT_TRUE_FATAL(bytes.size >= 24);
		len = rig_uint_get(bytes.data, 4, RIG_HOST);
		CU_ASSERT_EQUAL_FATAL((len + 3) & ~3u, bytes.size);
		rig_bytes_hex(&hex, bytes.data + 24, len - 24);
		CU_ASSERT_STRING_EQUAL(rig_bytes_text(&hex), e->bytes);
		CU_ASSERT_TRUE(test_text_of(bytes.data, bytes.size, &again));
		CU_ASSERT_STRING_EQUAL(rig_bytes_text(&again), rig_bytes_text(&want));
		rig_bytes_free(&text);
		rig_bytes_free(&again);
		rig_bytes_free(&bytes);
		rig_bytes_free(&hex);
		rig_bytes_free(&want);
	}
}

#define CHECK_ATTRS(command, examples) \
	check_attrs(command, examples, sizeof(examples) / sizeof((examples)[0]))

static void outer_attributes(void)
{
	static const struct example examples[] = {
		{ "port_no=1", "0800010001000000", NULL },
		{ "port_no=$abc", "0800010003000000", "port_no=3" },
		{ "type=internal", "0800020002000000", NULL },
		{ "type=9", "0800020009000000", NULL },
		{ "name=br-0.x", "0b00030062722d302e780000", NULL },
		{ "name=\"a \\\"\\\\\\x01\"", "0a00030061202" "25c01000000", NULL },
		{ "name=\"\"", "0500030000000000", NULL },
		/* Bare, a first dot would be taken for "..." in a pattern. */
		{ "name=\".a\"", "070003002e610000", NULL },
		{ "upcall_pid=1", "0800050001000000", NULL },
		{ "upcall_pid=[1,2]", "0c0005000100000002000000", NULL },
		{ "upcall_pid=[ 1, $abc ]", "0c0005000100000003000000", "upcall_pid=[1,3]" },
		{ "options{dst_port=4789,extension{gbp}}", "14000400" "06000100b5120000" "08000200"
		  "04000100", NULL },
		{ "netnsid=-2", "08000900feffffff", NULL },
		{ "stats(rx_packets=1)", "44000600" "0100000000000000" "0000000000000000"
		  "0000000000000000" "0000000000000000" "0000000000000000" "0000000000000000"
		  "0000000000000000" "0000000000000000",
		  "stats(rx_packets=1,tx_packets=0,rx_bytes=0,tx_bytes=0,rx_errors=0,tx_errors=0,"
		  "rx_dropped=0,tx_dropped=0)" },
		{ "type=internal name=p1   # a comment\n\tport_no=1", "0800020002000000"
		  "0700030070310000" "0800010001000000", "type=internal name=p1 port_no=1" },
	};

	CHECK_ATTRS("vport.new", examples);
}

static void key_attributes(void)
{
	static const struct example examples[] = {
		{ "key{}", "04000100", NULL },
		{ "key{in_port(0)}", "0c000100" "0800030000000000", NULL },
		{ "key{ eth_type(0x800) ,\n recirc_id(0x1) }", "14000100" "0600060008000000"
		  "0800140001000000", "key{eth_type(0x0800),recirc_id(0x1)}" },
		{ "key{eth(src=02:00:00:00:00:01,dst=ff:ff:ff:ff:ff:ff)}", "14000100" "10000400"
		  "020000000001" "ffffffffffff", NULL },
		{ "key{vlan(vid=5,pcp=3,cfi=1)}", "0c000100" "06000500" "70050000", NULL },
		{ "key{ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=later)}",
		  "14000100" "10000700" "0a000001" "0a000002" "11004002", NULL },
		{ "key{ipv6(src=fe80::1,dst=::,label=0x5,proto=58,tclass=1,hlimit=255,frag=first)}",
		  "30000100" "2c000800" "fe800000000000000000000000000001"
		  "00000000000000000000000000000000" "00000005" "3a01ff01", NULL },
		{ "key{tcp(src=80,dst=443),tcp_flags(syn|ack|0x1000)}", "14000100" "08000900"
		  "005001bb" "06001200" "10120000", NULL },
		{ "key{arp(sip=1.2.3.4,tip=0.0.0.0,op=1,sha=00:00:00:00:00:01,"
		  "tha=00:00:00:00:00:00)}",
		  "20000100" "1c000d00" "01020304" "00000000" "0001" "000000000001" "000000000000"
		  "0000", NULL },
		{ "key{arp(pad=0102)}", "20000100" "1c000d00" "00000000" "00000000" "0000"
		  "000000000000" "000000000000" "0102",
		  "key{arp(sip=0.0.0.0,tip=0.0.0.0,op=0,sha=00:00:00:00:00:00,"
		  "tha=00:00:00:00:00:00,"
		  "pad=0102)}" },
		{ "key{mpls(label=3,tc=1,ttl=64,bos=0; label=5,tc=0,ttl=0,bos=1)}", "10000100"
		  "0c001500" "00003240" "00005100", NULL },
		{ "key{ct_state(new|trk),ct_label(0x1)}", "20000100" "0800160021000000" "14001900"
		  "01000000000000000000000000000000", NULL },
		{ "key{ct_label(0x100000000000000000000000000000f2)}", "18000100" "14001900"
		  "f2000000000000000000000000000010", NULL },
		{ "key{encap(eth_type(0x0800)),tunnel(tun_id=0x5,csum)}", "24000100" "0c000100"
		  "0600060008000000" "14001000" "0c000000" "0000000000000005" "04000600", NULL },
		{ "key{nsh(base(flags=1,ttl=63,mdtype=1,np=3,spi=256,si=255))}", "14000100"
		  "10001c00" "0c000100" "013f0103" "000100ff", NULL },
	};

	CHECK_ATTRS("flow.new", examples);
}

static void tunnels(void)
{
	static const struct example examples[] = {
		{ "key{tunnel(tun_id=0x5,src=1.2.3.4,ttl=64,csum,tp_dst=4789,vxlan(gbp=0x7),"
		  "geneve(0102))}",
		  "44000100" "40001000" "0c000000" "0000000000000005" "0800010001020304"
		  "0500040040000000" "04000600" "06000a0012b50000" "0c000b00" "0800010007000000"
		  "0600080001020000", NULL },
		{ "key{tunnel(ipv6_src=::1)}", "1c000100" "18001000" "14000c00"
		  "00000000000000000000000000000001", NULL },
	};

	CHECK_ATTRS("flow.new", examples);
}

static void actions(void)
{
	static const struct example examples[] = {
		{ "actions{output:1}", "0c000200" "0800010001000000", NULL },
		{ "actions{output:0*3}", "1c000200" "0800010000000000" "0800010000000000"
		  "0800010000000000", "actions{output:0,output:0,output:0}" },
		{ "actions{pop_vlan,pop_vlan(hex:01)}", "10000200" "04000500" "0500050001000000",
		  NULL },
		{ "actions{set(ipv4(src=1.2.3.4))}", "18000200" "14000300" "10000700" "01020304"
		  "00000000" "00000000",
		  "actions{set(ipv4(src=1.2.3.4,dst=0.0.0.0,proto=0,tos=0,ttl=0,frag=no))}" },
		{ "actions{set_masked(ipv4(src=1.2.3.4/255.0.0.0,ttl=5))}", "24000200" "20000b00"
		  "1c000700" "01020304" "00000000" "00000500" "ff000000" "00000000" "0000ff00",
		  "actions{set_masked(ipv4(src=1.2.3.4/255.0.0.0,ttl=5/255))}" },
		{ "actions{set_masked(skb_mark(0x1/0xff))}", "14000200" "10000b00" "0c000f00"
		  "01000000" "ff000000", NULL },
		/* A value without its mask is no masked payload. */
		{ "actions{set_masked(skb_mark(hex:01000000))}", "10000200" "0c000b00" "08000f00"
		  "01000000", NULL },
		{ "actions{push_vlan(tpid=0x8100,vid=5,pcp=0,cfi=1)}", "0c000200" "08000400"
		  "81001005", NULL },
		{ "actions{push_mpls(label=1,tc=0,ttl=2,bos=1,eth_type=0x8847)}", "10000200"
		  "0c000900" "00001102" "88470000", NULL },
		{ "actions{sample(probability=4294967295,actions(trunc(100),output:2))}",
		  "24000200" "20000600" "08000100ffffffff" "14000200" "08000d0064000000"
		  "0800010002000000", NULL },
		{ "actions{ct(commit,zone=1,mark=0x1/0xff,helper=ftp,"
		  "nat(src,ip_min=10.0.0.1,proto_min=5))}",
		  "40000200" "3c000c00" "04000100" "0600020001000000" "0c000300" "01000000"
		  "ff000000" "0800050066747000" "18000600" "04000100" "080003000a000001"
		  "0600050005000000", NULL },
		{ "actions{ct(labels=0x1/0x3)}", "2c000200" "28000c00" "24000400"
		  "01000000000000000000000000000000" "03000000000000000000000000000000", NULL },
		{ "actions{check_pkt_len(size=200,gt(output:1),le())}", "20000200" "1c001500"
		  "06000100c8000000" "0c000200" "0800010001000000" "04000300", NULL },
		{ "actions{userspace(pid=5,userdata=0102,userdata=hex:,actions)}", "20000200"
		  "1c000200" "0800010005000000" "0600020001020000" "04000200" "04000400", NULL },
		{ "actions{hash(alg=l4,basis=7),dec_ttl(le_1(pop_eth))}", "1c000200" "0c000800"
		  "00000000" "07000000" "0c001700" "08000100" "04000f00", NULL },
	};

	CHECK_ATTRS("flow.new", examples);
}

/* What ovs-dpctl's syntax cannot say. */
static void escapes(void)
{
	static const struct example examples[] = {
		{ "hex:0102", "0102", NULL },
		{ "77=hex:00", "05004d0000000000", NULL },
		{ "key{77(hex:00)}", "0c000100" "05004d0000000000", NULL },
		{ "key!n{}", "04000180", NULL },
		{ "key!n!b{}", "040001c0", NULL },
		{ "ufid=0102", "0600090001020000", NULL },
		{ "ufid=hex:", "04000900", NULL },
		{ "ufid!pad==0102", "060009000102", NULL },
		{ "ufid!pad=ff01=0102", "060009000102ff01", NULL },
		{ "ufid!len=200=01020304", "c800090001020304", NULL },
		{ "ufid!len=3=01020304", "0300090001020304", NULL },
		{ "probe", "04000800", NULL },
		{ "probe=hex:01", "0500080001000000", NULL },
		{ "probe!pad=01", "0400080001", "probe hex:01" },
		{ "key{hex:0a0b}", "060001000a0b0000", NULL },
		{ "key!len=99{in_port(1)}", "63000100" "0800030001000000", NULL },
		{ "key{in_port(hex:01)}", "0c000100" "0500030001000000", NULL },
		{ "stats(hex:01)", "0500030001000000", NULL },
		{ "actions{output:hex:01,output:hex:}", "10000200" "0500010001000000" "04000100",
		  NULL },
		{ "0=hex:01", "0500000001000000", NULL },
		{ "key{} key{}", "0400010004000100", NULL },
	};

	CHECK_ATTRS("flow.new", examples);
}

static void numbers_for_names(void)
{
	static const struct example examples[] = {
		{ "8 10=0x3 1{3(1)}", "04000800" "08000a0003000000" "0c000100" "0800030001000000",
		  "probe ufid_flags=omit_key|omit_mask key{in_port(1)}" },
	};

	CHECK_ATTRS("flow.new", examples);
}

static void frame_as_payload(void)
{
	static const struct example examples[] = {
		{ "packet=frame{eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02),eth_type(0x88b5),"
		  "payload(0102)}", "14000100" "000000000002" "000000000001" "88b5" "0102",
		  "packet=00000000000200000000000188b50102" },
	};

	CHECK_ATTRS("packet.execute", examples);
}

static void arrays_of_nests(void)
{
	static const struct example examples[] = {
		{ "id=1 bands{0{type=drop,rate=3},7{}}", "0800010001000000" "1c000400" "14000000"
		  "0800010001000000" "0800020003000000" "04000700", NULL },
	};

	CHECK_ATTRS("meter.set", examples);
}

static void zone_limits(void)
{
	static const struct example examples[] = {
		{ "zone_limit!n(zone_id=-1,limit=4,count=0; zone_id=3,limit=0,count=9)", "1c000180"
		  "ffffffff" "04000000" "00000000" "03000000" "00000000" "09000000", NULL },
	};

	CHECK_ATTRS("ct_limit.set", examples);
}

/* clang-format on */

static void hexdump(void)
{
	struct rig_bytes bytes = {}, text = {};

	CU_ASSERT_TRUE(test_bytes_of("flow.new dp=7 key{eth_type(0x0800),hex:01}", &bytes));
	CU_ASSERT_EQUAL(rig_hexdump(bytes.data, bytes.size, NULL, "# ", &text, NULL), 0);
	CU_ASSERT_STRING_EQUAL(
		rig_bytes_text(&text),
		"# 0000  28 00 00 00 22 00 0d 00 00 00 00 00 00 00 00 00  flow.new dp=7\n"
		"# 0010  01 01 00 00                                      generic header\n"
		"# 0014  07 00 00 00                                      family header\n"
		"# 0018  0d 00 01 00                                        key\n"
		"# 001c  06 00 06 00                                          eth_type\n"
		"# 0020  08 00                                                value\n"
		"# 0022  00 00                                                pad\n"
		"# 0024  01                                                   raw\n"
		"# 0025  00 00 00                                           pad\n");
	rig_bytes_free(&bytes);
	rig_bytes_free(&text);
}

RIG_TEST_SUITE(notation, { "headers", headers }, { "several messages", several_messages },
	       { "control messages", control_messages }, { "outer attributes", outer_attributes },
	       { "key attributes", key_attributes }, { "tunnels", tunnels }, { "actions", actions },
	       { "escapes", escapes }, { "numbers for names", numbers_for_names },
	       { "frame as payload", frame_as_payload }, { "arrays of nests", arrays_of_nests },
	       { "zone limits", zone_limits }, { "hexdump", hexdump });
