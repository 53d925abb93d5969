/* SPDX-License-Identifier: GPL-2.0-only */
/* ovs_meter: FEATURES, SET, DEL, GET; and what a meter does to a packet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

const struct rig_policy rig_meter_policy[] = {
	[OVS_METER_ATTR_ID] = { .kind = RIG_POLICY_U32 },
	[OVS_METER_ATTR_KBPS] = { .kind = RIG_POLICY_FLAG },
	[OVS_METER_ATTR_STATS] = { .len = sizeof(struct ovs_flow_stats) },
	[OVS_METER_ATTR_BANDS] = { .kind = RIG_POLICY_NESTED },
	[OVS_METER_ATTR_USED] = { .kind = RIG_POLICY_U64 },
	[OVS_METER_ATTR_CLEAR] = { .kind = RIG_POLICY_FLAG },
	[OVS_METER_ATTR_MAX_METERS] = { .kind = RIG_POLICY_U32 },
	[OVS_METER_ATTR_MAX_BANDS] = { .kind = RIG_POLICY_U32 },
	[OVS_METER_ATTR_PAD] = { .kind = RIG_POLICY_ANY },
};

/* Meters sit in a table by id modulo its size, and stay in place when it grows. */
static struct rig_meter *in_place(const struct rig_datapath *dp, unsigned int place)
{
	for (struct rig_meter *m = dp->meters; m; m = m->next)
		if (m->place == place)
			return m;
	return NULL;
}

static struct rig_meter *find(const struct rig_datapath *dp, uint32_t id)
{
	struct rig_meter *m = in_place(dp, id % dp->meter_slots);

	return m && m->id == id ? m : NULL;
}

static void detach(struct rig_datapath *dp, struct rig_meter *meter)
{
	unsigned int half = dp->meter_slots / 2;
	struct rig_meter **p = &dp->meters;

	while (*p != meter)
		p = &(*p)->next;
	*p = meter->next;
	dp->n_meters--;
	if (dp->meter_slots <= RIG_METER_SLOTS_MIN || dp->n_meters > dp->meter_slots / 4)
		return;
	for (struct rig_meter *m = dp->meters; m; m = m->next)
		if (m->place >= half)
			return;
	dp->meter_slots = half;
}

static int attach(struct rig_datapath *dp, struct rig_meter *meter)
{
	if (dp->n_meters + 1 >= dp->meter_slots)
		dp->meter_slots *= 2;
	meter->place = meter->id % dp->meter_slots;
	if (in_place(dp, meter->place))
		return -EBUSY;
	meter->next = dp->meters;
	dp->meters = meter;
	dp->n_meters++;
	return 0;
}

void rig_meter_flush(struct rig_datapath *dp)
{
	while (dp->meters) {
		struct rig_meter *m = dp->meters;

		dp->meters = m->next;
		free(m);
	}
}

static void put_meter(struct rig_answer *a, const struct rig_meter *m)
{
	uint64_t time = 0;
	size_t at, bands;

	rig_put_u32(a, OVS_METER_ATTR_ID, m->id);
	rig_put(a, OVS_METER_ATTR_STATS, &m->stats, sizeof(m->stats));
	at = rig_put64(a, OVS_METER_ATTR_USED, OVS_METER_ATTR_PAD, &time, sizeof(time));
	rig_put_open(a, at, sizeof(time), RIG_OPEN_TIME, -1);
	bands = rig_nest_begin(a, OVS_METER_ATTR_BANDS);
	for (unsigned int i = 0; i < m->n_bands; i++) {
		size_t band = rig_nest_begin(a, OVS_BAND_ATTR_UNSPEC);

		rig_put(a, OVS_BAND_ATTR_STATS, &m->bands[i].stats, sizeof(m->bands[i].stats));
		rig_nest_end(a, band);
	}
	rig_nest_end(a, bands);
}

static int read_band(struct rig_request *r, struct rig_band *band, const struct nlattr *nest)
{
	static const struct rig_policy policy[] = {
		[OVS_BAND_ATTR_TYPE] = { .kind = RIG_POLICY_U32 },
		[OVS_BAND_ATTR_RATE] = { .kind = RIG_POLICY_U32 },
		[OVS_BAND_ATTR_BURST] = { .kind = RIG_POLICY_U32 },
		[OVS_BAND_ATTR_STATS] = { .len = sizeof(struct ovs_flow_stats) },
	};
	const struct nlattr *attr[OVS_BAND_ATTR_MAX + 1];
	int err = rig_nla_parse(rig_nla_data(nest), rig_nla_len(nest), policy, OVS_BAND_ATTR_MAX,
				attr, NULL, NULL);

	if (err)
		return err;
	if (!attr[OVS_BAND_ATTR_TYPE] || !attr[OVS_BAND_ATTR_RATE] || !attr[OVS_BAND_ATTR_BURST])
		return -EINVAL;
	band->type = rig_nla_u32(attr[OVS_BAND_ATTR_TYPE]);
	band->rate = rig_nla_u32(attr[OVS_BAND_ATTR_RATE]);
	band->burst = rig_nla_u32(attr[OVS_BAND_ATTR_BURST]);
	return band->rate || !r->m->profile->zero_rate_refused ? 0 : -EINVAL;
}

