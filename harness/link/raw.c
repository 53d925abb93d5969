/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink sockets: bytes out, bytes in. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "link/kernel.h"
#include "wire/error.h"

/* What is sent is no longer than a socket has it that was not asked: the model knows that limit. */
enum { BUFFER_SIZE = 8 << 20, SEND_SIZE = 212992 };

static struct rig_kernel_link *kernel_link(struct rig_link *link)
{
	return (struct rig_kernel_link *)link;
}

/*
 * Netlink asks for the capability of whoever opened a socket, so this thread can open one for
 * somebody who has not got it. Gives back the effective capabilities that the thread had.
 */
static int capability_drop(struct __user_cap_data_struct saved[2])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct without[2];

	if (syscall(SYS_capget, &header, saved) < 0)
		return -1;
	memcpy(without, saved, sizeof(without));
	without[CAP_TO_INDEX(CAP_NET_ADMIN)].effective &= ~CAP_TO_MASK(CAP_NET_ADMIN);
	return syscall(SYS_capset, &header, without);
}

static int capability_restore(const struct __user_cap_data_struct saved[2])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capset, &header, saved);
}

static struct mnl_socket *open_generic(bool unprivileged)
{
	struct __user_cap_data_struct saved[2];
	struct mnl_socket *nl;

	if (!unprivileged)
		return mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (capability_drop(saved) < 0)
		return NULL;
	nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (capability_restore(saved) < 0) {
		mnl_socket_close(nl);
		return NULL;
	}
	return nl;
}

/* As large as asked for, or as the limits allow who may not pass them. */
static void set_buffer(int fd, int forced, int limited, int size)
{
	if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, limited, &size, sizeof(size));
}

static int free_slot(const struct rig_kernel_link *k)
{
	int i;

	for (i = 0; i < RIG_LINK_SOCKETS; i++)
		if (!k->sock[i])
			return i;
	return -1;
}

/*
 * How large the datagrams of a dump are depends on the room with which its socket has been read so
 * far: it is read once before anything else.
 */
static int read_once(struct rig_kernel_link *k, struct mnl_socket *nl)
{
	const struct nlmsghdr noop = { .nlmsg_len = sizeof(noop),
				       .nlmsg_type = NLMSG_NOOP,
				       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };

	if (mnl_socket_sendto(nl, &noop, sizeof(noop)) < 0)
		return -1;
	return mnl_socket_recvfrom(nl, k->buffer, sizeof(k->buffer)) < 0 ? -1 : 0;
}

int rig_raw_new(struct rig_link *link, struct rig_link_socket *sock, struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	int netns = rig_netns_find(k, sock->netns, err);
	int handle = free_slot(k);
	struct mnl_socket *nl;
	int fd;

	if (netns < 0)
		return -1;
	if (handle < 0)
		return rig_error_set(err, "more than %d sockets at a time", RIG_LINK_SOCKETS);
	if (rig_netns_enter(k, netns, err) < 0)
		return -1;
	nl = open_generic(sock->unprivileged);
	if (rig_netns_enter(k, 0, err) < 0)
		return -1;
	if (!nl)
		return rig_error_set(err, "a generic netlink socket: %s", strerror(errno));

	fd = mnl_socket_get_fd(nl);
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, sock->rcvbuf ? sock->rcvbuf : BUFFER_SIZE);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_SIZE / 2); /* the kernel doubles it */
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 || read_once(k, nl) < 0) {
		rig_error_set(err, "bind a netlink socket: %s", strerror(errno));
		mnl_socket_close(nl);
		return -1;
	}
	k->sock[handle] = nl;
	sock->handle = handle;
	sock->portid = mnl_socket_get_portid(nl);
	return 0;
}

static struct mnl_socket *find(struct rig_kernel_link *k, int handle, struct rig_error *err)
{
	if (handle >= 0 && handle < RIG_LINK_SOCKETS && k->sock[handle])
		return k->sock[handle];
	rig_error_set(err, "no socket %d is open", handle);
	return NULL;
}

int rig_raw_close(struct rig_link *link, int handle, struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	struct mnl_socket *nl = find(k, handle, err);

	if (!nl)
		return -1;
	mnl_socket_close(nl);
	k->sock[handle] = NULL;
	if (k->hot == handle)
		k->hot = -1;
	if (k->intake.handle == handle)
		k->intake.next = k->intake.count;
	return 0;
}

