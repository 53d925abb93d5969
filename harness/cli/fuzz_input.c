/* SPDX-License-Identifier: GPL-2.0-only */
/* Test cases and findings of nlrig fuzz as files. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fuzz.h"
#include "fuzz/input.h"
#include "wire/script.h"

int rig_fuzz_print(const char *path)
{
	struct rig_error err = {};
	struct rig_arena arena = {};
	struct rig_bytes text = {};
	struct rig_script *script = NULL;
	size_t size;
	char *data = rig_file_read(path, &size, &err);

	if (!data)
		return rig_cli_bad_error(&err);
	script = rig_input_script(&arena, data, size);
	if (script)
		rig_script_print(script, &text);
	fputs(rig_bytes_text(&text), stdout);
	rig_bytes_free(&text);
	rig_arena_free(&arena);
	free(data);
	return rig_cli_flush(script ? RIG_EXIT_PASSED : rig_cli_bad("out of memory"));
}

static int write_whole(const char *path, const void *data, size_t size, struct rig_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	ssize_t put = fd < 0 ? -1 : write(fd, data, size);

	if (fd >= 0)
		close(fd);
	if (put != (ssize_t)size)
		return rig_error_set(err, "%s: %s", path, strerror(errno));
	return 0;
}

static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261;

	while (*text)
		h = (h ^ (uint8_t)*text++) * 16777619;
	return h;
}

int rig_fuzz_note(const char *folder, struct rig_finding_line *line, const void *input, size_t size,
		  struct rig_error *err)
{
	char path[4096], name[80], text[1024];
	int fd, len, ret;

	snprintf(path, sizeof(path), "%s/findings", folder);
	rig_folder_make(path);
	snprintf(name, sizeof(name), "findings/%s-%08x-%" PRIu64 "-%" PRIu64, line->kind,
		 hash(line->headline), line->job, line->ms);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	line->file = name;
	ret = write_whole(path, input, size, err);
	len = snprintf(text, sizeof(text),
		       "%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%s\t%.600s\t%s\n",
		       line->ms, line->job, line->executions, line->messages, line->kind,
		       line->headline, name);
	snprintf(path, sizeof(path), "%s/%s.tsv", folder,
		 strcmp(line->kind, "once") ? "findings" : "once");
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		ret = rig_error_set(err, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	line->file = NULL;
	return ret;
}

/* A script's id as a file name. */
static void name_file(char *path, size_t room, const char *folder, const char *id)
{
	size_t start = (size_t)snprintf(path, room, "%s/", folder);

	snprintf(path + start, room - start, "%s", id);
	for (char *c = path + start; *c; c++)
		if (*c == '/')
			*c = '-';
}

int rig_fuzz_import(const char *folder, char *const *paths, size_t n_paths)
{
	const struct rig_selection selection = { .paths = paths, .n_paths = n_paths };
	struct rig_cases cases = {};
	struct rig_error err = {};
	struct rig_bytes bytes = {};
	int status = RIG_EXIT_PASSED;
	size_t written = 0;

	if (rig_cases_load(&cases, &selection, &err) < 0)
		status = rig_cli_bad_error(&err);
	if (!status && rig_folder_make(folder) < 0)
		status = rig_cli_bad("%s: %s", folder, strerror(errno));
	for (size_t i = 0; i < cases.count && !status; i++) {
		char path[4096];

		rig_bytes_reset(&bytes);
		rig_input_write(cases.list[i].script, &bytes);
		name_file(path, sizeof(path), folder, cases.list[i].script->id);
		if (!bytes.size)
			continue;
		if (write_whole(path, bytes.data, bytes.size, &err) < 0)
			status = rig_cli_bad_error(&err);
		written++;
	}
	if (!status)
		printf("%zu test cases in %s\n", written, folder);
	rig_bytes_free(&bytes);
	rig_cases_free(&cases);
	return status;
}
