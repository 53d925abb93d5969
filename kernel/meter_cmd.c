// SPDX-License-Identifier: GPL-2.0-only
/* The ovs_meter family. */

#include <linux/ktime.h>
#include <net/netlink.h>

#include "datapath.h"
#include "family.h"
#include "meter.h"
#include "notify.h"
#include "plant.h"

static const struct nla_policy meter_policy[OVS_METER_ATTR_MAX + 1] = {
	[OVS_METER_ATTR_ID] = { .type = NLA_U32 },
	[OVS_METER_ATTR_KBPS] = { .type = NLA_FLAG },
	[OVS_METER_ATTR_STATS] = { .len = sizeof(struct ovs_flow_stats) },
	[OVS_METER_ATTR_BANDS] = { .type = NLA_NESTED },
	[OVS_METER_ATTR_USED] = { .type = NLA_U64 },
	[OVS_METER_ATTR_CLEAR] = { .type = NLA_FLAG },
	[OVS_METER_ATTR_MAX_METERS] = { .type = NLA_U32 },
	[OVS_METER_ATTR_MAX_BANDS] = { .type = NLA_U32 },
};

static const struct nla_policy band_policy[OVS_BAND_ATTR_MAX + 1] = {
	[OVS_BAND_ATTR_TYPE] = { .type = NLA_U32 },
	[OVS_BAND_ATTR_RATE] = { .type = NLA_U32 },
	[OVS_BAND_ATTR_BURST] = { .type = NLA_U32 },
	[OVS_BAND_ATTR_STATS] = { .len = sizeof(struct ovs_flow_stats) },
};

/* What a reply is made of while it is being filled. */
struct meter_reply {
	struct sk_buff *msg;
	struct ovs_header *hdr;
};

static int reply_start(struct meter_reply *r, const struct genl_info *info, u8 cmd)
{
	const struct ovs_header *hdr = info->userhdr;
	struct ovsr_reply to = ovsr_reply_to(info, cmd);

	r->msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!r->msg)
		return -ENOMEM;
	r->hdr = ovsr_reply_put(r->msg, &ovsr_meter_family, &to, hdr->dp_ifindex);
	if (r->hdr)
		return 0;
	nlmsg_free(r->msg);
	return -EMSGSIZE;
}

/* Ends what reply_start() began: with the reply, or for @err without. */
static int reply_finish(struct meter_reply *r, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(r->msg);
		return err;
	}
	genlmsg_end(r->msg, r->hdr);
	return genlmsg_reply(r->msg, info);
}

