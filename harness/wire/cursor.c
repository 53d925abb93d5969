/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/parse.h"
#include "wire/value.h"

void rig_cursor_init(struct rig_cursor *cursor, const char *file, const char *text, size_t size)
{
	*cursor = (struct rig_cursor){
		.file = file,
		.at = text,
		.end = text + size,
		.line_start = text,
		.step = text,
		.line = 1,
	};
}

unsigned int rig_cursor_column(const struct rig_cursor *cursor)
{
	return (unsigned int)(cursor->at - cursor->line_start) + 1;
}

bool rig_cursor_skip(struct rig_cursor *cursor)
{
	for (; cursor->at < cursor->end; cursor->at++) {
		if (*cursor->at == '#') {
			const char *newline = memchr(cursor->at, '\n', cursor->end - cursor->at);

			cursor->at = newline ? newline : cursor->end;
			if (!newline)
				return false;
		}
		if (*cursor->at == '\n') {
			cursor->line++;
			cursor->line_start = cursor->at + 1;
		} else if (*cursor->at != ' ' && *cursor->at != '\t' && *cursor->at != '\r') {
			return true;
		}
	}
	return false;
}

bool rig_cursor_more(struct rig_cursor *cursor)
{
	return rig_cursor_skip(cursor) &&
	       (cursor->at != cursor->line_start || cursor->at == cursor->step);
}

bool rig_cursor_step(struct rig_cursor *cursor)
{
	bool more = rig_cursor_skip(cursor);

	cursor->step = cursor->at;
	return more;
}

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool starts(const struct rig_cursor *cursor, const char *word, size_t size)
{
	return (size_t)(cursor->end - cursor->at) >= size && !memcmp(cursor->at, word, size);
}

bool rig_cursor_is(const struct rig_cursor *cursor, const char *word)
{
	size_t size = strlen(word);
	const char *after = cursor->at + size;

	if (!starts(cursor, word, size))
		return false;
	return !in_name(word[size - 1]) || after == cursor->end || !in_name(*after);
}

bool rig_cursor_take(struct rig_cursor *cursor, const char *word)
{
	if (!rig_cursor_is(cursor, word))
		return false;
	cursor->at += strlen(word);
	return true;
}

size_t rig_cursor_span(struct rig_cursor *cursor, bool (*belongs)(char c), const char **word)
{
	*word = cursor->at;
	while (cursor->at < cursor->end && belongs(*cursor->at) && !starts(cursor, "->", 2))
		cursor->at++;
	return cursor->at - *word;
}

size_t rig_cursor_name(struct rig_cursor *cursor, const char **name)
{
	return rig_cursor_span(cursor, in_name, name);
}

static bool in_word(char c)
{
	return in_name(c) || c == '.' || c == '-';
}

size_t rig_cursor_word(struct rig_cursor *cursor, const char **word)
{
	return rig_cursor_span(cursor, in_word, word);
}

static bool in_symbol(char c)
{
	return in_name(c) || c == '.';
}

int rig_cursor_symbol(struct rig_cursor *cursor, struct rig_arena *arena, const char **name,
		      struct rig_error *error)
{
	struct rig_cursor start = *cursor;
	const char *word;
	size_t size;

	if (!rig_cursor_take(cursor, "$"))
		return rig_cursor_expected(cursor, error, "a $symbol");
	size = rig_cursor_span(cursor, in_symbol, &word);
	if (!size)
		return rig_cursor_expected(&start, error, "a $symbol");
	*name = rig_arena_copy(arena, word, size);
	return *name ? 0 : rig_cursor_error(&start, error, "out of memory");
}

int rig_cursor_number(struct rig_cursor *cursor, uint64_t max, uint64_t *value,
		      struct rig_error *error)
{
	struct rig_cursor start = *cursor;
	const char *word;
	size_t size = rig_cursor_name(cursor, &word);
	rig_uint number;

	if (rig_number_parse(word, size, 64, &number) < 0 || number > max)
		return rig_cursor_expected(&start, error, "a number of at most %llu",
					   (unsigned long long)max);
	*value = number;
	return 0;
}

int rig_cursor_error(const struct rig_cursor *cursor, struct rig_error *error, const char *format,
		     ...)
{
	char message[sizeof(error->message)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return rig_error_at(error, cursor->file, cursor->line, rig_cursor_column(cursor), "%s",
			    message);
}

/* What stands at the cursor, in a few characters. */
static void describe(const struct rig_cursor *cursor, char *text, size_t size)
{
	struct rig_cursor next = *cursor;
	int length = 0;

	if (!rig_cursor_more(&next)) {
		snprintf(text, size, "the end");
		return;
	}
	while (length < 24 && next.at + length < next.end &&
	       isgraph((unsigned char)next.at[length]))
		length++;
	snprintf(text, size, length ? "'%.*s'" : "a control character", length, next.at);
}

int rig_cursor_expected(const struct rig_cursor *cursor, struct rig_error *error,
			const char *format, ...)
{
	char what[160], found[40];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	describe(cursor, found, sizeof(found));
	return rig_cursor_error(cursor, error, "expected %s, found %s", what, found);
}
