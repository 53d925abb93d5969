/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig capture: what goes through netlink in this network namespace, into a trace. */
#include <getopt.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "replay/capture.h"
#include "replay/census.h"
#include "replay/families.h"
#include "replay/filter.h"
#include "replay/ring.h"
#include "replay/view.h"

struct wish {
	struct rig_ring ring; /* no path: none is written */
	bool live;
	bool all;	/* other protocols than generic netlink, too */
	bool host;	/* not only in a guest of the rig's own */
	bool mute;	/* no questions of our own */
	uint32_t asker; /* the port id of the last ones */
	struct rig_filter filter;
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

/* "20M"; 0: it is none. */
static unsigned long read_size(const char *text)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long size = strtoul(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (unit)
		size <<= 10 * (unit + 1 - units);
	return *end && (!unit || end[1]) ? 0 : size;
}

static int read_option(struct wish *wish, int opt, const char *value)
{
	struct rig_error err = {};

	switch (opt) {
	case 'w':
		wish->ring.path = value;
		return RIG_EXIT_PASSED;
	case 'r':
		wish->ring.files = strtoul(value, NULL, 10);
		return wish->ring.files ? RIG_EXIT_PASSED :
					  rig_cli_bad("--ring %s: want a number of files", value);
	case 's':
		wish->ring.limit = read_size(value);
		return wish->ring.limit ? RIG_EXIT_PASSED :
					  rig_cli_bad("--ring-size %s: want a size, as 20M", value);
	case 'l':
		wish->live = true;
		return RIG_EXIT_PASSED;
	case 'a':
		wish->all = true;
		return RIG_EXIT_PASSED;
	case 'H':
		wish->host = true;
		return RIG_EXIT_PASSED;
	case 'm':
		wish->mute = true;
		return RIG_EXIT_PASSED;
	case 'f':
		return rig_filter_family(&wish->filter, value, &err) < 0 ? rig_cli_bad_error(&err) :
									   RIG_EXIT_PASSED;
	case 'c':
		return rig_filter_command(&wish->filter, value, &err) < 0 ?
			       rig_cli_bad_error(&err) :
			       RIG_EXIT_PASSED;
	case 'p':
		wish->filter.pid = strtoul(value, NULL, 0);
		return wish->filter.pid ? RIG_EXIT_PASSED :
					  rig_cli_bad("--port-id %s: want a number", value);
	default:
		return rig_cli_bad_option(&rig_cli_capture);
	}
}

/* Fills the wish; a status when there is nothing more to do, else -1. */
static int read_options(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{ "write", required_argument, NULL, 'w' },
		{ "ring", required_argument, NULL, 'r' },
		{ "ring-size", required_argument, NULL, 's' },
		{ "live", no_argument, NULL, 'l' },
		{ "all", no_argument, NULL, 'a' },
		{ "mute", no_argument, NULL, 'm' },
		{ "family", required_argument, NULL, 'f' },
		{ "cmd", required_argument, NULL, 'c' },
		{ "port-id", required_argument, NULL, 'p' },
		{ "host", no_argument, NULL, 'H' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int opt, status = RIG_EXIT_PASSED;

	while (!status && (opt = getopt_long(argc, argv, "hw:", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(rig_cli_capture.help, stdout);
			return RIG_EXIT_PASSED;
		}
		status = read_option(wish, opt, optarg);
	}
	if (status)
		return status;
	if (optind < argc)
		return rig_cli_bad("capture: '%s': the file is named with -w", argv[optind]);
	if (!wish->ring.path && !wish->live)
		return rig_cli_bad("capture: -w FILE, --live, or both");
	if (wish->ring.files && !wish->ring.path)
		return rig_cli_bad("capture: --ring: name the files with -w");
	return -1;
}

/* What the controller tells while we listen is known from then on. */
static void show(struct rig_view *view, const struct rig_record *record)
{
	struct rig_bytes text = {};

	rig_view_record(view, record, &text);
	fputs(rig_bytes_text(&text), stdout);
	fflush(stdout);
	rig_bytes_free(&text);
}

/* A packet that is wanted, where it is wanted. Each file of a ring tells what was there before. */
static int keep(struct wish *wish, struct rig_view *view, const struct rig_record *record,
		struct rig_error *err)
{
	struct nlmsghdr header = {};
	int ret;

	if (wish->live)
		show(view, record);
	if (!wish->ring.path)
		return 0;
	if (record->size >= sizeof(header))
		memcpy(&header, record->data, sizeof(header));
	ret = rig_ring_write(&wish->ring, record, !wish->asker || header.nlmsg_pid != wish->asker,
			     err);
	if (ret == 1 && !wish->mute)
		wish->asker = rig_census_take();
	return ret < 0 ? -1 : 0;
}

static int capture_all(struct rig_capture *capture, struct wish *wish,
		       struct rig_trace_families *families, struct rig_error *err)
{
	struct rig_view *view = calloc(1, sizeof(*view));
	struct rig_record record;
	unsigned long count = 0;
	int ret = wish->ring.path ? rig_ring_begin(&wish->ring, err) : 0;

	if (!view)
		ret = rig_error_set(err, "out of memory");
	else
		view->ids = &families->ids;
	while (ret == 0 && !ended) {
		ret = rig_capture_next(capture, &record, err);
		/* What came is in the file when nothing more comes: it can be read meanwhile. */
		if (ret == 0)
			ret = rig_ring_flush(&wish->ring, err);
		if (ret != 1)
			continue;
		ret = 0;
		if (record.protocol != NETLINK_GENERIC && !wish->all)
			continue;
		rig_trace_families_learn(families, &record);
		if (!rig_filter_keeps(&wish->filter, &families->ids, &record))
			continue;
		record.number = ++count; /* as in the file */
		ret = keep(wish, view, &record, err);
	}
	if (rig_ring_finish(&wish->ring, ret < 0 ? NULL : err) < 0)
		ret = -1;
	if (view)
		rig_arena_free(&view->arena);
	free(view);
	return ret;
}

static int run(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = end };
	struct rig_trace_families families = {};
	struct wish wish = { .ring = { .limit = 100 << 20 } };
	struct rig_error err = {};
	struct rig_capture *capture;
	int status = read_options(argc, argv, &wish);
	unsigned long dropped;
	char vm[8];
	int ret;

	if (status >= 0)
		return status;
	if (!wish.host && !rig_link_in_guest(vm, sizeof(vm)))
		return rig_cli_bad("capture: not in a guest; --host captures on this machine");
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	capture = rig_capture_open(0, &err);
	if (!capture)
		return rig_cli_bad_error(&err);
	if (!wish.mute)
		wish.asker = rig_census_take();
	ret = capture_all(capture, &wish, &families, &err);
	dropped = rig_capture_dropped(capture);
	rig_capture_close(capture);
	if (dropped)
		fprintf(stderr, "nlrig: %lu packets were dropped: there was no room for them\n",
			dropped);
	return ret < 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
}

const struct rig_command_line rig_cli_capture = {
	.name = "capture",
	.run = run,
	.summary = "write what goes through netlink into a trace",
	.help = "usage: nlrig capture [OPTION]...\n"
		"\n"
		"Makes an nlmon device in this network namespace and captures generic netlink\n"
		"until it is interrupted (SIGINT, SIGTERM); the device goes away with it. Needs\n"
		"root, and changes nothing else. It begins by asking the kernel for OVS's\n"
		"families, datapaths, ports and flows, so that the trace tells of them.\n"
		"\n"
		"  -w FILE          write a trace: pcapng if so named, else pcap\n"
		"  --ring N         write FILE in parts (trace.1.pcapng, trace.2.pcapng, ...) and\n"
		"                   keep the newest N; each begins with the questions, so that it\n"
		"                   can be judged alone\n"
		"  --ring-size S    bytes of a part, as 500K, 20M, 1G (100M)\n"
		"  --live           print each message as it comes, as nlrig decode does\n"
		"  --all            all of netlink\n"
		"  --mute           ask nothing\n"
		"  --family flow    only requests of that family, with their answers; as all of\n"
		"                   these, it may be repeated, and the controller is always kept\n"
		"  --cmd flow.new   only that command\n"
		"  --port-id N      only that sender\n"
		"  --host           on this machine, not only in a guest that the rig booted\n"
		"\n"
		"  sudo nlrig capture --host -w trace.pcapng\n"
		"  sudo nlrig capture --host --live --cmd flow.new --cmd flow.del\n"
		"  sudo nlrig capture --host -w /var/tmp/ovs.pcapng --ring 10 --ring-size 50M\n"
		"\n"
		"tcpdump -r, tshark -r and Wireshark read the files; nlrig decode, judge and\n"
		"replay read theirs, if they were captured from an nlmon device.\n"
		"\n"
		"Exit status: 0 interrupted, and all was written; 2 usage, no right to, no room.\n",
};
