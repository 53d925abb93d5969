/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames on ports. One packet socket a namespace sees them all: to close one costs the kernel a
 * grace period, which would be the most of what a small case costs.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/kernel.h"
#include "wire/error.h"

enum { BUFFER_SIZE = 4 << 20, VLAN_OFFSET = 2 * ETH_ALEN, VLAN_LEN = RIG_LINK_FRAME_SLACK };

/* How often a frame can be queued on its way, and how long that may take. */
enum { HOPS = 4, MARK_MS = 2000, LOOPBACK = 1 };

struct mark {
	struct ethhdr eth;
	uint32_t number;
	uint8_t pad[ETH_ZLEN - sizeof(struct ethhdr) - sizeof(uint32_t)];
};

static struct rig_kernel_link *kernel_link(struct rig_link *link)
{
	return (struct rig_kernel_link *)link;
}

static struct rig_port *find(struct rig_kernel_link *k, const char *name)
{
	unsigned int i;

	for (i = 0; i < RIG_LINK_PORTS; i++)
		if (!strcmp(k->port[i].name, name))
			return &k->port[i];
	return NULL;
}

static struct rig_port *free_slot(struct rig_kernel_link *k, struct rig_error *err)
{
	struct rig_port *port = find(k, "");

	if (!port)
		rig_error_set(err, "more than %d ports at a time", RIG_LINK_PORTS);
	return port;
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

int rig_port_open(struct rig_error *err)
{
	const struct sockaddr_ll everywhere = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return rig_error_set(err, "a packet socket: %s", strerror(errno));
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_SIZE);
	if (set(fd, SOL_PACKET, PACKET_AUXDATA, 1) < 0 ||
	    set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) < 0 ||
	    bind(fd, (const struct sockaddr *)&everywhere, sizeof(everywhere)) < 0) {
		rig_error_set(err, "a packet socket: %s", strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static void fill(struct rig_port *port, const char *name, unsigned int netns, int ifindex,
		 int frames)
{
	snprintf(port->name, sizeof(port->name), "%s", name);
	port->netns = netns;
	port->ifindex = ifindex;
	port->frames = frames;
	port->ours = frames != ifindex;
}

static void release(struct rig_port *port)
{
	memset(port, 0, sizeof(*port));
}

static int check_name(const char *name, struct rig_error *err)
{
	if (*name && strlen(name) < IFNAMSIZ)
		return 0;
	return rig_error_set(err, "'%s' is no netdev name: 1 to %d bytes", name, IFNAMSIZ - 1);
}

int rig_port_netdev_add(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	int netns = rig_netns_find(k, dev->netns, err);
	struct rig_port *port = free_slot(k, err);
	char far_name[IFNAMSIZ];
	struct rig_link_netdev far = { .name = far_name };

	if (netns < 0 || !port || check_name(dev->name, err) < 0)
		return -1;
	snprintf(far_name, sizeof(far_name), "rigfar%u", k->n_pairs);
	if (rig_netdev_make_pair(k->netns[netns].route, dev, &far, k->n_pairs++, err) < 0)
		return -1;
	fill(port, dev->name, netns, dev->ifindex, far.ifindex);
	return 0;
}

static int delete_netdev(struct rig_kernel_link *k, struct rig_port *port, struct rig_error *err)
{
	struct nl_sock *route = k->netns[port->netns].route;
	int ifindex = port->ifindex;

	release(port);
	return rig_netdev_delete(route, ifindex, err);
}

int rig_port_netdev_remove(struct rig_link *link, const char *name, struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	struct rig_port *port = find(k, name);

	if (!*name || !port || !port->ours)
		return rig_error_set(err, "no netdev %s was made", name);
	return delete_netdev(k, port, err);
}

int rig_port_netdev_find(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	int netns = rig_netns_find(k, dev->netns, err);

	if (netns < 0 || check_name(dev->name, err) < 0)
		return -1;
	return rig_netdev_facts(k->netns[netns].route, dev, err);
}

/* A number that is given again is no longer that of the watched port which had it. */
static void forget_number(struct rig_kernel_link *k, unsigned int netns, int ifindex)
{
	for (unsigned int i = 0; i < RIG_LINK_PORTS; i++)
		if (k->port[i].name[0] && k->port[i].netns == netns && !k->port[i].ours &&
		    k->port[i].ifindex == ifindex)
			release(&k->port[i]);
}

/* A port that went and came again under its name is another netdev, even under its old number. */
static int watch(struct rig_kernel_link *k, struct rig_port *port, unsigned int netns,
		 const char *name, struct rig_error *err)
{
	struct nl_sock *route = k->netns[netns].route;
	struct rig_link_netdev dev = { .name = name };

	if (rig_netdev_facts(route, &dev, err) < 0)
		return -1;
	forget_number(k, netns, dev.ifindex);
	if (!port)
		port = free_slot(k, err);
	if (!port || rig_netdev_up(route, &dev, err) < 0)
		return -1;
	fill(port, name, netns, dev.ifindex, dev.ifindex);
	return 0;
}

int rig_port_watch(struct rig_link *link, const char *name, const char *netns,
		   struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	int number = rig_netns_find(k, netns, err);
	struct rig_port *port = find(k, name);

	if (number < 0 || check_name(name, err) < 0)
		return -1;
	if (port && port->ours)
		return 0;
	return watch(k, port, number, name, err);
}

int rig_port_frame_put(struct rig_link *link, const char *name, const void *frame, size_t len,
		       struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	struct rig_port *port = find(k, name);
	struct sockaddr_ll to = { .sll_family = AF_PACKET };

	if (!*name || !port)
		return rig_error_set(err, "port %s is neither made nor watched", name);
	to.sll_ifindex = port->frames;
	if (sendto(k->netns[port->netns].packet, frame, len, 0, (const struct sockaddr *)&to,
		   sizeof(to)) < 0)
		return rig_error_set(err, "put a frame of %zu bytes on %s: %s", len, name,
				     strerror(errno));
	return 0;
}

/*
 * The kernel takes the outer VLAN tag out of the frame on its way to a packet socket, and says
 * beside it what the tag was. Puts it back; the frame has room for it before its first byte.
 */
static uint8_t *restore_vlan(uint8_t *frame, size_t *len, struct msghdr *msg)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		const struct tpacket_auxdata *aux = (const void *)CMSG_DATA(c);
		uint16_t tag[2];

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
		    !(aux->tp_status & TP_STATUS_VLAN_VALID) || *len < VLAN_OFFSET)
			continue;
		tag[0] = htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid :
									    ETH_P_8021Q);
		tag[1] = htons(aux->tp_vlan_tci);
		memmove(frame - VLAN_LEN, frame, VLAN_OFFSET);
		memcpy(frame - VLAN_LEN + VLAN_OFFSET, tag, VLAN_LEN);
		*len += VLAN_LEN;
		return frame - VLAN_LEN;
	}
	return frame;
}

