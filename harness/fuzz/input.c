/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz/input.h"

#include <linux/openvswitch.h>
#include <string.h>

#include "gen/stage.h"
#include "gen/world.h"
#include "wire/codec.h"
#include "wire/script.h"

enum {
	HEAD = 3,
	PLACES = RIG_STAGE_SOCKETS + RIG_STAGE_PORTS,
	PORTID = 0x75700000, /* and the number of the socket */
	FRAME_MIN = 14,
	FRAME_MAX = 614, /* what the stage's narrowest port takes */
	SOME_PORT = 3,
};

/* ---- bytes to a script ---- */

static const struct rig_format *portid_format(void)
{
	return rig_attr_get(rig_families[RIG_DP].nest, OVS_DP_ATTR_UPCALL_PID)->format;
}

/* A value that stands for a socket's port id becomes a symbol. */
static int name_portids(struct rig_arena *arena, struct rig_node *node)
{
	for (uint32_t at = 0; at + sizeof(uint32_t) <= node->size; at += sizeof(uint32_t)) {
		struct rig_ref *ref;
		uint32_t value;

		memcpy(&value, node->data + at, sizeof(value));
		if (value < PORTID || value >= PORTID + RIG_STAGE_SOCKETS)
			continue;
		ref = rig_arena_alloc(arena, sizeof(*ref));
		if (!ref)
			return -1;
		*ref = (struct rig_ref){ .next = node->refs,
					 .symbol = rig_stage_socket[value - PORTID],
					 .offset = at,
					 .size = sizeof(value),
					 .order = RIG_HOST };
		node->refs = ref;
	}
	return 0;
}

static int name_symbols(struct rig_arena *arena, struct rig_node *node,
			const struct rig_format *portid)
{
	for (; node; node = node->next) {
		if (node->form == RIG_FORM_LEAF && node->attr && node->attr->format == portid &&
		    name_portids(arena, node) < 0)
			return -1;
		if (node->form == RIG_FORM_NEST && name_symbols(arena, node->children, portid) < 0)
			return -1;
	}
	return 0;
}

static int read_datagram(struct rig_arena *arena, const uint8_t *data, size_t size,
			 struct rig_step *step)
{
	const struct rig_format *portid = portid_format();

	step->kind = RIG_STEP_SEND;
	if (rig_decode(arena, NULL, data, size, &step->message, NULL) < 0)
		return -1;
	for (struct rig_message *m = step->message; m; m = m->next) {
		if (!m->raw && m->seq)
			m->set |= RIG_SET_SEQ;
		if (name_symbols(arena, m->nodes, portid) < 0)
			return -1;
	}
	return 0;
}

static int read_frame(struct rig_arena *arena, const uint8_t *data, size_t size,
		      struct rig_step *step)
{
	struct rig_bytes text = {};

	step->kind = RIG_STEP_FRAME;
	step->frame = data;
	step->frame_size = size;
	rig_bytes_print(&text, "frame %s ", step->name);
	rig_bytes_hex(&text, data, size);
	step->text = rig_arena_copy(arena, rig_bytes_text(&text), text.size);
	rig_bytes_free(&text);
	return step->text ? 0 : -1;
}

/* What can be sent of it. */
static size_t size_of_step(unsigned int place, size_t size)
{
	if (place < RIG_STAGE_SOCKETS)
		return size;
	return size < FRAME_MIN ? 0 : size > FRAME_MAX ? FRAME_MAX : size;
}

static int read_step(struct rig_arena *arena, unsigned int place, const uint8_t *data, size_t size,
		     struct rig_step *step)
{
	step->text = "";
	if (place >= RIG_STAGE_SOCKETS) {
		step->name = rig_stage_port[place - RIG_STAGE_SOCKETS];
		return read_frame(arena, data, size, step);
	}
	step->socket = rig_stage_socket[place];
	return read_datagram(arena, data, size, step);
}

struct rig_script *rig_input_read(struct rig_arena *arena, const void *data, size_t size)
{
	struct rig_script *script = rig_arena_alloc(arena, sizeof(*script));
	struct rig_step **tail;
	const uint8_t *at = data;

