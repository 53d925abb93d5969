/* SPDX-License-Identifier: GPL-2.0-only */
/* Items: names, marks and punctuation around payloads, and lists of them. */
#include <ctype.h>
#include <string.h>

#include <linux/netlink.h>

#include "wire/header.h"
#include "wire/parse.h"
#include "wire/value.h"

#define REPEAT_MAX 65536

static int copy_bytes(const struct rig_parse *p, struct rig_bytes *from, const uint8_t **data,
		      uint32_t *size)
{
	*size = from->size;
	*data = from->failed ? NULL : rig_arena_copy(p->parser->arena, from->data, from->size);
	rig_bytes_free(from);
	return *data ? 0 : rig_cursor_error(p->cursor, p->error, "out of memory");
}

/* ---- names and marks ---- */

static int parse_name(const struct rig_parse *p, const struct rig_nest *nest, struct rig_node *node)
{
	struct rig_cursor start = *p->cursor;
	const char *name;
	size_t size = rig_cursor_name(p->cursor, &name);
	rig_uint number;

	if (size && isdigit((unsigned char)*name)) {
		if (rig_number_parse(name, size, 14, &number) < 0)
			return rig_cursor_expected(&start, p->error,
						   "an attribute number of at most 16383");
		node->type = (uint16_t)number;
		node->attr = rig_attr_get(nest, node->type);
		return 0;
	}
	node->attr = rig_attr_find(nest, name, size);
	if (!node->attr)
		return rig_cursor_expected(&start, p->error, "an attribute of %s",
					   nest ? nest->name : "a message of no known type");
	node->type = node->attr->number;
	return 0;
}

static int parse_len_mark(const struct rig_parse *p, struct rig_node *node)
{
	uint64_t len;

	if (rig_cursor_number(p->cursor, UINT16_MAX, &len, p->error) < 0)
		return -1;
	node->has_len = true;
	node->len = (uint16_t)len;
	return 0;
}

static int parse_pad_mark(const struct rig_parse *p, struct rig_node *node)
{
	struct rig_bytes bytes = {};

	if (rig_parse_hex(p, &bytes) < 0) {
		rig_bytes_free(&bytes);
		return -1;
	}
	node->has_pad = true;
	return copy_bytes(p, &bytes, &node->pad, &node->pad_size);
}

static int parse_marks(const struct rig_parse *p, struct rig_node *node)
{
	while (rig_cursor_take(p->cursor, "!")) {
		if (rig_cursor_take(p->cursor, "n")) {
			node->type |= NLA_F_NESTED;
		} else if (rig_cursor_take(p->cursor, "b")) {
			node->type |= NLA_F_NET_BYTEORDER;
		} else if (rig_cursor_take(p->cursor, "len=")) {
			if (parse_len_mark(p, node) < 0)
				return -1;
		} else if (rig_cursor_take(p->cursor, "pad=")) {
			if (parse_pad_mark(p, node) < 0)
				return -1;
		} else {
			return rig_cursor_expected(p->cursor, p->error, "n, b, len= or pad=");
		}
	}
	return 0;
}

/* ---- one attribute ---- */

static int parse_close(const struct rig_parse *p, const struct rig_attr *attr, const char *close)
{
	bool fields = attr && attr->layout;

	if (!*close)
		return 0;
	rig_cursor_skip(p->cursor);
	if (!rig_cursor_take(p->cursor, close))
		return rig_cursor_expected(p->cursor, p->error, fields ? "',' or '%s'" : "'%s'",
					   close);
	return 0;
}

static int parse_content(const struct rig_parse *p, struct rig_node *node, bool masked,
			 const char *close)
{
	if (node->attr && node->attr->type == RIG_TYPE_NEST) {
		node->form = RIG_FORM_NEST;
		return rig_parse_items(p, node->attr->nest, close, &node->children);
	}
	if (*close)
		rig_cursor_skip(p->cursor);
	if (p->pattern && rig_cursor_take(p->cursor, "..."))
		node->any = true;
	else if (rig_parse_leaf(p, node, masked) < 0)
		return -1;
	return parse_close(p, node->attr, close);
}

static int parse_attr(const struct rig_parse *p, const struct rig_nest *nest, struct rig_node *node)
{
	enum rig_style style = nest ? nest->style : RIG_STYLE_EQUAL;
	struct rig_cursor start = *p->cursor;

	node->form = RIG_FORM_LEAF;
	if (parse_name(p, nest, node) < 0 || parse_marks(p, node) < 0)
		return -1;
	if (node->attr)
		style = node->attr->style;
	if (rig_cursor_take(p->cursor, rig_brackets[style].open))
		return parse_content(p, node, nest && nest->masked, rig_brackets[style].close);
	if (!node->attr || node->attr->type != RIG_TYPE_FLAG)
		return rig_cursor_expected(p->cursor, p->error, "'%s' after %.*s",
					   rig_brackets[style].open,
					   (int)(p->cursor->at - start.at), start.at);
	return 0;
}

