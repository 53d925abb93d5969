/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: the header that precedes a netlink datagram in a capture. */
#ifndef RIG_REPLAY_COOKED_H
#define RIG_REPLAY_COOKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All in network order. */
struct cooked {
	uint16_t packet_type; /* PACKET_OUTGOING, PACKET_USER, PACKET_KERNEL */
	uint16_t device_type; /* ARPHRD_NETLINK */
	uint8_t unused[10];
	uint16_t protocol;
};

struct rig_record;

/* A packet of which so many bytes were kept: all of the record but its number and time. */
void cooked_read(const uint8_t *bytes, size_t kept, size_t size, struct rig_record *record);

/* Whether such a header can begin here; there are COOKED_SIZE bytes. */
bool cooked_fits(const uint8_t *bytes);

#define COOKED_SIZE 16
#define SNAPLEN	    (256 * 1024)
#define PACKET_MOST (1 << 20) /* bytes; what claims to be longer is damaged */

#endif
