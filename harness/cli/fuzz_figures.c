/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/fuzz_figures.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/boot.h"
#include "cli/fuzz.h"

/* ---- of the guests ---- */

static const struct {
	const char *name;
	size_t offset;
} figures[] = {
	{ "ms", offsetof(struct rig_fuzz_figures, ms) },
	{ "execs", offsetof(struct rig_fuzz_figures, execs) },
	{ "messages", offsetof(struct rig_fuzz_figures, messages) },
	{ "blocks", offsetof(struct rig_fuzz_figures, blocks) },
	{ "spared", offsetof(struct rig_fuzz_figures, spared) },
	{ "beyond", offsetof(struct rig_fuzz_figures, beyond) },
};

static void take_line(struct rig_fuzz_figures *f, const char *line)
{
	char name[32];
	uint64_t value;

	if (sscanf(line, "reset %" SCNu64 " %31[^\n]", &value, name) == 2) {
		for (unsigned int i = 0; i < RIG_RESETS; i++)
			if (!strcmp(rig_reset_name[i], name))
				f->resets[i] = value;
		return;
	}
	if (sscanf(line, "%31s %" SCNu64, name, &value) != 2)
		return;
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (!strcmp(figures[i].name, name))
			memcpy((char *)f + figures[i].offset, &value, sizeof(value));
}

void rig_fuzz_figures_read(struct rig_fuzz_figures *f, const char *job_folder)
{
	char path[4096 + 16], *text, *line, *rest;
	size_t size;

	*f = (struct rig_fuzz_figures){};
	snprintf(path, sizeof(path), "%s/figures", job_folder);
	text = rig_file_read(path, &size, NULL);
	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		take_line(f, line);
	free(text);
	/* The target counts on from the guests before it. */
	f->ms = f->execs ? f->ms : 0;
}

void rig_fuzz_figures_add(struct rig_fuzz_figures *sum, const struct rig_fuzz_figures *more)
{
	sum->ms = more->ms > sum->ms ? more->ms : sum->ms;
	sum->execs += more->execs;
	sum->messages += more->messages;
	sum->spared += more->spared;
	sum->beyond += more->beyond;
	sum->blocks = more->blocks > sum->blocks ? more->blocks : sum->blocks;
	for (unsigned int i = 0; i < RIG_RESETS; i++)
		sum->resets[i] += more->resets[i];
}

/* ---- blocks ---- */

static int in_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int rig_fuzz_blocks_open(struct rig_fuzz_blocks *blocks, const struct rig_fuzz_options *o)
{
	char command[16384], root[4096];
	FILE *from;

	rig_boot_find_root(root, sizeof(root));
	if (o->target == RIG_TARGET_REF)
		snprintf(command, sizeof(command),
			 "'%s/fuzz/kernel/blocks' \"${MODULE:-$('%s/ci/vm/module' %s)}\" | wc -l",
			 root, root, o->vm);
	else
		snprintf(command, sizeof(command), "wc -l <\"$('%s/ci/vm/kernel' %s)\"/blocks",
			 root, o->vm);
	if (o->module)
		setenv("MODULE", o->module, 1);
	from = popen(command, "r");
	if (!from || fscanf(from, "%zu", &blocks->all) != 1)
		blocks->all = 0;
	if (!from || pclose(from) != 0)
		return rig_cli_bad("%s has no fuzz kernel: see above", o->vm);
	return RIG_EXIT_PASSED;
}

static void add_name(struct rig_fuzz_blocks *blocks, const char *name)
{
	if (blocks->count == blocks->room) {
		blocks->room = blocks->room ? 2 * blocks->room : 4096;
		blocks->names = realloc(blocks->names, blocks->room * sizeof(*blocks->names));
		if (!blocks->names)
			abort();
	}
	blocks->names[blocks->count++] = strdup(name);
}