static const struct rig_port *find_frames(struct rig_kernel_link *k, unsigned int netns,
					  int ifindex)
{
	unsigned int i;

	for (i = 0; i < RIG_LINK_PORTS; i++)
		if (k->port[i].name[0] && k->port[i].netns == netns && k->port[i].frames == ifindex)
			return &k->port[i];
	return NULL;
}

static void see_mark(struct rig_kernel_link *k, const uint8_t *frame, size_t len)
{
	struct mark mark;

	if (len != sizeof(mark))
		return;
	memcpy(&mark, frame, sizeof(mark));
	if (mark.eth.h_proto == htons(ETH_P_802_EX1))
		k->mark_seen = mark.number;
}

/* The socket also sees frames on their way into ports, and what is no port's at all. */
int rig_port_take(struct rig_kernel_link *k, unsigned int netns, struct rig_event *event,
		  struct rig_error *err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec iov = { k->buffer + VLAN_LEN, RIG_LINK_FRAME_MAX };
	const struct rig_port *port = NULL;
	struct sockaddr_ll from;
	struct msghdr msg;
	ssize_t got;

	while (!port) {
		msg = (struct msghdr){
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		got = recvmsg(k->netns[netns].packet, &msg, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (got < 0)
			return rig_error_set(err, "take a frame: %s", strerror(errno));
		port = find_frames(k, netns, from.sll_ifindex);
		if (!netns && from.sll_ifindex == LOOPBACK)
			see_mark(k, iov.iov_base, got);
	}
	event->kind = RIG_EVENT_FRAME;
	event->socket = -1;
	snprintf(event->port, sizeof(event->port), "%s", port->name);
	event->len = got;
	event->data = restore_vlan(k->buffer + VLAN_LEN, &event->len, &msg);
	return 1;
}

static int put_mark(struct rig_kernel_link *k, struct rig_error *err)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = LOOPBACK };
	struct mark mark = { .eth.h_proto = htons(ETH_P_802_EX1), .number = ++k->mark_sent };

	if (sendto(k->netns[0].packet, &mark, sizeof(mark), 0, (const struct sockaddr *)&to,
		   sizeof(to)) < 0)
		return rig_error_set(err, "put a frame on lo: %s", strerror(errno));
	return 0;
}

/*
 * A frame that enters a device is queued, on the processor where it was sent; so a frame of our own
 * behind it, over the loopback device, arrives after it. What it became may have been queued again
 * meanwhile: hence as many rounds as it can have hops.
 */
int rig_port_settle(struct rig_kernel_link *k, struct rig_event *event, struct rig_error *err)
{
	struct pollfd fd = { k->netns[0].packet, POLLIN, 0 };
	unsigned int hop;
	int got;

	for (hop = 0; hop < (k->link.facts.cpus > 1 ? HOPS : 1); hop++) {
		if (put_mark(k, err) < 0)
			return -1;
		while ((got = rig_port_take(k, 0, event, err)) == 0 && k->mark_seen != k->mark_sent)
			if (poll(&fd, 1, MARK_MS) == 0)
				return rig_error_set(err, "a frame on lo has not come after %d ms",
						     MARK_MS);
		if (got)
			return got;
	}
	return 0;
}

int rig_port_close_all(struct rig_kernel_link *k, struct rig_error *err)
{
	struct rig_event none;
	bool any = false;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < RIG_LINK_PORTS; i++) {
		struct rig_port *port = &k->port[i];

		if (!port->name[0])
			continue;
		any = true;
		if (!port->ours)
			release(port);
		else if (delete_netdev(k, port, err) < 0)
			ret = -1;
	}
	k->n_pairs = 0;
	/* With no port left, what still comes belongs to none. */
	if (any)
		rig_port_take(k, 0, &none, NULL);
	return ret;
}
