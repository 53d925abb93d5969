/* SPDX-License-Identifier: GPL-2.0-only */
/* What follows "->". */
#include <linux/openvswitch.h>
#include <string.h>

#include "wire/script_reader.h"

const char *const rig_want_name[RIG_WANTS] = {
	[RIG_WANT_OK] = "ok",	      [RIG_WANT_ERROR] = "error", [RIG_WANT_REPLY] = "reply",
	[RIG_WANT_DONE] = "done",     [RIG_WANT_NONE] = "none",	  [RIG_WANT_NOTIFY] = "notify",
	[RIG_WANT_UPCALL] = "upcall", [RIG_WANT_FRAME] = "frame", [RIG_WANT_NOFRAME] = "noframe",
};

/* FAMILY.COMMAND. If it is optional and not there, the cursor stays and *family is left alone. */
static int take_message_name(struct rig_reader *r, bool optional, const struct rig_family **family,
			     const struct rig_command **command)
{
	struct rig_cursor before;
	const char *word, *dot;
	size_t size;

	rig_cursor_more(&r->cursor);
	before = r->cursor;
	size = rig_cursor_word(&r->cursor, &word);
	dot = size ? memchr(word, '.', size) : NULL;
	if (!dot) {
		r->cursor = before;
		if (optional)
			return 0;
		return rig_cursor_error(&before, r->err,
					"expected FAMILY.COMMAND, such as flow.new");
	}
	*family = rig_family_find(word, (size_t)(dot - word));
	if (!*family)
		return rig_cursor_error(&before, r->err, "no family is called %.*s",
					(int)(dot - word), word);
	*command = rig_command_find(*family, dot + 1, size - (size_t)(dot + 1 - word));
	if (!*command)
		return rig_cursor_error(&before, r->err, "family %s has no command %.*s",
					(*family)->name, (int)(size - (size_t)(dot + 1 - word)),
					dot + 1);
	return 0;
}

static int want_ok(struct rig_reader *r, struct rig_want *want)
{
	rig_cursor_more(&r->cursor);
	if (!rig_cursor_take(&r->cursor, "as"))
		return 0;
	return rig_reader_symbol(r, &want->bind);
}

static int want_error(struct rig_reader *r, struct rig_want *want)
{
	struct rig_cursor before = r->cursor;
	const char *name;

	if (rig_reader_word(r, "an errno's name, such as EINVAL", &name) < 0)
		return -1;
	want->error = rig_errno_find(name, strlen(name));
	if (want->error)
		return 0;
	rig_cursor_more(&before);
	return rig_cursor_error(&before, r->err, "no errno is called %s", name);
}

static int want_nothing(struct rig_reader *r, struct rig_want *want)
{
	(void)r;
	(void)want;
	return 0;
}

static int want_pattern(struct rig_reader *r, struct rig_want *want,
			const struct rig_family *family, const struct rig_command *command)
{
	if (rig_parse_pattern(&r->parser, &r->cursor, family, command, &want->pattern, r->err) < 0)
		return -1;
	rig_cursor_more(&r->cursor);
	if (rig_cursor_take(&r->cursor, "on"))
		return rig_reader_socket(r, &want->socket);
	return 0;
}

static int want_reply(struct rig_reader *r, struct rig_want *want)
{
	const struct rig_message *request = rig_step_request(r->last, want->request);
	const struct rig_family *family = request ? request->family : NULL;
	const struct rig_command *command = NULL;

	if (take_message_name(r, true, &family, &command) < 0)
		return -1;
	if (!family)
		return rig_cursor_error(
			&r->cursor, r->err,
			"expected FAMILY.COMMAND: the request is of no known family");
	return want_pattern(r, want, family, command);
}

static int want_notify(struct rig_reader *r, struct rig_want *want)
{
	const struct rig_command *command = NULL;
	const struct rig_family *family = NULL;

	if (take_message_name(r, false, &family, &command) < 0)
		return -1;
	return want_pattern(r, want, family, command);
}

static int want_upcall(struct rig_reader *r, struct rig_want *want)
{
	const struct rig_family *family = &rig_families[RIG_PACKET];

	rig_cursor_more(&r->cursor);
	if (rig_cursor_take(&r->cursor, "miss"))
		return want_pattern(r, want, family, rig_command_get(family, OVS_PACKET_CMD_MISS));
	if (rig_cursor_take(&r->cursor, "action"))
		return want_pattern(r, want, family,
				    rig_command_get(family, OVS_PACKET_CMD_ACTION));
	return rig_cursor_error(&r->cursor, r->err, "expected \"miss\" or \"action\"");
}

static int want_noframe(struct rig_reader *r, struct rig_want *want)
{
	return rig_reader_word(r, "a port's name", &want->port);
}

static int want_frame(struct rig_reader *r, struct rig_want *want)
{
	if (rig_reader_word(r, "a port's name", &want->port) < 0)
		return -1;
	return rig_reader_frame(r, &want->frame, &want->frame_size);
}

static int (*const want_reader[RIG_WANTS])(struct rig_reader *, struct rig_want *) = {
	[RIG_WANT_OK] = want_ok,	   [RIG_WANT_ERROR] = want_error,
	[RIG_WANT_REPLY] = want_reply,	   [RIG_WANT_DONE] = want_nothing,
	[RIG_WANT_NONE] = want_nothing,	   [RIG_WANT_NOTIFY] = want_notify,
	[RIG_WANT_UPCALL] = want_upcall,   [RIG_WANT_FRAME] = want_frame,
	[RIG_WANT_NOFRAME] = want_noframe,
};

/* The answers to a request make no sense where nothing was asked. */
static bool wants_answer(enum rig_want_kind kind)
{
	return kind == RIG_WANT_OK || kind == RIG_WANT_ERROR || kind == RIG_WANT_REPLY ||
	       kind == RIG_WANT_DONE;
}

static int read_want(struct rig_reader *r, unsigned int request)
{
	struct rig_want *want = rig_arena_alloc(r->parser.arena, sizeof(*want)), **tail;
	const char *from;
	unsigned int kind;

	if (!want)
		return rig_reader_no_memory(r);
	rig_cursor_more(&r->cursor);
	from = r->cursor.at;
	want->place = rig_reader_place(&r->cursor);
	want->request = request;
	for (kind = 0; kind < RIG_WANTS; kind++)
		if (rig_cursor_take(&r->cursor, rig_want_name[kind]))
			break;
	if (kind == RIG_WANTS)
		return rig_cursor_error(&r->cursor, r->err,
					"expected ok, error, reply, done, none, notify, upcall, "
					"frame or noframe after \"->\"");
	want->kind = kind;
	if (wants_answer(kind) && r->last->kind != RIG_STEP_SEND)
		return rig_cursor_error(&r->cursor, r->err,
					"nothing was asked here: no %s can come",
					rig_want_name[kind]);
	if (want_reader[kind](r, want) < 0)
		return -1;
	want->text = rig_reader_text(r->parser.arena, from, r->cursor.at);
	for (tail = &r->last->wants; *tail; tail = &(*tail)->next)
		;
	*tail = want;
	r->script->n_wants++;
	return want->text ? 0 : rig_reader_no_memory(r);
}

int rig_reader_wants(struct rig_reader *r, unsigned int request)
{
	while (rig_cursor_more(&r->cursor)) {
		if (!rig_cursor_take(&r->cursor, "->"))
			return rig_cursor_error(&r->cursor, r->err,
						"expected \"->\" or the end of the step (the next "
						"one begins in column 1)");
		if (read_want(r, request) < 0)
			return -1;
	}
	return 0;
}