void rig_raw_close_all(struct rig_kernel_link *k)
{
	int i;

	for (i = 0; i < RIG_LINK_SOCKETS; i++)
		if (k->sock[i])
			rig_raw_close(&k->link, i, NULL);
}

struct mnl_socket *rig_raw_bare(struct rig_link *link, int handle)
{
	return find(kernel_link(link), handle, NULL);
}

int rig_raw_join(struct rig_link *link, int handle, uint32_t group, struct rig_error *err)
{
	struct mnl_socket *nl = find(kernel_link(link), handle, err);

	if (!nl)
		return -1;
	if (mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return rig_error_set(err, "join multicast group %u: %s", group, strerror(errno));
	return 0;
}

/* Of the datagrams that sendmmsg() takes at a time. */
static int send_some(int fd, const struct rig_link_datagram *list, unsigned int count)
{
	struct mmsghdr header[RIG_LINK_INTAKE];
	struct iovec bytes[RIG_LINK_INTAKE];

	for (unsigned int i = 0; i < count; i++) {
		bytes[i] = (struct iovec){ (void *)(uintptr_t)list[i].data, list[i].len };
		header[i].msg_hdr = (struct msghdr){ .msg_iov = &bytes[i], .msg_iovlen = 1 };
	}
	/* With an address, as mnl_socket_sendto() has it, what the opener may do is not asked. */
	return sendmmsg(fd, header, count, 0);
}

int rig_raw_send(struct rig_link *link, int handle, const struct rig_link_datagram *list,
		 unsigned int count, struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	struct mnl_socket *nl = find(k, handle, err);
	unsigned int sent = 0;
	int ret = 0;

	if (!nl)
		return -EBADF;
	k->hot = handle;
	while (sent < count) {
		unsigned int some = count - sent;

		if (some > RIG_LINK_INTAKE)
			some = RIG_LINK_INTAKE;
		ret = send_some(mnl_socket_get_fd(nl), list + sent, some);
		if (ret < 0)
			break;
		sent += (unsigned int)ret;
	}
	if (ret < 0 && sent == 0) {
		ret = -errno;
		rig_error_set(err, "send %zu bytes: %s", list->len, strerror(-ret));
		return ret;
	}
	return (int)sent;
}

int rig_raw_next(struct rig_kernel_link *k, struct rig_event *event, struct rig_error *err)
{
	struct rig_intake *in = &k->intake;
	unsigned int i = in->next;

	if (i == in->count)
		return 0;
	in->next++;
	if (in->header[i].msg_hdr.msg_flags & MSG_TRUNC)
		return rig_error_set(err, "a datagram of more than %d bytes",
				     RIG_LINK_DATAGRAM_MAX);
	event->kind = RIG_EVENT_DATAGRAM;
	event->socket = in->handle;
	event->data = in->bytes[i];
	event->len = in->header[i].msg_len;
	return 1;
}

/* Fills the intake with what is there: 1 when something is, 0, or -1 with errno. */
static int take_in(struct rig_intake *in, int handle, int fd)
{
	int got;

	for (unsigned int i = 0; i < RIG_LINK_INTAKE; i++) {
		in->room[i] = (struct iovec){ in->bytes[i], RIG_LINK_DATAGRAM_MAX };
		in->header[i].msg_hdr = (struct msghdr){ .msg_iov = &in->room[i], .msg_iovlen = 1 };
	}
	got = recvmmsg(fd, in->header, RIG_LINK_INTAKE, MSG_DONTWAIT, NULL);
	in->handle = handle;
	in->next = 0;
	in->count = got > 0 ? (unsigned int)got : 0;
	return got > 0 ? 1 : got;
}

int rig_raw_take(struct rig_kernel_link *k, int handle, struct rig_event *event,
		 struct rig_error *err)
{
	if (k->intake.next < k->intake.count)
		return rig_raw_next(k, event, err);
	if (take_in(&k->intake, handle, mnl_socket_get_fd(k->sock[handle])) > 0)
		return rig_raw_next(k, event, err);
	if (errno == ENOBUFS) {
		event->kind = RIG_EVENT_OVERRUN;
		event->socket = handle;
		event->data = k->intake.bytes[0];
		event->len = 0;
		return 1;
	}
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return rig_error_set(err, "receive on a netlink socket: %s", strerror(errno));
}
