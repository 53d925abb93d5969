/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends a trace's requests again, the way that cases go: the model judges each answer, and beside
 * that it is held against the one that was captured.
 */
#ifndef RIG_REPLAY_REPLAY_H
#define RIG_REPLAY_REPLAY_H

#include "replay/script.h"

struct rig_link;

/* Something that is not as it has to be; strings live as long as the call. */
struct rig_replay_fault {
	const char *headline;
	const char *sent;   /* lines of the notation; NULL: nothing */
	const char *detail; /* lines; may be "" */
	bool by_capture;    /* it is the captured answer that is another, not the model's */
};

typedef void rig_replay_report(void *context, const struct rig_replay_fault *fault);

struct rig_replay_options {
	const struct rig_family_ids *captured; /* the trace's family ids */
	/*
	 * Release of the kernel that was captured; NULL: the same as here. Of another one, or one
	 * that was built otherwise, what both are right to answer may differ.
	 */
	const char *kernel;
	bool rhythm; /* each request at its time, not as soon as the one before is answered */
	rig_replay_report *report;
	void *context;
};

struct rig_replay_verdict {
	bool other_kernel;	  /* than the one that was captured */
	unsigned long sent;	  /* requests, of those of the trace */
	unsigned long alike;	  /* answered as in the capture */
	unsigned long unlike;	  /* not so */
	unsigned long divergent;  /* answers that the contract does not allow, or want of one */
	unsigned long unmodelled; /* requests of which the model does not know enough */
	unsigned long unmodelled_first; /* packet */
	unsigned long uncompared;	/* not so, for a reason: */
	struct rig_trace_reason reasons[RIG_TRACE_REASONS];
	unsigned int n_reasons;
	unsigned int duration_ms;
};

/** rig_replay_run() - 0, whatever the verdict; -1: the link is of no use, or memory is out. */
int rig_replay_run(struct rig_link *link, struct rig_trace_script *made,
		   const struct rig_replay_options *options, struct rig_replay_verdict *verdict,
		   struct rig_error *err);

#endif
