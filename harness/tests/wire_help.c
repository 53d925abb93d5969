/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "tests/wire_help.h"

void test_random_seed(struct test_random *r, uint64_t seed)
{
	r->state = seed * 0x9e3779b97f4a7c15 + 1;
}

uint32_t test_random_below(struct test_random *r, uint32_t below)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * 0x2545f4914f6cdd1d) >> 32) % below;
}

/* ---- messages from the schema ---- */

static void fill(struct test_random *r, uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = test_random_below(r, 3) ? 0 : test_random_below(r, 256);
}

static void fill_scalar(struct test_random *r, const struct rig_format *format, uint8_t *data)
{
	rig_uint value = format->tries[test_random_below(r, format->n_tries)];

	rig_uint_put(data, format->size, format->order, value);
}

static size_t payload_size(struct test_random *r, const struct rig_attr *attr, bool masked)
{
	size_t twice = masked || attr->masked ? 2 : 1;

	switch (attr->type) {
	case RIG_TYPE_FLAG:
	case RIG_TYPE_NEST:
		return 0;
	case RIG_TYPE_SCALAR:
		return attr->format->size * twice;
	case RIG_TYPE_SCALARS:
		return attr->format->size * (1 + test_random_below(r, 4));
	case RIG_TYPE_STRUCT:
		return attr->layout->size * twice;
	case RIG_TYPE_STRUCTS:
		return attr->layout->size * (twice == 2 ? 2 : 1 + test_random_below(r, 3));
	case RIG_TYPE_STRING:
		return 1 + test_random_below(r, 16);
	case RIG_TYPE_BYTES:
		return test_random_below(r, 24);
	case RIG_TYPE_ADDRESS:
		return test_random_below(r, 2) ? 4 : 16;
	}
	return 0;
}

static struct rig_node *random_nodes(struct test_random *r, struct rig_arena *arena,
				     const struct rig_nest *nest, unsigned int depth);

static struct rig_node *random_node(struct test_random *r, struct rig_arena *arena,
				    const struct rig_nest *nest, unsigned int depth)
{
	struct rig_node *node = rig_arena_alloc(arena, sizeof(*node));
	uint8_t *data;

	node->type = test_random_below(r, nest->n_attrs ? nest->n_attrs : 4);
	node->attr = rig_attr_get(nest, node->type);
	node->form = RIG_FORM_LEAF;
	if (!node->attr)
		return node;
	if (node->attr->type == RIG_TYPE_NEST) {
		node->form = RIG_FORM_NEST;
		node->type |= test_random_below(r, 2) ? NLA_F_NESTED : 0;
		node->children = random_nodes(r, arena, node->attr->nest, depth + 1);
		return node;
	}
	node->size = payload_size(r, node->attr, nest->masked);
	node->data = data = rig_arena_alloc(arena, node->size + 1);
	fill(r, data, node->size);
	if (node->attr->type == RIG_TYPE_SCALAR)
		fill_scalar(r, node->attr->format, data);
	if (node->attr->type == RIG_TYPE_STRING) {
		memset(data, 'a' + (int)test_random_below(r, 26), node->size - 1);
		data[test_random_below(r, node->size)] = test_random_below(r, 256);
		data[node->size - 1] = '\0';
	}
	return node;
}

static struct rig_node *random_nodes(struct test_random *r, struct rig_arena *arena,
				     const struct rig_nest *nest, unsigned int depth)
{
	struct rig_node *first = NULL, **tail = &first;
	uint32_t count = depth > 4 ? 0 : test_random_below(r, 5);

	for (; count; count--) {
		*tail = random_node(r, arena, nest, depth);
		tail = &(*tail)->next;
	}
	return first;
}

struct rig_message *test_random_message(struct test_random *r, struct rig_arena *arena)
{
	struct rig_message *message = rig_arena_alloc(arena, sizeof(*message));
	const struct rig_family *family = &rig_families[test_random_below(r, RIG_FAMILIES)];
	uint32_t number = 1 + test_random_below(r, family->n_commands - 1);

	message->family = family;
	message->command = rig_command_get(family, number);
	message->fixed_layout = message->command->fixed;
	message->cmd = number;
	message->type = number;
	message->flags = message->command->flags;
	message->version = family->version;
	message->seq = test_random_below(r, 3);
	fill(r, message->fixed, message->fixed_layout->size);
	if (family->index == RIG_NL)
		message->flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	message->nodes = random_nodes(r, arena, family->nest, 0);
	return message;
}

/* ---- both ways ---- */

int test_resolver(void *context, const char *symbol, uint64_t *value)
{
	(void)context;
	if (!strcmp(symbol, "unknown"))
		return -1;
	*value = strlen(symbol);
	return 0;
}

bool test_bytes_of(const char *text, struct rig_bytes *bytes)
{
	struct rig_arena arena = {};
	const struct rig_parser parser = { &arena, NULL, true };
	struct rig_message *messages;
	struct rig_error error;
	char why[512];
	int result = rig_parse(&parser, NULL, text, strlen(text), &messages, &error);

	rig_bytes_reset(bytes);
	if (!result)
		result = rig_encode(messages, NULL, test_resolver, NULL, bytes, &error);
	if (result)
		fprintf(stderr, "# %s\n# of: %.2000s\n", rig_error_text(&error, why, sizeof(why)),
			text);
	rig_arena_free(&arena);
	return !result;
}

bool test_text_of(const void *data, size_t size, struct rig_bytes *text)
{
	struct rig_arena arena = {};
	struct rig_message *messages;
	int result = rig_decode(&arena, NULL, data, size, &messages, NULL);

	rig_bytes_reset(text);
	if (!result)
		rig_print(messages, NULL, text);
	rig_arena_free(&arena);
	return !result && !text->failed;
}

bool test_is_identity(const void *data, size_t size)
{
	struct rig_bytes text = {}, bytes = {};
	bool same = test_text_of(data, size, &text) &&
		    test_bytes_of(rig_bytes_text(&text), &bytes) && bytes.size == size &&
		    (!size || !memcmp(bytes.data, data, size));

	if (!same)
		fprintf(stderr, "# not the identity: %s", rig_bytes_text(&text));
	rig_bytes_free(&text);
	rig_bytes_free(&bytes);
	return same;
}