static int bands_put(struct sk_buff *msg, const struct ovsr_meter *meter)
{
	struct nlattr *bands = nla_nest_start_noflag(msg, OVS_METER_ATTR_BANDS);
	struct nlattr *nest;
	int i;

	if (!bands)
		return -EMSGSIZE;
	for (i = 0; i < meter->n_bands; i++) {
		nest = nla_nest_start_noflag(msg, OVS_BAND_ATTR_UNSPEC);
		if (!nest || nla_put(msg, OVS_BAND_ATTR_STATS, sizeof(meter->bands[i].stats),
				     &meter->bands[i].stats))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	nla_nest_end(msg, bands);
	return 0;
}

static int stats_put(struct sk_buff *msg, struct ovsr_meter *meter)
{
	int err = -EMSGSIZE;

	spin_lock_bh(&meter->lock);
	if (!nla_put_u32(msg, OVS_METER_ATTR_ID, meter->id) &&
	    !nla_put(msg, OVS_METER_ATTR_STATS, sizeof(meter->stats), &meter->stats) &&
	    !nla_put_u64_64bit(msg, OVS_METER_ATTR_USED, meter->used_ms, OVS_METER_ATTR_PAD))
		err = bands_put(msg, meter);
	spin_unlock_bh(&meter->lock);
	return err;
}

static int band_parse(struct ovsr_meter *meter, const struct nlattr *nest)
{
	struct ovsr_meter_band *band = &meter->bands[meter->n_bands];
	struct nlattr *a[OVS_BAND_ATTR_MAX + 1];
	u32 given[OVS_BAND_ATTR_BURST + 1];
	int err, i;

	if (meter->n_bands == OVSR_METER_BANDS)
		return -EINVAL;
	err = nla_parse_deprecated(a, OVS_BAND_ATTR_MAX, nla_data(nest), nla_len(nest), band_policy,
				   NULL);
	if (err)
		return err;
	for (i = OVS_BAND_ATTR_TYPE; i <= OVS_BAND_ATTR_BURST; i++) {
		if (!a[i])
			return -EINVAL;
		given[i] = nla_get_u32(a[i]);
	}
	*band = (struct ovsr_meter_band){
		.type = given[OVS_BAND_ATTR_TYPE],
		.rate = given[OVS_BAND_ATTR_RATE],
		.burst = given[OVS_BAND_ATTR_BURST],
		.bucket = given[OVS_BAND_ATTR_BURST] * 1000ULL,
	};
	if (ovsr_plant(OVSR_PLANT_METER_RATE) && !band->rate)
		band->rate = 1;
	if (!band->rate)
		return -EINVAL;
	meter->max_delta_ms = max_t(u32, meter->max_delta_ms, div_u64(band->bucket, band->rate));
	meter->n_bands++;
	return 0;
}

static bool too_many_bands(const struct nlattr *bands)
{
	const struct nlattr *a;
	int rem, n = 0;

	nla_for_each_nested(a, bands, rem)
		n++;
	return n > OVSR_METER_BANDS;
}

static struct ovsr_meter *meter_parse(struct nlattr **a)
{
	struct ovsr_meter *meter;
	const struct nlattr *nest;
	int rem, err;

	if (!a[OVS_METER_ATTR_ID] || !a[OVS_METER_ATTR_BANDS] ||
	    too_many_bands(a[OVS_METER_ATTR_BANDS]))
		return ERR_PTR(-EINVAL);
	meter = kzalloc(sizeof(*meter), GFP_KERNEL_ACCOUNT);
	if (!meter)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&meter->lock);
	meter->id = nla_get_u32(a[OVS_METER_ATTR_ID]);
	meter->used_ms = div_u64(ktime_get_ns(), NSEC_PER_MSEC);
	meter->kbps = a[OVS_METER_ATTR_KBPS];
	meter->keep_stats = !a[OVS_METER_ATTR_CLEAR];
	if (meter->keep_stats && a[OVS_METER_ATTR_STATS])
		nla_memcpy(&meter->stats, a[OVS_METER_ATTR_STATS], sizeof(meter->stats));
	nla_for_each_nested(nest, a[OVS_METER_ATTR_BANDS], rem) {
		err = band_parse(meter, nest);
		if (err) {
			kfree(meter);
			return ERR_PTR(err);
		}
	}
	return meter;
}

/*
 * Puts @meter in the place of the one with its id, which is *@old then. When there is no place for
 * @meter after all, the old one is gone all the same: that is how 6.1 does it.
 */
static int meter_replace(struct ovsr_meters *meters, struct ovsr_meter *meter,
			 struct ovsr_meter **old)
{
	int err;

	*old = ovsr_meter_find(meters, meter->id);
	if (*old) {
		err = ovsr_meter_remove(meters, *old);
		if (err) {
			*old = NULL;
			return err;
		}
	}
	return ovsr_meter_insert(meters, meter);
}

static int meter_cmd_set(struct sk_buff *skb, struct genl_info *info)
{
	const struct ovs_header *hdr = info->userhdr;
	struct ovsr_meter *old = NULL;
	struct ovsr_datapath *dp;
	struct ovsr_meter *meter;
	struct meter_reply r;
	int err;

	meter = meter_parse(info->attrs);
	if (IS_ERR(meter))
		return PTR_ERR(meter);
	err = reply_start(&r, info, OVS_METER_CMD_SET);
	if (err) {
		kfree(meter);
		return err;
	}

	ovsr_lock();
	dp = ovsr_dp_find(sock_net(skb->sk), hdr->dp_ifindex);
	err = dp ? meter_replace(&dp->meters, meter, &old) : -ENODEV;
	ovsr_unlock();

	if (err)
		kfree(meter);
	else
		err = nla_put_u32(r.msg, OVS_METER_ATTR_ID,
				  nla_get_u32(info->attrs[OVS_METER_ATTR_ID]));
	/* The id comes once more with the stats. */
	if (!err && old && old->keep_stats)
		err = stats_put(r.msg, old);
	if (old)
		kfree_rcu(old, rcu);
	return reply_finish(&r, info, err);
}

