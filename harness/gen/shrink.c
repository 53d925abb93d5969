/* SPDX-License-Identifier: GPL-2.0-only */
#include "gen/shrink.h"

#include <string.h>

#include "wire/script.h"

struct shrinking {
	struct rig_shrink *shrink;
	struct rig_script *script;
	bool smaller; /* something was dropped in this turn */
};

/* Whether the script as it is now still fails. After that it stays so, or is put back. */
static bool still_fails(struct shrinking *s)
{
	bool fails;

	if (s->shrink->tried >= s->shrink->limit)
		return false;
	s->shrink->tried++;
	fails = s->shrink->fails(s->shrink->context, s->script);
	s->smaller |= fails;
	return fails;
}

/* ---- lists: in runs of half of them, a quarter, ... one ---- */

/* What steps and the members of any other list begin with, whatever their type is. */
struct __attribute__((may_alias)) member {
	struct member *next;
};

typedef struct member *__attribute__((may_alias)) member_link;

static unsigned int count_members(const struct member *list)
{
	unsigned int n = 0;

	for (; list; list = list->next)
		n++;
	return n;
}

/* Drops @run members at @link; false: they are needed. */
static bool drop_members(struct shrinking *s, member_link *link, unsigned int run)
{
	struct member *first = *link, *behind = first;

	while (behind && run--)
		behind = behind->next;
	*link = behind;
	if (still_fails(s))
		return true;
	*link = first;
	return false;
}

static void shrink_list(struct shrinking *s, member_link *list)
{
	for (unsigned int run = count_members(*list) / 2; run; run /= 2) {
		member_link *link = list;

		while (*link)
			if (!drop_members(s, link, run))
				for (unsigned int i = 0; i < run && *link; i++)
					link = (member_link *)&(*link)->next;
	}
}

/* ---- messages of a datagram ---- */

static void shrink_datagram(struct shrinking *s, struct rig_step *step)
{
	struct rig_message **link = &step->message;

	while (*link && step->message->next) {
		struct rig_message *dropped = *link;

		*link = dropped->next;
		if (still_fails(s))
			continue;
		*link = dropped;
		link = &dropped->next;
	}
}

/* ---- items ---- */

static void shrink_items(struct shrinking *s, struct rig_node **link)
{
	while (*link) {
		struct rig_node *node = *link;

		*link = node->next;
		if (still_fails(s))
			continue;
		*link = node;
		if (node->form == RIG_FORM_NEST)
			shrink_items(s, &node->children);
		link = &node->next;
	}
}

/* ---- values ---- */

/* Tries the node as @plain is. */
static void try_node(struct shrinking *s, struct rig_node *node, const struct rig_node *plain)
{
	struct rig_node before = *node;

	*node = *plain;
	if (!still_fails(s))
		*node = before;
}

static void plain_bytes(struct shrinking *s, struct rig_node *node)
{
	uint8_t *data = (uint8_t *)(uintptr_t)node->data;

	for (uint32_t i = 0; i < node->size; i++) {
		uint8_t before = data[i];

		if (!before)
			continue;
		data[i] = 0;
		if (!still_fails(s))
			data[i] = before;
	}
}

static void shrink_node(struct shrinking *s, struct rig_node *node)
{
	static const uint8_t zeros[65536];
	struct rig_node plain = *node;

	if (node->has_len) {
		plain.has_len = false;
		try_node(s, node, &plain);
	}
	plain = *node;
	if (node->has_pad) {
		plain.has_pad = false;
		try_node(s, node, &plain);
	}
	if (node->attr && node->attr->type == RIG_TYPE_STRING)
		return; /* a name is plain, zeros are not */
	if (node->form == RIG_FORM_NEST || node->refs || !node->size ||
	    !memcmp(node->data, zeros, node->size))
		return;
	plain = *node;
	plain.data = zeros;
	try_node(s, node, &plain);
	if (node->data != zeros)
		plain_bytes(s, node);
}

static void shrink_values(struct shrinking *s, struct rig_node *node)
{
	for (; node; node = node->next) {
		shrink_node(s, node);
		if (node->form == RIG_FORM_NEST)
			shrink_values(s, node->children);
	}
}

static void shrink_headers(struct shrinking *s, struct rig_message *message)
{
	struct rig_message before = *message;

	if (message->command && message->flags != message->command->flags) {
		message->flags = message->command->flags;
		message->set &= ~(unsigned int)RIG_SET_FLAGS;
		if (!still_fails(s))
			*message = before;
	}
	before = *message;
	if (message->family && message->version != message->family->version) {
		message->version = message->family->version;
		message->set &= ~(unsigned int)RIG_SET_VERSION;
		if (!still_fails(s))
			*message = before;
	}
	before = *message;
	if (message->set & (RIG_SET_PID | RIG_SET_RESERVED | RIG_SET_LEN)) {
		message->set &= ~(unsigned int)(RIG_SET_PID | RIG_SET_RESERVED | RIG_SET_LEN);
		message->pid = message->reserved = 0;
		if (!still_fails(s))
			*message = before;
	}
}

static void shrink_step(struct shrinking *s, struct rig_step *step)
{
	if (step->kind != RIG_STEP_SEND)
		return;
	shrink_datagram(s, step);
	for (struct rig_message *m = step->message; m; m = m->next) {
		shrink_items(s, &m->nodes);
		shrink_headers(s, m);
		shrink_values(s, m->nodes);
	}
}

void rig_shrink(struct rig_shrink *shrink, struct rig_script *script)
{
	struct shrinking s = { .shrink = shrink, .script = script };

	do {
		s.smaller = false;
		shrink_list(&s, (member_link *)&script->steps);
		for (struct rig_step *step = script->steps; step; step = step->next)
			shrink_step(&s, step);
	} while (s.smaller && shrink->tried < shrink->limit);
}

void rig_shrink_list(struct rig_shrink *shrink, void *list)
{
	struct shrinking s = { .shrink = shrink };

	do {
		s.smaller = false;
		shrink_list(&s, list);
	} while (s.smaller && shrink->tried < shrink->limit);
}
