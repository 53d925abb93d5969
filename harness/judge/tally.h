/* SPDX-License-Identifier: GPL-2.0-only */
/* How much was judged: counted where it is compared, never where it is predicted. */
#ifndef RIG_JUDGE_TALLY_H
#define RIG_JUDGE_TALLY_H

#include <stdint.h>

#include "model/model.h"

struct rig_arrival;
struct rig_inbox;

enum { RIG_TALLY_ERRNOS = 134 };

struct rig_tally {
	uint64_t messages;		    /* sent, and frames put on ports */
	uint64_t datagrams;		    /* that the messages came in */
	uint64_t answers[RIG_TALLY_ERRNOS]; /* received, by errno; 0: success */
	uint64_t exact;			    /* fields that had to be equal, and were looked at */
	uint64_t open[RIG_OPEN_REASONS];    /* spans that the contract leaves open, by reason */
	uint64_t unjudged;		    /* fields of what came beyond the model's depth */
	uint64_t errnos, errnos_unjudged;   /* acknowledgements and ends of dumps; of these */
};

/* Adds all of `from`. */
void rig_tally_add(struct rig_tally *tally, const struct rig_tally *from);

/* An expectation has been compared with what came for it. */
void rig_tally_judged(struct rig_tally *tally, const struct rig_expected *expected);

/* What has come and met no expectation is passed over. -1 when out of memory. */
int rig_tally_pass_over(struct rig_tally *tally, struct rig_inbox *inbox);

/* Fields not judged exactly, for whatever reason. */
uint64_t rig_tally_open(const struct rig_tally *tally);

/* Of all fields, those judged exactly, in percent; 100 when there are none. */
double rig_tally_share(const struct rig_tally *tally);

#endif
