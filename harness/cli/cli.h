/* SPDX-License-Identifier: GPL-2.0-only */
/* What the subcommands share. This room alone prints and exits. */
#ifndef RIG_CLI_CLI_H
#define RIG_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/link.h"
#include "report/report.h"
#include "wire/arena.h"
#include "wire/error.h"

enum rig_exit {
	RIG_EXIT_PASSED = 0,
	RIG_EXIT_FAILED = 1,
	RIG_EXIT_USAGE = 2, /* usage, bad input, or something that the machine lacks */
	RIG_EXIT_INTERRUPTED = 130,
};

struct rig_command_line {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand; returns an exit status */
	const char *summary;
	const char *help;
};

extern const struct rig_command_line rig_cli_run;
extern const struct rig_command_line rig_cli_diff;
extern const struct rig_command_line rig_cli_faults;
extern const struct rig_command_line rig_cli_fuzz;
extern const struct rig_command_line rig_cli_stress;
extern const struct rig_command_line rig_cli_triage;
extern const struct rig_command_line rig_cli_list;
extern const struct rig_command_line rig_cli_log;
extern const struct rig_command_line rig_cli_decode;
extern const struct rig_command_line rig_cli_encode;
extern const struct rig_command_line rig_cli_capture;
extern const struct rig_command_line rig_cli_judge;
extern const struct rig_command_line rig_cli_replay;
extern const struct rig_command_line rig_cli_minimise;
extern const struct rig_command_line rig_cli_coverage;
extern const struct rig_command_line rig_cli_bench;

/* main.c. Each prints one line on standard error and returns RIG_EXIT_USAGE. */
int rig_cli_bad(const char *format, ...) __attribute__((format(printf, 1, 2)));
int rig_cli_bad_error(const struct rig_error *err);
/* Flushes standard output; a status, or RIG_EXIT_USAGE when not everything could be written. */
int rig_cli_flush(int status);

/* file.c: "-" is standard input. The text is NUL-terminated, at most 64 MB, and to be freed. */
char *rig_file_read(const char *path, size_t *size, struct rig_error *err);

/* What can be read only once, a pipe with a name, is from now on standard input. */
int rig_file_once(const char **path, struct rig_error *err);

/* Half of a file that could not be written whole is no file; a device stays. */
void rig_file_undo(const char *path);

/* Whether it begins as pcap or pcapng do; can still be read, also standard input. */
bool rig_file_is_trace(const char *path);

struct rig_bytes;

/*
 * log.c: appends what a kernel log says that the kernel did wrong; where it has to be whole, also
 * that it is not. -1 when it cannot be read.
 */
int rig_log_read(const char *path, bool whole, struct rig_bytes *text, struct rig_error *err);

struct rig_trace_families;

/* trace.c: prints a trace; an exit status. Guesses are told on standard error. */
int rig_cli_view(const char *path, struct rig_trace_families *families, bool json);
void rig_cli_print_guesses(const struct rig_trace_families *families);

/* cases.c */
struct rig_case {
	const char *path;
	const struct rig_script *script;
};

struct rig_cases {
	struct rig_arena arena;
	struct rig_case *list; /* in order of path */
	size_t count;
};

extern char *const rig_cases_folder[1]; /* the paths, when none are given */

/* Files, and folders of them; of their cases those whose id matches a shell pattern, or all. */
struct rig_selection {
	char *const *paths;
	size_t n_paths;
	char **globs;
	size_t n_globs;
};

/*
 * Reads every script that is selected. Fails on the first that is not well-formed, and when there
 * is none. To be freed in any case: the error may point into it.
 */
int rig_cases_load(struct rig_cases *cases, const struct rig_selection *selection,
		   struct rig_error *err);
const char **rig_cases_ids(const struct rig_cases *cases); /* in their order; to be freed */
void rig_cases_free(struct rig_cases *cases);

struct rig_known;

