/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests that mostly succeed, on what is there. */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "gen/gen.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { UFID_SIZE = 16, FLAGS_DUMP = NLM_F_REQUEST | NLM_F_DUMP };
enum { NO_TYPE = 77 }; /* of a port */

/* A request in the making. */
struct request {
	struct rig_gen *gen;
	struct rig_message *message;
	const struct rig_nest *nest;
	struct rig_world_dp *dp;
};

typedef void make_fn(struct request *q);

static bool chance(const struct request *q, unsigned int percent)
{
	return rig_random_chance(&q->gen->random, percent);
}

static void add(const struct request *q, struct rig_node *node)
{
	rig_gen_append(&q->message->nodes, node);
}

/* The attribute with whatever payload, @percent times of a hundred. */
static void maybe(const struct request *q, unsigned int percent, unsigned int number)
{
	if (chance(q, percent))
		add(q, rig_gen_attr(q->gen, q->nest, number));
}

static void set_flags(const struct request *q, uint16_t flags)
{
	q->message->flags = flags;
	q->message->set |= RIG_SET_FLAGS;
}

static void maybe_dump(const struct request *q, unsigned int percent)
{
	if (chance(q, percent))
		set_flags(q, FLAGS_DUMP);
}

static void add_name(const struct request *q, unsigned int number, const char *name)
{
	add(q, rig_gen_string(q->gen, q->nest, number, name));
}

static void add_u32(const struct request *q, unsigned int number, uint32_t value)
{
	add(q, rig_gen_u32(q->gen, q->nest, number, value));
}

/* ---- dp ---- */

static void name_dp(struct request *q)
{
	if (!chance(q, 50))
		return;
	add_name(q, OVS_DP_ATTR_NAME, q->dp->name);
	memset(q->message->fixed, 0, sizeof(q->message->fixed));
}

static void dp_new(struct request *q)
{
	memset(q->message->fixed, 0, sizeof(q->message->fixed));
	add_name(q, OVS_DP_ATTR_NAME, q->dp->name);
	add(q, rig_gen_portid(q->gen, q->nest, OVS_DP_ATTR_UPCALL_PID));
	add_u32(q, OVS_DP_ATTR_IFINDEX, q->dp->ifindex);
	if (chance(q, 30))
		add_u32(q, OVS_DP_ATTR_USER_FEATURES, rig_random_below(&q->gen->random, 4));
	maybe(q, 5, OVS_DP_ATTR_USER_FEATURES);
	maybe(q, 10, OVS_DP_ATTR_MASKS_CACHE_SIZE);
	maybe(q, 10, OVS_DP_ATTR_PER_CPU_PIDS);
	q->dp->there = true;
}

static void dp_del(struct request *q)
{
	name_dp(q);
	rig_world_dp_gone(&q->gen->world, q->dp);
}

static void dp_get(struct request *q)
{
	name_dp(q);
	maybe_dump(q, 30);
}

static void dp_set(struct request *q)
{
	name_dp(q);
	if (chance(q, 60))
		add_u32(q, OVS_DP_ATTR_USER_FEATURES, rig_random_below(&q->gen->random, 4));
	maybe(q, 8, OVS_DP_ATTR_USER_FEATURES);
	maybe(q, 30, OVS_DP_ATTR_MASKS_CACHE_SIZE);
	maybe(q, 20, OVS_DP_ATTR_PER_CPU_PIDS);
}

/* ---- vport ---- */

static void name_port(struct request *q, const struct rig_world_port *port)
{
	if (chance(q, 50))
		add_name(q, OVS_VPORT_ATTR_NAME, port->name);
	else
		add_u32(q, OVS_VPORT_ATTR_PORT_NO, chance(q, 5) ? OVSP_LOCAL : port->number);
}

static void vport_new(struct request *q)
{
	struct rig_world_port *port = rig_world_port(&q->gen->world, &q->gen->random, q->dp);
	bool internal = port->ifindex;

	add_name(q, OVS_VPORT_ATTR_NAME, port->name);
	if (chance(q, 3))
		add_u32(q, OVS_VPORT_ATTR_TYPE, NO_TYPE);
	else
		add_u32(q, OVS_VPORT_ATTR_TYPE,
			internal ? OVS_VPORT_TYPE_INTERNAL : OVS_VPORT_TYPE_NETDEV);
	add(q, rig_gen_portid(q->gen, q->nest, OVS_VPORT_ATTR_UPCALL_PID));
	if (chance(q, 4))
		maybe(q, 100, OVS_VPORT_ATTR_PORT_NO);
	else if (chance(q, 90))
		add_u32(q, OVS_VPORT_ATTR_PORT_NO, port->number);
	if (internal)
		add_u32(q, OVS_VPORT_ATTR_IFINDEX, port->ifindex);
	maybe(q, 10, OVS_VPORT_ATTR_OPTIONS);
	port->there = true;
	port->dp = rig_world_number(&q->gen->world, q->dp);
}

