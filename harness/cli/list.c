/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

#include "cli/options.h"
#include "wire/script.h"

static int run(int argc, char **argv)
{
	char *globs[argc];
	struct rig_selection selection = { rig_cases_folder, 1, globs, 0 };
	const struct rig_option options[] = {
		{ "cases", rig_option_glob, &selection },
		{},
	};
	struct rig_error err = {};
	struct rig_cases cases;
	size_t i;
	int status = rig_options_read(&rig_cli_list, options, RIG_ANY_OPERANDS, argc, argv);

	if (status >= 0)
		return status;
	status = RIG_EXIT_PASSED;
	rig_options_select(&selection, argc, argv);
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
