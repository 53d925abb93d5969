/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages and datagrams: text to trees. */
#include <ctype.h>
#include <string.h>

#include "wire/header.h"
#include "wire/parse.h"
#include "wire/value.h"

/* ---- header fields ---- */

static int parse_pad(const struct rig_parse *p, struct rig_message *message)
{
	struct rig_bytes bytes = {};
	int result = rig_parse_hex(p, &bytes);

	if (!result) {
		message->set |= RIG_SET_PAD;
		message->pad_size = bytes.size;
		message->pad = rig_arena_copy(p->parser->arena, bytes.data, bytes.size);
		if (bytes.failed || !message->pad)
			result = rig_cursor_error(p->cursor, p->error, "out of memory");
	}
	rig_bytes_free(&bytes);
	return result;
}

/* The references of one value stand at its own start; now they count from the message's. */
static void adopt_refs(struct rig_message *message, struct rig_ref *refs, size_t offset)
{
	while (refs) {
		struct rig_ref *next = refs->next;

		refs->offset += offset;
		refs->next = message->refs;
		message->refs = refs;
		refs = next;
	}
}

static int parse_header_value(const struct rig_parse *p, struct rig_message *message,
			      const struct rig_header_field *field)
{
	struct rig_bytes bytes = {};
	struct rig_ref *refs = NULL;
	int result = rig_parse_scalar(p, rig_header_format(message, field), &bytes, &refs);

	if (!result && bytes.failed)
		result = rig_cursor_error(p->cursor, p->error, "out of memory");
	if (!result) {
		rig_header_put(message, field, rig_uint_get(bytes.data, field->size, RIG_HOST));
		message->set |= field->set;
		adopt_refs(message, refs, field->offset);
	}
	rig_bytes_free(&bytes);
	return result;
}

static int parse_header(const struct rig_parse *p, struct rig_message *message)
{
	struct rig_cursor start = *p->cursor;
	const char *name;
	size_t i, size;

	p->cursor->at++;
	size = rig_cursor_name(p->cursor, &name);
	if (!rig_cursor_take(p->cursor, "="))
		return rig_cursor_expected(p->cursor, p->error, "'=' after @%.*s", (int)size, name);
	if (size == strlen("pad") && !memcmp(name, "pad", size))
		return parse_pad(p, message);
	for (i = 0; i < RIG_HEADER_FIELDS; i++) {
		const struct rig_header_field *field = &rig_header_fields[i];

		if (strlen(field->name) != size || memcmp(name, field->name, size))
			continue;
		if (field->generic && !rig_header_has_generic(message))
			break;
		return parse_header_value(p, message, field);
	}
	return rig_cursor_expected(
		&start, p->error,
		rig_header_has_generic(message) ?
			"@type, @len, @flags, @seq, @pid, @version, @reserved or @pad" :
			"@type, @len, @flags, @seq, @pid or @pad");
}

/* ---- the fixed header ---- */

static int parse_fixed_value(const struct rig_parse *p, struct rig_message *message,
			     const struct rig_attr *attr, size_t at, const char *close)
{
	struct rig_cursor start = *p->cursor;
	struct rig_node node = { .attr = attr };

	if (rig_parse_leaf(p, &node, false) < 0)
		return -1;
	if (node.size != rig_fixed_size(attr))
		return rig_cursor_error(&start, p->error, "%s has %zu bytes, not %u", attr->name,
					rig_fixed_size(attr), node.size);
	memcpy(message->fixed + at, node.data, node.size);
	message->set |= RIG_SET_FIXED;
	adopt_refs(message, node.refs, rig_header_fixed_offset(message) + at);
	if (!*close)
		return 0;
	rig_cursor_skip(p->cursor);
	if (!rig_cursor_take(p->cursor, close))
		return rig_cursor_expected(p->cursor, p->error, "'%s'", close);
	return 0;
}

