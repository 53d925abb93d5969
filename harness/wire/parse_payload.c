/* SPDX-License-Identifier: GPL-2.0-only */
/* The payloads of attributes: text to bytes, by the attribute's type. */
#include <ctype.h>
#include <string.h>

#include "wire/parse.h"
#include "wire/value.h"

/* A payload while it grows. */
struct growing {
	const struct rig_attr *attr;
	bool masked;
	bool rest; /* pattern: "..." ended a struct */
	struct rig_bytes bytes;
	struct rig_bytes care; /* pattern: of structs */
	struct rig_ref **refs;
};

/* ---- hex ---- */

static bool is_hex(char c)
{
	return rig_hex_digit(c) >= 0;
}

int rig_parse_hex(const struct rig_parse *p, struct rig_bytes *bytes)
{
	struct rig_cursor start = *p->cursor;
	const char *word;
	size_t i, size = rig_cursor_span(p->cursor, is_hex, &word);

	if (size % 2)
		return rig_cursor_error(&start, p->error,
					"expected an even number of hex digits, found %zu", size);
	for (i = 0; i < size; i += 2) {
		uint8_t byte = rig_hex_digit(word[i]) << 4 | rig_hex_digit(word[i + 1]);

		rig_bytes_put(bytes, &byte, 1);
	}
	return 0;
}

/* ---- one value ---- */

static bool in_value(char c)
{
	return isgraph((unsigned char)c) && !strchr(",(){}[];/=\"#*$", c);
}

static int parse_ref(const struct rig_parse *p, size_t offset, const struct rig_field *field,
		     struct rig_ref **refs)
{
	const struct rig_format *format = field->format;
	struct rig_cursor start = *p->cursor;
	struct rig_ref *ref;

	if (!p->symbols)
		return rig_cursor_error(&start, p->error, "a $symbol cannot stand here");
	if (field->width || format->size > 8 || (format->size & (format->size - 1)))
		return rig_cursor_error(&start, p->error,
					"a $symbol cannot stand for %s: it is no whole integer",
					field->name ? field->name : format->name);
	ref = rig_arena_alloc(p->parser->arena, sizeof(*ref));
	if (!ref)
		return rig_cursor_error(&start, p->error, "out of memory");
	ref->offset = offset;
	ref->size = format->size;
	ref->order = format->order;
	ref->line = start.line;
	ref->column = rig_cursor_column(&start);
	ref->next = *refs;
	*refs = ref;
	return rig_cursor_symbol(p->cursor, p->parser->arena, &ref->symbol, p->error);
}

/* Reads a value into the place of @field of the struct at @base; other bits stay as they are. */
static int parse_field(const struct rig_parse *p, const struct rig_field *field,
		       struct rig_bytes *bytes, size_t base, struct rig_ref **refs)
{
	const struct rig_format *format = field->format;
	unsigned int bits = field->width ? field->width : 8u * format->size;
	struct rig_cursor start = *p->cursor;
	char expected[160];
	const char *word;
	uint8_t *at;
	rig_uint value;
	size_t size;

	if (start.at < start.end && *start.at == '$')
		return parse_ref(p, base + field->offset, field, refs);
	size = rig_cursor_span(p->cursor, in_value, &word);
	if (rig_value_parse(word, size, format, bits, p->parser->ids, &value) < 0)
		return rig_cursor_expected(
			&start, p->error, "%s",
			rig_value_expected(format, bits, expected, sizeof(expected)));
	if (bytes->failed)
		return rig_cursor_error(&start, p->error, "out of memory");
	at = bytes->data + base + field->offset;
	value = rig_uint_get(at, format->size, format->order) | value << field->shift;
	rig_uint_put(at, format->size, format->order, value);
	return 0;
}

static rig_uint ones(const struct rig_field *field)
{
	unsigned int bits = field->width ? field->width : 8u * field->format->size;

	return (bits == 128 ? ~(rig_uint)0 : ((rig_uint)1 << bits) - 1) << field->shift;
}

static void set_ones(struct rig_bytes *bytes, const struct rig_field *field, size_t base)
{
	const struct rig_format *format = field->format;
	uint8_t *at;

	if (bytes->failed)
		return;
	at = bytes->data + base + field->offset;
	rig_uint_put(at, format->size, format->order,
		     rig_uint_get(at, format->size, format->order) | ones(field));
}

