/* SPDX-License-Identifier: GPL-2.0-only */
#include "gen/round.h"

#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gen/gen.h"

/* The scenes that a round can begin with. */
static const struct {
	uint8_t weight;
	bool traffic;
	bool others;   /* a socket that hears all notifications, and one without privileges */
	uint8_t dps;   /* that are there already */
	uint8_t ports; /* of each of them, beside the local one */
	uint8_t netdevs;
} kinds[] = {
	{ .weight = 50, .dps = 2, .ports = 2 },
	{ .weight = 10, .dps = 1, .ports = 1, .others = true },
	{ .weight = 5, .dps = 1, .ports = 2, .netdevs = 2 },
	{ .weight = 20, .dps = 1, .ports = 2, .traffic = true },
	{ .weight = 15, .dps = 1, .ports = 3, .traffic = true, .netdevs = 2 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum { FRAMES = 25, BROKEN = 35, JOINED = 6, POOR = 12, EAR = 5 }; /* in a hundred steps */
enum { NARROW_MTU = 600 };

static struct rig_step *add_step(struct rig_gen *gen, struct rig_step ***tail,
				 enum rig_step_kind kind)
{
	struct rig_step *step = rig_gen_alloc(gen, sizeof(*step));

	step->kind = kind;
	step->text = "";
	**tail = step;
	*tail = &step->next;
	return step;
}

static struct rig_step *add_send(struct rig_gen *gen, struct rig_step ***tail,
				 struct rig_message *message)
{
	struct rig_step *step = add_step(gen, tail, RIG_STEP_SEND);

	step->socket = "sock";
	if (gen->others && rig_random_chance(&gen->random, POOR))
		step->socket = "poor";
	else if (gen->others && rig_random_chance(&gen->random, EAR))
		step->socket = "ear"; /* who listens may ask as well, and hears it once */
	step->message = message;
	return step;
}

/* Through a netdev of the scene: that one is there, whether it is a port or not. */
static void add_frame(struct rig_gen *gen, struct rig_step ***tail, unsigned int netdevs)
{
	const struct rig_world_flow *flow =
		rig_world_flow(&gen->world, &gen->random, &gen->world.dps[0]);
	const char *name = gen->world.ports[rig_random_below(&gen->random, netdevs)].name;
	struct rig_bytes frame = {}, text = {};
	struct rig_step *step;

	rig_gen_frame(gen, flow ? flow->key : rig_gen_key(gen, RIG_GEN_KEY_INNER), &frame);
	gen->at_limit = false;
	step = add_step(gen, tail, RIG_STEP_FRAME);
	step->name = rig_arena_copy(gen->arena, name, strlen(name));
	step->frame = rig_arena_copy(gen->arena, frame.data, frame.size);
	step->frame_size = frame.size;
	rig_bytes_print(&text, "frame %s ", step->name);
	rig_bytes_hex(&text, frame.data, frame.size);
	step->text = rig_arena_copy(gen->arena, rig_bytes_text(&text), text.size);
	rig_bytes_free(&frame);
	rig_bytes_free(&text);
}

/* A request, broken or not; a broken one is not taken for granted. */
static struct rig_message *make_message(struct rig_gen *gen)
{
	struct rig_world before = gen->world;
	struct rig_message *message = rig_gen_message(gen);

	if (rig_random_chance(&gen->random, BROKEN)) {
		gen->world = before;
		rig_gen_break(gen, message);
	}
	return message;
}

static unsigned int add_messages(struct rig_gen *gen, struct rig_step ***tail)
{
	struct rig_message *message = make_message(gen);
	unsigned int n = 1;

	add_send(gen, tail, message);
	while (rig_random_chance(&gen->random, JOINED)) {
		message->next = make_message(gen);
		message = message->next;
		n++;
	}
	return n;
}

static const char *say(struct rig_gen *gen, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static const char *say(struct rig_gen *gen, const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return rig_arena_copy(gen->arena, text, strlen(text));
}

static struct rig_step *add_socket(struct rig_gen *gen, struct rig_step ***tail, const char *name,
				   const char *how)
{
	struct rig_step *step = add_step(gen, tail, RIG_STEP_SOCKET);

	step->socket = name;
	step->text = say(gen, "socket $%s%s", name, how);
	return step;
}

static void add_other_sockets(struct rig_gen *gen, struct rig_step ***tail)
{
	add_socket(gen, tail, "ear", " join ovs_datapath,ovs_vport,ovs_flow,ovs_meter")->groups =
		1u << RIG_DP | 1u << RIG_VPORT | 1u << RIG_FLOW | 1u << RIG_METER;
	add_socket(gen, tail, "poor", " unprivileged")->unprivileged = true;
}

static void add_netdev(struct rig_gen *gen, struct rig_step ***tail, unsigned int number)
{
	struct rig_step *step = add_step(gen, tail, RIG_STEP_NETDEV);

	step->name = say(gen, "%s", gen->world.ports[number].name);
	step->mtu = number ? NARROW_MTU : 1500;
	step->text = say(gen, "netdev %s mtu %u", step->name, step->mtu);
}

/* Datapaths and ports; a request is made anew until it is for the datapath that is wanted. */
static void add_scene(struct rig_gen *gen, struct rig_step ***tail, unsigned int kind)
{
	unsigned int i, j;

	add_socket(gen, tail, "up", "");
	if (kinds[kind].others)
		add_other_sockets(gen, tail);
	for (i = 0; i < kinds[kind].netdevs; i++)
		add_netdev(gen, tail, i);
	for (i = 0; i < kinds[kind].dps; i++) {
		struct rig_world others = gen->world;

		while (!gen->world.dps[i].there) {
			struct rig_message *message;

			gen->world = others;
			message = rig_gen_request(gen, RIG_DP, OVS_DP_CMD_NEW);
			if (gen->world.dps[i].there)
				add_send(gen, tail, message);
		}
		for (j = 0; j < kinds[kind].ports; j++)
			add_send(gen, tail, rig_gen_request(gen, RIG_VPORT, OVS_VPORT_CMD_NEW));
	}
}

static void add_dump(struct rig_gen *gen, struct rig_step ***tail, enum rig_family_index family,
		     unsigned int command, uint32_t dp)
{
	struct rig_message *message = rig_gen_request(gen, family, command);
	struct rig_step *step;

	message->nodes = NULL;
	message->flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->set |= RIG_SET_FLAGS;
	if (message->fixed_layout->size == sizeof(dp))
		memcpy(message->fixed, &dp, sizeof(dp));
	step = add_step(gen, tail, RIG_STEP_SEND);
	step->socket = "sock";
	step->message = message;
}

/* What all of that has come to: most faults in what is kept show only when somebody looks. */
static void add_last_look(struct rig_gen *gen, struct rig_step ***tail)
{
	add_dump(gen, tail, RIG_DP, OVS_DP_CMD_GET, 0);
	for (unsigned int i = 0; i < RIG_WORLD_DPS; i++) {
		if (!gen->world.dps[i].there)
			continue;
		add_dump(gen, tail, RIG_VPORT, OVS_VPORT_CMD_GET, gen->world.dps[i].ifindex);
		add_dump(gen, tail, RIG_FLOW, OVS_FLOW_CMD_GET, gen->world.dps[i].ifindex);
	}
}

struct rig_script *rig_round_make(struct rig_arena *arena, uint64_t seed, uint64_t round,
				  unsigned int messages)
{
	struct rig_gen gen = { .arena = arena };
	uint8_t weights[KINDS];
	struct rig_script *script;
	struct rig_step **tail;
	unsigned int kind, n = 0;

	rig_random_seed(&gen.random, seed, round);
	for (kind = 0; kind < KINDS; kind++)
		weights[kind] = kinds[kind].weight;
	kind = (unsigned int)rig_random_weighted(&gen.random, weights, KINDS);
	gen.traffic = kinds[kind].traffic;
	rig_world_init(&gen.world);
	script = rig_gen_alloc(&gen, sizeof(*script));
	script->id = script->path = "random";
	script->reason = say(&gen, "Round %llu of seed %llu.", (unsigned long long)round,
			     (unsigned long long)seed);
	tail = &script->steps;
	add_scene(&gen, &tail, kind);
	gen.others = kinds[kind].others;
	while (n < messages) {
		if (gen.traffic && kinds[kind].netdevs && rig_random_chance(&gen.random, FRAMES)) {
			add_frame(&gen, &tail, kinds[kind].netdevs);
			n++;
		} else {
			n += add_messages(&gen, &tail);
		}
	}
	add_last_look(&gen, &tail);
	return script;
}
