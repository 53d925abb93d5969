/* SPDX-License-Identifier: GPL-2.0-only */
/* Datagrams, acknowledgements, dumps, permissions: what netlink does before OVS is asked. */
#include <errno.h>
#include <linux/netlink.h>

#include "tests/model_help.h"
#include "tests/test.h"

#define BR0 "dp.new @flags=request name=br0 upcall_pid=0"

static void not_a_request(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	CU_ASSERT(test_world_says(&w, 0, "dp.new @flags=ack @seq=7 name=br0 upcall_pid=0",
				  "0: nl.error @flags=capped @seq=7 @pid=1000 error=0 "
				  "request(len=40,type=dp,flags=ack,seq=7,pid=0)\n"));
	CU_ASSERT(test_world_says(&w, 0, "dp.new @flags=0 name=br0 upcall_pid=0", ""));
	CU_ASSERT(test_world_says(&w, 0, "nl.noop @flags=request|ack @seq=8",
				  "0: nl.error @flags=capped @seq=8 @pid=1000 error=0 "
				  "request(len=16,type=1,flags=request|ack,seq=8,pid=0)\n"));
	/* None of them did anything. */
	CU_ASSERT(test_world_says(&w, 0, "dp.get dump @seq=9",
				  "0: nl.done @flags=multi @seq=9 @pid=1000 error=0\n"));
	test_world_close(&w);
}

static void error_carries_the_request(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	/* The payload is rounded up to a multiple of 4: here a byte past the header. */
	CU_ASSERT(test_world_says(&w, 0, "flow.9 @flags=request dp=5 hex:aa",
				  "0: nl.error @pid=1000 error=EOPNOTSUPP "
				  "request(len=25,type=flow,flags=request,seq=0,pid=0) "
				  "hex:0901000005000000aa000000\n"));
	CU_ASSERT_EQUAL(w.answer.list[0].len, 16 + 20 + 12);
	rig_model_socket(w.model, 1, 2000, RIG_MODEL_CAP_ACK, NULL);
	CU_ASSERT(test_world_says(&w, 1, "flow.9 @flags=request dp=5 hex:aa",
				  "1: nl.error @flags=capped @pid=2000 error=EOPNOTSUPP "
				  "request(len=25,type=flow,flags=request,seq=0,pid=0)\n"));
	test_world_close(&w);
}

static void lying_lengths(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	/* Longer than the datagram, shorter than a header: the rest is not looked at. */
	CU_ASSERT(test_world_says(&w, 0, "dp.get @len=2000 @seq=1 dp=1", ""));
	CU_ASSERT(test_world_says(&w, 0, "dp.get @len=15 @seq=1 dp=1", ""));
	/* Too short for the ovs_header. */
	CU_ASSERT(test_world_says(
		&w, 0, "dp.get @len=20 @seq=1 dp=1",
		"0: nl.error @seq=1 @pid=1000 error=EINVAL "
		"request(len=20,type=dp,flags=request|ack,seq=1,pid=0) hex:03020000\n"));
	test_world_close(&w);
}

static void dump_and_its_end(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	test_world_send(&w, 0, BR0);
	/* The end of a dump comes when the socket is read: after all else in its datagram. */
	CU_ASSERT(test_world_says(
		&w, 0,
		"vport.get dump @seq=1 dp=16\n"
		"+ dp.del @flags=request|ack @seq=2 dp=9\n"
		"+ vport.get dump @seq=3 dp=16",
		"0: vport.get @flags=multi @seq=1 @pid=1000 dp=16 port_no=0 type=internal "
		"name=br0 ifindex=16 "
		"stats(rx_packets=0,tx_packets=0,rx_bytes=0,tx_bytes=0,rx_errors=0,tx_error"
		"s=0,rx_dropped=0,tx_dropped=0) upcall_pid=0\n"
		"0: nl.error @seq=2 @pid=1000 error=ENODEV "
		"request(len=24,type=dp,flags=request|ack,seq=2,pid=0) hex:0202000009000000\n"
		"0: nl.error @seq=3 @pid=1000 error=EBUSY "
		"request(len=24,type=vport,flags=request|0x300,seq=3,pid=0) "
		"hex:0301000010000000\n"
		"0: nl.done @flags=multi @seq=1 @pid=1000 error=0\n"));
	/* An empty dump is over at once, and an error is told by its end. */
	CU_ASSERT(test_world_says(&w, 0,
				  "flow.get dump @seq=1 dp=16\n"
				  "+ vport.get dump @seq=2 dp=17",
				  "0: nl.done @flags=multi @seq=1 @pid=1000 error=0\n"
				  "0: nl.done @flags=multi @seq=2 @pid=1000 error=ENODEV\n"));
	test_world_close(&w);
}

static void permissions(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	test_world_send(&w, 0, BR0);
	rig_model_socket(w.model, 1, 2000, RIG_MODEL_UNPRIVILEGED, NULL);
	test_world_send(&w, 1, "dp.get dp=16");
	CU_ASSERT(test_world_errno(&w, 0));
	test_world_send(&w, 1, "dp.del dp=16");
	CU_ASSERT(test_world_errno(&w, EPERM));
	/* Whether the attributes are in order is not looked at before that, the command is. */
	test_world_send(&w, 1, "dp.new dp=16");
	CU_ASSERT(test_world_errno(&w, EPERM));
	test_world_send(&w, 1, "dp.77 @flags=request|ack dp=16");
	CU_ASSERT(test_world_errno(&w, EOPNOTSUPP));
	test_world_close(&w);
}

