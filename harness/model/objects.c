/* SPDX-License-Identifier: GPL-2.0-only */
/* What there is, for whoever wants to undo it, or to know how much it is. */
#include "conntrack.h"
#include "state.h"

struct listing {
	struct rig_object *list;
	size_t room, count;
};

static void add(struct listing *l, struct rig_object object)
{
	if (l->count < l->room)
		l->list[l->count] = object;
	l->count++;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15 + 1;
}

static uint64_t mix_all(uint64_t hash, const uint32_t *values, unsigned int count)
{
	hash = mix(hash, count);
	for (unsigned int i = 0; i < count; i++)
		hash = mix(hash, values[i]);
	return hash;
}

static uint64_t datapath_setting(const struct rig_datapath *dp)
{
	uint64_t hash = mix(dp->features, dp->cache_size);

	if (dp->features & OVS_DP_F_DISPATCH_UPCALL_PER_CPU)
		hash = mix_all(hash, dp->cpu_portid, dp->n_cpu_portid);
	return mix_all(hash, dp->local->portid, dp->local->n_portid);
}

static void list_datapath(struct listing *l, const struct rig_datapath *dp)
{
	uint32_t ifindex = dp->local->dev->ifindex;

	add(l, (struct rig_object){ RIG_OBJECT_DATAPATH, ifindex, 0, datapath_setting(dp),
				    dp->local->dev->name });
	for (const struct rig_port *p = dp->ports; p; p = p->next)
		if (p != dp->local)
			add(l, (struct rig_object){ RIG_OBJECT_PORT, ifindex, p->number,
						    mix_all(p->type, p->portid, p->n_portid),
						    p->dev->name });
	if (dp->n_flows)
		add(l, (struct rig_object){ RIG_OBJECT_FLOWS, ifindex, dp->n_flows, 0, NULL });
	for (const struct rig_meter *m = dp->meters; m; m = m->next)
		add(l, (struct rig_object){ RIG_OBJECT_METER, ifindex, m->id, m->n_bands, NULL });
}

static uint32_t count_connections(const struct rig_model *m)
{
	uint32_t count = 0;

	for (const struct rig_conn *c = m->conns; c; c = c->next)
		count++;
	return count;
}

size_t rig_model_objects(const struct rig_model *m, struct rig_object *list, size_t room)
{
	struct listing l = { list, room, 0 };
	uint32_t connections = count_connections(m);

	for (const struct rig_datapath *dp = m->dps; dp; dp = dp->next)
		if (!dp->netns)
			list_datapath(&l, dp);
	for (const struct rig_zone_limit *z = m->limits[0]; z; z = z->next)
		add(&l, (struct rig_object){ RIG_OBJECT_LIMIT, 0, z->zone, z->limit, NULL });
	if (m->default_limit[0])
		add(&l, (struct rig_object){ RIG_OBJECT_DEFAULT_LIMIT, 0, 0, m->default_limit[0],
					     NULL });
	if (connections)
		add(&l, (struct rig_object){ RIG_OBJECT_CONNECTIONS, 0, connections, 0, NULL });
	return l.count;
}
