/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: the header that precedes a netlink datagram in a capture. */
#ifndef RIG_REPLAY_COOKED_H
#define RIG_REPLAY_COOKED_H

#include <stdint.h>

/* All in network order. */
struct cooked {
	uint16_t packet_type; /* PACKET_OUTGOING, PACKET_USER, PACKET_KERNEL */
	uint16_t device_type; /* ARPHRD_NETLINK */
	uint8_t unused[10];
	uint16_t protocol;
};

struct pcap_pkthdr;
struct rig_record;

/* A packet as libpcap has it, with nanoseconds; all of the record but its number. */
void rig_cooked_read(const struct pcap_pkthdr *packet, const uint8_t *bytes,
		     struct rig_record *record);

#define COOKED_SIZE 16
#define SNAPLEN	    (256 * 1024)

#endif
