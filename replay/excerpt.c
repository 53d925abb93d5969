/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/excerpt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replay/exchange.h"

/* Doubles a list that is full. NULL: out of memory. */
static void *grow(struct rig_arena *arena, void *list, size_t count, size_t *room, size_t size)
{
	void *more;

	if (count < *room)
		return list;
	*room = *room ? 2 * *room : 64;
	more = rig_arena_alloc(arena, *room * size);
	if (more && count)
		memcpy(more, list, count * size);
	return more;
}

static int read_packets(struct rig_excerpt *e, struct rig_trace *trace, struct rig_error *err)
{
	struct rig_record record;
	int ret;

	/* What is damaged is left out; the rest goes on. */
	while ((ret = rig_trace_next(trace, &record, err)) != 0) {
		if (ret < 0)
			continue;
		e->packets =
			grow(&e->arena, e->packets, e->n_packets, &e->room, sizeof(*e->packets));
		record.data = rig_arena_copy(&e->arena, record.data, record.size);
		if (!e->packets || !record.data)
			return rig_error_set(err, "out of memory");
		e->packets[e->n_packets++] = record;
	}
	e->kept = rig_arena_alloc(&e->arena, e->n_packets + 1);
	if (!e->kept)
		return rig_error_set(err, "out of memory");
	return rig_trace_rewind(trace, err);
}

/* ---- what belongs together ---- */

struct sorting {
	struct rig_excerpt *e;
	struct rig_excerpt_unit **of; /* each packet's unit; NULL: its own */
};

static void join(struct sorting *s, struct rig_excerpt_unit *unit, size_t packet)
{
	if (packet >= s->e->n_packets || s->of[packet])
		return;
	s->of[packet] = unit;
	unit->packets[unit->n_packets++] = packet;
}

/* Where the packet of that number is: never behind it, for numbers begin with 1. */
static size_t index_of(const struct rig_excerpt *e, unsigned long number)
{
	size_t i = number < e->n_packets ? number : e->n_packets;

	while (i && e->packets[i - 1].number != number)
		i--;
	return i ? i - 1 : e->n_packets;
}

static int take_exchange(void *context, const struct exchange *exchange,
			 const struct rig_trace_ruling *ruling)
{
	struct sorting *s = context;
	struct rig_excerpt_unit *unit = rig_arena_alloc(&s->e->arena, sizeof(*unit));

	(void)ruling;
	if (!unit)
		return -1;
	unit->packets =
		rig_arena_alloc(&s->e->arena, (exchange->n_answers + 1) * sizeof(*unit->packets));
	if (!unit->packets)
		return -1;
	join(s, unit, index_of(s->e, exchange->request->packet));
	for (size_t i = 0; i < exchange->n_answers; i++)
		join(s, unit, index_of(s->e, exchange->answers[i].item->packet));
	return 0;
}

static int ignore_lesson(void *context, const void *request, size_t size)
{
	(void)context;
	(void)request;
	(void)size;
	return 0;
}

static int ignore_netdev(void *context, const char *name)
{
	(void)context;
	(void)name;
	return 0;
}

static void ignore_upcall(void *context, unsigned long packet)
{
	(void)context;
	(void)packet;
}

/* In the order of their first packets. */
static int list_units(struct sorting *s)
{
	struct rig_excerpt_unit **tail = &s->e->units;

	for (size_t i = 0; i < s->e->n_packets; i++) {
		struct rig_excerpt_unit *unit = s->of[i];

		if (!unit) {
			unit = rig_arena_alloc(&s->e->arena, sizeof(*unit));
			if (!unit)
				return -1;
			unit->packets = rig_arena_alloc(&s->e->arena, sizeof(*unit->packets));
			if (!unit->packets)
				return -1;
			join(s, unit, i);
		}
		if (unit->packets[0] != i)
			continue;
		*tail = unit;
		tail = &unit->next;
	}
	return 0;
}

/* ---- what is wrong ---- */

static const char *kind_of(const struct rig_trace_fault *fault)
{
	const char *colon = strstr(fault->headline, ": ");

	return colon ? colon + 2 : fault->headline;
}

static void note_fault(void *context, const struct rig_trace_fault *fault)
{
	struct rig_excerpt *e = ((struct sorting *)context)->e;
	const char *kind = kind_of(fault);

	e->faults = grow(&e->arena, e->faults, e->n_faults, &e->room_faults, sizeof(*e->faults));
	if (!e->faults)
		return;
	e->faults[e->n_faults++] =
		(struct rig_excerpt_fault){ fault->packet,
					    rig_arena_copy(&e->arena, kind, strlen(kind)) };
}

static int sort(struct rig_excerpt *e, struct rig_trace *trace,
		const struct rig_trace_families *families, struct rig_error *err)
{
	struct sorting s = { e, rig_arena_alloc(&e->arena, (e->n_packets + 1) * sizeof(*s.of)) };
	const struct rig_trace_watch watch = {
		.lesson = ignore_lesson,
		.gone = ignore_netdev,
		.upcall = ignore_upcall,
		.exchange = take_exchange,
		.context = &s,
	};
	struct rig_trace_options options = e->options;
	struct rig_trace_verdict verdict;

	options.watch = &watch;
	options.families = families;
	if (!s.of || rig_trace_judge(trace, &options, note_fault, &s, &verdict, &e->damage) < 0)
		return rig_error_set(err, "out of memory");
	e->damaged = verdict.damaged;
	return list_units(&s) < 0 ? rig_error_set(err, "out of memory") : 0;
}