/* target.c */
struct rig_target_options {
	const struct rig_known *known;
	bool ktap;	  /* print each result as it comes, and the plan before */
	bool host_kernel; /* a target other than the model may be this machine's own kernel */
	const char *kcov; /* file for what of the kernel's datapath was run through; NULL: none */
};

/* Adds a result for each case to the suite. An exit status; not 0: there are no results. */
int rig_target_run(enum rig_target target, const struct rig_target_options *options,
		   const struct rig_cases *cases, struct rig_suite *suite);
/*
 * Whether this program may drive a target other than the model here: in a guest it may, and else
 * only when the user says so; it is then in a network namespace of its own. Says which VM it is.
 */
int rig_target_allow(bool host_kernel, enum rig_target target, char *vm, size_t size,
		     struct rig_error *err);
unsigned int rig_clock_ms(void);

/* guest.c */
struct rig_guest_options {
	const char *vm;		/* "qemu", "uml"... */
	const char *report;	/* the guest's folder is made below it */
	const char *timeout;	/* seconds */
	const char *subcommand; /* that the program is to run in the guest; it prints KTAP */
	char **words;		/* its arguments, besides --ktap and --target */
	size_t n_words;
	char **adds; /* SRC=DST, as ci/vm/boot has them */
	size_t n_adds;
	const char **ids; /* of the results that it is to print, in order */
	size_t n_ids;
};

/*
 * Runs the subcommand in one guest for each target, side by side, and adds its results to the
 * target's suite, and what became of the guest itself. Returns 0, or an exit status when there are
 * no results.
 */
int rig_guests_run(const enum rig_target *targets, struct rig_suite *suites, size_t count,
		   const struct rig_guest_options *options);

/*
 * guest_cases.c: the same for a subcommand that takes cases. Adds the selected cases to the guest
 * and their ids there to the words. To be released.
 */
void rig_guest_add_cases(struct rig_guest_options *options, const struct rig_selection *selection,
			 const struct rig_cases *cases);
/* A word or an addition, as printf() has it. */
void rig_guest_word(struct rig_guest_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void rig_guest_add(struct rig_guest_options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void rig_guest_release(struct rig_guest_options *options);

/* progress.c: silent unless standard output and standard error are terminals. */
struct rig_progress {
	size_t total, done;
	unsigned int first_ms, shown_ms;
	bool on;
};

void rig_progress_begin(struct rig_progress *progress, size_t total);
void rig_progress_count(struct rig_progress *progress); /* one more is done */
void rig_progress_end(struct rig_progress *progress);	/* leaves no trace */

/* diff_run.c */
struct rig_diff_options {
	enum rig_target target;
	const char *vm;	     /* NULL: here */
	const char *report;  /* folder of the case files */
	const char *timeout; /* of the guest, in seconds */
	const char *known_folder;
	const struct rig_known *known; /* what is there */
	uint64_t seed;
	uint64_t from;	   /* message of the seed's sequence */
	uint64_t messages; /* to be sent, about */
	bool keep_going;
	bool no_shrink;
	bool relations;	    /* alone: no model judges */
	const char *script; /* file; in place of random requests. NULL: none */
	bool print;
	bool host_kernel;
	const char *kcov; /* as in rig_target_options; counts rounds */
};

/* Random requests on one target, in this process. An exit status. */
int rig_diff_run(const struct rig_diff_options *options);
/* Prints them instead. */
int rig_diff_print(const struct rig_diff_options *options);

/* How to go on at a position, if anything is left. */
void rig_diff_print_rest(const struct rig_diff_options *options, uint64_t position);

/* diff_guest.c: the same, in a guest. */
int rig_diff_guest(const struct rig_diff_options *options);

/* reports.c: what goes wrong is printed; an exit status. */
int rig_report_read(const char *path, struct rig_suite *suite);
int rig_report_write(const char *folder, const struct rig_suite *suites, size_t count);
int rig_folder_make(const char *path);
/* Makes the folder and those above it. It is this process's until it ends. */
int rig_folder_take(const char *path);

#endif
