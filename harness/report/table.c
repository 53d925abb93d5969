/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a run as a person reads it. */
#include <string.h>

#include "report/report.h"

/* Failures that are named, of each suite; those of them with detail; lines of it. */
enum { NAMED = 40, DETAILS = 10, DETAIL_LINES = 40 };

static void write_indented(FILE *to, const char *text)
{
	unsigned int line;

	for (line = 0; *text && line < DETAIL_LINES; line++) {
		size_t len = strcspn(text, "\n");

		fprintf(to, "    %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
	if (*text)
		fputs("    ...\n", to);
}

static void write_failures(FILE *to, const struct rig_suite *suite, unsigned int *details)
{
	size_t i, named = 0;

	for (i = 0; i < suite->count && named < NAMED; i++) {
		const struct rig_result *r = &suite->results[i];

		if (r->outcome != RIG_FAILED)
			continue;
		named++;
		fprintf(to, "FAILED %s %s\n", suite->target, r->id);
		if (r->detail && (*details)++ < DETAILS)
			write_indented(to, r->detail);
	}
	if (suite->tally[RIG_FAILED] > named)
		fprintf(to, "FAILED %s and %zu more\n", suite->target,
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
static void write_reasons(FILE *to, const struct rig_suite *suite, enum rig_outcome outcome,
			  const char *word)
{
	size_t i, j, same;

	for (i = 0; i < suite->count; i++) {
		const struct rig_result *r = &suite->results[i];

		if (r->outcome != outcome || said_before(suite, i))
			continue;
		for (same = 0, j = i; j < suite->count; j++)
			same += same_reason(r, &suite->results[j]);
		fprintf(to, "%s %s: %s (%s", word, suite->target, r->reason ? r->reason : "?",
			r->id);
		if (same > 1)
			fprintf(to, " and %zu more", same - 1);
		fputs(")\n", to);
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

void rig_table_write(FILE *to, const struct rig_suite *suites, size_t count)
{
	size_t passed = 0, failed = 0, i;
	unsigned int details = 0;

	for (i = 0; i < count; i++) {
		write_failures(to, &suites[i], &details);
		passed += suites[i].tally[RIG_PASSED];
		failed += suites[i].tally[RIG_FAILED];
	}
	if (details > DETAILS)
		fprintf(to, "(details of the first %d failures; the .ktap has all)\n", DETAILS);
	for (i = 0; i < count; i++)
		write_reasons(to, &suites[i], RIG_KNOWN, "known");
	for (i = 0; i < count; i++)
		write_reasons(to, &suites[i], RIG_SKIPPED, "skipped");

	fprintf(to, "%-8s %8s %8s %8s %8s\n", "target", "passed", "failed", "known", "skipped");
	for (i = 0; i < count; i++)
		write_row(to, &suites[i]);
	fprintf(to, "%zu passed, %zu failed\n", passed, failed);
}