static void vport_del(struct request *q)
{
	struct rig_world_port *port = rig_world_port(&q->gen->world, &q->gen->random, q->dp);

	name_port(q, port);
	port->there = false;
}

static void vport_get(struct request *q)
{
	name_port(q, rig_world_port(&q->gen->world, &q->gen->random, q->dp));
	maybe_dump(q, 30);
}

static void vport_set(struct request *q)
{
	const struct rig_world_port *port = rig_world_port(&q->gen->world, &q->gen->random, q->dp);

	name_port(q, port);
	if (chance(q, 20))
		add_u32(q, OVS_VPORT_ATTR_TYPE,
			port->ifindex ? OVS_VPORT_TYPE_INTERNAL : OVS_VPORT_TYPE_NETDEV);
	maybe(q, 70, OVS_VPORT_ATTR_UPCALL_PID);
	maybe(q, 10, OVS_VPORT_ATTR_OPTIONS);
}

/* ---- flow ---- */

static void name_flow(struct request *q, const struct rig_world_flow *flow)
{
	if (!flow) {
		maybe(q, 80, OVS_FLOW_ATTR_KEY);
		maybe(q, 40, OVS_FLOW_ATTR_UFID);
		return;
	}
	if (flow->ufid)
		add(q, rig_gen_copy(q->gen, flow->ufid));
	if (!flow->ufid || chance(q, 20))
		add(q, rig_gen_nested(q->gen, q->nest, OVS_FLOW_ATTR_KEY,
				      rig_gen_copy_list(q->gen, flow->key)));
}

static const struct rig_world_flow *some_flow(struct request *q)
{
	const struct rig_world_flow *flow = NULL;

	if (chance(q, 92))
		flow = rig_world_flow(&q->gen->world, &q->gen->random, q->dp);
	return flow;
}

static void add_ufid(struct request *q, struct rig_world_flow *flow)
{
	uint8_t ufid[UFID_SIZE];

	rig_random_bytes(&q->gen->random, ufid, sizeof(ufid));
	flow->ufid = rig_gen_leaf(q->gen, q->nest, OVS_FLOW_ATTR_UFID, ufid,
				  chance(q, 80) ? sizeof(ufid) :
						  rig_random_between(&q->gen->random, 1, 15));
	add(q, rig_gen_copy(q->gen, flow->ufid));
}

static void add_key_and_mask(struct request *q, const struct rig_node *key,
			     const struct rig_node *mask)
{
	add(q, rig_gen_nested(q->gen, q->nest, OVS_FLOW_ATTR_KEY, rig_gen_copy_list(q->gen, key)));
	if (mask)
		add(q, rig_gen_nested(q->gen, q->nest, OVS_FLOW_ATTR_MASK,
				      rig_gen_copy_list(q->gen, mask)));
}

static void add_actions(struct request *q, const struct rig_node *key)
{
	add(q,
	    rig_gen_nested(q->gen, q->nest, OVS_FLOW_ATTR_ACTIONS, rig_gen_actions(q->gen, key)));
}

static void flow_new(struct request *q)
{
	const struct rig_world_flow *old = chance(q, 15) ? some_flow(q) : NULL;
	struct rig_world_flow flow = { .dp = rig_world_number(&q->gen->world, q->dp) };

	flow.key = old ? old->key : rig_gen_key(q->gen, RIG_GEN_KEY_FLOW);
	flow.mask = old ? old->mask : chance(q, 60) ? rig_gen_mask(q->gen, flow.key) : NULL;
	add_key_and_mask(q, flow.key, flow.mask);
	add_actions(q, flow.key);
	if (chance(q, 30))
		add_ufid(q, &flow);
	maybe(q, 10, OVS_FLOW_ATTR_UFID_FLAGS);
	maybe(q, 5, OVS_FLOW_ATTR_PROBE);
	maybe(q, 5, OVS_FLOW_ATTR_CLEAR);
	if (chance(q, 40))
		set_flags(q, q->message->flags | NLM_F_CREATE | (chance(q, 40) ? NLM_F_EXCL : 0));
	if (!old)
		*rig_world_flow_new(&q->gen->world) = flow;
}

