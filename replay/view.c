/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/view.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "judge/inbox.h"

#define NANO 1000000000ll

static const char *const protocol_names[] = {
	[NETLINK_ROUTE] = "route",
	[NETLINK_USERSOCK] = "usersock",
	[NETLINK_SOCK_DIAG] = "sock_diag",
	[NETLINK_NFLOG] = "nflog",
	[NETLINK_XFRM] = "xfrm",
	[NETLINK_SELINUX] = "selinux",
	[NETLINK_ISCSI] = "iscsi",
	[NETLINK_AUDIT] = "audit",
	[NETLINK_FIB_LOOKUP] = "fib_lookup",
	[NETLINK_CONNECTOR] = "connector",
	[NETLINK_NETFILTER] = "netfilter",
	[NETLINK_KOBJECT_UEVENT] = "kobject_uevent",
	[NETLINK_GENERIC] = "generic",
	[NETLINK_SCSITRANSPORT] = "scsitransport",
	[NETLINK_RDMA] = "rdma",
	[NETLINK_CRYPTO] = "crypto",
};

const char *rig_protocol_name(unsigned int protocol)
{
	if (protocol >= sizeof(protocol_names) / sizeof(protocol_names[0]))
		return NULL;
	return protocol_names[protocol];
}

/* One message on its way into a line. */
struct line {
	const struct rig_record *record;
	const struct rig_message *message;	/* NULL: not of generic netlink, or a flaw */
	const struct rig_view_request *request; /* that this one answers, or NULL */
	struct rig_bytes text;
	int64_t since_first; /* ns */
	uint32_t pid, seq;
	bool numbered; /* pid and seq mean something */
};

/* Times of a damaged trace can be anything: no further than a century. */
static int64_t between(const struct timespec *from, const struct timespec *to)
{
	const int64_t most = 100ll * 366 * 24 * 3600;
	__int128 seconds = (__int128)to->tv_sec - from->tv_sec;

	seconds = seconds > most ? most : seconds < -most ? -most : seconds;
	return (int64_t)seconds * NANO + (to->tv_nsec - from->tv_nsec);
}

/* Packets need not be in the order of their times. */
static void put_time(int64_t ns, unsigned int digits, struct rig_bytes *out)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	char text[40];

	snprintf(text, sizeof(text), "%s%llu.%09llu", ns < 0 ? "-" : "",
		 (unsigned long long)(size / NANO), (unsigned long long)(size % NANO));
	text[strlen(text) - 9 + digits] = '\0';
	rig_bytes_print(out, "%*s", digits == 6 ? 11 : 0, text);
}

/* ---- pairing ---- */

static void remember(struct rig_view *view, const struct line *line)
{
	struct rig_view_request *request = &view->pending[view->next];
	struct rig_bytes name = {};

	rig_message_summary(line->message, &name);
	*request = (struct rig_view_request){
		.packet = line->record->number,
		.pid = line->pid,
		.seq = line->seq,
		.time = line->record->time,
	};
	snprintf(request->name, sizeof(request->name), "%s", rig_bytes_text(&name));
	rig_bytes_free(&name);
	view->next = (view->next + 1) % RIG_VIEW_PENDING;
}

/* The last request of that number; a sender need not have put its port id in. */
static const struct rig_view_request *find_request(const struct rig_view *view,
						   const struct line *line)
{
	for (unsigned int i = 1; line->pid && i <= RIG_VIEW_PENDING; i++) {
		const struct rig_view_request *request =
			&view->pending[(view->next + RIG_VIEW_PENDING - i) % RIG_VIEW_PENDING];

		if (!request->packet)
			return NULL;
		if (request->seq == line->seq && (request->pid == line->pid || !request->pid))
			return request;
	}
	return NULL;
}

/* ---- the text of a message ---- */

/* What the line says anyway is left out: number, port id, and what marks a reply as one. */
static struct rig_message quiet(const struct line *line)
{
	struct rig_message message = *line->message;

	message.next = NULL;
	message.seq = message.pid = 0;
	if (line->record->direction == RIG_TO_USER && message.command &&
	    !(message.flags & ~NLM_F_MULTI))
		message.flags = message.command->flags;
	return message;
}

static void put_message(const struct rig_view *view, struct line *line)
{
	const struct rig_message *message = line->message;
	struct rig_message shown = quiet(line);
	bool control = rig_message_errno(message) >= 0;

	if (!control) {
		rig_print_message(&shown, view->ids, &line->text);
		return;
	}
	rig_message_summary(message, &line->text);
	for (const struct rig_node *node = message->nodes; node; node = node->next) {
		if (node->form == RIG_FORM_RAW)
			continue;
		rig_bytes_print(&line->text, " ");
		rig_print_node(node, message->family->nest, view->ids, &line->text);
	}
}

/* ---- lines ---- */

