/* SPDX-License-Identifier: GPL-2.0-only */
#include "cover/sites.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/error.h"

enum { COLUMNS = 8 };

/* A file of lines with tabs. */
struct table {
	const char *path;
	FILE *from;
	char *line;
	size_t room;
	unsigned int number;
	char *column[COLUMNS];
};

static int open_table(struct table *t, const char *path, struct rig_error *err)
{
	*t = (struct table){ .path = path, .from = fopen(path, "re") };
	return t->from ? 0 : rig_error_set(err, "%s: %s", path, strerror(errno));
}

/* The next line that is no comment, which has to have @columns. 1, 0 at the end, or -1. */
static int next_line(struct table *t, unsigned int columns, struct rig_error *err)
{
	char *rest;
	ssize_t len;

	do {
		len = getline(&t->line, &t->room, t->from);
		t->number++;
		if (len < 0)
			return 0;
	} while (t->line[0] == '#' || t->line[0] == '\n');
	if (t->line[len - 1] == '\n')
		t->line[len - 1] = '\0';
	rest = t->line;
	for (unsigned int i = 0; i < columns; i++) {
		t->column[i] = strsep(&rest, "\t");
		if (!t->column[i])
			return rig_error_at(err, t->path, t->number, 1, "want %u columns", columns);
	}
	return 1;
}

static void close_table(struct table *t)
{
	free(t->line);
	if (t->from)
		fclose(t->from);
}

/* Room for one more: those at the end are zero. */
static void *grow(void *list, size_t n, size_t size)
{
	char *grown = realloc(list, (n + 1) * size);

	if (!grown)
		abort();
	memset(grown + n * size, 0, size);
	return grown;
}

static char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return text;
}

/* ---- the kernel's tables ---- */

static int compare_blocks(const void *a, const void *b)
{
	const struct rig_site_block *left = a, *right = b;

	return strcmp(left->key, right->key);
}

static int read_blocks(struct rig_sites *s, const char *path, struct rig_error *err)
{
	struct table t;
	int ret = open_table(&t, path, err);

	while (ret == 0 && (ret = next_line(&t, 5, err)) > 0) {
		struct rig_site_block *block;

		s->blocks = grow(s->blocks, s->n_blocks, sizeof(*block));
		block = &s->blocks[s->n_blocks++];
		block->key = format("%s %s %s", t.column[0], t.column[1], t.column[2]);
		block->lines = format(" %s ", t.column[4]);
		ret = 0;
	}
	close_table(&t);
	qsort(s->blocks, s->n_blocks, sizeof(*s->blocks), compare_blocks);
	return ret;
}

/* How many sites before have the same id, but for their number. */
static unsigned int count_alike(const struct rig_sites *s, const char *id)
{
	size_t len = strlen(id);
	unsigned int n = 0;

	for (size_t i = 0; i < s->n_sites; i++)
		n += !strncmp(s->sites[i].id, id, len) &&
		     (!s->sites[i].id[len] || !strncmp(s->sites[i].id + len, " (", 2));
	return n;
}

/* Whether one of the lines from @first to @last of @file is in the block. */
static bool has_line(const struct rig_site_block *block, const char *file, unsigned int first,
		     unsigned int last)
{
	char line[128];

	for (unsigned int i = first; i <= last; i++) {
		snprintf(line, sizeof(line), " %s:%u ", file, i);
		if (strstr(block->lines, line))
			return true;
	}
	return false;
}

static int read_sites(struct rig_sites *s, const char *path, struct rig_error *err)
{
	struct table t;
	int ret = open_table(&t, path, err);

	while (ret == 0 && (ret = next_line(&t, 6, err)) > 0) {
		struct rig_site *site;
		unsigned int alike;
		char *id =
			format("%s:%s %s %s", t.column[0], t.column[4], t.column[3], t.column[5]);

		s->sites = grow(s->sites, s->n_sites, sizeof(*site));
		site = &s->sites[s->n_sites];
		alike = count_alike(s, id);
		site->id = alike ? format("%s (%u)", id, alike + 1) : strdup(id);
		site->first = strtoul(t.column[1], NULL, 10);
		site->last = strtoul(t.column[2], NULL, 10);
		for (size_t i = 0; i < s->n_blocks && !site->compiled; i++)
			site->compiled =
				has_line(&s->blocks[i], t.column[0], site->first, site->last);
		s->n_sites++;
		free(id);
		ret = 0;
	}
	close_table(&t);
	return ret;
}

int rig_sites_read(struct rig_sites *s, const char *folder, struct rig_error *err)
{
	char *blocks = format("%s/blocks", folder), *sites = format("%s/sites", folder);
	int ret = read_blocks(s, blocks, err);

	if (ret == 0)
		ret = read_sites(s, sites, err);
	free(blocks);
	free(sites);
	return ret;
}

void rig_sites_free(struct rig_sites *s)
{
	for (size_t i = 0; i < s->n_sites; i++)
		free(s->sites[i].id);
	for (size_t i = 0; i < s->n_blocks; i++) {
		free(s->blocks[i].key);
		free(s->blocks[i].lines);
	}
	for (size_t i = 0; i < s->n_rules; i++) {
		free(s->rules[i].pattern);
		free(s->rules[i].reason);
	}
	free(s->sites);
	free(s->blocks);
	free(s->rules);
}

/* ---- what was reached ---- */

static const char *file_of(const struct rig_site *site, char name[64])
{
	snprintf(name, 64, "%.*s", (int)strcspn(site->id, ":"), site->id);
	return name;
}

static void count_block(struct rig_sites *s, struct rig_site_block *block,
			enum rig_contract_source source, uint64_t count)
{
	char file[64];

	block->reached = true;
	for (size_t i = 0; i < s->n_sites; i++) {
		struct rig_site *site = &s->sites[i];

		if (has_line(block, file_of(site, file), site->first, site->last))
			site->count[source] += count;
	}
}

int rig_sites_count(struct rig_sites *s, enum rig_contract_source source, const char *path,
		    struct rig_error *err)
{
	struct table t;
	int ret = open_table(&t, path, err);

	while (ret == 0 && (ret = next_line(&t, 4, err)) > 0) {
		struct rig_site_block key = { .key = format("%s %s %s", t.column[0], t.column[1],
							    t.column[2]) };
		struct rig_site_block *block =
			bsearch(&key, s->blocks, s->n_blocks, sizeof(key), compare_blocks);

		if (block)
			count_block(s, block, source, strtoull(t.column[3], NULL, 10));
		free(key.key);
		ret = 0;
	}
	close_table(&t);
	return ret;
}

int rig_sites_excuse(struct rig_sites *s, const char *path, struct rig_error *err)
{
	struct table t;
	int ret = open_table(&t, path, err);

	while (ret == 0 && (ret = next_line(&t, 2, err)) > 0) {
		struct rig_site_rule *rule;

		s->rules = grow(s->rules, s->n_rules, sizeof(*rule));
		rule = &s->rules[s->n_rules++];
		rule->no_refusal = t.column[0][0] == '?';
		rule->pattern = strdup(t.column[0] + rule->no_refusal);
		rule->reason = strdup(t.column[1]);
		rule->line = t.number;
		ret = 0;
	}
	close_table(&t);
	for (size_t i = 0; i < s->n_sites; i++) {
		struct rig_site *site = &s->sites[i];

		for (size_t r = 0; r < s->n_rules && !site->rule; r++)
			if (fnmatch(s->rules[r].pattern, site->id, 0) == 0)
				site->rule = &s->rules[r];
		if (site->rule)
			site->rule->matches += site->compiled;
	}
	return ret;
}
