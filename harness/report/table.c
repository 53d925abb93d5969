/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a run as a person reads it. */
#include <string.h>

#include "report/report.h"

/*
 * Failures that are named, of each suite; those of them with detail; its first lines and its last
 * ones, which say how to run the case alone; the width of a line. The .ktap has all.
 */
enum { NAMED = 40, DETAILS = 10, FIRST_LINES = 38, LAST_LINES = 2, WIDTH = 240 };

struct table {
	FILE *to;
	bool colour;
	unsigned int details; /* shown so far */
};

enum colour { RED, GREEN, YELLOW };

static void write_coloured(const struct table *table, enum colour colour, const char *text)
{
	static const char *const code[] = { [RED] = "1;31", [GREEN] = "32", [YELLOW] = "33" };

	if (table->colour)
		fprintf(table->to, "\033[%sm%s\033[0m", code[colour], text);
	else
		fputs(text, table->to);
}

static void write_line(FILE *to, const char *text, size_t len)
{
	fprintf(to, "    %.*s%s\n", (int)(len > WIDTH ? WIDTH : len), text,
		len > WIDTH ? "..." : "");
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text += *text == '\n') {
		text += strcspn(text, "\n");
		count++;
	}
	return count;
}

static void write_detail(FILE *to, const char *text)
{
	size_t count = count_lines(text), line;
	bool all = count <= FIRST_LINES + LAST_LINES;

	for (line = 0; *text; line++) {
		size_t len = strcspn(text, "\n");

		if (all || line < FIRST_LINES || line >= count - LAST_LINES)
			write_line(to, text, len);
		else if (line == FIRST_LINES)
			fputs("    ...\n", to);
		text += len + (text[len] == '\n');
	}
}

static void write_failure(struct table *table, const char *target, const struct rig_result *r)
{
	write_coloured(table, RED, "FAILED");
	fprintf(table->to, " %s %s", target, r->id);
	if (!r->detail) {
		putc('\n', table->to);
	} else if (table->details++ < DETAILS) {
		putc('\n', table->to);
		write_detail(table->to, r->detail);
	} else {
		fprintf(table->to, ": %.*s\n", (int)strcspn(r->detail, "\n"), r->detail);
	}
}

static void write_failures(struct table *table, const struct rig_suite *suite)
{
	size_t i, named = 0;

	for (i = 0; i < suite->count && named < NAMED; i++) {
		if (suite->results[i].outcome != RIG_FAILED)
			continue;
		named++;
		write_failure(table, suite->target, &suite->results[i]);
	}
	if (suite->tally[RIG_FAILED] > named)
		fprintf(table->to, "FAILED %s and %zu more\n", suite->target,
			suite->tally[RIG_FAILED] - named);
}

static bool same_reason(const struct rig_result *a, const struct rig_result *b)
{
	const char *x = a->reason ? a->reason : "";
	const char *y = b->reason ? b->reason : "";

	return a->outcome == b->outcome && !strcmp(x, y);
}

static bool said_before(const struct rig_suite *suite, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (same_reason(&suite->results[j], &suite->results[i]))
			return true;
	return false;
}

/* One line per reason: how many cases, and the first of them. */
static void write_reasons(const struct table *table, const struct rig_suite *suite,
			  enum rig_outcome outcome, const char *word)
{
	size_t i, j, same;

	for (i = 0; i < suite->count; i++) {
		const struct rig_result *r = &suite->results[i];

		if (r->outcome != outcome || said_before(suite, i))
			continue;
		for (same = 0, j = i; j < suite->count; j++)
			same += same_reason(r, &suite->results[j]);
		write_coloured(table, YELLOW, word);
		fprintf(table->to, " %s: %s (%s", suite->target, r->reason ? r->reason : "?",
			r->id);
		if (same > 1)
			fprintf(table->to, " and %zu more", same - 1);
		fputs(")\n", table->to);
	}
}

static void write_row(FILE *to, const struct rig_suite *suite)
{
	fprintf(to, "%-8s %8zu %8zu %8zu %8zu", suite->target, suite->tally[RIG_PASSED],
		suite->tally[RIG_FAILED], suite->tally[RIG_KNOWN], suite->tally[RIG_SKIPPED]);
	if (suite->where)
		fprintf(to, "   %s", suite->where);
	if (suite->exact || suite->open)
		fprintf(to, "%s%.1f %% of %llu fields judged exactly", suite->where ? "; " : "   ",
			100.0 * suite->exact / (suite->exact + suite->open),
			(unsigned long long)(suite->exact + suite->open));
	putc('\n', to);
}

void rig_table_write(FILE *to, const struct rig_suite *suites, size_t count, bool colour)
{
	struct table table = { .to = to, .colour = colour };
	size_t passed = 0, failed = 0, i;
	char text[64];

	for (i = 0; i < count; i++) {
		write_failures(&table, &suites[i]);
		passed += suites[i].tally[RIG_PASSED];
		failed += suites[i].tally[RIG_FAILED];
	}
	if (table.details > DETAILS)
		fprintf(to, "(details of the first %d failures; the .ktap has all)\n", DETAILS);
	for (i = 0; i < count; i++)
		write_reasons(&table, &suites[i], RIG_KNOWN, "known");
	for (i = 0; i < count; i++)
		write_reasons(&table, &suites[i], RIG_SKIPPED, "skipped");

	fprintf(to, "%-8s %8s %8s %8s %8s\n", "target", "passed", "failed", "known", "skipped");
	for (i = 0; i < count; i++)
		write_row(to, &suites[i]);
	snprintf(text, sizeof(text), "%zu passed, %zu failed", passed, failed);
	write_coloured(&table, failed ? RED : GREEN, text);
	putc('\n', to);
}
