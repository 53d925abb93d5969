/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong, where in which text, and what was expected.
 *
 * Every library function of the rig that can fail returns -1 (or NULL) and fills the struct
 * rig_error that it was given; only the command line prints it. A NULL error is allowed
 * everywhere: then the reason is lost, not the result.
 */
#ifndef RIG_WIRE_ERROR_H
#define RIG_WIRE_ERROR_H

#include <stddef.h>

struct rig_error {
	const char *file;    /* as the caller named the text; NULL when no text is involved */
	unsigned int line;   /* from 1; 0 when no text is involved */
	unsigned int column; /* in bytes, from 1 */
	char message[256];   /* one line, no full stop, no newline */
};

/** rig_error_set() - state a reason without a position. Always returns -1, to be returned on. */
int rig_error_set(struct rig_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** rig_error_at() - state a reason with its position in a text. Always returns -1. */
int rig_error_at(struct rig_error *error, const char *file, unsigned int line, unsigned int column,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/** rig_error_text() - "file:line:column: message", or the message alone, into @text. */
const char *rig_error_text(const struct rig_error *error, char *text, size_t size);

#endif
