/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: what a capture file is made of, as both the reader and the writer need it: pcap
 * (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng).
 */
#ifndef RIG_REPLAY_PCAPNG_H
#define RIG_REPLAY_PCAPNG_H

#include <stdint.h>

#define LINKTYPE_NETLINK 253
#define NANO		 1000000000ull

enum {
	PCAP_MICRO = 0xa1b2c3d4, /* how it begins: with the unit of its times */
	PCAP_NANO = 0xa1b23c4d,
	PCAPNG_ORDER = 0x1a2b3c4d,
};

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, link_type;
};

struct pcap_packet {
	uint32_t seconds, fraction, kept, size;
};

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
};

enum {
	OPTION_END = 0,
	OPTION_DROPCOUNT = 4, /* of a packet: 8 bytes, how many were lost before it */
	OPTION_TSRESOL = 9,   /* of an interface: the unit of time, as a power of ten or two */
};

/* A block is its type and its length, the body, and the length again. */
#define BLOCK_FRAME 12

struct block_interface {
	uint16_t link_type, reserved;
	uint32_t snaplen;
};

struct block_packet {
	uint32_t interface, time_high, time_low, kept, size;
};

#endif
