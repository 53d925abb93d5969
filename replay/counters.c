/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/counters.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#define HEADERS (NLMSG_HDRLEN + GENL_HDRLEN + sizeof(struct ovs_header))
#define WHOLE	UINT16_MAX

enum fate {
	ZERO, /* len bytes from offset of the payload are zeroed */
	DEEP, /* that, of the attribute `offset` in each of the nests in this one */
	CUT,  /* the attribute is there only when there is something to count: it goes */
};

static const struct row {
	enum rig_family_index family;
	uint16_t attr;
	enum fate fate;
	uint16_t offset, len;
	unsigned int unless; /* COUNTERS_*: it can be judged */
} rows[] = {
	{ RIG_DP, OVS_DP_ATTR_STATS, ZERO, 0, offsetof(struct ovs_dp_stats, n_flows), 0 },
	{ RIG_DP, OVS_DP_ATTR_STATS, ZERO, offsetof(struct ovs_dp_stats, n_flows), 8,
	  COUNTERS_FLOWS },
	{ RIG_DP, OVS_DP_ATTR_MEGAFLOW_STATS, ZERO,
	  offsetof(struct ovs_dp_megaflow_stats, n_mask_hit), 8, 0 },
	{ RIG_DP, OVS_DP_ATTR_MEGAFLOW_STATS, ZERO, offsetof(struct ovs_dp_megaflow_stats, n_masks),
	  4, COUNTERS_MASKS },
	{ RIG_DP, OVS_DP_ATTR_MEGAFLOW_STATS, ZERO,
	  offsetof(struct ovs_dp_megaflow_stats, n_cache_hit), 8, 0 },
	{ RIG_DP, OVS_DP_ATTR_PAD, CUT, 0, 0, COUNTERS_PADS },
	{ RIG_VPORT, OVS_VPORT_ATTR_PAD, CUT, 0, 0, COUNTERS_PADS },
	{ RIG_VPORT, OVS_VPORT_ATTR_STATS, ZERO, 0, WHOLE, 0 },
	{ RIG_FLOW, OVS_FLOW_ATTR_STATS, CUT, 0, 0, 0 },
	{ RIG_FLOW, OVS_FLOW_ATTR_TCP_FLAGS, CUT, 0, 0, 0 },
	{ RIG_FLOW, OVS_FLOW_ATTR_USED, CUT, 0, 0, 0 },
	{ RIG_FLOW, OVS_FLOW_ATTR_PAD, CUT, 0, 0, 0 },		 /* of those three */
	{ RIG_PACKET, OVS_PACKET_ATTR_HASH, ZERO, 0, WHOLE, 0 }, /* seeded at boot */
	{ RIG_METER, OVS_METER_ATTR_STATS, ZERO, 0, WHOLE, 0 },
	{ RIG_METER, OVS_METER_ATTR_BANDS, DEEP, OVS_BAND_ATTR_STATS, 0, 0 },
	{ RIG_METER, OVS_METER_ATTR_PAD, CUT, 0, 0, COUNTERS_PADS },
	{ RIG_METER, OVS_METER_ATTR_USED, ZERO, 0, WHOLE, 0 },
};

static void zero(struct counted *message, size_t at, const struct nlattr *nla,
		 const struct row *row)
{
	uint32_t payload = nla->nla_len - NLA_HDRLEN, len = row->len;

	if (row->offset >= payload)
		return;
	if (len > payload - row->offset)
		len = payload - row->offset;
	memset(message->bytes + at + NLA_HDRLEN + row->offset, 0, len);
}

/* In each of the nests in the attribute, what has that number. */
static void zero_inside(struct counted *message, size_t at, const struct nlattr *nla,
			unsigned int number)
{
	size_t end = at + nla->nla_len, nest = at + NLA_HDRLEN, inner;
	struct nlattr outer, attr;

	for (; nest + NLA_HDRLEN <= end; nest += NLA_ALIGN(outer.nla_len)) {
		memcpy(&outer, message->bytes + nest, sizeof(outer));
		if (outer.nla_len < NLA_HDRLEN || outer.nla_len > end - nest)
			return;
		for (inner = nest + NLA_HDRLEN; inner + NLA_HDRLEN <= nest + outer.nla_len;
		     inner += NLA_ALIGN(attr.nla_len)) {
			memcpy(&attr, message->bytes + inner, sizeof(attr));
			if (attr.nla_len < NLA_HDRLEN ||
			    attr.nla_len > nest + outer.nla_len - inner)
				return;
			if ((attr.nla_type & NLA_TYPE_MASK) == number)
				memset(message->bytes + inner + NLA_HDRLEN, 0,
				       attr.nla_len - NLA_HDRLEN);
		}
	}
}

static void resize(struct counted *message, uint32_t len)
{
	struct nlmsghdr header;

	message->len = len;
	memcpy(&header, message->bytes, sizeof(header));
	header.nlmsg_len = len;
	memcpy(message->bytes, &header, sizeof(header));
}

