/* SPDX-License-Identifier: GPL-2.0-only */
/* ovs_datapath: NEW, DEL, GET, SET. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define FEATURES      (OVS_DP_F_UNALIGNED | OVS_DP_F_VPORT_PIDS | OVS_DP_F_DISPATCH_UPCALL_PER_CPU)
#define CACHE_DEFAULT 256
#define CACHE_MAX     4096 /* entries of 8 bytes in a per-CPU chunk of 32 KiB */

const struct rig_policy rig_dp_policy[] = {
	[OVS_DP_ATTR_NAME] = { .kind = RIG_POLICY_STRING, .len = IFNAMSIZ - 1 },
	[OVS_DP_ATTR_UPCALL_PID] = { .kind = RIG_POLICY_U32 },
	[OVS_DP_ATTR_USER_FEATURES] = { .kind = RIG_POLICY_U32 },
	[OVS_DP_ATTR_MASKS_CACHE_SIZE] = { RIG_POLICY_U32, .bounded = true, .max = CACHE_MAX },
	[OVS_DP_ATTR_IFINDEX] = { RIG_POLICY_S32, .bounded = true, .max = INT32_MAX },
};

/* The ifindex of any of its internal ports names a datapath. */
struct rig_datapath *rig_dp_by_ifindex(struct rig_model *m, unsigned int netns, uint32_t ifindex)
{
	struct rig_dev *d = rig_dev_by_ifindex(m, netns, ifindex);

	return d && d->internal && d->port ? d->port->dp : NULL;
}

static struct rig_datapath *find(struct rig_request *r)
{
	const struct nlattr *name = r->attr[OVS_DP_ATTR_NAME];
	struct rig_port *port;

	if (!name)
		return rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	port = rig_port_by_name(r->m, r->netns, (const char *)rig_nla_data(name));
	return port && port == port->dp->local ? port->dp : NULL;
}

static void put_stats(struct rig_answer *a, const struct rig_datapath *dp)
{
	struct ovs_dp_stats s = { .n_hit = dp->n_hit,
				  .n_missed = dp->n_missed,
				  .n_lost = dp->n_lost,
				  .n_flows = dp->n_flows };
	struct ovs_dp_megaflow_stats mega = { .n_masks = dp->n_masks };
	size_t at = rig_put64(a, OVS_DP_ATTR_STATS, OVS_DP_ATTR_PAD, &s, sizeof(s));

	if (dp->counts_open)
		rig_put_open(a, at, offsetof(struct ovs_dp_stats, n_flows), RIG_OPEN_RANDOM, -1);
	at = rig_put64(a, OVS_DP_ATTR_MEGAFLOW_STATS, OVS_DP_ATTR_PAD, &mega, sizeof(mega));
	if (!dp->n_hit && !dp->n_missed && !dp->counts_open)
		return;
	rig_put_open(a, at + offsetof(struct ovs_dp_megaflow_stats, n_mask_hit), 8, RIG_OPEN_CACHE,
		     -1);
	rig_put_open(a, at + offsetof(struct ovs_dp_megaflow_stats, n_cache_hit), 8, RIG_OPEN_CACHE,
		     -1);
}

static void put_dp(struct rig_request *r, const void *object)
{
	const struct rig_datapath *dp = object;
	unsigned int n = dp->n_cpu_portid;
	struct rig_answer *a = r->out;

	rig_put_string(a, OVS_DP_ATTR_NAME, dp->local->dev->name);
	put_stats(a, dp);
	rig_put_u32(a, OVS_DP_ATTR_USER_FEATURES, dp->features);
	rig_put_u32(a, OVS_DP_ATTR_MASKS_CACHE_SIZE, dp->cache_size);
	if (!(dp->features & OVS_DP_F_DISPATCH_UPCALL_PER_CPU) || !dp->cpu_portid)
		return;
	if (n > r->m->config.ncpus)
		n = r->m->config.ncpus;
	rig_put(a, OVS_DP_ATTR_PER_CPU_PIDS, dp->cpu_portid, 4 * n);
}

static void notify(struct rig_request *r, uint8_t command, const struct rig_datapath *dp)
{
	if (!rig_notify_begin(r, command, dp->local->dev))
		return;
	put_dp(r, dp);
	rig_notify_end(r);
}

static int set_cpu_portids(struct rig_datapath *dp, const struct nlattr *a)
{
	uint32_t *portid;

	if (!rig_nla_len(a) || rig_nla_len(a) % 4)
		return -EINVAL;
	portid = malloc(rig_nla_len(a));
	if (!portid)
		return -ENOMEM;
	memcpy(portid, rig_nla_data(a), rig_nla_len(a));
	free(dp->cpu_portid);
	dp->cpu_portid = portid;
	dp->n_cpu_portid = rig_nla_len(a) / 4;
	return 0;
}

