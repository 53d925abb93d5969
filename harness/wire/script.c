/* SPDX-License-Identifier: GPL-2.0-only */
/* Scripts and their steps; what is wanted of them is read in script_want.c. */
#include "wire/script.h"

#include <ctype.h>
#include <string.h>

#include "wire/script_reader.h"

#define DEFAULT_SOCKET "sock"
#define MTU_MAX	       65535

const char *const rig_feature_name[RIG_FEATURES] = {
	[RIG_FEATURE_SMP] = "smp",	     [RIG_FEATURE_NETNS] = "netns",
	[RIG_FEATURE_KERNEL] = "kernel",     [RIG_FEATURE_QEMU] = "qemu",
	[RIG_FEATURE_UML] = "uml",	     [RIG_FEATURE_METER] = "meter",
	[RIG_FEATURE_CT_LIMIT] = "ct_limit",
};

/* The source between two places on one line, without comments and line breaks. */
const char *rig_reader_text(struct rig_arena *arena, const char *from, const char *to)
{
	char *text = rig_arena_alloc(arena, (size_t)(to - from) + 1);
	bool blank = false, quoted = false;
	size_t size = 0;

	if (!text)
		return NULL;
	for (; from < to; from++) {
		if (!quoted && *from == '#' && (blank || size == 0)) {
			while (from < to && *from != '\n')
				from++;
			continue;
		}
		if (!quoted && isspace((unsigned char)*from)) {
			blank = true;
			continue;
		}
		if (*from == '"')
			quoted = !quoted;
		if (blank && size > 0)
			text[size++] = ' ';
		blank = false;
		text[size++] = *from;
	}
	return text;
}

struct rig_place rig_reader_place(const struct rig_cursor *cursor)
{
	return (struct rig_place){ cursor->line, rig_cursor_column(cursor) };
}

int rig_reader_no_memory(struct rig_reader *r)
{
	return rig_cursor_error(&r->cursor, r->err, "out of memory");
}

/* A word copied into the arena; -1 and "expected <what>" when there is none. */
int rig_reader_word(struct rig_reader *r, const char *what, const char **copy)
{
	struct rig_cursor before = r->cursor;
	const char *word;
	size_t size;

	if (!rig_cursor_more(&r->cursor))
		return rig_cursor_error(&before, r->err, "expected %s", what);
	size = rig_cursor_word(&r->cursor, &word);
	if (!size)
		return rig_cursor_error(&r->cursor, r->err, "expected %s", what);
	*copy = rig_arena_copy(r->parser.arena, word, size);
	return *copy ? 0 : rig_reader_no_memory(r);
}

int rig_reader_symbol(struct rig_reader *r, const char **name)
{
	rig_cursor_more(&r->cursor);
	return rig_cursor_symbol(&r->cursor, r->parser.arena, name, r->err);
}

/* The name of a socket that the script has by now. */
int rig_reader_socket(struct rig_reader *r, const char **name)
{
	struct rig_cursor before;

	rig_cursor_more(&r->cursor);
	before = r->cursor;
	if (rig_reader_symbol(r, name) < 0)
		return -1;
	if (!strcmp(*name, DEFAULT_SOCKET))
		return 0;
	for (const struct rig_step *s = r->script->steps; s; s = s->next)
		if (s->kind == RIG_STEP_SOCKET && !strcmp(s->socket, *name))
			return 0;
	return rig_cursor_error(&before, r->err,
				"no socket is called $%s: a step `socket $%s` makes it", *name,
				*name);
}

int rig_reader_frame(struct rig_reader *r, const uint8_t **frame, size_t *size)
{
	rig_cursor_more(&r->cursor);
	return rig_parse_frame(&r->parser, &r->cursor, frame, size, r->err);
}

const struct rig_message *rig_step_request(const struct rig_step *step, unsigned int request)
{
	const struct rig_message *m = step->message;

	while (m && request--)
		m = m->next;
	return m;
}

/* ---- steps ---- */

static int take_group(struct rig_reader *r, unsigned int *groups)
{
	struct rig_cursor before;
	const char *name;

	rig_cursor_more(&r->cursor);
	before = r->cursor;
	if (rig_reader_word(r, "a multicast group, such as ovs_flow", &name) < 0)
		return -1;
	for (unsigned int i = 0; i < RIG_FAMILIES; i++) {
		if (rig_families[i].group && !strcmp(rig_families[i].group, name)) {
			*groups |= 1u << i;
			return 0;
		}
	}
	return rig_cursor_error(&before, r->err, "no multicast group is called %s", name);
}

