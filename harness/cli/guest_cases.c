/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest is given, beside the program: files, and words on its command line. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static void append(char ***list, size_t *count, const char *fmt, va_list args)
{
	*list = realloc(*list, (*count + 1) * sizeof(**list));
	if (!*list || vasprintf(&(*list)[(*count)++], fmt, args) < 0)
		abort();
}

void rig_guest_word(struct rig_guest_options *o, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(&o->words, &o->n_words, fmt, args);
	va_end(args);
}

void rig_guest_add(struct rig_guest_options *o, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(&o->adds, &o->n_adds, fmt, args);
	va_end(args);
}

static char *format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text;
}

/*
 * A place of its own for each path, where its cases have the ids that they have here: an id is what
 * follows "cases/", or else the file's name.
 */
static char *guest_path(size_t number, const char *path)
{
	char *slashed = format("/%s/", path);
	char *next, *from = NULL, *place;
	size_t len = strlen(slashed);

	for (next = slashed; (next = strstr(next, "/cases/")) != NULL; next++)
		from = next;
	while (len > 1 && slashed[len - 1] == '/' && slashed + len - 1 > from)
		slashed[--len] = '\0';
	if (!from)
		from = strrchr(slashed, '/');
	place = format("/paths/%zu%s", number, !from[1] || from[1] == '.' ? "/here" : from);
	free(slashed);
	return place;
}

void rig_guest_add_cases(struct rig_guest_options *o, const struct rig_selection *s,
			 const struct rig_cases *cases)
{
	size_t i;

	for (i = 0; i < s->n_globs; i++)
		rig_guest_word(o, "--cases=%s", s->globs[i]);
	for (i = 0; i < s->n_paths; i++) {
		char *place = guest_path(i, s->paths[i]);

		rig_guest_add(o, "%s=%s", s->paths[i], place);
		rig_guest_word(o, "%s", place);
		free(place);
	}
	o->ids = rig_cases_ids(cases);
	o->n_ids = cases->count;
}

void rig_guest_release(struct rig_guest_options *o)
{
	size_t i;

	for (i = 0; i < o->n_words; i++)
		free(o->words[i]);
	for (i = 0; i < o->n_adds; i++)
		free(o->adds[i]);
	free(o->words);
	free(o->adds);
	free(o->ids);
}
