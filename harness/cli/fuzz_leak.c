/* SPDX-License-Identifier: GPL-2.0-only */
/* Leaks, while a campaign goes on: what kmemleak says, where the kernel has it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fuzz.h"

/* It passes over what is younger than five seconds, and looks twice. */
enum { PAUSE_MS = 6000, SHARE = 10 /* of all time, at most one part of so many */ };

static const char path[] = "/sys/kernel/debug/kmemleak";

static int tell(const char *what)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put = fd < 0 ? -1 : write(fd, what, strlen(what));

	if (fd >= 0)
		close(fd);
	return put < 0 ? -1 : 0;
}

/* "    [<0000000060350842>] name+0x72/0x1c0 [module]": the first in a module of the datapath. */
static void name_place(const char *report, char *headline, size_t size)
{
	const char *end = strstr(report, "unreferenced object"), *line, *name, *module;

	for (line = report; line && (!end || line < end); line = strchr(line + 1, '\n')) {
		size_t len = strcspn(line + 1, "\n");

		name = strstr(line, ">] ");
		module = memmem(line + 1, len, " [", 2);
		if (!name || !module || name > line + 1 + len)
			continue;
		snprintf(headline, size, "leak: memory of %.*s", (int)strcspn(name + 3, "+"),
			 name + 3);
		return;
	}
	snprintf(headline, size, "leak: memory of the kernel's own");
}

bool rig_fuzz_look_for_leaks(struct rig_fuzz_leaks *leaks, char *headline, size_t size)
{
	unsigned int begin = rig_clock_ms();
	char *text, *ours;
	size_t len;

	if (leaks->off || begin < leaks->next_ms)
		return false;
	leaks->off = tell("scan\n") < 0;
	leaks->next_ms = rig_clock_ms() + PAUSE_MS + SHARE * (rig_clock_ms() - begin);
	text = leaks->off ? NULL : rig_file_read(path, &len, NULL);
	/* What loading modules has left is not of this program's making. */
	ours = text ? strstr(text, "comm \"nlrig\"") : NULL;
	if (ours)
		name_place(ours, headline, size);
	if (text && *text)
		tell("clear\n");
	free(text);
	return ours;
}
