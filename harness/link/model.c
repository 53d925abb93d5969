/* SPDX-License-Identifier: GPL-2.0-only */
/* The model in the place of a kernel: what it expects is what comes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link/ops.h"
#include "model/model.h"
#include "wire/bytes.h"
#include "wire/error.h"

enum {
	CPUS = 2,
	FIRST_PORTID = 4200,
	FIRST_IFINDEX = 10,
	FIRST_GROUP = 10,
	NAMESPACES = 8,
};

struct device {
	char name[IFNAMSIZ]; /* "" when the slot is free */
	char netns[32];	     /* "" is the first */
	struct rig_netdev facts;
	bool ours; /* a veth pair, not an internal port that is watched */
};

struct model_link {
	struct rig_link link;
	struct rig_model *model;
	struct rig_answer answer;
	struct {
		bool open;
		uint32_t portid;
	} sock[RIG_LINK_SOCKETS];
	uint32_t next_portid;
	char netns[NAMESPACES][32];
	unsigned int n_netns;
	struct device device[RIG_LINK_PORTS];
	unsigned int n_devices; /* made so far: numbers ifindexes and addresses */
	/* What is to be received: for each event, its bytes at the offset in place of a pointer. */
	struct rig_bytes events;
	struct rig_bytes bytes;
	size_t taken; /* events */
};

static struct model_link *model_link(struct rig_link *link)
{
	return (struct model_link *)link;
}

static void close_link(struct rig_link *link)
{
	struct model_link *m = model_link(link);

	rig_answer_free(&m->answer);
	rig_model_free(m->model);
	rig_bytes_free(&m->events);
	rig_bytes_free(&m->bytes);
	free(m);
}

static const char *find_netns(struct model_link *m, const char *name)
{
	unsigned int i;

	for (i = 0; i < m->n_netns; i++)
		if (!strcmp(m->netns[i], name))
			return m->netns[i];
	return NULL;
}

static int check_netns(struct model_link *m, const char *name, struct rig_error *err)
{
	if (!name || find_netns(m, name))
		return 0;
	return rig_error_set(err, "no namespace %s was made", name);
}

static int netns_add(struct rig_link *link, const char *name, struct rig_error *err)
{
	struct model_link *m = model_link(link);

	if (m->n_netns == NAMESPACES)
		return rig_error_set(err, "more than %d namespaces", NAMESPACES);
	snprintf(m->netns[m->n_netns++], sizeof(m->netns[0]), "%s", name);
	return 0;
}

static int socket_new(struct rig_link *link, struct rig_link_socket *sock, struct rig_error *err)
{
	struct model_link *m = model_link(link);
	int i;

	if (check_netns(m, sock->netns, err) < 0)
		return -1;
	for (i = 0; i < RIG_LINK_SOCKETS && m->sock[i].open; i++)
		;
	if (i == RIG_LINK_SOCKETS)
		return rig_error_set(err, "more than %d sockets at a time", RIG_LINK_SOCKETS);
	m->sock[i].open = true;
	m->sock[i].portid = m->next_portid++;
	sock->handle = i;
	sock->portid = m->sock[i].portid;
	rig_model_socket(m->model, i, sock->portid, sock->unprivileged ? RIG_MODEL_UNPRIVILEGED : 0,
			 sock->netns);
	return 0;
}

static int check_socket(struct model_link *m, int handle, struct rig_error *err)
{
	if (handle >= 0 && handle < RIG_LINK_SOCKETS && m->sock[handle].open)
		return 0;
	return rig_error_set(err, "no socket %d is open", handle);
}

static int socket_close(struct rig_link *link, int handle, struct rig_error *err)
{
	struct model_link *m = model_link(link);

	if (check_socket(m, handle, err) < 0)
		return -1;
	m->sock[handle].open = false;
	rig_model_close(m->model, handle);
	return 0;
}

static int join(struct rig_link *link, int handle, uint32_t group, struct rig_error *err)
{
	struct model_link *m = model_link(link);

	if (check_socket(m, handle, err) < 0)
		return -1;
	rig_model_join(m->model, handle, group);
	return 0;
}

static struct device *find_device(struct model_link *m, const char *name)
{
	unsigned int i;

	for (i = 0; i < RIG_LINK_PORTS; i++)
		if (!strcmp(m->device[i].name, name))
			return &m->device[i];
	return NULL;
}

