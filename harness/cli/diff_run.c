/* SPDX-License-Identifier: GPL-2.0-only */
/* Random requests on one target, in this process. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "gen/round.h"
#include "gen/shrink.h"
#include "judge/finding.h"
#include "judge/inbox.h"
#include "judge/run.h"
#include "model/model.h"
#include "wire/codec.h"
#include "wire/script.h"

enum {
	ERRNOS = 134,
	REASONS = 32,
	KINDS = 64,
	PROGRESS_MS = 2000,
	TIMEOUT_MS = 200,
	SHRINK_LIMIT = 3000,
};

static const char beyond[] = "beyond the model: ";

struct tally {
	char what[256];
	uint64_t count;
};

struct diff {
	const struct rig_diff_options *o;
	struct rig_link *link;
	struct rig_runner *runner;
	bool shrinking; /* what is sent again does not count */
	bool broken;	/* the target cannot be used any more */
	struct rig_error err;
	unsigned int start_ms;
	unsigned int progress_ms;
	uint64_t messages;
	uint64_t exact;
	uint64_t open;
	uint64_t answers[ERRNOS]; /* by errno; 0: success */
	struct tally reasons[REASONS];
	size_t n_reasons;
	struct tally kinds[KINDS]; /* of divergences, by headline */
	size_t n_kinds;
	const char *kind;	 /* the one that is being shrunk */
	struct rig_bytes detail; /* of its last failing candidate */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* ---- what there is to count ---- */

static bool count_in(struct tally *list, size_t *n, size_t room, const char *what)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (!strcmp(list[i].what, what))
			break;
	if (i == room)
		i--;
	if (i == *n) {
		snprintf(list[i].what, sizeof(list[i].what), "%s", what);
		++*n;
	}
	return list[i].count++ == 0;
}

static void count_answers(struct diff *d, const struct rig_inbox *inbox)
{
	for (size_t i = 0; i < inbox->count; i++) {
		int error;

		if (inbox->list[i].kind != RIG_ARRIVAL_MESSAGE)
			continue;
		error = rig_message_errno(inbox->list[i].message);
		if (error >= 0 && error < ERRNOS)
			d->answers[error]++;
	}
}

static void count_step(struct diff *d, const struct rig_step_done *done)
{
	if (done->step->kind == RIG_STEP_FRAME)
		d->messages++;
	for (const struct rig_message *m = done->step->message; m; m = m->next)
		d->messages++;
	count_answers(d, done->inbox);
	if (done->answer->unmodelled)
		count_in(d->reasons, &d->n_reasons, REASONS, done->answer->unmodelled);
}

/* ---- divergences ---- */

/* A headline without the line, which differs from script to script. */
static const char *kind_of(const struct rig_finding *finding)
{
	const char *colon = strstr(finding->headline, ": ");

	return strncmp(finding->headline, "line ", 5) || !colon ? finding->headline : colon + 2;
}

/* What the model does not know is no divergence. */
static const struct rig_finding *first_divergence(const struct rig_finding *finding)
{
	while (finding && strstr(finding->headline, beyond))
		finding = finding->next;
	return finding;
}

static bool watch(void *context, const struct rig_step_done *done)
{
	struct diff *d = context;

	if (!d->shrinking)
		count_step(d, done);
	return done->answer->tainted || first_divergence(done->findings);
}

static const struct rig_finding *play(struct diff *d, const struct rig_script *script)
{
	struct rig_run run = {};

	if (d->broken)
		return NULL;
	d->broken = rig_runner_run(d->runner, script, &run, &d->err) < 0;
	if (d->broken)
		return NULL;
	if (!d->shrinking) {
		d->exact += run.exact;
		d->open += run.open;
	}
	return first_divergence(run.findings);
}

