/* SPDX-License-Identifier: GPL-2.0-only */
/* Netdevs, by libnl-route. */
#include <errno.h>
#include <net/if.h>
#include <linux/if.h> /* IF_OPER_UP; must come after the other */
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "link/kernel.h"
#include "wire/error.h"

enum { UP_MS = 2000, ANSWER_SIZE = 32768, LIST_SIZE = 65536 };

struct nl_sock *rig_netdev_open(struct rig_error *err)
{
	struct nl_sock *sk = nl_socket_alloc();
	int ret = sk ? nl_connect(sk, NETLINK_ROUTE) : -NLE_NOMEM;

	if (ret == 0) {
		nl_socket_disable_msg_peek(sk);
		nl_socket_set_msg_buf_size(sk, ANSWER_SIZE);
		return sk;
	}
	nl_socket_free(sk);
	rig_error_set(err, "a route netlink socket: %s", nl_geterror(ret));
	return NULL;
}

static void set_address(struct rtnl_link *link, unsigned int number, bool far)
{
	struct nl_addr *addr;
	uint8_t mac[6];

	rig_link_mac(mac, number, far);
	addr = nl_addr_build(AF_LLC, mac, sizeof(mac));
	rtnl_link_set_addr(link, addr);
	nl_addr_put(addr);
}

static void describe(struct rtnl_link *link, const char *name, unsigned int mtu)
{
	rtnl_link_set_name(link, name);
	if (mtu)
		rtnl_link_set_mtu(link, mtu);
}

static void take_facts(struct rtnl_link *link, struct rig_link_netdev *dev)
{
	struct nl_addr *addr = rtnl_link_get_addr(link);

	dev->ifindex = rtnl_link_get_ifindex(link);
	dev->mtu = rtnl_link_get_mtu(link);
	memset(dev->mac, 0, sizeof(dev->mac));
	if (addr && nl_addr_get_len(addr) == sizeof(dev->mac))
		memcpy(dev->mac, nl_addr_get_binary_addr(addr), sizeof(dev->mac));
}

int rig_netdev_facts(struct nl_sock *route, struct rig_link_netdev *dev, struct rig_error *err)
{
	struct rtnl_link *link;
	int ret = rtnl_link_get_kernel(route, 0, dev->name, &link);

	if (ret < 0)
		return rig_error_set(err, "netdev %s: %s", dev->name, nl_geterror(ret));
	take_facts(link, dev);
	rtnl_link_put(link);
	return 0;
}

int rig_netdev_up(struct nl_sock *route, const struct rig_link_netdev *dev, struct rig_error *err)
{
	struct rtnl_link *which = rtnl_link_alloc();
	struct rtnl_link *change = rtnl_link_alloc();
	int ret;

	rtnl_link_set_ifindex(which, dev->ifindex);
	rtnl_link_set_flags(change, IFF_UP);
	ret = rtnl_link_change(route, which, change, 0);
	rtnl_link_put(which);
	rtnl_link_put(change);
	if (ret < 0)
		return rig_error_set(err, "take netdev %s up: %s", dev->name, nl_geterror(ret));
	return 0;
}

/*
 * Carrier reaches a device by way of the kernel's link watch, a work item: until then what it sends
 * is dropped. The query takes the same lock, so that "up" means that the work is done.
 */
static int wait_up(struct nl_sock *route, struct rig_link_netdev *dev, struct rig_error *err)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int ms, ret, state;

	for (ms = 0; ms < UP_MS; ms++) {
		struct rtnl_link *link;

		ret = rtnl_link_get_kernel(route, 0, dev->name, &link);
		if (ret < 0)
			return rig_error_set(err, "netdev %s: %s", dev->name, nl_geterror(ret));
		state = rtnl_link_get_operstate(link);
		take_facts(link, dev);
		rtnl_link_put(link);
		if (state == IF_OPER_UP)
			return 0;
		nanosleep(&pause, NULL);
	}
	return rig_error_set(err, "netdev %s is not up after %d ms", dev->name, UP_MS);
}

int rig_netdev_make_pair(struct nl_sock *route, struct rig_link_netdev *near,
			 struct rig_link_netdev *far, unsigned int number, struct rig_error *err)
{
	struct rtnl_link *link = rtnl_link_veth_alloc();
	int ret;

	describe(link, near->name, near->mtu);
	set_address(link, number, false);
	describe(rtnl_link_veth_get_peer(link), far->name, near->mtu);
	set_address(rtnl_link_veth_get_peer(link), number, true);
	/* The peer cannot be: an end comes up only when the other is there. */
	rtnl_link_set_flags(link, IFF_UP);
	ret = rtnl_link_add(route, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(link);
	if (ret < 0)
		return rig_error_set(err, "make the veth pair %s: %s", near->name,
				     nl_geterror(ret));
	if (rig_netdev_facts(route, far, err) < 0 || rig_netdev_up(route, far, err) < 0 ||
	    wait_up(route, far, err) < 0)
		return -1;
	return wait_up(route, near, err);
}

int rig_netdev_delete(struct nl_sock *route, int ifindex, struct rig_error *err)
{
	struct rtnl_link *link = rtnl_link_alloc();
	int ret;

	rtnl_link_set_ifindex(link, ifindex);
	ret = rtnl_link_delete(route, link);
	rtnl_link_put(link);
	if (ret < 0 && ret != -NLE_NODEV && ret != -NLE_OBJ_NOTFOUND)
		return rig_error_set(err, "delete netdev %d: %s", ifindex, nl_geterror(ret));
	return 0;
}

static ssize_t read_list(int devices, char *text, size_t size)
{
	size_t used = 0;
	ssize_t got;

	do {
		got = pread(devices, text + used, size - 1 - used, used);
		used += got > 0 ? got : 0;
	} while (got > 0);
	text[used] = '\0';
	return got < 0 ? -1 : (ssize_t)used;
}

/* Two lines of headings, then "  veth0:  148   2 ..." each. */
char *rig_netdev_names(int devices)
{
	char *list = malloc(LIST_SIZE), *line, *rest, *end, *to;

	if (!list || read_list(devices, list, LIST_SIZE) < 0) {
		free(list);
		return NULL;
	}
	/* What is written is shorter than what has been read. */
	to = list;
	for (line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		line += strspn(line, " ");
		end = strchr(line, ':');
		if (!end)
			continue;
		*to++ = ' ';
		memmove(to, line, end - line);
		to += end - line;
	}
	memcpy(to, " ", 2);
	return list;
}
