/* SPDX-License-Identifier: GPL-2.0-only */
/* Netdevs, by libnl-route, in the namespace that the thread is in. */
#include <errno.h>
#include <net/if.h>
#include <linux/if.h> /* IF_OPER_UP; must come after the other */
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "link/kernel.h"
#include "wire/error.h"

enum { UP_MS = 2000 };

static struct nl_sock *open_route(struct rig_error *err)
{
	struct nl_sock *sk = nl_socket_alloc();
	int ret = sk ? nl_connect(sk, NETLINK_ROUTE) : -NLE_NOMEM;

	if (ret == 0)
		return sk;
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

static int take_up(struct nl_sock *sk, const char *name)
{
	struct rtnl_link *which = rtnl_link_alloc();
	struct rtnl_link *change = rtnl_link_alloc();
	int ret;

	rtnl_link_set_ifindex(which, if_nametoindex(name));
	rtnl_link_set_flags(change, IFF_UP);
	ret = rtnl_link_change(sk, which, change, 0);
	rtnl_link_put(which);
	rtnl_link_put(change);
	return ret;
}

/*
 * Carrier reaches a device by way of the kernel's link watch, a work item: until then what it sends
 * is dropped. The query takes the same lock, so that "up" means that the work is done.
 */
static int wait_up(struct nl_sock *sk, const char *name, struct rig_error *err)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int ms, ret, state;

	for (ms = 0; ms < UP_MS; ms++) {
		struct rtnl_link *link;

		ret = rtnl_link_get_kernel(sk, 0, name, &link);
		if (ret < 0)
			return rig_error_set(err, "netdev %s: %s", name, nl_geterror(ret));
		state = rtnl_link_get_operstate(link);
		rtnl_link_put(link);
		if (state == IF_OPER_UP)
			return 0;
		nanosleep(&pause, NULL);
	}
	return rig_error_set(err, "netdev %s is not up after %d ms", name, UP_MS);
}

int rig_netdev_make_pair(struct rig_link_netdev *dev, const char *far, unsigned int number,
			 struct rig_error *err)
{
	struct nl_sock *sk = open_route(err);
	struct rtnl_link *link;
	int ret;

	if (!sk)
		return -1;
	link = rtnl_link_veth_alloc();
	describe(link, dev->name, dev->mtu);
	set_address(link, number, false);
	describe(rtnl_link_veth_get_peer(link), far, dev->mtu);
	set_address(rtnl_link_veth_get_peer(link), number, true);

	/* An end cannot be up before its peer is there. */
	ret = rtnl_link_add(sk, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(link);
	if (ret == 0)
		ret = take_up(sk, far);
	if (ret == 0)
		ret = take_up(sk, dev->name);
	if (ret < 0)
		ret = rig_error_set(err, "make the veth pair %s: %s", dev->name, nl_geterror(ret));
	else if (wait_up(sk, far, err) < 0 || wait_up(sk, dev->name, err) < 0)
		ret = -1;
	nl_socket_free(sk);
	return ret;
}

int rig_netdev_facts(struct rig_link_netdev *dev, struct rig_error *err)
{
	struct nl_sock *sk = open_route(err);
	struct rtnl_link *link;
	struct nl_addr *addr;
	int ret;

	if (!sk)
		return -1;
	ret = rtnl_link_get_kernel(sk, 0, dev->name, &link);
	nl_socket_free(sk);
	if (ret < 0)
		return rig_error_set(err, "netdev %s: %s", dev->name, nl_geterror(ret));

	dev->ifindex = rtnl_link_get_ifindex(link);
	dev->mtu = rtnl_link_get_mtu(link);
	addr = rtnl_link_get_addr(link);
	memset(dev->mac, 0, sizeof(dev->mac));
	if (addr && nl_addr_get_len(addr) == sizeof(dev->mac))
		memcpy(dev->mac, nl_addr_get_binary_addr(addr), sizeof(dev->mac));
	rtnl_link_put(link);
	return 0;
}

int rig_netdev_up(const char *name, struct rig_error *err)
{
	struct nl_sock *sk = open_route(err);
	int ret;

	if (!sk)
		return -1;
	ret = take_up(sk, name);
	nl_socket_free(sk);
	if (ret < 0)
		return rig_error_set(err, "take netdev %s up: %s", name, nl_geterror(ret));
	return 0;
}

int rig_netdev_delete(int ifindex, struct rig_error *err)
{
	struct nl_sock *sk = open_route(err);
	struct rtnl_link *link;
	int ret;

	if (!sk)
		return -1;
	link = rtnl_link_alloc();
	rtnl_link_set_ifindex(link, ifindex);
	ret = rtnl_link_delete(sk, link);
	rtnl_link_put(link);
	nl_socket_free(sk);
	if (ret < 0 && ret != -NLE_NODEV && ret != -NLE_OBJ_NOTFOUND)
		return rig_error_set(err, "delete netdev %d: %s", ifindex, nl_geterror(ret));
	return 0;
}

char *rig_netdev_names(void)
{
	struct if_nameindex *list = if_nameindex();
	const struct if_nameindex *p;
	char *text = NULL;
	size_t len;
	FILE *to;

	if (!list)
		return NULL;
	to = open_memstream(&text, &len);
	if (to) {
		for (p = list; p->if_index; p++)
			fprintf(to, " %s", p->if_name);
		putc(' ', to);
		fclose(to);
	}
	if_freenameindex(list);
	return text;
}