/* Whether it diverges first in the way that is being shrunk. */
static bool fails(void *context, struct rig_script *script)
{
	struct diff *d = context;
	const struct rig_finding *finding = play(d, script);

	if (!finding || strcmp(kind_of(finding), d->kind))
		return false;
	rig_bytes_reset(&d->detail);
	rig_bytes_print(&d->detail, "%s\n", finding->headline);
	if (finding->sent)
		rig_bytes_print(&d->detail, "sent:\n  %s", finding->sent);
	rig_bytes_print(&d->detail, "%s", finding->detail);
	return true;
}

/* A case expects something. */
static const char last_step[] = "dp.get dump -> done\n";

/* The case, and below it as a comment what the difference is when that text is run. */
static void put_case(FILE *to, struct diff *d, struct rig_script *script)
{
	struct rig_arena arena = {};
	struct rig_bytes text = {};
	struct rig_script *again;
	const char *line, *end;

	rig_script_print(script, &text);
	rig_bytes_print(&text, "%s", last_step);
	fputs(rig_bytes_text(&text), to);
	again = rig_script_parse(&arena, "random", rig_bytes_text(&text), text.size, NULL);
	if (!again || !fails(d, again))
		fputs("# This text did not show it; the round does.\n", to);
	for (line = rig_bytes_text(&d->detail); *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		fprintf(to, "# %.*s\n", (int)(end - line), line);
	}
	rig_arena_free(&arena);
	rig_bytes_free(&text);
}

static void write_case(struct diff *d, struct rig_script *script)
{
	char path[4096];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s-%" PRIu64 "-%zu.nlt", d->o->report,
		 rig_target_name[d->o->target], d->o->seed, d->n_kinds);
	to = rig_folder_make(d->o->report) < 0 ? NULL : fopen(path, "we");
	if (to)
		put_case(to, d, script);
	if (!to || fclose(to) != 0)
		rig_cli_bad("%s: %s", path, strerror(errno));
	else
		printf("  %s\n", path);
}

static void shrink(struct diff *d, struct rig_script *script, const char *kind)
{
	struct rig_shrink s = { .fails = fails, .context = d, .limit = SHRINK_LIMIT };

	d->kind = kind;
	d->shrinking = true;
	if (fails(d, script))
		rig_shrink(&s, script);
	else
		printf("  it did not come again: this is the whole round\n");
	write_case(d, script);
	d->shrinking = false;
}

static void run_round(struct diff *d, uint64_t round)
{
	struct rig_arena arena = {};
	struct rig_script *script = rig_round_make(&arena, d->o->seed, round, RIG_ROUND_MESSAGES);
	const struct rig_finding *finding;
	char kind[256];

	finding = play(d, script);
	if (finding) {
		snprintf(kind, sizeof(kind), "%s", kind_of(finding));
		if (count_in(d->kinds, &d->n_kinds, KINDS, kind)) {
			printf("round %" PRIu64 ": %s\n", round, finding->headline);
			shrink(d, script, kind);
		}
	}
	rig_arena_free(&arena);
}

/* ---- what is said ---- */

static uint64_t per_second(const struct diff *d)
{
	return d->messages * 1000 / (rig_clock_ms() - d->start_ms + 1);
}

static uint64_t divergences(const struct diff *d)
{
	uint64_t n = 0;

	for (size_t i = 0; i < d->n_kinds; i++)
		n += d->kinds[i].count;
	return n;
}

static void print_progress(struct diff *d, uint64_t position)
{
	unsigned int now = rig_clock_ms();

	if (now - d->progress_ms < PROGRESS_MS)
		return;
	d->progress_ms = now;
	printf("at %" PRIu64 ": %" PRIu64 " messages a second, %" PRIu64 " divergences\n", position,
	       per_second(d), divergences(d));
	fflush(stdout);
}

