/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading traces, by libpcap. */
#include "replay/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/if_arp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/cooked.h"
#include "wire/error.h"

struct rig_trace {
	char *path;
	pcap_t *pcap;
	unsigned long count; /* packets so far */
};

bool rig_trace_is(const void *start, size_t size)
{
	static const uint32_t magic[] = {
		0xa1b2c3d4, 0xd4c3b2a1, /* pcap, microseconds */
		0xa1b23c4d, 0x4d3cb2a1, /* nanoseconds */
		0x0a0d0d0a,		/* pcapng, in either order */
	};
	uint32_t first;

	if (size < sizeof(first))
		return false;
	memcpy(&first, start, sizeof(first));
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (first == magic[i])
			return true;
	return false;
}

static int open_pcap(struct rig_trace *trace, struct rig_error *err)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	trace->count = 0;
	trace->pcap = pcap_open_offline_with_tstamp_precision(trace->path,
							      PCAP_TSTAMP_PRECISION_NANO, why);
	if (!trace->pcap)
		return rig_error_set(err, "%s%s%s", strstr(why, trace->path) ? "" : trace->path,
				     strstr(why, trace->path) ? "" : ": ", why);
	if (pcap_datalink(trace->pcap) == DLT_NETLINK)
		return 0;
	return rig_error_set(err,
			     "%s: link type %d, not netlink (%d): capture from an nlmon device",
			     trace->path, pcap_datalink(trace->pcap), DLT_NETLINK);
}

struct rig_trace *rig_trace_open(const char *path, struct rig_error *err)
{
	struct rig_trace *trace = calloc(1, sizeof(*trace));

	if (trace)
		trace->path = strdup(path);
	if (!trace || !trace->path) {
		rig_error_set(err, "out of memory");
		goto fail;
	}
	if (open_pcap(trace, err) == 0)
		return trace;
fail:
	rig_trace_close(trace);
	return NULL;
}

void rig_trace_close(struct rig_trace *trace)
{
	if (!trace)
		return;
	if (trace->pcap)
		pcap_close(trace->pcap);
	free(trace->path);
	free(trace);
}

int rig_trace_rewind(struct rig_trace *trace, struct rig_error *err)
{
	pcap_close(trace->pcap);
	return open_pcap(trace, err);
}

static enum rig_direction direction_of(const struct cooked *header, const struct rig_record *record)
{
	struct nlmsghdr first;

	switch (ntohs(header->packet_type)) {
	case PACKET_USER:
		return RIG_TO_USER;
	case PACKET_KERNEL:
		return RIG_TO_KERNEL;
	}
	if (record->size < sizeof(first))
		return RIG_TO_KERNEL;
	memcpy(&first, record->data, sizeof(first));
	return first.nlmsg_flags & (NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO) ? RIG_TO_KERNEL :
									      RIG_TO_USER;
}

void rig_cooked_read(const struct pcap_pkthdr *packet, const uint8_t *bytes,
		     struct rig_record *record)
{
	struct cooked header;

	*record = (struct rig_record){ .time = { packet->ts.tv_sec, packet->ts.tv_usec } };
	record->lost = packet->len > packet->caplen ? packet->len - packet->caplen : 0;
	if (packet->caplen < COOKED_SIZE) {
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
	record->size = packet->caplen - COOKED_SIZE;
	record->direction = direction_of(&header, record);
}

int rig_trace_next(struct rig_trace *trace, struct rig_record *record, struct rig_error *err)
{
	struct pcap_pkthdr *packet;
	const uint8_t *bytes;
	int ret = pcap_next_ex(trace->pcap, &packet, &bytes);

	if (ret == PCAP_ERROR_BREAK)
		return 0;
	if (ret != 1)
		return rig_error_set(err, "%s: packet %lu is damaged or cut off: %s", trace->path,
				     trace->count + 1, pcap_geterr(trace->pcap));
	rig_cooked_read(packet, bytes, record);
	record->number = ++trace->count;
	return 1;
}
