/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig capture: what goes through netlink in this network namespace, into a trace. */
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
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

/* "20M" */
static int read_size(const char *name, char *value, void *to)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long *size = to;
	const char *unit;

	*size = strtoul(value, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit)
		*size <<= 10 * (unit + 1 - units);
	if (!*size || (*end && (!unit || end[1])))
		return rig_cli_bad("--%s %s: want a size, as 20M", name, value);
	return RIG_EXIT_PASSED;
}

static int read_family(const char *name, char *value, void *to)
{
	struct rig_error err = {};

	(void)name;
	return rig_filter_family(to, value, &err) < 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
}

static int read_command(const char *name, char *value, void *to)
{
	struct rig_error err = {};

	(void)name;
	return rig_filter_command(to, value, &err) < 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
}

static int check(const struct wish *wish)
{
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
	const struct rig_option options[] = {
		{ "write", rig_option_text, &wish.ring.path },
		{ "w", rig_option_text, &wish.ring.path },
		{ "ring", rig_option_count, &wish.ring.files },
		{ "ring-size", read_size, &wish.ring.limit },
		{ "live", rig_option_flag, &wish.live },
		{ "all", rig_option_flag, &wish.all },
		{ "mute", rig_option_flag, &wish.mute },
		{ "family", read_family, &wish.filter },
		{ "cmd", read_command, &wish.filter },
		{ "port-id", rig_option_count, &wish.filter.pid },
		{ "host", rig_option_flag, &wish.host },
		{},
	};
	struct rig_error err = {};
	struct rig_capture *capture;
	int status = rig_options_read(&rig_cli_capture, options, RIG_NO_OPERAND, argc, argv);
	unsigned long dropped;
	char vm[8];
	int ret;

	if (status < 0)
		status = check(&wish);
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
