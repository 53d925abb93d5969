/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parsers of actions know of a packet that will meet them. */
#ifndef OVSR_ACTION_SHAPE_H
#define OVSR_ACTION_SHAPE_H

#include <linux/if_vlan.h>

#include "action_parse.h"

/**
 * struct ovsr_action_request - what all nests of one request share
 * @net: the namespace of the datapath
 * @key: the flow's, under its mask
 * @log: say in the kernel log what is refused
 */
struct ovsr_action_request {
	struct net *net;
	const struct ovsr_key *key;
	bool log;
};

/**
 * struct ovsr_shape - what is known of a packet at one point of a list
 * @eth_type: 0: not known any more
 * @vlan_tci: of the outer tag
 * @n_labels: MPLS label stack entries
 * @link: OVSR_LINK_*
 * @depth: lists that this one is inside of
 */
struct ovsr_shape {
	__be16 eth_type;
	__be16 vlan_tci;
	u32 n_labels;
	u8 link;
	u8 depth;
};

static inline bool ovsr_shape_is_ethernet(const struct ovsr_shape *shape)
{
	return shape->link == OVSR_LINK_ETHERNET;
}

static inline bool ovsr_shape_is_tagged(const struct ovsr_shape *shape)
{
	return shape->vlan_tci & htons(VLAN_CFI_MASK);
}

/* set_parse.c: OVS_ACTION_ATTR_SET and SET_MASKED. 0, -EINVAL, or -ENOMEM. */
int ovsr_set_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
		   struct ovsr_action *act);
int ovsr_set_masked_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			  struct ovsr_action *act);
int ovsr_set_put(struct sk_buff *msg, const struct ovsr_action *act);
void ovsr_set_free(struct ovsr_action *act);

#endif