void rig_fuzz_blocks_add(struct rig_fuzz_blocks *blocks, const char *job_folder)
{
	char path[4096 + 16], line[256];
	size_t known = blocks->count;
	FILE *from;

	snprintf(path, sizeof(path), "%s/blocks", job_folder);
	from = fopen(path, "re");
	while (from && fgets(line, sizeof(line), from)) {
		char *last = strrchr(line, '\t'), *key = line;

		if (!last)
			continue;
		*last = '\0';
		if (!bsearch(&key, blocks->names, known, sizeof(*blocks->names), in_order))
			add_name(blocks, line);
	}
	if (from)
		fclose(from);
	if (blocks->count)
		qsort(blocks->names, blocks->count, sizeof(*blocks->names), in_order);
}

void rig_fuzz_blocks_write(const struct rig_fuzz_blocks *blocks, const char *folder)
{
	char path[4096 + 16];
	FILE *to;

	snprintf(path, sizeof(path), "%s/blocks.tsv", folder);
	to = fopen(path, "we");
	for (size_t i = 0; to && i < blocks->count; i++)
		fprintf(to, "%s\t1\n", blocks->names[i]);
	if (to)
		fclose(to);
}

void rig_fuzz_blocks_free(struct rig_fuzz_blocks *blocks)
{
	for (size_t i = 0; i < blocks->count; i++)
		free(blocks->names[i]);
	free(blocks->names);
}

/* Guests that run have not written theirs: then it is at least what one of them counts. */
void rig_fuzz_blocks_count(const struct rig_fuzz_blocks *blocks, struct rig_fuzz_summary *s)
{
	s->blocks = blocks->count > s->sum.blocks ? blocks->count : s->sum.blocks;
	s->blocks_all = blocks->all;
}

/* ---- of afl-fuzz ---- */

static void take_stats(const char *path, struct rig_fuzz_summary *s)
{
	char *text, *at;
	size_t size;
	uint64_t corpus;
	double stability;

	text = rig_file_read(path, &size, NULL);
	at = text ? strstr(text, "corpus_count") : NULL;
	if (at && sscanf(at, "corpus_count : %" SCNu64, &corpus) == 1 && corpus > s->corpus)
		s->corpus = corpus;
	at = text ? strstr(text, "stability") : NULL;
	if (at && sscanf(at, "stability : %lf", &stability) == 1 &&
	    (s->stability == 0 || stability < s->stability))
		s->stability = stability;
	free(text);
}

void rig_fuzz_read_stats(const char *folder, struct rig_fuzz_summary *s)
{
	char pattern[4096 + 32];
	glob_t found = {};

	snprintf(pattern, sizeof(pattern), "%s/afl/*/fuzzer_stats", folder);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			take_stats(found.gl_pathv[i], s);
	globfree(&found);
}

/* ---- findings ---- */

static char *read_findings(const char *folder)
{
	char path[4096 + 16];
	size_t size;

	snprintf(path, sizeof(path), "%s/findings.tsv", folder);
	return rig_file_read(path, &size, NULL);
}

uint64_t rig_fuzz_findings(const char *folder)
{
	char *text = read_findings(folder);
	uint64_t lines = 0;

	for (const char *c = text; c && *c; c++)
		lines += *c == '\n';
	free(text);
	return lines;
}

/* The first line of a file that the guest wrote at its end, if that has the mark in it. */
static void note_file(const char *folder, const char *job_folder, const char *name,
		      const char *mark, struct rig_finding_line *line)
{
	char path[4096 + 16], headline[200], *text;
	struct rig_error err = {};
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/%s", job_folder, name);
	text = rig_file_read(path, &size, NULL);
	if (text && strstr(text, mark)) {
		snprintf(headline, sizeof(headline), "at the guest's end: %.*s",
			 (int)strcspn(text, "\n"), text);
		line->headline = headline;
		if (rig_fuzz_note(folder, line, text, size, &err) < 0)
			rig_cli_bad_error(&err);
	}
	free(text);
}

