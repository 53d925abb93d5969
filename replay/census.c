/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/census.h"

#include <linux/openvswitch.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdint.h>

#include "schema/schema.h"

enum { DATAPATHS = 256 };

struct found {
	unsigned int count;
	uint32_t ifindex[DATAPATHS];
};

static int gather(struct nl_msg *msg, void *data)
{
	const struct ovs_header *header = genlmsg_user_hdr(nlmsg_data(nlmsg_hdr(msg)));
	struct found *found = data;

	if (found->count < DATAPATHS)
		found->ifindex[found->count++] = header->dp_ifindex;
	return NL_OK;
}

/* All that the kernel has of a family, read to the dump's end. */
static void dump(struct nl_sock *sk, enum rig_family_index family, int id, uint8_t command,
		 uint32_t dp)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct ovs_header *header;

	if (!msg)
		return;
	header = genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, id, sizeof(*header), NLM_F_DUMP,
			     command, rig_families[family].version);
	if (header) {
		header->dp_ifindex = dp;
		if (nl_send_auto(sk, msg) >= 0)
			nl_recvmsgs_default(sk);
	}
	nlmsg_free(msg);
}

static void ask(struct nl_sock *sk)
{
	struct found found = {};
	int id[RIG_FAMILIES] = {};

	for (unsigned int i = 0; i < RIG_CTRL; i++)
		id[i] = genl_ctrl_resolve(sk, rig_families[i].genl_name);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, gather, &found);
	if (id[RIG_DP] >= 0)
		dump(sk, RIG_DP, id[RIG_DP], OVS_DP_CMD_GET, 0);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	for (unsigned int i = 0; i < found.count; i++) {
		if (id[RIG_VPORT] >= 0)
			dump(sk, RIG_VPORT, id[RIG_VPORT], OVS_VPORT_CMD_GET, found.ifindex[i]);
		if (id[RIG_FLOW] >= 0)
			dump(sk, RIG_FLOW, id[RIG_FLOW], OVS_FLOW_CMD_GET, found.ifindex[i]);
	}
}

uint32_t rig_census_take(void)
{
	struct nl_sock *sk = nl_socket_alloc();
	uint32_t pid;

	if (!sk)
		return 0;
	nl_socket_disable_auto_ack(sk);
	if (genl_connect(sk) == 0)
		ask(sk);
	pid = nl_socket_get_local_port(sk);
	nl_socket_free(sk);
	return pid;
}