/* 1: it was one, 0: it was none, and the cursor has not moved. */
static int parse_fixed(const struct rig_parse *p, struct rig_message *message)
{
	const struct rig_fixed *fixed = message->fixed_layout;
	size_t i, at = 0;

	for (i = 0; fixed && i < fixed->n_attrs; at += rig_fixed_size(&fixed->attrs[i]), i++) {
		const struct rig_attr *attr = &fixed->attrs[i];
		const struct rig_brackets *brackets = &rig_brackets[attr->style];

		if (!rig_cursor_take(p->cursor, attr->name))
			continue;
		if (!rig_cursor_take(p->cursor, brackets->open))
			return rig_cursor_expected(p->cursor, p->error, "'%s' after %s",
						   brackets->open, attr->name);
		return parse_fixed_value(p, message, attr, at, brackets->close) < 0 ? -1 : 1;
	}
	return 0;
}

/* "$dp" alone is "dp=$dp". */
static int parse_dp_symbol(const struct rig_parse *p, struct rig_message *message)
{
	const struct rig_fixed *fixed = message->fixed_layout;

	if (!fixed || fixed->n_attrs != 1 || strcmp(fixed->attrs[0].name, "dp"))
		return rig_cursor_error(
			p->cursor, p->error,
			"a bare $symbol stands for dp=, which is not in this message");
	return parse_fixed_value(p, message, &fixed->attrs[0], 0, "");
}

/* ---- messages ---- */

static bool at_end(const struct rig_parse *p)
{
	return !rig_cursor_more(p->cursor) || rig_cursor_is(p->cursor, "->") ||
	       rig_cursor_is(p->cursor, "on") || rig_cursor_is(p->cursor, "as");
}

static int parse_word(const struct rig_parse *p, struct rig_message *message,
		      struct rig_node ***tail)
{
	int fixed;

	if (*p->cursor->at == '@')
		return parse_header(p, message);
	if (*p->cursor->at == '$')
		return parse_dp_symbol(p, message);
	if (rig_cursor_take(p->cursor, "dump")) {
		message->flags = RIG_FLAGS_DUMP;
		message->set |= RIG_SET_FLAGS;
		return 0;
	}
	fixed = parse_fixed(p, message);
	if (fixed)
		return fixed < 0 ? -1 : 0;
	return rig_parse_item(p, message->family ? message->family->nest : NULL, tail);
}

static int parse_raw(const struct rig_parse *p, struct rig_node ***tail)
{
	if (!rig_cursor_is(p->cursor, "hex:"))
		return rig_cursor_expected(p->cursor, p->error, "hex:");
	return rig_parse_item(p, NULL, tail);
}

static int parse_body(const struct rig_parse *p, struct rig_message *message)
{
	struct rig_node **tail = &message->nodes;

	while (!at_end(p)) {
		const char *word = p->cursor->at;

		if ((message->raw ? parse_raw(p, &tail) : parse_word(p, message, &tail)) < 0)
			return -1;
		/* Items are separated by blanks. */
		if (p->cursor->at < p->cursor->end && p->cursor->at != word &&
		    !isspace((unsigned char)*p->cursor->at))
			return rig_cursor_expected(p->cursor, p->error, "a blank");
	}
	return 0;
}

static void set_defaults(const struct rig_parse *p, struct rig_message *message)
{
	const struct rig_family_ids *ids =
		p->parser->ids ? p->parser->ids : &rig_family_ids_default;
	size_t i;

	if (rig_header_has_generic(message))
		message->type = ids->id[message->family->index];
	for (i = 0; i < RIG_HEADER_FIELDS; i++) {
		const struct rig_header_field *field = &rig_header_fields[i];

		if (field->set & (RIG_SET_FLAGS | RIG_SET_VERSION))
			rig_header_put(message, field, rig_header_default(message, field));
	}
}

static void set_command(struct rig_message *message, const struct rig_command *command)
{
	message->command = command;
	message->fixed_layout = command ? command->fixed : message->family->fixed;
	if (command && message->family->index == RIG_NL)
		message->type = command->number;
	else if (command)
		message->cmd = (uint8_t)command->number;
}

/* The number of a command that the schema lacks, as in "flow.9". */
static int parse_command_number(const struct rig_parse *p, const char *word, size_t size,
				struct rig_message *message)
{
	bool control = message->family->index == RIG_NL;
	rig_uint number;

	if (rig_number_parse(word, size, control ? 4 : 8, &number) < 0)
		return rig_cursor_expected(p->cursor, p->error, "a command of %s or its number",
					   message->family->name);
	set_command(message, rig_command_get(message->family, (unsigned int)number));
	if (control)
		message->type = (uint16_t)number;
	else
		message->cmd = (uint8_t)number;
	return 0;
}

