/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's connection table, which outlives the datapath that filled it. */
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include "link/kernel.h"
#include "wire/error.h"

struct nl_sock *rig_conntrack_open(void)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (sock && nl_connect(sock, NETLINK_NETFILTER) < 0) {
		nl_socket_free(sock);
		sock = NULL;
	}
	return sock;
}

int rig_conntrack_flush(struct nl_sock *sock, struct rig_error *err)
{
	struct nfgenmsg all = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };
	int type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, ret;

	ret = nl_send_simple(sock, type, NLM_F_ACK, &all, sizeof(all));
	if (ret >= 0)
		ret = nl_wait_for_ack(sock);
	if (ret < 0)
		return rig_error_set(err, "empty the connection table: %s", nl_geterror(ret));
	return 0;
}
