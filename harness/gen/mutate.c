/* SPDX-License-Identifier: GPL-2.0-only */
#include "gen/mutate.h"

#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "gen/gen.h"
#include "gen/stage.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	STEPS_MAX = 64,
	NODES_MAX = 512,
	ROUNDS_MAX = 4, /* changes at a time */
	TRIES = 8,	/* to find one that applies */
	TRAFFIC = 35,	/* in a hundred: frames may move that did not */
	TAKEN_MAX = 6,	/* steps, from another script */
};

/* A step's place in the list, and what points to it. */
struct steps {
	struct rig_step **link[STEPS_MAX];
	unsigned int count;
};

struct nodes {
	struct rig_node **link[NODES_MAX];
	const struct rig_nest *nest[NODES_MAX];
	unsigned int count;
};

struct mutation {
	struct rig_gen gen;
	struct rig_script *script;
	const struct rig_script *other;
	struct steps steps;
	struct nodes nodes, other_nodes;
};

static uint32_t below(struct mutation *m, uint32_t limit)
{
	return rig_random_below(&m->gen.random, limit);
}

/* ---- what there is ---- */

static void collect_steps(struct steps *steps, struct rig_script *script)
{
	steps->count = 0;
	for (struct rig_step **s = &script->steps; *s && steps->count < STEPS_MAX; s = &(*s)->next)
		steps->link[steps->count++] = s;
}

static void collect_nodes(struct nodes *nodes, struct rig_node **link, const struct rig_nest *nest)
{
	for (; *link && nodes->count < NODES_MAX; link = &(*link)->next) {
		nodes->link[nodes->count] = link;
		nodes->nest[nodes->count++] = nest;
		if ((*link)->form == RIG_FORM_NEST)
			collect_nodes(nodes, &(*link)->children,
				      (*link)->attr ? (*link)->attr->nest : NULL);
	}
}

static void collect_all_nodes(struct nodes *nodes, const struct rig_script *script)
{
	nodes->count = 0;
	for (struct rig_step *s = script->steps; s; s = s->next)
		for (struct rig_message *msg = s->message; msg; msg = msg->next)
			if (msg->family)
				collect_nodes(nodes, &msg->nodes, msg->family->nest);
}

static struct rig_world_dp *dp_of(struct rig_world *world, const struct rig_message *message)
{
	int ifindex = rig_message_dp(message);

	for (unsigned int i = 0; i < RIG_WORLD_DPS; i++)
		if (world->dps[i].ifindex == (uint32_t)ifindex)
			return &world->dps[i];
	return NULL;
}

static void learn_flow(struct rig_world *world, const struct rig_message *message)
{
	struct rig_node *key = rig_gen_find(message->nodes, OVS_FLOW_ATTR_KEY),
			*mask = rig_gen_find(message->nodes, OVS_FLOW_ATTR_MASK);
	const struct rig_world_dp *dp = dp_of(world, message);
	struct rig_world_flow *flow;

	if (!key || key->form != RIG_FORM_NEST || !dp)
		return;
	flow = rig_world_flow_new(world);
	flow->key = key->children;
	flow->mask = mask && mask->form == RIG_FORM_NEST ? mask->children : NULL;
	flow->ufid = rig_gen_find(message->nodes, OVS_FLOW_ATTR_UFID);
	flow->dp = rig_world_number(world, dp);
}

static void learn_port(struct rig_world *world, const struct rig_message *message, bool there)
{
	const struct rig_node *name = rig_gen_find(message->nodes, OVS_VPORT_ATTR_NAME);
	const struct rig_world_dp *dp = dp_of(world, message);

	for (unsigned int i = 0; i < RIG_WORLD_PORTS && name && dp; i++) {
		struct rig_world_port *port = &world->ports[i];
		size_t size = strlen(port->name) + 1;

		if (name->size != size || memcmp(name->data, port->name, size))
			continue;
		port->there = there;
		port->dp = rig_world_number(world, dp);
	}
}

