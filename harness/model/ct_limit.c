/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ovs_ct_limit: SET, DEL, GET, and the connections that are counted: those that were confirmed
 * while their zone had a limit. What is gone meanwhile, or was refused, is counted until the kernel
 * looks, which it does not twice in one tick of its clock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conntrack.h"
#include "state.h"

#define BUCKETS	 512
#define ZONE_MAX 65535

const struct rig_policy rig_ct_limit_policy[] = {
	[OVS_CT_LIMIT_ATTR_ZONE_LIMIT] = { .kind = RIG_POLICY_NESTED },
};

static struct rig_zone_limit **find(struct rig_model *m, unsigned int netns, uint16_t zone)
{
	struct rig_zone_limit **p = &m->limits[netns];

	while (*p && (*p)->zone != zone)
		p = &(*p)->next;
	return p;
}

static void drop(struct rig_zone_limit **p)
{
	struct rig_zone_limit *l = *p;

	if (!l)
		return;
	*p = l->next;
	free(l);
}

void rig_ct_limit_flush(struct rig_model *m, unsigned int netns)
{
	struct rig_zone_gone *gone;

	while (m->limits[netns])
		drop(&m->limits[netns]);
	while ((gone = m->gone[netns])) {
		m->gone[netns] = gone->next;
		free(gone);
	}
}

static uint32_t limit_of(struct rig_model *m, unsigned int netns, uint16_t zone)
{
	const struct rig_zone_limit *l = *find(m, netns, zone);

	return l ? l->limit : m->default_limit[netns];
}

/* --- Counting --- */

static uint32_t counted(const struct rig_model *m, unsigned int netns, uint16_t zone)
{
	uint32_t count = 0;

	for (const struct rig_conn *c = m->conns; c; c = c->next)
		count += c->counted && c->netns == netns && c->zone == zone;
	return count;
}

static struct rig_zone_gone *gone_of(const struct rig_model *m, unsigned int netns, uint16_t zone)
{
	struct rig_zone_gone *gone = m->gone[netns];

	while (gone && gone->zone != zone)
		gone = gone->next;
	return gone;
}

void rig_ct_limit_gone(struct rig_model *m, unsigned int netns, uint16_t zone)
{
	struct rig_zone_gone *gone = gone_of(m, netns, zone);

	if (!gone) {
		gone = calloc(1, sizeof(*gone));
		if (!gone)
			return;
		gone->zone = zone;
		gone->next = m->gone[netns];
		m->gone[netns] = gone;
	}
	gone->count++;
}

void rig_ct_limit_note(struct rig_model *m, unsigned int netns, uint16_t zone)
{
	uint16_t *counted;

	if (netns || !limit_of(m, netns, zone))
		return;
	for (size_t i = 0; i < m->n_counted; i++)
		if (m->counted[i] == zone)
			return;
	counted = realloc(m->counted, (m->n_counted + 1) * sizeof(*counted));
	if (!counted)
		return;
	m->counted = counted;
	m->counted[m->n_counted++] = zone;
}

size_t rig_model_counted_zones(const struct rig_model *m, const uint16_t **zones)
{
	*zones = m->counted;
	return m->n_counted;
}

enum rig_limit_verdict rig_ct_limit_meet(struct rig_model *m, unsigned int netns, uint16_t zone)
{
	const struct rig_zone_gone *gone = gone_of(m, netns, zone);
	uint32_t limit = limit_of(m, netns, zone), count;

	if (!limit)
		return RIG_LIMIT_NONE;
	count = counted(m, netns, zone) + 1;
	if (count > limit)
		return RIG_LIMIT_REFUSE;
	return gone && count + gone->count > limit ? RIG_LIMIT_UNKNOWN : RIG_LIMIT_PASS;
}

/* --- Requests --- */

static void set_limit(struct rig_request *r, const struct ovs_zone_limit *z)
{
	struct rig_zone_limit *l = *find(r->m, r->netns, z->zone_id);

	if (!l) {
		l = calloc(1, sizeof(*l));
		if (!l)
			return;
		l->zone = z->zone_id;
		l->next = r->m->limits[r->netns];
		r->m->limits[r->netns] = l;
	}
	l->limit = z->limit;
}

