/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/known.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/arena.h"
#include "wire/error.h"

struct pattern {
	struct pattern *next;
	const char *text;
};

struct entry {
	struct entry *next;
	const char *path;
	const char *why;
	const char *kernel;
	const char *skip; /* what a run would do to the target; NULL: cases are run */
	struct pattern *cases;
	struct pattern *targets;
	struct pattern *differs;
	struct pattern *logs;
};

struct rig_known {
	struct rig_arena arena;
	struct entry *entries;
	struct entry **tail;
};

struct rig_known *rig_known_new(void)
{
	struct rig_known *known = calloc(1, sizeof(*known));

	if (known)
		known->tail = &known->entries;
	return known;
}

void rig_known_free(struct rig_known *known)
{
	if (!known)
		return;
	rig_arena_free(&known->arena);
	free(known);
}

/* ---- reading ---- */

struct source {
	struct rig_known *known;
	const char *path;
	unsigned int line;
	struct rig_error *err;
};

static int out_of_memory(const struct source *source)
{
	return rig_error_at(source->err, source->path, source->line, 1, "out of memory");
}

static int add_pattern(const struct source *source, struct pattern **list, const char *text)
{
	struct pattern *pattern = rig_arena_alloc(&source->known->arena, sizeof(*pattern));

	if (!pattern)
		return out_of_memory(source);
	pattern->text = text;
	while (*list)
		list = &(*list)->next;
	*list = pattern;
	return 0;
}

/* The comments of a file, joined, are its why. */
static int add_why(const struct source *source, struct entry *entry, const char *text)
{
	char *joined;

	text += strspn(text, "# ");
	if (!*text || !strncmp(text, "SPDX-", 5))
		return 0;
	joined = rig_arena_alloc(&source->known->arena,
				 strlen(text) + (entry->why ? strlen(entry->why) : 0) + 2);
	if (!joined)
		return out_of_memory(source);
	sprintf(joined, "%s%s%s", entry->why ? entry->why : "", entry->why ? " " : "", text);
	entry->why = joined;
	return 0;
}

static int read_line(const struct source *source, struct entry *entry, char *text)
{
	size_t size = strcspn(text, " \t");
	char *value = text + size + strspn(text + size, " \t");

	if (!*text)
		return 0;
	if (*text == '#')
		return add_why(source, entry, text);
	text[size] = '\0';
	if (!*value)
		return rig_error_at(source->err, source->path, source->line, (unsigned int)size + 1,
				    "expected a value after \"%s\"", text);
	if (!strcmp(text, "case"))
		return add_pattern(source, &entry->cases, value);
	if (!strcmp(text, "target"))
		return add_pattern(source, &entry->targets, value);
	if (!strcmp(text, "differs"))
		return add_pattern(source, &entry->differs, value);
	if (!strcmp(text, "log"))
		return add_pattern(source, &entry->logs, value);
	if (!strcmp(text, "kernel"))
		entry->kernel = value;
	else if (!strcmp(text, "skip"))
		entry->skip = value;
	else
		return rig_error_at(source->err, source->path, source->line, 1,
				    "expected case, target, kernel, differs, skip or log, not "
				    "\"%s\"",
				    text);
	return 0;
}

static int check_entry(const struct source *source, const struct entry *entry)
{
	const struct {
		bool there;
		const char *what;
	} required[] = {
		{ entry->why != NULL, "a comment that says why" },
		{ entry->cases != NULL, "\"case\"" },
		{ entry->targets != NULL, "\"target\"" },
		{ entry->kernel != NULL, "\"kernel\"" },
		{ entry->differs || entry->skip, "\"differs\" or \"skip\"" },
		{ !entry->differs || !entry->skip, "\"differs\" or \"skip\", not both," },
		{ !entry->logs || entry->skip, "\"skip\" beside \"log\"" },
	};

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!required[i].there)
			return rig_error_at(source->err, source->path, source->line, 1,
					    "expected %s in this file", required[i].what);
	return 0;
}

int rig_known_parse(struct rig_known *known, const char *path, const char *text, size_t len,
		    struct rig_error *err)
{
	char *own_path = rig_arena_copy(&known->arena, path, strlen(path));
	struct entry *entry = rig_arena_alloc(&known->arena, sizeof(*entry));
	char *line = rig_arena_copy(&known->arena, text, len), *end;
	struct source source = { .known = known, .path = own_path, .line = 0, .err = err };

