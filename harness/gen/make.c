/* SPDX-License-Identifier: GPL-2.0-only */
/* Trees, built from numbers. */
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "gen/gen.h"

#define UPCALLS "up" /* the socket that hears the upcalls, see round.c */

void *rig_gen_alloc(struct rig_gen *gen, size_t size)
{
	void *memory = rig_arena_alloc(gen->arena, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

static struct rig_node *make(struct rig_gen *gen, enum rig_form form, const struct rig_nest *nest,
			     unsigned int number)
{
	struct rig_node *node = rig_gen_alloc(gen, sizeof(*node));

	node->form = form;
	node->type = (uint16_t)number;
	node->attr = rig_attr_get(nest, number);
	return node;
}

struct rig_node *rig_gen_leaf(struct rig_gen *gen, const struct rig_nest *nest, unsigned int number,
			      const void *data, size_t size)
{
	struct rig_node *node = make(gen, RIG_FORM_LEAF, nest, number);
	uint8_t *payload = rig_gen_alloc(gen, size);

	if (size)
		memcpy(payload, data, size);
	node->data = payload;
	node->size = (uint32_t)size;
	return node;
}

struct rig_node *rig_gen_u32(struct rig_gen *gen, const struct rig_nest *nest, unsigned int number,
			     uint32_t value)
{
	return rig_gen_leaf(gen, nest, number, &value, sizeof(value));
}

struct rig_node *rig_gen_string(struct rig_gen *gen, const struct rig_nest *nest,
				unsigned int number, const char *text)
{
	return rig_gen_leaf(gen, nest, number, text, strlen(text) + 1);
}

struct rig_node *rig_gen_portid(struct rig_gen *gen, const struct rig_nest *nest,
				unsigned int number)
{
	struct rig_node *node = rig_gen_u32(gen, nest, number, 0);
	struct rig_ref *ref = rig_gen_alloc(gen, sizeof(*ref));

	ref->symbol = UPCALLS;
	ref->size = sizeof(uint32_t);
	ref->order = RIG_HOST;
	node->refs = ref;
	return node;
}

struct rig_node *rig_gen_nested(struct rig_gen *gen, const struct rig_nest *nest,
				unsigned int number, struct rig_node *children)
{
	struct rig_node *node = make(gen, RIG_FORM_NEST, nest, number);

	node->children = children;
	return node;
}

struct rig_node *rig_gen_raw(struct rig_gen *gen, const void *data, size_t size)
{
	struct rig_node *node = rig_gen_leaf(gen, NULL, 0, data, size);

	node->form = RIG_FORM_RAW;
	return node;
}

struct rig_node *rig_gen_copy(struct rig_gen *gen, const struct rig_node *node)
{
	struct rig_node *copy = rig_gen_alloc(gen, sizeof(*copy));

	*copy = *node;
	copy->next = NULL;
	copy->children = rig_gen_copy_list(gen, node->children);
	if (node->form != RIG_FORM_NEST) {
		copy->data = rig_gen_alloc(gen, node->size);
		memcpy(rig_gen_payload(copy), node->data, node->size);
	}
	return copy;
}

struct rig_node *rig_gen_copy_list(struct rig_gen *gen, const struct rig_node *list)
{
	struct rig_node *copy = NULL, **tail = &copy;

	for (; list; list = list->next) {
		*tail = rig_gen_copy(gen, list);
		tail = &(*tail)->next;
	}
	return copy;
}

void rig_gen_append(struct rig_node **list, struct rig_node *node)
{
	while (*list)
		list = &(*list)->next;
	*list = node;
}

struct rig_node *rig_gen_find(struct rig_node *list, unsigned int number)
{
	while (list && (list->form == RIG_FORM_RAW || rig_node_number(list) != number))
		list = list->next;
	return list;
}

unsigned int rig_gen_count(const struct rig_node *list)
{
	unsigned int count = 0;

	for (; list; list = list->next)
		count++;
	return count;
}
