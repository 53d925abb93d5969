/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/match.h"

#include <string.h>

#include "wire/codec.h"

struct matcher {
	struct rig_bytes *why; /* NULL: nobody asks */
	const struct matcher *outer;
	const struct rig_node *inside; /* this nest; NULL: the message itself */
};

static bool match_node(const struct matcher *m, const struct rig_node *pattern,
		       const struct rig_node *node);

bool rig_match_item(const struct rig_node *a, const struct rig_node *b)
{
	if (a->form == RIG_FORM_RAW || b->form == RIG_FORM_RAW)
		return a->form == b->form;
	return rig_node_number(a) == rig_node_number(b);
}

static void put_path(const struct matcher *m, struct rig_bytes *why)
{
	if (!m->inside)
		return;
	put_path(m->outer, why);
	rig_print_name(m->inside, why);
	rig_bytes_print(why, "/");
}

/* Says why there is no match: "key/ipv4 ...". Only the first reason stays. */
static bool no_match(const struct matcher *m, const struct rig_node *pattern, const char *what)
{
	if (!m->why || m->why->size > 0)
		return false;
	put_path(m, m->why);
	rig_print_name(pattern, m->why);
	rig_bytes_print(m->why, " %s", what);
	return false;
}

static bool stands_where(const struct matcher *m, const struct rig_node *pattern,
			 const struct rig_node *node)
{
	if (!m->why || m->why->size > 0)
		return false;
	no_match(m, pattern, "is wanted where ");
	rig_print_name(node, m->why);
	rig_bytes_print(m->why, " stands");
	return false;
}

static bool match_payload(const struct rig_node *pattern, const struct rig_node *node)
{
	if (node->form == RIG_FORM_NEST || node->size != pattern->size)
		return false;
	if (!pattern->care)
		return !node->size || !memcmp(node->data, pattern->data, node->size);
	for (uint32_t i = 0; i < node->size; i++)
		if ((node->data[i] ^ pattern->data[i]) & pattern->care[i])
			return false;
	return true;
}

static bool is_marker(const struct rig_node *pattern)
{
	return pattern->form == RIG_FORM_REST || pattern->form == RIG_FORM_ABSENT;
}

static bool match_absent(const struct matcher *m, const struct rig_node *pattern,
			 const struct rig_node *nodes)
{
	for (; nodes; nodes = nodes->next)
		if (rig_match_item(nodes, pattern))
			return no_match(m, pattern, "must not be there, but is");
	return true;
}

/* Some node is as the pattern says; of several with its number any may be. */
static bool match_somewhere(const struct matcher *m, const struct rig_node *pattern,
			    const struct rig_node *nodes)
{
	const struct matcher quiet = { .why = NULL };
	const struct rig_node *first = NULL;

	for (; nodes; nodes = nodes->next) {
		if (!rig_match_item(nodes, pattern))
			continue;
		if (match_node(&quiet, pattern, nodes))
			return true;
		if (!first)
			first = nodes;
	}
	if (!first)
		return no_match(m, pattern, "is missing");
	return m->why ? match_node(m, pattern, first) : false;
}

/* Everything the pattern names is there; others may be. */
static bool match_some(const struct matcher *m, const struct rig_node *pattern,
		       const struct rig_node *nodes)
{
	for (; pattern; pattern = pattern->next) {
		if (pattern->form == RIG_FORM_REST)
			continue;
		if (pattern->form == RIG_FORM_ABSENT ? !match_absent(m, pattern, nodes) :
						       !match_somewhere(m, pattern, nodes))
			return false;
	}
	return true;
}

/* Everything is as the pattern says, in its order, and nothing else is there. */
static bool match_all(const struct matcher *m, const struct rig_node *pattern,
		      const struct rig_node *nodes)
{
	for (const struct rig_node *p = pattern; p; p = p->next) {
		if (is_marker(p)) {
			if (!match_absent(m, p, nodes))
				return false;
			continue;
		}
		if (!nodes)
			return no_match(m, p, "is missing");
		if (!match_node(m, p, nodes))
			return false;
		nodes = nodes->next;
	}
	return !nodes || no_match(m, nodes, "is not wanted (the pattern lacks it and has no ...)");
}

static bool ends_in_rest(const struct rig_node *pattern)
{
	while (pattern && pattern->next)
		pattern = pattern->next;
	return pattern && pattern->form == RIG_FORM_REST;
}

static bool match_node(const struct matcher *m, const struct rig_node *pattern,
		       const struct rig_node *node)
{
	const struct matcher inner = { .why = m->why, .outer = m, .inside = pattern };

	if (!rig_match_item(pattern, node))
		return stands_where(m, pattern, node);
	if (pattern->any)
		return true;
	if (pattern->form != RIG_FORM_NEST)
		return match_payload(pattern, node) || no_match(m, pattern, "is not as wanted");
	if (node->form != RIG_FORM_NEST) {
		if (node->size == 0 && (!pattern->children || is_marker(pattern->children)))
			return true;
		return no_match(m, pattern, "is not as wanted");
	}
	return ends_in_rest(pattern->children) ?
		       match_some(&inner, pattern->children, node->children) :
		       match_all(&inner, pattern->children, node->children);
}

/* The header fields that a pattern can name. */
static bool match_header(const struct matcher *m, const struct rig_message *pattern,
			 const struct rig_message *message)
{
	const struct {
		unsigned int bit;
		bool equal;
		const char *name;
	} field[] = {
		{ RIG_SET_LEN, pattern->len == message->len, "@len" },
		{ RIG_SET_TYPE, pattern->type == message->type, "@type" },
		{ RIG_SET_FLAGS, pattern->flags == message->flags, "@flags" },
		{ RIG_SET_SEQ, pattern->seq == message->seq, "@seq" },
		{ RIG_SET_PID, pattern->pid == message->pid, "@pid" },
		{ RIG_SET_VERSION, pattern->version == message->version, "@version" },
		{ RIG_SET_RESERVED, pattern->reserved == message->reserved, "@reserved" },
		{ RIG_SET_FIXED, !memcmp(pattern->fixed, message->fixed, sizeof(pattern->fixed)),
		  "the fixed header" },
	};

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		if (!(pattern->set & field[i].bit) || field[i].equal)
			continue;
		if (m->why)
			rig_bytes_print(m->why, "%s is not as wanted", field[i].name);
		return false;
	}
	return true;
}

bool rig_match(const struct rig_message *pattern, const struct rig_message *message,
	       struct rig_bytes *why)
{
	const struct matcher m = { .why = why };

	if (message->raw || pattern->family != message->family ||
	    (pattern->command && pattern->command != message->command)) {
		if (why)
			rig_bytes_print(why, "it is another message");
		return false;
	}
	return match_header(&m, pattern, message) && match_some(&m, pattern->nodes, message->nodes);
}
