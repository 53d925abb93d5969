/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a script against a link, with the model beside it: the same bytes go to both, and the judge
 * holds what came against what the model says must come and against the script's own `->`.
 */
#ifndef RIG_JUDGE_RUN_H
#define RIG_JUDGE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/tally.h"

struct rig_answer;
struct rig_error;
struct rig_finding;
struct rig_inbox;
struct rig_known;
struct rig_link;
struct rig_link_facts;
struct rig_model;
struct rig_runner;
struct rig_script;
struct rig_step;

/* A step that was done and judged, and what came. */
struct rig_step_done {
	const struct rig_step *step;
	const struct rig_inbox *inbox;
	const struct rig_finding *findings; /* of the whole run so far, first to last */
	unsigned int socket;		    /* handle of the one that it sent on, if it did */
	const struct rig_answer *answer;    /* what had to come; NULL: it asks for nothing */
};

enum rig_verdict {
	RIG_VERDICT_PASSED,
	RIG_VERDICT_FAILED,
	RIG_VERDICT_KNOWN,   /* differs, exactly as a file in corpora/known/ says */
	RIG_VERDICT_SKIPPED, /* this target or guest has not got what the script needs */
	RIG_VERDICTS,
};

struct rig_run_options {
	unsigned int timeout_ms;       /* how long an expected message may take; 0: 2000 */
	const struct rig_known *known; /* accepted divergences; NULL: none */
	/* A run ends at the first difference, or when the model has lost track. */
	bool first_only;
	/*
	 * Called after each step, one datagram at a time; true: the run ends here. NULL: not
	 * called.
	 */
	bool (*watch)(void *context, const struct rig_step_done *done);
	void *context;
	/*
	 * Format with one %s, the case: the command that runs it alone. The case is its path on the
	 * model; on a kernel it is its id, for in a guest its path is another.
	 */
	const char *again;
};

/* All strings are the runner's own, until its next run. */
struct rig_run {
	enum rig_verdict verdict;
	const char *reason; /* one line: what failed first, why skipped or known; NULL: passed */
	const char *detail; /* lines, each ended by '\n'; NULL: none */
	const struct rig_finding *findings; /* of all kinds, first to last */
	unsigned int differences;	    /* how many */
	unsigned int duration_ms;
	struct rig_tally tally;
};

/* The model of what answers on a link; NULL: out of memory. */
struct rig_model *rig_runner_model(const struct rig_link_facts *facts);

/* Keeps the link and the options' strings, owns neither. NULL on error. */
struct rig_runner *rig_runner_new(struct rig_link *link, const struct rig_run_options *options,
				  struct rig_error *err);
void rig_runner_free(struct rig_runner *runner);

/*
 * How many datagrams may be sent from here on before anybody looks at what comes; at first 1. With
 * more, a difference says only between which lines it is: run the script again with 1.
 */
void rig_runner_batch(struct rig_runner *runner, unsigned int datagrams);

/*
 * Whether relations between answers are tried behind scripts from here on; alone: and nothing else
 * is judged, as if the model knew nothing.
 */
enum rig_relating { RIG_RELATE_NOT, RIG_RELATE_ALSO, RIG_RELATE_ALONE };
void rig_runner_relate(struct rig_runner *runner, enum rig_relating relating);

/*
 * Runs one script from a clean target to a clean target. Returns 0 with a verdict in `run`. A
 * script that the target cannot be given (a symbol that nothing binds, a link that fails) is a
 * failed verdict too; -1 says that the link itself is unusable from here on, and err why.
 */
int rig_runner_run(struct rig_runner *runner, const struct rig_script *script, struct rig_run *run,
		   struct rig_error *err);

#endif
