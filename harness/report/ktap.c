/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP version 1, as the kernel's Documentation/dev-tools/ktap.rst has it. A known divergence is
 * "ok ... # XFAIL"; the totals at the end are comments in a form that the reader knows.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

#define JUDGED "judged: %" PRIu64 " fields exactly, %" PRIu64 " left open"

static const struct {
	const char *status;
	const char *directive;
} outcomes[RIG_OUTCOMES] = {
	[RIG_PASSED] = { "ok", NULL },
	[RIG_FAILED] = { "not ok", NULL },
	[RIG_KNOWN] = { "ok", "XFAIL" },
	[RIG_SKIPPED] = { "ok", "SKIP" },
};

void rig_ktap_plan(FILE *to, size_t planned)
{
	fprintf(to, "KTAP version 1\n1..%zu\n", planned);
}

static void write_detail(FILE *to, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fprintf(to, "# %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

void rig_ktap_result(FILE *to, size_t number, const struct rig_result *result)
{
	const char *directive = outcomes[result->outcome].directive;
	const char *p;

	if (result->detail)
		write_detail(to, result->detail);
	fprintf(to, "%s %zu ", outcomes[result->outcome].status, number);
	for (p = result->id; *p; p++)
		fprintf(to, *p == '#' || *p == '\\' ? "\\%c" : "%c", *p);
	if (directive)
		fprintf(to, " # %s %s", directive, result->reason ? result->reason : "");
	putc('\n', to);
}

void rig_ktap_end(FILE *to, const struct rig_suite *suite)
{
	if (suite->where)
		fprintf(to, "# where: %s\n", suite->where);
	if (suite->exact || suite->open)
		fprintf(to, "# " JUDGED "\n", suite->exact, suite->open);
	fprintf(to, "# totals: %zu passed, %zu failed, %zu known, %zu skipped\n",
		suite->tally[RIG_PASSED], suite->tally[RIG_FAILED], suite->tally[RIG_KNOWN],
		suite->tally[RIG_SKIPPED]);
}

void rig_ktap_write(FILE *to, const struct rig_suite *suite)
{
	size_t i;

	rig_ktap_plan(to, suite->count);
	for (i = 0; i < suite->count; i++)
		rig_ktap_result(to, i + 1, &suite->results[i]);
	rig_ktap_end(to, suite);
}

static void write_subtest(FILE *to, size_t number, const struct rig_suite *suite)
{
	char *text = NULL, *line, *rest;
	size_t len;
	FILE *memory = open_memstream(&text, &len);

	if (!memory)
		abort();
	rig_ktap_write(memory, suite);
	fclose(memory);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		fprintf(to, "    %s\n", line);
	fprintf(to, "%s %zu %s\n", suite->tally[RIG_FAILED] ? "not ok" : "ok", number,
		suite->target);
	free(text);
}

void rig_ktap_write_all(FILE *to, const struct rig_suite *suites, size_t count)
{
	size_t i;

	if (count == 1) {
		rig_ktap_write(to, suites);
		return;
	}
	rig_ktap_plan(to, count);
	for (i = 0; i < count; i++)
		write_subtest(to, i + 1, &suites[i]);
}

static void keep(struct rig_ktap_reader *reader, const char *line)
{
	size_t len = strlen(line);

	reader->detail = realloc(reader->detail, reader->detail_len + len + 2);
	if (!reader->detail)
		abort();
	memcpy(reader->detail + reader->detail_len, line, len);
	memcpy(reader->detail + reader->detail_len + len, "\n", 2);
	reader->detail_len += len + 1;
}

static void forget(struct rig_ktap_reader *reader)
{
	free(reader->detail);
	reader->detail = NULL;
	reader->detail_len = 0;
}

static struct rig_result *add(struct rig_ktap_reader *reader, enum rig_outcome outcome,
			      const char *id, const char *reason)
{
	struct rig_result *result =
		rig_suite_add(reader->suite, outcome, id, reason, reader->detail);

	forget(reader);
	return result;
}

/* The id as it was, from what follows the number; returns where the directive begins, or NULL. */
static const char *take_id(const char *text, char *id, size_t size)
{
	size_t n = 0;

	for (; *text && *text != '#'; text++) {
		if (*text == '\\' && text[1])
			text++;
		if (n + 1 < size)
			id[n++] = *text;
	}
	while (n && id[n - 1] == ' ')
		n--;
	id[n] = '\0';
	return *text ? text + 1 : NULL;
}

/* What it says of a result that is "ok": nothing can excuse one that is not. */
static enum rig_outcome take_directive(const char *text, const char **reason)
{
	enum rig_outcome i;

	text += strspn(text, " ");
	for (i = 0; i < RIG_OUTCOMES; i++) {
		const char *directive = outcomes[i].directive;
		size_t len = directive ? strlen(directive) : 0;

		if (!len || strcspn(text, " ") != len || strncmp(text, directive, len))
			continue;
		*reason = text + len + strspn(text + len, " ");
		return i;
	}
	return RIG_PASSED;
}

static struct rig_result *take_result(struct rig_ktap_reader *reader, const char *text, bool ok)
{
	enum rig_outcome outcome = ok ? RIG_PASSED : RIG_FAILED;
	const char *directive, *reason = NULL;
	char id[512], *after;

	strtoul(text, &after, 10);
	directive = take_id(after + strspn(after, " -"), id, sizeof(id));
	if (directive && ok)
		outcome = take_directive(directive, &reason);
	reader->reported++;
	return add(reader, outcome, id, reason);
}

static void take_comment(struct rig_ktap_reader *reader, const char *text)
{
	struct rig_suite *suite = reader->suite;

	if (sscanf(text, JUDGED, &suite->exact, &suite->open) == 2 || !strncmp(text, "totals: ", 8))
		return;
	if (!strncmp(text, "where: ", 7)) {
		free(suite->where);
		suite->where = strdup(text + 7);
		return;
	}
	keep(reader, text);
}

struct rig_result *rig_ktap_read(struct rig_ktap_reader *reader, const char *line)
{
	if (!strncmp(line, "KTAP version ", 13))
		return NULL;
	if (!reader->has_plan && sscanf(line, "1..%zu", &reader->planned) == 1) {
		reader->has_plan = true;
		return NULL;
	}
	if (!strncmp(line, "ok ", 3))
		return take_result(reader, line + 3, true);
	if (!strncmp(line, "not ok ", 7))
		return take_result(reader, line + 7, false);
	if (line[0] == '#' && (line[1] == ' ' || !line[1]))
		take_comment(reader, line[1] ? line + 2 : "");
	else
		keep(reader, line);
	return NULL;
}

static bool has_id(const struct rig_suite *suite, const char *id)
{
	size_t i;

	for (i = 0; i < suite->count; i++)
		if (!strcmp(suite->results[i].id, id))
			return true;
	return false;
}

void rig_ktap_finish(struct rig_ktap_reader *reader, const char *const *ids, size_t count)
{
	char text[64];
	size_t i;

	if (!reader->has_plan)
		keep(reader, "no plan came: the program did not start, or died at once");
	else if (reader->reported < reader->planned)
		keep(reader, "never reported: the program ended before its plan was fulfilled");
	if (!ids && !reader->has_plan)
		add(reader, RIG_FAILED, "plan", NULL);
	for (i = 0; ids && i < count; i++)
		if (!has_id(reader->suite, ids[i]))
			add(reader, RIG_FAILED, ids[i], NULL);
	for (i = reader->reported; !ids && i < reader->planned; i++) {
		snprintf(text, sizeof(text), "case %zu of %zu", i + 1, reader->planned);
		add(reader, RIG_FAILED, text, NULL);
	}
	forget(reader);
}
