/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing traces, in this machine's byte order. */
#include "replay/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>

#include "replay/cooked.h"
#include "replay/output.h"
#include "replay/pcapng.h"
#include "wire/error.h"

struct rig_trace_writer {
	char *path;
	FILE *file;
	bool pcapng;
};

static const uint8_t zeros[4];

static size_t gap_after(size_t size)
{
	return -size % 4;
}

/* ---- pcap ---- */

static void put_pcap_header(FILE *file)
{
	const struct pcap_header header = {
		.magic = PCAP_NANO,
		.major = 2,
		.minor = 4,
		.snaplen = SNAPLEN,
		.link_type = LINKTYPE_NETLINK,
	};

	fwrite(&header, sizeof(header), 1, file);
}

static void put_pcap(FILE *file, const struct cooked *header, const struct rig_record *record)
{
	const struct pcap_packet packet = {
		.seconds = record->time.tv_sec,
		.fraction = record->time.tv_nsec,
		.kept = COOKED_SIZE + record->size,
		.size = COOKED_SIZE + record->size + record->lost,
	};

	fwrite(&packet, sizeof(packet), 1, file);
	fwrite(header, COOKED_SIZE, 1, file);
	fwrite(record->data, 1, record->size, file);
}

/* ---- pcapng ---- */

static void begin_block(FILE *file, uint32_t type, uint32_t length)
{
	fwrite(&type, sizeof(type), 1, file);
	fwrite(&length, sizeof(length), 1, file);
}

static void put_block(FILE *file, uint32_t type, const void *body, uint32_t size)
{
	uint32_t length = BLOCK_FRAME + size;

	begin_block(file, type, length);
	fwrite(body, 1, size, file);
	fwrite(&length, sizeof(length), 1, file);
}

static void put_pcapng_headers(FILE *file)
{
	const struct {
		uint32_t order;
		uint16_t major, minor;
		uint32_t length[2]; /* of the section: not known */
	} section = { PCAPNG_ORDER, 1, 0, { UINT32_MAX, UINT32_MAX } };
	const struct {
		struct block_interface interface;
		uint16_t option, option_length;
		uint8_t resolution[4];
		uint32_t end;
	} interface = { { LINKTYPE_NETLINK, 0, SNAPLEN }, OPTION_TSRESOL, 1, { 9 }, OPTION_END };

	put_block(file, BLOCK_SECTION, &section, sizeof(section));
	put_block(file, BLOCK_INTERFACE, &interface, sizeof(interface));
}

static void put_pcapng(FILE *file, const struct cooked *header, const struct rig_record *record)
{
	const uint64_t time = record->time.tv_sec * NANO + record->time.tv_nsec;
	const struct block_packet packet = {
		.time_high = time >> 32,
		.time_low = time,
		.kept = COOKED_SIZE + record->size,
		.size = COOKED_SIZE + record->size + record->lost,
	};
	const struct {
		uint16_t option, length;
		uint32_t count[2];
		uint32_t end;
	} dropped = { OPTION_DROPCOUNT,
		      8,
		      { record->dropped, (uint64_t)record->dropped >> 32 },
		      OPTION_END };
	size_t options = record->dropped ? sizeof(dropped) : 0;
	uint32_t length =
		BLOCK_FRAME + sizeof(packet) + packet.kept + gap_after(packet.kept) + options;

	begin_block(file, BLOCK_PACKET, length);
	fwrite(&packet, sizeof(packet), 1, file);
	fwrite(header, COOKED_SIZE, 1, file);
	fwrite(record->data, 1, record->size, file);
	fwrite(zeros, 1, gap_after(packet.kept), file);
	fwrite(&dropped, 1, options, file);
	fwrite(&length, sizeof(length), 1, file);
}

/* ---- both ---- */

static int fail(const struct rig_trace_writer *writer, struct rig_error *err)
{
	return rig_error_set(err, "%s: %s", writer->path, strerror(errno ? errno : EIO));
}

static bool is_pcapng(const char *path)
{
	static const char suffix[] = ".pcapng";
	size_t length = strlen(path) - output_suffix(path), tail = strlen(suffix);

	return length > tail && !memcmp(path + length - tail, suffix, tail);
}

static struct rig_trace_writer *create(const char *path, bool pcapng, struct rig_error *err)
{
	struct rig_trace_writer *writer = calloc(1, sizeof(*writer));

	if (writer)
		writer->path = strdup(path);
	if (!writer || !writer->path) {
		free(writer);
		rig_error_set(err, "out of memory");
		return NULL;
	}
	writer->file = output_open(path);
	if (!writer->file) {
		fail(writer, err);
		free(writer->path);
		free(writer);
		return NULL;
	}
	writer->pcapng = pcapng;
	if (writer->pcapng)
		put_pcapng_headers(writer->file);
	else
		put_pcap_header(writer->file);
	return writer;
}

struct rig_trace_writer *rig_trace_create(const char *path, struct rig_error *err)
{
	return create(path, is_pcapng(path), err);
}

struct rig_trace_writer *rig_trace_create_pcapng(const char *path, struct rig_error *err)
{
	return create(path, true, err);
}

int rig_trace_write(struct rig_trace_writer *writer, const struct rig_record *record,
		    struct rig_error *err)
{
	const struct cooked header = {
		.packet_type =
			htons(record->direction == RIG_TO_USER ? PACKET_USER : PACKET_KERNEL),
		.device_type = htons(ARPHRD_NETLINK),
		.protocol = htons(record->protocol),
	};

	if (writer->pcapng && record->restarted)
		put_pcapng_headers(writer->file);
	if (writer->pcapng)
		put_pcapng(writer->file, &header, record);
	else
		put_pcap(writer->file, &header, record);
	return ferror(writer->file) ? fail(writer, err) : 0;
}

int rig_trace_flush(struct rig_trace_writer *writer, struct rig_error *err)
{
	return fflush(writer->file) ? fail(writer, err) : 0;
}

int rig_trace_finish(struct rig_trace_writer *writer, struct rig_error *err)
{
	bool whole = !ferror(writer->file);
	int ret;

	errno = 0;
	whole &= fclose(writer->file) == 0;
	ret = whole ? 0 : fail(writer, err);
	free(writer->path);
	free(writer);
	return ret;
}
