/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs many scripts on one stage that stays: what a script has changed there is undone by requests,
 * which the model tells, and which are judged like all others. Where that does not do, the target
 * is cleaned and the stage made anew, which takes as long as a hundred requests; it is counted
 * why.
 */
#ifndef RIG_JUDGE_RESIDENT_H
#define RIG_JUDGE_RESIDENT_H

#include <stddef.h>
#include <stdint.h>

struct rig_answer;
struct rig_error;
struct rig_object;
struct rig_resident;
struct rig_run;
struct rig_runner;
struct rig_script;

enum rig_reset {
	RIG_RESET_UNKNOWN,     /* the model did not know the state any more */
	RIG_RESET_DIFFERED,    /* from what the model says, or the script could not be run */
	RIG_RESET_CONNECTIONS, /* were made: nothing takes away single ones */
	RIG_RESET_NOT_UNDONE,  /* requests did not bring the stage back */
	RIG_RESET_ROUTINE,     /* after so many scripts, to see that nothing has been left */
	RIG_RESETS,
};

struct rig_resident_counts {
	uint64_t scripts;
	uint64_t spared; /* datagrams and frames that the target would not have survived */
	uint64_t beyond; /* scripts of which the model does not know all */
	uint64_t resets[RIG_RESETS];
};

/* A few words for each, for reports. */
extern const char *const rig_reset_name[RIG_RESETS];

/* What the model answered, and how the family and command of that request were. */
struct rig_heard {
	uint8_t family, command; /* of the first message; 255: none of the contract's */
	const struct rig_answer *answer;
};

struct rig_resident_options {
	const struct rig_script *stage; /* is kept */
	/* Called for each datagram when the model has answered. NULL: nobody listens. */
	void (*heard)(void *context, const struct rig_heard *heard);
	/* Called when a script has ended and is undone, before anything is made anew, or NULL. */
	void (*done)(void *context);
	void *context;
};

/* Makes the stage. Keeps the runner and uses it alone. NULL on error. */
struct rig_resident *rig_resident_new(struct rig_runner *runner,
				      const struct rig_resident_options *options,
				      struct rig_error *err);
void rig_resident_free(struct rig_resident *resident);

/*
 * Runs a script on the stage, and undoes it. run has findings, differences and the tally; no
 * verdict. -1: the link or the stage is unusable from here on.
 */
int rig_resident_run(struct rig_resident *resident, const struct rig_script *script,
		     struct rig_run *run, struct rig_error *err);

/* What there was when the script had ended, before it was undone; how many objects. */
size_t rig_resident_objects(const struct rig_resident *resident, const struct rig_object **list);

const struct rig_resident_counts *rig_resident_counts(const struct rig_resident *resident);

#endif