static void flags_of_new_commands(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	/* Known commands take any flags and reserved bytes, unknown ones do not. */
	test_world_send(&w, 0, "dp.get @flags=request|ack|0x4000 @reserved=1 dp=1");
	CU_ASSERT(test_world_errno(&w, ENODEV));
	test_world_send(&w, 0, "dp.9 @flags=request|ack|0x4000 dp=1");
	CU_ASSERT(test_world_errno(&w, EINVAL));
	test_world_send(&w, 0, "dp.9 @flags=request|ack @reserved=1 dp=1");
	CU_ASSERT(test_world_errno(&w, EINVAL));
	/* CREATE|EXCL would be fine; REPLACE|EXCL is the dump flag, which NEW has not got. */
	test_world_send(&w, 0, "dp.new @flags=request|ack|0x300 name=br0 upcall_pid=0");
	CU_ASSERT(test_world_errno(&w, EOPNOTSUPP));
	test_world_close(&w);
}

static void lenient_attributes(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	/* Unknown types and trailing bytes pass, the last duplicate wins. */
	test_world_send(&w, 0, "dp.new name=a name=b upcall_pid=0 99=hex:01 hex:00");
	CU_ASSERT(test_world_errno(&w, 0));
	test_world_send(&w, 0, "dp.get name=a");
	CU_ASSERT(test_world_errno(&w, ENODEV));
	test_world_send(&w, 0, "dp.get name=b");
	CU_ASSERT(test_world_errno(&w, 0));
	test_world_send(&w, 0, "dp.new name=c upcall_pid=hex:0000");
	CU_ASSERT(test_world_errno(&w, ERANGE));
	test_world_send(&w, 0, "dp.new name=hex:63 upcall_pid=0");
	CU_ASSERT(test_world_errno(&w, EINVAL));
	/* Longer than it should be is only longer, until OVS asks for a multiple of 4. */
	test_world_send(&w, 0, "dp.new name=c upcall_pid=hex:000000000000");
	CU_ASSERT(test_world_errno(&w, EINVAL));
	test_world_close(&w);
}

static void extended_ack(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	rig_model_socket(w.model, 0, 1000, RIG_MODEL_EXT_ACK | RIG_MODEL_CAP_ACK, NULL);
	CU_ASSERT(test_world_says(&w, 0, "dp.9 @flags=request|ack @reserved=1 dp=1",
				  "0: nl.error @flags=capped|ack_tlvs @pid=1000 error=EINVAL "
				  "request(len=24,type=dp,flags=request|ack,seq=0,pid=0) "
				  "msg=\"genlmsghdr.reserved field is not 0\"\n"));
	/* A warning in a success. */
	CU_ASSERT(
		test_world_says(&w, 0, "dp.new @flags=request|ack name=a upcall_pid=0 hex:00",
				"0: nl.error @flags=capped|ack_tlvs @pid=1000 error=0 "
				"request(len=41,type=dp,flags=request|ack,seq=0,pid=0) msg=\"bytes "
				"leftover after parsing attributes\"\n"));
	/* OVS itself has nothing to say. */
	CU_ASSERT(test_world_says(&w, 0, "dp.del @flags=request|ack dp=3",
				  "0: nl.error @flags=capped @pid=1000 error=ENODEV "
				  "request(len=24,type=dp,flags=request|ack,seq=0,pid=0)\n"));
	test_world_close(&w);
}

static void controller(void)
{
	struct test_world w;

	test_world_open(&w, NULL);
	CU_ASSERT(test_world_says(
		&w, 0, "ctrl.getfamily @flags=request family_name=ovs_packet",
		"0: ctrl.newfamily @flags=0 @pid=1000 family_name=ovs_packet family_id=35 "
		"version=1 hdrsize=4 maxattr=11 ops{1{id=3,flags=do|haspol|uns_admin_perm}}\n"));
	test_world_send(&w, 0, "ctrl.getfamily family_name=ovs_none");
	CU_ASSERT(test_world_errno(&w, ENOENT));
	CU_ASSERT_PTR_NULL(w.answer.unmodelled);
	test_world_send(&w, 0, "ctrl.getfamily");
	CU_ASSERT(test_world_errno(&w, EINVAL));
	/* Of other families nothing is known, and that is said. */
	test_world_send(&w, 0, "ctrl.getfamily family_name=nlctrl");
	CU_ASSERT_PTR_NOT_NULL(w.answer.unmodelled);
	CU_ASSERT(w.answer.count == 1 && w.answer.list[0].optional);
	test_world_send(&w, 0, "msg @type=20 @flags=request|ack hex:7d0000d300000000");
	CU_ASSERT_PTR_NOT_NULL(w.answer.unmodelled);
	CU_ASSERT(w.answer.count == 1 && w.answer.list[0].optional);
	test_world_close(&w);
}

RIG_TEST_SUITE(model_netlink, { "not a request", not_a_request },
	       { "an error carries the request", error_carries_the_request },
	       { "lying lengths", lying_lengths }, { "a dump and its end", dump_and_its_end },
	       { "permissions", permissions }, { "flags of new commands", flags_of_new_commands },
	       { "lenient attributes", lenient_attributes }, { "extended ack", extended_ack },
	       { "the controller", controller });
