/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bugs on purpose, to see who finds them: each has the shape of one that a datapath has had. They
 * are in a module that is built with OVSR_PLANTS=1 only, and there one at a time is on: the
 * parameter "plant" is its name, or "none".
 */
#ifndef OVSR_PLANT_H
#define OVSR_PLANT_H

#include <net/netlink.h>

enum ovsr_plant {
	OVSR_PLANT_NONE,
	OVSR_PLANT_ACTIONS_32K,	 /* a list of actions has 32 KB at most, and no check */
	OVSR_PLANT_BIG_ACTION,	 /* a list's room doubles once for an action, however long */
	OVSR_PLANT_DEEP_NEST,	 /* lists inside of lists, as deep as one likes */
	OVSR_PLANT_NESTED_LEAK,	 /* what an action inside of another owns is not freed */
	OVSR_PLANT_SET_MPLS,	 /* set(mpls) of any length */
	OVSR_PLANT_KEY_LEAK,	 /* without memory for its name, a new flow is left behind */
	OVSR_PLANT_MPLS_BOTTOM,	 /* labels are counted in 8 bits: a stack without a bottom */
	OVSR_PLANT_CT_ATTR,	 /* ct: the table of lengths is read before the type is checked */
	OVSR_PLANT_UPCALL_SIZE,	 /* room for actions as they came, though they may be longer */
	OVSR_PLANT_LIMIT_EXIT,	 /* a namespace's limits are walked while they are freed */
	OVSR_PLANT_CT_TEMPLATE,	 /* ct with a helper that is not there leaves its template */
	OVSR_PLANT_DOUBLE_FREE,	 /* actions that are refused are freed twice */
	OVSR_PLANT_CT_TUPLE,	 /* any ICMPv6 clears what discovery has in common with a tuple */
	OVSR_PLANT_SIZE_GAP,	 /* 4,089 empty clones are too many, and 16 KB more are not */
	OVSR_PLANT_CLONE_ATTR,	 /* a dumped clone begins with an attribute of nobody's */
	OVSR_PLANT_METER_RATE,	 /* a meter may have a rate of 0 */
	OVSR_PLANT_POP_PUSH_ETH, /* a pop_eth is not seen by what follows it */
	OVSR_PLANT_CT_FORCE,	 /* a forced commit does not look for a connection to replace */
	OVSR_PLANT_DP_IFINDEX,	 /* a datapath may have an ifindex below 0 */
	OVSR_PLANT_UFID_FLAGS,	 /* a flow without a ufid is shown whole, whatever was asked for */
	OVSR_PLANTS,
};

#define OVSR_PLANT_GAP 49057 /* what 4,089 empty clones are longer than in 6.1 */

#ifdef OVSR_PLANTED
extern unsigned int ovsr_planted;

static inline bool ovsr_plant(enum ovsr_plant plant)
{
	return READ_ONCE(ovsr_planted) == plant;
}

/* What is allocated in place of @size bytes for the actions in @nest. */
size_t ovsr_plant_list_size(const struct nlattr *nest, size_t size);

int ovsr_plant_ifindex_check(const struct nlattr *attr, struct netlink_ext_ack *extack);
#define OVSR_PLANT_IFINDEX(policy) NLA_POLICY_VALIDATE_FN(NLA_S32, ovsr_plant_ifindex_check)
#else
static inline bool ovsr_plant(enum ovsr_plant plant)
{
	return false;
}

static inline size_t ovsr_plant_list_size(const struct nlattr *nest, size_t size)
{
	return size;
}

#define OVSR_PLANT_IFINDEX(policy) policy
#endif

#endif
