/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the parser, to each other: cursor, payloads, items, messages.
 */
#ifndef RIG_WIRE_PARSE_H
#define RIG_WIRE_PARSE_H

#include "wire/codec.h"

struct rig_parse {
	const struct rig_parser *parser;
	struct rig_cursor *cursor;
	struct rig_error *error;
	bool pattern; /* "...", "!name" and "name=..." are allowed */
	bool symbols;
	unsigned int depth; /* of nests */
};

/** rig_cursor_skip() - skip what separates, inside brackets. False: the end of the text. */
bool rig_cursor_skip(struct rig_cursor *cursor);

/** rig_cursor_span() - take what @belongs; stops before "->". Returns its length. */
size_t rig_cursor_span(struct rig_cursor *cursor, bool (*belongs)(char c), const char **word);

/** rig_cursor_name() - take a run of [A-Za-z0-9_]. */
size_t rig_cursor_name(struct rig_cursor *cursor, const char **name);

/** rig_cursor_expected() - "expected ..., found 'what stands here'". Returns -1. */
int rig_cursor_expected(const struct rig_cursor *cursor, struct rig_error *error,
			const char *format, ...) __attribute__((format(printf, 3, 4)));

/** rig_parse_leaf() - read the payload of @node->attr (NULL: only hex:) into @node. */
int rig_parse_leaf(const struct rig_parse *p, struct rig_node *node, bool masked);

/** rig_parse_scalar() - read one value of @format or a $symbol; @bytes gets format->size bytes. */
int rig_parse_scalar(const struct rig_parse *p, const struct rig_format *format,
		     struct rig_bytes *bytes, struct rig_ref **refs);

/** rig_parse_hex() - append a run of hex digits, perhaps empty. */
int rig_parse_hex(const struct rig_parse *p, struct rig_bytes *bytes);

/** rig_parse_item() - read one item of @nest, repeated or not; appended at *tail. */
int rig_parse_item(const struct rig_parse *p, const struct rig_nest *nest, struct rig_node ***tail);

/** rig_parse_items() - read items up to @close and take that; the opening bracket is taken. */
int rig_parse_items(const struct rig_parse *p, const struct rig_nest *nest, const char *close,
		    struct rig_node **nodes);

/** rig_parse_frame_bytes() - at "frame{": read it and append the frame. */
int rig_parse_frame_bytes(const struct rig_parse *p, struct rig_bytes *bytes);

#endif
