/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing traces. Libpcap writes pcap only; the three blocks of pcapng that a trace needs are
 * written here (draft-ietf-opsawg-pcapng), in this machine's byte order.
 */
#include "replay/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/if_arp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/cooked.h"
#include "wire/error.h"

#define LINKTYPE_NETLINK 253
#define NANO		 1000000000ull

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	OPTION_TSRESOL = 9, /* of an interface: the unit of time, as a power of ten */
};

struct rig_trace_writer {
	char *path;
	FILE *file;   /* pcapng; else NULL */
	pcap_t *pcap; /* pcap; else NULL */
	pcap_dumper_t *dumper;
};

/* A block is its type and its length, the body, and the length again. */
static void put_block(FILE *file, uint32_t type, const void *body, size_t size, const void *more,
		      size_t more_size)
{
	static const uint8_t zeros[4];
	uint32_t pad = -more_size % 4;
	uint32_t length = 12 + size + more_size + pad;

	fwrite(&type, sizeof(type), 1, file);
	fwrite(&length, sizeof(length), 1, file);
	fwrite(body, 1, size, file);
	fwrite(more, 1, more_size, file);
	fwrite(zeros, 1, pad, file);
	fwrite(&length, sizeof(length), 1, file);
}

static void put_pcapng_headers(FILE *file)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t length[2]; /* of the section: not known */
	} section = { 0x1a2b3c4d, 1, 0, { UINT32_MAX, UINT32_MAX } };
	const struct {
		uint16_t link_type, reserved;
		uint32_t snaplen;
		uint16_t option, option_length;
		uint8_t resolution[4];
		uint32_t end;
	} interface = { LINKTYPE_NETLINK, 0, SNAPLEN, OPTION_TSRESOL, 1, { 9 }, 0 };

	put_block(file, BLOCK_SECTION, &section, sizeof(section), "", 0);
	put_block(file, BLOCK_INTERFACE, &interface, sizeof(interface), "", 0);
}

static void put_pcapng(FILE *file, const struct rig_record *record, const uint8_t *bytes,
		       size_t size)
{
	uint64_t time = record->time.tv_sec * NANO + record->time.tv_nsec;
	const uint32_t body[] = { 0, time >> 32, (uint32_t)time, size, size + record->lost };

	put_block(file, BLOCK_PACKET, body, sizeof(body), bytes, size);
}

static int fail(const struct rig_trace_writer *writer, struct rig_error *err)
{
	return rig_error_set(err, "%s: %s", writer->path, strerror(errno));
}

static int open_file(struct rig_trace_writer *writer, struct rig_error *err)
{
	size_t length = strlen(writer->path);

	if (length > 7 && !strcmp(writer->path + length - 7, ".pcapng")) {
		writer->file = fopen(writer->path, "we");
		if (!writer->file)
			return fail(writer, err);
		put_pcapng_headers(writer->file);
		return 0;
	}
	writer->pcap = pcap_open_dead_with_tstamp_precision(DLT_NETLINK, SNAPLEN,
							    PCAP_TSTAMP_PRECISION_NANO);
	if (!writer->pcap)
		return rig_error_set(err, "out of memory");
	writer->dumper = pcap_dump_open(writer->pcap, writer->path);
	if (!writer->dumper)
		return rig_error_set(err, "%s", pcap_geterr(writer->pcap));
	return 0;
}

static FILE *file_of(const struct rig_trace_writer *writer)
{
	return writer->file ? writer->file : writer->dumper ? pcap_dump_file(writer->dumper) : NULL;
}

static void release(struct rig_trace_writer *writer)
{
	if (writer->file)
		fclose(writer->file);
	if (writer->dumper)
		pcap_dump_close(writer->dumper);
	if (writer->pcap)
		pcap_close(writer->pcap);
	free(writer->path);
	free(writer);
}

struct rig_trace_writer *rig_trace_create(const char *path, struct rig_error *err)
{
	struct rig_trace_writer *writer = calloc(1, sizeof(*writer));

	if (writer)
		writer->path = strdup(path);
	if (!writer || !writer->path)
		rig_error_set(err, "out of memory");
	else if (open_file(writer, err) == 0)
		return writer;
	if (writer)
		release(writer);
	return NULL;
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
	struct pcap_pkthdr packet = {
		.ts = { record->time.tv_sec, record->time.tv_nsec },
		.caplen = COOKED_SIZE + record->size,
		.len = COOKED_SIZE + record->size + record->lost,
	};
	uint8_t *bytes = malloc(packet.caplen);

	if (!bytes)
		return rig_error_set(err, "out of memory");
	memcpy(bytes, &header, COOKED_SIZE);
	if (record->size)
		memcpy(bytes + COOKED_SIZE, record->data, record->size);
	if (writer->file)
		put_pcapng(writer->file, record, bytes, packet.caplen);
	else
		pcap_dump((uint8_t *)writer->dumper, &packet, bytes);
	free(bytes);
	return ferror(file_of(writer)) ? fail(writer, err) : 0;
}

int rig_trace_flush(struct rig_trace_writer *writer, struct rig_error *err)
{
	return fflush(file_of(writer)) ? fail(writer, err) : 0;
}

int rig_trace_finish(struct rig_trace_writer *writer, struct rig_error *err)
{
	int ret = rig_trace_flush(writer, err);

	release(writer);
	return ret;
}
