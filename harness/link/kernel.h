/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: the parts of a link to the running kernel, and what they share. */
#ifndef RIG_LINK_KERNEL_H
#define RIG_LINK_KERNEL_H

#include <libmnl/libmnl.h>
#include <poll.h>

#include "link/ops.h"

struct nl_sock;

enum {
	RIG_LINK_NAMESPACES = 8,
	RIG_LINK_DATAGRAM_MAX = 1 << 18,
	RIG_LINK_INTAKE = 64, /* datagrams that one call sends or takes */
	RIG_LINK_FDS = RIG_LINK_SOCKETS + RIG_LINK_NAMESPACES,
};

/* Namespace 0 is the one in which the link was opened; it has no name. */
struct rig_netns {
	char name[32];
	int fd;
	int packet;		 /* a packet socket that sees the frames of all its netdevs */
	struct nl_sock *generic; /* for what the link itself asks */
	struct nl_sock *route;
};

/* A netdev on which frames come and go: the far end of a veth pair, or an internal port's own. */
struct rig_port {
	char name[IFNAMSIZ]; /* "" when the slot is free */
	unsigned int netns;
	int ifindex; /* of the netdev that bears the name */
	int frames;  /* ifindex of the netdev where its frames are put and taken */
	bool ours;   /* a veth pair: ours to delete */
};

/*
 * What one call brought in from one socket: system calls are the most of what a request costs, in
 * User-Mode Linux above all.
 */
struct rig_intake {
	int handle;
	unsigned int next, count; /* those from next on have not been handed out */
	struct mmsghdr header[RIG_LINK_INTAKE];
	struct iovec room[RIG_LINK_INTAKE];
	uint8_t bytes[RIG_LINK_INTAKE][RIG_LINK_DATAGRAM_MAX];
};

struct rig_kernel_link {
	struct rig_link link;
	struct rig_netns netns[RIG_LINK_NAMESPACES];
	unsigned int n_netns;
	struct mnl_socket *sock[RIG_LINK_SOCKETS];
	int hot; /* the socket that sent last: most likely the one that receives; -1: none */
	struct rig_port port[RIG_LINK_PORTS];
	unsigned int n_pairs; /* made so far in this case: numbers names and addresses */
	uint32_t mark_sent, mark_seen;
	struct nl_sock *tracker; /* of the first namespace's connections; NULL: has none */
	int devices;		 /* the list of the first namespace's netdevs, a file of /proc */
	char *baseline;		 /* those that were there at first */
	uint8_t buffer[RIG_LINK_FRAME_MAX + RIG_LINK_FRAME_SLACK];
	struct rig_intake intake;
};

/* netns.c. The number of a namespace, -1 when there is none of that name. NULL is the first. */
int rig_netns_find(struct rig_kernel_link *k, const char *name, struct rig_error *err);
int rig_netns_open_first(struct rig_kernel_link *k, struct rig_error *err);
int rig_netns_add(struct rig_link *link, const char *name, struct rig_error *err);
void rig_netns_close(struct rig_kernel_link *k, unsigned int from);
/* The calling thread is in that namespace until it enters another; number 0 is the way back. */
int rig_netns_enter(struct rig_kernel_link *k, unsigned int number, struct rig_error *err);

/* raw.c: netlink sockets. */
int rig_raw_new(struct rig_link *link, struct rig_link_socket *sock, struct rig_error *err);
int rig_raw_close(struct rig_link *link, int handle, struct rig_error *err);
void rig_raw_close_all(struct rig_kernel_link *k);
struct mnl_socket *rig_raw_bare(struct rig_link *link, int handle);
int rig_raw_join(struct rig_link *link, int handle, uint32_t group, struct rig_error *err);
int rig_raw_send(struct rig_link *link, int handle, const struct rig_link_datagram *list,
		 unsigned int count, struct rig_error *err);
/* 1 and an event, 0 when there is nothing now, -1. What was taken in before comes first. */
int rig_raw_take(struct rig_kernel_link *k, int handle, struct rig_event *event,
		 struct rig_error *err);
/* 1 and an event that has been taken in already, 0 when there is none. */
int rig_raw_next(struct rig_kernel_link *k, struct rig_event *event, struct rig_error *err);

/* netdev.c: netdevs, in the namespace that the thread was in when it opened the route socket. */
struct nl_sock *rig_netdev_open(struct rig_error *err);
/* Fills in the near end's facts and the far end's ifindex; both are up. */
int rig_netdev_make_pair(struct nl_sock *route, struct rig_link_netdev *near,
			 struct rig_link_netdev *far, unsigned int number, struct rig_error *err);
int rig_netdev_facts(struct nl_sock *route, struct rig_link_netdev *dev, struct rig_error *err);
int rig_netdev_up(struct nl_sock *route, const struct rig_link_netdev *dev, struct rig_error *err);
int rig_netdev_delete(struct nl_sock *route, int ifindex, struct rig_error *err);
/* Of a /proc/net/dev that is open: " lo veth0 ", to be freed; NULL on error. */
char *rig_netdev_names(int devices);

/* port.c: frames. */
int rig_port_netdev_add(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err);
int rig_port_netdev_remove(struct rig_link *link, const char *name, struct rig_error *err);
int rig_port_netdev_find(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err);
int rig_port_watch(struct rig_link *link, const char *name, const char *netns,
		   struct rig_error *err);
int rig_port_frame_put(struct rig_link *link, const char *name, const void *frame, size_t len,
		       struct rig_error *err);
/* In the namespace that the thread is in. */
int rig_port_open(struct rig_error *err);
/* A frame in that namespace: 1 and an event, 0 when there is none now, -1. */
int rig_port_take(struct rig_kernel_link *k, unsigned int netns, struct rig_event *event,
		  struct rig_error *err);
/* Waits until each frame that is on its way has arrived; 1 and an event, 0 when all have, -1. */
int rig_port_settle(struct rig_kernel_link *k, struct rig_event *event, struct rig_error *err);
int rig_port_close_all(struct rig_kernel_link *k, struct rig_error *err);

/* conntrack.c, in the namespace that the thread was in. NULL when the kernel has not got it. */
struct nl_sock *rig_conntrack_open(void);
/* Forgets all connections. */
int rig_conntrack_flush(struct nl_sock *tracker, struct rig_error *err);

/* genl.c, in the namespace that the thread was in when it opened the socket. */
struct nl_sock *rig_genl_open(struct rig_error *err);
int rig_genl_resolve(struct nl_sock *generic, struct rig_link_facts *facts, struct rig_error *err);
/* Deletes all datapaths of the namespace; returns how many there were. */
int rig_genl_delete_datapaths(struct nl_sock *generic, int family, struct rig_error *err);
/* Takes back the namespace's limits on conntrack zones, which need no datapath. */
/* Asks for these zones' limits; what the answers say is of no interest. */
int rig_genl_look_at_limits(struct nl_sock *generic, int family, const uint16_t *zones,
			    size_t count, struct rig_error *err);
int rig_genl_delete_limits(struct nl_sock *generic, int family, struct rig_error *err);

#endif
