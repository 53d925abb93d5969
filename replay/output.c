/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/output.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static bool ends_in(const char *path, const char *suffix)
{
	size_t length = strlen(path), tail = strlen(suffix);

	return length > tail && !strcmp(path + length - tail, suffix);
}

size_t output_suffix(const char *path)
{
	return ends_in(path, ".gz") ? 3 : ends_in(path, ".zst") ? 4 : 0;
}

/* ---- gzip ---- */

static ssize_t gzip_write(void *cookie, const char *bytes, size_t size)
{
	int written = gzwrite(cookie, bytes, size);

	return written > 0 ? written : 0;
}

static int gzip_close(void *cookie)
{
	return gzclose(cookie) == Z_OK ? 0 : EOF;
}

/* ---- zstd ---- */

struct zstd {
	ZSTD_CStream *stream;
	FILE *file;
	uint8_t packed[64 * 1024];
};

/* What the packer has ready goes to the file, until it has nothing left of this. */
static bool zstd_put(struct zstd *z, ZSTD_inBuffer *in, ZSTD_EndDirective end)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { z->packed, sizeof(z->packed), 0 };

		left = ZSTD_compressStream2(z->stream, &out, in, end);
		if (ZSTD_isError(left) || fwrite(z->packed, 1, out.pos, z->file) != out.pos)
			return false;
	} while (end == ZSTD_e_continue ? in->pos < in->size : left != 0);
	return true;
}

static ssize_t zstd_write(void *cookie, const char *bytes, size_t size)
{
	ZSTD_inBuffer in = { bytes, size, 0 };

	return zstd_put(cookie, &in, ZSTD_e_continue) ? (ssize_t)size : 0;
}

static int zstd_close(void *cookie)
{
	ZSTD_inBuffer nothing = {};
	struct zstd *z = cookie;
	bool whole = zstd_put(z, &nothing, ZSTD_e_end);

	whole &= fclose(z->file) == 0;
	ZSTD_freeCStream(z->stream);
	free(z);
	return whole ? 0 : EOF;
}

static struct zstd *zstd_open(const char *path)
{
	struct zstd *z = calloc(1, sizeof(*z));

	if (!z)
		return NULL;
	z->stream = ZSTD_createCStream();
	z->file = z->stream ? fopen(path, "we") : NULL;
	if (z->file)
		return z;
	ZSTD_freeCStream(z->stream);
	free(z);
	return NULL;
}

FILE *output_open(const char *path)
{
	cookie_io_functions_t gzip = { .write = gzip_write, .close = gzip_close };
	cookie_io_functions_t zstd = { .write = zstd_write, .close = zstd_close };
	void *cookie;

	errno = 0;
	switch (output_suffix(path)) {
	case 3:
		cookie = gzopen(path, "wbe");
		break;
	case 4:
		cookie = zstd_open(path);
		break;
	default:
		return fopen(path, "we");
	}
	if (cookie)
		return fopencookie(cookie, "w", output_suffix(path) == 3 ? gzip : zstd);
	if (!errno)
		errno = ENOMEM;
	return NULL;
}