static void cut(struct counted *message, size_t at, size_t step)
{
	uint32_t kept = 0;

	memmove(message->bytes + at, message->bytes + at + step, message->len - at - step);
	resize(message, message->len - step);
	for (uint32_t i = 0; i < message->n_open; i++) {
		struct rig_open open = message->open[i];

		if (open.offset >= at && open.offset < at + step)
			continue;
		if (open.offset >= at + step)
			open.offset -= step;
		message->open[kept++] = open;
	}
	message->n_open = kept;
}

/* What had been cut before has left the room. */
static void put_pad(struct counted *message, size_t at)
{
	const struct nlattr pad = { .nla_len = NLA_HDRLEN, .nla_type = OVS_TUNNEL_KEY_ATTR_PAD };

	memmove(message->bytes + at + NLA_HDRLEN, message->bytes + at, message->len - at);
	memcpy(message->bytes + at, &pad, sizeof(pad));
	resize(message, message->len + NLA_HDRLEN);
	for (uint32_t i = 0; i < message->n_open; i++)
		if (message->open[i].offset >= at)
			message->open[i].offset += NLA_HDRLEN;
}

/* The id of a tunnel, which stands at that offset, gets its pad, or loses the one that it has. */
static int toggle_pad(struct counted *message, size_t id, size_t pad)
{
	if (pad)
		cut(message, pad, NLA_HDRLEN);
	else
		put_pad(message, id);
	return pad ? -NLA_HDRLEN : NLA_HDRLEN;
}

/*
 * What follows the counters stands elsewhere without them. When that is at another place modulo 8,
 * the first 64-bit value wants the pad that it had not, or the other way round; all that comes
 * after it stands as before. By how much the nest at that offset grew; 0: it has no such value.
 */
static int realign(struct counted *message, size_t at, const struct rig_nest *nest,
		   unsigned int depth)
{
	size_t in = at + NLA_HDRLEN, end, pad = 0;
	struct nlattr outer, attr;
	int grown = 0;

	memcpy(&outer, message->bytes + at, sizeof(outer));
	end = at + outer.nla_len;
	for (; !grown && in + NLA_HDRLEN <= end; in += NLA_ALIGN(attr.nla_len)) {
		unsigned int number;
		const struct rig_attr *known;

		memcpy(&attr, message->bytes + in, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || attr.nla_len > end - in)
			return 0;
		number = attr.nla_type & NLA_TYPE_MASK;
		known = rig_attr_get(nest, number);
		if (known && known->type == RIG_TYPE_NEST && depth < RIG_NEST_DEPTH_MAX)
			grown = realign(message, in, known->nest, depth + 1);
		else if (nest == &rig_nest_tunnel && number == OVS_TUNNEL_KEY_ATTR_ID)
			grown = toggle_pad(message, in, pad);
		else if (nest == &rig_nest_tunnel && number == OVS_TUNNEL_KEY_ATTR_PAD &&
			 attr.nla_len == NLA_HDRLEN)
			pad = in;
	}
	outer.nla_len += grown;
	memcpy(message->bytes + at, &outer, sizeof(outer));
	return grown;
}

static bool is_actions(const struct rig_family *family, const struct nlattr *nla)
{
	return family->index == RIG_FLOW &&
	       (nla->nla_type & NLA_TYPE_MASK) == OVS_FLOW_ATTR_ACTIONS;
}

/* Applies the rows to the attribute at that offset; true when it is gone. */
static bool treat(struct counted *message, size_t at, const struct nlattr *nla,
		  const struct rig_family *family, unsigned int judged)
{
	size_t step = NLA_ALIGN(nla->nla_len);

	if (step > message->len - at)
		step = message->len - at;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (row->family != family->index || row->attr != (nla->nla_type & NLA_TYPE_MASK) ||
		    (row->unless & judged))
			continue;
		if (row->fate == CUT) {
			cut(message, at, step);
			return true;
		}
		if (row->fate == DEEP)
			zero_inside(message, at, nla, row->offset);
		else
			zero(message, at, nla, row);
	}
	return false;
}

void counters_remove(struct counted *message, const struct rig_family_ids *ids, unsigned int judged)
{
	const struct rig_family *family;
	struct nlmsghdr header;
	size_t at = HEADERS;
	uint32_t len = message->len;

	if (message->len < HEADERS)
		return;
	memcpy(&header, message->bytes, sizeof(header));
	family = rig_family_by_id(ids, header.nlmsg_type);
	if (!family || family->index > RIG_CT_LIMIT)
		return;
	while (at + NLA_HDRLEN <= message->len) {
		struct nlattr nla;

		memcpy(&nla, message->bytes + at, sizeof(nla));
		if (nla.nla_len < NLA_HDRLEN || nla.nla_len > message->len - at)
			break;
		if (treat(message, at, &nla, family, judged))
			continue;
		if ((judged & COUNTERS_ALIGNED) && is_actions(family, &nla) &&
		    (len - message->len) % 8)
			nla.nla_len += realign(message, at, &rig_nest_action, 0);
		at += NLA_ALIGN(nla.nla_len);
	}
}
