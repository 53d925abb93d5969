/* SPDX-License-Identifier: GPL-2.0-only */
/* Breaks one thing of a request, so that what comes of it is that thing's doing. */
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "gen/gen.h"
#include "wire/codec.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { PLACES_MAX = 128, GROWTH_MAX = 64, DEPTH_MAX = 20, RUN_MAX = 64, COPIES_SIZE_MAX = 40000 };

/* An item of the message, and what points to it. */
struct place {
	struct rig_node **link;
	const struct rig_nest *nest; /* NULL: of unknown attributes */
};

struct places {
	struct place list[PLACES_MAX];
	unsigned int count;
};

struct breaking {
	struct rig_gen *gen;
	struct rig_message *message;
	struct places places;
};

static void collect(struct places *places, struct rig_node **link, const struct rig_nest *nest)
{
	for (; *link && places->count < PLACES_MAX; link = &(*link)->next) {
		places->list[places->count++] = (struct place){ link, nest };
		if ((*link)->form == RIG_FORM_NEST)
			collect(places, &(*link)->children,
				(*link)->attr ? (*link)->attr->nest : NULL);
	}
}

static bool is_leaf(const struct rig_node *node)
{
	return node->form == RIG_FORM_LEAF;
}

static bool is_attr(const struct rig_node *node)
{
	return node->form != RIG_FORM_RAW;
}

static bool has_bytes(const struct rig_node *node)
{
	return is_leaf(node) && node->size;
}

static bool has_tries(const struct rig_node *node)
{
	return is_leaf(node) && node->attr && node->attr->format && node->attr->format->n_tries &&
	       node->attr->format->size <= node->size;
}

static bool has_fields(const struct rig_node *node)
{
	return is_leaf(node) && node->attr && node->attr->layout &&
	       node->attr->layout->size <= node->size;
}

static bool has_next(const struct rig_node *node)
{
	return node->next;
}

/* An item that is fit for it, any. NULL: there is none. */
static struct place *choose(struct breaking *b, bool (*fit)(const struct rig_node *))
{
	unsigned int first = rig_random_below(&b->gen->random, b->places.count);

	for (unsigned int i = 0; i < b->places.count; i++) {
		struct place *place = &b->places.list[(first + i) % b->places.count];

		if (fit(*place->link))
			return place;
	}
	return NULL;
}

/* ---- items ---- */

static bool resize(struct breaking *b, struct rig_node *node, uint32_t size)
{
	uint8_t *payload = rig_gen_alloc(b->gen, size);

	memcpy(payload, node->data, size < node->size ? size : node->size);
	node->data = payload;
	node->size = size;
	node->refs = NULL;
	return true;
}

static bool cut_payload(struct breaking *b)
{
	struct place *place = choose(b, has_bytes);

	return place &&
	       resize(b, *place->link, rig_random_below(&b->gen->random, (*place->link)->size));
}

static bool grow_payload(struct breaking *b)
{
	struct place *place = choose(b, is_leaf);

	return place &&
	       resize(b, *place->link,
		      (*place->link)->size + rig_random_between(&b->gen->random, 1, GROWTH_MAX));
}

static bool lie_about_length(struct breaking *b)
{
	static const uint16_t lengths[] = { 0, 1, 3, 4, 5, 8, 0x7fff, 0xffff };
	struct place *place = choose(b, is_attr);

	if (!place)
		return false;
	(*place->link)->has_len = true;
	(*place->link)->len = lengths[rig_random_below(&b->gen->random, COUNT(lengths))];
	return true;
}

static bool drop_item(struct breaking *b)
{
	struct place *place = choose(b, is_attr);

	if (place)
		*place->link = (*place->link)->next;
	return place;
}

static bool double_item(struct breaking *b)
{
	struct place *place = choose(b, is_attr);
	struct rig_node *copy;

	if (!place)
		return false;
	copy = rig_gen_copy(b->gen, *place->link);
	copy->next = (*place->link)->next;
	(*place->link)->next = copy;
	return true;
}

static uint32_t size_of(const struct rig_node *node)
{
	uint32_t size = NLA_HDRLEN + NLA_ALIGN(node->size);

	for (const struct rig_node *child = node->children; child; child = child->next)
		size += size_of(child);
	return size;
}

