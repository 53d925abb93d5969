/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/state.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/play.h"
#include "link/link.h"
#include "wire/codec.h"

enum { LINES_MAX = 512, NAMESPACES_MAX = 8, DATAPATHS_MAX = 32, METERS = 4, ANSWER_MS = 10000 };

/* What the dumps say in one network namespace, and who asks. */
struct survey {
	struct rig_play *play;
	const struct rig_family_ids *ids;
	int socket;
	struct rig_bytes *text;
	const char *line[LINES_MAX]; /* of one answer */
	size_t n_lines;
	int absent;		    /* the errno that says that there is nothing to tell */
	uint32_t dp[DATAPATHS_MAX]; /* ifindexes */
	size_t n_dps;
};

struct request {
	struct nlmsghdr netlink;
	struct genlmsghdr generic;
	struct ovs_header ovs;
	struct nlattr attr; /* of meters alone */
	uint32_t number;
};

/* Counters, times, and what the kernel chose. */
static const struct {
	enum rig_family_index family;
	uint8_t number;
} passing[] = {
	{ RIG_DP, OVS_DP_ATTR_STATS },	       { RIG_DP, OVS_DP_ATTR_MEGAFLOW_STATS },
	{ RIG_DP, OVS_DP_ATTR_IFINDEX },       { RIG_VPORT, OVS_VPORT_ATTR_STATS },
	{ RIG_VPORT, OVS_VPORT_ATTR_IFINDEX }, { RIG_FLOW, OVS_FLOW_ATTR_STATS },
	{ RIG_FLOW, OVS_FLOW_ATTR_USED },      { RIG_FLOW, OVS_FLOW_ATTR_TCP_FLAGS },
	{ RIG_METER, OVS_METER_ATTR_STATS },   { RIG_METER, OVS_METER_ATTR_USED },
	{ RIG_METER, OVS_METER_ATTR_BANDS },
};

static bool passes(enum rig_family_index family, const struct rig_node *node)
{
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (passing[i].family == family && passing[i].number == rig_node_number(node))
			return true;
	return false;
}

/* Where padding is needed depends on where the message stands in its datagram. */
static void drop_padding(struct rig_node **at)
{
	while (*at) {
		struct rig_node *node = *at;

		if (node->attr && !strcmp(node->attr->name, "pad")) {
			*at = node->next;
			continue;
		}
		if (node->form == RIG_FORM_NEST)
			drop_padding(&node->children);
		at = &node->next;
	}
}

const char *rig_state_line(struct rig_arena *arena, const struct rig_family_ids *ids,
			   struct rig_message *message)
{
	struct rig_node **at = &message->nodes;
	struct rig_bytes text = {};
	const char *line;

	drop_padding(at);
	while (*at)
		if (message->family && passes(message->family->index, *at))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	message->set = 0;
	message->seq = message->pid = 0;
	if (message->command)
		message->flags = message->command->flags;
	memset(message->fixed, 0, sizeof(message->fixed));
	rig_print_message(message, ids, &text);
	line = text.failed ? NULL : rig_arena_copy(arena, rig_bytes_text(&text), text.size);
	rig_bytes_free(&text);
	return line;
}

static int add_line(struct survey *s, struct rig_message *message)
{
	if (s->n_lines == LINES_MAX)
		return -1;
	s->line[s->n_lines] = rig_state_line(s->play->scene.arena, s->ids, message);
	return s->line[s->n_lines++] ? 0 : -1;
}

/* The messages of one datagram; 1 when it is the answer's last. */
static int take_answer(struct survey *s, const struct rig_event *event, struct rig_error *err)
{
	const uint8_t *bytes = rig_arena_copy(s->play->scene.arena, event->data, event->len);
	struct rig_message *message, *next;

	if (!bytes ||
	    rig_decode(s->play->scene.arena, s->ids, bytes, event->len, &message, err) < 0)
		return rig_error_set(err, "out of memory");
	for (; message; message = next) {
		bool multi = message->flags & NLM_F_MULTI;
		int code = rig_message_errno(message);

		next = message->next;
		if (code > 0 && code != s->absent)
			return rig_error_set(err, "a request for the state is refused: %s",
					     strerror(code));
		if (code >= 0)
			return 1;
		if (message->family && message->family->index == RIG_DP && s->n_dps < DATAPATHS_MAX)
			s->dp[s->n_dps++] = (uint32_t)rig_message_dp(message);
		message->next = NULL;
		if (add_line(s, message) < 0)
			return rig_error_set(err, "more than %d lines of state", LINES_MAX);
		if (!multi)
			return 1;
	}
	return 0;
}

static int in_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_lines(struct survey *s)
{
	qsort(s->line, s->n_lines, sizeof(*s->line), in_order);
	for (size_t i = 0; i < s->n_lines; i++)
		rig_bytes_print(s->text, "%s\n", s->line[i]);
	s->n_lines = 0;
}

