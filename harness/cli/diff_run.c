/* SPDX-License-Identifier: GPL-2.0-only */
/* Random requests on one target, in this process. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/diff_log.h"
#include "cli/diff_record.h"
#include "gen/round.h"
#include "gen/shrink.h"
#include "judge/finding.h"
#include "judge/run.h"
#include "link/kcov.h"
#include "model/model.h"
#include "wire/codec.h"
#include "wire/script.h"

enum {
	REASONS = 32,
	KINDS = 64,
	BATCH = 64, /* datagrams that are sent before anybody looks at what comes */
	PROGRESS_MS = 2000,
	TIMEOUT_MS = 200,
	RELATED = 16, /* of so many rounds, in one relations are tried as well */
	SHRINK_LIMIT = 3000,
	SHRINK_MS = 60000, /* then what has been reached has to do */
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
	struct rig_kcov *kcov; /* NULL: it does not listen */
	bool shrinking;	       /* what is sent again does not count */
	bool broken;	       /* the target cannot be used any more */
	struct rig_error err;
	struct rig_diff_log log;
	struct rig_arena arena; /* of the round in hand */
	int position_fd;	/* a file that says where it is, for whoever outlives it; or -1 */
	uint64_t position;
	unsigned int start_ms;
	unsigned int progress_ms;
	long early_kib; /* the most memory that it had used after a tenth of the way */
	struct rig_tally tally;
	struct tally reasons[REASONS];
	size_t n_reasons;
	struct tally kinds[KINDS]; /* of divergences, by headline */
	size_t n_kinds;
	const char *kind;	 /* the one that is being shrunk */
	unsigned int batch;	 /* and how many datagrams at a time show it */
	unsigned int since_ms;	 /* and since when */
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

static void count_reasons(struct diff *d, const struct rig_finding *finding)
{
	for (; finding; finding = finding->next) {
		const char *why = finding->beyond ? strstr(finding->headline, beyond) : NULL;

		if (why)
			count_in(d->reasons, &d->n_reasons, REASONS, why + strlen(beyond));
	}
}

/* ---- divergences ---- */

/* A headline without the line, which differs from script to script. */
static const char *kind_of(const struct rig_finding *finding)
{
	const char *colon = strstr(finding->headline, ": ");

	return strncmp(finding->headline, "line", 4) || !colon ? finding->headline : colon + 2;
}

/* Runs the script, so many datagrams at a time; its first divergence. */
static const struct rig_finding *play(struct diff *d, const struct rig_script *script,
				      unsigned int batch)
{
	const struct rig_finding *finding;
	struct rig_run run = {};

	if (d->broken)
		return NULL;
	rig_runner_batch(d->runner, batch);
	d->broken = rig_runner_run(d->runner, script, &run, &d->err) < 0;
	if (d->broken)
		return NULL;
	if (!d->shrinking) {
		rig_tally_add(&d->tally, &run.tally);
		count_reasons(d, run.findings);
	}
	finding = rig_findings_difference(run.findings);
	return finding ? finding : rig_diff_log_check(&d->log);
}

static void keep_detail(struct diff *d, const struct rig_finding *finding)
{
	rig_bytes_reset(&d->detail);
	rig_bytes_print(&d->detail, "%s\n", finding->headline);
	if (finding->sent)
		rig_bytes_print(&d->detail, "sent:\n  %s", finding->sent);
	rig_bytes_print(&d->detail, "%s", finding->detail);
}

/*
 * A round that stops the kernel, or this program, is where to go on or to look. Written again and
 * again, it says that both are alive.
 */
static void write_position(const struct diff *d)
{
	char text[24];
	int size = snprintf(text, sizeof(text), "%20" PRIu64 "\n", d->position);

	if (d->position_fd >= 0 && pwrite(d->position_fd, text, (size_t)size, 0) < 0)
		return;
}

/* Whether it diverges first in the way that is being shrunk. */
static bool fails(void *context, struct rig_script *script)
{
	struct diff *d = context;
	const struct rig_finding *finding = NULL;

	write_position(d);
	if (rig_clock_ms() - d->since_ms < SHRINK_MS)
		finding = play(d, script, d->batch);
	if (!finding || strcmp(kind_of(finding), d->kind))
		return false;
	keep_detail(d, finding);
	return true;
}

/* A case expects something. */
static const char last_step[] = "dp.get dump -> done\n";

