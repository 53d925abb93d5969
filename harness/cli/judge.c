/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig judge: a trace against the contract, with no kernel at all. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "replay/judge.h"

struct wish {
	struct rig_trace_families families;
	struct rig_trace_options options;
	bool quiet;
	const char *path;
};

/* Fills the wish; a status when there is nothing more to do, else -1. */
static int read_options(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "family", required_argument, NULL, 'f' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct rig_error err = {};
	int opt;

	while ((opt = getopt_long(argc, argv, "hq", options, NULL)) != -1) {
		switch (opt) {
		case 'k':
			wish->options.kernel = optarg;
			break;
		case 'c':
			wish->options.cpus = strtoul(optarg, NULL, 10);
			if (!wish->options.cpus)
				return rig_cli_bad("--cpus %s: want a number", optarg);
			break;
		case 'f':
			if (rig_trace_families_give(&wish->families, optarg, &err) < 0)
				return rig_cli_bad_error(&err);
			break;
		case 'q':
			wish->quiet = true;
			break;
		case 'h':
			fputs(rig_cli_judge.help, stdout);
			return RIG_EXIT_PASSED;
		default:
			return rig_cli_bad_option(&rig_cli_judge);
		}
	}
	if (argc - optind != 1)
		return rig_cli_bad("judge: name one trace; see nlrig help judge");
	wish->path = argv[optind];
	return -1;
}

static void report(void *context, const struct rig_trace_fault *fault)
{
	const struct wish *wish = context;

	printf("%s\n", fault->headline);
	if (wish->quiet)
		return;
	if (fault->sent)
		printf("  sent:\n    %s", fault->sent);
	fputs(fault->detail, stdout);
}

static void print_verdict(const struct rig_trace_verdict *v)
{
	for (unsigned int i = 0; i < v->n_reasons; i++)
		printf("not judged %6lu  %s (first: packet %lu)\n", v->reasons[i].count,
		       v->reasons[i].why, v->reasons[i].first);
	if (v->flawed)
		printf("not judged %6lu  packets that are no netlink packets\n", v->flawed);
	printf("%lu packets: %lu answered as the contract says, %lu not, %lu not judged\n",
	       v->packets, v->right, v->wrong, v->unjudged);
}

static int run(int argc, char **argv)
{
	struct wish wish = {};
	struct rig_error err = {};
	struct rig_trace_verdict verdict;
	int status = read_options(argc, argv, &wish);
	struct rig_trace *trace;
	int ret;

	if (status >= 0)
		return status;
	wish.options.families = &wish.families;
	trace = rig_trace_open(wish.path, &err);
	if (!trace)
		return rig_cli_bad_error(&err);
	ret = rig_trace_families_read(&wish.families, trace, &err);
	if (ret == 0) {
		rig_cli_print_guesses(&wish.families);
		ret = rig_trace_judge(trace, &wish.options, report, &wish, &verdict, &err);
	}
	if (ret == 0)
		print_verdict(&verdict);
	rig_trace_close(trace);
	fflush(stdout);
	if (ret < 0 || verdict.damaged)
		return rig_cli_bad_error(&err);
	return verdict.wrong ? RIG_EXIT_FAILED : RIG_EXIT_PASSED;
}

const struct rig_command_line rig_cli_judge = {
	.name = "judge",
	.run = run,
	.summary = "hold a trace to the contract, without a kernel",
	.help = "usage: nlrig judge [--kernel RELEASE] [--cpus N] [--family NAME=ID]...\n"
		"       [--quiet] TRACE\n"
		"\n"
		"Follows a trace (pcap or pcapng, captured from an nlmon device) with the model,\n"
		"and reports each answer that the contract does not allow. What was there before\n"
		"the trace is learnt from dumps and replies; what cannot be judged until then, or\n"
		"at all, is counted with its reason. Counters of traffic are left out.\n"
		"\n"
		"  --kernel 6.1.192  the release that was captured (the newest known)\n"
		"  --cpus N          its possible processors (as the trace tells)\n"
		"  --family flow=30  a family's id, where the trace does not tell\n"
		"  --quiet           one line a fault\n",
};
