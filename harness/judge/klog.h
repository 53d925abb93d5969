/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges a kernel log: what in it says that the kernel did something wrong. Pure.
 */
#ifndef RIG_JUDGE_KLOG_H
#define RIG_JUDGE_KLOG_H

#include <stdbool.h>
#include <stddef.h>

struct rig_klog_finding {
	unsigned int line; /* of the log, from 1 */
	const char *what;  /* "KASAN report" */
	const char *text;  /* the line that says so, into the log; not terminated */
	size_t len;
	const char *context; /* from that line to the end of its report, into the log */
	size_t context_len;
};

/*
 * Whether the log begins where the kernel did, with the line that names its version. A log that
 * was emptied, or whose buffer was too small, does not: then nothing can be said of what is lost.
 */
bool rig_klog_is_whole(const char *log, size_t len);

/*
 * Finds up to room findings, in order, and returns how many there are in all. Lines may carry
 * timestamps ("[    1.234567] "), priorities ("<4>") or carriage returns.
 */
size_t rig_klog_judge(const char *log, size_t len, struct rig_klog_finding *findings, size_t room);

/* "WARN at net/core/dst.c:172 dst_release+0x60/0xce": without what differs from run to run. */
void rig_klog_headline(const struct rig_klog_finding *finding, char *text, size_t size);

#endif
