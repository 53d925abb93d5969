/* SPDX-License-Identifier: GPL-2.0-only */
/* The model's life, and what exists beside the datapath: sockets and devices. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define FIRST_IFINDEX 16
#define DEFAULT_MTU   1500

/* The number of a namespace, which is new when it is named for the first time. */
unsigned int rig_netns_number(struct rig_model *m, const char *name)
{
	struct rig_dev *lo;
	unsigned int i;

	if (!name)
		name = "";
	for (i = 0; i < m->n_netns; i++)
		if (!strncmp(m->netns[i].name, name, sizeof(m->netns[i].name) - 1))
			return i;
	assert(i < RIG_NAMESPACES);
	strncpy(m->netns[i].name, name, sizeof(m->netns[i].name) - 1);
	m->n_netns++;
	lo = rig_dev_add(m, i, "lo");
	if (lo) {
		lo->ifindex = 1;
		lo->loopback = true;
		lo->mtu = 65536;
	}
	return i;
}

const char *rig_netns_name(const struct rig_model *m, unsigned int netns)
{
	return netns ? m->netns[netns].name : NULL;
}

static void start(struct rig_model *m)
{
	uint32_t first = m->config.first_ifindex;

	m->next_ifindex = first ? first : FIRST_IFINDEX;
	m->next_set = m->next_group = 0;
	m->tainted = NULL;
	m->n_counted = 0;
	m->departs = false;
	m->n_netns = 0;
	memset(m->netns, 0, sizeof(m->netns));
	memset(m->default_limit, 0, sizeof(m->default_limit));
	rig_netns_number(m, NULL);
}

struct rig_model *rig_model_new(const struct rig_model_config *config)
{
	struct rig_model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->config = *config;
	if (!m->config.ncpus)
		m->config.ncpus = 1;
	m->profile = rig_profile_find(config->module, config->kernel);
	m->config.kernel = NULL;
	start(m);
	return m;
}

static void clear(struct rig_model *m)
{
	while (m->dps)
		rig_dp_destroy(m, m->dps);
	while (m->devs)
		rig_dev_remove(m, m->devs);
	rig_conn_flush(m);
	for (unsigned int i = 0; i < RIG_NAMESPACES; i++)
		rig_ct_limit_flush(m, i);
	memset(m->sock, 0, sizeof(m->sock));
	m->n_slots = 0;
}

void rig_model_free(struct rig_model *m)
{
	if (!m)
		return;
	clear(m);
	free(m->slots);
	free(m->counted);
	free(m);
}

void rig_model_reset(struct rig_model *m)
{
	clear(m);
	start(m);
}

/* --- Sockets --- */

void rig_model_socket(struct rig_model *m, unsigned int sock, uint32_t portid, unsigned int flags,
		      const char *netns)
{
	assert(sock < RIG_MODEL_SOCKETS);
	m->sock[sock] = (struct rig_sock){
		.open = true, .portid = portid, .flags = flags, .netns = rig_netns_number(m, netns)
	};
}

void rig_model_join(struct rig_model *m, unsigned int sock, uint32_t group)
{
	struct rig_sock *s = &m->sock[sock];

	assert(sock < RIG_MODEL_SOCKETS);
	for (size_t i = 0; i < sizeof(s->groups) / sizeof(s->groups[0]); i++) {
		if (s->groups[i] == group)
			return;
		if (!s->groups[i]) {
			s->groups[i] = group;
			return;
		}
	}
}

void rig_model_close(struct rig_model *m, unsigned int sock)
{
	assert(sock < RIG_MODEL_SOCKETS);
	m->sock[sock].open = false;
}

struct rig_sock *rig_sock_by_portid(struct rig_model *m, unsigned int netns, uint32_t portid,
				    unsigned int *number)
{
	for (unsigned int i = 0; i < RIG_MODEL_SOCKETS; i++) {
		struct rig_sock *s = &m->sock[i];

		if (!s->open || s->netns != netns || s->portid != portid)
			continue;
		*number = i;
		return s;
	}
	return NULL;
}

/* --- Devices --- */

struct rig_dev *rig_dev_by_name(struct rig_model *m, unsigned int netns, const char *name)
{
	for (struct rig_dev *d = m->devs; d; d = d->next)
		if (d->netns == netns && !strcmp(d->name, name))
			return d;
	return NULL;
}

struct rig_dev *rig_dev_by_ifindex(struct rig_model *m, unsigned int netns, uint32_t ifindex)
{
	for (struct rig_dev *d = m->devs; d; d = d->next)
		if (d->netns == netns && d->ifindex == ifindex)
			return d;
	return NULL;
}

struct rig_dev *rig_dev_add(struct rig_model *m, unsigned int netns, const char *name)
{
	struct rig_dev *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	strncpy(d->name, name, sizeof(d->name) - 1);
	d->netns = netns;
	d->slot = -1;
	d->known = true;
	d->mtu = DEFAULT_MTU;
	d->next = m->devs;
	m->devs = d;
	return d;
}

void rig_dev_remove(struct rig_model *m, struct rig_dev *dev)
{
	struct rig_dev **p = &m->devs;

	while (*p != dev)
		p = &(*p)->next;
	*p = dev->next;
	if (dev->slot >= 0)
		m->slots[dev->slot] = (struct rig_slot){ NULL, m->turn };
	m->departs = true;
	free(dev);
}