/* As if each request of the script were granted. */
static void learn(struct mutation *m)
{
	struct rig_world *world = &m->gen.world;

	rig_stage_world(world);
	for (const struct rig_step *s = m->script->steps; s; s = s->next) {
		m->gen.traffic |= s->kind == RIG_STEP_FRAME;
		for (const struct rig_message *msg = s->message; msg; msg = msg->next) {
			enum rig_family_index family = msg->family ? msg->family->index : RIG_NL;

			m->gen.traffic |= family == RIG_PACKET;
			if (family == RIG_FLOW && msg->cmd == OVS_FLOW_CMD_NEW)
				learn_flow(world, msg);
			if (family == RIG_VPORT && msg->cmd == OVS_VPORT_CMD_NEW)
				learn_port(world, msg, true);
			if (family == RIG_VPORT && msg->cmd == OVS_VPORT_CMD_DEL)
				learn_port(world, msg, false);
		}
	}
}

/* ---- steps ---- */

static struct rig_step *new_step(struct rig_gen *gen, enum rig_step_kind kind)
{
	struct rig_step *step = rig_gen_alloc(gen, sizeof(*step));

	step->kind = kind;
	step->text = "";
	return step;
}

static struct rig_step *new_send(struct rig_gen *gen, struct rig_message *message)
{
	struct rig_step *step = new_step(gen, RIG_STEP_SEND);

	step->socket = rig_stage_socket[rig_random_chance(&gen->random, 95) ?
						0 :
						rig_random_below(&gen->random, RIG_STAGE_SOCKETS)];
	step->message = message;
	return step;
}

/* Before any step, or behind the last one. */
static struct rig_step **some_gap(struct mutation *m)
{
	unsigned int at = below(m, m->steps.count + 1);

	if (at < m->steps.count)
		return m->steps.link[at];
	return m->steps.count ? &(*m->steps.link[m->steps.count - 1])->next : &m->script->steps;
}

static void insert(struct rig_step **link, struct rig_step *step)
{
	step->next = *link;
	*link = step;
}

static bool has_room(const struct mutation *m)
{
	return m->steps.count < STEPS_MAX;
}

static bool add_request(struct mutation *m)
{
	if (has_room(m))
		insert(some_gap(m), new_send(&m->gen, rig_gen_message(&m->gen)));
	return has_room(m);
}

/* What looks at something that is there, or changes it, behind what made it. */
static bool ask_of_what_is_there(struct mutation *m)
{
	static const struct {
		enum rig_family_index family;
		uint8_t command;
	} asks[] = {
		{ RIG_FLOW, OVS_FLOW_CMD_GET },		{ RIG_FLOW, OVS_FLOW_CMD_SET },
		{ RIG_FLOW, OVS_FLOW_CMD_DEL },		{ RIG_VPORT, OVS_VPORT_CMD_GET },
		{ RIG_VPORT, OVS_VPORT_CMD_SET },	{ RIG_DP, OVS_DP_CMD_GET },
		{ RIG_METER, OVS_METER_CMD_GET },	{ RIG_PACKET, OVS_PACKET_CMD_EXECUTE },
		{ RIG_CT_LIMIT, OVS_CT_LIMIT_CMD_GET },
	};
	unsigned int i = below(m, COUNT(asks));
	struct rig_step **end = &m->script->steps;

	if (!has_room(m))
		return false;
	while (*end)
		end = &(*end)->next;
	insert(end, new_send(&m->gen, rig_gen_request(&m->gen, asks[i].family, asks[i].command)));
	return true;
}

