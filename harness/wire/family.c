/* SPDX-License-Identifier: GPL-2.0-only */
/* What the codec knows of families and fixed headers, outside of both directions. */
#include <string.h>

#include <linux/netlink.h>

#include "wire/codec.h"

#define FAMILY(place, id, genl, mcast, number, type, header) [place] = type,
const struct rig_family_ids rig_family_ids_default = { {
#include "schema/family.def"
} };
#undef FAMILY

const struct rig_family *rig_family_by_id(const struct rig_family_ids *ids, uint16_t type)
{
	size_t i;

	if (type < NLMSG_MIN_TYPE)
		return &rig_families[RIG_NL];
	if (!ids)
		ids = &rig_family_ids_default;
	for (i = 0; i < RIG_NL; i++)
		if (ids->id[i] == type)
			return &rig_families[i];
	return NULL;
}

int rig_message_dp(const struct rig_message *message)
{
	int dp = 0;

	if (message->family && message->family->index <= RIG_CT_LIMIT)
		memcpy(&dp, message->fixed, sizeof(dp));
	return dp;
}
