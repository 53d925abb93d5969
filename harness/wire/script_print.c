/* SPDX-License-Identifier: GPL-2.0-only */
/* A script back to text: its steps, without what the script itself expects. */
#include <string.h>

#include "wire/codec.h"
#include "wire/script.h"

static unsigned int print_step(struct rig_bytes *text, const struct rig_step *step)
{
	unsigned int lines = 1;

	if (step->kind != RIG_STEP_SEND) {
		rig_bytes_print(text, "%s\n", step->text);
		return lines;
	}
	if (strcmp(step->socket, "sock"))
		rig_bytes_print(text, "$%s: ", step->socket);
	for (const struct rig_message *m = step->message; m; m = m->next) {
		rig_print_message(m, NULL, text);
		rig_bytes_print(text, m->next ? "\n+ " : "\n");
		lines += m->next != NULL;
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