static void print_end(const struct diff *d)
{
	const struct rig_link_facts *facts = rig_link_facts(d->link);
	uint64_t fields = d->exact + d->open;
	double seconds = (rig_clock_ms() - d->start_ms) / 1000.0;

	printf("%s, %s, %s: seed %" PRIu64 ", from message %" PRIu64 "\n",
	       rig_target_name[facts->target], facts->vm, facts->release, d->o->seed, d->o->skip);
	printf("%" PRIu64 " messages in %.1f s, %" PRIu64 " a second\n", d->messages, seconds,
	       per_second(d));
	printf("%.1f %% of %" PRIu64 " fields judged exactly\n",
	       fields ? 100.0 * d->exact / fields : 100.0, fields);
	printf("answers:");
	for (int i = 0; i < ERRNOS; i++)
		if (d->answers[i])
			printf(" %s %" PRIu64, i ? rig_errno_name(i) : "ok", d->answers[i]);
	printf("\n");
	for (size_t i = 0; i < d->n_reasons; i++)
		printf("%s%s: %" PRIu64 "\n", beyond, d->reasons[i].what, d->reasons[i].count);
	for (size_t i = 0; i < d->n_kinds; i++)
		printf("divergence: %s: %" PRIu64 "\n", d->kinds[i].what, d->kinds[i].count);
	printf("%" PRIu64 " divergences\n", divergences(d));
}

static uint64_t first_round(const struct rig_diff_options *o)
{
	return o->skip / RIG_ROUND_MESSAGES;
}

static uint64_t end_of_rounds(const struct rig_diff_options *o)
{
	return (o->skip + o->messages + RIG_ROUND_MESSAGES - 1) / RIG_ROUND_MESSAGES;
}

static int run_rounds(struct diff *d)
{
	const struct rig_diff_options *o = d->o;
	uint64_t round = first_round(o), end = end_of_rounds(o);

	d->start_ms = d->progress_ms = rig_clock_ms();
	while (round < end && !interrupted && !d->broken && (o->keep_going || !d->n_kinds)) {
		run_round(d, round++);
		print_progress(d, round * RIG_ROUND_MESSAGES);
	}
	print_end(d);
	if (d->broken)
		return rig_cli_bad_error(&d->err);
	if (round < end)
		printf("go on with --seed %" PRIu64 " --skip %" PRIu64 "\n", o->seed,
		       round * RIG_ROUND_MESSAGES);
	return interrupted ? RIG_EXIT_INTERRUPTED : d->n_kinds ? RIG_EXIT_FAILED : RIG_EXIT_PASSED;
}

int rig_diff_run(const struct rig_diff_options *o)
{
	const struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };
	struct diff *d = calloc(1, sizeof(*d));
	const struct rig_run_options how = { .timeout_ms = TIMEOUT_MS,
					     .watch = watch,
					     .context = d };
	struct rig_error err = {};
	char vm[16];
	int status = RIG_EXIT_USAGE;

	if (!d)
		abort();
	d->o = o;
	if (o->target != RIG_TARGET_MODEL &&
	    rig_target_allow(o->host_kernel, o->target, vm, sizeof(vm), &err) < 0)
		goto out;
	d->link = rig_link_open(o->target, 0, &err);
	d->runner = d->link ? rig_runner_new(d->link, &how, &err) : NULL;
	if (!d->runner)
		goto out;
	sigaction(SIGINT, &action, NULL);
	status = run_rounds(d);
out:
	if (!d->runner)
		rig_cli_bad_error(&err);
	rig_runner_free(d->runner);
	rig_link_close(d->link);
	rig_bytes_free(&d->detail);
	free(d);
	return status;
}

int rig_diff_print(const struct rig_diff_options *o)
{
	struct rig_bytes text = {};

	for (uint64_t round = first_round(o); round < end_of_rounds(o); round++) {
		struct rig_arena arena = {};

		rig_bytes_reset(&text);
		rig_script_print(rig_round_make(&arena, o->seed, round, RIG_ROUND_MESSAGES), &text);
		fputs(rig_bytes_text(&text), stdout);
		fputs(last_step, stdout);
		rig_arena_free(&arena);
	}
	rig_bytes_free(&text);
	return RIG_EXIT_PASSED;
}
