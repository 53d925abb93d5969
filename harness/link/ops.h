/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: what each kind of link has to be able to do. See link.h for the meaning. */
#ifndef RIG_LINK_OPS_H
#define RIG_LINK_OPS_H

#include "link/link.h"

enum {
	RIG_LINK_SOCKETS = 64, /* open at a time */
	RIG_LINK_PORTS = 64,   /* netdevs made or watched at a time */
	RIG_LINK_FRAME_MAX = 65536 + 64,
	RIG_LINK_FRAME_SLACK = 4, /* for a VLAN tag before its first byte */
};

struct rig_link_ops {
	void (*close)(struct rig_link *link);
	int (*netns_add)(struct rig_link *link, const char *name, struct rig_error *err);
	int (*socket_new)(struct rig_link *link, struct rig_link_socket *sock,
			  struct rig_error *err);
	int (*socket_close)(struct rig_link *link, int handle, struct rig_error *err);
	struct mnl_socket *(*socket_bare)(struct rig_link *link, int handle); /* may be NULL */
	int (*join)(struct rig_link *link, int handle, uint32_t group, struct rig_error *err);
	int (*send)(struct rig_link *link, int handle, const struct rig_link_datagram *list,
		    unsigned int count, struct rig_error *err);
	int (*netdev_add)(struct rig_link *link, struct rig_link_netdev *dev,
			  struct rig_error *err);
	int (*netdev_remove)(struct rig_link *link, const char *name, struct rig_error *err);
	int (*netdev_find)(struct rig_link *link, struct rig_link_netdev *dev,
			   struct rig_error *err);
	int (*watch)(struct rig_link *link, const char *name, const char *netns,
		     struct rig_error *err);
	int (*frame_put)(struct rig_link *link, const char *name, const void *frame, size_t len,
			 struct rig_error *err);
	int (*receive)(struct rig_link *link, int timeout_ms, struct rig_event *event,
		       struct rig_error *err);
	int (*clean)(struct rig_link *link, struct rig_link_left *left, struct rig_error *err);
	int (*forget_counts)(struct rig_link *link, const uint16_t *zones, size_t count,
			     struct rig_error *err); /* NULL: it counts nothing */
};

struct rig_link {
	const struct rig_link_ops *ops;
	struct rig_link_facts facts;
};

struct rig_link *rig_link_open_kernel(enum rig_target target, unsigned int number,
				      struct rig_error *err);
struct rig_link *rig_link_open_model(struct rig_error *err);

/* The address that the n-th netdev of a link gets, its near end or its far one. */
void rig_link_mac(uint8_t mac[6], unsigned int n, bool far);

#endif
