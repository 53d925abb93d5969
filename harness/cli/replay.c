/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig replay: a trace's requests once more, on a target. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/job.h"
#include "cli/replay.h"

static int read_option(struct rig_replay_wish *wish, int opt, const char *value)
{
	struct rig_error err = {};

	switch (opt) {
	case 't':
		return rig_cli_read_target(value, &wish->target);
	case 'v':
		return rig_cli_read_vm(value, &wish->vm);
	case 'k':
		return rig_cli_read_kernel(value, &wish->kernel);
	case 'c':
		return rig_job_number("--cpus", value, &wish->cpus);
	case 'f':
		if (rig_trace_families_give(&wish->families, value, &err) < 0)
			return rig_cli_bad_error(&err);
		return RIG_EXIT_PASSED;
	case 'R':
		wish->rhythm = true;
		return RIG_EXIT_PASSED;
	case 'q':
		wish->quiet = true;
		return RIG_EXIT_PASSED;
	case 'K':
		wish->ktap = true;
		return RIG_EXIT_PASSED;
	case 'S':
		wish->script = true;
		return RIG_EXIT_PASSED;
	case 'r':
		wish->report = value;
		return RIG_EXIT_PASSED;
	case 'l':
		wish->timeout = value;
		return RIG_EXIT_PASSED;
	case 'H':
		wish->host_kernel = true;
		return RIG_EXIT_PASSED;
	default:
		return rig_cli_bad_option(&rig_cli_replay);
	}
}

/* Fills the wish; a status when there is nothing more to do, else -1. */
static int read_options(int argc, char **argv, struct rig_replay_wish *wish)
{
	static const struct option options[] = {
		{ "target", required_argument, NULL, 't' },
		{ "vm", required_argument, NULL, 'v' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "family", required_argument, NULL, 'f' },
		{ "rhythm", no_argument, NULL, 'R' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "ktap", no_argument, NULL, 'K' },
		{ "script", no_argument, NULL, 'S' },
		{ "report", required_argument, NULL, 'r' },
		{ "timeout", required_argument, NULL, 'l' },
		{ "host-kernel", no_argument, NULL, 'H' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int opt, status = RIG_EXIT_PASSED;

	while (!status && (opt = getopt_long(argc, argv, "hq", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(rig_cli_replay.help, stdout);
			return RIG_EXIT_PASSED;
		}
		status = read_option(wish, opt, optarg);
	}
	if (status)
		return status;
	wish->paths = argv + optind;
	wish->n_paths = argc - optind;
	if (!wish->n_paths)
		return rig_cli_bad("replay: name a trace; see nlrig help replay");
	status = rig_cli_check_vm(wish->vm, wish->target != RIG_TARGET_MODEL);
	return status ? status : -1;
}

static int run(int argc, char **argv)
{
	struct rig_replay_wish wish = {
		.target = RIG_TARGET_MODEL,
		.report = "build/report/replay",
		.timeout = "600",
	};
	int status = read_options(argc, argv, &wish);

	if (status >= 0)
		return status;
	if (wish.script || !wish.vm)
		return rig_replay_here(&wish);
	return rig_replay_guest(&wish);
}

const struct rig_command_line rig_cli_replay = {
	.name = "replay",
	.run = run,
	.summary = "send a trace's requests again, on a target",
	.help = "usage: nlrig replay [OPTION]... TRACE...\n"
		"\n"
		"Sends the requests of a trace (pcap or pcapng, captured from an nlmon device)\n"
		"again, in their order and in datagrams as their clients did. Family ids,\n"
		"ifindexes, port ids and sequence numbers become those of the target; network\n"
		"devices are made where ports need them, and so is what was there before the\n"
		"trace, as far as its dumps and replies tell. Each answer is judged twice: by the\n"
		"model, as in nlrig run, and against the one that was captured, leaving out\n"
		"numbers, counters and times that differ from run to run.\n"
		"\n"
		"What cannot be sent again (frames on the wire, and so the upcalls for them) or\n"
		"compared (what was answered from a state that the trace does not tell) is\n"
		"counted with its reason.\n"
		"\n"
		"  --target T        model (unless given), intree or ref\n"
		"  --vm VM           qemu or uml: intree and ref run in a guest of their own\n"
		"  --rhythm          each request at its time, not as fast as possible\n"
		"  --kernel 6.1.192  the release that was captured (that of the target)\n"
		"  --cpus N          its possible processors (as the trace tells)\n"
		"  --family flow=30  a family's id, where the trace does not tell\n"
		"  --script          send nothing: print the script that would be run\n"
		"  --quiet           one line a difference\n"
		"  --ktap            a result for each trace\n"
		"  --report DIR      for the guest's log (build/report/replay)\n"
		"  --timeout S       kill the guest after S seconds (600)\n"
		"  --host-kernel     drive this machine's own kernel, in a network namespace of\n"
		"                    its own: a bug in its datapath is then a bug on this machine\n"
		"\n"
		"  nlrig replay trace.pcapng --target intree --vm uml\n"
		"\n"
		"Exit status: 0 all as captured and as the contract says, 1 not, 2 usage or\n"
		"something is missing.\n",
};
