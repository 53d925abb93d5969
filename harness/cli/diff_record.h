/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A script that diverges, played once more and kept: what was done, what had to come, what came.
 * From that are made an annotated dump, a capture, and a program that needs nothing but libc.
 */
#ifndef RIG_CLI_DIFF_RECORD_H
#define RIG_CLI_DIFF_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "link/tape.h"

struct rig_arrival;
struct rig_bytes;
struct rig_expected;
struct rig_script;

/* One thing that was done, in order. */
struct rig_diff_act {
	struct rig_diff_act *next;
	const struct rig_tape_entry *done;
	const struct rig_expected *expected; /* a copy */
	size_t n_expected;
	const struct rig_arrival *arrivals; /* a copy; of those nothing is decoded */
	size_t n_arrivals;
};

struct rig_diff_record {
	struct rig_arena arena;
	struct rig_tape tape;
	const struct rig_link_facts *facts;
	struct rig_diff_act *acts;
};

/*
 * Plays the script on the link, up to where it diverges. -1 with a reason: the link cannot be used.
 * Zeros are an empty record; free it in any case.
 */
int rig_diff_record_play(struct rig_diff_record *record, struct rig_link *link,
			 const struct rig_script *script, struct rig_error *err);
void rig_diff_record_free(struct rig_diff_record *record);

/*
 * Writes STEM.txt, STEM.pcapng and STEM.c. The words say what diverges, for whoever reads them.
 * An exit status; what goes wrong is printed.
 */
int rig_diff_record_write(const struct rig_diff_record *record, const char *stem,
			  const char *words);

/* diff_program.c: the text of the program. */
void rig_diff_program_print(const struct rig_diff_record *record, const char *words,
			    struct rig_bytes *text);

#endif
