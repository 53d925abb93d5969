/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace files: netlink datagrams as an nlmon device shows them, in pcap or pcapng with link type
 * 253 (LINKTYPE_NETLINK), perhaps packed with gzip or zstd. Files are streamed: memory does not
 * grow with their length. The reader is our own: libpcap ends at the first damage, and does not
 * tell what a capture has dropped.
 */
#ifndef RIG_REPLAY_TRACE_H
#define RIG_REPLAY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct rig_error;
struct rig_family_ids;

enum rig_direction {
	RIG_TO_KERNEL,
	RIG_TO_USER,
};

/* One packet of a trace: a datagram. */
struct rig_record {
	unsigned long number; /* in its file, from 1 */
	struct timespec time; /* since the epoch */
	/*
	 * Taken from the packet type (6: to user, 7: to kernel) where a capture has it. Packet
	 * sockets see all that nlmon carries as outgoing; then the first message's flags decide:
	 * the kernel heeds nothing without NLM_F_REQUEST and sends no request, ack or echo.
	 */
	enum rig_direction direction;
	uint16_t protocol;   /* NETLINK_GENERIC and the like */
	const uint8_t *data; /* the datagram, until the next call */
	size_t size;
	size_t lost;	  /* bytes at its end that the capture did not keep */
	const char *flaw; /* not NULL: why this is no netlink packet; data is empty */
	/* Packets before this one that the capture says it had to drop. */
	unsigned long dropped;
	/* Another capture begins with this one: in pcapng, files can follow one another in one. */
	bool restarted;
	/* From a machine of the other byte order: what the schema knows has been turned round. */
	bool foreign;
};

struct rig_trace;

/** rig_trace_is() - do these bytes begin a pcap or pcapng file? */
bool rig_trace_is(const void *start, size_t size);

/**
 * rig_trace_open() - NULL: not there, no capture file, or of another link type. "-" is standard
 * input; what can be read only once is copied to a file without a name.
 */
struct rig_trace *rig_trace_open(const char *path, struct rig_error *err);

/** rig_trace_from() - the same from an open file, which can be read twice and is closed. */
struct rig_trace *rig_trace_from(FILE *file, const char *name, struct rig_error *err);
void rig_trace_close(struct rig_trace *trace);

/**
 * rig_trace_ids() - which families messages of the other byte order are of: without it, only their
 * headers and the controller's are turned round. The ids stay the caller's.
 */
void rig_trace_ids(struct rig_trace *trace, const struct rig_family_ids *ids);

/**
 * rig_trace_next() - the next packet. Returns 1, or 0 at the end, or -1: damaged or cut off here;
 * the error names the place, and the next call goes on behind it, where packets begin again.
 */
int rig_trace_next(struct rig_trace *trace, struct rig_record *record, struct rig_error *err);

/** rig_trace_dropped() - how many packets the capture says, until here, that it had to drop. */
unsigned long rig_trace_dropped(const struct rig_trace *trace);

/** rig_trace_share() - how much of the file has been read, from 0 to 1. */
double rig_trace_share(const struct rig_trace *trace);

/** rig_trace_rewind() - to the first packet again. */
int rig_trace_rewind(struct rig_trace *trace, struct rig_error *err);

struct rig_trace_writer;

/**
 * rig_trace_create() - pcapng if the path ends in ".pcapng", else pcap; packed if ".gz" or ".zst"
 * follows.
 */
struct rig_trace_writer *rig_trace_create(const char *path, struct rig_error *err);

/** rig_trace_create_pcapng() - whatever the path; pcap cannot tell what a capture dropped. */
struct rig_trace_writer *rig_trace_create_pcapng(const char *path, struct rig_error *err);

/** rig_trace_write() - all of the record counts but number, foreign and flaw. */
int rig_trace_write(struct rig_trace_writer *writer, const struct rig_record *record,
		    struct rig_error *err);

/** rig_trace_flush() - what was written is in the file. */
int rig_trace_flush(struct rig_trace_writer *writer, struct rig_error *err);

/** rig_trace_finish() - closes the file. -1: not everything could be written. */
int rig_trace_finish(struct rig_trace_writer *writer, struct rig_error *err);

#endif
