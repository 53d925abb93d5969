/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig minimise on a target: the few requests of a trace that it still answers so. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/boot.h"
#include "cli/cli.h"
#include "cli/minimise.h"
#include "gen/shrink.h"
#include "replay/excerpt.h"
#include "replay/replay.h"

enum { LIMIT = 3000 };

struct search {
	const struct rig_minimise_wish *wish;
	struct rig_link *link;
	struct rig_trace_script made;
	const struct rig_family_ids *captured;
	char headline[512];   /* of the fault that is looked for */
	bool choosing;	      /* which one that is: the first one */
	unsigned long wanted; /* packet of a request; 0: any */
	unsigned long packet;
	bool by_capture;
	struct rig_bytes text; /* what is said of it */
	bool found, broken;
	struct rig_error err;
};

/* Of the faults of one packet, the model's says more: it holds whatever was captured. */
static bool is_wanted(struct search *s, const struct rig_replay_fault *fault)
{
	unsigned long packet = 0;

	if (!s->choosing)
		return !s->found && !strcmp(s->headline, fault->headline);
	sscanf(fault->headline, "packet %lu:", &packet);
	if (s->found)
		return s->packet == packet && s->by_capture && !fault->by_capture;
	s->packet = packet;
	return packet && (!s->wanted || s->wanted == packet);
}

static void look(void *context, const struct rig_replay_fault *fault)
{
	struct search *s = context;

	if (!is_wanted(s, fault))
		return;
	s->found = true;
	s->by_capture = fault->by_capture;
	snprintf(s->headline, sizeof(s->headline), "%s", fault->headline);
	rig_bytes_reset(&s->text);
	rig_bytes_print(&s->text, "%s\n", fault->headline);
	if (fault->sent)
		rig_bytes_print(&s->text, "sent:\n  %s", fault->sent);
	rig_bytes_print(&s->text, "%s", fault->detail);
}

static bool shows(void *context, struct rig_script *script)
{
	struct search *s = context;
	const struct rig_replay_options options = {
		.captured = s->captured,
		.kernel = s->wish->options.kernel,
		.report = look,
		.context = s,
	};
	struct rig_replay_verdict verdict;

	(void)script;
	if (s->broken)
		return false;
	s->found = false;
	s->choosing = !s->headline[0];
	s->broken = rig_replay_run(s->link, &s->made, &options, &verdict, &s->err) < 0;
	return s->found && !s->broken;
}

/* Only of what the model judges can the requests themselves be made plainer. */
static void shrink(struct search *s)
{
	struct rig_shrink how = { .fails = shows, .context = s, .limit = LIMIT };
	unsigned long left = 0;

	rig_shrink_list(&how, &s->made.script.steps);
	if (!s->by_capture)
		rig_shrink(&how, &s->made.script);
	for (const struct rig_step *step = s->made.script.steps; step; step = step->next)
		left += rig_trace_step(step)->packet != 0;
	fprintf(stderr, "%lu of %lu requests show it (%u parts tried)\n", left, s->made.requests,
		how.tried);
	shows(s, NULL);
}

/* ---- what is left ---- */

static bool has_packet(const struct rig_script *script, const struct rig_excerpt *excerpt,
		       const struct rig_excerpt_unit *unit)
{
	for (const struct rig_step *step = script->steps; step; step = step->next)
		for (size_t i = 0; i < unit->n_packets; i++)
			if (rig_trace_step(step)->packet ==
			    excerpt->packets[unit->packets[i]].number)
				return true;
	return false;
}

/* The exchanges whose requests are still in the script. */
static int write_trace(const struct search *s)
{
	struct rig_excerpt excerpt;
	struct rig_excerpt_unit **link = &excerpt.units;
	struct rig_error err = {};
	int ret = rig_excerpt_read(&excerpt, s->wish->path, &s->wish->options, &err);

	while (ret == 0 && *link) {
		if (has_packet(&s->made.script, &excerpt, *link))
			link = &(*link)->next;
		else
			*link = (*link)->next;
	}
	if (ret == 0)
		ret = rig_excerpt_write(&excerpt, s->wish->trace, &err);
	rig_excerpt_free(&excerpt);
	if (ret == 0)
		return RIG_EXIT_PASSED;
	rig_file_undo(s->wish->trace);
	return rig_cli_bad_error(&err);
}

static int write_results(struct search *s)
{
	const struct rig_minimise_wish *wish = s->wish;
	char reason[640];
	int status = RIG_EXIT_PASSED;

	snprintf(reason, sizeof(reason), "A trace, sent again to %s: %s.",
		 rig_target_name[wish->target], s->headline);
	if (wish->trace)
		status = write_trace(s);
	if (status == RIG_EXIT_PASSED && (wish->case_path || !wish->trace))
		status = rig_minimise_write_case(wish->case_path ? wish->case_path : "-", &s->made,
						 true, reason, rig_bytes_text(&s->text));
	return status;
}

static void ignore(void *context, const struct rig_trace_fault *fault)
{
	(void)context;
	(void)fault;
}