	if (!script)
		return NULL;
	script->id = script->path = "fuzzed";
	script->reason = "A fuzzer's test case.";
	tail = &script->steps;
	while (size >= HEAD && script->n_steps < RIG_INPUT_STEPS_MAX) {
		size_t len = at[1] | (size_t)at[2] << 8;
		unsigned int place = at[0] % PLACES;
		struct rig_step *step = rig_arena_alloc(arena, sizeof(*step));

		at += HEAD;
		size -= HEAD;
		if (len > size)
			len = size;
		if (size_of_step(place, len)) {
			if (!step ||
			    read_step(arena, place, at, size_of_step(place, len), step) < 0)
				return NULL;
			*tail = step;
			tail = &step->next;
			step->place.line = ++script->n_steps;
		}
		at += len;
		size -= len;
	}
	return script;
}

/* ---- a script to bytes ---- */

/* What a script's own names stand for. */
struct names {
	struct {
		const char *name;
		uint64_t value;
	} list[32];
	unsigned int count, n_dps;
	struct rig_world world; /* as it is on the stage */
};

static void bind(struct names *names, const char *name, uint64_t value)
{
	if (names->count < sizeof(names->list) / sizeof(names->list[0])) {
		names->list[names->count].name = name;
		names->list[names->count++].value = value;
	}
}

static unsigned int find_name(const char *const *list, unsigned int count, const char *name,
			      unsigned int otherwise)
{
	for (unsigned int i = 0; i < count; i++)
		if (!strcmp(list[i], name))
			return i;
	return otherwise;
}

static int resolve(void *context, const char *symbol, uint64_t *value)
{
	const struct names *names = context;
	unsigned int socket = find_name(rig_stage_socket, RIG_STAGE_SOCKETS, symbol, UINT32_MAX);

	*value = PORTID + 1;
	if (socket != UINT32_MAX)
		*value = PORTID + socket;
	for (unsigned int i = 0; i < names->count; i++)
		if (!strcmp(names->list[i].name, symbol))
			*value = names->list[i].value;
	return 0;
}

/* What `ok as $x` names: a datapath of the stage, or a port. */
static void learn(struct names *names, const struct rig_step *step)
{
	const struct rig_family *family = step->message ? step->message->family : NULL;

	for (const struct rig_want *want = step->wants; want; want = want->next) {
		if (!want->bind || !family)
			continue;
		if (family->index == RIG_DP)
			bind(names, want->bind, names->world.dps[names->n_dps++ % 2].ifindex);
		else
			bind(names, want->bind, SOME_PORT);
	}
}

static void write_record(struct rig_bytes *bytes, unsigned int place, const void *data, size_t size)
{
	uint8_t head[HEAD];

	if (size > UINT16_MAX)
		size = UINT16_MAX;
	head[0] = (uint8_t)place;
	head[1] = (uint8_t)size;
	head[2] = (uint8_t)(size >> 8);
	rig_bytes_put(bytes, head, sizeof(head));
	rig_bytes_put(bytes, data, size);
}

static void write_datagram(struct names *names, const struct rig_step *step, struct rig_bytes *to)
{
	struct rig_bytes datagram = {};
	unsigned int place = 0;

	if (step->socket)
		place = find_name(rig_stage_socket, RIG_STAGE_SOCKETS, step->socket, 0);
	if (rig_encode(step->message, NULL, resolve, names, &datagram, NULL) == 0)
		write_record(to, place, datagram.data, datagram.size);
	rig_bytes_free(&datagram);
}

void rig_input_write(const struct rig_script *script, struct rig_bytes *bytes)
{
	struct names names = {};
	unsigned int n = 0, port;

	rig_stage_world(&names.world);
	for (const struct rig_step *s = script->steps; s && n < RIG_INPUT_STEPS_MAX; s = s->next) {
		if (s->kind == RIG_STEP_SEND) {
			write_datagram(&names, s, bytes);
			learn(&names, s);
		} else if (s->kind == RIG_STEP_FRAME) {
			port = find_name(rig_stage_port, RIG_STAGE_PORTS, s->name, 0);
			write_record(bytes, RIG_STAGE_SOCKETS + port, s->frame, s->frame_size);
		} else {
			continue;
		}
		n++;
	}
}

struct rig_script *rig_input_script(struct rig_arena *arena, const void *data, size_t size)
{
	struct rig_script *script = rig_input_read(arena, data, size), *stage;
	struct rig_bytes text = {};
	struct rig_step **tail;

	rig_bytes_print(&text, "# A fuzzer's test case.\n");
	rig_stage_print(&text);
	stage = rig_script_parse(arena, "fuzzed", rig_bytes_text(&text), text.size, NULL);
	rig_bytes_free(&text);
	if (!script || !stage)
		return NULL;
	tail = &stage->steps;
	while (*tail)
		tail = &(*tail)->next;
	*tail = script->steps;
	return stage;
}
