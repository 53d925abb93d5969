/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of nlrig fuzz share: a campaign, a guest of it, and the target that runs there. */
#ifndef RIG_CLI_FUZZ_H
#define RIG_CLI_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/cli.h"

/* How much of the rig a campaign uses. */
enum rig_fuzz_how {
	RIG_FUZZ_WHOLE,	  /* all of it */
	RIG_FUZZ_GRAMMAR, /* scripts, but neither the model's verdict nor its state */
	RIG_FUZZ_BYTES,	  /* one message of raw bytes on a socket of its own; no answer is read */
	RIG_FUZZ_HOWS,
};

extern const char *const rig_fuzz_how_name[RIG_FUZZ_HOWS];

struct rig_fuzz_options {
	enum rig_target target;
	const char *module; /* path of a build of the reference module; NULL: the usual one */
	const char *vm;
	const char *folder;
	const char *known_folder;
	const char *before; /* a line for the guest's shell; NULL: none */
	enum rig_fuzz_how how;
	uint64_t seconds;
	uint64_t jobs;
	uint64_t seed;
	bool until_found;
	bool no_state; /* the model's state is not fed back */
	/* of the program in a guest: */
	uint64_t job;
	uint64_t began_ms; /* how long that job had run before this guest */
};

/* The folder of the campaign, in a guest. */
#define RIG_FUZZ_SHARE "/share"

/* fuzz_campaign.c: from outside. Exit statuses, all of them. */
int rig_fuzz_campaign(const struct rig_fuzz_options *options);

/* fuzz_guest.c: in a guest, becomes afl-fuzz. */
int rig_fuzz_guest(const struct rig_fuzz_options *options);

/* fuzz_leak.c: zeros to begin with. */
struct rig_fuzz_leaks {
	unsigned int next_ms;
	bool off; /* this kernel cannot tell */
};

/* Looks from time to time; true: something has leaked, and the headline says what. */
bool rig_fuzz_look_for_leaks(struct rig_fuzz_leaks *leaks, char *headline, size_t size);

/* fuzz_target.c: what afl-fuzz runs. */
int rig_fuzz_target(const struct rig_fuzz_options *options);

/* fuzz_input.c: prints a test case as a script; puts scripts into a folder as test cases. */
int rig_fuzz_print(const char *path);
int rig_fuzz_import(const char *folder, char *const *paths, size_t n_paths);

/*
 * fuzz_end.c: how a guest ended that did not do so in order: what its console says last, a report
 * with what is in it, or the panic alone.
 */
void rig_fuzz_name_end(const char *guest_folder, char *headline, size_t size);

/* ---- findings.tsv, to which everybody adds lines ---- */

struct rig_finding_line {
	uint64_t ms, job, executions, messages;
	const char *kind; /* "divergence" */
	const char *headline;
	const char *file; /* below the campaign's folder */
};

/*
 * Writes the test case below findings/, and the line. What was seen "once", and did not come again
 * on a fresh stage, goes to once.tsv instead. -1 with a reason.
 */
int rig_fuzz_note(const char *folder, struct rig_finding_line *line, const void *input, size_t size,
		  struct rig_error *err);

#endif
