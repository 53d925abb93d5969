/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is there, as far as the generator knows: what it asked for, as if it had been granted.
 *
 * It need not be right: the model is, and judges whatever comes of a request. It has to be right
 * often enough for most requests to meet something that is there.
 */
#ifndef RIG_GEN_WORLD_H
#define RIG_GEN_WORLD_H

#include <stdbool.h>
#include <stdint.h>

struct rig_node;
struct rig_random;

enum {
	RIG_WORLD_DPS = 3,
	RIG_WORLD_PORTS = 8,
	RIG_WORLD_FLOWS = 48,
	RIG_WORLD_METERS = 6,
	RIG_WORLD_NAME = 16,
};

struct rig_world_dp {
	uint32_t ifindex;
	char name[RIG_WORLD_NAME];
	bool there;
};

struct rig_world_port {
	char name[RIG_WORLD_NAME];
	uint32_t ifindex; /* of an internal port; 0: a netdev's is the kernel's choice */
	uint32_t number;
	uint8_t dp;
	bool there;
};

struct rig_world_flow {
	const struct rig_node *key; /* NULL: the slot is free */
	const struct rig_node *mask;
	const struct rig_node *ufid; /* NULL: named by its key */
	uint8_t dp;
};

struct rig_world {
	struct rig_world_dp dps[RIG_WORLD_DPS];
	struct rig_world_port ports[RIG_WORLD_PORTS];
	struct rig_world_flow flows[RIG_WORLD_FLOWS];
	unsigned int n_flows; /* ever made */
};

/** rig_world_init() - nothing is there; names and ifindexes are given out. */
void rig_world_init(struct rig_world *world);

/** rig_world_dp() - a datapath, most often one that is there. */
struct rig_world_dp *rig_world_dp(struct rig_world *world, struct rig_random *random);

/** rig_world_port() - a port, most often of that datapath. */
struct rig_world_port *rig_world_port(struct rig_world *world, struct rig_random *random,
				      const struct rig_world_dp *dp);

/** rig_world_flow() - a flow, most often of that datapath. NULL: none is known. */
struct rig_world_flow *rig_world_flow(struct rig_world *world, struct rig_random *random,
				      const struct rig_world_dp *dp);

/** rig_world_flow_new() - the slot for a new flow: a free one, or the oldest. */
struct rig_world_flow *rig_world_flow_new(struct rig_world *world);

/** rig_world_dp_gone() - with its ports and flows. */
void rig_world_dp_gone(struct rig_world *world, struct rig_world_dp *dp);

/** rig_world_flush() - the datapath's flows are gone. */
void rig_world_flush(struct rig_world *world, const struct rig_world_dp *dp);

static inline uint8_t rig_world_number(const struct rig_world *world, const struct rig_world_dp *dp)
{
	return (uint8_t)(dp - world->dps);
}

#endif
