/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: the kernel's own complaints, as findings of the round that caused them. */
#ifndef RIG_CLI_DIFF_LOG_H
#define RIG_CLI_DIFF_LOG_H

#include <stdint.h>

#include "judge/finding.h"
#include "judge/known.h"
#include "wire/bytes.h"

struct rig_diff_log {
	int fd;			       /* of /dev/kmsg; -1: it is not looked at */
	const struct rig_known *known; /* what is accepted; NULL: nothing */
	struct rig_known_where where;
	uint64_t accepted; /* how often */
	struct rig_bytes text;
	struct rig_finding complaint;
	char headline[200];
	char detail[4096];
};

void rig_diff_log_open(struct rig_diff_log *log);
void rig_diff_log_close(struct rig_diff_log *log);

/*
 * The first that the log has complained of since the last call, and that is not accepted; NULL:
 * nothing. Valid until the next call. What the kernel says but once cannot be had again: then the
 * whole round is all there is.
 */
const struct rig_finding *rig_diff_log_check(struct rig_diff_log *log);

#endif
