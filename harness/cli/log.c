/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig log: what kernel logs say that the kernel did wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/options.h"
#include "judge/klog.h"
#include "wire/bytes.h"

enum { FINDINGS = 8 };

int rig_log_read(const char *path, bool whole, struct rig_bytes *text, struct rig_error *err)
{
	struct rig_klog_finding findings[FINDINGS];
	size_t size = 0, n, i;
	char *log = rig_file_read(path, &size, err);

	if (!log)
		return -1;
	if (whole && !rig_klog_is_whole(log, size))
		rig_bytes_print(text, "%s is not whole: its first line is not the kernel's\n",
				path);
	n = rig_klog_judge(log, size, findings, FINDINGS);
	for (i = 0; i < n && i < FINDINGS; i++)
		rig_bytes_print(text, "%s:%u: %s\n%.*s\n", path, findings[i].line, findings[i].what,
				(int)findings[i].context_len, findings[i].context);
	if (n > FINDINGS)
		rig_bytes_print(text, "%s: %zu more\n", path, n - FINDINGS);
	free(log);
	return 0;
}

static int run(int argc, char **argv)
{
	struct rig_bytes text = {};
	struct rig_error err = {};
	bool whole = false, clean;
	const struct rig_option options[] = { { "whole", rig_option_flag, &whole }, {} };
	int status = rig_options_read(&rig_cli_log, options, RIG_SOME_OPERANDS, argc, argv);

	if (status >= 0)
		return status;
	for (; optind < argc; optind++)
		if (rig_log_read(argv[optind], whole, &text, &err) < 0)
			return rig_cli_bad_error(&err);
	clean = !text.size;
	fputs(rig_bytes_text(&text), stdout);
	rig_bytes_free(&text);
	return clean ? RIG_EXIT_PASSED : RIG_EXIT_FAILED;
}

const struct rig_command_line rig_cli_log = {
	.name = "log",
	.run = run,
	.summary = "say what the kernel did wrong, by its log",
	.help = "usage: nlrig log [--whole] FILE...\n"
		"\n"
		"Prints each report of a kernel log, and what belongs to it: of KASAN, lockdep\n"
		"and the like, a WARN, an oops. Nothing when there is none.\n"
		"\n"
		"  --whole  the logs must begin where the kernel did\n"
		"\n"
		"Exit status: 0 nothing is wrong, 1 something is, 2 usage, or a file cannot be\n"
		"read.\n",
};
