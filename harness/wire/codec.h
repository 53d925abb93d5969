/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes to trees to text and back.
 *
 *	rig_decode: bytes -> tree	rig_print: tree -> text
 *	rig_encode: tree -> bytes	rig_parse: text -> tree
 *
 * The invariant: bytes -> text -> bytes is the identity for every byte string.
 * Pure: no I/O, no globals, no clock; linear time; recursion at most RIG_NEST_DEPTH_MAX deep.
 */
#ifndef RIG_WIRE_CODEC_H
#define RIG_WIRE_CODEC_H

#include "wire/bytes.h"
#include "wire/error.h"
#include "wire/tree.h"

/* Which generic netlink id each family has on this target. 0: the target lacks the family. */
struct rig_family_ids {
	uint16_t id[RIG_FAMILIES]; /* of RIG_NL: unused */
};

/* The ids of the schema, for work without a kernel. Everywhere below, NULL ids mean these. */
extern const struct rig_family_ids rig_family_ids_default;

/** rig_family_by_id() - the family whose messages have @type; RIG_NL below 16. NULL: unknown. */
const struct rig_family *rig_family_by_id(const struct rig_family_ids *ids, uint16_t type);

/**
 * rig_decode() - read a datagram.
 * @messages: the first message; NULL for an empty datagram. It points into @data: keep the bytes
 *	as long as the tree.
 *
 * Every byte string can be read. Returns 0, or -1 when out of memory.
 */
int rig_decode(struct rig_arena *arena, const struct rig_family_ids *ids, const void *data,
	       size_t size, struct rig_message **messages, struct rig_error *error);

/** rig_decode_nodes() - read a payload as attributes of @nest. Returns 0, or -1 (memory). */
int rig_decode_nodes(struct rig_arena *arena, const struct rig_nest *nest, const void *data,
		     size_t size, struct rig_node **nodes, struct rig_error *error);

/**
 * rig_resolver - the value of a symbol, without its '$'.
 * Returns 0 with *value set, or -1 for an unknown symbol. The codec states the error.
 */
typedef int rig_resolver(void *context, const char *symbol, uint64_t *value);

/**
 * rig_encode() - append the bytes of @messages (the whole list) to @bytes.
 * @resolver: may be NULL when the tree has no symbols.
 *
 * Returns 0, or -1: an unknown symbol, a value too large for its field, a payload that nla_len
 * cannot count (unless !len= says something else), a pattern, out of memory.
 */
int rig_encode(const struct rig_message *messages, const struct rig_family_ids *ids,
	       rig_resolver *resolver, void *context, struct rig_bytes *bytes,
	       struct rig_error *error);

/** rig_encode_nodes() - append the bytes of a list of items. As rig_encode(). */
int rig_encode_nodes(const struct rig_node *nodes, rig_resolver *resolver, void *context,
		     struct rig_bytes *bytes, struct rig_error *error);

/**
 * rig_resolve() - a copy of @message (it alone) with its symbols replaced by values, for patterns.
 * Returns NULL on an unknown symbol, a value too large, out of memory.
 */
struct rig_message *rig_resolve(struct rig_arena *arena, const struct rig_message *message,
				rig_resolver *resolver, void *context, struct rig_error *error);

/**
 * rig_print() - append the canonical text of a datagram: one line a message, each ended by a
 * newline, the second and later begun by "+ ". Check text->failed at the end.
 */
void rig_print(const struct rig_message *messages, const struct rig_family_ids *ids,
	       struct rig_bytes *text);

/** rig_print_message() - one message alone on one line, without "+ " and newline. */
void rig_print_message(const struct rig_message *message, const struct rig_family_ids *ids,
		       struct rig_bytes *text);

/** rig_print_node() - one item with all that is in it, without punctuation around it. */
void rig_print_node(const struct rig_node *node, const struct rig_nest *nest,
		    const struct rig_family_ids *ids, struct rig_bytes *text);

/** rig_print_name() - the name of an item alone, as in "key" or "77". */
void rig_print_name(const struct rig_node *node, struct rig_bytes *text);

/**
 * rig_hexdump() - append an annotated dump of a datagram: one line for each header, attribute
 * header, payload and pad: offset, bytes, what they are ("key/ipv4", indented as nested). Every
 * line begins with @prefix.
 */
int rig_hexdump(const void *data, size_t size, const struct rig_family_ids *ids, const char *prefix,
		struct rig_bytes *text, struct rig_error *error);