static void flow_set(struct request *q)
{
	const struct rig_world_flow *flow = some_flow(q);

	name_flow(q, flow);
	if (flow && flow->mask && !rig_gen_find(q->message->nodes, OVS_FLOW_ATTR_UFID))
		add(q, rig_gen_nested(q->gen, q->nest, OVS_FLOW_ATTR_MASK,
				      rig_gen_copy_list(q->gen, flow->mask)));
	if (chance(q, 80))
		add_actions(q, flow ? flow->key : NULL);
	maybe(q, q->gen->traffic ? 50 : 15, OVS_FLOW_ATTR_CLEAR);
	maybe(q, 10, OVS_FLOW_ATTR_UFID_FLAGS);
	maybe(q, 5, OVS_FLOW_ATTR_PROBE);
}

static void flow_del(struct request *q)
{
	struct rig_world_flow *flow = rig_world_flow(&q->gen->world, &q->gen->random, q->dp);

	if (chance(q, 6)) {
		rig_world_flush(&q->gen->world, q->dp);
		return;
	}
	name_flow(q, flow);
	maybe(q, 10, OVS_FLOW_ATTR_UFID_FLAGS);
	if (flow)
		flow->key = NULL;
}

static void flow_get(struct request *q)
{
	name_flow(q, some_flow(q));
	maybe(q, 20, OVS_FLOW_ATTR_UFID_FLAGS);
	maybe(q, 5, OVS_FLOW_ATTR_PROBE);
	maybe_dump(q, 15);
}

/* ---- packet ---- */

static void packet_execute(struct request *q)
{
	const struct rig_world_flow *flow = some_flow(q);
	const struct rig_node *like =
		flow && chance(q, 60) ? flow->key : rig_gen_key(q->gen, RIG_GEN_KEY_INNER);
	struct rig_bytes frame = {};
	size_t frame_size;

	rig_gen_frame(q->gen, like, &frame);
	frame_size = frame.size;
	add(q, rig_gen_leaf(q->gen, q->nest, OVS_PACKET_ATTR_PACKET, frame.data, frame.size));
	rig_bytes_free(&frame);
	add(q, rig_gen_nested(q->gen, q->nest, OVS_PACKET_ATTR_KEY,
			      rig_gen_key(q->gen, RIG_GEN_KEY_METADATA)));
	q->gen->frame_size = frame_size;
	add(q, rig_gen_nested(q->gen, q->nest, OVS_PACKET_ATTR_ACTIONS,
			      rig_gen_actions(q->gen, like)));
	q->gen->frame_size = 0;
	q->gen->at_limit = false;
	maybe(q, 5, OVS_PACKET_ATTR_PROBE);
	maybe(q, 5, OVS_PACKET_ATTR_HASH);
}

/* ---- meter, ct_limit, ctrl ---- */

static void add_meter_id(struct request *q)
{
	add_u32(q, OVS_METER_ATTR_ID, rig_random_between(&q->gen->random, 1, RIG_WORLD_METERS));
}

static void meter_set(struct request *q)
{
	add_meter_id(q);
	maybe(q, 50, OVS_METER_ATTR_KBPS);
	maybe(q, 90, OVS_METER_ATTR_BANDS);
	maybe(q, 10, OVS_METER_ATTR_CLEAR);
}

static void meter_del(struct request *q)
{
	add_meter_id(q);
}

static void meter_get(struct request *q)
{
	add_meter_id(q);
	maybe_dump(q, 5);
}

static void meter_features(struct request *q)
{
	maybe_dump(q, 5);
}

static void ct_limit_change(struct request *q)
{
	maybe(q, 95, OVS_CT_LIMIT_ATTR_ZONE_LIMIT);
}

static void ct_limit_get(struct request *q)
{
	maybe(q, 50, OVS_CT_LIMIT_ATTR_ZONE_LIMIT);
}

/* Of the rig's own families; another one would be whatever this kernel has. */
static void ctrl_getfamily(struct request *q)
{
	const struct rig_family *family =
		&rig_families[rig_random_below(&q->gen->random, RIG_CT_LIMIT + 1)];

	add_name(q, CTRL_ATTR_FAMILY_NAME, family->genl_name);
}

/* ---- any of them ---- */