int rig_excerpt_read(struct rig_excerpt *e, const char *path,
		     const struct rig_trace_options *options, struct rig_error *err)
{
	struct rig_trace_families families = *options->families;
	struct rig_trace *trace;
	int ret;

	*e = (struct rig_excerpt){ .options = *options, .given = *options->families };
	e->file = memfd_create("excerpt", MFD_CLOEXEC);
	if (e->file < 0)
		return rig_error_set(err, "a file in memory: %s", strerror(errno));
	trace = rig_trace_open(path, err);
	if (!trace)
		return -1;
	ret = rig_trace_families_read(&families, trace, err);
	rig_trace_ids(trace, &families.ids);
	if (ret == 0)
		ret = read_packets(e, trace, err);
	if (ret == 0)
		ret = sort(e, trace, &families, err);
	rig_trace_close(trace);
	return ret;
}

void rig_excerpt_free(struct rig_excerpt *e)
{
	if (e->file > 0)
		close(e->file);
	rig_arena_free(&e->arena);
	*e = (struct rig_excerpt){};
}

unsigned long rig_excerpt_request(const struct rig_excerpt *e, unsigned long packet)
{
	for (const struct rig_excerpt_unit *unit = e->units; unit; unit = unit->next)
		for (size_t i = 1; i < unit->n_packets; i++)
			if (e->packets[unit->packets[i]].number == packet)
				return e->packets[unit->packets[0]].number;
	return packet;
}

/* ---- parts ---- */

size_t rig_excerpt_count(const struct rig_excerpt *e)
{
	size_t n = 0;

	for (const struct rig_excerpt_unit *unit = e->units; unit; unit = unit->next)
		n += unit->n_packets;
	return n;
}

static int write_part(struct rig_excerpt *e, struct rig_trace_writer *writer, struct rig_error *err)
{
	int ret = writer ? 0 : -1;

	memset(e->kept, 0, e->n_packets);
	for (const struct rig_excerpt_unit *unit = e->units; unit; unit = unit->next)
		for (size_t i = 0; i < unit->n_packets; i++)
			e->kept[unit->packets[i]] = true;
	for (size_t i = 0; ret == 0 && i < e->n_packets; i++)
		if (e->kept[i])
			ret = rig_trace_write(writer, &e->packets[i], err);
	if (writer && rig_trace_finish(writer, ret < 0 ? NULL : err) < 0)
		ret = -1;
	return ret;
}

int rig_excerpt_write(struct rig_excerpt *e, const char *path, struct rig_error *err)
{
	return write_part(e, rig_trace_create(path, err), err);
}

int rig_excerpt_keep(struct rig_excerpt *e, char path[RIG_EXCERPT_PATH], struct rig_error *err)
{
	snprintf(path, RIG_EXCERPT_PATH, "/proc/self/fd/%d", e->file);
	return write_part(e, rig_trace_create_pcapng(path, err), err);
}

struct looking {
	const struct rig_excerpt *e;
	const struct rig_excerpt_fault *wanted;
	bool found, other;
};

/* The number that the packet had in the whole. */
static unsigned long whole_number(const struct rig_excerpt *e, unsigned long packet)
{
	for (size_t i = 0; i < e->n_packets; i++)
		if (e->kept[i] && --packet == 0)
			return e->packets[i].number;
	return 0;
}

static void look(void *context, const struct rig_trace_fault *fault)
{
	struct looking *l = context;
	unsigned long packet = whole_number(l->e, fault->packet);
	bool known = false;

	for (size_t i = 0; i < l->e->n_faults && !known; i++)
		known = l->e->faults[i].packet == packet &&
			!strcmp(l->e->faults[i].kind, kind_of(fault));
	l->other |= !known;
	l->found |=
		known && packet == l->wanted->packet && !strcmp(l->wanted->kind, kind_of(fault));
}

bool rig_excerpt_shows(struct rig_excerpt *e, const struct rig_excerpt_fault *fault)
{
	struct looking l = { .e = e, .wanted = fault };
	struct rig_trace_families families = e->given;
	struct rig_trace_options options = e->options;
	struct rig_trace_verdict verdict;
	struct rig_trace *trace;
	char path[RIG_EXCERPT_PATH];

	options.watch = NULL;
	options.families = &families;
	if (rig_excerpt_keep(e, path, NULL) < 0)
		return false;
	trace = rig_trace_open(path, NULL);
	if (!trace)
		return false;
	if (rig_trace_families_read(&families, trace, NULL) < 0 ||
	    rig_trace_judge(trace, &options, look, &l, &verdict, NULL) < 0)
		l.found = false;
	rig_trace_close(trace);
	return l.found && !l.other;
}