	if (!own_path || !entry || !line)
		return rig_error_set(err, "%s: out of memory", path);
	entry->path = own_path;
	for (; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		source.line++;
		for (size_t n = strlen(line); n > 0 && strchr(" \t\r", line[n - 1]); n--)
			line[n - 1] = '\0';
		if (read_line(&source, entry, line) < 0)
			return -1;
	}
	if (check_entry(&source, entry) < 0)
		return -1;
	*known->tail = entry;
	known->tail = &entry->next;
	return 0;
}

static int load_file(struct rig_known *known, const char *path, struct rig_error *err)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	int ret;

	if (!file)
		return rig_error_set(err, "cannot read %s: %s", path, strerror(errno));
	len = getdelim(&text, &room, '\0', file);
	if (len < 0 && ferror(file))
		ret = rig_error_set(err, "cannot read %s: %s", path, strerror(errno));
	else
		ret = rig_known_parse(known, path, text ? text : "", len > 0 ? (size_t)len : 0,
				      err);
	fclose(file);
	free(text);
	return ret;
}

static int is_known_file(const struct dirent *entry)
{
	return fnmatch("*.nlk", entry->d_name, FNM_PERIOD) == 0;
}

int rig_known_load(struct rig_known *known, const char *folder, struct rig_error *err)
{
	struct dirent **names;
	int n = scandir(folder, &names, is_known_file, alphasort), ret = 0;

	if (n < 0)
		return errno == ENOENT ? 0 :
					 rig_error_set(err, "cannot read the folder %s: %s", folder,
						       strerror(errno));
	for (int i = 0; i < n; i++) {
		char *path;

		if (asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0)
			path = NULL;
		if (ret == 0)
			ret = path ? load_file(known, path, err) :
				     rig_error_set(err, "out of memory");
		free(path);
		free(names[i]);
	}
	free(names);
	return ret;
}

/* ---- asking ---- */

static bool matches(const struct pattern *pattern, const char *text)
{
	while (pattern && fnmatch(pattern->text, text, 0))
		pattern = pattern->next;
	return pattern != NULL;
}

static bool applies_to(const struct entry *entry, const struct rig_known_where *where)
{
	return matches(entry->targets, where->target) && !fnmatch(entry->kernel, where->kernel, 0);
}

static bool applies(const struct entry *entry, const struct rig_known_where *where)
{
	return matches(entry->cases, where->id) && applies_to(entry, where);
}

const char *rig_known_accepts(const struct rig_known *known, const struct rig_known_where *where,
			      const char *finding)
{
	for (const struct entry *entry = known->entries; entry; entry = entry->next)
		if (applies(entry, where) && matches(entry->differs, finding))
			return entry->why;
	return NULL;
}

const char *rig_known_skips(const struct rig_known *known, const struct rig_known_where *where,
			    const char **why)
{
	for (const struct entry *entry = known->entries; entry; entry = entry->next) {
		if (!entry->skip || !applies(entry, where))
			continue;
		*why = entry->why;
		return entry->skip;
	}
	return NULL;
}

const char *rig_known_logs(const struct rig_known *known, const struct rig_known_where *where,
			   const char *headline)
{
	for (const struct entry *entry = known->entries; entry; entry = entry->next)
		if (applies_to(entry, where) && matches(entry->logs, headline))
			return entry->why;
	return NULL;
}

static bool is_met(const struct pattern *differs, const char *const *findings, size_t n_findings)
{
	for (size_t i = 0; i < n_findings; i++)
		if (!fnmatch(differs->text, findings[i], 0))
			return true;
	return false;
}

size_t rig_known_stale(const struct rig_known *known, const struct rig_known_where *where,
		       const char *const *findings, size_t n_findings,
		       void (*report)(void *data, const char *path, const char *differs),
		       void *data)
{
	size_t count = 0;

	for (const struct entry *entry = known->entries; entry; entry = entry->next) {
		if (!applies(entry, where))
			continue;
		for (const struct pattern *d = entry->differs; d; d = d->next) {
			if (is_met(d, findings, n_findings))
				continue;
			report(data, entry->path, d->text);
			count++;
		}
	}
	return count;
}

static bool is_some_case(const struct pattern *pattern, const char *const *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!fnmatch(pattern->text, ids[i], 0))
			return true;
	return false;
}

int rig_known_check(const struct rig_known *known, const char *const *ids, size_t count,
		    struct rig_error *err)
{
	for (const struct entry *entry = known->entries; entry; entry = entry->next)
		for (const struct pattern *p = entry->cases; p; p = p->next)
			if (!is_some_case(p, ids, count))
				return rig_error_set(err, "%s: there is no case %s", entry->path,
						     p->text);
	return 0;
}
