/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the CUnit suites that the other files define, and reports in KTAP. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "tests/test.h"

extern const struct rig_test_suite *const __start_rig_tests[];
extern const struct rig_test_suite *const __stop_rig_tests[];

unsigned long rig_test_count;
uint64_t rig_test_seed = 1;

static const char usage[] =
	"usage: nlrig-test [--count N] [--seed N] [--list] [PREFIX]...\n"
	"\n"
	"Runs the unit tests whose id (suite/test) begins with one of the prefixes, or all.\n"
	"  --count N  rounds of each test over random input (default: few, quick)\n"
	"  --seed N   where random input begins (default 1)\n"
	"  --list     name the tests, run none\n";

struct selected {
	const struct rig_test *test;
	char id[160];
};

static int parse_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno || end == text || *end ? -1 : 0;
}

static bool wanted(const char *id, char *const *prefixes)
{
	if (!*prefixes)
		return true;
	for (; *prefixes; prefixes++)
		if (!strncmp(id, *prefixes, strlen(*prefixes)))
			return true;
	return false;
}

static struct selected *select_tests(char *const *prefixes, size_t *count)
{
	const struct rig_test_suite *const *suite;
	struct selected *list = NULL;
	size_t total = 0, i;

	for (suite = __start_rig_tests; suite < __stop_rig_tests; suite++)
		total += (*suite)->count;
	list = calloc(total + 1, sizeof(*list));
	if (!list)
		abort();

	*count = 0;
	for (suite = __start_rig_tests; suite < __stop_rig_tests; suite++) {
		for (i = 0; i < (*suite)->count; i++) {
			struct selected *s = &list[*count];

			s->test = &(*suite)->tests[i];
			snprintf(s->id, sizeof(s->id), "%s/%s", (*suite)->name, s->test->name);
			*count += wanted(s->id, prefixes);
		}
	}
	return list;
}

/* CUnit keeps one failure record per assertion that failed, of all tests so far. */
static char *failures_text(void)
{
	const CU_FailureRecord *f;
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		abort();
	for (f = CU_get_failure_list(); f; f = f->pNext)
		fprintf(to, "%s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
	fclose(to);
	return text;
}

static enum rig_outcome run_one(CU_pSuite suite, const struct selected *s, char **detail)
{
	CU_pTest test = CU_add_test(suite, s->id, s->test->run);

	if (!test)
		abort();
	*detail = NULL;
	CU_run_test(suite, test);
	if (!CU_get_number_of_asserts())
		*detail = strdup("the test asserts nothing");
	else if (CU_get_number_of_failures())
		*detail = failures_text();
	return *detail ? RIG_FAILED : RIG_PASSED;
}

static int run(const struct selected *list, size_t count)
{
	struct rig_suite results;
	CU_pSuite suite;
	size_t i;
	int failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		abort();
	CU_set_error_action(CUEA_IGNORE);
	suite = CU_add_suite("nlrig", NULL, NULL);
	rig_suite_init(&results, "unit");
	rig_ktap_plan(stdout, count);
	for (i = 0; i < count; i++) {
		char *detail;
		enum rig_outcome outcome = run_one(suite, &list[i], &detail);

		rig_ktap_result(stdout, i + 1,
				rig_suite_add(&results, outcome, list[i].id, NULL, detail));
		fflush(stdout);
		free(detail);
	}
	rig_ktap_end(stdout, &results);
	failed = results.tally[RIG_FAILED] != 0;
	rig_suite_free(&results);
	CU_cleanup_registry();
	return failed;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	struct selected *list;
	bool names_only = false;
	uint64_t number;
	size_t count, i;
	int opt, status;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
		case 's':
			if (parse_number(optarg, &number) < 0) {
				fprintf(stderr, "nlrig-test: '%s' is not a number\n", optarg);
				return 2;
			}
			if (opt == 'c')
				rig_test_count = number;
			else
				rig_test_seed = number;
			break;
		case 'l':
			names_only = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}

	list = select_tests(argv + optind, &count);
	for (i = 0; names_only && i < count; i++)
		puts(list[i].id);
	if (!names_only && !count)
		fprintf(stderr, "nlrig-test: no test is so named; see --list\n");
	status = names_only ? 0 : count ? run(list, count) : 2;
	free(list);
	return status;
}