static bool multiply_item(struct breaking *b)
{
	static const uint16_t counts[] = { 2, 3, 16, 17, 64, 500, 4000 };
	uint32_t n = counts[rig_random_below(&b->gen->random, COUNT(counts))];
	struct place *place = choose(b, is_attr);

	if (!place)
		return false;
	/* Each of them may run, and send the packet with all of them to userspace. */
	if (b->gen->traffic && n > RUN_MAX)
		n = RUN_MAX;
	while (n && n * size_of(*place->link) > COPIES_SIZE_MAX)
		n /= 2;
	for (uint32_t i = 0; i < n; i++) {
		struct rig_node *copy = rig_gen_copy(b->gen, *place->link);

		copy->next = (*place->link)->next;
		(*place->link)->next = copy;
	}
	return n;
}

static bool is_action_list(const struct rig_node *node)
{
	return node->form == RIG_FORM_NEST && node->attr && node->attr->nest == &rig_nest_action;
}

/* Actions in a clone, in a clone, ...: about as many as the contract allows. */
static bool deepen_actions(struct breaking *b)
{
	struct place *place = choose(b, is_action_list);
	uint32_t n = rig_random_between(&b->gen->random, 1, DEPTH_MAX);

	if (!place)
		return false;
	while (n--)
		(*place->link)->children = rig_gen_nested(
			b->gen, &rig_nest_action, OVS_ACTION_ATTR_CLONE, (*place->link)->children);
	return true;
}

static bool swap_items(struct breaking *b)
{
	struct place *place = choose(b, has_next);
	struct rig_node *first, *second;

	if (!place)
		return false;
	first = *place->link;
	second = first->next;
	first->next = second->next;
	second->next = first;
	*place->link = second;
	return true;
}

static void forget_refs(struct rig_node *node)
{
	for (; node; node = node->next) {
		node->refs = NULL;
		forget_refs(node->children);
	}
}

/* The item as those read it who expect @nest: what its number means is another thing there. */
static struct rig_node *reread(struct breaking *b, const struct rig_node *node,
			       const struct rig_nest *nest)
{
	struct rig_node *copy = rig_gen_copy(b->gen, node), *nodes = NULL;
	struct rig_bytes bytes = {};
	const void *data;

	forget_refs(copy);
	if (rig_encode_nodes(copy, NULL, NULL, &bytes, NULL) < 0)
		rig_bytes_reset(&bytes);
	data = rig_arena_copy(b->gen->arena, bytes.data, bytes.size);
	if (data)
		rig_decode_nodes(b->gen->arena, nest, data, bytes.size, &nodes, NULL);
	rig_bytes_free(&bytes);
	return nodes;
}

/* An item of one nest in another. */
static bool move_item(struct breaking *b)
{
	struct place *from = choose(b, is_attr), *to = choose(b, is_attr);
	struct rig_node *copy;

	if (!from || from->nest == to->nest)
		return false;
	copy = reread(b, *from->link, to->nest);
	if (!copy)
		return false;
	rig_gen_append(&copy, (*to->link)->next);
	(*to->link)->next = copy;
	return true;
}

static bool renumber(struct breaking *b)
{
	static const uint16_t numbers[] = { 0, 1, 24, 33, 34, 63, 255, 0x1fff, 0x3fff };
	struct place *place = choose(b, is_leaf);
	uint16_t number = numbers[rig_random_below(&b->gen->random, COUNT(numbers))];
	struct rig_node *renumbered;

	if (!place)
		return false;
	if (rig_random_chance(&b->gen->random, 50) && place->nest)
		number = place->nest->n_attrs;
	if (rig_node_number(*place->link) == number)
		return false;
	(*place->link)->type = number;
	renumbered = reread(b, *place->link, place->nest);
	if (!renumbered)
		return false;
	rig_gen_append(&renumbered, (*place->link)->next);
	*place->link = renumbered;
	return true;
}

/* Where the model would have to know what stands in another subsystem's, or a device's, state. */
static bool is_beyond(const struct rig_nest *nest, const struct rig_attr *attr)
{
	return nest == rig_families[RIG_CTRL].nest ||
	       (nest == rig_families[RIG_VPORT].nest && attr->number == OVS_VPORT_ATTR_TYPE);
}

/*
 * Too long, too short, there twice, or as it should be; but not that in a key which promises
 * something else: how a datapath keeps it then is its own affair.
 */