/* Nobody looks at the frames of a port that is not watched. */
static void queue(struct model_link *m, const struct rig_expected *expected)
{
	struct rig_event event = { .len = expected->len };

	if (expected->kind == RIG_EXPECT_FRAME) {
		if (!find_device(m, expected->netdev))
			return;
		event.kind = RIG_EVENT_FRAME;
		event.socket = -1;
		snprintf(event.port, sizeof(event.port), "%s", expected->netdev);
	} else {
		event.kind = RIG_EVENT_DATAGRAM;
		event.socket = expected->sock;
	}
	event.data = (const uint8_t *)m->bytes.size;
	rig_bytes_put(&m->bytes, expected->bytes, expected->len);
	rig_bytes_put(&m->events, &event, sizeof(event));
}

static int queue_answer(struct model_link *m, struct rig_error *err)
{
	size_t i;

	for (i = 0; i < m->answer.count; i++) {
		const struct rig_expected *e = &m->answer.list[i];

		/* Of several that only a kernel could choose from, the first. */
		if (!i || !e->group || e->group != e[-1].group)
			queue(m, e);
	}
	if (m->events.failed || m->bytes.failed)
		return rig_error_set(err, "out of memory");
	return 0;
}

static int send_datagrams(struct rig_link *link, int handle, const struct rig_link_datagram *list,
			  unsigned int count, struct rig_error *err)
{
	struct model_link *m = model_link(link);
	unsigned int i;
	int ret = 0;

	if (check_socket(m, handle, err) < 0)
		return -EBADF;
	for (i = 0; i < count && ret == 0; i++) {
		ret = rig_model_send(m->model, handle, list[i].data, list[i].len, &m->answer);
		if (ret < 0)
			rig_error_set(err, "send %zu bytes: %s", list[i].len, strerror(-ret));
		else if (queue_answer(m, err) < 0)
			return -ENOMEM;
	}
	return ret == 0 ? (int)count : i > 1 ? (int)i - 1 : ret;
}

static struct device *new_device(struct model_link *m, const char *name, const char *netns,
				 struct rig_error *err)
{
	struct device *device = find_device(m, "");

	if (!*name || strlen(name) >= IFNAMSIZ) {
		rig_error_set(err, "'%s' is no netdev name: 1 to %d bytes", name, IFNAMSIZ - 1);
		return NULL;
	}
	if (!device) {
		rig_error_set(err, "more than %d ports at a time", RIG_LINK_PORTS);
		return NULL;
	}
	snprintf(device->name, sizeof(device->name), "%s", name);
	snprintf(device->netns, sizeof(device->netns), "%s", netns ? netns : "");
	device->facts = (struct rig_netdev){
		.name = device->name,
		.netns = netns ? device->netns : NULL,
		.mtu = 1500,
		.up = true,
		.ethernet = true,
	};
	return device;
}

static int netdev_add(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	struct model_link *m = model_link(link);
	struct device *device;

	if (check_netns(m, dev->netns, err) < 0)
		return -1;
	if (find_device(m, dev->name))
		return rig_error_set(err, "make the veth pair %s: it is there", dev->name);
	device = new_device(m, dev->name, dev->netns, err);
	if (!device)
		return -1;
	device->ours = true;
	device->facts.ifindex = FIRST_IFINDEX + m->n_devices;
	if (dev->mtu)
		device->facts.mtu = dev->mtu;
	rig_link_mac(device->facts.mac, m->n_devices++, false);
	rig_model_netdev(m->model, &device->facts);
	dev->mtu = device->facts.mtu;
	dev->ifindex = device->facts.ifindex;
	memcpy(dev->mac, device->facts.mac, sizeof(dev->mac));
	return 0;
}

static int netdev_remove(struct rig_link *link, const char *name, struct rig_error *err)
{
	struct model_link *m = model_link(link);
	struct device *device = find_device(m, name);

	if (!*name || !device || !device->ours)
		return rig_error_set(err, "no netdev %s was made", name);
	rig_model_netdev_gone(m->model, name, device->facts.netns, &m->answer);
	device->name[0] = '\0';
	return queue_answer(m, err);
}

static int netdev_find(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	struct model_link *m = model_link(link);
	const struct device *device = find_device(m, dev->name);
	struct rig_netdev facts = { .name = dev->name, .netns = dev->netns };

	if (check_netns(m, dev->netns, err) < 0)
		return -1;
	if (!*dev->name || !rig_model_netdev_find(m->model, &facts))
		return rig_error_set(err, "netdev %s: not there", dev->name);
	dev->mtu = facts.mtu;
	dev->ifindex = facts.ifindex;
	memset(dev->mac, 0, sizeof(dev->mac));
	if (device)
		memcpy(dev->mac, device->facts.mac, sizeof(dev->mac));
	return 0;
}

