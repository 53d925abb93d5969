/* SPDX-License-Identifier: GPL-2.0-only */
/* Payloads, as the schema says that they are. */
#include <linux/openvswitch.h>
#include <string.h>

#include "gen/gen.h"

enum { STRUCTS_MAX = 3, BYTES_MAX = 24, NESTS_MAX = 3 };

/* ---- one value ---- */

void rig_gen_value(struct rig_gen *gen, const struct rig_format *format, uint8_t *out)
{
	struct rig_random *r = &gen->random;
	unsigned int how = rig_random_below(r, 8);

	if (how < 5 && format->n_tries)
		rig_uint_put(out, format->size, format->order,
			     format->tries[rig_random_below(r, format->n_tries)]);
	else if (how < 7)
		rig_uint_put(out, format->size, format->order, rig_random_below(r, 8));
	else
		rig_random_bytes(r, out, format->size);
}

static void put_field(struct rig_gen *gen, const struct rig_field *field, uint8_t *structure)
{
	const struct rig_format *format = field->format;
	uint8_t *at = structure + field->offset, value[16] = {};
	rig_uint bits, mask, whole;

	if (field->pad && !rig_random_chance(&gen->random, 5))
		return;
	rig_gen_value(gen, format, value);
	if (!field->width) {
		memcpy(at, value, format->size);
		return;
	}
	mask = (((rig_uint)1 << field->width) - 1) << field->shift;
	bits = rig_uint_get(value, format->size, format->order) << field->shift;
	whole = rig_uint_get(at, format->size, format->order);
	rig_uint_put(at, format->size, format->order, (whole & ~mask) | (bits & mask));
}

static void put_struct(struct rig_gen *gen, const struct rig_struct *layout, struct rig_bytes *to)
{
	size_t at = to->size;

	rig_bytes_zero(to, layout->size);
	for (unsigned int i = 0; i < layout->n_fields && !to->failed; i++)
		put_field(gen, &layout->fields[i], to->data + at);
}

/* ---- one payload ---- */

static void put_values(struct rig_gen *gen, const struct rig_attr *attr, struct rig_bytes *to)
{
	uint8_t value[16];
	uint32_t n = 1;

	if (attr->type == RIG_TYPE_SCALARS)
		n = rig_random_between(&gen->random, 1, STRUCTS_MAX);
	while (n--) {
		rig_gen_value(gen, attr->format, value);
		rig_bytes_put(to, value, attr->format->size);
	}
}

static void put_structs(struct rig_gen *gen, const struct rig_attr *attr, struct rig_bytes *to)
{
	uint32_t n = 1;

	if (attr->type == RIG_TYPE_STRUCTS)
		n = rig_random_between(&gen->random, 1, STRUCTS_MAX);
	while (n--)
		put_struct(gen, attr->layout, to);
}

static void put_string(struct rig_gen *gen, struct rig_bytes *to)
{
	static const char *const words[] = {
		"", "x", "br0", "int2", "veth0", "lo", "no such thing"
	};
	const char *word = words[rig_random_below(&gen->random, sizeof(words) / sizeof(words[0]))];

	rig_bytes_put(to, word, strlen(word) + 1);
}

static void put_random(struct rig_gen *gen, const struct rig_attr *attr, struct rig_bytes *to)
{
	uint32_t most = attr->max_len < BYTES_MAX ? attr->max_len : BYTES_MAX;
	uint32_t size = rig_random_between(&gen->random, attr->min_len, most);

	if (attr->type == RIG_TYPE_ADDRESS)
		size = rig_random_chance(&gen->random, 50) ? 4 : 16;
	rig_bytes_zero(to, size);
	if (!to->failed)
		rig_random_bytes(&gen->random, to->data + to->size - size, size);
}

static struct rig_node *make_leaf(struct rig_gen *gen, const struct rig_nest *nest,
				  unsigned int number, const struct rig_attr *attr)
{
	struct rig_bytes payload = {};
	struct rig_node *node;
	int copies = attr->masked || nest->masked ? 2 : 1;

	for (; copies; copies--) {
		switch (attr->type) {
		case RIG_TYPE_SCALAR:
		case RIG_TYPE_SCALARS:
			put_values(gen, attr, &payload);
			break;
		case RIG_TYPE_STRUCT:
		case RIG_TYPE_STRUCTS:
			put_structs(gen, attr, &payload);
			break;
		case RIG_TYPE_STRING:
			put_string(gen, &payload);
			break;
		case RIG_TYPE_BYTES:
		case RIG_TYPE_ADDRESS:
			put_random(gen, attr, &payload);
			break;
		case RIG_TYPE_FLAG:
		case RIG_TYPE_NEST:
			break;
		}
	}
	node = rig_gen_leaf(gen, nest, number, payload.data, payload.size);
	rig_bytes_free(&payload);
	return node;
}