static int parse_raw(const struct rig_parse *p, struct rig_node *node)
{
	struct rig_bytes bytes = {};

	node->form = RIG_FORM_RAW;
	if (rig_parse_hex(p, &bytes) < 0) {
		rig_bytes_free(&bytes);
		return -1;
	}
	return copy_bytes(p, &bytes, &node->data, &node->size);
}

/* ---- lists ---- */

static int parse_one(const struct rig_parse *p, const struct rig_nest *nest, struct rig_node *node)
{
	if (rig_cursor_take(p->cursor, "hex:"))
		return parse_raw(p, node);
	if (p->pattern && rig_cursor_take(p->cursor, "...")) {
		node->form = RIG_FORM_REST;
		return 0;
	}
	if (p->pattern && rig_cursor_take(p->cursor, "!")) {
		node->form = RIG_FORM_ABSENT;
		return parse_name(p, nest, node);
	}
	return parse_attr(p, nest, node);
}

/* "*N" behind an item: N of them, the first of which is there. */
static int parse_repeat(const struct rig_parse *p, struct rig_node ***tail)
{
	struct rig_cursor start = *p->cursor;
	const struct rig_node *node = NULL;
	uint64_t count;

	if (!rig_cursor_take(p->cursor, "*"))
		return 0;
	if (rig_cursor_number(p->cursor, REPEAT_MAX, &count, p->error) < 0)
		return -1;
	if (!count)
		return rig_cursor_error(&start, p->error, "an item cannot be repeated 0 times");
	for (node = (const void *)((char *)*tail - offsetof(struct rig_node, next)); --count;) {
		struct rig_node *copy = rig_arena_copy(p->parser->arena, node, sizeof(*copy));

		if (!copy)
			return rig_cursor_error(&start, p->error, "out of memory");
		copy->next = NULL;
		**tail = copy;
		*tail = &copy->next;
	}
	return 0;
}

int rig_parse_item(const struct rig_parse *p, const struct rig_nest *nest, struct rig_node ***tail)
{
	struct rig_node *node = rig_arena_alloc(p->parser->arena, sizeof(*node));

	if (!node)
		return rig_cursor_error(p->cursor, p->error, "out of memory");
	if (parse_one(p, nest, node) < 0)
		return -1;
	/* No bytes at all: nothing to keep, nor to repeat. */
	if (node->form == RIG_FORM_RAW && !node->size)
		return 0;
	**tail = node;
	*tail = &node->next;
	return parse_repeat(p, tail);
}

int rig_parse_items(const struct rig_parse *p, const struct rig_nest *nest, const char *close,
		    struct rig_node **nodes)
{
	struct rig_parse inner = *p;

	if (++inner.depth > RIG_NEST_DEPTH_MAX + 1)
		return rig_cursor_error(p->cursor, p->error,
					"nests are at most %u deep; "
					"write the inner ones as hex:",
					RIG_NEST_DEPTH_MAX);
	rig_cursor_skip(p->cursor);
	if (rig_cursor_take(p->cursor, close))
		return 0;
	do {
		rig_cursor_skip(p->cursor);
		if (rig_parse_item(&inner, nest, &nodes) < 0)
			return -1;
		rig_cursor_skip(p->cursor);
	} while (rig_cursor_take(p->cursor, ","));
	if (!rig_cursor_take(p->cursor, close))
		return rig_cursor_expected(p->cursor, p->error, "',' or '%s'", close);
	return 0;
}

int rig_parse_frame_bytes(const struct rig_parse *p, struct rig_bytes *bytes)
{
	struct rig_parse inner = *p;
	struct rig_cursor start = *p->cursor;
	struct rig_node *nodes = NULL;
	struct rig_error why = {};

	inner.symbols = false;
	inner.pattern = false;
	if (!rig_cursor_take(p->cursor, "frame"))
		return rig_cursor_expected(p->cursor, p->error, "frame{");
	if (!rig_cursor_take(p->cursor, "{"))
		return rig_cursor_expected(p->cursor, p->error, "'{' after frame");
	if (rig_parse_items(&inner, &rig_nest_frame, "}", &nodes) < 0)
		return -1;
	if (rig_frame_compose(nodes, bytes, &why) < 0)
		return rig_cursor_error(&start, p->error, "%.200s", why.message);
	return 0;
}
