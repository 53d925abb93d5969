/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig replay: a trace's requests once more, on a target. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/boot.h"
#include "cli/cli.h"
#include "replay/replay.h"

struct wish {
	enum rig_target target;
	const char *vm; /* NULL: here */
	const char *kernel;
	unsigned int cpus;
	struct rig_trace_families families;
	bool rhythm, quiet, ktap, script, host_kernel;
	const char *report, *timeout;
	char **paths;
	int n_paths;
	FILE *to; /* what is said of the trace in hand */
};

static int read_option(struct wish *wish, int opt, const char *value)
{
	struct rig_error err = {};

	switch (opt) {
	case 't':
		return rig_cli_read_target(value, &wish->target);
	case 'v':
		return rig_cli_read_vm(value, &wish->vm);
	case 'k':
		wish->kernel = value;
		return RIG_EXIT_PASSED;
	case 'c':
		wish->cpus = strtoul(value, NULL, 10);
		return wish->cpus ? RIG_EXIT_PASSED :
				    rig_cli_bad("--cpus %s: want a number", value);
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
static int read_options(int argc, char **argv, struct wish *wish)
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
	return -1;
}

/* ---- in this process ---- */

static void report_fault(void *context, const struct rig_replay_fault *fault)
{
	const struct wish *wish = context;

	fprintf(wish->to, "%s\n", fault->headline);
	if (wish->quiet)
		return;
	if (fault->sent)
		fprintf(wish->to, "  sent:\n    %s", fault->sent);
	fputs(fault->detail, wish->to);
}

/* The trace's own faults are nlrig judge's to tell. */
static void count_fault(void *context, const struct rig_trace_fault *fault)
{
	(void)context;
	(void)fault;
}

static void print_reasons(FILE *to, const char *what, const struct rig_trace_reason *reasons,
			  unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		fprintf(to, "%s %6lu  %s (first: packet %lu)\n", what, reasons[i].count,
			reasons[i].why, reasons[i].first);
}

static void print_verdict(const struct wish *wish, const struct rig_link_facts *facts,
			  const struct rig_trace_script *made, const struct rig_replay_verdict *v)
{
	print_reasons(wish->to, "not sent    ", made->left_out, made->n_left_out);
	print_reasons(wish->to, "not compared", v->reasons, v->n_reasons);
	if (made->verdict.wrong)
		fprintf(wish->to,
			"%lu requests were answered wrongly in the capture: nlrig judge\n",
			made->verdict.wrong);
	fprintf(wish->to,
		"%s, %s, %s%s: %lu of %lu requests sent: %lu answered as captured, %lu not, "
		"%lu not compared; %lu divergences from the contract; %lu messages, %lu a second\n",
		rig_target_name[facts->target], facts->vm, facts->release,
		v->other_kernel ? " (another kernel than the captured one)" : "", v->sent,
		made->requests, v->alike, v->unlike, v->uncompared, v->divergent, made->messages,
		made->messages * 1000 / (v->duration_ms + 1));
}

static int send_again(struct wish *wish, struct rig_link *link, struct rig_trace_script *made,
		      const struct rig_family_ids *ids, struct rig_error *err)
{
	const struct rig_replay_options options = {
		.captured = ids,
		.kernel = wish->kernel,
		.rhythm = wish->rhythm,
		.report = report_fault,
		.context = wish,
	};
	struct rig_replay_verdict verdict;

	if (rig_replay_run(link, made, &options, &verdict, err) < 0)
		return rig_cli_bad_error(err);
	print_verdict(wish, rig_link_facts(link), made, &verdict);
	return verdict.unlike || verdict.divergent || verdict.sent < made->requests ?
		       RIG_EXIT_FAILED :
		       RIG_EXIT_PASSED;
}

/* An exit status. */
static int replay_one(struct wish *wish, struct rig_link *link, const char *path)
{
	struct rig_trace_families families = wish->families;
	const struct rig_trace_options options = {
		.families = &families,
		.kernel = wish->kernel,
		.cpus = wish->cpus,
	};
	struct rig_trace_script made = {};
	struct rig_error err = {};
	struct rig_trace *trace = rig_trace_open(path, &err);
	int ret = trace ? 0 : -1, status = RIG_EXIT_PASSED;

	if (ret == 0)
		ret = rig_trace_families_read(&families, trace, &err);
	if (ret == 0)
		ret = rig_trace_script_make(&made, trace, &options, count_fault, NULL, &err);
	if (ret == 0 && wish->script) {
		struct rig_bytes text = {};

		rig_script_print(&made.script, &text);
		fputs(rig_bytes_text(&text), wish->to);
		rig_bytes_free(&text);
	} else if (ret == 0) {
		status = send_again(wish, link, &made, &families.ids, &err);
	}
	if (ret < 0 || made.verdict.damaged)
		status = rig_cli_bad_error(&err);
	rig_trace_script_free(&made);
	rig_trace_close(trace);
	return status;
}

static int replay_all(struct wish *wish, struct rig_link *link)
{
	int i, status, worst = RIG_EXIT_PASSED;

	wish->to = stdout;
	for (i = 0; i < wish->n_paths; i++) {
		if (wish->n_paths > 1)
			printf("%s:\n", wish->paths[i]);
		status = replay_one(wish, link, wish->paths[i]);
		if (status > worst)
			worst = status;
		fflush(stdout);
	}
	return worst;
}

/* The same as results, one a trace. */
static int replay_in_ktap(struct wish *wish, struct rig_link *link)
{
	struct rig_suite suite;
	int i, status;

	rig_suite_init(&suite, "replay");
	for (i = 0; i < wish->n_paths; i++) {
		char *said = NULL;
		size_t len;

		wish->to = open_memstream(&said, &len);
		if (!wish->to)
			return rig_cli_bad("out of memory");
		status = replay_one(wish, link, wish->paths[i]);
		fclose(wish->to);
		rig_suite_add(&suite, status == RIG_EXIT_PASSED ? RIG_PASSED : RIG_FAILED,
			      wish->paths[i], NULL, said);
		free(said);
	}
	rig_ktap_write(stdout, &suite);
	status = suite.tally[RIG_FAILED] ? RIG_EXIT_FAILED : RIG_EXIT_PASSED;
	rig_suite_free(&suite);
	return status;
}

static int replay_here(struct wish *wish)
{
	struct rig_error err = {};
	struct rig_link *link;
	char vm[16];
	int status;

	if (wish->target != RIG_TARGET_MODEL &&
	    rig_target_allow(wish->host_kernel, wish->target, vm, sizeof(vm), &err) < 0)
		return rig_cli_bad_error(&err);
	link = rig_link_open(wish->target, 0, &err);
	if (!link)
		return rig_cli_bad_error(&err);
	status = wish->ktap ? replay_in_ktap(wish, link) : replay_all(wish, link);
	rig_link_close(link);
	return status;
}

/* ---- in a guest ---- */

static const char inside[] = "/traces/"; /* where the guest has them */

static void print_line(void *context, char *line)
{
	const char *path = strstr(line, inside);

	(void)context;
	if (path)
		printf("%.*s%s", (int)(path - line), line, path + strlen(inside));
	else
		fputs(line, stdout);
	fflush(stdout);
}

static void add_options(struct rig_boot *boot, const struct wish *wish)
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

static int replay_in_guest(const struct wish *wish)
{
	char folder[4096];
	struct rig_boot boot = {
		.vm = wish->vm,
		.target = rig_target_name[wish->target],
		.folder = folder,
		.timeout = wish->timeout,
	};
	int i, status;

	snprintf(folder, sizeof(folder), "%s/%s-%s", wish->report, boot.target, wish->vm);
	rig_boot_begin(&boot);
	for (i = 0; i < wish->n_paths; i++) {
		rig_boot_add(&boot, "--add");
		rig_boot_add(&boot, "%s=%s%s", wish->paths[i], inside, wish->paths[i]);
	}
	rig_boot_program(&boot);
	rig_boot_add(&boot, "replay");
	add_options(&boot, wish);
	for (i = 0; i < wish->n_paths; i++)
		rig_boot_add(&boot, "%s%s", inside, wish->paths[i]);
	status = rig_boot_run(&boot, print_line, NULL);
	if (boot.interrupted) {
		rig_cli_bad("interrupted: the guest was killed");
		status = RIG_EXIT_INTERRUPTED;
	} else if (status == RIG_EXIT_PASSED) {
		status = rig_boot_judge(&boot);
		if (!rig_boot_orderly(&boot))
			printf("the guest did not end in order: see %s\n", folder);
	}
	rig_boot_free(&boot);
	return status;
}

static int run(int argc, char **argv)
{
	struct wish wish = {
		.target = RIG_TARGET_MODEL,
		.report = "build/report/replay",
		.timeout = "600",
	};
	int status = read_options(argc, argv, &wish);

	if (status >= 0)
		return status;
	if (wish.script || wish.target == RIG_TARGET_MODEL || !wish.vm)
		return replay_here(&wish);
	return replay_in_guest(&wish);
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
