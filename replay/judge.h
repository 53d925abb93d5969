/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges a trace without a kernel: the model follows it from its first message, and each answer
 * in it must be one that the contract allows.
 *
 * A trace begins somewhere in a datapath's life and shows no frames. What was there before is
 * learnt from the answers that tell of it (dumps above all); until then, an answer that the model
 * would not give is no fault but counted, with its reason, as not judged.
 */
#ifndef RIG_REPLAY_JUDGE_H
#define RIG_REPLAY_JUDGE_H

#include "replay/families.h"
#include "replay/trace.h"

struct exchange;
struct queue_item;

/* What has become of a request and its answers. */
struct rig_trace_ruling {
	const char *unjudged; /* why they, or some, could not be judged; NULL: they were */
	bool beyond;	      /* and never can be */
	bool wrong;	      /* an answer is one that the contract does not allow */
};

/* What the judge finds out on its way, for whoever walks a trace with it. */
struct rig_trace_watch {
	/* A request that would have made what was there before the trace. */
	int (*lesson)(void *context, const void *request, size_t size);
	/* A network device that is not there any more. */
	int (*gone)(void *context, const char *name);
	/* An upcall: its frame came from the wire. */
	void (*upcall)(void *context, unsigned long packet);
	/* A request and its answers, judged. */
	int (*exchange)(void *context, const struct exchange *exchange,
			const struct rig_trace_ruling *ruling);
	void *context;
};

struct rig_trace_options {
	const struct rig_trace_families *families;
	const char *kernel; /* release that was captured; NULL: the newest that the model knows */
	unsigned int cpus;  /* possible processors; 0: as many as the trace tells of */
	void (*tick)(void *context, unsigned long packets); /* NULL, or called now and then */
	const struct rig_trace_watch *watch; /* NULL: nobody; less than 0 from it: out of memory */
};

/* An answer that the contract does not allow. Strings live as long as the call. */
struct rig_trace_fault {
	unsigned long packet; /* of the request, or of what came unasked */
	const char *headline; /* "packet 12: flow.new: model expects error EINVAL ..." */
	const char *sent;     /* lines of the notation; NULL: unasked */
	const char *detail;   /* lines; may be "" */
};

typedef void rig_trace_report(void *context, const struct rig_trace_fault *fault);

#define RIG_TRACE_REASONS 48

struct rig_trace_reason {
	const char *why; /* a few words, for the life of the program */
	unsigned long count;
	unsigned long first; /* packet */
};

/** rig_trace_reason_count() - once more in a list of RIG_TRACE_REASONS, of which *n are used. */
void rig_trace_reason_count(struct rig_trace_reason *list, unsigned int *n, const char *why,
			    unsigned long packet);

struct rig_trace_verdict {
	unsigned long packets, flawed; /* read; of them, no netlink packets */
	unsigned long messages;	       /* of generic netlink; datagrams to the kernel count once */
	unsigned long right;	       /* requests all of whose answers are allowed */
	unsigned long wrong;	       /* requests with one that is not */
	unsigned long unjudged;	       /* requests and events; their reasons: */
	struct rig_trace_reason reasons[RIG_TRACE_REASONS];
	unsigned int n_reasons;
	unsigned long damaged; /* places that cannot be read; the error names the first */
	unsigned long dropped; /* packets that, as the trace says, found no room in the capture */
	bool foreign;	       /* from a machine of the other byte order */
};

/** rig_trace_judge() - 0, whatever the verdict; -1: out of memory. */
int rig_trace_judge(struct rig_trace *trace, const struct rig_trace_options *options,
		    rig_trace_report *report, void *context, struct rig_trace_verdict *verdict,
		    struct rig_error *err);

#endif