/* Beside the case: the same as bytes, as a capture, as a program. */
static void write_record(struct diff *d, const struct rig_script *script, const char *stem)
{
	struct rig_diff_record record = {};

	if (!d->broken)
		d->broken = rig_diff_record_play(&record, d->link, script, &d->err) < 0;
	if (!d->broken)
		rig_diff_record_write(&record, stem, rig_bytes_text(&d->detail));
	rig_diff_record_free(&record);
}

/* The case, and below it as a comment what the difference is when that text is run. */
static void put_case(FILE *to, struct diff *d, struct rig_script *script, const char *stem)
{
	struct rig_arena arena = {};
	struct rig_bytes text = {};
	struct rig_script *again;
	const char *line, *end;

	rig_script_print(script, &text);
	rig_bytes_print(&text, "%s", last_step);
	fputs(rig_bytes_text(&text), to);
	d->since_ms = rig_clock_ms();
	again = rig_script_parse(&arena, "random", rig_bytes_text(&text), text.size, NULL);
	if (!again || !fails(d, again))
		fputs("# This text did not show it; the round does.\n", to);
	for (line = rig_bytes_text(&d->detail); *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		fprintf(to, "# %.*s\n", (int)(end - line), line);
	}
	if (again)
		write_record(d, again, stem);
	rig_arena_free(&arena);
	rig_bytes_free(&text);
}

static void write_case(struct diff *d, struct rig_script *script)
{
	char path[4096 + 8], stem[4096];
	FILE *to;

	snprintf(stem, sizeof(stem), "%s/%s-%" PRIu64 "-%zu", d->o->report,
		 rig_target_name[d->o->target], d->o->seed, d->n_kinds);
	snprintf(path, sizeof(path), "%s.nlt", stem);
	to = rig_folder_make(d->o->report) < 0 ? NULL : fopen(path, "we");
	if (to)
		put_case(to, d, script, stem);
	if (!to || fclose(to) != 0)
		rig_cli_bad("%s: %s", path, strerror(errno));
	else
		printf("  %s (.c shows it, without nlrig; .pcapng, .txt)\n", path);
}

/* Makes smaller what shows this kind with so many datagrams at a time. False: it does not. */
static bool shrink(struct diff *d, struct rig_script *script, unsigned int batch, const char *kind)
{
	struct rig_shrink s = { .fails = fails, .context = d, .limit = SHRINK_LIMIT };

	d->batch = batch;
	d->kind = kind;
	d->since_ms = rig_clock_ms();
	if (!fails(d, script))
		return false;
	rig_shrink(&s, script);
	return true;
}

/*
 * Several datagrams at a time show that something differs, one at a time what does. Most is dropped
 * while they still go together, for that takes a tenth of the time.
 */
static void look_closer(struct diff *d, uint64_t round, struct rig_script *script,
			const char *where)
{
	const struct rig_finding *finding;
	char kind[sizeof(d->kinds[0].what)];

	d->shrinking = true;
	finding = play(d, script, 1);
	snprintf(kind, sizeof(kind), "%s", finding ? kind_of(finding) : where);
	if (count_in(d->kinds, &d->n_kinds, KINDS, kind)) {
		bool shrunk;

		printf("round %" PRIu64 ": %s\n", round, finding ? finding->headline : kind);
		fflush(stdout);
		if (d->o->no_shrink)
			goto out;
		shrunk = shrink(d, script, BATCH, where);
		if (finding)
			shrunk |= shrink(d, script, 1, kind);
		if (!shrunk)
			printf("  it did not come again: this is the whole round\n");
		write_case(d, script);
	}
out:
	d->shrinking = false;
}

static struct rig_script *make_script(struct diff *d, uint64_t round)
{
	struct rig_script *script = NULL;
	size_t size;
	char *text;

	if (!d->o->script)
		return rig_round_make(&d->arena, d->o->seed, round, RIG_ROUND_MESSAGES);
	text = rig_file_read(d->o->script, &size, &d->err);
	if (text)
		script = rig_script_parse(&d->arena, d->o->script, text, size, &d->err);
	d->broken = !script;
	free(text);
	return script;
}