static void shape_item(struct breaking *b, struct rig_node *node)
{
	uint32_t more = rig_random_between(&b->gen->random, 1, GROWTH_MAX);
	bool may_be_right = !node->attr || !node->attr->n_needs;

	switch (rig_random_below(&b->gen->random, 3u + may_be_right)) {
	case 0:
		if (is_leaf(node))
			resize(b, node, node->size + more);
		return;
	case 1:
		if (has_bytes(node))
			resize(b, node, rig_random_below(&b->gen->random, node->size));
		return;
	case 2:
		node->next = rig_gen_copy(b->gen, node);
		return;
	}
}

/* An attribute that nobody has asked for, in place of another or behind it; right or wrong. */
static bool put_stranger(struct breaking *b)
{
	struct place *place = choose(b, is_attr);
	const struct rig_attr *attr;
	struct rig_node *node;

	if (!place || !place->nest || place->nest->element)
		return false;
	attr = rig_attr_get(place->nest, rig_random_below(&b->gen->random, place->nest->n_attrs));
	if (!attr || is_beyond(place->nest, attr))
		return false;
	node = rig_gen_attr(b->gen, place->nest, attr->number);
	shape_item(b, node);
	if (rig_random_chance(&b->gen->random, 50))
		place->link = &(*place->link)->next;
	else
		*place->link = (*place->link)->next;
	rig_gen_append(&node, *place->link);
	*place->link = node;
	return true;
}

static bool flip_type_bits(struct breaking *b)
{
	static const uint16_t bits[] = { NLA_F_NESTED, NLA_F_NET_BYTEORDER, 0xc000 };
	struct place *place = choose(b, is_attr);

	if (place)
		(*place->link)->type ^= bits[rig_random_below(&b->gen->random, COUNT(bits))];
	return place;
}

static bool put_boundary(struct breaking *b)
{
	struct place *place = choose(b, has_tries);
	const struct rig_format *format;

	if (!place)
		return false;
	format = (*place->link)->attr->format;
	(*place->link)->refs = NULL;
	rig_uint_put(rig_gen_payload(*place->link), format->size, format->order,
		     format->tries[rig_random_below(&b->gen->random, format->n_tries)]);
	return true;
}

static bool put_field_boundary(struct breaking *b)
{
	struct place *place = choose(b, has_fields);
	const struct rig_struct *layout;
	const struct rig_field *field;

	if (!place)
		return false;
	layout = (*place->link)->attr->layout;
	field = &layout->fields[rig_random_below(&b->gen->random, layout->n_fields)];
	if (!field->format->n_tries)
		return false;
	rig_uint_put(
		rig_gen_payload(*place->link) + field->offset, field->format->size,
		field->format->order,
		field->format->tries[rig_random_below(&b->gen->random, field->format->n_tries)]);
	return true;
}

static bool flip_bit(struct breaking *b)
{
	struct place *place = choose(b, has_bytes);

	if (!place)
		return false;
	rig_gen_payload(*place->link)[rig_random_below(&b->gen->random, (*place->link)->size)] ^=
		(uint8_t)(1u << rig_random_below(&b->gen->random, 8));
	(*place->link)->refs = NULL;
	return true;
}

static bool dirty_pad(struct breaking *b)
{
	static const uint8_t dirt[] = { 0xff, 0x01, 0x80 };
	struct place *place = choose(b, has_bytes);
	uint32_t missing;

	if (!place)
		return false;
	missing = -(*place->link)->size & 3;
	(*place->link)->has_pad = missing;
	(*place->link)->pad = dirt;
	(*place->link)->pad_size = missing;
	return missing;
}

static bool add_raw(struct breaking *b)
{
	struct place *place = choose(b, is_attr);
	uint8_t bytes[4] = {};
	struct rig_node *raw;

	if (!place)
		return false;
	if (rig_random_chance(&b->gen->random, 50))
		rig_random_bytes(&b->gen->random, bytes, sizeof(bytes));
	raw = rig_gen_raw(b->gen, bytes, rig_random_between(&b->gen->random, 1, 4));
	while (*place->link)
		place->link = &(*place->link)->next;
	*place->link = raw;
	return true;
}

