/* SPDX-License-Identifier: GPL-2.0-only */
/* The model as a target; what a kernel does with the same calls, the cases in the VMs show. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "link/link.h"
#include "tests/test.h"
#include "wire/error.h"

static struct rig_link *open_model(void)
{
	struct rig_error err = {};
	struct rig_link *link = rig_link_open(RIG_TARGET_MODEL, 0, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(link);
	return link;
}

/* dp.get of a datapath that is not there. */
static size_t request(const struct rig_link *link, uint8_t *bytes)
{
	struct {
		struct nlmsghdr nl;
		struct genlmsghdr genl;
		struct ovs_header ovs;
	} message = {
		.nl = { .nlmsg_len = sizeof(message),
			.nlmsg_type = rig_link_facts(link)->families.id[RIG_DP],
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
			.nlmsg_seq = 7 },
		.genl = { .cmd = OVS_DP_CMD_GET, .version = OVS_DATAPATH_VERSION },
		.ovs = { .dp_ifindex = 12345 },
	};

	memcpy(bytes, &message, sizeof(message));
	return sizeof(message);
}

static void facts(void)
{
	struct rig_link *link = open_model();
	const struct rig_link_facts *f = rig_link_facts(link);
	unsigned int i;

	CU_ASSERT_EQUAL(f->target, RIG_TARGET_MODEL);
	CU_ASSERT(f->cpus > 1);
	for (i = 0; i < RIG_FAMILIES; i++) {
		CU_ASSERT_EQUAL(f->group[i] != 0, rig_families[i].group != NULL);
		CU_ASSERT(i == RIG_NL || f->families.id[i] != 0);
	}
	rig_link_close(link);
}

static void answer_on_the_right_socket(void)
{
	struct rig_link *link = open_model();
	struct rig_link_socket a = {}, b = {};
	struct rig_error err = {};
	struct rig_event event;
	uint8_t bytes[64];
	size_t len = request(link, bytes);
	const struct rig_link_datagram datagram = { bytes, len };
	struct nlmsgerr error;

	CU_ASSERT_EQUAL_FATAL(rig_link_socket_new(link, &a, &err), 0);
	CU_ASSERT_EQUAL_FATAL(rig_link_socket_new(link, &b, &err), 0);
	CU_ASSERT_NOT_EQUAL(a.portid, b.portid);
	CU_ASSERT_EQUAL(rig_link_receive(link, 0, &event, &err), 0);

	CU_ASSERT_EQUAL(rig_link_send(link, b.handle, &datagram, 1, &err), 1);
	CU_ASSERT_EQUAL_FATAL(rig_link_receive(link, 0, &event, &err), 1);
	CU_ASSERT_EQUAL(event.kind, RIG_EVENT_DATAGRAM);
	CU_ASSERT_EQUAL(event.socket, b.handle);
	CU_ASSERT_EQUAL_FATAL(event.len, NLMSG_HDRLEN + sizeof(error.error) + len);
	memcpy(&error, event.data + NLMSG_HDRLEN, sizeof(error));
	CU_ASSERT_EQUAL(error.error, -19);
	CU_ASSERT_EQUAL(error.msg.nlmsg_seq, 7);
	CU_ASSERT_EQUAL(rig_link_receive(link, 0, &event, &err), 0);
	rig_link_close(link);
}

static void closed_socket(void)
{
	const struct rig_link_datagram datagram = { "", 0 };
	struct rig_link *link = open_model();
	struct rig_link_socket sock = {};
	struct rig_error err = {};

	CU_ASSERT_EQUAL_FATAL(rig_link_socket_new(link, &sock, &err), 0);
	CU_ASSERT_EQUAL(rig_link_socket_close(link, sock.handle, &err), 0);
	CU_ASSERT_EQUAL(rig_link_send(link, sock.handle, &datagram, 1, &err), -EBADF);
	CU_ASSERT_STRING_EQUAL(err.message, "no socket 0 is open");
	rig_link_close(link);
}

static void netdevs(void)
{
	struct rig_link *link = open_model();
	struct rig_link_netdev dev = { .name = "veth0", .mtu = 1400 };
	struct rig_link_netdev found = { .name = "veth0" };
	struct rig_error err = {};
	struct rig_link_left left = { .text = "?" };

	CU_ASSERT_EQUAL_FATAL(rig_link_netdev_add(link, &dev, &err), 0);
	CU_ASSERT_EQUAL_FATAL(rig_link_netdev_find(link, &found, &err), 0);
	CU_ASSERT_EQUAL(found.ifindex, dev.ifindex);
	CU_ASSERT_EQUAL(found.mtu, 1400);
	CU_ASSERT_EQUAL(memcmp(found.mac, dev.mac, sizeof(dev.mac)), 0);
	CU_ASSERT_EQUAL(rig_link_netdev_add(link, &dev, &err), -1);
	CU_ASSERT_EQUAL(rig_link_frame_put(link, "veth1", "", 0, &err), -1);
	CU_ASSERT_STRING_EQUAL(err.message, "port veth1 is neither made nor watched");

	CU_ASSERT_EQUAL(rig_link_clean(link, &left, &err), 0);
	CU_ASSERT_EQUAL(left.count, 0);
	CU_ASSERT_STRING_EQUAL(left.text, "");
	CU_ASSERT_EQUAL(rig_link_netdev_find(link, &found, &err), -1);
	rig_link_close(link);
}

static void namespaces(void)
{
	struct rig_link *link = open_model();
	struct rig_link_socket sock = { .netns = "other" };
	struct rig_error err = {};

	CU_ASSERT_EQUAL(rig_link_socket_new(link, &sock, &err), -1);
	CU_ASSERT_STRING_EQUAL(err.message, "no namespace other was made");
	CU_ASSERT_EQUAL(rig_link_netns_add(link, "other", &err), 0);
	CU_ASSERT_EQUAL(rig_link_socket_new(link, &sock, &err), 0);
	rig_link_close(link);
}

RIG_TEST_SUITE(link, { "facts", facts },
	       { "answer on the right socket", answer_on_the_right_socket },
	       { "closed socket", closed_socket }, { "netdevs", netdevs },
	       { "namespaces", namespaces });
