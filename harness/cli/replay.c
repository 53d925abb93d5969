/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig replay: a trace's requests once more, on a target. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/replay.h"

static int run(int argc, char **argv)
{
	struct rig_replay_wish wish = {
		.target = RIG_TARGET_MODEL,
		.report = "build/report/replay",
		.timeout = "600",
	};
	const struct rig_option options[] = {
		{ "target", rig_option_target, &wish.target },
		{ "vm", rig_option_vm, &wish.vm },
		{ "kernel", rig_option_kernel, &wish.kernel },
		{ "cpus", rig_option_count, &wish.cpus },
		{ "family", rig_option_family, &wish.families },
		{ "rhythm", rig_option_flag, &wish.rhythm },
		{ "quiet", rig_option_flag, &wish.quiet },
		{ "q", rig_option_flag, &wish.quiet },
		{ "ktap", rig_option_flag, &wish.ktap },
		{ "script", rig_option_flag, &wish.script },
		{ "report", rig_option_text, &wish.report },
		{ "timeout", rig_option_text, &wish.timeout },
		{ "host-kernel", rig_option_flag, &wish.host_kernel },
		{},
	};
	int status = rig_options_read(&rig_cli_replay, options, RIG_SOME_OPERANDS, argc, argv);

	if (status < 0)
		status = rig_options_check_vm(wish.vm, wish.target != RIG_TARGET_MODEL);
	if (status >= 0)
		return status;
	wish.paths = argv + optind;
	wish.n_paths = argc - optind;
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