static const struct {
	enum rig_family_index family;
	uint8_t command;
	uint8_t state;	 /* how often it comes when no frames move */
	uint8_t traffic; /* and when they do */
	make_fn *make;
} requests[] = {
	{ RIG_DP, OVS_DP_CMD_NEW, 4, 2, dp_new },
	{ RIG_DP, OVS_DP_CMD_DEL, 1, 1, dp_del },
	{ RIG_DP, OVS_DP_CMD_GET, 4, 4, dp_get },
	{ RIG_DP, OVS_DP_CMD_SET, 4, 2, dp_set },
	{ RIG_VPORT, OVS_VPORT_CMD_NEW, 5, 5, vport_new },
	{ RIG_VPORT, OVS_VPORT_CMD_DEL, 2, 1, vport_del },
	{ RIG_VPORT, OVS_VPORT_CMD_GET, 4, 3, vport_get },
	{ RIG_VPORT, OVS_VPORT_CMD_SET, 3, 2, vport_set },
	{ RIG_FLOW, OVS_FLOW_CMD_NEW, 60, 40, flow_new },
	{ RIG_FLOW, OVS_FLOW_CMD_DEL, 8, 4, flow_del },
	{ RIG_FLOW, OVS_FLOW_CMD_GET, 14, 8, flow_get },
	{ RIG_FLOW, OVS_FLOW_CMD_SET, 12, 10, flow_set },
	{ RIG_PACKET, OVS_PACKET_CMD_EXECUTE, 0, 50, packet_execute },
	{ RIG_METER, OVS_METER_CMD_FEATURES, 1, 1, meter_features },
	{ RIG_METER, OVS_METER_CMD_SET, 4, 2, meter_set },
	{ RIG_METER, OVS_METER_CMD_DEL, 2, 1, meter_del },
	{ RIG_METER, OVS_METER_CMD_GET, 3, 2, meter_get },
	{ RIG_CT_LIMIT, OVS_CT_LIMIT_CMD_SET, 3, 2, ct_limit_change },
	{ RIG_CT_LIMIT, OVS_CT_LIMIT_CMD_DEL, 2, 1, ct_limit_change },
	{ RIG_CT_LIMIT, OVS_CT_LIMIT_CMD_GET, 3, 2, ct_limit_get },
	{ RIG_CTRL, CTRL_CMD_GETFAMILY, 1, 1, ctrl_getfamily },
};

/* Attributes that lead beyond the model, so that they are not thrown in at random. */
static const struct {
	enum rig_family_index family;
	uint8_t number;
} beyond[] = {
	{ RIG_VPORT, OVS_VPORT_ATTR_TYPE }, /* tunnel ports */
	{ RIG_CTRL, CTRL_ATTR_FAMILY_ID },  /* other families */
	{ RIG_CTRL, CTRL_ATTR_FAMILY_NAME },
	{ RIG_DP, OVS_DP_ATTR_IFINDEX }, /* of a device that is not ours */
	{ RIG_VPORT, OVS_VPORT_ATTR_IFINDEX },
};

static bool is_beyond(enum rig_family_index family, unsigned int number)
{
	for (size_t i = 0; i < COUNT(beyond); i++)
		if (beyond[i].family == family && beyond[i].number == number)
			return true;
	return false;
}

/* Attributes that the command has no use for, or has twice. */
static void add_any(struct request *q)
{
	for (unsigned int i = 0; i < q->nest->n_attrs; i++)
		if (!is_beyond(q->message->family->index, i) && q->nest->attrs[i].name)
			maybe(q, 12, i);
}

static void init_message(struct request *q, const struct rig_family *family,
			 const struct rig_command *command)
{
	struct rig_message *message = rig_gen_alloc(q->gen, sizeof(*message));

	message->family = family;
	message->command = command;
	message->fixed_layout = command->fixed;
	message->type = family->default_id;
	message->flags = command->flags;
	message->cmd = (uint8_t)command->number;
	message->version = family->version;
	q->message = message;
	q->nest = family->nest;
	q->dp = rig_world_dp(&q->gen->world, &q->gen->random);
	if (command->fixed->size == sizeof(q->dp->ifindex) &&
	    !rig_random_chance(&q->gen->random, 1))
		memcpy(message->fixed, &q->dp->ifindex, sizeof(q->dp->ifindex));
}

static struct rig_message *make_request(struct rig_gen *gen, size_t i)
{
	const struct rig_family *family = &rig_families[requests[i].family];
	struct request q = { .gen = gen };

	init_message(&q, family, rig_command_get(family, requests[i].command));
	requests[i].make(&q);
	if (rig_random_chance(&gen->random, 5))
		add_any(&q);
	if (rig_random_chance(&gen->random, 15))
		set_flags(&q, q.message->flags ^ (rig_random_chance(&gen->random, 50) ? NLM_F_ECHO :
											NLM_F_ACK));
	return q.message;
}

struct rig_message *rig_gen_request(struct rig_gen *gen, enum rig_family_index family,
				    unsigned int command)
{
	for (size_t i = 0; i < COUNT(requests); i++)
		if (requests[i].family == family && requests[i].command == command)
			return make_request(gen, i);
	return NULL;
}

struct rig_message *rig_gen_message(struct rig_gen *gen)
{
	uint8_t weights[COUNT(requests)];

	for (size_t i = 0; i < COUNT(requests); i++)
		weights[i] = gen->traffic ? requests[i].traffic : requests[i].state;
	return make_request(gen, rig_random_weighted(&gen->random, weights, COUNT(weights)));
}
