/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig capture: what goes through netlink in this network namespace, into a trace. */
#include <getopt.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "replay/capture.h"
#include "replay/census.h"
#include "replay/families.h"
#include "replay/filter.h"
#include "replay/view.h"

struct wish {
	const char *path; /* NULL: none is written */
	bool live;
	bool all;  /* other protocols than generic netlink, too */
	bool host; /* not only in a guest of the rig's own */
	bool mute; /* no questions of our own */
	struct rig_filter filter;
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

/* Fills the wish; a status when there is nothing more to do, else -1. */
static int read_options(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{ "write", required_argument, NULL, 'w' },
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
	struct rig_error err = {};
	int opt;

	while ((opt = getopt_long(argc, argv, "hw:", options, NULL)) != -1) {
		switch (opt) {
		case 'w':
			wish->path = optarg;
			break;
		case 'l':
			wish->live = true;
			break;
		case 'a':
			wish->all = true;
			break;
		case 'H':
			wish->host = true;
			break;
		case 'm':
			wish->mute = true;
			break;
		case 'f':
			if (rig_filter_family(&wish->filter, optarg, &err) < 0)
				return rig_cli_bad_error(&err);
			break;
		case 'c':
			if (rig_filter_command(&wish->filter, optarg, &err) < 0)
				return rig_cli_bad_error(&err);
			break;
		case 'p':
			wish->filter.pid = strtoul(optarg, NULL, 0);
			if (!wish->filter.pid)
				return rig_cli_bad("--port-id %s: want a number", optarg);
			break;
		case 'h':
			fputs(rig_cli_capture.help, stdout);
			return RIG_EXIT_PASSED;
		default:
			return rig_cli_bad_option(&rig_cli_capture);
		}
	}
	if (optind < argc)
		return rig_cli_bad("capture: '%s': the file is named with -w", argv[optind]);
	if (!wish->path && !wish->live)
		return rig_cli_bad("capture: -w FILE, --live, or both");
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

static int capture_all(struct rig_capture *capture, struct wish *wish,
		       struct rig_trace_families *families, struct rig_error *err)
{
	struct rig_trace_writer *writer = wish->path ? rig_trace_create(wish->path, err) : NULL;
	struct rig_view *view = calloc(1, sizeof(*view));
	struct rig_record record;
	unsigned long count = 0;
	int ret = wish->path && !writer ? -1 : 0;

	if (!view)
		ret = rig_error_set(err, "out of memory");
	else
		view->ids = &families->ids;
	while (ret == 0 && !ended) {
		ret = rig_capture_next(capture, &record, err);
		/* What came is in the file when nothing more comes: it can be read meanwhile. */
		if (ret == 0 && writer)
			ret = rig_trace_flush(writer, err);
		if (ret != 1)
			continue;
		ret = 0;
		if (record.protocol != NETLINK_GENERIC && !wish->all)
			continue;
		rig_trace_families_learn(families, &record);
		if (!rig_filter_keeps(&wish->filter, &families->ids, &record))
			continue;
		record.number = ++count; /* as in the file */
		if (wish->live)
			show(view, &record);
		if (writer)
			ret = rig_trace_write(writer, &record, err);
	}
	if (writer && rig_trace_finish(writer, ret < 0 ? NULL : err) < 0)
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
	struct wish wish = {};
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
		rig_census_take();
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
	.help = "usage: nlrig capture [-w FILE] [--live] [--all] [--mute] [--host]\n"
		"                     [--family NAME]... [--cmd FAMILY.COMMAND]... [--port-id N]\n"
		"\n"
		"Makes an nlmon device in this network namespace and captures generic netlink\n"
		"until it is interrupted (SIGINT, SIGTERM); the device goes away with it. Needs\n"
		"root, and changes nothing else. It begins by asking the kernel for OVS's\n"
		"families, datapaths, ports and flows, so that the trace tells of them.\n"
		"\n"
		"  -w FILE  write a trace: pcapng if so named, else pcap\n"
		"  --live   print each message as it comes, as nlrig decode does\n"
		"  --all    all of netlink\n"
		"  --mute   ask nothing\n"
		"  --family, --cmd, --port-id\n"
		"           only requests of that family (flow), command (flow.new) or sender,\n"
		"           with their answers; and the controller\n"
		"  --host   on this machine, not only in a guest that the rig booted\n",
};
