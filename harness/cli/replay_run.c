/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace's requests once more, in this process. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/replay.h"
#include "replay/replay.h"

static void report_fault(void *context, const struct rig_replay_fault *fault)
{
	const struct rig_replay_wish *wish = context;

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

static void print_verdict(const struct rig_replay_wish *wish, const struct rig_link_facts *facts,
			  const struct rig_trace_script *made, const struct rig_replay_verdict *v)
{
	print_reasons(wish->to, "not sent again", made->left_out, made->n_left_out);
	print_reasons(wish->to, "not compared  ", v->reasons, v->n_reasons);
	if (v->unmodelled)
		fprintf(wish->to,
			"not judged     %6lu  answers beyond the model (first: packet %lu)\n",
			v->unmodelled, v->unmodelled_first);
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

static int send_again(struct rig_replay_wish *wish, struct rig_link *link,
		      struct rig_trace_script *made, const struct rig_family_ids *ids,
		      struct rig_error *err)
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
	wish->messages += made->messages;
	wish->duration_ms += verdict.duration_ms;
	return verdict.unlike || verdict.divergent || verdict.sent < made->requests ?
		       RIG_EXIT_FAILED :
		       RIG_EXIT_PASSED;
}

/* An exit status. */
static int replay_one(struct rig_replay_wish *wish, struct rig_link *link, const char *path)
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

static int replay_all(struct rig_replay_wish *wish, struct rig_link *link)
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

/* The same as results, one a trace, as they come: a trace may be the end of its guest. */
static int replay_in_ktap(struct rig_replay_wish *wish, struct rig_link *link)
{
	struct rig_suite suite;
	int i, status, worst = RIG_EXIT_PASSED;

	rig_suite_init(&suite, "replay");
	rig_ktap_plan(stdout, wish->n_paths);
	for (i = 0; i < wish->n_paths; i++) {
		char *said = NULL;
		size_t len;

		wish->to = open_memstream(&said, &len);
		if (!wish->to)
			return rig_cli_bad("out of memory");
		status = replay_one(wish, link, wish->paths[i]);
		fclose(wish->to);
		rig_ktap_result(stdout, i + 1,
				rig_suite_add(&suite,
					      status == RIG_EXIT_PASSED ? RIG_PASSED : RIG_FAILED,
					      wish->paths[i], NULL, said));
		fflush(stdout);
		free(said);
		if (status > worst)
			worst = status;
	}
	rig_ktap_end(stdout, &suite);
	rig_suite_free(&suite);
	return worst;
}

int rig_replay_here(struct rig_replay_wish *wish)
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
	if (wish->messages)
		printf("%sreplayed %d traces, %lu messages in %lu ms\n", wish->ktap ? "# " : "",
		       wish->n_paths, wish->messages, wish->duration_ms);
	rig_link_close(link);
	return status;
}