static int meter_cmd_get(struct sk_buff *skb, struct genl_info *info)
{
	const struct ovs_header *hdr = info->userhdr;
	struct nlattr *id = info->attrs[OVS_METER_ATTR_ID];
	struct ovsr_meter *meter;
	struct ovsr_datapath *dp;
	struct meter_reply r;
	int err;

	if (!id)
		return -EINVAL;
	err = reply_start(&r, info, OVS_METER_CMD_GET);
	if (err)
		return err;
	ovsr_lock();
	dp = ovsr_dp_find(sock_net(skb->sk), hdr->dp_ifindex);
	meter = dp ? ovsr_meter_find(&dp->meters, nla_get_u32(id)) : NULL;
	if (meter)
		err = stats_put(r.msg, meter);
	else
		err = dp ? -ENOENT : -ENODEV;
	ovsr_unlock();
	return reply_finish(&r, info, err);
}

/* A meter that is not there is deleted already: an empty reply. */
static int meter_cmd_del(struct sk_buff *skb, struct genl_info *info)
{
	const struct ovs_header *hdr = info->userhdr;
	struct nlattr *id = info->attrs[OVS_METER_ATTR_ID];
	struct ovsr_meter *meter = NULL;
	struct ovsr_datapath *dp;
	struct meter_reply r;
	int err;

	if (!id)
		return -EINVAL;
	err = reply_start(&r, info, OVS_METER_CMD_DEL);
	if (err)
		return err;
	ovsr_lock();
	dp = ovsr_dp_find(sock_net(skb->sk), hdr->dp_ifindex);
	if (dp)
		meter = ovsr_meter_find(&dp->meters, nla_get_u32(id));
	else
		err = -ENODEV;
	if (meter)
		err = stats_put(r.msg, meter) ?: ovsr_meter_remove(&dp->meters, meter);
	if (meter && !err)
		kfree_rcu(meter, rcu);
	ovsr_unlock();
	return reply_finish(&r, info, err);
}

static int features_put(struct sk_buff *msg, const struct ovsr_meters *meters)
{
	struct nlattr *bands, *nest;

	if (nla_put_u32(msg, OVS_METER_ATTR_MAX_METERS, meters->max) ||
	    nla_put_u32(msg, OVS_METER_ATTR_MAX_BANDS, OVSR_METER_BANDS))
		return -EMSGSIZE;
	bands = nla_nest_start_noflag(msg, OVS_METER_ATTR_BANDS);
	nest = bands ? nla_nest_start_noflag(msg, OVS_BAND_ATTR_UNSPEC) : NULL;
	if (!nest || nla_put_u32(msg, OVS_BAND_ATTR_TYPE, OVS_METER_BAND_TYPE_DROP))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	nla_nest_end(msg, bands);
	return 0;
}

static int meter_cmd_features(struct sk_buff *skb, struct genl_info *info)
{
	const struct ovs_header *hdr = info->userhdr;
	struct ovsr_datapath *dp;
	struct meter_reply r;
	int err;

	err = reply_start(&r, info, OVS_METER_CMD_FEATURES);
	if (err)
		return err;
	ovsr_lock();
	dp = ovsr_dp_find(sock_net(skb->sk), hdr->dp_ifindex);
	err = dp ? features_put(r.msg, &dp->meters) : -ENODEV;
	ovsr_unlock();
	return reply_finish(&r, info, err);
}

static const struct genl_small_ops meter_ops[] = {
	{
		.cmd = OVS_METER_CMD_FEATURES, /* for everybody */
		.validate = OVSR_VALIDATE,
		.doit = meter_cmd_features,
	},
	{
		.cmd = OVS_METER_CMD_SET,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = meter_cmd_set,
	},
	{
		.cmd = OVS_METER_CMD_GET, /* for everybody */
		.validate = OVSR_VALIDATE,
		.doit = meter_cmd_get,
	},
	{
		.cmd = OVS_METER_CMD_DEL,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = meter_cmd_del,
	},
};

static const struct genl_multicast_group meter_group = { .name = OVS_METER_MCGROUP };

struct genl_family ovsr_meter_family __ro_after_init = {
	.name = OVS_METER_FAMILY,
	.version = OVS_METER_VERSION,
	.hdrsize = sizeof(struct ovs_header),
	.maxattr = OVS_METER_ATTR_MAX,
	.policy = meter_policy,
	.netnsok = true,
	.parallel_ops = true,
	.small_ops = meter_ops,
	.n_small_ops = ARRAY_SIZE(meter_ops),
	.resv_start_op = OVS_METER_CMD_GET + 1,
	.mcgrps = &meter_group,
	.n_mcgrps = 1,
	.pre_doit = ovsr_request_trace,
	.module = THIS_MODULE,
};
