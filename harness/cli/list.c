/* SPDX-License-Identifier: GPL-2.0-only */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "wire/script.h"

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cases", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct rig_error err = {};
	struct rig_cases cases;
	struct rig_selection selection = { rig_cases_folder, 1, NULL, 0 };
	char *globs[argc];
	size_t i;
	int opt, status = RIG_EXIT_PASSED;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			globs[selection.n_globs++] = optarg;
			break;
		case 'h':
			fputs(rig_cli_list.help, stdout);
			return RIG_EXIT_PASSED;
		default:
			return rig_cli_bad_option(&rig_cli_list);
		}
	}
	selection.globs = globs;
	if (optind < argc) {
		selection.paths = argv + optind;
		selection.n_paths = argc - optind;
	}
	if (rig_cases_load(&cases, &selection, &err) < 0)
		status = rig_cli_bad_error(&err);
	for (i = 0; status == RIG_EXIT_PASSED && i < cases.count; i++)
		printf("%-40s %s\n", cases.list[i].script->id, cases.list[i].script->reason);
	rig_cases_free(&cases);
	return status;
}

const struct rig_command_line rig_cli_list = {
	.name = "list",
	.run = run,
	.summary = "name the cases, with the reason of each",
	.help = "usage: nlrig list [--cases GLOB]... [PATH]...\n"
		"\n"
		"Names each case below the paths (corpora/cases unless given) and says why it is\n"
		"there. Reads them all, so it also finds the first that is not well-formed.\n"
		"\n"
		"  --cases GLOB  only cases whose id matches, as in 'flow/new-*'\n"
		"\n"
		"Exit status: 0, 2 usage, or a case that is not well-formed.\n",
};
