/* SPDX-License-Identifier: GPL-2.0-only */
/* How a guest ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fuzz.h"
#include "judge/klog.h"

enum { REPORTS = 8 };

void rig_fuzz_name_end(const char *guest_folder, char *headline, size_t size)
{
	struct rig_klog_finding reports[REPORTS];
	char path[4096 + 16], *log, *panic;
	size_t len = 0, n;

	snprintf(path, sizeof(path), "%s/console", guest_folder);
	log = rig_file_read(path, &len, NULL);
	n = log ? rig_klog_judge(log, len, reports, REPORTS) : 0;
	panic = log ? strstr(log, "Kernel panic") : NULL;
	if (n)
		rig_klog_headline(&reports[(n < REPORTS ? n : REPORTS) - 1], headline, size);
	else if (panic)
		snprintf(headline, size, "%.*s", (int)strcspn(panic, "\r\n"), panic);
	else
		snprintf(headline, size, "the guest hangs, or ended all at once");
	free(log);
}
