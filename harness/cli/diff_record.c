/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/diff_record.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "judge/inbox.h"
#include "judge/run.h"
#include "model/model.h"
#include "replay/trace.h"
#include "wire/codec.h"

enum { TIMEOUT_MS = 500 };

/* ---- playing ---- */

struct playing {
	struct rig_diff_record *record;
	struct rig_diff_act **tail;
	const struct rig_tape_entry *seen; /* the last that is an act already */
	bool failed;
};

static struct rig_diff_act *add_act(struct playing *p, const struct rig_tape_entry *entry)
{
	struct rig_diff_act *act = rig_arena_alloc(&p->record->arena, sizeof(*act));

	if (!act)
		return NULL;
	act->done = entry;
	*p->tail = act;
	p->tail = &act->next;
	p->seen = entry;
	return act;
}

static const struct rig_expected *copy_expected(struct rig_arena *arena,
						const struct rig_answer *answer)
{
	struct rig_expected *list =
		rig_arena_copy(arena, answer->list, answer->count * sizeof(*list));

	for (size_t i = 0; list && i < answer->count; i++) {
		struct rig_expected *e = &list[i];

		e->bytes = rig_arena_copy(arena, e->bytes, e->len);
		e->open = rig_arena_copy(arena, e->open, e->n_open * sizeof(*e->open));
		if (e->netdev)
			e->netdev = rig_arena_copy(arena, e->netdev, strlen(e->netdev));
		if (!e->bytes || !e->open)
			return NULL;
	}
	return list;
}

static const struct rig_arrival *copy_arrivals(struct rig_arena *arena,
					       const struct rig_inbox *inbox)
{
	struct rig_arrival *list = rig_arena_copy(arena, inbox->list, inbox->count * sizeof(*list));

	for (size_t i = 0; list && i < inbox->count; i++) {
		list[i].bytes = rig_arena_copy(arena, list[i].bytes, list[i].size);
		list[i].message = NULL;
		if (list[i].port)
			list[i].port = rig_arena_copy(arena, list[i].port, strlen(list[i].port));
		if (!list[i].bytes)
			return NULL;
	}
	return list;
}

static bool take_answers(struct rig_diff_record *record, struct rig_diff_act *act,
			 const struct rig_step_done *done)
{
	if (done->answer && done->answer->count) {
		act->expected = copy_expected(&record->arena, done->answer);
		act->n_expected = act->expected ? done->answer->count : 0;
	}
	if (done->inbox->count) {
		act->arrivals = copy_arrivals(&record->arena, done->inbox);
		act->n_arrivals = act->arrivals ? done->inbox->count : 0;
	}
	return (act->expected || !done->answer || !done->answer->count) &&
	       (act->arrivals || !done->inbox->count);
}

/* What the step has put on the tape; its answers belong to what it sent. */
static bool watch(void *context, const struct rig_step_done *done)
{
	struct playing *p = context;
	const struct rig_tape_entry *e = p->seen ? p->seen->next : p->record->tape.first;

	for (; e && !p->failed; e = e->next) {
		struct rig_diff_act *act = add_act(p, e);

		p->failed = !act;
		if (act && (e->kind == RIG_TAPE_SEND || e->kind == RIG_TAPE_FRAME))
			p->failed = !take_answers(p->record, act, done);
	}
	return p->failed;
}

int rig_diff_record_play(struct rig_diff_record *record, struct rig_link *link,
			 const struct rig_script *script, struct rig_error *err)
{
	struct playing p = { .record = record, .tail = &record->acts };
	const struct rig_run_options how = {
		.timeout_ms = TIMEOUT_MS, .first_only = true, .watch = watch, .context = &p
	};
	struct rig_link *tape = rig_link_open_tape(link, &record->tape, err);
	struct rig_runner *runner = tape ? rig_runner_new(tape, &how, err) : NULL;
	struct rig_run run;
	int ret = runner ? rig_runner_run(runner, script, &run, err) : -1;

	record->facts = rig_link_facts(link);
	if (ret == 0 && p.failed)
		ret = rig_error_set(err, "out of memory");
	rig_runner_free(runner);
	if (tape)
		rig_link_close(tape);
	return ret;
}

void rig_diff_record_free(struct rig_diff_record *record)
{
	rig_arena_free(&record->arena);
	rig_arena_free(&record->tape.arena);
}

/* ---- as hex, each byte explained ---- */