static bool add_frame(struct mutation *m)
{
	const struct rig_world_flow *flow =
		rig_world_flow(&m->gen.world, &m->gen.random, &m->gen.world.dps[0]);
	struct rig_step *step;
	struct rig_bytes frame = {};

	if (!has_room(m))
		return false;
	rig_gen_frame(&m->gen, flow ? flow->key : rig_gen_key(&m->gen, RIG_GEN_KEY_INNER), &frame);
	step = new_step(&m->gen, RIG_STEP_FRAME);
	step->name = rig_stage_port[below(m, RIG_STAGE_PORTS)];
	step->frame = rig_arena_copy(m->gen.arena, frame.data, frame.size);
	step->frame_size = step->frame ? frame.size : 0;
	rig_bytes_free(&frame);
	insert(some_gap(m), step);
	return true;
}

static struct rig_step **some_step(struct mutation *m)
{
	return m->steps.count ? m->steps.link[below(m, m->steps.count)] : NULL;
}

static bool replace_request(struct mutation *m)
{
	struct rig_step **link = some_step(m);

	if (!link || (*link)->kind != RIG_STEP_SEND)
		return false;
	(*link)->message = rig_gen_message(&m->gen);
	return true;
}

static bool drop_steps(struct mutation *m)
{
	struct rig_step **link = some_step(m);
	uint32_t run = 1 + below(m, 1 + m->steps.count / 4);

	if (m->steps.count < 2)
		return false;
	while (*link && run--)
		*link = (*link)->next;
	return m->script->steps;
}

static bool move_step(struct mutation *m)
{
	struct rig_step **link = some_step(m), *step;

	if (m->steps.count < 2)
		return false;
	step = *link;
	*link = step->next;
	collect_steps(&m->steps, m->script);
	insert(some_gap(m), step);
	return true;
}

static struct rig_message *copy_messages(struct rig_gen *gen, const struct rig_message *from)
{
	struct rig_message *list = NULL, **tail = &list;

	for (; from; from = from->next) {
		*tail = rig_gen_alloc(gen, sizeof(**tail));
		**tail = *from;
		(*tail)->nodes = rig_gen_copy_list(gen, from->nodes);
		(*tail)->next = NULL;
		tail = &(*tail)->next;
	}
	return list;
}

static struct rig_step *copy_step(struct rig_gen *gen, const struct rig_step *from)
{
	struct rig_step *step = rig_gen_alloc(gen, sizeof(*step));

	*step = *from;
	step->message = copy_messages(gen, from->message);
	step->next = NULL;
	return step;
}

static bool double_step(struct mutation *m)
{
	struct rig_step **link = some_step(m);

	if (!link || !has_room(m))
		return false;
	insert(some_gap(m), copy_step(&m->gen, *link));
	return true;
}

/* A run of the other script's steps. */
static bool take_steps(struct mutation *m)
{
	struct rig_step **at = some_gap(m);
	const struct rig_step *from = m->other ? m->other->steps : NULL;
	unsigned int n = 0, room = STEPS_MAX - m->steps.count;
	uint32_t run;

	for (const struct rig_step *s = from; s; s = s->next)
		n++;
	for (uint32_t skip = below(m, n); skip; skip--)
		from = from->next;
	run = 1 + below(m, TAKEN_MAX);
	if (!from || room < TAKEN_MAX)
		return false;
	for (; from && run; from = from->next, run--) {
		insert(at, copy_step(&m->gen, from));
		at = &(*at)->next;
	}
	return true;
}

/* Two datagrams become one, or one two. */
static bool join_or_split(struct mutation *m)
{
	struct rig_step **link = some_step(m), *step = link ? *link : NULL, *next;
	struct rig_message *last;

	if (!step || step->kind != RIG_STEP_SEND || !step->message)
		return false;
	last = step->message;
	if (last->next && has_room(m)) {
		insert(&step->next, new_send(&m->gen, last->next));
		last->next = NULL;
		return true;
	}
	next = step->next;
	if (!next || next->kind != RIG_STEP_SEND || (last->set & RIG_SET_LEN))
		return false;
	while (last->next)
		last = last->next;
	last->next = next->message;
	step->next = next->next;
	return true;
}

