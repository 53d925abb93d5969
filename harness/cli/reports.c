/* SPDX-License-Identifier: GPL-2.0-only */
/* Reports as files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "cli/cli.h"

int rig_report_read(const char *path, struct rig_suite *suite)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct rig_ktap_reader reader = { .suite = suite };
	struct rig_error err = {};
	char *target, *text, *line, *rest;
	size_t size;

	text = rig_file_read(path, &size, &err);
	if (!text)
		return rig_cli_bad_error(&err);
	target = strndup(base, strcspn(base, "."));
	rig_suite_init(suite, target);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		rig_ktap_read(&reader, line);
	rig_ktap_finish(&reader, NULL, 0);
	free(target);
	free(text);
	return RIG_EXIT_PASSED;
}

static int close_report(FILE *to, const char *path)
{
	bool failed = !to || ferror(to);

	if (to && fclose(to) != 0)
		failed = true;
	return failed ? rig_cli_bad("%s: %s", path, strerror(errno)) : RIG_EXIT_PASSED;
}

int rig_report_write(const char *folder, const struct rig_suite *suites, size_t count)
{
	char path[4096];
	size_t i;
	FILE *to;

	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s.ktap", folder, suites[i].target);
		to = fopen(path, "we");
		if (to)
			rig_ktap_write(to, &suites[i]);
		if (close_report(to, path) != RIG_EXIT_PASSED)
			return RIG_EXIT_USAGE;
	}
	snprintf(path, sizeof(path), "%s/table.txt", folder);
	to = fopen(path, "we");
	if (to)
		rig_table_write(to, suites, count, false);
	if (close_report(to, path) != RIG_EXIT_PASSED)
		return RIG_EXIT_USAGE;
	snprintf(path, sizeof(path), "%s/junit.xml", folder);
	to = fopen(path, "we");
	if (to)
		rig_junit_write(to, suites, count);
	return close_report(to, path);
}

int rig_folder_make(const char *path)
{
	char *copy = strdup(path), *p;
	int ret = -1;

	for (p = copy + 1; copy && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(copy, 0777);
		*p = '/';
	}
	if (copy && (mkdir(copy, 0777) == 0 || errno == EEXIST))
		ret = 0;
	free(copy);
	return ret;
}

int rig_folder_take(const char *path)
{
	int fd = rig_folder_make(path) < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return rig_cli_bad("%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return rig_cli_bad("%s: another run is writing there; see --report", path);
	return RIG_EXIT_PASSED;
}
