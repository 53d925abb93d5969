/* SPDX-License-Identifier: GPL-2.0-only */
/* Actions: what the schema says, and what makes most of them fit the key that they stand with. */
#include <linux/openvswitch.h>
#include <string.h>

#include "gen/gen.h"

enum { ACTIONS_MAX = 4, DEEPEST = 5 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How often each of the actions comes. */
static const uint8_t weights[OVS_ACTION_ATTR_MAX + 1] = {
	[OVS_ACTION_ATTR_OUTPUT] = 20,	     [OVS_ACTION_ATTR_USERSPACE] = 6,
	[OVS_ACTION_ATTR_SET] = 10,	     [OVS_ACTION_ATTR_PUSH_VLAN] = 5,
	[OVS_ACTION_ATTR_POP_VLAN] = 3,	     [OVS_ACTION_ATTR_SAMPLE] = 4,
	[OVS_ACTION_ATTR_RECIRC] = 3,	     [OVS_ACTION_ATTR_HASH] = 2,
	[OVS_ACTION_ATTR_PUSH_MPLS] = 4,     [OVS_ACTION_ATTR_POP_MPLS] = 2,
	[OVS_ACTION_ATTR_SET_MASKED] = 10,   [OVS_ACTION_ATTR_CT] = 6,
	[OVS_ACTION_ATTR_TRUNC] = 3,	     [OVS_ACTION_ATTR_PUSH_ETH] = 3,
	[OVS_ACTION_ATTR_POP_ETH] = 3,	     [OVS_ACTION_ATTR_CT_CLEAR] = 2,
	[OVS_ACTION_ATTR_PUSH_NSH] = 3,	     [OVS_ACTION_ATTR_POP_NSH] = 1,
	[OVS_ACTION_ATTR_METER] = 2,	     [OVS_ACTION_ATTR_CLONE] = 4,
	[OVS_ACTION_ATTR_CHECK_PKT_LEN] = 4, [OVS_ACTION_ATTR_ADD_MPLS] = 3,
	[OVS_ACTION_ATTR_DEC_TTL] = 3,
};

/* What can be set of what the key has. */
static const struct {
	uint8_t number;
	uint8_t fixed; /* offset of the protocol: it and the last byte have to stay; 0xff: none */
} settable[] = {
	{ OVS_KEY_ATTR_PRIORITY, 0xff }, { OVS_KEY_ATTR_SKB_MARK, 0xff },
	{ OVS_KEY_ATTR_ETHERNET, 0xff }, { OVS_KEY_ATTR_IPV4, 8 },
	{ OVS_KEY_ATTR_IPV6, 36 },	 { OVS_KEY_ATTR_TCP, 0xff },
	{ OVS_KEY_ATTR_UDP, 0xff },	 { OVS_KEY_ATTR_SCTP, 0xff },
	{ OVS_KEY_ATTR_MPLS, 0xff },	 { OVS_KEY_ATTR_TUNNEL, 0xff },
	{ OVS_KEY_ATTR_NSH, 0xff },
};

/* ---- set ---- */

static const struct rig_node *choose_settable(struct rig_gen *gen, const struct rig_node *key,
					      uint8_t *fixed)
{
	for (; key; key = key->next)
		for (size_t i = 0; i < COUNT(settable); i++)
			if (settable[i].number == rig_node_number(key) &&
			    rig_random_chance(&gen->random, 60)) {
				*fixed = settable[i].fixed;
				return key;
			}
	return NULL;
}

static struct rig_node *vary(struct rig_gen *gen, const struct rig_node *from, uint8_t fixed)
{
	struct rig_node *node = rig_gen_attr(gen, &rig_nest_key, rig_node_number(from));

	if (node->form != RIG_FORM_LEAF || fixed == 0xff || node->size != from->size)
		return node;
	rig_gen_payload(node)[fixed] = from->data[fixed];
	rig_gen_payload(node)[node->size - 1] = from->data[node->size - 1];
	return node;
}

/* What takes a checksum that is at its limit over it: the last port, one higher. */
static struct rig_node *next_port(struct rig_gen *gen, const struct rig_node *key)
{
	struct rig_node *node;

