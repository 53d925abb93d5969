// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "plant.h"

#define LIST_MAX   (SZ_32K - 8)
#define FIRST_ROOM 64 /* bytes of netlink */

static const char *const names[OVSR_PLANTS] = {
	[OVSR_PLANT_NONE] = "none",
	[OVSR_PLANT_ACTIONS_32K] = "actions-32k",
	[OVSR_PLANT_BIG_ACTION] = "big-action",
	[OVSR_PLANT_DEEP_NEST] = "deep-nest",
	[OVSR_PLANT_NESTED_LEAK] = "nested-leak",
	[OVSR_PLANT_SET_MPLS] = "set-mpls",
	[OVSR_PLANT_KEY_LEAK] = "key-leak",
	[OVSR_PLANT_MPLS_BOTTOM] = "mpls-bottom",
	[OVSR_PLANT_CT_ATTR] = "ct-attr",
	[OVSR_PLANT_UPCALL_SIZE] = "upcall-size",
	[OVSR_PLANT_LIMIT_EXIT] = "limit-exit",
	[OVSR_PLANT_CT_TEMPLATE] = "ct-template",
	[OVSR_PLANT_DOUBLE_FREE] = "double-free",
	[OVSR_PLANT_CT_TUPLE] = "ct-tuple",
	[OVSR_PLANT_SIZE_GAP] = "size-gap",
	[OVSR_PLANT_CLONE_ATTR] = "clone-attr",
	[OVSR_PLANT_METER_RATE] = "meter-rate",
	[OVSR_PLANT_POP_PUSH_ETH] = "pop-push-eth",
	[OVSR_PLANT_CT_FORCE] = "ct-force",
	[OVSR_PLANT_DP_IFINDEX] = "dp-ifindex",
	[OVSR_PLANT_UFID_FLAGS] = "ufid-flags",
};

unsigned int ovsr_planted;

static int plant_set(const char *name, const struct kernel_param *param)
{
	int plant = sysfs_match_string(names, name);

	if (plant < 0)
		return plant;
	WRITE_ONCE(ovsr_planted, plant);
	return 0;
}

static int plant_get(char *name, const struct kernel_param *param)
{
	return sysfs_emit(name, "%s\n", names[ovsr_planted]);
}

static const struct kernel_param_ops plant_ops = { .set = plant_set, .get = plant_get };
module_param_cb(plant, &plant_ops, NULL, 0644);
MODULE_PARM_DESC(plant, "which bug is on");

/* What an array that doubles when it is full, once a time, comes to. */
static size_t doubled_room(const struct nlattr *nest)
{
	size_t room = FIRST_ROOM, used = 0;
	const struct nlattr *a;
	int rem;

	nla_for_each_nested(a, nest, rem) {
		used += nla_total_size(nla_len(a));
		if (used > room)
			room *= 2;
	}
	return max(room, used) == room ? nla_len(nest) : room;
}

size_t ovsr_plant_list_size(const struct nlattr *nest, size_t size)
{
	if (ovsr_plant(OVSR_PLANT_ACTIONS_32K))
		return min_t(size_t, size, LIST_MAX);
	if (ovsr_plant(OVSR_PLANT_BIG_ACTION))
		return size - nla_len(nest) + doubled_room(nest);
	return size;
}

int ovsr_plant_ifindex_check(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_s32(attr) >= 0 || ovsr_plant(OVSR_PLANT_DP_IFINDEX))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "integer out of range");
	return -ERANGE;
}
