/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Actions into a message. They are kept as they are dumped, so that it is a copy; only where 64-bit
 * values are aligned by padding, the one such value in them, a tunnel's id, depends on its place.
 */
#include "state.h"

enum kind {
	LEAF,
	LIST, /* actions */
	SAMPLE,
	CHECK_PKT_LEN,
	DEC_TTL,
	SET,
	TUNNEL,
};

/* What an attribute of that type is when it stands in a nest of this kind. */
static enum kind inside(enum kind nest, unsigned int type)
{
	static const struct {
		uint8_t nest, type, kind;
	} row[] = {
		{ LIST, OVS_ACTION_ATTR_SAMPLE, SAMPLE },
		{ LIST, OVS_ACTION_ATTR_CLONE, LIST },
		{ LIST, OVS_ACTION_ATTR_CHECK_PKT_LEN, CHECK_PKT_LEN },
		{ LIST, OVS_ACTION_ATTR_DEC_TTL, DEC_TTL },
		{ LIST, OVS_ACTION_ATTR_SET, SET },
		{ SAMPLE, OVS_SAMPLE_ATTR_ACTIONS, LIST },
		{ CHECK_PKT_LEN, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER, LIST },
		{ CHECK_PKT_LEN, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL, LIST },
		{ DEC_TTL, OVS_DEC_TTL_ATTR_ACTION, LIST },
		{ SET, OVS_KEY_ATTR_TUNNEL, TUNNEL },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (row[i].nest == nest && row[i].type == type)
			return row[i].kind;
	return LEAF;
}

static void put(struct rig_answer *a, enum kind nest, const uint8_t *bytes, size_t len)
{
	struct rig_nla_walk w = rig_nla_walk(bytes, len);
	const struct nlattr *in;

	while ((in = rig_nla_next(&w))) {
		unsigned int type = rig_nla_type(in);
		enum kind kind = inside(nest, type);

		if (kind != LEAF) {
			size_t mark = rig_nest_begin(a, type);

			put(a, kind, rig_nla_data(in), rig_nla_len(in));
			rig_nest_end(a, mark);
		} else if (nest == TUNNEL && type == OVS_TUNNEL_KEY_ATTR_ID) {
			rig_put64(a, type, OVS_TUNNEL_KEY_ATTR_PAD, rig_nla_data(in), 8);
		} else {
			rig_put(a, type, rig_nla_data(in), rig_nla_len(in));
		}
	}
}

void rig_actions_put(struct rig_answer *a, unsigned int type, const uint8_t *bytes, size_t len)
{
	size_t mark = rig_nest_begin(a, type);

	if (a->store && (a->store->build & RIG_BUILD_PAD64))
		put(a, LIST, bytes, len);
	else
		rig_put_raw(a, bytes, len);
	rig_nest_end(a, mark);
}