static bool make_opaque(struct breaking *b)
{
	struct place *place = choose(b, is_attr);

	if (!place || (*place->link)->form != RIG_FORM_NEST)
		return false;
	(*place->link)->children = NULL;
	if (rig_random_chance(&b->gen->random, 50))
		(*place->link)->children = rig_gen_raw(b->gen, "\0\0\0\0", 4);
	return true;
}

/* ---- headers ---- */

static bool break_flags(struct breaking *b)
{
	b->message->set |= RIG_SET_FLAGS;
	b->message->flags ^= (uint16_t)(1u << rig_random_below(&b->gen->random, 12));
	return true;
}

static bool break_version(struct breaking *b)
{
	b->message->set |= RIG_SET_VERSION;
	b->message->version = (uint8_t)rig_random_below(&b->gen->random, 4);
	return true;
}

static bool break_command(struct breaking *b)
{
	const struct rig_family *family = b->message->family;

	b->message->cmd = (uint8_t)rig_random_below(&b->gen->random, family->n_commands + 2u);
	b->message->command = rig_command_get(family, b->message->cmd);
	b->message->fixed_layout = b->message->command ? b->message->command->fixed : family->fixed;
	return true;
}

static bool break_type(struct breaking *b)
{
	static const uint16_t types[] = { 0, 1, 2, 3, 4, 15, 0x7fff, 0xffff };

	b->message->set |= RIG_SET_TYPE;
	b->message->type = types[rig_random_below(&b->gen->random, COUNT(types))];
	return true;
}

static bool break_length(struct breaking *b)
{
	static const uint32_t lengths[] = { 0, 4, 15, 16, 19, 20, 24, 28, 0xffff, 0x7fffffff };

	b->message->set |= RIG_SET_LEN;
	b->message->len = lengths[rig_random_below(&b->gen->random, COUNT(lengths))];
	return true;
}

static bool break_pid(struct breaking *b)
{
	b->message->set |= RIG_SET_PID;
	b->message->pid = rig_random_chance(&b->gen->random, 50) ? 1 : 0xffffffff;
	return true;
}

static bool break_reserved(struct breaking *b)
{
	b->message->set |= RIG_SET_RESERVED;
	b->message->reserved = rig_random_chance(&b->gen->random, 50) ? 1 : 0xffff;
	return true;
}

static bool break_datapath(struct breaking *b)
{
	static const uint32_t others[] = { 0, 1, 999, 0x7fffffff, 0x80000000, 0xffffffff };

	memcpy(b->message->fixed, &others[rig_random_below(&b->gen->random, COUNT(others))], 4);
	return b->message->fixed_layout->size == 4;
}

/* ---- all ---- */

static const struct {
	const char *name;
	bool (*apply)(struct breaking *b);
} ways[] = {
	{ "payload too short", cut_payload },
	{ "payload too long", grow_payload },
	{ "length lies", lie_about_length },
	{ "item missing", drop_item },
	{ "item twice", double_item },
	{ "item many times", multiply_item },
	{ "actions nested deep", deepen_actions },
	{ "items swapped", swap_items },
	{ "item in another nest", move_item },
	{ "item of no use", put_stranger },
	{ "type bits", flip_type_bits },
	{ "unknown number", renumber },
	{ "boundary value", put_boundary },
	{ "boundary value in a struct", put_field_boundary },
	{ "bit flipped", flip_bit },
	{ "padding not zero", dirty_pad },
	{ "trailing bytes", add_raw },
	{ "nest emptied", make_opaque },
	{ "message flags", break_flags },
	{ "version", break_version },
	{ "command", break_command },
	{ "message type", break_type },
	{ "message length", break_length },
	{ "message pid", break_pid },
	{ "reserved", break_reserved },
	{ "datapath", break_datapath },
};

const unsigned int rig_gen_breaks = COUNT(ways);

const char *rig_gen_break_name(unsigned int how)
{
	return ways[how].name;
}

bool rig_gen_break_as(struct rig_gen *gen, unsigned int how, struct rig_message *message)
{
	struct breaking b = { .gen = gen, .message = message };

	collect(&b.places, &message->nodes, message->family->nest);
	return ways[how].apply(&b);
}

void rig_gen_break(struct rig_gen *gen, struct rig_message *message)
{
	while (!rig_gen_break_as(gen, rig_random_below(&gen->random, rig_gen_breaks), message))
		;
}
