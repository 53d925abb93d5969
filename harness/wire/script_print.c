/* SPDX-License-Identifier: GPL-2.0-only */
/* A script back to text. */
#include <string.h>

#include "wire/codec.h"
#include "wire/script.h"

/* Those of that message, and the line's end. Returns how many lines there are now. */
static unsigned int print_wants(struct rig_bytes *text, const struct rig_step *step,
				unsigned int request)
{
	unsigned int lines = 1;

	for (const struct rig_want *want = step->wants; want; want = want->next) {
		if (want->request != request)
			continue;
		rig_bytes_print(text, "\n    -> %s", want->text);
		lines++;
	}
	rig_bytes_print(text, "\n");
	return lines;
}

static unsigned int print_step(struct rig_bytes *text, const struct rig_step *step)
{
	unsigned int lines = 0, request = 0;

	if (step->kind != RIG_STEP_SEND) {
		rig_bytes_print(text, "%s", step->text);
		return print_wants(text, step, 0);
	}
	if (strcmp(step->socket, "sock"))
		rig_bytes_print(text, "$%s: ", step->socket);
	for (const struct rig_message *m = step->message; m; m = m->next) {
		rig_bytes_print(text, "%s", request ? "+ " : "");
		rig_print_message(m, NULL, text);
		lines += print_wants(text, step, request++);
	}
	return lines;
}

void rig_script_print(struct rig_script *script, struct rig_bytes *text)
{
	unsigned int line = 2;

	rig_bytes_print(text, "# %s\n", script->reason);
	for (struct rig_step *step = script->steps; step; step = step->next) {
		step->place.line = line;
		line += print_step(text, step);
	}
}
