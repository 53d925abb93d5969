/* SPDX-License-Identifier: GPL-2.0-only */
/* One line on the terminal that says how far a run is. */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

enum { REFRESH_MS = 100 };

static void show(struct rig_progress *progress, unsigned int now_ms)
{
	unsigned int ms = now_ms - progress->first_ms + 1; /* of the first case, nothing is known */

	progress->shown_ms = now_ms;
	if (!progress->done) {
		fprintf(stderr, "\r0 of %zu cases, the guests boot\033[K", progress->total);
		return;
	}
	fprintf(stderr, "\r%zu of %zu cases, %.0f a second, %.0f s left\033[K", progress->done,
		progress->total, progress->done * 1000.0 / ms,
		(progress->total - progress->done) * (ms / 1000.0) / progress->done);
}

void rig_progress_begin(struct rig_progress *progress, size_t total)
{
	*progress = (struct rig_progress){ .total = total };
	progress->on = isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
	if (progress->on)
		show(progress, rig_clock_ms());
}

void rig_progress_count(struct rig_progress *progress)
{
	unsigned int now_ms;

	if (!progress->on)
		return;
	now_ms = rig_clock_ms();
	if (!progress->done++)
		progress->first_ms = now_ms;
	if (now_ms - progress->shown_ms >= REFRESH_MS)
		show(progress, now_ms);
}

void rig_progress_end(struct rig_progress *progress)
{
	if (progress->on)
		fputs("\r\033[K", stderr);
}