static void run_round(struct diff *d, uint64_t round)
{
	const struct rig_finding *finding;
	struct rig_script *script;
	char kind[sizeof(d->kinds[0].what)];

	rig_runner_relate(d->runner, d->o->relations	  ? RIG_RELATE_ALONE :
				     round % RELATED == 0 ? RIG_RELATE_ALSO :
							    RIG_RELATE_NOT);
	rig_arena_reset(&d->arena);
	script = make_script(d, round);
	finding = script ? play(d, script, BATCH) : NULL;
	if (!finding)
		return;
	snprintf(kind, sizeof(kind), "%s", kind_of(finding));
	keep_detail(d, finding);
	look_closer(d, round, script, kind);
}

/* ---- what is said ---- */

static uint64_t per_second(const struct diff *d)
{
	return d->tally.messages * 1000 / (rig_clock_ms() - d->start_ms + 1);
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
	const struct rig_diff_options *o = d->o;
	unsigned int now = rig_clock_ms();
	uint64_t rate = per_second(d);

	if (now - d->progress_ms < PROGRESS_MS)
		return;
	d->progress_ms = now;
	printf("at %" PRIu64 ": %" PRIu64 " messages a second, %" PRIu64 " divergences", position,
	       rate, divergences(d));
	if (rate && position < o->from + o->messages)
		printf(", %" PRIu64 " s left", (o->from + o->messages - position) / rate);
	printf("\n");
	fflush(stdout);
}

static void print_fields(const struct rig_tally *tally)
{
	printf("%.3f %% of %" PRIu64 " fields judged exactly; open:", rig_tally_share(tally),
	       tally->exact + rig_tally_open(tally));
	for (unsigned int i = 0; i < RIG_OPEN_REASONS; i++)
		if (tally->open[i])
			printf(" %s %" PRIu64 ",", rig_open_name(i), tally->open[i]);
	printf(" beyond the model %" PRIu64 "\n", tally->unjudged);
	printf("%" PRIu64 " of %" PRIu64 " errnos judged exactly\n",
	       tally->errnos - tally->errnos_unjudged, tally->errnos);
}

static void print_end(const struct diff *d)
{
	const struct rig_link_facts *facts = rig_link_facts(d->link);

	printf("%s, %s, %s: seed %" PRIu64 ", from message %" PRIu64 "\n",
	       rig_target_name[facts->target], facts->vm, facts->release, d->o->seed, d->o->from);
	printf("%" PRIu64 " messages in %.1f s, %" PRIu64 " a second\n", d->tally.messages,
	       (rig_clock_ms() - d->start_ms) / 1000.0, per_second(d));
	print_fields(&d->tally);
	printf("answers:");
	for (int i = 0; i < RIG_TALLY_ERRNOS; i++)
		if (d->tally.answers[i])
			printf(" %s %" PRIu64, i ? rig_errno_name(i) : "ok", d->tally.answers[i]);
	printf("\n");
	for (size_t i = 0; i < d->n_reasons; i++)
		printf("%s%s: %" PRIu64 "\n", beyond, d->reasons[i].what, d->reasons[i].count);
	for (size_t i = 0; i < d->n_kinds; i++)
		printf("divergence: %s: %" PRIu64 "\n", d->kinds[i].what, d->kinds[i].count);
	if (d->log.accepted)
		printf("complaints of the kernel that corpora/known accepts: %" PRIu64 "\n",
		       d->log.accepted);
	printf("%" PRIu64 " divergences\n", divergences(d));
}

static long most_kib(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) < 0 ? 0 : usage.ru_maxrss;
}

static void note_memory(struct diff *d, uint64_t position)
{
	if (!d->early_kib && position >= d->o->from + d->o->messages / 10)
		d->early_kib = most_kib();
}

/* For ci/figures: name, value, unit, what it was measured against. */
static void write_figures(const struct diff *d)
{
	const struct rig_link_facts *facts = rig_link_facts(d->link);
	const struct {
		const char *name;
		double value;
		int digits;
		const char *unit;
	} figures[] = {
		{ "messages", d->tally.messages, 0, "messages" },
		{ "rate", per_second(d), 0, "1/s" },
		{ "exact", rig_tally_share(&d->tally), 3, "%" },
		{ "errnos", d->tally.errnos, 0, "errnos" },
		{ "errnos-not-exact", d->tally.errnos_unjudged, 0, "errnos" },
		{ "divergences", divergences(d), 0, "times" },
		{ "memory-at-a-tenth", d->early_kib, 0, "KiB" },
		{ "memory-at-the-end", most_kib(), 0, "KiB" },
	};
	char path[4096];
	FILE *to;

	snprintf(path, sizeof(path), "%s/figures.tsv", d->o->report);
	to = rig_folder_make(d->o->report) < 0 ? NULL : fopen(path, "we");
	if (!to)
		return;
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		fprintf(to, "diff.%s.%s\t%.*f\t%s\t%s %s, seed %" PRIu64 ", from %" PRIu64 "\n",
			rig_target_name[facts->target], figures[i].name, figures[i].digits,
			figures[i].value, figures[i].unit, facts->vm, facts->release, d->o->seed,
			d->o->from);
	fclose(to);
}

