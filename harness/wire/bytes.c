/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/bytes.h"

/* Room for @size more bytes and the NUL. */
static bool reserve(struct rig_bytes *bytes, size_t size)
{
	size_t need = bytes->size + size + 1, room = bytes->room ? bytes->room : 256;
	uint8_t *data;

	if (bytes->failed || need <= bytes->room)
		return !bytes->failed;
	while (room < need)
		room *= 2;
	data = realloc(bytes->data, room);
	if (!data) {
		bytes->failed = true;
		return false;
	}
	bytes->data = data;
	bytes->room = room;
	return true;
}

void rig_bytes_put(struct rig_bytes *bytes, const void *data, size_t size)
{
	if (!reserve(bytes, size))
		return;
	if (size)
		memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	bytes->data[bytes->size] = '\0';
}

void rig_bytes_zero(struct rig_bytes *bytes, size_t size)
{
	if (!reserve(bytes, size))
		return;
	memset(bytes->data + bytes->size, 0, size + 1);
	bytes->size += size;
}

void rig_bytes_hex(struct rig_bytes *bytes, const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = data;
	size_t i;

	if (!reserve(bytes, 2 * size))
		return;
	for (i = 0; i < size; i++) {
		bytes->data[bytes->size++] = digits[from[i] >> 4];
		bytes->data[bytes->size++] = digits[from[i] & 15];
	}
	bytes->data[bytes->size] = '\0';
}

void rig_bytes_print(struct rig_bytes *bytes, const char *format, ...)
{
	va_list args;
	int size;

	if (!reserve(bytes, 64))
		return;
	va_start(args, format);
	size = vsnprintf((char *)bytes->data + bytes->size, bytes->room - bytes->size, format,
			 args);
	va_end(args);
	if (size >= 0 && (size_t)size >= bytes->room - bytes->size && reserve(bytes, size)) {
		va_start(args, format);
		vsnprintf((char *)bytes->data + bytes->size, size + 1, format, args);
		va_end(args);
	}
	if (size < 0)
		bytes->failed = true;
	if (!bytes->failed)
		bytes->size += size;
}

const char *rig_bytes_text(const struct rig_bytes *bytes)
{
	return bytes->data ? (const char *)bytes->data : "";
}

void rig_bytes_reset(struct rig_bytes *bytes)
{
	bytes->size = 0;
	bytes->failed = false;
	if (bytes->data)
		bytes->data[0] = '\0';
}

void rig_bytes_free(struct rig_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct rig_bytes){};
}

static size_t place(size_t size, enum rig_order order, size_t significance)
{
	bool big = order == RIG_NET || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	return big ? size - 1 - significance : significance;
}

rig_uint rig_uint_get(const uint8_t *data, size_t size, enum rig_order order)
{
	rig_uint value = 0;
	size_t i;

	for (i = 0; i < size; i++)
		value |= (rig_uint)data[place(size, order, i)] << (8 * i);
	return value;
}

void rig_uint_put(uint8_t *data, size_t size, enum rig_order order, rig_uint value)
{
	size_t i;

	for (i = 0; i < size; i++, value >>= 8)
		data[place(size, order, i)] = (uint8_t)value;
}
