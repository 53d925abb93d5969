/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/input.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "wire/error.h"

#define CHUNK	    (256 * 1024)
#define GZIP_WINDOW (15 + 16) /* zlib's way to say: the largest window, with a gzip header */

enum packing {
	PLAIN,
	GZIP,
	ZSTD,
};

struct input {
	FILE *file;
	long size; /* of the file; not positive: not known */
	enum packing packing;
	uint8_t *bytes; /* unpacked; what is to be looked at begins at first */
	size_t first, count, room;
	uint64_t taken;
	uint8_t *packed; /* what was read of a packed file begins at packed_first */
	size_t packed_first, packed_count;
	bool ended, within; /* within: a packed frame that has not ended */
	const char *failure;
	z_stream gzip;
	ZSTD_DStream *zstd;
};

/* ---- unpacking ---- */

static bool refill(struct input *input)
{
	if (input->packed_count)
		return true;
	input->packed_first = 0;
	input->packed_count = fread(input->packed, 1, CHUNK, input->file);
	return input->packed_count;
}

/* Bytes into the room; 0: no more for now. Further gzip members follow one another. */
static size_t unpack_gzip(struct input *input, uint8_t *to, size_t room)
{
	z_stream *z = &input->gzip;
	int ret;

	z->next_in = input->packed + input->packed_first;
	z->avail_in = input->packed_count;
	z->next_out = to;
	z->avail_out = room;
	ret = inflate(z, Z_NO_FLUSH);
	input->packed_first += input->packed_count - z->avail_in;
	input->packed_count = z->avail_in;
	input->within = ret != Z_STREAM_END;
	if (ret == Z_STREAM_END)
		inflateReset(z);
	else if (ret != Z_OK && ret != Z_BUF_ERROR)
		input->failure = "the gzip data is damaged";
	return room - z->avail_out;
}

static size_t unpack_zstd(struct input *input, uint8_t *to, size_t room)
{
	ZSTD_inBuffer in = { input->packed + input->packed_first, input->packed_count, 0 };
	ZSTD_outBuffer out = { to, room, 0 };
	size_t ret = ZSTD_decompressStream(input->zstd, &out, &in);

	input->packed_first += in.pos;
	input->packed_count -= in.pos;
	input->within = ret != 0;
	if (ZSTD_isError(ret))
		input->failure = "the zstd data is damaged";
	return out.pos;
}

static size_t unpack(struct input *input, uint8_t *to, size_t room)
{
	size_t size = 0;

	if (input->packing == PLAIN) {
		size = fread(to, 1, room, input->file);
		input->ended = !size;
		return size;
	}
	while (!size && !input->failure) {
		/* What a frame still holds back comes out when it gets nothing more, too. */
		bool more = refill(input);

		if (!more && !input->within)
			break;
		size = input->packing == GZIP ? unpack_gzip(input, to, room) :
						unpack_zstd(input, to, room);
		if (!more && !size && !input->failure)
			input->failure = "the compressed data ends too early";
	}
	input->ended = !size;
	return size;
}

static int begin(struct input *input)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	uint8_t start[4] = {};
	size_t size = fread(start, 1, sizeof(start), input->file);

	fseek(input->file, 0, SEEK_END);
	input->size = ftell(input->file);
	rewind(input->file);
	if (size >= sizeof(gzip) && !memcmp(start, gzip, sizeof(gzip)))
		input->packing = GZIP;
	else if (size >= sizeof(zstd) && !memcmp(start, zstd, sizeof(zstd)))
		input->packing = ZSTD;
	if (input->packing == PLAIN)
		return 0;
	input->packed = malloc(CHUNK);
	if (input->packing == GZIP)
		return input->packed && inflateInit2(&input->gzip, GZIP_WINDOW) == Z_OK ? 0 : -1;
	input->zstd = ZSTD_createDStream();
	return input->packed && input->zstd ? 0 : -1;
}

/* ---- looking ---- */

struct input *input_open(FILE *file)
{
	struct input *input = calloc(1, sizeof(*input));

	if (!input) {
		fclose(file);
		return NULL;
	}
	input->file = file;
	if (begin(input) == 0)
		return input;
	input_close(input);
	return NULL;
}

void input_close(struct input *input)
{
	if (!input)
		return;
	if (input->packing == GZIP)
		inflateEnd(&input->gzip);
	ZSTD_freeDStream(input->zstd);
	fclose(input->file);
	free(input->packed);
	free(input->bytes);
	free(input);
}

/* Room for that many behind first, and a chunk more, so that little is moved. */
static bool make_room(struct input *input, size_t wanted)
{
	uint8_t *bytes;

	if (input->first) {
		memmove(input->bytes, input->bytes + input->first, input->count);
		input->first = 0;
	}
	if (wanted + CHUNK <= input->room)
		return true;
	bytes = realloc(input->bytes, wanted + CHUNK);
	if (!bytes)
		return false;
	input->bytes = bytes;
	input->room = wanted + CHUNK;
	return true;
}

const uint8_t *input_look(struct input *input, size_t wanted, size_t *there)
{
	if (wanted > INPUT_MOST)
		wanted = INPUT_MOST;
	if (input->count < wanted && !input->ended && !make_room(input, wanted)) {
		input->failure = "out of memory";
		input->ended = true;
	}
	while (input->count < wanted && !input->ended)
		input->count += unpack(input, input->bytes + input->first + input->count,
				       input->room - input->first - input->count);
	*there = input->count < wanted ? input->count : wanted;
	return input->bytes + input->first;
}

void input_take(struct input *input, size_t size)
{
	input->first += size;
	input->count -= size;
	input->taken += size;
}

uint64_t input_offset(const struct input *input)
{
	return input->taken;
}

double input_share(const struct input *input)
{
	long at = ftell(input->file);

	return at > 0 && input->size > 0 ? (double)at / input->size : 0;
}

const char *input_failure(const struct input *input)
{
	return input->failure;
}

int input_rewind(struct input *input, struct rig_error *err)
{
	if (fseek(input->file, 0, SEEK_SET) != 0)
		return rig_error_set(err, "read it from its beginning again: %s", strerror(errno));
	if (input->packing == GZIP)
		inflateReset(&input->gzip);
	if (input->packing == ZSTD)
		ZSTD_initDStream(input->zstd);
	input->first = input->count = input->packed_count = 0;
	input->taken = 0;
	input->ended = input->within = false;
	input->failure = NULL;
	return 0;
}