	while (key && (key->form != RIG_FORM_LEAF || rig_node_number(key) != OVS_KEY_ATTR_UDP))
		key = key->next;
	if (!key || !key->size)
		return NULL;
	node = rig_gen_copy(gen, key);
	rig_gen_payload(node)[node->size - 1]++;
	return node;
}

static struct rig_node *make_set(struct rig_gen *gen, const struct rig_node *key)
{
	uint8_t fixed = 0xff;
	const struct rig_node *from = choose_settable(gen, key, &fixed);
	struct rig_node *node = gen->at_limit ? next_port(gen, key) : NULL;

	if (node)
		return rig_gen_nested(gen, &rig_nest_action, OVS_ACTION_ATTR_SET, node);
	if (from)
		node = vary(gen, from, fixed);
	else if (rig_random_chance(&gen->random, 85))
		node = rig_gen_attr(gen, &rig_nest_key, OVS_KEY_ATTR_SKB_MARK);
	else
		node = rig_gen_attr(gen, &rig_nest_key,
				    rig_random_between(&gen->random, 1, OVS_KEY_ATTR_MAX));
	return rig_gen_nested(gen, &rig_nest_action, OVS_ACTION_ATTR_SET, node);
}

/* The value and its mask, as two of them one behind the other. */
static struct rig_node *make_set_masked(struct rig_gen *gen, const struct rig_node *key)
{
	uint8_t fixed = 0xff, payload[256] = {};
	const struct rig_node *from = choose_settable(gen, key, &fixed);
	unsigned int number = from ? rig_node_number(from) : OVS_KEY_ATTR_SKB_MARK;
	struct rig_node *value = rig_gen_attr(gen, &rig_nest_key, number);
	uint8_t *mask = payload + value->size;

	if (value->form != RIG_FORM_LEAF || 2 * value->size > sizeof(payload))
		return make_set(gen, key);
	memcpy(payload, value->data, value->size);
	if (rig_random_chance(&gen->random, 50))
		memset(mask, 0xff, value->size);
	else
		rig_random_bytes(&gen->random, mask, value->size);
	if (fixed != 0xff)
		mask[fixed] = mask[value->size - 1] = 0;
	if (number == OVS_KEY_ATTR_IPV6)
		mask[32] = mask[33] = 0;
	for (unsigned int i = 0; i < value->size && rig_random_chance(&gen->random, 99); i++)
		payload[i] &= mask[i];
	value = rig_gen_leaf(gen, &rig_nest_key_masked, number, payload, 2 * value->size);
	return rig_gen_nested(gen, &rig_nest_action, OVS_ACTION_ATTR_SET_MASKED, value);
}

/* ---- the others ---- */

/* Part of a payload that the contract restricts; most often it is one of these. */
static const struct {
	uint8_t number;
	uint8_t offset;
	uint8_t size;
	enum rig_order order;
	uint16_t values[4];
} usual[] = {
	{ OVS_ACTION_ATTR_OUTPUT, 0, 4, RIG_HOST, { 0, 1, 2, 3 } },
	{ OVS_ACTION_ATTR_PUSH_VLAN, 0, 2, RIG_NET, { 0x8100, 0x88a8, 0x8100, 0x8100 } },
	{ OVS_ACTION_ATTR_PUSH_VLAN, 2, 2, RIG_NET, { 0x1000, 0x1001, 0x1fff, 0xb005 } },
	{ OVS_ACTION_ATTR_PUSH_MPLS, 4, 2, RIG_NET, { 0x8847, 0x8848, 0x8847, 0x8847 } },
	{ OVS_ACTION_ATTR_ADD_MPLS, 4, 2, RIG_NET, { 0x8847, 0x8848, 0x8847, 0x8847 } },
	{ OVS_ACTION_ATTR_POP_MPLS, 0, 2, RIG_NET, { 0x0800, 0x86dd, 0x8847, 0x6558 } },
	{ OVS_ACTION_ATTR_TRUNC, 0, 4, RIG_HOST, { 14, 60, 100, 2000 } },
	{ OVS_ACTION_ATTR_HASH, 0, 4, RIG_HOST, { 0, 0, 0, 1 } },
	{ OVS_ACTION_ATTR_METER, 0, 4, RIG_HOST, { 1, 2, 3, 4 } },
	{ OVS_ACTION_ATTR_RECIRC, 0, 4, RIG_HOST, { 1, 2, 3, 0 } },
};

static void make_usual(struct rig_gen *gen, struct rig_node *node)
{
	for (size_t i = 0; i < COUNT(usual); i++)
		if (usual[i].number == rig_node_number(node) && rig_random_chance(&gen->random, 92))
			rig_uint_put(rig_gen_payload(node) + usual[i].offset, usual[i].size,
				     usual[i].order,
				     usual[i].values[rig_random_below(&gen->random, 4)]);
}

static struct rig_node *make_push_nsh(struct rig_gen *gen)
{
	struct rig_node *key = NULL;