static int ask(struct survey *s, const struct request *request, struct rig_error *err)
{
	const struct rig_link_datagram one = { request, request->netlink.nlmsg_len };
	struct rig_event event;
	int ret = 0;

	if (rig_link_send(s->play->link, s->socket, &one, 1, err) < 0)
		return -1;
	while (ret == 0) {
		ret = rig_link_receive(s->play->link, ANSWER_MS, &event, err);
		if (ret == 0)
			return rig_error_set(err, "no answer came to a dump");
		if (ret < 0)
			return -1;
		ret = 0;
		if (event.kind == RIG_EVENT_DATAGRAM && event.socket == s->socket)
			ret = take_answer(s, &event, err);
	}
	if (ret < 0)
		return -1;
	put_lines(s);
	return 0;
}

static struct request make_request(const struct survey *s, enum rig_family_index family,
				   uint8_t command, uint16_t flags, uint32_t dp)
{
	return (struct request){
		.netlink = { .nlmsg_len = offsetof(struct request, attr),
			     .nlmsg_type = s->ids->id[family],
			     .nlmsg_flags = NLM_F_REQUEST | flags },
		.generic = { .cmd = command, .version = rig_families[family].version },
		.ovs.dp_ifindex = (int)dp,
	};
}

/* Meters cannot be dumped. */
static int ask_meters(struct survey *s, uint32_t dp, struct rig_error *err)
{
	struct request request = make_request(s, RIG_METER, OVS_METER_CMD_GET, 0, dp);

	request.netlink.nlmsg_len = sizeof(request);
	request.attr = (struct nlattr){ NLA_HDRLEN + sizeof(uint32_t), OVS_METER_ATTR_ID };
	s->absent = ENOENT;
	for (request.number = 1; request.number <= METERS; request.number++)
		if (ask(s, &request, err) < 0)
			return -1;
	s->absent = 0;
	return 0;
}

static int ask_datapath(struct survey *s, uint32_t dp, struct rig_error *err)
{
	struct request ports = make_request(s, RIG_VPORT, OVS_VPORT_CMD_GET, NLM_F_DUMP, dp);
	struct request flows = make_request(s, RIG_FLOW, OVS_FLOW_CMD_GET, NLM_F_DUMP, dp);

	if (ask(s, &ports, err) < 0 || ask(s, &flows, err) < 0)
		return -1;
	return s->ids->id[RIG_METER] ? ask_meters(s, dp, err) : 0;
}

static int ask_all(struct survey *s, struct rig_error *err)
{
	struct request dps = make_request(s, RIG_DP, OVS_DP_CMD_GET, NLM_F_DUMP, 0);
	struct request limits = make_request(s, RIG_CT_LIMIT, OVS_CT_LIMIT_CMD_GET, 0, 0);

	if (ask(s, &dps, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n_dps; i++)
		if (ask_datapath(s, s->dp[i], err) < 0)
			return -1;
	return s->ids->id[RIG_CT_LIMIT] ? ask(s, &limits, err) : 0;
}

static int take_namespace(struct rig_play *play, const char *netns, struct rig_bytes *text,
			  struct rig_error *err)
{
	struct rig_link_socket socket = { .netns = netns };
	struct survey s = { .play = play, .ids = play->scene.ids, .text = text };
	int ret;

	if (rig_link_socket_new(play->link, &socket, err) < 0)
		return -1;
	s.socket = socket.handle;
	rig_bytes_print(text, "namespace %s\n", netns ? netns : "of the script");
	ret = ask_all(&s, err);
	rig_link_socket_close(play->link, socket.handle, NULL);
	return ret;
}

/* Names alone; two lines of headings come before them. */
static int take_netdevs(struct rig_play *play, struct rig_bytes *text, struct rig_error *err)
{
	static const char file[] = "/proc/thread-self/net/dev";
	struct survey s = { .play = play, .text = text };
	FILE *list = fopen(file, "re");
	char line[512], name[80] = "netdev ";

	if (!list)
		return rig_error_set(err, "%s: %s", file, strerror(errno));
	while (fgets(line, sizeof(line), list) && s.n_lines < LINES_MAX) {
		if (sscanf(line, " %63[^:| ]:", name + strlen("netdev ")) != 1 ||
		    !strchr(line, ':'))
			continue;
		s.line[s.n_lines] = rig_arena_copy(play->scene.arena, name, strlen(name));
		if (!s.line[s.n_lines++])
			break;
	}
	fclose(list);
	put_lines(&s);
	return 0;
}

int rig_state_take(struct rig_play *play, struct rig_bytes *text, struct rig_error *err)
{
	const char *names[NAMESPACES_MAX] = { NULL };
	size_t count = 1, i;

	for (const struct rig_scene_socket *s = play->scene.sockets; s; s = s->next) {
		for (i = 0; i < count; i++)
			if (s->netns == names[i] ||
			    (s->netns && names[i] && !strcmp(s->netns, names[i])))
				break;
		if (i == count && count < NAMESPACES_MAX)
			names[count++] = s->netns;
	}
	for (i = 0; i < count; i++)
		if (take_namespace(play, names[i], text, err) < 0)
			return -1;
	if (take_netdevs(play, text, err) < 0)
		return -1;
	return text->failed ? rig_error_set(err, "out of memory") : 0;
}
