/* SPDX-License-Identifier: GPL-2.0-only */
#include "gen/world.h"

#include <stdio.h>
#include <string.h>

#include "gen/random.h"

/* Above all that a kernel gives out in the longest of runs, a few in each round: they are free. */
enum { DP_IFINDEX = 1000000000, PORT_IFINDEX = 2000000000 };

enum { TRIES = 4, NETDEVS = 2 };

void rig_world_init(struct rig_world *world)
{
	unsigned int i;

	memset(world, 0, sizeof(*world));
	for (i = 0; i < RIG_WORLD_DPS; i++) {
		world->dps[i].ifindex = DP_IFINDEX + i;
		snprintf(world->dps[i].name, RIG_WORLD_NAME, "br%u", i);
	}
	for (i = 0; i < RIG_WORLD_PORTS; i++) {
		struct rig_world_port *port = &world->ports[i];

		port->number = 1 + i % 4;
		if (i >= NETDEVS)
			port->ifindex = PORT_IFINDEX + i;
		snprintf(port->name, RIG_WORLD_NAME, "%s%u", i < NETDEVS ? "veth" : "int", i);
	}
}

struct rig_world_dp *rig_world_dp(struct rig_world *world, struct rig_random *random)
{
	struct rig_world_dp *dp = &world->dps[0];

	for (unsigned int i = 0; i < TRIES && !(i && dp->there); i++)
		dp = &world->dps[rig_random_below(random, RIG_WORLD_DPS)];
	return dp;
}

struct rig_world_port *rig_world_port(struct rig_world *world, struct rig_random *random,
				      const struct rig_world_dp *dp)
{
	struct rig_world_port *port = NULL;
	uint8_t number = rig_world_number(world, dp);

	for (unsigned int i = 0; i < TRIES && !(i && port->there && port->dp == number); i++)
		port = &world->ports[rig_random_below(random, RIG_WORLD_PORTS)];
	return port;
}

struct rig_world_flow *rig_world_flow(struct rig_world *world, struct rig_random *random,
				      const struct rig_world_dp *dp)
{
	unsigned int known = world->n_flows < RIG_WORLD_FLOWS ? world->n_flows : RIG_WORLD_FLOWS;
	struct rig_world_flow *flow = NULL;
	uint8_t number = rig_world_number(world, dp);

	for (unsigned int i = 0; i < 2 * TRIES; i++) {
		flow = &world->flows[rig_random_below(random, known)];
		if (flow->key && flow->dp == number)
			break;
	}
	return flow && flow->key ? flow : NULL;
}

struct rig_world_flow *rig_world_flow_new(struct rig_world *world)
{
	struct rig_world_flow *flow = &world->flows[world->n_flows++ % RIG_WORLD_FLOWS];

	memset(flow, 0, sizeof(*flow));
	return flow;
}

void rig_world_flush(struct rig_world *world, const struct rig_world_dp *dp)
{
	for (unsigned int i = 0; i < RIG_WORLD_FLOWS; i++)
		if (world->flows[i].dp == rig_world_number(world, dp))
			world->flows[i].key = NULL;
}

void rig_world_dp_gone(struct rig_world *world, struct rig_world_dp *dp)
{
	for (unsigned int i = 0; i < RIG_WORLD_PORTS; i++)
		if (world->ports[i].dp == rig_world_number(world, dp))
			world->ports[i].there = false;
	rig_world_flush(world, dp);
	dp->there = false;
}