static int watch(struct rig_link *link, const char *name, const char *netns, struct rig_error *err)
{
	struct model_link *m = model_link(link);
	struct device *device = find_device(m, name);

	if (*name && device && device->ours)
		return 0;
	if (!*name || !device)
		device = new_device(m, name, netns, err);
	if (!device)
		return -1;
	/* A port that went and came again is down at first. */
	device->ours = false;
	rig_model_netdev(m->model, &device->facts);
	return 0;
}

static int frame_put(struct rig_link *link, const char *name, const void *frame, size_t len,
		     struct rig_error *err)
{
	struct model_link *m = model_link(link);
	struct device *device = find_device(m, name);

	if (!*name || !device)
		return rig_error_set(err, "port %s is neither made nor watched", name);
	rig_model_frame(m->model, name, device->facts.netns, frame, len, &m->answer);
	return queue_answer(m, err);
}

/* What is not there now will never come: there is nothing to wait for. */
static int receive(struct rig_link *link, int timeout_ms, struct rig_event *event,
		   struct rig_error *err)
{
	struct model_link *m = model_link(link);

	(void)timeout_ms;
	(void)err;
	if (m->taken * sizeof(*event) == m->events.size) {
		rig_bytes_reset(&m->events);
		rig_bytes_reset(&m->bytes);
		m->taken = 0;
		return 0;
	}
	memcpy(event, m->events.data + m->taken++ * sizeof(*event), sizeof(*event));
	event->data = m->bytes.data + (size_t)event->data;
	return 1;
}

static void forget(struct model_link *m)
{
	memset(m->sock, 0, sizeof(m->sock));
	memset(m->device, 0, sizeof(m->device));
	m->next_portid = FIRST_PORTID;
	m->n_netns = 0;
	m->n_devices = 0;
	m->taken = 0;
	rig_bytes_reset(&m->events);
	rig_bytes_reset(&m->bytes);
}

static int clean(struct rig_link *link, struct rig_link_left *left, struct rig_error *err)
{
	struct model_link *m = model_link(link);

	(void)err;
	left->datapaths = rig_model_datapaths(m->model);
	left->count = 0;
	left->text[0] = '\0';
	forget(m);
	rig_model_reset(m->model);
	return 0;
}

static const struct rig_link_ops model_ops = {
	.close = close_link,
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

static void fill_facts(struct rig_link_facts *facts)
{
	unsigned int i;

	facts->target = RIG_TARGET_MODEL;
	snprintf(facts->release, sizeof(facts->release), "model");
	snprintf(facts->vm, sizeof(facts->vm), "none");
	facts->cpus = CPUS;
	facts->netns = true;
	facts->families = rig_family_ids_default;
	for (i = 0; i < RIG_FAMILIES; i++)
		if (rig_families[i].group)
			facts->group[i] = FIRST_GROUP + i;
}

struct rig_link *rig_link_open_model(struct rig_error *err)
{
	static const enum rig_family_index family[RIG_MODEL_FAMILIES] = {
		[RIG_MODEL_DATAPATH] = RIG_DP, [RIG_MODEL_VPORT] = RIG_VPORT,
		[RIG_MODEL_FLOW] = RIG_FLOW,   [RIG_MODEL_PACKET] = RIG_PACKET,
		[RIG_MODEL_METER] = RIG_METER, [RIG_MODEL_CT_LIMIT] = RIG_CT_LIMIT,
	};
	struct rig_model_config config = { .module = RIG_MODULE_REF, .ncpus = CPUS };
	struct model_link *m = calloc(1, sizeof(*m));
	unsigned int i;

	if (!m)
		goto no_memory;
	m->link.ops = &model_ops;
	fill_facts(&m->link.facts);
	for (i = 0; i < RIG_MODEL_FAMILIES; i++) {
		config.family_id[i] = m->link.facts.families.id[family[i]];
		config.group_id[i] = m->link.facts.group[family[i]];
	}
	m->model = rig_model_new(&config);
	if (!m->model)
		goto no_memory;
	forget(m);
	return &m->link;

no_memory:
	free(m);
	rig_error_set(err, "out of memory");
	return NULL;
}