	rig_gen_ensure(gen, &rig_nest_key, &key, OVS_KEY_ATTR_NSH);
	return rig_gen_nested(gen, &rig_nest_action, OVS_ACTION_ATTR_PUSH_NSH,
			      rig_gen_find(key, OVS_KEY_ATTR_NSH));
}

/* A probability between never and always leaves it to chance which packets come. */
static void decide_sample(struct rig_gen *gen, struct rig_node *sample)
{
	struct rig_node *node = rig_gen_find(sample->children, OVS_SAMPLE_ATTR_PROBABILITY);

	if (gen->traffic && node)
		memset(rig_gen_payload(node), rig_random_chance(&gen->random, 70) ? 0xff : 0,
		       node->size);
}

/* As long as the frame, or a byte longer or shorter: there the branches part. */
static void decide_length(struct rig_gen *gen, struct rig_node *check)
{
	struct rig_node *node = rig_gen_find(check->children, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN);

	if (gen->frame_size && node && rig_random_chance(&gen->random, 80))
		rig_uint_put(rig_gen_payload(node), node->size, RIG_HOST,
			     gen->frame_size - 1 + rig_random_below(&gen->random, 3));
}

/* An action that holds actions: what the schema has, mostly whole, with lists for this key. */
static struct rig_node *make_holder(struct rig_gen *gen, unsigned int number,
				    const struct rig_node *key)
{
	const struct rig_nest *nest = rig_attr_get(&rig_nest_action, number)->nest;
	struct rig_node *list = NULL, *holder;

	for (unsigned int i = 1; i < nest->n_attrs; i++) {
		if (rig_random_chance(&gen->random, 3))
			continue;
		if (nest->attrs[i].nest == &rig_nest_action)
			rig_gen_append(&list,
				       rig_gen_nested(gen, nest, i, rig_gen_actions(gen, key)));
		else
			rig_gen_append(&list, rig_gen_attr(gen, nest, i));
	}
	holder = rig_gen_nested(gen, &rig_nest_action, number, list);
	if (number == OVS_ACTION_ATTR_SAMPLE)
		decide_sample(gen, holder);
	if (number == OVS_ACTION_ATTR_CHECK_PKT_LEN)
		decide_length(gen, holder);
	return holder;
}

/* In traffic there are connections; whom to translate to is left out, as the model does. */
static void decide_ct(struct rig_gen *gen, const struct rig_nest *nest, struct rig_node **list)
{
	struct rig_node *nat = rig_gen_find(*list, OVS_CT_ATTR_NAT);

	if (nat)
		nat->children = NULL;
	if (rig_random_chance(&gen->random, 40))
		rig_gen_ensure(gen, nest, list, OVS_CT_ATTR_COMMIT);
}

/* Options go together better when there are few; without a pid nothing reaches userspace. */
static struct rig_node *make_options(struct rig_gen *gen, unsigned int number)
{
	const struct rig_nest *nest = rig_attr_get(&rig_nest_action, number)->nest;
	bool userspace = number == OVS_ACTION_ATTR_USERSPACE;
	struct rig_node *list = rig_gen_some(gen, nest, userspace ? 30 : 12);