/* Not all or nothing: what comes before the error stays. */
static int change(struct rig_datapath *dp, struct rig_request *r)
{
	uint32_t known = FEATURES, features = 0, size;

	if (r->m->config.build & RIG_BUILD_TC_SKB_EXT)
		known |= OVS_DP_F_TC_RECIRC_SHARING;
	if (r->attr[OVS_DP_ATTR_USER_FEATURES])
		features = rig_nla_u32(r->attr[OVS_DP_ATTR_USER_FEATURES]);
	if (features & ~known)
		return -EOPNOTSUPP;
	if (r->attr[OVS_DP_ATTR_MASKS_CACHE_SIZE]) {
		size = rig_nla_u32(r->attr[OVS_DP_ATTR_MASKS_CACHE_SIZE]);
		if (size & (size - 1))
			return -EINVAL;
		dp->cache_size = size;
	}
	/* Features that are not mentioned are switched off. */
	dp->features = features;
	if ((features & OVS_DP_F_DISPATCH_UPCALL_PER_CPU) && r->attr[OVS_DP_ATTR_PER_CPU_PIDS])
		return set_cpu_portids(dp, r->attr[OVS_DP_ATTR_PER_CPU_PIDS]);
	return 0;
}

static void release(struct rig_datapath *dp)
{
	free(dp->cpu_portid);
	free(dp);
}

void rig_dp_destroy(struct rig_model *m, struct rig_datapath *dp)
{
	struct rig_datapath **p = &m->dps;

	while (*p != dp)
		p = &(*p)->next;
	*p = dp->next;
	while (dp->ports)
		rig_port_remove(m, dp->ports);
	rig_flow_flush(dp);
	rig_meter_flush(dp);
	release(dp);
}

static int add_local_port(struct rig_request *r, struct rig_datapath *dp)
{
	struct rig_port_spec spec = {
		.name = (const char *)rig_nla_data(r->attr[OVS_DP_ATTR_NAME]),
		.type = OVS_VPORT_TYPE_INTERNAL,
		.number = OVSP_LOCAL,
		.portids = r->attr[OVS_DP_ATTR_UPCALL_PID],
	};
	struct rig_datapath *old;
	int err;

	if (r->attr[OVS_DP_ATTR_IFINDEX])
		spec.ifindex = rig_nla_u32(r->attr[OVS_DP_ATTR_IFINDEX]);
	err = rig_port_add(r->m, dp, &spec, &dp->local);
	if (err != -EBUSY && err != -EEXIST)
		return err;
	/* Who does not know of features shall not stumble over them. */
	old = r->genl->version < OVS_DP_VER_FEATURES ? find(r) : NULL;
	if (old)
		old->features = 0;
	return -EEXIST;
}

int rig_dp_new(struct rig_request *r)
{
	struct rig_datapath *dp, **p = &r->m->dps;
	int err;

	if (!r->attr[OVS_DP_ATTR_NAME] || !r->attr[OVS_DP_ATTR_UPCALL_PID])
		return -EINVAL;
	dp = calloc(1, sizeof(*dp));
	if (!dp)
		return -ENOMEM;
	dp->profile = r->m->profile;
	dp->netns = r->netns;
	dp->cache_size = CACHE_DEFAULT;
	dp->meter_slots = RIG_METER_SLOTS_MIN;
	err = change(dp, r);
	if (!err)
		err = add_local_port(r, dp);
	if (err) {
		release(dp);
		return err;
	}
	while (*p)
		p = &(*p)->next;
	*p = dp;
	notify(r, OVS_DP_CMD_NEW, dp);
	return 0;
}

int rig_dp_del(struct rig_request *r)
{
	struct rig_datapath *dp = find(r);

	if (!dp)
		return -ENODEV;
	notify(r, OVS_DP_CMD_DEL, dp);
	rig_dp_destroy(r->m, dp);
	return 0;
}

int rig_dp_set(struct rig_request *r)
{
	struct rig_datapath *dp = find(r);
	int err;

	if (!dp)
		return -ENODEV;
	err = change(dp, r);
	if (!err)
		notify(r, OVS_DP_CMD_SET, dp);
	return err;
}

int rig_dp_get(struct rig_request *r)
{
	struct rig_datapath *dp = find(r);

	if (!dp)
		return -ENODEV;
	rig_reply_begin(r, RIG_ROLE_REPLY, OVS_DP_CMD_GET, dp->local->dev);
	put_dp(r, dp);
	rig_message_end(r->out);
	return 0;
}

int rig_dp_dump(struct rig_request *r)
{
	size_t i = 0;

	for (struct rig_datapath *dp = r->m->dps; dp; dp = dp->next)
		if (dp->netns == r->netns && i++ >= r->shown)
			rig_dump_one(r, OVS_DP_CMD_GET, dp->local->dev, put_dp, dp);
	return 0;
}
