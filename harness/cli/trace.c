/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig decode of a trace. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "replay/families.h"
#include "replay/view.h"

void rig_cli_print_guesses(const struct rig_trace_families *families)
{
	for (unsigned int i = 0; i < RIG_FAMILIES; i++)
		if (families->source[i] == RIG_FAMILY_GUESSED)
			fprintf(stderr,
				"nlrig: the trace does not name type %u: taken for %s, as which "
				"all of its messages can be read (%lu with attributes)\n",
				families->ids.id[i], rig_families[i].genl_name,
				families->fitting[i]);
}

/* Damage is told of where it is; an exit status. */
static int print_all(struct rig_trace *trace, struct rig_view *view)
{
	struct rig_bytes text = {};
	struct rig_error err = {};
	struct rig_record record;
	int got, status = RIG_EXIT_PASSED;

	while ((got = rig_trace_next(trace, &record, &err)) != 0) {
		if (got == 1 && rig_view_record(view, &record, &text) < 0)
			return rig_cli_bad("out of memory");
		fputs(rig_bytes_text(&text), stdout);
		rig_bytes_reset(&text);
		if (got == 1)
			continue;
		fflush(stdout);
		status = rig_cli_bad_error(&err);
	}
	rig_bytes_free(&text);
	return status;
}

int rig_cli_view(const char *path, struct rig_trace_families *families, bool json)
{
	struct rig_view *view = calloc(1, sizeof(*view));
	struct rig_error err = {};
	struct rig_trace *trace = rig_trace_open(path, &err);
	int status = RIG_EXIT_USAGE, ret = trace ? 0 : -1;

	if (!view)
		ret = rig_error_set(&err, "out of memory");
	if (ret == 0)
		ret = rig_trace_families_read(families, trace, &err);
	if (ret == 0) {
		view->ids = &families->ids;
		view->json = json;
		rig_cli_print_guesses(families);
		status = print_all(trace, view);
	}
	if (view)
		rig_arena_free(&view->arena);
	free(view);
	rig_trace_close(trace);
	return ret < 0 ? rig_cli_bad_error(&err) : status;
}
