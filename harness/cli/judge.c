/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig judge: a trace against the contract, with no kernel at all. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/options.h"
#include "replay/judge.h"

enum { REFRESH_MS = 100 };

struct wish {
	struct rig_trace_families families;
	struct rig_trace_options options;
	bool quiet, ktap, speed;
	bool terminal;		 /* somebody looks on */
	struct rig_trace *trace; /* in hand */
	char **paths;
	int n_paths;
	FILE *to; /* what is said of the trace in hand */
};

/* One line that is written over again. */
static void show_progress(void *context, unsigned long packets)
{
	static unsigned int shown_ms;
	const struct wish *wish = context;
	unsigned int now_ms = rig_clock_ms();

	if (now_ms - shown_ms < REFRESH_MS)
		return;
	shown_ms = now_ms;
	fprintf(stderr, "\r%3.0f %%, %lu packets\033[K", 100 * rig_trace_share(wish->trace),
		packets);
}

static void clear_progress(const struct wish *wish)
{
	if (wish->terminal)
		fputs("\r\033[K", stderr);
}

static void report(void *context, const struct rig_trace_fault *fault)
{
	const struct wish *wish = context;

	clear_progress(wish);
	fprintf(wish->to, "%s\n", fault->headline);
	if (wish->quiet)
		return;
	if (fault->sent)
		fprintf(wish->to, "  sent:\n    %s", fault->sent);
	fputs(fault->detail, wish->to);
}

static void print_verdict(const struct rig_trace_verdict *v, FILE *to)
{
	for (unsigned int i = 0; i < v->n_reasons; i++)
		fprintf(to, "not judged %6lu  %s (first: packet %lu)\n", v->reasons[i].count,
			v->reasons[i].why, v->reasons[i].first);
	if (v->damaged)
		fprintf(to, "not judged %6lu  places where the trace is damaged or cut off\n",
			v->damaged);
	if (v->dropped)
		fprintf(to, "not judged %6lu  packets that found no room in the capture\n",
			v->dropped);
	if (v->foreign)
		fprintf(to, "from a machine of the other byte order: turned by the schema\n");
	if (v->flawed)
		fprintf(to, "not judged %6lu  packets that are no netlink packets\n", v->flawed);
	fprintf(to, "%lu packets: %lu answered as the contract says, %lu not, %lu not judged\n",
		v->packets, v->right, v->wrong, v->unjudged + v->damaged + v->dropped + v->flawed);
}

/* Of this processor's time, so that what else the machine does counts less. */
static void print_speed(const struct rig_trace_verdict *v, FILE *to)
{
	struct rusage used = {};
	double seconds;

	getrusage(RUSAGE_SELF, &used);
	seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec +
		  (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	fprintf(to,
		"%lu messages in %.2f s of a processor: %.0f a second; at most %ld KB of memory\n",
		v->messages, seconds, v->messages / seconds, used.ru_maxrss);
}

/* An exit status. Families that another trace told of are of no use for this one. */
static int judge_one(struct wish *wish, const char *path)
{
	struct rig_trace_families families = wish->families;
	struct rig_trace_options options = wish->options;
	struct rig_trace_verdict verdict = {};
	struct rig_error err = {};
	struct rig_trace *trace = rig_trace_open(path, &err);
	int ret = trace ? 0 : -1;

	options.families = &families;
	options.tick = wish->terminal ? show_progress : NULL;
	wish->trace = trace;
	if (ret == 0)
		ret = rig_trace_families_read(&families, trace, &err);
	if (ret == 0) {
		rig_cli_print_guesses(&families);
		ret = rig_trace_judge(trace, &options, report, wish, &verdict, &err);
	}
	clear_progress(wish);
	if (ret == 0)
		print_verdict(&verdict, wish->to);
	if (ret == 0 && wish->speed)
		print_speed(&verdict, wish->to);
	rig_trace_close(trace);
	fflush(wish->to);
	if (ret < 0 || verdict.damaged)
		return rig_cli_bad_error(&err);
	return verdict.wrong ? RIG_EXIT_FAILED : RIG_EXIT_PASSED;
}

static int judge_all(struct wish *wish)
{
	int i, status, worst = RIG_EXIT_PASSED;

	wish->to = stdout;
	wish->terminal = isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
	for (i = 0; i < wish->n_paths; i++) {
		if (wish->n_paths > 1)
			printf("%s:\n", wish->paths[i]);
		status = judge_one(wish, wish->paths[i]);
		if (status > worst)
			worst = status;
	}
	return worst;
}

/* The same as results, one a trace. What cannot be read has failed. */
static int judge_in_ktap(struct wish *wish)
{
	struct rig_suite suite;
	int i, status, worst = RIG_EXIT_PASSED;

	rig_suite_init(&suite, "trace");
	for (i = 0; i < wish->n_paths; i++) {
		char *said = NULL;
		size_t len;

		wish->to = open_memstream(&said, &len);
		if (!wish->to)
			return rig_cli_bad("out of memory");
		status = judge_one(wish, wish->paths[i]);
		fclose(wish->to);
		rig_suite_add(&suite, status == RIG_EXIT_PASSED ? RIG_PASSED : RIG_FAILED,
			      wish->paths[i], NULL, said);
		free(said);
		if (status > worst)
			worst = status;
	}
	rig_ktap_write(stdout, &suite);
	rig_suite_free(&suite);
	return worst;
}

static int run(int argc, char **argv)
{
	struct wish wish = {};
	const struct rig_option options[] = {
		{ "kernel", rig_option_kernel, &wish.options.kernel },
		{ "cpus", rig_option_count, &wish.options.cpus },
		{ "family", rig_option_family, &wish.families },
		{ "quiet", rig_option_flag, &wish.quiet },
		{ "q", rig_option_flag, &wish.quiet },
		{ "ktap", rig_option_flag, &wish.ktap },
		{ "speed", rig_option_flag, &wish.speed },
		{},
	};
	int status = rig_options_read(&rig_cli_judge, options, RIG_SOME_OPERANDS, argc, argv);

	if (status >= 0)
		return status;
	wish.paths = argv + optind;
	wish.n_paths = argc - optind;
	return wish.ktap ? judge_in_ktap(&wish) : judge_all(&wish);
}

const struct rig_command_line rig_cli_judge = {
	.name = "judge",
	.run = run,
	.summary = "hold a trace to the contract, without a kernel",
	.help = "usage: nlrig judge [--kernel RELEASE] [--cpus N] [--family NAME=ID]...\n"
		"                   [--quiet] [--ktap] [--speed] TRACE...\n"
		"\n"
		"Follows each trace (pcap or pcapng from an nlmon device, also gzip or zstd)\n"
		"with the model, and reports each answer that the contract does not allow. What\n"
		"was there before the trace is learnt from dumps and replies; what cannot be\n"
		"judged until then, or at all, is counted with its reason. Counters of traffic\n"
		"are left out.\n"
		"\n"
		"  --kernel 6.1.192  the release that was captured (the newest known)\n"
		"  --cpus N          its possible processors (as the trace tells)\n"
		"  --family flow=30  a family's id, where the trace does not tell\n"
		"  --quiet           one line a fault\n"
		"  --ktap            a result for each trace\n"
		"  --speed           also how fast, and with how much memory\n"
		"\n"
		"Exit status, also with --ktap: 0 all as the contract says, 1 not, 2 usage, or a\n"
		"trace that cannot be read to its end.\n",
};