static int take_groups(struct rig_reader *r, unsigned int *groups)
{
	do {
		if (take_group(r, groups) < 0)
			return -1;
		rig_cursor_more(&r->cursor);
	} while (rig_cursor_take(&r->cursor, ","));
	return 0;
}

static int step_socket(struct rig_reader *r, struct rig_step *step)
{
	if (rig_reader_symbol(r, &step->socket) < 0)
		return -1;
	while (rig_cursor_more(&r->cursor)) {
		if (rig_cursor_take(&r->cursor, "join")) {
			if (take_groups(r, &step->groups) < 0)
				return -1;
		} else if (rig_cursor_take(&r->cursor, "unprivileged")) {
			step->unprivileged = true;
		} else if (rig_cursor_take(&r->cursor, "netns")) {
			if (rig_reader_word(r, "a namespace's name", &step->netns) < 0)
				return -1;
		} else {
			break;
		}
	}
	return 0;
}

static int step_join(struct rig_reader *r, struct rig_step *step)
{
	if (rig_reader_socket(r, &step->socket) < 0)
		return -1;
	return take_groups(r, &step->groups);
}

static int step_close(struct rig_reader *r, struct rig_step *step)
{
	return rig_reader_socket(r, &step->socket);
}

static int step_netns(struct rig_reader *r, struct rig_step *step)
{
	return rig_reader_word(r, "a namespace's name", &step->name);
}

static int step_netdev(struct rig_reader *r, struct rig_step *step)
{
	uint64_t mtu;

	if (rig_reader_word(r, "a network device's name", &step->name) < 0)
		return -1;
	while (rig_cursor_more(&r->cursor)) {
		if (rig_cursor_take(&r->cursor, "mtu")) {
			rig_cursor_more(&r->cursor);
			if (rig_cursor_number(&r->cursor, MTU_MAX, &mtu, r->err) < 0)
				return -1;
			step->mtu = (unsigned int)mtu;
		} else if (rig_cursor_take(&r->cursor, "netns")) {
			if (rig_reader_word(r, "a namespace's name", &step->netns) < 0)
				return -1;
		} else {
			break;
		}
	}
	return 0;
}

static int step_remove(struct rig_reader *r, struct rig_step *step)
{
	return rig_reader_word(r, "a network device's name", &step->name);
}

static int step_frame(struct rig_reader *r, struct rig_step *step)
{
	if (rig_reader_word(r, "a port's name", &step->name) < 0)
		return -1;
	return rig_reader_frame(r, &step->frame, &step->frame_size);
}

static int take_feature(struct rig_reader *r, unsigned int *features)
{
	for (unsigned int i = 0; i < RIG_FEATURES; i++) {
		if (rig_cursor_take(&r->cursor, rig_feature_name[i])) {
			*features |= 1u << i;
			return 0;
		}
	}
	return rig_cursor_error(&r->cursor, r->err,
				"expected smp, netns, kernel, qemu, uml, meter or ct_limit");
}

static int step_needs(struct rig_reader *r, struct rig_step *step)
{
	do {
		rig_cursor_more(&r->cursor);
		if (take_feature(r, &step->features) < 0)
			return -1;
	} while (rig_cursor_more(&r->cursor) && !rig_cursor_is(&r->cursor, "->"));
	return 0;
}

static int step_send(struct rig_reader *r, struct rig_step *step)
{
	step->socket = DEFAULT_SOCKET;
	if (r->cursor.at < r->cursor.end && *r->cursor.at == '$') {
		if (rig_reader_socket(r, &step->socket) < 0)
			return -1;
		if (!rig_cursor_take(&r->cursor, ":"))
			return rig_cursor_error(&r->cursor, r->err,
						"expected \":\" and the message to send on $%s",
						step->socket);
		rig_cursor_more(&r->cursor);
	}
	return rig_parse_message(&r->parser, &r->cursor, &step->message, r->err);
}

/* The word that begins a step; one that begins with none of them is a message. */
static const struct {
	const char *word;
	int (*read)(struct rig_reader *r, struct rig_step *step);
} step_reader[RIG_STEPS] = {
	[RIG_STEP_SEND] = { NULL, step_send },
	[RIG_STEP_SOCKET] = { "socket", step_socket },
	[RIG_STEP_JOIN] = { "join", step_join },
	[RIG_STEP_CLOSE] = { "close", step_close },
	[RIG_STEP_NETNS] = { "netns", step_netns },
	[RIG_STEP_NETDEV] = { "netdev", step_netdev },
	[RIG_STEP_REMOVE] = { "remove", step_remove },
	[RIG_STEP_FRAME] = { "frame", step_frame },
	[RIG_STEP_NEEDS] = { "needs", step_needs },
};

