/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds cases: a case is a file, and nothing is registered. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "wire/script.h"

char *const rig_cases_folder[1] = { "corpora/cases" };

static void *check(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static bool wanted(const char *id, const struct rig_selection *selection)
{
	size_t i;

	for (i = 0; i < selection->n_globs; i++)
		if (fnmatch(selection->globs[i], id, 0) == 0)
			return true;
	return !selection->n_globs;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_path(struct rig_cases *cases, const char *path)
{
	if (!(cases->count & (cases->count - 1)))
		cases->list = check(
			reallocarray(cases->list, 2 * cases->count + 1, sizeof(*cases->list)));
	cases->list[cases->count++].path = check(rig_arena_copy(&cases->arena, path, strlen(path)));
}

static int walk(struct rig_cases *cases, const char *path, bool named, struct rig_error *err)
{
	struct dirent **entries;
	struct stat st;
	int i, n, ret = 0;

	if (stat(path, &st) < 0)
		return rig_error_set(err, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode)) {
		if (named || !fnmatch("*.nlt", path, 0))
			add_path(cases, path);
		return 0;
	}
	n = scandir(path, &entries, visible, alphasort);
	if (n < 0)
		return rig_error_set(err, "%s: %s", path, strerror(errno));
	for (i = 0; i < n; i++) {
		char *below;

		if (asprintf(&below, "%s/%s", path, entries[i]->d_name) < 0)
			abort();
		if (ret == 0)
			ret = walk(cases, below, false, err);
		free(below);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

static int parse(struct rig_cases *cases, struct rig_case *c, struct rig_error *err)
{
	size_t size;
	char *text = rig_file_read(c->path, &size, err);

	if (!text)
		return -1;
	c->script = rig_script_parse(&cases->arena, c->path, text, size, err);
	free(text);
	return c->script ? 0 : -1;
}

/* Keeps what is wanted, in order. */
static int select_cases(struct rig_cases *cases, const struct rig_selection *selection,
			struct rig_error *err)
{
	size_t i, kept = 0;

	for (i = 0; i < cases->count; i++) {
		struct rig_case *c = &cases->list[i];
		const char *id = check((char *)rig_script_id(&cases->arena, c->path));

		if (!wanted(id, selection))
			continue;
		if (parse(cases, c, err) < 0)
			return -1;
		cases->list[kept++] = *c;
	}
	cases->count = kept;
	return 0;
}

int rig_cases_load(struct rig_cases *cases, const struct rig_selection *selection,
		   struct rig_error *err)
{
	size_t i;

	memset(cases, 0, sizeof(*cases));
	for (i = 0; i < selection->n_paths; i++)
		if (walk(cases, selection->paths[i], true, err) < 0)
			return -1;
	if (select_cases(cases, selection, err) < 0)
		return -1;
	if (cases->count)
		return 0;
	if (selection->n_globs)
		return rig_error_set(err, "no case matches '%s'", selection->globs[0]);
	return rig_error_set(err, "%s: no case (*.nlt) is there", selection->paths[0]);
}

const char **rig_cases_ids(const struct rig_cases *cases)
{
	const char **ids = check(calloc(cases->count, sizeof(*ids)));
	size_t i;

	for (i = 0; i < cases->count; i++)
		ids[i] = cases->list[i].script->id;
	return ids;
}

void rig_cases_free(struct rig_cases *cases)
{
	free(cases->list);
	rig_arena_free(&cases->arena);
	memset(cases, 0, sizeof(*cases));
}