static void dump(const struct rig_diff_record *record, struct rig_bytes *text, const char *what,
		 int socket, const char *port, const void *bytes, size_t size)
{
	if (port)
		rig_bytes_print(text, "\n%s on %s:\n  ", what, port);
	else
		rig_bytes_print(text, "\n%s on socket %d:\n", what, socket);
	if (!port) {
		rig_hexdump(bytes, size, &record->facts->families, "  ", text, NULL);
		return;
	}
	rig_bytes_hex(text, bytes, size);
	rig_bytes_print(text, "\n");
}

static void print_act(const struct rig_diff_record *record, const struct rig_diff_act *act,
		      struct rig_bytes *text)
{
	const struct rig_tape_entry *e = act->done;

	if (e->kind != RIG_TAPE_SEND && e->kind != RIG_TAPE_FRAME)
		return;
	dump(record, text, "sent", e->handle, e->kind == RIG_TAPE_FRAME ? e->name : NULL, e->data,
	     e->len);
	for (size_t i = 0; i < act->n_expected; i++) {
		const struct rig_expected *x = &act->expected[i];

		dump(record, text, x->optional ? "expected, or nothing," : "expected", (int)x->sock,
		     x->kind == RIG_EXPECT_FRAME ? x->netdev : NULL, x->bytes, x->len);
		for (uint32_t k = 0; k < x->n_open; k++)
			rig_bytes_print(text, "  open: %u bytes at %04x: %s\n", x->open[k].len,
					x->open[k].offset, rig_open_name(x->open[k].why));
	}
	for (size_t i = 0; i < act->n_arrivals; i++) {
		const struct rig_arrival *a = &act->arrivals[i];

		dump(record, text, "received", (int)a->socket,
		     a->kind == RIG_ARRIVAL_FRAME ? a->port : NULL, a->bytes, a->size);
	}
}

/* ---- as a capture ---- */

static int put_record(struct rig_trace_writer *writer, unsigned long *number,
		      enum rig_direction direction, const void *bytes, size_t size,
		      struct rig_error *err)
{
	/* Nobody looked at a clock: they are a millisecond apart. */
	const struct rig_record record = {
		.number = ++*number,
		.time = { .tv_sec = *number / 1000, .tv_nsec = *number % 1000 * 1000000 },
		.direction = direction,
		.protocol = NETLINK_GENERIC,
		.data = bytes,
		.size = size,
	};

	return rig_trace_write(writer, &record, err);
}

static int put_act(struct rig_trace_writer *writer, unsigned long *number,
		   const struct rig_diff_act *act, struct rig_error *err)
{
	if (act->done->kind == RIG_TAPE_SEND &&
	    put_record(writer, number, RIG_TO_KERNEL, act->done->data, act->done->len, err) < 0)
		return -1;
	for (size_t i = 0; i < act->n_arrivals; i++) {
		const struct rig_arrival *a = &act->arrivals[i];

		if (a->kind == RIG_ARRIVAL_MESSAGE &&
		    put_record(writer, number, RIG_TO_USER, a->bytes, a->size, err) < 0)
			return -1;
	}
	return 0;
}

static int write_capture(const struct rig_diff_record *record, const char *path)
{
	struct rig_error err = {};
	struct rig_trace_writer *writer = rig_trace_create(path, &err);
	unsigned long number = 0;
	int ret = writer ? 0 : -1;

	for (const struct rig_diff_act *a = record->acts; a && ret == 0; a = a->next)
		ret = put_act(writer, &number, a, &err);
	if (writer && rig_trace_finish(writer, ret < 0 ? NULL : &err) < 0)
		ret = -1;
	return ret < 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
}

/* ---- files ---- */

static int write_text(const char *path, struct rig_bytes *text)
{
	FILE *to = text->failed ? NULL : fopen(path, "we");

	if (to)
		fwrite(rig_bytes_text(text), 1, text->size, to);
	if (!to || fclose(to) != 0)
		return rig_cli_bad("%s: %s", path, strerror(errno));
	return RIG_EXIT_PASSED;
}

int rig_diff_record_write(const struct rig_diff_record *record, const char *stem, const char *words)
{
	struct rig_bytes text = {};
	char path[4096];
	int status;

	rig_bytes_print(&text, "%s", words);
	for (const struct rig_diff_act *a = record->acts; a; a = a->next)
		print_act(record, a, &text);
	snprintf(path, sizeof(path), "%s.txt", stem);
	status = write_text(path, &text);
	rig_bytes_reset(&text);
	rig_diff_program_print(record, words, &text);
	snprintf(path, sizeof(path), "%s.c", stem);
	if (status == RIG_EXIT_PASSED)
		status = write_text(path, &text);
	rig_bytes_free(&text);
	snprintf(path, sizeof(path), "%s.pcapng", stem);
	return status == RIG_EXIT_PASSED ? write_capture(record, path) : status;
}
