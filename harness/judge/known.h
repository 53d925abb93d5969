/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accepted divergences: one small text file each in corpora/known/, as
 *
 *	# Why the target differs, and why that is accepted.
 *	case     flow/new-nsh-*
 *	target   intree
 *	kernel   6.1.*
 *	differs  line 7: flow.new: expected error EINVAL, received *
 *
 * All values are shell patterns, and all are required; all but `kernel` may be repeated. Each
 * finding of the case must match one `differs`: nothing else is waved through.
 *
 * A case that would end the guest cannot be run at all: in place of `differs` there is
 *
 *	skip     stops the guest
 *
 * Such a case is reported as skipped there, with this and the comment as its reason, and runs on
 * every other target and kernel. If it has the kernel complain and go on, the complaints may be
 * named, as rig_klog_headline() has them, so that random requests do not end at the same:
 *
 *	log      WARN at net/openvswitch/actions.c:837 *
 */
#ifndef RIG_JUDGE_KNOWN_H
#define RIG_JUDGE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

struct rig_error;
struct rig_known;

struct rig_known_where {
	const char *id;	    /* the case */
	const char *target; /* "intree" */
	const char *kernel; /* the release */
};

/* An empty list; NULL when out of memory. */
struct rig_known *rig_known_new(void);
void rig_known_free(struct rig_known *known);

/*
 * Adds one file's text. -1 on error; err says where and what was expected, and names the file for
 * as long as the list is there.
 */
int rig_known_parse(struct rig_known *known, const char *path, const char *text, size_t len,
		    struct rig_error *err);

/* Adds each *.nlk file of a folder, in order of name. A folder that is not there is empty. */
int rig_known_load(struct rig_known *known, const char *folder, struct rig_error *err);

/* The why of the entry that accepts this finding there; NULL: none does. */
const char *rig_known_accepts(const struct rig_known *known, const struct rig_known_where *where,
			      const char *finding);

/* What running the case there would do; NULL: it is run. *why is then the comment. */
const char *rig_known_skips(const struct rig_known *known, const struct rig_known_where *where,
			    const char **why);

/* The why of the entry that accepts this in the kernel's log there (the case is not asked for). */
const char *rig_known_logs(const struct rig_known *known, const struct rig_known_where *where,
			   const char *headline);

/*
 * Calls back for each `differs` that applies there and that none of the findings met: it no longer
 * diverges. Returns their number.
 */
size_t rig_known_stale(const struct rig_known *known, const struct rig_known_where *where,
		       const char *const *findings, size_t n_findings,
		       void (*report)(void *data, const char *path, const char *differs),
		       void *data);

/* Whether each `case` of each entry is one of these, all that there are: -1 when one is not. */
int rig_known_check(const struct rig_known *known, const char *const *ids, size_t count,
		    struct rig_error *err);

#endif
