/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link carries bytes to what answers them, a target, and brings back what comes: netlink
 * datagrams on named sockets, frames on ports. It never looks into a message.
 *
 * A link belongs to one thread. Every function that can fail returns -1 and fills the error;
 * the message names what was tried and on what.
 */
#ifndef RIG_LINK_LINK_H
#define RIG_LINK_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/codec.h"

struct rig_error;
struct rig_link;

enum rig_target {
	RIG_TARGET_MODEL,  /* the model itself: no kernel, no privileges */
	RIG_TARGET_INTREE, /* this kernel's openvswitch.ko */
	RIG_TARGET_REF,	   /* this kernel's openvswitch_ref.ko */
	RIG_TARGETS,
};

extern const char *const rig_target_name[RIG_TARGETS]; /* "model", "intree", "ref" */

/* What differs from run to run and from machine to machine; fixed once the link is open. */
struct rig_link_facts {
	enum rig_target target;
	char release[65]; /* "6.1.192-1", the package's where it says more than uname -r */
	char vm[16];	  /* "qemu", "uml", "uml-san", "host", or "none" for the model */
	unsigned int cpus;
	bool netns; /* other network namespaces can be had */
	struct rig_family_ids families;
	uint32_t group[RIG_FAMILIES]; /* each family's multicast group; 0: none */
};

struct rig_link_socket {
	const char *netns; /* in: a namespace that rig_link_netns_add made; NULL: the first one */
	bool unprivileged; /* in: opened without CAP_NET_ADMIN */
	int rcvbuf;	   /* in: bytes of receive buffer; 0: as large as can be had */
	int handle;	   /* out: names the socket in the calls below; small, from 0 */
	uint32_t portid;   /* out: its netlink port id, unique in its namespace */
};

struct rig_link_netdev {
	const char *name;  /* in */
	const char *netns; /* in: as above */
	unsigned int mtu;  /* in: 0: the default; out: what it is */
	int ifindex;	   /* out */
	uint8_t mac[6];	   /* out */
};

enum rig_event_kind {
	RIG_EVENT_DATAGRAM, /* one datagram, possibly several messages, on a socket */
	RIG_EVENT_OVERRUN,  /* the socket lost messages: ENOBUFS */
	RIG_EVENT_FRAME,    /* a frame left the datapath through a watched port */
};

struct rig_event {
	enum rig_event_kind kind;
	int socket;	     /* DATAGRAM, OVERRUN: the handle */
	char port[IFNAMSIZ]; /* FRAME: the netdev's name */
	const uint8_t *data; /* until the next call on this link */
	size_t len;
};

/*
 * Whether this kernel is a guest that the rig booted, and which VM it runs in. Ask before opening a
 * target other than the model: the kernel's own datapaths would be deleted.
 */
bool rig_link_in_guest(char *vm, size_t size);

/*
 * Finds families and groups. Fails when the kernel has not got the families of the target. number
 * tells apart the links that are open at the same time; the calling thread, which has to be in a
 * network namespace of its own then, stays on the processor that it gets by it.
 */
struct rig_link *rig_link_open(enum rig_target target, unsigned int number, struct rig_error *err);
void rig_link_close(struct rig_link *link);
const struct rig_link_facts *rig_link_facts(const struct rig_link *link);

int rig_link_netns_add(struct rig_link *link, const char *name, struct rig_error *err);

int rig_link_socket_new(struct rig_link *link, struct rig_link_socket *sock, struct rig_error *err);
int rig_link_socket_close(struct rig_link *link, int handle, struct rig_error *err);
int rig_link_join(struct rig_link *link, int handle, uint32_t group, struct rig_error *err);

/* A datagram, as it stands. */
struct rig_link_datagram {
	const void *data;
	size_t len;
};

/*
 * Sends datagrams one after the other: the kernel has handled them when this returns. Stops at one
 * that the kernel refuses. Returns how many it took, or, when it refused the first, its negative
 * errno.
 */
int rig_link_send(struct rig_link *link, int handle, const struct rig_link_datagram *list,
		  unsigned int count, struct rig_error *err);

/*
 * Makes a veth pair whose near end has the given name; both ends are up when this returns. The
 * far end stays with the link, and is watched.
 */
int rig_link_netdev_add(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err);
int rig_link_netdev_remove(struct rig_link *link, const char *name, struct rig_error *err);

/* The same facts for any netdev that is there, such as an internal port. */
int rig_link_netdev_find(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err);

/*
 * Takes an internal port's own netdev up, and reports from then on each frame that the datapath
 * hands to it. Nothing to do for what rig_link_netdev_add made, or when called again. Names must
 * be unique over all namespaces of a link.
 */
int rig_link_watch(struct rig_link *link, const char *name, const char *netns,
		   struct rig_error *err);

struct mnl_socket;

/* A socket as it is in libmnl, to do without this link; NULL: it is none of a kernel's. */
struct mnl_socket *rig_link_socket_bare(struct rig_link *link, int handle);

/* Puts a frame where the port of that name receives it. An internal port must be watched. */
int rig_link_frame_put(struct rig_link *link, const char *name, const void *frame, size_t len,
		       struct rig_error *err);

#define RIG_LINK_SETTLE (-1) /* for what the frames on their way through the target bring */

/*
 * The next thing that came, of all sockets and ports; waits up to timeout_ms (0: does not wait).
 * Returns 1, 0 when nothing came in time, -1 on error. Order is kept per socket and per port only.
 */
int rig_link_receive(struct rig_link *link, int timeout_ms, struct rig_event *event,
		     struct rig_error *err);

/*
 * Fault injection, for kernels that are built with it: makes every kind of allocation able to fail,
 * and returns what arms a fault for the calling thread, to be closed; -1 on error. If @logged, the
 * kernel logs each with its callers.
 */
int rig_link_fault_open(bool logged, struct rig_error *err);

/* Allocation number nth, from 1, that the kernel does for this thread from now on will fail. */
int rig_link_fault_arm(int fault, unsigned int nth, struct rig_error *err);
/* None will. *fired: there was one of that number, and it has failed. */
int rig_link_fault_disarm(int fault, bool *fired, struct rig_error *err);

struct rig_link_left {
	unsigned int datapaths; /* that were there, and are deleted now */
	unsigned int count;	/* of things that are there still, and were not at first */
	char text[512];		/* names these; "" when there are none */
};

/*
 * Undoes all that was done through this link: closes the sockets, deletes every datapath, netdev
 * and namespace. Then looks whether anything is there that was not when the link was opened.
 */
int rig_link_clean(struct rig_link *link, struct rig_link_left *left, struct rig_error *err);

/*
 * Has the kernel look at what it counts against the limits of these zones, a tick of its clock
 * after all was undone: before that, it would not look again.
 */
int rig_link_forget_counts(struct rig_link *link, const uint16_t *zones, size_t count,
			   struct rig_error *err);

#endif