/* An answer stands for its request. */
static void name_request(struct search *s)
{
	s->wanted = s->wish->packet;
	for (const struct rig_step *step = s->made.script.steps; step; step = step->next) {
		const struct rig_trace_step *made = rig_trace_step(step);

		for (size_t i = 0; i < made->n_answers; i++)
			if (made->answers[i].packet == s->wish->packet) {
				fprintf(stderr, "packet %u is an answer; its request is %lu\n",
					s->wish->packet, made->packet);
				s->wanted = made->packet;
			}
	}
}

static int make_script(struct search *s, struct rig_trace_families *families)
{
	struct rig_trace_options options = s->wish->options;
	struct rig_trace *trace = rig_trace_open(s->wish->path, &s->err);
	int ret = trace ? rig_trace_families_read(families, trace, &s->err) : -1;

	options.families = families;
	if (ret == 0)
		ret = rig_trace_script_make(&s->made, trace, &options, ignore, NULL, &s->err);
	if (ret == 0 && s->made.verdict.damaged)
		rig_cli_bad_error(&s->err);
	name_request(s);
	rig_trace_close(trace);
	return ret;
}

int rig_minimise_here(struct rig_minimise_wish *wish)
{
	struct rig_trace_families families = wish->families;
	struct search s = { .wish = wish, .captured = &families.ids };
	int status = RIG_EXIT_PASSED;
	char vm[16];

	if (wish->target != RIG_TARGET_MODEL &&
	    rig_target_allow(wish->host_kernel, wish->target, vm, sizeof(vm), &s.err) < 0)
		return rig_cli_bad_error(&s.err);
	s.link = rig_link_open(wish->target, 0, &s.err);
	if (!s.link || make_script(&s, &families) < 0) {
		status = rig_cli_bad_error(&s.err);
	} else if (!shows(&s, NULL)) {
		status = s.broken ?
				 rig_cli_bad_error(&s.err) :
				 rig_cli_bad("%s: no answer of the target's is wrong", wish->path);
	} else {
		fprintf(stderr, "%s\n", s.headline);
		shrink(&s);
		status = s.broken ? rig_cli_bad_error(&s.err) : write_results(&s);
	}
	rig_bytes_free(&s.text);
	rig_trace_script_free(&s.made);
	rig_link_close(s.link);
	return status;
}

/* ---- in a guest ---- */

static const char part[] = "part.pcapng", part_case[] = "part.nlt";

static void print_line(void *context, char *line)
{
	rig_boot_say(context, line, stdout);
}

static void make_command(struct rig_boot *boot, const struct rig_minimise_wish *wish)
{
	rig_boot_begin(boot);
	rig_boot_add_traces(boot, &wish->path, 1);
	rig_boot_program(boot);
	rig_boot_add(boot, "minimise");
	rig_boot_add(boot, "--target=%s", boot->target);
	if (wish->packet)
		rig_boot_add(boot, "--packet=%u", wish->packet);
	if (wish->options.kernel)
		rig_boot_add(boot, "--kernel=%s", wish->options.kernel);
	if (wish->options.cpus)
		rig_boot_add(boot, "--cpus=%u", wish->options.cpus);
	for (unsigned int i = 0; i < RIG_CTRL; i++)
		if (wish->families.ids.id[i])
			rig_boot_add(boot, "--family=%s=%u", rig_families[i].name,
				     wish->families.ids.id[i]);
	if (wish->trace)
		rig_boot_add(boot, "-o%s%s", RIG_BOOT_HOST, part);
	if (wish->case_path)
		rig_boot_add(boot, "--as-case=%s%s", RIG_BOOT_HOST, part_case);
	rig_boot_add_trace_path(boot, 0);
}

/* Out of the guest's folder to where it is wanted. */
static int hand_over(const char *folder, const char *name, const char *path)
{
	char from[4096];
	struct rig_error err = {};
	size_t size;
	char *text;
	FILE *to;

	if (!path)
		return RIG_EXIT_PASSED;
	snprintf(from, sizeof(from), "%s/%s", folder, name);
	text = rig_file_read(from, &size, &err);
	if (!text)
		return rig_cli_bad_error(&err);
	to = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (to)
		fwrite(text, 1, size, to);
	free(text);
	if (to && (to == stdout || fclose(to) == 0))
		return RIG_EXIT_PASSED;
	rig_cli_bad("%s: %s", path, strerror(errno));
	rig_file_undo(path);
	return RIG_EXIT_USAGE;
}

int rig_minimise_guest(const struct rig_minimise_wish *wish)
{
	struct rig_boot boot = {
		.vm = wish->vm,
		.target = rig_target_name[wish->target],
		.folder = wish->report,
		.timeout = wish->timeout,
	};
	int status;

	make_command(&boot, wish);
	status = rig_boot_run(&boot, print_line, &boot);
	if (boot.interrupted)
		status = RIG_EXIT_INTERRUPTED;
	else if (status == RIG_EXIT_PASSED)
		status = rig_boot_judge(&boot, stdout);
	if (status == RIG_EXIT_PASSED)
		status = hand_over(wish->report, part, wish->trace);
	if (status == RIG_EXIT_PASSED)
		status = hand_over(wish->report, part_case, wish->case_path);
	rig_boot_free(&boot);
	return status;
}