static int parse_command(const struct rig_parse *p, struct rig_message *message)
{
	struct rig_cursor start = *p->cursor;
	const struct rig_command *command;
	const char *family, *word;
	size_t size = rig_cursor_name(p->cursor, &family);

	message->raw = size == 3 && !memcmp(family, "raw", 3);
	if (message->raw || (size == 3 && !memcmp(family, "msg", 3)))
		return 0;
	message->family = rig_family_find(family, size);
	if (!message->family)
		return rig_cursor_expected(&start, p->error, "FAMILY.COMMAND");
	if (!rig_cursor_take(p->cursor, "."))
		return rig_cursor_expected(p->cursor, p->error, "'.' after %s",
					   message->family->name);
	start = *p->cursor;
	size = rig_cursor_name(p->cursor, &word);
	command = rig_command_find(message->family, word, size);
	if (command) {
		set_command(message, command);
		return 0;
	}
	p->cursor->at = start.at;
	if (parse_command_number(p, word, size, message) < 0)
		return -1;
	p->cursor->at += size;
	return 0;
}

static struct rig_message *new_message(const struct rig_parse *p)
{
	struct rig_message *message = rig_arena_alloc(p->parser->arena, sizeof(*message));

	if (!message) {
		rig_cursor_error(p->cursor, p->error, "out of memory");
		return NULL;
	}
	message->line = p->cursor->line;
	message->column = rig_cursor_column(p->cursor);
	return message;
}

int rig_parse_message(const struct rig_parser *parser, struct rig_cursor *cursor,
		      struct rig_message **message, struct rig_error *error)
{
	const struct rig_parse p = { parser, cursor, error, .symbols = parser->symbols };

	if (!rig_cursor_more(cursor))
		return rig_cursor_expected(cursor, error, "FAMILY.COMMAND");
	*message = new_message(&p);
	if (!*message || parse_command(&p, *message) < 0)
		return -1;
	set_defaults(&p, *message);
	return parse_body(&p, *message);
}

int rig_parse_pattern(const struct rig_parser *parser, struct rig_cursor *cursor,
		      const struct rig_family *family, const struct rig_command *command,
		      struct rig_message **pattern, struct rig_error *error)
{
	const struct rig_parse p = { parser, cursor, error, .pattern = true,
				     .symbols = parser->symbols };

	*pattern = new_message(&p);
	if (!*pattern)
		return -1;
	(*pattern)->family = family;
	set_command(*pattern, command);
	set_defaults(&p, *pattern);
	return parse_body(&p, *pattern);
}

int rig_parse(const struct rig_parser *parser, const char *file, const char *text, size_t size,
	      struct rig_message **messages, struct rig_error *error)
{
	struct rig_cursor cursor;
	bool first = true;

	rig_cursor_init(&cursor, file, text, size);
	for (*messages = NULL; rig_cursor_step(&cursor); first = false) {
		if (!first && !rig_cursor_take(&cursor, "+"))
			return rig_cursor_expected(&cursor, error, "'+' before the next message");
		if (rig_parse_message(parser, &cursor, messages, error) < 0)
			return -1;
		if (rig_cursor_more(&cursor))
			return rig_cursor_expected(&cursor, error, "an item or the end");
		messages = &(*messages)->next;
	}
	return 0;
}

int rig_parse_frame(const struct rig_parser *parser, struct rig_cursor *cursor,
		    const uint8_t **frame, size_t *size, struct rig_error *error)
{
	const struct rig_parse p = { parser, cursor, error, .pattern = false };
	struct rig_cursor start = *cursor;
	struct rig_bytes bytes = {};
	int result;

	if (rig_cursor_is(cursor, "frame"))
		result = rig_parse_frame_bytes(&p, &bytes);
	else
		result = rig_parse_hex(&p, &bytes);
	if (!result && !bytes.size)
		result = rig_cursor_expected(&start, error, "hex digits or frame{...}");
	*size = bytes.size;
	*frame = result ? NULL : rig_arena_copy(parser->arena, bytes.data, bytes.size);
	if (!result && (bytes.failed || !*frame))
		result = rig_cursor_error(&start, error, "out of memory");
	rig_bytes_free(&bytes);
	return result;
}
