/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/cooked.h"

#include <arpa/inet.h>
#include <byteswap.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <string.h>

#include "replay/trace.h"

/* A length that cannot be, but for a machine of the other byte order. */
static bool is_foreign(const struct rig_record *record)
{
	size_t size = record->size + record->lost;
	uint32_t len;

	if (record->size < sizeof(len))
		return false;
	memcpy(&len, record->data, sizeof(len));
	if (len >= NLMSG_HDRLEN && len <= size)
		return false;
	len = bswap_32(len);
	return len >= NLMSG_HDRLEN && len <= size;
}

static enum rig_direction direction_of(uint16_t packet_type, const struct rig_record *record)
{
	struct nlmsghdr first;
	uint16_t flags;

	switch (packet_type) {
	case PACKET_USER:
		return RIG_TO_USER;
	case PACKET_KERNEL:
		return RIG_TO_KERNEL;
	}
	if (record->size < sizeof(first))
		return RIG_TO_KERNEL;
	memcpy(&first, record->data, sizeof(first));
	flags = record->foreign ? bswap_16(first.nlmsg_flags) : first.nlmsg_flags;
	return flags & (NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO) ? RIG_TO_KERNEL : RIG_TO_USER;
}

void cooked_read(const uint8_t *bytes, size_t kept, size_t size, struct rig_record *record)
{
	struct cooked header;

	*record = (struct rig_record){ .lost = size > kept ? size - kept : 0 };
	if (kept < COOKED_SIZE) {
		record->flaw = "shorter than the 16 bytes of a netlink capture's header";
		return;
	}
	memcpy(&header, bytes, sizeof(header));
	if (ntohs(header.device_type) != ARPHRD_NETLINK) {
		record->flaw = "not from a netlink device";
		return;
	}
	record->protocol = ntohs(header.protocol);
	record->data = bytes + COOKED_SIZE;
	record->size = kept - COOKED_SIZE;
	record->foreign = is_foreign(record);
	record->direction = direction_of(ntohs(header.packet_type), record);
}

bool cooked_fits(const uint8_t *bytes)
{
	struct cooked header;

	memcpy(&header, bytes, sizeof(header));
	return ntohs(header.device_type) == ARPHRD_NETLINK &&
	       (ntohs(header.packet_type) == PACKET_OUTGOING ||
		ntohs(header.packet_type) == PACKET_USER ||
		ntohs(header.packet_type) == PACKET_KERNEL);
}