static void del_limit(struct rig_request *r, const struct ovs_zone_limit *z)
{
	drop(find(r->m, r->netns, z->zone_id));
}

static void put_zone(struct rig_request *r, uint16_t zone, uint32_t limit)
{
	struct ovs_zone_limit z = { .zone_id = zone,
				    .limit = limit,
				    .count = counted(r->m, r->netns, zone) };
	size_t at = rig_put_raw(r->out, &z, sizeof(z)) + offsetof(struct ovs_zone_limit, count);

	if (gone_of(r->m, r->netns, zone))
		rig_put_open(r->out, at, sizeof(z.count), RIG_OPEN_GONE, -1);
}

static void put_limit(struct rig_request *r, const struct ovs_zone_limit *z)
{
	put_zone(r, z->zone_id, limit_of(r->m, r->netns, z->zone_id));
}

static void set_default(struct rig_request *r, const struct ovs_zone_limit *z)
{
	r->m->default_limit[r->netns] = z->limit;
}

static void del_default(struct rig_request *r, const struct ovs_zone_limit *z)
{
	(void)z;
	r->m->default_limit[r->netns] = 0;
}

static void put_default(struct rig_request *r, const struct ovs_zone_limit *z)
{
	struct ovs_zone_limit out = { .zone_id = OVS_ZONE_LIMIT_DEFAULT_ZONE,
				      .limit = r->m->default_limit[r->netns] };

	(void)z;
	rig_put_raw(r->out, &out, sizeof(out));
}

typedef void apply_fn(struct rig_request *r, const struct ovs_zone_limit *z);

/* An array of limits without headers. Zones out of range are passed over. */
static void for_each_limit(struct rig_request *r, apply_fn *zone, apply_fn *all)
{
	const struct nlattr *a = r->attr[OVS_CT_LIMIT_ATTR_ZONE_LIMIT];
	struct ovs_zone_limit z = { .count = 0 };

	/* The last one may end in the attribute's padding: not more of it than its count. */
	for (size_t at = 0; at + sizeof(z) <= NLA_ALIGN(rig_nla_len(a)); at += sizeof(z)) {
		memcpy(&z, rig_nla_data(a) + at, offsetof(struct ovs_zone_limit, count));
		if (z.zone_id == OVS_ZONE_LIMIT_DEFAULT_ZONE)
			all(r, &z);
		else if (z.zone_id >= 0 && z.zone_id <= ZONE_MAX)
			zone(r, &z);
	}
}

static int change(struct rig_request *r, uint8_t command, apply_fn *zone, apply_fn *all)
{
	if (!r->attr[OVS_CT_LIMIT_ATTR_ZONE_LIMIT])
		return -EINVAL;
	for_each_limit(r, zone, all);
	rig_reply_begin(r, RIG_ROLE_REPLY, command, NULL);
	rig_message_end(r->out);
	return 0;
}

int rig_ct_limit_set(struct rig_request *r)
{
	return change(r, OVS_CT_LIMIT_CMD_SET, set_limit, set_default);
}

int rig_ct_limit_del(struct rig_request *r)
{
	return change(r, OVS_CT_LIMIT_CMD_DEL, del_limit, del_default);
}

/* All of them, in the order of the kernel's buckets, the youngest of a bucket first. */
static void put_all(struct rig_request *r)
{
	put_default(r, NULL);
	for (unsigned int bucket = 0; r->m->limits[r->netns] && bucket < BUCKETS; bucket++)
		for (struct rig_zone_limit *l = r->m->limits[r->netns]; l; l = l->next)
			if (l->zone % BUCKETS == bucket)
				put_zone(r, l->zone, l->limit);
}

int rig_ct_limit_get(struct rig_request *r)
{
	size_t nest;

	rig_reply_begin(r, RIG_ROLE_REPLY, OVS_CT_LIMIT_CMD_GET, NULL);
	nest = rig_nest_begin(r->out, OVS_CT_LIMIT_ATTR_ZONE_LIMIT);
	if (r->attr[OVS_CT_LIMIT_ATTR_ZONE_LIMIT])
		for_each_limit(r, put_limit, put_default);
	else
		put_all(r);
	rig_nest_end(r->out, nest);
	rig_message_end(r->out);
	return 0;
}
