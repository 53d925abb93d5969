/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preloaded into ovs-vswitchd, makes any kernel look like one that cannot dispatch upcalls by
 * processor: where the daemon asks for OVS_DP_F_DISPATCH_UPCALL_PER_CPU, it asks for a feature that
 * no kernel has, too. The kernel answers EOPNOTSUPP, and the daemon falls back to upcalls by vport.
 */
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	struct nlattr attr;
	unsigned int features;
} wanted = {
	{ sizeof(wanted), OVS_DP_ATTR_USER_FEATURES },
	OVS_DP_F_UNALIGNED | OVS_DP_F_DISPATCH_UPCALL_PER_CPU,
};

static const unsigned int unknown = 1u << 31;

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	size_t i;

	for (i = 0; i < msg->msg_iovlen; i++) {
		const struct iovec *iov = &msg->msg_iov[i];
		char *found = memmem(iov->iov_base, iov->iov_len, &wanted, sizeof(wanted));
		unsigned int features = wanted.features | unknown;

		if (found)
			memcpy(found + sizeof(wanted.attr), &features, sizeof(features));
	}
	return syscall(SYS_sendmsg, fd, msg, flags);
}
