/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>

#include "wire/error.h"

static int set(struct rig_error *error, const char *file, unsigned int line, unsigned int column,
	       const char *format, va_list args)
{
	if (!error)
		return -1;
	error->file = file;
	error->line = line;
	error->column = column;
	vsnprintf(error->message, sizeof(error->message), format, args);
	return -1;
}

int rig_error_set(struct rig_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(error, NULL, 0, 0, format, args);
	va_end(args);
	return -1;
}

int rig_error_at(struct rig_error *error, const char *file, unsigned int line, unsigned int column,
		 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(error, file, line, column, format, args);
	va_end(args);
	return -1;
}

const char *rig_error_text(const struct rig_error *error, char *text, size_t size)
{
	if (error->line)
		snprintf(text, size, "%s%s%u:%u: %s", error->file ? error->file : "",
			 error->file ? ":" : "", error->line, error->column, error->message);
	else
		snprintf(text, size, "%s", error->message);
	return text;
}