static bool change_place(struct mutation *m)
{
	struct rig_step **link = some_step(m);

	if (!link)
		return false;
	if ((*link)->kind == RIG_STEP_SEND)
		(*link)->socket = rig_stage_socket[below(m, RIG_STAGE_SOCKETS)];
	else
		(*link)->name = rig_stage_port[below(m, RIG_STAGE_PORTS)];
	return true;
}

/* ---- messages and items ---- */

static struct rig_message *some_message(struct mutation *m)
{
	struct rig_step **link = some_step(m);
	struct rig_message *message = link ? (*link)->message : NULL;

	while (message && message->next && rig_random_chance(&m->gen.random, 50))
		message = message->next;
	return message && message->family && message->family->index != RIG_NL ? message : NULL;
}

static bool break_one(struct mutation *m)
{
	struct rig_message *message = some_message(m);

	return message && message->nodes && message->fixed_layout &&
	       rig_gen_break_as(&m->gen, below(m, rig_gen_breaks), message);
}

/* Lengths and padding as they have to be, of one message. */
static void repair_nodes(struct rig_node *node)
{
	for (; node; node = node->next) {
		node->has_len = node->has_pad = false;
		repair_nodes(node->children);
	}
}

static bool repair(struct mutation *m)
{
	struct rig_message *message = some_message(m);

	if (!message)
		return false;
	message->set &= ~(unsigned int)(RIG_SET_LEN | RIG_SET_PAD | RIG_SET_TYPE);
	repair_nodes(message->nodes);
	return true;
}

/* A node of the other script, or of this one, where one of the same attribute is. */
static bool splice_subtree(struct mutation *m)
{
	const struct nodes *from = m->other_nodes.count ? &m->other_nodes : &m->nodes;
	unsigned int first = below(m, from->count);
	struct rig_node **to, *copy;
	unsigned int at;

	if (!m->nodes.count)
		return false;
	at = below(m, m->nodes.count);
	to = m->nodes.link[at];
	for (unsigned int i = 0; i < from->count; i++) {
		const struct rig_node *node = *from->link[(first + i) % from->count];

		if (!node || node == *to || node->attr != (*to)->attr || !node->attr)
			continue;
		copy = rig_gen_copy(&m->gen, node);
		copy->next = rig_random_chance(&m->gen.random, 80) ? (*to)->next : *to;
		*to = copy;
		return true;
	}
	return false;
}

/* The payload of an attribute anew, by the schema. */
static bool renew_subtree(struct mutation *m)
{
	unsigned int at = below(m, m->nodes.count);
	struct rig_node **to, *fresh;

	if (!m->nodes.count)
		return false;
	to = m->nodes.link[at];
	if (!(*to)->attr || !m->nodes.nest[at])
		return false;
	fresh = rig_gen_attr(&m->gen, m->nodes.nest[at], rig_node_number(*to));
	if (!fresh)
		return false;
	fresh->next = (*to)->next;
	*to = fresh;
	return true;
}

/* Output to a port that is there, the datapath one that is there. */
static bool point_to_what_is_there(struct mutation *m)
{
	struct rig_world *world = &m->gen.world;
	const struct rig_world_dp *dp = rig_world_dp(world, &m->gen.random);
	struct rig_message *message = some_message(m);
	unsigned int first = below(m, m->nodes.count);
	uint32_t port = rig_world_port(world, &m->gen.random, dp)->number;

	if (message && message->fixed_layout &&
	    message->fixed_layout->size == sizeof(dp->ifindex) &&
	    rig_random_chance(&m->gen.random, 30)) {
		memcpy(message->fixed, &dp->ifindex, sizeof(dp->ifindex));
		return true;
	}
	for (unsigned int i = 0; i < m->nodes.count; i++) {
		unsigned int at = (first + i) % m->nodes.count;
		struct rig_node *node = *m->nodes.link[at];
		bool output = m->nodes.nest[at] == &rig_nest_action &&
			      rig_node_number(node) == OVS_ACTION_ATTR_OUTPUT;
		bool input = m->nodes.nest[at] == &rig_nest_key &&
			     rig_node_number(node) == OVS_KEY_ATTR_IN_PORT;

		if ((!output && !input) || node->form != RIG_FORM_LEAF ||
		    node->size != sizeof(port))
			continue;
		memcpy(rig_gen_payload(node), &port, sizeof(port));
		return true;
	}
	return false;
}

