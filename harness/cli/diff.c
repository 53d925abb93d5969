/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig diff: random requests on a target, judged by the model. */
#include <stdio.h>

#include "cli/options.h"
#include "judge/known.h"

static int run_it(struct rig_diff_options *o)
{
	struct rig_known *known = rig_known_new();
	struct rig_error err = {};
	int status;

	o->known = known;
	if (!known || rig_known_load(known, o->known_folder, &err) < 0)
		status = rig_cli_bad_error(&err);
	else if (!o->vm)
		status = rig_diff_run(o);
	else
		status = rig_diff_guest(o);
	rig_known_free(known);
	return status;
}

static int run(int argc, char **argv)
{
	struct rig_diff_options o = {
		.target = RIG_TARGET_MODEL,
		.report = "build/report/diff",
		.known_folder = "corpora/known",
		.timeout = "3600",
		.seed = 1,
		.messages = 50000,
	};
	const struct rig_option options[] = {
		{ "target", rig_option_target, &o.target },
		{ "vm", rig_option_vm, &o.vm },
		{ "seed", rig_option_number, &o.seed },
		{ "from", rig_option_number, &o.from },
		{ "messages", rig_option_number, &o.messages },
		{ "report", rig_option_text, &o.report },
		{ "known", rig_option_text, &o.known_folder },
		{ "timeout", rig_option_text, &o.timeout },
		{ "keep-going", rig_option_flag, &o.keep_going },
		{ "no-shrink", rig_option_flag, &o.no_shrink },
		{ "relations", rig_option_flag, &o.relations },
		{ "script", rig_option_text, &o.script },
		{ "print", rig_option_flag, &o.print },
		{ "host-kernel", rig_option_flag, &o.host_kernel },
		{ "kcov", rig_option_text, &o.kcov },
		{},
	};
	int status = rig_options_read(&rig_cli_diff, options, RIG_NO_OPERAND, argc, argv);

	if (status < 0)
		status = rig_options_check_vm(o.vm, o.target != RIG_TARGET_MODEL);
	if (status >= 0)
		return status;
	if (o.script)
		o.from = 0, o.messages = 1;
	if (o.print)
		return rig_diff_print(&o);
	return run_it(&o);
}

const struct rig_command_line rig_cli_diff = {
	.name = "diff",
	.run = run,
	.summary = "send random requests, and judge each answer",
	.help = "usage: nlrig diff [OPTION]...\n"
		"\n"
		"Sends random requests and frames, valid ones and such as are broken in one\n"
		"place, and holds each answer against the model. The first divergence ends the\n"
		"run: it is made as small as can be, and written as a case to DIR. A run is its\n"
		"seed.\n"
		"\n"
		"  --target T     model (unless given), intree or ref\n"
		"  --vm VM        qemu, uml, uml-san or uml-fast: in a guest of its own\n"
		"  --seed N       which sequence (1)\n"
		"  --messages N   how many messages of it, about (50000)\n"
		"  --from N       begin at message N of it: go on where a run has ended\n"
		"  --keep-going   do not end at a divergence: one case for each kind of them\n"
		"  --no-shrink    say what diverges, and no more: no case is made of it\n"
		"  --relations    let no model judge: only what must hold between answers\n"
		"  --script FILE  play this one, instead of random requests\n"
		"  --print        send nothing: print the cases that would be run\n"
		"  --report DIR   for the cases and the guest's log (build/report/diff)\n"
		"  --known DIR    what a kernel may complain of (corpora/known)\n"
		"  --timeout S    kill a guest after S seconds (3600)\n"
		"  --host-kernel  drive this machine's own kernel, in a network namespace of its\n"
		"                 own: a bug in its datapath is then a bug on this machine\n"
		"  --kcov FILE    as nlrig run has it\n"
		"\n"
		"  nlrig diff --target intree --vm uml --messages 1000000\n"
		"\n"
		"Exit status: 0 no divergence, 1 some, 2 usage or something is missing, 130\n"
		"interrupted.\n",
};
