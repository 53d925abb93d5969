/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures of a campaign: of its guests, of afl-fuzz, of the module's blocks. */
#ifndef RIG_CLI_FUZZ_FIGURES_H
#define RIG_CLI_FUZZ_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "judge/resident.h"

struct rig_fuzz_options;

/* What the target writes to "figures". */
struct rig_fuzz_figures {
	uint64_t ms, execs, messages, spared, beyond, blocks;
	uint64_t resets[RIG_RESETS];
};

/* Zeros when there is nothing to read. */
void rig_fuzz_figures_read(struct rig_fuzz_figures *figures, const char *job_folder);
void rig_fuzz_figures_add(struct rig_fuzz_figures *sum, const struct rig_fuzz_figures *more);

/* Blocks of the module under test that were run through in any guest. */
struct rig_fuzz_blocks {
	char **names; /* "MODULE SECTION OFFSET", ascending */
	size_t count, room;
	size_t all; /* that KCOV can see */
};

/* How many there are in all: the kernel is built for it, if need be. An exit status. */
int rig_fuzz_blocks_open(struct rig_fuzz_blocks *blocks, const struct rig_fuzz_options *o);
void rig_fuzz_blocks_add(struct rig_fuzz_blocks *blocks, const char *job_folder);
void rig_fuzz_blocks_write(const struct rig_fuzz_blocks *blocks, const char *folder);
void rig_fuzz_blocks_free(struct rig_fuzz_blocks *blocks);

struct rig_fuzz_summary {
	struct rig_fuzz_figures sum;
	uint64_t seconds, findings, restarts;
	size_t blocks, blocks_all;
	uint64_t corpus;
	double stability; /* percent, as afl-fuzz has it */
};

void rig_fuzz_blocks_count(const struct rig_fuzz_blocks *blocks, struct rig_fuzz_summary *summary);

/* What all afl-fuzz of the campaign say of themselves: the largest corpus, the least stability. */
void rig_fuzz_read_stats(const char *folder, struct rig_fuzz_summary *summary);

/* How many lines findings.tsv has. */
uint64_t rig_fuzz_findings(const char *folder);

/* A guest that ended in order may have leaked, or left something behind: findings as well. */
void rig_fuzz_judge_end(const char *folder, const char *job_folder, unsigned int job,
			const struct rig_fuzz_figures *figures);

/* Prints a line. */
void rig_fuzz_progress(const struct rig_fuzz_summary *summary);

/* Prints the end, and writes it to "summary"; findings from that line on are this campaign's. */
void rig_fuzz_summarise(const char *folder, uint64_t from_line,
			const struct rig_fuzz_summary *summary);

#endif