	if (userspace && !rig_gen_find(list, OVS_USERSPACE_ATTR_PID) &&
	    rig_random_chance(&gen->random, 95))
		rig_gen_append(&list, rig_gen_portid(gen, nest, OVS_USERSPACE_ATTR_PID));
	if (number == OVS_ACTION_ATTR_CT && gen->traffic)
		decide_ct(gen, nest, &list);
	return rig_gen_nested(gen, &rig_nest_action, number, list);
}

static struct rig_node *make_action(struct rig_gen *gen, unsigned int number,
				    const struct rig_node *key)
{
	struct rig_node *node;

	switch (number) {
	case OVS_ACTION_ATTR_SET:
		return make_set(gen, key);
	case OVS_ACTION_ATTR_SET_MASKED:
		return make_set_masked(gen, key);
	case OVS_ACTION_ATTR_PUSH_NSH:
		return make_push_nsh(gen);
	case OVS_ACTION_ATTR_SAMPLE:
	case OVS_ACTION_ATTR_CHECK_PKT_LEN:
	case OVS_ACTION_ATTR_DEC_TTL:
		return make_holder(gen, number, key);
	case OVS_ACTION_ATTR_USERSPACE:
	case OVS_ACTION_ATTR_CT:
		return make_options(gen, number);
	case OVS_ACTION_ATTR_CLONE:
		return rig_gen_nested(gen, &rig_nest_action, number, rig_gen_actions(gen, key));
	default:
		node = rig_gen_attr(gen, &rig_nest_action, number);
		make_usual(gen, node);
		return node;
	}
}

/* What the model cannot follow once packets meet it: fragments in connection tracking. */
static bool is_beyond(const struct rig_gen *gen, unsigned int number, const struct rig_node *key)
{
	if (!gen->traffic || number != OVS_ACTION_ATTR_CT)
		return false;
	for (; key; key = key->next) {
		unsigned int type = key->form == RIG_FORM_LEAF ? rig_node_number(key) : 0;

		if ((type == OVS_KEY_ATTR_IPV4 || type == OVS_KEY_ATTR_IPV6) && key->size &&
		    key->data[key->size - 1])
			return true;
	}
	return false;
}

static bool has(const struct rig_node *key, unsigned int number)
{
	while (key && (key->form == RIG_FORM_RAW || rig_node_number(key) != number))
		key = key->next;
	return key;
}

/* What takes off a header that the packet has is of use on no other. */
static size_t choose_action(struct rig_gen *gen, const struct rig_node *key)
{
	static const struct {
		uint8_t key, action;
	} takes_off[] = {
		{ OVS_KEY_ATTR_MPLS, OVS_ACTION_ATTR_POP_MPLS },
		{ OVS_KEY_ATTR_VLAN, OVS_ACTION_ATTR_POP_VLAN },
		{ OVS_KEY_ATTR_NSH, OVS_ACTION_ATTR_POP_NSH },
	};

	for (size_t i = 0; i < COUNT(takes_off); i++)
		if (has(key, takes_off[i].key) && rig_random_chance(&gen->random, 15))
			return takes_off[i].action;
	return rig_random_weighted(&gen->random, weights, COUNT(weights));
}

struct rig_node *rig_gen_actions(struct rig_gen *gen, const struct rig_node *key)
{
	uint32_t n = gen->depth < DEEPEST ? rig_random_below(&gen->random, ACTIONS_MAX + 1) : 0;
	struct rig_node *list = NULL;

	gen->depth++;
	while (n--) {
		size_t number = choose_action(gen, key);

		if (!is_beyond(gen, (unsigned int)number, key))
			rig_gen_append(&list, make_action(gen, (unsigned int)number, key));
		/* Nothing else can be done with what has no Ethernet header. */
		if (number == OVS_ACTION_ATTR_POP_ETH && rig_random_chance(&gen->random, 50))
			rig_gen_append(&list, make_action(gen, OVS_ACTION_ATTR_PUSH_ETH, key));
	}
	gen->depth--;
	return list;
}