static int read_meter(struct rig_request *r, struct rig_meter *meter)
{
	struct rig_nla_walk w;
	const struct nlattr *a;
	int err = 0;

	if (!r->attr[OVS_METER_ATTR_BANDS])
		return -EINVAL;
	meter->id = rig_nla_u32(r->attr[OVS_METER_ATTR_ID]);
	meter->kbps = r->attr[OVS_METER_ATTR_KBPS];
	meter->keep_stats = !r->attr[OVS_METER_ATTR_CLEAR];
	if (meter->keep_stats && r->attr[OVS_METER_ATTR_STATS])
		memcpy(&meter->stats, rig_nla_data(r->attr[OVS_METER_ATTR_STATS]),
		       sizeof(meter->stats));
	w = rig_nla_inside(r->attr[OVS_METER_ATTR_BANDS]);
	while (rig_nla_next(&w))
		if (++meter->n_bands > RIG_BANDS_MAX)
			return -EINVAL;
	w = rig_nla_inside(r->attr[OVS_METER_ATTR_BANDS]);
	for (unsigned int i = 0; !err && (a = rig_nla_next(&w)); i++)
		err = read_band(r, &meter->bands[i], a);
	return err;
}

/* The old meter is gone even when the new one finds its place taken. */
static int replace(struct rig_request *r, struct rig_meter *meter)
{
	struct rig_datapath *dp = rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	struct rig_meter *old;
	int err;

	if (!dp)
		return -ENODEV;
	old = find(dp, meter->id);
	if (old)
		detach(dp, old);
	err = attach(dp, meter);
	if (!err) {
		rig_reply_begin(r, RIG_ROLE_REPLY, OVS_METER_CMD_SET, NULL);
		rig_put_u32(r->out, OVS_METER_ATTR_ID, meter->id);
		if (old && old->keep_stats)
			put_meter(r->out, old);
		rig_message_end(r->out);
	}
	free(old);
	return err;
}

int rig_meter_set(struct rig_request *r)
{
	struct rig_meter *meter;
	int err;

	if (!r->attr[OVS_METER_ATTR_ID])
		return -EINVAL;
	meter = calloc(1, sizeof(*meter));
	if (!meter)
		return -ENOMEM;
	err = read_meter(r, meter);
	if (!err)
		err = replace(r, meter);
	if (err)
		free(meter);
	return err;
}

int rig_meter_get(struct rig_request *r)
{
	struct rig_datapath *dp;
	struct rig_meter *meter;

	if (!r->attr[OVS_METER_ATTR_ID])
		return -EINVAL;
	dp = rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	if (!dp)
		return -ENODEV;
	meter = find(dp, rig_nla_u32(r->attr[OVS_METER_ATTR_ID]));
	if (!meter)
		return -ENOENT;
	rig_reply_begin(r, RIG_ROLE_REPLY, OVS_METER_CMD_GET, NULL);
	put_meter(r->out, meter);
	rig_message_end(r->out);
	return 0;
}

/* To delete what is not there is no error; the reply is then empty. */
int rig_meter_del(struct rig_request *r)
{
	struct rig_datapath *dp;
	struct rig_meter *meter;

	if (!r->attr[OVS_METER_ATTR_ID])
		return -EINVAL;
	dp = rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	if (!dp)
		return -ENODEV;
	meter = find(dp, rig_nla_u32(r->attr[OVS_METER_ATTR_ID]));
	rig_reply_begin(r, RIG_ROLE_REPLY, OVS_METER_CMD_DEL, NULL);
	if (meter)
		put_meter(r->out, meter);
	rig_message_end(r->out);
	if (meter) {
		detach(dp, meter);
		free(meter);
	}
	return 0;
}

int rig_meter_features(struct rig_request *r)
{
	struct rig_datapath *dp = rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	uint32_t max_meters = 200000;
	size_t at, bands, band;

	if (!dp)
		return -ENODEV;
	rig_reply_begin(r, RIG_ROLE_REPLY, OVS_METER_CMD_FEATURES, NULL);
	at = rig_put(r->out, OVS_METER_ATTR_MAX_METERS, &max_meters, 4);
	rig_put_open(r->out, at, 4, RIG_OPEN_MEMORY, -1);
	rig_put_u32(r->out, OVS_METER_ATTR_MAX_BANDS, RIG_BANDS_MAX);
	bands = rig_nest_begin(r->out, OVS_METER_ATTR_BANDS);
	band = rig_nest_begin(r->out, OVS_BAND_ATTR_UNSPEC);
	rig_put_u32(r->out, OVS_BAND_ATTR_TYPE, OVS_METER_BAND_TYPE_DROP);
	rig_nest_end(r->out, band);
	rig_nest_end(r->out, bands);
	rig_message_end(r->out);
	return 0;
}

/* A band's bucket holds burst * 1000 and starts full; time alone refills it. */
static enum rig_meter_verdict charge(struct rig_band *b, uint64_t cost)
{
	uint64_t full = (uint64_t)b->burst * 1000;

	if (full < cost)
		return RIG_METER_DROP;
	if (b->spent + cost > full)
		return RIG_METER_UNKNOWN;
	b->spent += cost;
	return RIG_METER_PASS;
}

enum rig_meter_verdict rig_meter_charge(struct rig_datapath *dp, uint32_t id, size_t len)
{
	struct rig_meter *m = find(dp, id);
	enum rig_meter_verdict verdict = RIG_METER_PASS;

	if (!m)
		return RIG_METER_PASS;
	m->stats.n_packets++;
	m->stats.n_bytes += len;
	if (m->n_bands)
		verdict = charge(&m->bands[0], m->kbps ? len * 8 : 1000);
	if (verdict != RIG_METER_DROP)
		return verdict;
	m->bands[0].stats.n_packets++;
	m->bands[0].stats.n_bytes += len;
	return m->bands[0].type == OVS_METER_BAND_TYPE_DROP ? RIG_METER_DROP : RIG_METER_PASS;
}
