/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/capture.h"

#include <net/if.h>
#include <netlink/route/link.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/cooked.h"
#include "wire/error.h"

enum {
	BUFFER = 16 << 20,
	WAIT_MS = 100,
};

struct rig_capture {
	struct nl_sock *route;
	struct rtnl_link *device; /* once it has been made */
	pcap_t *pcap;
	unsigned long count;
	char name[IFNAMSIZ];
};

/* One for each process, so that two captures do not meet. */
static int make_device(struct rig_capture *capture, struct rig_error *err)
{
	struct rtnl_link *device = rtnl_link_alloc();
	int ret;

	snprintf(capture->name, sizeof(capture->name), "nlmon%d", getpid());
	capture->route = nl_socket_alloc();
	ret = device && capture->route ? nl_connect(capture->route, NETLINK_ROUTE) : -NLE_NOMEM;
	if (ret == 0)
		ret = rtnl_link_set_type(device, "nlmon");
	if (ret == 0) {
		rtnl_link_set_name(device, capture->name);
		rtnl_link_set_flags(device, IFF_UP);
		ret = rtnl_link_add(capture->route, device, NLM_F_CREATE | NLM_F_EXCL);
	}
	if (ret == 0) {
		capture->device = device;
		return 0;
	}
	rtnl_link_put(device);
	return rig_error_set(err, "make the nlmon device %s: %s (root? module nlmon?)",
			     capture->name, nl_geterror(ret));
}

static int listen_on(struct rig_capture *capture, size_t buffer, struct rig_error *err)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int ret;

	capture->pcap = pcap_create(capture->name, why);
	if (!capture->pcap)
		return rig_error_set(err, "capture on %s: %s", capture->name, why);
	pcap_set_snaplen(capture->pcap, SNAPLEN);
	pcap_set_timeout(capture->pcap, WAIT_MS);
	pcap_set_buffer_size(capture->pcap, buffer ? buffer : BUFFER);
	pcap_set_tstamp_precision(capture->pcap, PCAP_TSTAMP_PRECISION_NANO);
	ret = pcap_activate(capture->pcap);
	/* Libpcap's own waiting has no end: it only counts its timeout from the first packet on. */
	if (ret >= 0)
		ret = pcap_setnonblock(capture->pcap, 1, why);
	if (ret < 0)
		return rig_error_set(err, "capture on %s: %s", capture->name,
				     pcap_geterr(capture->pcap));
	return 0;
}

struct rig_capture *rig_capture_open(size_t buffer, struct rig_error *err)
{
	struct rig_capture *capture = calloc(1, sizeof(*capture));

	if (!capture) {
		rig_error_set(err, "out of memory");
		return NULL;
	}
	if (make_device(capture, err) == 0 && listen_on(capture, buffer, err) == 0)
		return capture;
	rig_capture_close(capture);
	return NULL;
}

void rig_capture_close(struct rig_capture *capture)
{
	struct rtnl_link *which;

	if (capture->pcap)
		pcap_close(capture->pcap);
	if (capture->device) {
		which = rtnl_link_alloc();
		rtnl_link_set_name(which, capture->name);
		rtnl_link_delete(capture->route, which);
		rtnl_link_put(which);
		rtnl_link_put(capture->device);
	}
	nl_socket_free(capture->route);
	free(capture);
}

int rig_capture_next(struct rig_capture *capture, struct rig_record *record, struct rig_error *err)
{
	struct pollfd ready = { .fd = pcap_get_selectable_fd(capture->pcap), .events = POLLIN };
	struct pcap_pkthdr *packet;
	const uint8_t *bytes;
	int ret = pcap_next_ex(capture->pcap, &packet, &bytes);

	if (ret == 0 && poll(&ready, 1, WAIT_MS) > 0)
		ret = pcap_next_ex(capture->pcap, &packet, &bytes);
	if (ret == 0)
		return 0;
	if (ret != 1)
		return rig_error_set(err, "capture on %s: %s", capture->name,
				     pcap_geterr(capture->pcap));
	cooked_read(bytes, packet->caplen, packet->len, record);
	record->time = (struct timespec){ packet->ts.tv_sec, packet->ts.tv_usec };
	record->number = ++capture->count;
	return 1;
}

unsigned long rig_capture_dropped(struct rig_capture *capture)
{
	struct pcap_stat stat = {};

	return pcap_stats(capture->pcap, &stat) == 0 ? stat.ps_drop : 0;
}