static enum rig_step_kind step_kind(struct rig_cursor *cursor)
{
	for (unsigned int i = 0; i < RIG_STEPS; i++)
		if (step_reader[i].word && rig_cursor_take(cursor, step_reader[i].word))
			return i;
	return RIG_STEP_SEND;
}

/* `+ MESSAGE`: one more in the datagram of the step before. */
static int read_addition(struct rig_reader *r)
{
	struct rig_step *step = r->last;
	struct rig_message **tail;
	unsigned int request = 0;

	if (!step || step->kind != RIG_STEP_SEND)
		return rig_cursor_error(
			&r->cursor, r->err,
			"\"+\" adds to a datagram, but no message stands before it");
	rig_cursor_more(&r->cursor);
	for (tail = &step->message; *tail; tail = &(*tail)->next)
		request++;
	if (rig_parse_message(&r->parser, &r->cursor, tail, r->err) < 0)
		return -1;
	return rig_reader_wants(r, request);
}

static int read_step(struct rig_reader *r)
{
	struct rig_step *step;
	const char *from = r->cursor.at;

	if (rig_cursor_take(&r->cursor, "+"))
		return read_addition(r);
	step = rig_arena_alloc(r->parser.arena, sizeof(*step));
	if (!step)
		return rig_reader_no_memory(r);
	step->place = rig_reader_place(&r->cursor);
	step->kind = step_kind(&r->cursor);
	if (step_reader[step->kind].read(r, step) < 0)
		return -1;
	step->text = rig_reader_text(r->parser.arena, from, r->cursor.at);
	if (!step->text)
		return rig_reader_no_memory(r);
	if (r->last)
		r->last->next = step;
	else
		r->script->steps = step;
	r->last = step;
	r->script->n_steps++;
	return rig_reader_wants(r, 0);
}

/* The first line: a comment that says why. */
static int read_reason(struct rig_reader *r, const char *text, size_t len)
{
	const char *end = len ? memchr(text, '\n', len) : NULL;
	size_t size = end ? (size_t)(end - text) : len;

	if (size == 0 || text[0] != '#')
		return rig_cursor_error(
			&r->cursor, r->err,
			"expected a comment: the first line says why the case is there");
	do {
		text++;
		size--;
	} while (size > 0 && (*text == ' ' || *text == '#'));
	if (size == 0)
		return rig_cursor_error(
			&r->cursor, r->err,
			"expected a reason: the first line says why the case is there");
	r->script->reason = rig_arena_copy(r->parser.arena, text, size);
	return r->script->reason ? 0 : rig_reader_no_memory(r);
}

/* What ends a string would hide what is behind it from whoever prints it. */
static int refuse_nul(const struct rig_reader *r, const char *text, size_t len)
{
	struct rig_cursor cursor = r->cursor;

	cursor.at = len ? memchr(text, '\0', len) : NULL;
	if (!cursor.at)
		return 0;
	for (const char *at = text; (at = memchr(at, '\n', (size_t)(cursor.at - at)));) {
		cursor.line_start = ++at;
		cursor.line++;
	}
	return rig_cursor_error(&cursor, r->err, "expected text, found a NUL byte");
}

const char *rig_script_id(struct rig_arena *arena, const char *path)
{
	const char *from = NULL, *next = path, *slash;
	size_t size;

	while ((next = strstr(next, "cases/"))) {
		if (next == path || next[-1] == '/')
			from = next + strlen("cases/");
		next++;
	}
	if (!from) {
		slash = strrchr(path, '/');
		from = slash ? slash + 1 : path;
	}
	size = strlen(from);
	if (size > 4 && !strcmp(from + size - 4, ".nlt"))
		size -= 4;
	return rig_arena_copy(arena, from, size);
}

struct rig_script *rig_script_parse(struct rig_arena *arena, const char *path, const char *text,
				    size_t len, struct rig_error *err)
{
	struct rig_reader r = {
		.parser = { .arena = arena, .symbols = true },
		.err = err,
	};

	rig_cursor_init(&r.cursor, path, text, len);
	r.script = rig_arena_alloc(arena, sizeof(*r.script));
	if (!r.script || !(r.script->id = rig_script_id(arena, path)) ||
	    !(r.script->path = rig_arena_copy(arena, path, strlen(path)))) {
		rig_reader_no_memory(&r);
		return NULL;
	}
	if (refuse_nul(&r, text, len) < 0 || read_reason(&r, text, len) < 0)
		return NULL;
	while (rig_cursor_step(&r.cursor))
		if (read_step(&r) < 0)
			return NULL;
	if (r.script->n_wants == 0) {
		rig_cursor_error(&r.cursor, err, "expected at least one \"->\" in the script");
		return NULL;
	}
	return r.script;
}
