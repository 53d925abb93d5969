/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: a script while it is being read. Functions return -1 and state the error. */
#ifndef RIG_WIRE_SCRIPT_READER_H
#define RIG_WIRE_SCRIPT_READER_H

#include "wire/codec.h"
#include "wire/script.h"

struct rig_reader {
	struct rig_parser parser;
	struct rig_cursor cursor;
	struct rig_script *script;
	struct rig_step *last; /* the step read last */
	struct rig_error *err;
};

int rig_reader_no_memory(struct rig_reader *r);
struct rig_place rig_reader_place(const struct rig_cursor *cursor);

/* The source between two places as one line, without comments and line breaks. NULL: memory. */
const char *rig_reader_text(struct rig_arena *arena, const char *from, const char *to);

/* A word, copied into the arena; or the error "expected <what>". */
int rig_reader_word(struct rig_reader *r, const char *what, const char **copy);
int rig_reader_symbol(struct rig_reader *r, const char **name);

/* The name of a socket that the script has by now. */
int rig_reader_socket(struct rig_reader *r, const char **name);
int rig_reader_frame(struct rig_reader *r, const uint8_t **frame, size_t *size);

/* Each "-> ..." up to the end of the step, for message number request of the step read last. */
int rig_reader_wants(struct rig_reader *r, unsigned int request);

#endif
