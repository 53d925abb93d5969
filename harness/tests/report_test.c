/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "tests/test.h"

static void read_lines(struct rig_ktap_reader *reader, const char *text)
{
	char *copy = strdup(text), *line, *rest;

	for (line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		rig_ktap_read(reader, line);
	free(copy);
}

static void fill(struct rig_suite *suite)
{
	rig_suite_init(suite, "intree");
	rig_suite_add(suite, RIG_PASSED, "flow/new", NULL, NULL);
	rig_suite_add(suite, RIG_FAILED, "flow/odd #1 \\", NULL, "expected a\n\nreceived b\n");
	rig_suite_add(suite, RIG_KNOWN, "flow/nsh", "6.1 refuses it", NULL);
	rig_suite_add(suite, RIG_SKIPPED, "packet/hash", "needs smp", NULL);
	suite->where = strdup("qemu, 6.1.192-1");
	suite->exact = 990;
	suite->open = 10;
}

static char *as_text(void (*write)(FILE *, const struct rig_suite *), const struct rig_suite *suite)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	write(to, suite);
	fclose(to);
	return text;
}

static void junit(FILE *to, const struct rig_suite *suite)
{
	rig_junit_write(to, suite, 1);
}

static void table(FILE *to, const struct rig_suite *suite)
{
	rig_table_write(to, suite, 1, false);
}

static void ktap_text(void)
{
	struct rig_suite suite;
	char *text;

	fill(&suite);
	text = as_text(rig_ktap_write, &suite);
	CU_ASSERT_STRING_EQUAL(text, "KTAP version 1\n"
				     "1..4\n"
				     "ok 1 flow/new\n"
				     "# expected a\n"
				     "# \n"
				     "# received b\n"
				     "not ok 2 flow/odd \\#1 \\\\\n"
				     "ok 3 flow/nsh # XFAIL 6.1 refuses it\n"
				     "ok 4 packet/hash # SKIP needs smp\n"
				     "# where: qemu, 6.1.192-1\n"
				     "# judged: 990 fields exactly, 10 left open\n"
				     "# totals: 1 passed, 1 failed, 1 known, 1 skipped\n");
	free(text);
	rig_suite_free(&suite);
}

static void ktap_round_trip(void)
{
	struct rig_suite suite, copy;
	struct rig_ktap_reader reader = { .suite = &copy };
	char *text, *again;

	fill(&suite);
	text = as_text(rig_ktap_write, &suite);
	rig_suite_init(&copy, "intree");
	read_lines(&reader, text);
	rig_ktap_finish(&reader, NULL, 0);
	again = as_text(rig_ktap_write, &copy);
	CU_ASSERT_STRING_EQUAL(text, again);
	CU_ASSERT_STRING_EQUAL(copy.results[1].id, "flow/odd #1 \\");
	CU_ASSERT_EQUAL(copy.exact, 990);
	CU_ASSERT_STRING_EQUAL(copy.where, "qemu, 6.1.192-1");
	free(text);
	free(again);
	rig_suite_free(&suite);
	rig_suite_free(&copy);
}

/* A guest that dies in the middle: what it did not report has failed, by name. */
static void plan_not_fulfilled(void)
{
	static const char *const ids[] = { "a", "b", "c" };
	struct rig_suite suite;
	struct rig_ktap_reader reader = { .suite = &suite };

	rig_suite_init(&suite, "ref");
	read_lines(&reader, "KTAP version 1\n1..3\nok 1 b\nSegmentation fault\n");
	rig_ktap_finish(&reader, ids, 3);
	CU_ASSERT_EQUAL_FATAL(suite.count, 3);
	CU_ASSERT_EQUAL(suite.tally[RIG_FAILED], 2);
	CU_ASSERT_STRING_EQUAL(suite.results[1].id, "a");
	CU_ASSERT_STRING_EQUAL(suite.results[1].detail,
			       "Segmentation fault\n"
			       "never reported: the program ended before its plan was fulfilled\n");
	CU_ASSERT_STRING_EQUAL(suite.results[2].id, "c");
	rig_suite_free(&suite);
}

static void no_plan(void)
{
	struct rig_suite suite;
	struct rig_ktap_reader reader = { .suite = &suite };

	rig_suite_init(&suite, "unit");
	rig_ktap_finish(&reader, NULL, 0);
	CU_ASSERT_EQUAL(suite.tally[RIG_FAILED], 1);
	rig_suite_free(&suite);
}