/* value, or value/mask; without a mask all bits are meant. */
static int parse_masked_field(const struct rig_parse *p, struct growing *g,
			      const struct rig_field *field, size_t base, size_t mask)
{
	if (parse_field(p, field, &g->bytes, base, g->refs) < 0)
		return -1;
	if (!g->masked)
		return 0;
	if (rig_cursor_take(p->cursor, "/"))
		return parse_field(p, field, &g->bytes, mask, g->refs);
	set_ones(&g->bytes, field, mask);
	return 0;
}

int rig_parse_scalar(const struct rig_parse *p, const struct rig_format *format,
		     struct rig_bytes *bytes, struct rig_ref **refs)
{
	const struct rig_field whole = { .format = format };

	rig_bytes_zero(bytes, format->size);
	return parse_field(p, &whole, bytes, bytes->size - format->size, refs);
}

static int parse_scalar(const struct rig_parse *p, struct growing *g)
{
	const struct rig_field whole = { .format = g->attr->format };

	rig_bytes_zero(&g->bytes, whole.format->size * (g->masked ? 2 : 1));
	return parse_masked_field(p, g, &whole, 0, whole.format->size);
}

static int parse_scalars(const struct rig_parse *p, struct growing *g)
{
	if (!rig_cursor_take(p->cursor, "["))
		return rig_parse_scalar(p, g->attr->format, &g->bytes, g->refs);
	do {
		rig_cursor_skip(p->cursor);
		if (rig_parse_scalar(p, g->attr->format, &g->bytes, g->refs) < 0)
			return -1;
		rig_cursor_skip(p->cursor);
	} while (rig_cursor_take(p->cursor, ","));
	if (!rig_cursor_take(p->cursor, "]"))
		return rig_cursor_expected(p->cursor, p->error, "',' or ']'");
	return 0;
}

/* ---- structs ---- */

static int parse_named_field(const struct rig_parse *p, struct growing *g, size_t base,
			     uint64_t *seen)
{
	const struct rig_struct *layout = g->attr->layout;
	struct rig_cursor start = *p->cursor;
	const struct rig_field *field;
	const char *name;
	size_t size = rig_cursor_name(p->cursor, &name);

	field = rig_field_find(layout, name, size);
	if (!field)
		return rig_cursor_expected(&start, p->error, "a field of %s", g->attr->name);
	if (*seen & 1ull << (field - layout->fields))
		return rig_cursor_error(&start, p->error, "%s is given twice", field->name);
	*seen |= 1ull << (field - layout->fields);
	if (!rig_cursor_take(p->cursor, "="))
		return rig_cursor_expected(p->cursor, p->error, "'=' after %s", field->name);
	set_ones(&g->care, field, base);
	if (g->masked)
		set_ones(&g->care, field, base + layout->size);
	return parse_masked_field(p, g, field, base, base + layout->size);
}

static bool at_close(const struct rig_parse *p)
{
	rig_cursor_skip(p->cursor);
	return p->cursor->at == p->cursor->end || strchr(");", *p->cursor->at);
}

static int parse_struct(const struct rig_parse *p, struct growing *g)
{
	size_t base = g->bytes.size, size = g->attr->layout->size * (g->masked ? 2 : 1);
	uint64_t seen = 0;

	rig_bytes_zero(&g->bytes, size);
	rig_bytes_zero(&g->care, size);
	if (at_close(p))
		return 0;
	do {
		rig_cursor_skip(p->cursor);
		if (p->pattern && rig_cursor_take(p->cursor, "...")) {
			g->rest = true;
			return 0;
		}
		if (parse_named_field(p, g, base, &seen) < 0)
			return -1;
		rig_cursor_skip(p->cursor);
	} while (rig_cursor_take(p->cursor, ","));
	return 0;
}

static int parse_structs(const struct rig_parse *p, struct growing *g)
{
	do {
		if (parse_struct(p, g) < 0)
			return -1;
		rig_cursor_skip(p->cursor);
	} while (!g->rest && !g->masked && rig_cursor_take(p->cursor, ";"));
	return 0;
}

/* ---- strings, bytes, addresses ---- */

static int parse_escape(const struct rig_parse *p, char *c)
{
	struct rig_cursor *cursor = p->cursor;
	size_t left = cursor->end - cursor->at;

	if (left >= 2 && (cursor->at[1] == '"' || cursor->at[1] == '\\')) {
		*c = cursor->at[1];
		cursor->at += 2;
		return 0;
	}
	if (left < 4 || cursor->at[1] != 'x' || !is_hex(cursor->at[2]) || !is_hex(cursor->at[3]))
		return rig_cursor_expected(cursor, p->error, "\\\", \\\\ or \\xNN");
	*c = (char)(rig_hex_digit(cursor->at[2]) << 4 | rig_hex_digit(cursor->at[3]));
	cursor->at += 4;
	return 0;
}

