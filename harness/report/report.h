/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of each case: KTAP as it runs, a table and JUnit XML at the end. The functions
 * write to the stream they are given and nowhere else; a failed write shows in ferror().
 */
#ifndef RIG_REPORT_REPORT_H
#define RIG_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum rig_outcome {
	RIG_PASSED,
	RIG_FAILED,
	RIG_KNOWN,   /* diverged as corpora/known/ says; counts as neither passed nor failed */
	RIG_SKIPPED, /* the target cannot run it; the reason says why */
	RIG_OUTCOMES,
};

struct rig_result {
	enum rig_outcome outcome;
	char *id;     /* flow/new-ipv4-key-missing */
	char *reason; /* one line: why skipped, why known; NULL: none */
	char *detail; /* any number of lines: what was expected and what came; NULL: none */
};

/* The results of one target. All zeros is an empty suite. */
struct rig_suite {
	char *target; /* "intree" */
	char *where;  /* "qemu, 6.1.0-52-amd64"; NULL: nothing to say */
	struct rig_result *results;
	size_t count;
	size_t room;
	size_t tally[RIG_OUTCOMES];
	uint64_t exact; /* fields judged exactly */
	uint64_t open;	/* fields that the contract leaves open */
	unsigned int duration_ms;
};

/* Copies its arguments; NULL where there is no reason or detail. Aborts when memory is out. */
void rig_suite_init(struct rig_suite *suite, const char *target);
struct rig_result *rig_suite_add(struct rig_suite *suite, enum rig_outcome outcome, const char *id,
				 const char *reason, const char *detail);
/* Brings the results that ids names into their order, behind all others. */
void rig_suite_order(struct rig_suite *suite, const char *const *ids, size_t count);
void rig_suite_free(struct rig_suite *suite);

/* KTAP version 1: the plan first, each result's detail as "# " lines before its own line. */
void rig_ktap_plan(FILE *to, size_t planned);
void rig_ktap_result(FILE *to, size_t number, const struct rig_result *result);
void rig_ktap_end(FILE *to, const struct rig_suite *suite);   /* the totals, as comments */
void rig_ktap_write(FILE *to, const struct rig_suite *suite); /* all of it at once */
/* One suite as above; of several, each is a subtest, named by its target. */
void rig_ktap_write_all(FILE *to, const struct rig_suite *suites, size_t count);

/*
 * Reads KTAP back, line by line, as it arrives. All zeros (with a suite) is the beginning. What a
 * line means goes into the suite; a line that is not KTAP is kept as detail of the next result.
 */
struct rig_ktap_reader {
	struct rig_suite *suite;
	size_t planned;
	size_t reported;
	bool has_plan;
	char *detail; /* gathered for the next result */
	size_t detail_len;
};

/* Returns the result that this line completed, or NULL. The line has no newline. */
struct rig_result *rig_ktap_read(struct rig_ktap_reader *reader, const char *line);

/*
 * No more lines. Each of the planned cases that did not report fails; ids, when not NULL, names
 * all planned cases in order.
 */
void rig_ktap_finish(struct rig_ktap_reader *reader, const char *const *ids, size_t count);

/* One <testsuite> per suite. Any bytes may stand in ids and details: the XML is valid. */
void rig_junit_write(FILE *to, const struct rig_suite *suites, size_t count);

/*
 * What failed, what is known, what was skipped, with the reasons, and the counts per target;
 * "N passed, N failed" over all suites is the last line. colour is for a terminal.
 */
void rig_table_write(FILE *to, const struct rig_suite *suites, size_t count, bool colour);

#endif
