/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace as a script: its requests in their datagrams, on sockets of their own, with symbols for
 * the datapaths and port ids that another kernel will number otherwise. What was there before the
 * trace, and the network devices that it takes for granted, are made first where the trace tells of
 * them.
 */
#ifndef RIG_REPLAY_SCRIPT_H
#define RIG_REPLAY_SCRIPT_H

#include "replay/facts.h"
#include "replay/judge.h"
#include "wire/script.h"

/* One message that answered a request. */
struct rig_trace_answer {
	const uint8_t *bytes;
	size_t size;
	unsigned long packet;
};

struct rig_trace_step {
	struct rig_step step; /* first, so that each step of the script is one of these */
	unsigned long packet; /* of its request; 0: the trace has not got it, it prepares */
	struct timespec time;
	const char *unjudged; /* why its answers may differ; NULL: they may not */
	bool wrong;	      /* the contract of the captured kernel does not allow its answers */
	struct rig_trace_answer *answers;
	size_t n_answers;
};

struct rig_trace_script {
	struct rig_arena arena;
	struct rig_script script;
	struct rig_trace_facts facts; /* of the kernel that was captured */
	unsigned long requests;	      /* datagrams of the trace that are in it */
	unsigned long messages;	      /* and their messages */
	struct rig_trace_reason left_out[RIG_TRACE_REASONS]; /* what is not */
	unsigned int n_left_out;
	struct rig_trace_verdict verdict; /* of the trace itself */
};

/** rig_trace_step() - what was captured of a step of such a script. */
static inline const struct rig_trace_step *rig_trace_step(const struct rig_step *step)
{
	return (const struct rig_trace_step *)step;
}

/**
 * rig_trace_script_make() - @options->watch is not used. @report hears of the trace's own faults.
 * Returns 0, or -1: out of memory. To be freed in any case.
 */
int rig_trace_script_make(struct rig_trace_script *made, struct rig_trace *trace,
			  const struct rig_trace_options *options, rig_trace_report *report,
			  void *context, struct rig_error *err);
void rig_trace_script_free(struct rig_trace_script *made);

#endif