static void put_line(const struct line *line, struct rig_bytes *out)
{
	const char *arrow = line->record->direction == RIG_TO_KERNEL ? "->" : "<-";
	char who[32] = "";

	if (line->numbered)
		snprintf(who, sizeof(who), "%u:%u", line->pid, line->seq);
	rig_bytes_print(out, "%6lu ", line->record->number);
	put_time(line->since_first, 6, out);
	rig_bytes_print(out, " %s %-16s %s", arrow, who, rig_bytes_text(&line->text));
	if (line->request)
		rig_bytes_print(out, "  # to %s of %lu, after %lld us", line->request->name,
				line->request->packet,
				(long long)between(&line->request->time, &line->record->time) /
					1000);
	if (line->record->lost)
		rig_bytes_print(out, "  # %zu bytes were not captured", line->record->lost);
	if (line->record->dropped)
		rig_bytes_print(out, "  # %lu packets before it were dropped",
				line->record->dropped);
	rig_bytes_print(out, "\n");
}

static void put_json_string(struct rig_bytes *out, const char *name, const char *text)
{
	rig_bytes_print(out, ",\"%s\":\"", name);
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			rig_bytes_print(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			rig_bytes_print(out, "\\u%04x", c);
		else
			rig_bytes_put(out, &c, 1);
	}
	rig_bytes_print(out, "\"");
}

static void put_json(const struct line *line, struct rig_bytes *out)
{
	int number = line->message ? rig_message_errno(line->message) : -1;
	const char *protocol = rig_protocol_name(line->record->protocol);

	rig_bytes_print(out, "{\"packet\":%lu,\"time\":", line->record->number);
	put_time(line->since_first, 9, out);
	put_json_string(out, "to", line->record->direction == RIG_TO_KERNEL ? "kernel" : "user");
	if (protocol)
		put_json_string(out, "protocol", protocol);
	else
		rig_bytes_print(out, ",\"protocol\":%u", line->record->protocol);
	if (line->numbered)
		rig_bytes_print(out, ",\"pid\":%u,\"seq\":%u", line->pid, line->seq);
	put_json_string(out, "message", rig_bytes_text(&line->text));
	if (number > 0 && rig_errno_name(number))
		put_json_string(out, "error", rig_errno_name(number));
	else if (number > 0)
		rig_bytes_print(out, ",\"error\":%d", number);
	if (line->request)
		rig_bytes_print(out, ",\"request\":%lu", line->request->packet);
	if (line->record->lost)
		rig_bytes_print(out, ",\"lost\":%zu", line->record->lost);
	if (line->record->dropped)
		rig_bytes_print(out, ",\"dropped\":%lu", line->record->dropped);
	rig_bytes_print(out, "}\n");
}

static void finish(const struct rig_view *view, struct line *line, struct rig_bytes *out)
{
	line->since_first = between(&view->first, &line->record->time);
	if (view->json)
		put_json(line, out);
	else
		put_line(line, out);
	out->failed |= line->text.failed;
	rig_bytes_free(&line->text);
}

static void view_generic(struct rig_view *view, const struct rig_record *record,
			 const struct rig_message *message, struct rig_bytes *out)
{
	struct line line = { .record = record, .message = message };

	line.numbered = !message->raw;
	line.pid = message->pid;
	line.seq = message->seq;
	if (line.numbered && record->direction == RIG_TO_USER)
		line.request = find_request(view, &line);
	put_message(view, &line);
	if (line.numbered && record->direction == RIG_TO_KERNEL)
		remember(view, &line);
	finish(view, &line, out);
}

/* Of another protocol, only what all have in common can be said. */
static void view_other(const struct rig_view *view, const struct rig_record *record,
		       struct rig_bytes *out)
{
	const char *name = rig_protocol_name(record->protocol);
	struct line line = { .record = record };
	struct nlmsghdr header = {};

	if (record->size >= sizeof(header)) {
		memcpy(&header, record->data, sizeof(header));
		line.numbered = true;
		line.pid = header.nlmsg_pid;
		line.seq = header.nlmsg_seq;
	}
	if (record->flaw)
		rig_bytes_print(&line.text, "%s", record->flaw);
	else if (name)
		rig_bytes_print(&line.text, "(%s: type %u, %zu bytes)", name, header.nlmsg_type,
				record->size);
	else
		rig_bytes_print(&line.text, "(protocol %u: type %u, %zu bytes)", record->protocol,
				header.nlmsg_type, record->size);
	finish(view, &line, out);
}

int rig_view_record(struct rig_view *view, const struct rig_record *record, struct rig_bytes *text)
{
	struct rig_message *message;

	if (!view->begun)
		view->first = record->time;
	view->begun = true;
	if (record->flaw || record->protocol != NETLINK_GENERIC) {
		view_other(view, record, text);
		return text->failed ? -1 : 0;
	}
	rig_arena_reset(&view->arena);
	if (rig_decode(&view->arena, view->ids, record->data, record->size, &message, NULL) < 0)
		return -1;
	for (; message; message = message->next)
		view_generic(view, record, message, text);
	return text->failed ? -1 : 0;
}
