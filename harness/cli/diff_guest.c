/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig diff in a guest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/boot.h"
#include "cli/cli.h"

struct session {
	const struct rig_diff_options *o;
	const char *folder;
};

/* Hands on what the guest says; a path of its own as one of ours. */
static void take_line(void *context, char *line)
{
	struct session *s = context;
	const char *path = strstr(line, RIG_BOOT_HOST);

	if (path)
		printf("%.*s%s/%s", (int)(path - line), line, s->folder,
		       path + strlen(RIG_BOOT_HOST));
	else
		fputs(line, stdout);
	fflush(stdout);
}

/* Where it was when it last said so. */
static uint64_t position(const struct session *s)
{
	char path[4096 + 16], *text;
	uint64_t position;
	size_t size;

	snprintf(path, sizeof(path), "%s/position", s->folder);
	text = rig_file_read(path, &size, NULL);
	position = text ? strtoull(text, NULL, 10) : 0;
	free(text);
	return position > s->o->from ? position : s->o->from;
}

static void make_command(struct rig_boot *boot, const struct rig_diff_options *o)
{
	rig_boot_begin(boot);
	rig_boot_add(boot, "--moves");
	rig_boot_add(boot, "position");
	if (access(o->known_folder, F_OK) == 0)
		rig_boot_put(boot, o->known_folder, "/known");
	if (o->script)
		rig_boot_put(boot, o->script, "/script.nlt");
	rig_boot_program(boot);
	rig_boot_add(boot, "diff");
	if (o->script)
		rig_boot_add(boot, "--script=/script.nlt");
	rig_boot_add(boot, "--target=%s", boot->target);
	rig_boot_add(boot, "--report=%s", RIG_BOOT_HOST);
	rig_boot_add(boot, "--known=/known");
	rig_boot_add(boot, "--seed=%" PRIu64, o->seed);
	rig_boot_add(boot, "--from=%" PRIu64, o->from);
	rig_boot_add(boot, "--messages=%" PRIu64, o->messages);
	if (o->keep_going)
		rig_boot_add(boot, "--keep-going");
	if (o->no_shrink)
		rig_boot_add(boot, "--no-shrink");
	if (o->relations)
		rig_boot_add(boot, "--relations");
}

int rig_diff_guest(const struct rig_diff_options *o)
{
	char folder[4096];
	struct session s = { .o = o, .folder = folder };
	struct rig_boot boot = {
		.vm = o->vm,
		.target = rig_target_name[o->target],
		.folder = folder,
		.timeout = o->timeout,
		.known = o->known,
	};
	int status;

	snprintf(folder, sizeof(folder), "%s/%s", o->report, boot.target);
	make_command(&boot, o);
	status = rig_boot_run(&boot, take_line, &s);
	if (boot.interrupted) {
		rig_diff_print_rest(o, position(&s));
		status = RIG_EXIT_INTERRUPTED;
	} else if (status == RIG_EXIT_PASSED) {
		status = rig_boot_judge(&boot, stdout);
		if (!rig_boot_orderly(&boot)) {
			printf("the guest did not end in order, at message %" PRIu64
			       " or soon after\n",
			       position(&s));
			rig_diff_print_rest(o, position(&s));
		}
	}
	rig_boot_free(&boot);
	return status;
}
