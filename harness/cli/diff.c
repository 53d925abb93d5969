/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig diff: random requests on a target, judged by the model. */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "judge/known.h"

static int read_option(struct rig_diff_options *o, int opt, const char *value)
{
	switch (opt) {
	case 't':
		return rig_cli_read_target(value, &o->target);
	case 'v':
		return rig_cli_read_vm(value, &o->vm);
	case 's':
		return rig_cli_read_number("--seed", value, &o->seed);
	case 'p':
		return rig_cli_read_number("--from", value, &o->from);
	case 'm':
		return rig_cli_read_number("--messages", value, &o->messages);
	case 'r':
		o->report = value;
		return RIG_EXIT_PASSED;
	case 'n':
		o->known_folder = value;
		return RIG_EXIT_PASSED;
	case 'l':
		o->timeout = value;
		return RIG_EXIT_PASSED;
	case 'k':
		o->keep_going = true;
		return RIG_EXIT_PASSED;
	case 'P':
		o->print = true;
		return RIG_EXIT_PASSED;
	case 'C':
		o->kcov = value;
		return RIG_EXIT_PASSED;
	case 'H':
		o->host_kernel = true;
		return RIG_EXIT_PASSED;
	default:
		return rig_cli_bad_option(&rig_cli_diff);
	}
}

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
	static const struct option options[] = {
		{ "target", required_argument, NULL, 't' },
		{ "vm", required_argument, NULL, 'v' },
		{ "seed", required_argument, NULL, 's' },
		{ "from", required_argument, NULL, 'p' },
		{ "messages", required_argument, NULL, 'm' },
		{ "report", required_argument, NULL, 'r' },
		{ "known", required_argument, NULL, 'n' },
		{ "timeout", required_argument, NULL, 'l' },
		{ "keep-going", no_argument, NULL, 'k' },
		{ "print", no_argument, NULL, 'P' },
		{ "host-kernel", no_argument, NULL, 'H' },
		{ "kcov", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct rig_diff_options o = {
		.target = RIG_TARGET_MODEL,
		.report = "build/report/diff",
		.known_folder = "corpora/known",
		.timeout = "3600",
		.seed = 1,
		.messages = 50000,
	};
	int opt, status = RIG_EXIT_PASSED;

	while (!status && (opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(rig_cli_diff.help, stdout);
			return RIG_EXIT_PASSED;
		}
		status = read_option(&o, opt, optarg);
	}
	if (!status && optind < argc)
		status = rig_cli_bad("diff: '%s' is one word too many", argv[optind]);
	if (!status)
		status = rig_cli_check_vm(o.vm, o.target != RIG_TARGET_MODEL);
	if (status)
		return status;
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