void rig_fuzz_judge_end(const char *folder, const char *job_folder, unsigned int job,
			const struct rig_fuzz_figures *f)
{
	struct rig_finding_line line = {
		.ms = f->ms, .job = job, .executions = f->execs, .messages = f->messages
	};

	line.kind = "leak";
	note_file(folder, job_folder, "kmemleak", "comm \"nlrig\"", &line);
	line.kind = "undo";
	note_file(folder, job_folder, "balance", "\n", &line);
}

/* ---- what is said ---- */

static uint64_t per_second(const struct rig_fuzz_summary *s, uint64_t count)
{
	return s->seconds ? count / s->seconds : 0;
}

static double percent(size_t part, size_t all)
{
	return all ? 100.0 * (double)part / (double)all : 0;
}

void rig_fuzz_progress(const struct rig_fuzz_summary *s)
{
	printf("%5" PRIu64 " s  %" PRIu64 " executions/s  %" PRIu64
	       " messages/s  blocks %zu of %zu (%.1f %%)  corpus %" PRIu64
	       "  stability %.1f %%  findings %" PRIu64 "  restarts %" PRIu64 "\n",
	       s->seconds, per_second(s, s->sum.execs), per_second(s, s->sum.messages), s->blocks,
	       s->blocks_all, percent(s->blocks, s->blocks_all), s->corpus, s->stability,
	       s->findings, s->restarts);
	fflush(stdout);
}

/* The lines of findings.tsv from one on; the first's columns go to the summary file. */
static void say_findings(const char *folder, uint64_t from_line, FILE *to)
{
	char *text = read_findings(folder), *line, *rest;
	uint64_t number = 0;

	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest), number++) {
		static const char *const names[] = { "ms",   "job",	 "execs", "messages",
						     "kind", "headline", "file" };
		char *column = line;

		if (number < from_line)
			continue;
		printf("  %s\n", line);
		for (unsigned int i = 0; number == from_line && i < 7 && column; i++) {
			char *tab = strchr(column, '\t');

			fprintf(to, "first_%s %.*s\n", names[i],
				tab ? (int)(tab - column) : (int)strlen(column), column);
			column = tab ? tab + 1 : NULL;
		}
	}
	free(text);
}

void rig_fuzz_summarise(const char *folder, uint64_t from_line, const struct rig_fuzz_summary *s)
{
	char path[4096 + 16];
	FILE *to;

	rig_fuzz_progress(s);
	snprintf(path, sizeof(path), "%s/summary", folder);
	to = fopen(path, "we");
	if (!to) {
		rig_cli_bad("%s: cannot be written", path);
		return;
	}
	fprintf(to,
		"seconds %" PRIu64 "\nexecs %" PRIu64 "\nmessages %" PRIu64
		"\nblocks %zu\nblocks_all %zu\ncorpus %" PRIu64
		"\nstability %.2f\nfindings %" PRIu64 "\nrestarts %" PRIu64 "\nspared %" PRIu64
		"\nbeyond %" PRIu64 "\n",
		s->seconds, s->sum.execs, s->sum.messages, s->blocks, s->blocks_all, s->corpus,
		s->stability, s->findings, s->restarts, s->sum.spared, s->sum.beyond);
	printf("not sent, since the kernel would not survive it: %" PRIu64
	       "; scripts beyond the model: %" PRIu64 "\n",
	       s->sum.spared, s->sum.beyond);
	for (unsigned int i = 0; i < RIG_RESETS; i++) {
		fprintf(to, "reset_%u %" PRIu64 "\n", i, s->sum.resets[i]);
		if (s->sum.resets[i])
			printf("stage made anew: %" PRIu64 " times: %s\n", s->sum.resets[i],
			       rig_reset_name[i]);
	}
	say_findings(folder, from_line, to);
	fclose(to);
}
