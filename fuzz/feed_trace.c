/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz/feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "replay/families.h"
#include "replay/judge.h"
#include "replay/view.h"

static void look_at_all(struct rig_trace *trace, const struct rig_trace_families *families)
{
	static struct rig_view view; /* it is large */
	struct rig_record record;
	struct rig_bytes text = {};
	int ret;

	view = (struct rig_view){ .ids = &families->ids, .json = true, .arena = view.arena };
	while ((ret = rig_trace_next(trace, &record, NULL)) != 0) {
		rig_bytes_reset(&text);
		if (ret == 1)
			rig_view_record(&view, &record, &text);
	}
	rig_bytes_free(&text);
}

static void ignore(void *context, const struct rig_trace_fault *fault)
{
	(void)context;
	(void)fault;
}

static void use(struct rig_trace *trace)
{
	struct rig_trace_families families = {};
	const struct rig_trace_options options = { .families = &families };
	struct rig_trace_verdict verdict;

	if (rig_trace_families_read(&families, trace, NULL) < 0)
		return;
	look_at_all(trace, &families);
	if (rig_trace_rewind(trace, NULL) == 0)
		rig_trace_judge(trace, &options, ignore, NULL, &verdict, NULL);
}

void rig_feed_trace(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)data, size, "r") : NULL;
	struct rig_trace *trace = file ? rig_trace_from(file, "input", NULL) : NULL;

	if (trace)
		use(trace);
	rig_trace_close(trace);
}
