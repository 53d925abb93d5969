/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of nlrig minimise share. */
#ifndef RIG_CLI_MINIMISE_H
#define RIG_CLI_MINIMISE_H

#include <stdbool.h>

#include "link/link.h"
#include "replay/judge.h"
#include "replay/script.h"
#include "wire/bytes.h"

struct rig_minimise_wish {
	struct rig_trace_families families;
	struct rig_trace_options options;
	unsigned int packet;	       /* 0: of the first fault */
	const char *trace, *case_path; /* to be written; NULL: not wanted */
	char *path;
	bool on_target; /* a fault of the target's, not of the trace */
	enum rig_target target;
	const char *vm; /* NULL: here */
	const char *report, *timeout;
	bool host_kernel;
};

/* All of these return an exit status. */

/* The script as a case, what is wrong below it as a comment. */
int rig_minimise_write_case(const char *path, struct rig_trace_script *made, bool listener,
			    const char *reason, const char *comment);

int rig_minimise_here(struct rig_minimise_wish *wish); /* on a target, in this process */
int rig_minimise_guest(const struct rig_minimise_wish *wish);

#endif
