/* SPDX-License-Identifier: GPL-2.0-only */
#include "link/tape.h"

#include <stdlib.h>
#include <string.h>

#include "link/ops.h"
#include "wire/error.h"

struct tape_link {
	struct rig_link link;
	struct rig_link *inner;
	struct rig_tape *tape;
	struct rig_tape_entry *sent; /* whose answers are coming */
};

static struct tape_link *tape_link(struct rig_link *link)
{
	return (struct tape_link *)link;
}

static struct rig_link *inner(struct rig_link *link)
{
	return tape_link(link)->inner;
}

static int keep(struct rig_link *link, const struct rig_tape_entry *entry, struct rig_error *err)
{
	struct rig_tape *tape = tape_link(link)->tape;
	struct rig_tape_entry *kept = rig_arena_copy(&tape->arena, entry, sizeof(*entry));

	if (!kept)
		return rig_error_set(err, "out of memory");
	if (entry->name)
		kept->name = rig_arena_copy(&tape->arena, entry->name, strlen(entry->name));
	kept->data = rig_arena_copy(&tape->arena, entry->data, entry->len);
	if (tape->last)
		tape->last->next = kept;
	else
		tape->first = kept;
	tape->last = kept;
	return 0;
}

static void close_tape(struct rig_link *link)
{
	free(link);
}

static int netns_add(struct rig_link *link, const char *name, struct rig_error *err)
{
	(void)link;
	return rig_error_set(err, "namespace %s: a tape knows of one only", name);
}

static int socket_new(struct rig_link *link, struct rig_link_socket *sock, struct rig_error *err)
{
	struct rig_tape_entry entry = { .kind = RIG_TAPE_SOCKET };

	if (rig_link_socket_new(inner(link), sock, err) < 0)
		return -1;
	entry.handle = sock->handle;
	entry.value = sock->portid;
	entry.unprivileged = sock->unprivileged;
	return keep(link, &entry, err);
}

static int socket_close(struct rig_link *link, int handle, struct rig_error *err)
{
	return rig_link_socket_close(inner(link), handle, err);
}

static int join(struct rig_link *link, int handle, uint32_t group, struct rig_error *err)
{
	const struct rig_tape_entry entry = { .kind = RIG_TAPE_JOIN,
					      .handle = handle,
					      .value = group };

	if (rig_link_join(inner(link), handle, group, err) < 0)
		return -1;
	return keep(link, &entry, err);
}

static int send_datagrams(struct rig_link *link, int handle, const struct rig_link_datagram *list,
			  unsigned int count, struct rig_error *err)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct rig_tape_entry entry = { .kind = RIG_TAPE_SEND,
						      .handle = handle,
						      .data = list[i].data,
						      .len = list[i].len };

		if (keep(link, &entry, err) < 0)
			return -1;
	}
	tape_link(link)->sent = tape_link(link)->tape->last;
	return rig_link_send(inner(link), handle, list, count, err);
}

static int netdev_add(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	struct rig_tape_entry entry = { .kind = RIG_TAPE_NETDEV,
					.name = dev->name,
					.value = dev->mtu };

	if (rig_link_netdev_add(inner(link), dev, err) < 0)
		return -1;
	entry.handle = dev->ifindex;
	return keep(link, &entry, err);
}

static int netdev_remove(struct rig_link *link, const char *name, struct rig_error *err)
{
	return rig_link_netdev_remove(inner(link), name, err);
}

static int netdev_find(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	return rig_link_netdev_find(inner(link), dev, err);
}

static int watch(struct rig_link *link, const char *name, const char *netns, struct rig_error *err)
{
	const struct rig_tape_entry entry = { .kind = RIG_TAPE_WATCH, .name = name };

	if (rig_link_watch(inner(link), name, netns, err) < 0)
		return -1;
	return keep(link, &entry, err);
}

static int frame_put(struct rig_link *link, const char *name, const void *frame, size_t len,
		     struct rig_error *err)
{
	const struct rig_tape_entry entry = {
		.kind = RIG_TAPE_FRAME, .name = name, .data = frame, .len = len
	};

	if (rig_link_frame_put(inner(link), name, frame, len, err) < 0)
		return -1;
	return keep(link, &entry, err);
}

static int receive(struct rig_link *link, int timeout_ms, struct rig_event *event,
		   struct rig_error *err)
{
	struct rig_tape_entry *sent = tape_link(link)->sent;
	int ret = rig_link_receive(inner(link), timeout_ms, event, err);

	if (ret == 1 && sent && event->kind == RIG_EVENT_DATAGRAM && event->socket == sent->handle)
		sent->value++;
	return ret;
}

static int clean(struct rig_link *link, struct rig_link_left *left, struct rig_error *err)
{
	const struct rig_tape_entry entry = { .kind = RIG_TAPE_CLEAN };

	if (rig_link_clean(inner(link), left, err) < 0)
		return -1;
	return keep(link, &entry, err);
}

static const struct rig_link_ops tape_ops = {
	.close = close_tape,
	.netns_add = netns_add,
	.socket_new = socket_new,
	.socket_close = socket_close,
	.join = join,
	.send = send_datagrams,
	.netdev_add = netdev_add,
	.netdev_remove = netdev_remove,
	.netdev_find = netdev_find,
	.watch = watch,
	.frame_put = frame_put,
	.receive = receive,
	.clean = clean,
};

struct rig_link *rig_link_open_tape(struct rig_link *inner, struct rig_tape *tape,
				    struct rig_error *err)
{
	struct tape_link *t = calloc(1, sizeof(*t));

	if (!t) {
		rig_error_set(err, "out of memory");
		return NULL;
	}
	t->link.ops = &tape_ops;
	t->link.facts = *rig_link_facts(inner);
	t->inner = inner;
	t->tape = tape;
	return &t->link;
}
