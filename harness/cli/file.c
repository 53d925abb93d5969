/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "replay/trace.h"

enum { READ_MOST = 64 << 20 }; /* a device may never end */

static char *read_all(FILE *from, size_t *size)
{
	size_t room = 0, used = 0;
	char *text = NULL, *larger;

	do {
		room = room ? 2 * room : 4096;
		larger = realloc(text, room);
		if (!larger)
			break;
		text = larger;
		used += fread(text + used, 1, room - 1 - used, from);
	} while (used == room - 1 && used < READ_MOST);
	if (used >= READ_MOST)
		errno = EFBIG;
	if (!larger || ferror(from) || used >= READ_MOST) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	*size = used;
	return text;
}

char *rig_file_read(const char *path, size_t *size, struct rig_error *err)
{
	FILE *from = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text = from ? read_all(from, size) : NULL;

	if (!text)
		rig_error_set(err, "%s: %s", path, strerror(errno));
	if (from && from != stdin)
		fclose(from);
	return text;
}

int rig_file_once(const char **path, struct rig_error *err)
{
	struct stat status;

	if (!strcmp(*path, "-") || stat(*path, &status) < 0 || S_ISREG(status.st_mode) ||
	    S_ISDIR(status.st_mode))
		return 0;
	if (!freopen(*path, "re", stdin))
		return rig_error_set(err, "%s: %s", *path, strerror(errno));
	*path = "-";
	return 0;
}

void rig_file_undo(const char *path)
{
	struct stat status;

	if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
		unlink(path);
}

bool rig_file_is_trace(const char *path)
{
	FILE *from = strcmp(path, "-") ? fopen(path, "re") : stdin;
	unsigned char start[4];
	size_t size = from ? fread(start, 1, sizeof(start), from) : 0;
	bool is = rig_trace_is(start, size);

	/* What was just read goes back into the buffer that it is from. */
	while (from == stdin && size && ungetc(start[size - 1], from) != EOF)
		size--;
	if (from && from != stdin)
		fclose(from);
	return is;
}