/* A failure has no excuse, and only a whole word is a directive. */
static void ktap_directives(void)
{
	static const struct {
		const char *line;
		enum rig_outcome outcome;
	} row[] = {
		{ "ok 1 a # SKIP needs smp", RIG_SKIPPED },
		{ "ok 1 a # SKIP", RIG_SKIPPED },
		{ "ok 1 a # XFAIL 6.1 refuses it", RIG_KNOWN },
		{ "ok 1 a # SKIPPED needs smp", RIG_PASSED },
		{ "ok 1 a # a note", RIG_PASSED },
		{ "not ok 1 a # SKIP needs smp", RIG_FAILED },
		{ "not ok 1 a # XFAIL 6.1 refuses it", RIG_FAILED },
		{ "not ok 1 a", RIG_FAILED },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rig_suite suite;
		struct rig_ktap_reader reader = { .suite = &suite };

		rig_suite_init(&suite, "unit");
		rig_ktap_read(&reader, row[i].line);
		CU_ASSERT_EQUAL(suite.tally[row[i].outcome], 1);
		rig_suite_free(&suite);
	}
}

/* Nothing to report is no success: a plan of 2 with 1 result has 1 failure, without ids too. */
static void plan_not_fulfilled_unnamed(void)
{
	struct rig_suite suite;
	struct rig_ktap_reader reader = { .suite = &suite };

	rig_suite_init(&suite, "unit");
	read_lines(&reader, "KTAP version 1\n1..2\nok 1 b\n");
	rig_ktap_finish(&reader, NULL, 0);
	CU_ASSERT_EQUAL(suite.tally[RIG_PASSED], 1);
	CU_ASSERT_EQUAL(suite.tally[RIG_FAILED], 1);
	rig_suite_free(&suite);
}

static void junit_escapes(void)
{
	struct rig_suite suite;
	char *text;

	rig_suite_init(&suite, "ref");
	rig_suite_add(&suite, RIG_FAILED, "a<b>&\"'", NULL,
		      "ctrl \x01\x1b\x7f cr\r tab\t\n"
		      "utf \xc3\xa9 broken \xc3( \xff surrogate \xed\xa0\x80 fffe \xef\xbf\xbe "
		      "overlong \xc0\xaf ]]>");
	text = as_text(junit, &suite);
	CU_ASSERT_STRING_EQUAL(
		text,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites>\n"
		"\t<testsuite name=\"ref\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" "
		"time=\"0.000\">\n"
		"\t\t<testcase classname=\"ref\" name=\"a&lt;b&gt;&amp;&quot;&apos;\"><failure>"
		"ctrl \\x01\\x1b\\x7f cr\\x0d tab\t\n"
		"utf \xc3\xa9 broken \\xc3( \\xff surrogate \\xed\\xa0\\x80 fffe \\xef\\xbf\\xbe "
		"overlong \\xc0\\xaf ]]&gt;</failure></testcase>\n"
		"\t</testsuite>\n"
		"</testsuites>\n");
	free(text);
	rig_suite_free(&suite);
}

static void table_ends_with_totals(void)
{
	struct rig_suite suite;
	char *text;

	fill(&suite);
	text = as_text(table, &suite);
	CU_ASSERT_STRING_EQUAL(text,
			       "FAILED intree flow/odd #1 \\\n"
			       "    expected a\n"
			       "    \n"
			       "    received b\n"
			       "known intree: 6.1 refuses it (flow/nsh)\n"
			       "skipped intree: needs smp (packet/hash)\n"
			       "target     passed   failed    known  skipped\n"
			       "intree          1        1        1        1   qemu, 6.1.192-1; "
			       "99.0 % of 1000 fields judged exactly\n"
			       "1 passed, 1 failed\n");
	free(text);
	rig_suite_free(&suite);
}

RIG_TEST_SUITE(report, { "ktap text", ktap_text }, { "ktap round trip", ktap_round_trip },
	       { "ktap directives", ktap_directives }, { "plan not fulfilled", plan_not_fulfilled },
	       { "no plan", no_plan }, { "plan not fulfilled, no ids", plan_not_fulfilled_unnamed },
	       { "junit escapes", junit_escapes }, { "table", table_ends_with_totals });