/** rig_errno_name() - "EINVAL" for 22. NULL: no such errno. */
const char *rig_errno_name(int number);

/** rig_errno_find() - 22 for "EINVAL". 0: no such name. */
int rig_errno_find(const char *name, size_t size);

/* ---- text ---- */

/*
 * A place in a text. Blanks, newlines and comments ('#' to the end of the line) separate; but
 * outside of all brackets what stands in column 1 begins the next step, so that a line belongs to
 * the step before it only when it is indented.
 */
struct rig_cursor {
	const char *file; /* for errors; may be NULL */
	const char *at;
	const char *end;
	const char *line_start;
	const char *step;  /* where rig_cursor_step() last found one */
	unsigned int line; /* from 1 */
};

void rig_cursor_init(struct rig_cursor *cursor, const char *file, const char *text, size_t size);

/** rig_cursor_column() - of what stands at the cursor, from 1. */
unsigned int rig_cursor_column(const struct rig_cursor *cursor);

/**
 * rig_cursor_more() - skip what separates, inside a step. False at the end of the step (the cursor
 * is then at column 1 of the next one, or at the end of the text).
 */
bool rig_cursor_more(struct rig_cursor *cursor);

/** rig_cursor_step() - skip to the next step (column 1). False at the end of the text. */
bool rig_cursor_step(struct rig_cursor *cursor);

/** rig_cursor_is() - does @word stand here, with no letter, digit or '_' after it? Moves not. */
bool rig_cursor_is(const struct rig_cursor *cursor, const char *word);

/** rig_cursor_take() - if @word stands here, move behind it. For "->" and "+" too. */
bool rig_cursor_take(struct rig_cursor *cursor, const char *word);

/** rig_cursor_word() - take a run of [A-Za-z0-9_.-] (but not "->"); its length, 0 when none. */
size_t rig_cursor_word(struct rig_cursor *cursor, const char **word);

/** rig_cursor_symbol() - take "$name" and copy the name. -1: "expected a $symbol". */
int rig_cursor_symbol(struct rig_cursor *cursor, struct rig_arena *arena, const char **name,
		      struct rig_error *error);

/** rig_cursor_number() - take a number, decimal or 0x. -1: "expected a number ...". */
int rig_cursor_number(struct rig_cursor *cursor, uint64_t max, uint64_t *value,
		      struct rig_error *error);

/** rig_cursor_error() - state an error at the cursor, e.g. "expected ...". Returns -1. */
int rig_cursor_error(const struct rig_cursor *cursor, struct rig_error *error, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));

struct rig_parser {
	struct rig_arena *arena; /* for the tree; the text may be freed after the call */
	const struct rig_family_ids *ids;
	bool symbols; /* $name may stand for an integer */
};

/**
 * rig_parse() - read a whole datagram (what rig_print() writes; also with line breaks, comments and
 * blanks around). Returns 0, or -1 with the position and what was expected.
 */
int rig_parse(const struct rig_parser *parser, const char *file, const char *text, size_t size,
	      struct rig_message **messages, struct rig_error *error);

/**
 * rig_parse_message() - read one message at the cursor (behind any "+ " or "$socket:"): its name,
 * header fields and items. Stops before "->", before the words "on" and "as", and at the end of
 * the step.
 */
int rig_parse_message(const struct rig_parser *parser, struct rig_cursor *cursor,
		      struct rig_message **message, struct rig_error *error);

/**
 * rig_parse_pattern() - read ATTRS... of an expectation for a message of @family and @command.
 * @command may be NULL (any); it only decides the fixed header and how @flags read.
 *
 * As rig_parse_message() without the name; besides, "...", "!name", "name=..." and a "..." as the
 * last field of a struct. What the text names of the headers is in message->set.
 */
int rig_parse_pattern(const struct rig_parser *parser, struct rig_cursor *cursor,
		      const struct rig_family *family, const struct rig_command *command,
		      struct rig_message **pattern, struct rig_error *error);

/** rig_parse_frame() - read "frame{...}" or plain hex digits at the cursor into bytes. */
int rig_parse_frame(const struct rig_parser *parser, struct rig_cursor *cursor,
		    const uint8_t **frame, size_t *size, struct rig_error *error);

/**
 * rig_frame_compose() - the frame that a list of items of rig_nest_frame stands for; lengths and
 * checksums are filled in. Appends to @bytes. Returns 0, or -1 with a reason.
 */
int rig_frame_compose(const struct rig_node *nodes, struct rig_bytes *bytes,
		      struct rig_error *error);

#endif