/* An attribute more where others of its kind are. */
static bool add_item(struct mutation *m)
{
	unsigned int at = below(m, m->nodes.count);
	const struct rig_nest *nest;
	struct rig_node *fresh;
	unsigned int number;

	if (!m->nodes.count || !m->nodes.nest[at])
		return false;
	nest = m->nodes.nest[at];
	number = below(m, nest->n_attrs);
	if (!rig_attr_get(nest, number))
		return false;
	fresh = rig_gen_attr(&m->gen, nest, number);
	if (!fresh)
		return false;
	fresh->next = *m->nodes.link[at];
	*m->nodes.link[at] = fresh;
	return true;
}

/* ---- all ---- */

static const struct {
	const char *name;
	uint8_t weight;
	bool (*apply)(struct mutation *m);
} ways[] = {
	{ "add_request", 14, add_request },
	{ "ask", 10, ask_of_what_is_there },
	{ "add_frame", 4, add_frame },
	{ "replace_request", 6, replace_request },
	{ "drop_steps", 5, drop_steps },
	{ "move_step", 4, move_step },
	{ "double_step", 4, double_step },
	{ "take_steps", 10, take_steps },
	{ "join_or_split", 3, join_or_split },
	{ "change_place", 2, change_place },
	{ "break", 18, break_one },
	{ "repair", 3, repair },
	{ "splice_subtree", 12, splice_subtree },
	{ "renew_subtree", 10, renew_subtree },
	{ "point", 5, point_to_what_is_there },
	{ "add_item", 6, add_item },
};

static void change_once(struct mutation *m, struct rig_bytes *what)
{
	uint8_t weights[COUNT(ways)];

	for (size_t i = 0; i < COUNT(ways); i++)
		weights[i] = ways[i].weight;
	for (unsigned int try = 0; try < TRIES; try++) {
		size_t i = rig_random_weighted(&m->gen.random, weights, COUNT(weights));

		collect_steps(&m->steps, m->script);
		collect_all_nodes(&m->nodes, m->script);
		if (!ways[i].apply(m))
			continue;
		if (what)
			rig_bytes_print(what, "%s%s", what->size ? "," : "", ways[i].name);
		return;
	}
}

void rig_mutate(struct rig_arena *arena, struct rig_random *random, struct rig_script *script,
		const struct rig_script *other, struct rig_bytes *what)
{
	struct mutation *m = rig_arena_alloc(arena, sizeof(*m));
	uint32_t rounds;

	if (!m)
		return;
	m->gen.arena = arena;
	m->gen.random = *random;
	m->script = script;
	m->other = other;
	learn(m);
	m->gen.traffic |= rig_random_chance(&m->gen.random, TRAFFIC);
	if (other)
		collect_all_nodes(&m->other_nodes, other);
	rounds = 1 + below(m, ROUNDS_MAX);
	while (rounds--)
		change_once(m, what);
	*random = m->gen.random;
}

struct rig_script *rig_mutate_fresh(struct rig_arena *arena, struct rig_random *random,
				    unsigned int messages)
{
	struct rig_gen gen = { .arena = arena, .random = *random };
	struct rig_script *script = rig_gen_alloc(&gen, sizeof(*script));
	struct rig_step **tail = &script->steps;

	script->id = script->path = "fresh";
	script->reason = "A fuzzer's seed.";
	rig_stage_world(&gen.world);
	gen.traffic = rig_random_chance(&gen.random, TRAFFIC);
	while (messages--) {
		*tail = new_send(&gen, rig_gen_message(&gen));
		tail = &(*tail)->next;
	}
	*random = gen.random;
	return script;
}
