/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces, each held by a file descriptor; the thread goes in and comes back. */
#include <errno.h>
#include <fcntl.h>
#include <netlink/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link/kernel.h"
#include "wire/error.h"

/*
 * A port that is taken up would announce itself by IPv6, and the datapath would see frames that no
 * case has sent. What leaves the datapath is the host's own stack's then, which would track its
 * connections, too; but not of sources to which there is no route. A kernel without IPv6 has not
 * got all of these files.
 */
static void quiet(void)
{
	static const char *const files[] = {
		"/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/disable_ipv6",
		"/proc/sys/net/ipv4/conf/all/rp_filter",
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (write(fd, "1\n", 2) < 0) {
			/* Then a case sees frames that it did not send, and says so. */
		}
		close(fd);
	}
}

static void forget(struct rig_netns *netns)
{
	nl_socket_free(netns->route);
	nl_socket_free(netns->generic);
	if (netns->packet >= 0)
		close(netns->packet);
	if (netns->fd >= 0)
		close(netns->fd);
}

/* Takes the namespace that the thread is in as the next one. */
static int take_current(struct rig_kernel_link *k, const char *name, struct rig_error *err)
{
	struct rig_netns *netns = &k->netns[k->n_netns];

	*netns = (struct rig_netns){ .packet = -1 };
	snprintf(netns->name, sizeof(netns->name), "%s", name);
	netns->fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (netns->fd < 0)
		rig_error_set(err, "/proc/thread-self/ns/net: %s", strerror(errno));
	else
		netns->packet = rig_port_open(err);
	if (netns->packet >= 0)
		netns->generic = rig_genl_open(err);
	if (netns->generic)
		netns->route = rig_netdev_open(err);
	if (!netns->route) {
		forget(netns);
		return -1;
	}
	k->n_netns++;
	quiet();
	return 0;
}

int rig_netns_open_first(struct rig_kernel_link *k, struct rig_error *err)
{
	return take_current(k, "", err);
}

int rig_netns_find(struct rig_kernel_link *k, const char *name, struct rig_error *err)
{
	unsigned int i;

	if (!name)
		return 0;
	for (i = 1; i < k->n_netns; i++)
		if (!strcmp(k->netns[i].name, name))
			return i;
	return rig_error_set(err, "no namespace %s was made", name);
}

int rig_netns_enter(struct rig_kernel_link *k, unsigned int number, struct rig_error *err)
{
	/* Without a second namespace there is nowhere to come back from. */
	if (k->n_netns == 1 && !number)
		return 0;
	if (setns(k->netns[number].fd, CLONE_NEWNET) < 0)
		return rig_error_set(err, "enter network namespace %s: %s", k->netns[number].name,
				     strerror(errno));
	return 0;
}

int rig_netns_add(struct rig_link *link, const char *name, struct rig_error *err)
{
	struct rig_kernel_link *k = (struct rig_kernel_link *)link;
	int ret;

	if (k->n_netns == RIG_LINK_NAMESPACES)
		return rig_error_set(err, "more than %d namespaces", RIG_LINK_NAMESPACES - 1);
	if (unshare(CLONE_NEWNET) < 0)
		return rig_error_set(err, "a network namespace: %s", strerror(errno));
	ret = take_current(k, name, err);
	if (setns(k->netns[0].fd, CLONE_NEWNET) < 0)
		return rig_error_set(err, "return from network namespace %s: %s", name,
				     strerror(errno));
	return ret;
}

void rig_netns_close(struct rig_kernel_link *k, unsigned int from)
{
	while (k->n_netns > from)
		forget(&k->netns[--k->n_netns]);
}
