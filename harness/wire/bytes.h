/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing buffer, for bytes and for text alike, and integers in it.
 */
#ifndef RIG_WIRE_BYTES_H
#define RIG_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/schema.h"

/*
 * All zeros is an empty buffer. Text in it is always NUL-terminated (the NUL is not counted).
 * Appending never fails at once: @failed sticks, so that the caller asks once at the end.
 */
struct rig_bytes {
	uint8_t *data;
	size_t size;
	size_t room;
	bool failed; /* out of memory; what was appended since is lost */
};

void rig_bytes_put(struct rig_bytes *bytes, const void *data, size_t size);
void rig_bytes_zero(struct rig_bytes *bytes, size_t size);
void rig_bytes_hex(struct rig_bytes *bytes, const void *data, size_t size);
void rig_bytes_print(struct rig_bytes *bytes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** rig_bytes_text() - the buffer as a NUL-terminated string; "" when empty. */
const char *rig_bytes_text(const struct rig_bytes *bytes);

/** rig_bytes_reset() - empty it but keep the memory. */
void rig_bytes_reset(struct rig_bytes *bytes);
void rig_bytes_free(struct rig_bytes *bytes);

/* The widest integer of the contract: a conntrack label of 16 bytes. */
typedef unsigned __int128 rig_uint;

/** rig_uint_get() - the integer of @size bytes (at most 16) at @data. */
rig_uint rig_uint_get(const uint8_t *data, size_t size, enum rig_order order);

/** rig_uint_put() - store the low @size bytes of @value. */
void rig_uint_put(uint8_t *data, size_t size, enum rig_order order, rig_uint value);

#endif