/* ---- an attribute, with its nest ---- */

static struct rig_node *make_children(struct rig_gen *gen, const struct rig_nest *nest)
{
	struct rig_node *children = NULL;

	if (nest == &rig_nest_key)
		return rig_gen_key(gen, RIG_GEN_KEY_FLOW);
	if (nest == &rig_nest_action)
		return rig_gen_actions(gen, NULL);
	if (nest == &rig_nest_tunnel)
		return rig_gen_tunnel(gen);
	if (nest == rig_attr_get(&rig_nest_key, OVS_KEY_ATTR_NSH)->nest)
		return rig_gen_nsh(gen, nest);
	if (!nest->element)
		return rig_gen_some(gen, nest, 50);
	for (uint32_t n = rig_random_between(&gen->random, 0, NESTS_MAX); n; n--)
		rig_gen_append(&children, rig_gen_attr(gen, nest, n));
	return children;
}

static bool is_portid(const struct rig_attr *attr)
{
	return attr->format && !strcmp(attr->format->name, "portid") && attr->min_len == 4;
}

struct rig_node *rig_gen_attr(struct rig_gen *gen, const struct rig_nest *nest, unsigned int number)
{
	const struct rig_attr *attr = rig_attr_get(nest, number);
	struct rig_node *node;

	if (!attr)
		return rig_gen_leaf(gen, nest, number, NULL, 0);
	if (is_portid(attr) && rig_random_chance(&gen->random, 70))
		return rig_gen_portid(gen, nest, number);
	if (attr->type != RIG_TYPE_NEST)
		return make_leaf(gen, nest, number, attr);
	gen->depth++;
	node = rig_gen_nested(gen, nest, number, make_children(gen, attr->nest));
	gen->depth--;
	return node;
}

/* ---- prerequisites ---- */

static bool is_met(const struct rig_need *need, struct rig_node *list)
{
	const struct rig_node *node = rig_gen_find(list, need->attr);

	if (!node || !need->size)
		return node;
	return node->form == RIG_FORM_LEAF && need->offset + need->size <= (int)node->size &&
	       rig_uint_get(node->data + need->offset, need->size, RIG_NET) == need->value;
}

bool rig_gen_promised(const struct rig_attr *attr, struct rig_node *list)
{
	for (unsigned int i = 0; i < attr->n_needs; i++)
		if (attr->needs[i].size && is_met(&attr->needs[i], list))
			return true;
	return false;
}

/* Makes one of the alternatives true: the one whose attribute is there already, or any. */
static void meet_needs(struct rig_gen *gen, const struct rig_nest *nest, struct rig_node **list,
		       const struct rig_attr *attr)
{
	const struct rig_need *need;
	struct rig_node *node;
	unsigned int i;

	for (i = 0; i < attr->n_needs; i++)
		if (is_met(&attr->needs[i], *list))
			return;
	need = &attr->needs[rig_random_below(&gen->random, attr->n_needs)];
	for (i = 0; i < attr->n_needs; i++)
		if (rig_gen_find(*list, attr->needs[i].attr))
			need = &attr->needs[i];
	rig_gen_ensure(gen, nest, list, need->attr);
	node = rig_gen_find(*list, need->attr);
	if (need->size && node->form == RIG_FORM_LEAF &&
	    need->offset + need->size <= (int)node->size)
		rig_uint_put(rig_gen_payload(node) + need->offset, need->size, RIG_NET,
			     need->value);
}

void rig_gen_ensure(struct rig_gen *gen, const struct rig_nest *nest, struct rig_node **list,
		    unsigned int number)
{
	const struct rig_attr *attr = rig_attr_get(nest, number);

	if (rig_gen_find(*list, number))
		return;
	if (attr && attr->n_needs)
		meet_needs(gen, nest, list, attr);
	rig_gen_append(list, rig_gen_attr(gen, nest, number));
}

struct rig_node *rig_gen_some(struct rig_gen *gen, const struct rig_nest *nest,
			      unsigned int percent)
{
	struct rig_node *list = NULL;

	for (unsigned int i = 0; i < nest->n_attrs; i++)
		if (nest->attrs[i].name && rig_random_chance(&gen->random, percent))
			rig_gen_ensure(gen, nest, &list, i);
	return list;
}
