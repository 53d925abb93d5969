/* SPDX-License-Identifier: GPL-2.0-only */
#include "gen/stage.h"

#include "gen/world.h"

enum { DPS = 2, PORTS = 4, NETDEVS = 2, NARROW_MTU = 600 };

const char *const rig_stage_socket[RIG_STAGE_SOCKETS] = { "sock", "up", "ear", "poor" };
const char *const rig_stage_port[RIG_STAGE_PORTS] = { "veth0", "veth1", "int2", "int3" };

/* The last port is the second datapath's. */
static unsigned int home_of(unsigned int port)
{
	return port == PORTS - 1;
}

void rig_stage_world(struct rig_world *world)
{
	rig_world_init(world);
	for (unsigned int i = 0; i < DPS; i++)
		world->dps[i].there = true;
	for (unsigned int i = 0; i < PORTS; i++) {
		world->ports[i].there = true;
		world->ports[i].dp = (uint8_t)home_of(i);
	}
}

void rig_stage_print(struct rig_bytes *text)
{
	struct rig_world world;

	rig_stage_world(&world);
	rig_bytes_print(text, "socket $up\n"
			      "socket $ear join ovs_datapath,ovs_vport,ovs_meter\n"
			      "socket $poor unprivileged\n");
	for (unsigned int i = 0; i < NETDEVS; i++)
		rig_bytes_print(text, "netdev %s mtu %u\n", world.ports[i].name,
				i ? NARROW_MTU : 1500);
	for (unsigned int i = 0; i < DPS; i++)
		rig_bytes_print(text, "dp.new name=%s upcall_pid=$up ifindex=%u\n",
				world.dps[i].name, world.dps[i].ifindex);
	for (unsigned int i = 0; i < PORTS; i++) {
		const struct rig_world_port *port = &world.ports[i];

		rig_bytes_print(text, "vport.new dp=%u name=%s type=%s upcall_pid=$up port_no=%u",
				world.dps[home_of(i)].ifindex, port->name,
				port->ifindex ? "internal" : "netdev", port->number);
		if (port->ifindex)
			rig_bytes_print(text, " ifindex=%u", port->ifindex);
		rig_bytes_print(text, "\n");
	}
	rig_bytes_print(text, "dp.get dump -> done\n");
}
