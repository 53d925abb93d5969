/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig replay in a guest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/boot.h"
#include "cli/cli.h"
#include "cli/replay.h"

struct session {
	const struct rig_replay_wish *wish;
	const struct rig_boot *boot;
	struct rig_suite suite; /* of --ktap, to which the guest's own result is added */
	struct rig_ktap_reader reader;
};

/* A trace has the name that it has here. */
static void take_line(void *context, char *line)
{
	struct session *s = context;
	char *named = NULL;
	size_t len;
	FILE *to = s->wish->ktap ? open_memstream(&named, &len) : stdout;

	if (!to)
		abort();
	if (s->wish->ktap)
		line[strcspn(line, "\n")] = '\0';
	rig_boot_say(s->boot, line, to);
	fflush(to);
	if (!s->wish->ktap)
		return;
	fclose(to);
	rig_ktap_read(&s->reader, named);
	free(named);
}

/* What became of the guest itself; an exit status. */
static int judge(struct session *s, const struct rig_boot *boot)
{
	char *said = NULL;
	size_t len;
	FILE *to = s->wish->ktap ? open_memstream(&said, &len) : stdout;
	int status;

	if (!to)
		return rig_cli_bad("out of memory");
	status = rig_boot_judge(boot, to);
	if (!rig_boot_orderly(boot))
		fprintf(to, "the guest did not end in order: see %s\n", boot->folder);
	if (!s->wish->ktap)
		return status;
	fclose(to);
	rig_ktap_finish(&s->reader, (const char *const *)s->wish->paths, s->wish->n_paths);
	rig_suite_add(&s->suite,
		      *said || !rig_boot_orderly(boot) || (status && !s->suite.tally[RIG_FAILED]) ?
			      RIG_FAILED :
			      RIG_PASSED,
		      "vm", NULL, said);
	free(said);
	rig_ktap_write(stdout, &s->suite);
	return !status && s->suite.tally[RIG_FAILED] ? RIG_EXIT_FAILED : status;
}

static void add_options(struct rig_boot *boot, const struct rig_replay_wish *wish)
{
	rig_boot_add(boot, "--target=%s", boot->target);
	if (wish->kernel)
		rig_boot_add(boot, "--kernel=%s", wish->kernel);
	if (wish->cpus)
		rig_boot_add(boot, "--cpus=%u", wish->cpus);
	for (unsigned int i = 0; i < RIG_CTRL; i++)
		if (wish->families.ids.id[i])
			rig_boot_add(boot, "--family=%s=%u", rig_families[i].name,
				     wish->families.ids.id[i]);
	if (wish->rhythm)
		rig_boot_add(boot, "--rhythm");
	if (wish->quiet)
		rig_boot_add(boot, "--quiet");
	if (wish->ktap)
		rig_boot_add(boot, "--ktap");
}

int rig_replay_guest(const struct rig_replay_wish *wish)
{
	char folder[4096];
	struct rig_boot boot = {
		.vm = wish->vm,
		.target = rig_target_name[wish->target],
		.folder = folder,
		.timeout = wish->timeout,
	};
	struct session s = { .wish = wish, .boot = &boot };
	int i, status;

	rig_suite_init(&s.suite, boot.target);
	s.reader.suite = &s.suite;
	snprintf(folder, sizeof(folder), "%s/%s-%s", wish->report, boot.target, wish->vm);
	rig_boot_begin(&boot);
	rig_boot_add_traces(&boot, wish->paths, wish->n_paths);
	rig_boot_program(&boot);
	rig_boot_add(&boot, "replay");
	add_options(&boot, wish);
	for (i = 0; i < wish->n_paths; i++)
		rig_boot_add_trace_path(&boot, i);
	status = rig_boot_run(&boot, take_line, &s);
	if (boot.interrupted) {
		rig_cli_bad("interrupted: the guest was killed");
		status = RIG_EXIT_INTERRUPTED;
	} else if (status == RIG_EXIT_PASSED) {
		status = judge(&s, &boot);
	}
	rig_suite_free(&s.suite);
	rig_boot_free(&boot);
	return status;
}