/* ---- from where to where ---- */

static uint64_t first_round(const struct rig_diff_options *o)
{
	return o->from / RIG_ROUND_MESSAGES;
}

static uint64_t end_of_rounds(const struct rig_diff_options *o)
{
	return (o->from + o->messages + RIG_ROUND_MESSAGES - 1) / RIG_ROUND_MESSAGES;
}

void rig_diff_print_rest(const struct rig_diff_options *o, uint64_t position)
{
	uint64_t end = o->from + o->messages;

	if (position < end)
		printf("go on with --seed %" PRIu64 " --from %" PRIu64 " --messages %" PRIu64 "\n",
		       o->seed, position, end - position);
}

static void open_position(struct diff *d)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/position", d->o->report);
	if (rig_folder_make(d->o->report) == RIG_EXIT_PASSED)
		d->position_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static void open_log(struct diff *d)
{
	const struct rig_link_facts *facts = rig_link_facts(d->link);

	rig_diff_log_open(&d->log);
	d->log.known = d->o->known;
	d->log.where = (struct rig_known_where){ .target = rig_target_name[facts->target],
						 .kernel = facts->release };
}

static int run_rounds(struct diff *d)
{
	const struct rig_diff_options *o = d->o;
	uint64_t round = first_round(o), end = end_of_rounds(o);

	open_position(d);
	if (rig_link_facts(d->link)->target != RIG_TARGET_MODEL)
		open_log(d);
	d->start_ms = d->progress_ms = rig_clock_ms();
	while (round < end && !interrupted && !d->broken && (o->keep_going || !d->n_kinds)) {
		d->position = round * RIG_ROUND_MESSAGES;
		write_position(d);
		run_round(d, round++);
		if (d->kcov)
			rig_kcov_take(d->kcov);
		note_memory(d, round * RIG_ROUND_MESSAGES);
		print_progress(d, round * RIG_ROUND_MESSAGES);
	}
	print_end(d);
	write_figures(d);
	if (interrupted || d->broken || d->n_kinds)
		rig_diff_print_rest(o, (round - d->broken) * RIG_ROUND_MESSAGES);
	if (d->broken)
		return rig_cli_bad_error(&d->err);
	return interrupted ? RIG_EXIT_INTERRUPTED : d->n_kinds ? RIG_EXIT_FAILED : RIG_EXIT_PASSED;
}

int rig_diff_run(const struct rig_diff_options *o)
{
	const struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };
	struct diff *d = calloc(1, sizeof(*d));
	const struct rig_run_options how = { .timeout_ms = TIMEOUT_MS, .first_only = true };
	struct rig_error err = {};
	char vm[16];
	int status = RIG_EXIT_USAGE;

	if (!d)
		abort();
	d->o = o;
	d->position_fd = d->log.fd = -1;
	if (o->target != RIG_TARGET_MODEL &&
	    rig_target_allow(o->host_kernel, o->target, vm, sizeof(vm), &err) < 0)
		goto out;
	d->link = rig_link_open(o->target, 0, &err);
	d->runner = d->link ? rig_runner_new(d->link, &how, &err) : NULL;
	if (!d->runner)
		goto out;
	d->kcov = o->kcov ? rig_kcov_open(&err) : NULL;
	if (o->kcov && !d->kcov)
		goto out;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	status = run_rounds(d);
	if (d->kcov && rig_kcov_write(d->kcov, o->kcov, &err) < 0)
		status = RIG_EXIT_USAGE;
out:
	if (err.message[0])
		rig_cli_bad_error(&err);
	rig_kcov_close(d->kcov);
	rig_runner_free(d->runner);
	rig_link_close(d->link);
	if (d->position_fd >= 0)
		close(d->position_fd);
	rig_diff_log_close(&d->log);
	rig_bytes_free(&d->detail);
	rig_arena_free(&d->arena);
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