static int parse_quoted(const struct rig_parse *p, struct rig_bytes *bytes)
{
	struct rig_cursor *cursor = p->cursor, start = *cursor;

	for (cursor->at++; cursor->at < cursor->end && *cursor->at != '\n';) {
		char c = *cursor->at;

		if (c == '"') {
			cursor->at++;
			return 0;
		}
		if (c != '\\')
			cursor->at++;
		else if (parse_escape(p, &c) < 0)
			return -1;
		rig_bytes_put(bytes, &c, 1);
	}
	return rig_cursor_error(&start, p->error, "expected a '\"' at the end of the string");
}

static int parse_string(const struct rig_parse *p, struct growing *g)
{
	const char *word;
	size_t size;

	if (p->cursor->at < p->cursor->end && *p->cursor->at == '"') {
		if (parse_quoted(p, &g->bytes) < 0)
			return -1;
	} else {
		size = rig_cursor_word(p->cursor, &word);
		if (!size)
			return rig_cursor_expected(p->cursor, p->error, "a string");
		rig_bytes_put(&g->bytes, word, size);
	}
	rig_bytes_zero(&g->bytes, 1);
	return 0;
}

static int parse_bytes(const struct rig_parse *p, struct growing *g)
{
	if (rig_cursor_is(p->cursor, "frame"))
		return rig_parse_frame_bytes(p, &g->bytes);
	if (p->cursor->at == p->cursor->end || !is_hex(*p->cursor->at))
		return rig_cursor_expected(p->cursor, p->error, "hex digits");
	return rig_parse_hex(p, &g->bytes);
}

static int parse_address(const struct rig_parse *p, struct growing *g)
{
	struct rig_cursor ahead = *p->cursor;
	const char *word;
	size_t size = rig_cursor_span(&ahead, in_value, &word);

	return rig_parse_scalar(p, rig_value_address(memchr(word, ':', size) ? 16 : 4), &g->bytes,
				g->refs);
}

/* ---- by type ---- */

static int expect_hex(const struct rig_parse *p, struct growing *g)
{
	(void)g;
	return rig_cursor_expected(p->cursor, p->error, "hex:");
}

static int (*const parsers[])(const struct rig_parse *p, struct growing *g) = {
	[RIG_TYPE_FLAG] = expect_hex,	    [RIG_TYPE_SCALAR] = parse_scalar,
	[RIG_TYPE_SCALARS] = parse_scalars, [RIG_TYPE_STRUCT] = parse_struct,
	[RIG_TYPE_STRUCTS] = parse_structs, [RIG_TYPE_STRING] = parse_string,
	[RIG_TYPE_BYTES] = parse_bytes,	    [RIG_TYPE_ADDRESS] = parse_address,
	[RIG_TYPE_NEST] = expect_hex,
};

static int parse(const struct rig_parse *p, struct growing *g)
{
	if (rig_cursor_take(p->cursor, "hex:"))
		return rig_parse_hex(p, &g->bytes);
	if (!g->attr)
		return expect_hex(p, g);
	return parsers[g->attr->type](p, g);
}

static int keep(const struct rig_parse *p, const struct growing *g, struct rig_node *node)
{
	node->size = g->bytes.size;
	node->data = rig_arena_copy(p->parser->arena, g->bytes.data, g->bytes.size);
	if (g->rest)
		node->care = rig_arena_copy(p->parser->arena, g->care.data, g->care.size);
	if (g->bytes.failed || g->care.failed || !node->data || (g->rest && !node->care))
		return rig_cursor_error(p->cursor, p->error, "out of memory");
	return 0;
}

int rig_parse_leaf(const struct rig_parse *p, struct rig_node *node, bool masked)
{
	struct growing g = {
		.attr = node->attr,
		.masked = masked || (node->attr && node->attr->masked),
		.refs = &node->refs,
	};
	int result;

	rig_cursor_skip(p->cursor);
	result = parse(p, &g);
	if (!result)
		result = keep(p, &g, node);
	rig_bytes_free(&g.bytes);
	rig_bytes_free(&g.care);
	return result;
}