/*
 * A slot is used again only after the next request: the value in the message that announces the
 * device's end is still to be judged.
 */
static int free_slot(struct rig_model *m)
{
	unsigned int i;

	for (i = 0; i < m->n_slots; i++)
		if (!m->slots[i].dev && m->slots[i].freed_at < m->turn)
			return i;
	if (i == m->slots_cap) {
		unsigned int cap = i ? 2 * i : 16;
		struct rig_slot *slots = realloc(m->slots, cap * sizeof(*slots));

		if (!slots)
			return -1;
		m->slots = slots;
		m->slots_cap = cap;
	}
	m->n_slots++;
	return i;
}

bool rig_dev_choose_ifindex(struct rig_model *m, struct rig_dev *dev)
{
	int slot = free_slot(m);

	if (slot < 0)
		return false;
	m->slots[slot].dev = dev;
	dev->slot = slot;
	dev->known = false;
	do
		dev->ifindex = m->next_ifindex++;
	while (rig_dev_by_ifindex(m, dev->netns, dev->ifindex) != dev);
	return true;
}

void rig_put_open_ifindex(struct rig_answer *a, size_t offset, const struct rig_dev *dev)
{
	if (!dev->known)
		rig_put_open(a, offset, 4, RIG_OPEN_IFINDEX, dev->slot);
}

/* The kernel's number is the truth; whoever held it in our guess gets another guess. */
static void set_ifindex(struct rig_model *m, struct rig_dev *dev, uint32_t ifindex)
{
	struct rig_dev *other = rig_dev_by_ifindex(m, dev->netns, ifindex);

	if (other && other != dev)
		other->ifindex = m->next_ifindex++;
	dev->ifindex = ifindex;
	dev->known = true;
	if (ifindex >= m->next_ifindex)
		m->next_ifindex = ifindex + 1;
}

void rig_model_learn(struct rig_model *m, int slot, uint64_t value)
{
	if (slot >= 0 && (unsigned int)slot < m->n_slots && m->slots[slot].dev)
		set_ifindex(m, m->slots[slot].dev, value);
}

void rig_model_netdev(struct rig_model *m, const struct rig_netdev *dev)
{
	unsigned int netns = rig_netns_number(m, dev->netns);
	struct rig_dev *d = rig_dev_by_name(m, netns, dev->name);

	if (!d)
		d = rig_dev_add(m, netns, dev->name);
	if (!d)
		return;
	if (dev->ifindex)
		set_ifindex(m, d, dev->ifindex);
	d->mtu = dev->mtu ? dev->mtu : DEFAULT_MTU;
	d->up = dev->up;
	if (!d->internal) {
		d->ethernet = dev->ethernet;
		d->loopback = dev->loopback;
	}
}

bool rig_model_netdev_find(struct rig_model *m, struct rig_netdev *dev)
{
	unsigned int netns = rig_netns_number(m, dev->netns);
	const struct rig_dev *d = rig_dev_by_name(m, netns, dev->name);

	if (!d)
		return false;
	dev->ifindex = d->ifindex;
	dev->mtu = d->mtu;
	dev->up = d->up;
	dev->ethernet = d->ethernet;
	dev->loopback = d->loopback;
	return true;
}

unsigned int rig_model_datapaths(const struct rig_model *m)
{
	unsigned int count = 0;

	for (const struct rig_datapath *dp = m->dps; dp; dp = dp->next)
		count++;
	return count;
}

void rig_model_netdev_gone(struct rig_model *m, const char *name, const char *netns,
			   struct rig_answer *out)
{
	struct rig_dev *d = rig_dev_by_name(m, rig_netns_number(m, netns), name);

	rig_answer_begin(out, m->config.build);
	m->turn++;
	if (d && !d->internal) {
		if (d->port)
			rig_port_gone(m, d->port, out);
		rig_dev_remove(m, d);
	}
	rig_model_finish(m, out);
}

/* --- Counting --- */

/* What is queued for a netdev when that goes is lost, if the kernel has not got to it by then. */
static void spare_frames(struct rig_model *m, struct rig_answer *out)
{
	for (size_t i = 0; i < out->count; i++) {
		struct rig_expected *e = &out->store->list[i];

		if (e->kind == RIG_EXPECT_FRAME &&
		    !rig_dev_by_name(m, rig_netns_number(m, e->netns), e->netdev))
			e->optional = true;
	}
}

void rig_model_finish(struct rig_model *m, struct rig_answer *out)
{
	rig_answer_finish(out);
	out->departs = m->departs;
	m->departs = false;
	if (out->departs)
		spare_frames(m, out);
	if (out->unmodelled) {
		m->counts.unmodelled++;
		if (out->tainted && !m->tainted)
			m->tainted = out->unmodelled;
	}
	for (size_t i = 0; i < out->count; i++) {
		const struct rig_expected *e = &out->list[i];

		if (i && e->group && e->group == out->list[i - 1].group)
			continue;
		m->counts.messages++;
		m->counts.fields_open += e->n_open;
	}
	if (out->store)
		m->counts.fields_exact += out->store->fields;
}

void rig_model_counts(const struct rig_model *m, struct rig_model_counts *out)
{
	*out = m->counts;
}
