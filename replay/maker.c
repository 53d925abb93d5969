/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/maker.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SOCKETS = 48 }; /* so many may stay open for good; a link has some more */

const char *maker_say(struct maker *maker, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return rig_arena_copy(maker->arena, text, strlen(text));
}

static struct rig_trace_step *make_step(struct maker *maker, enum rig_step_kind kind,
					const char *text)
{
	struct rig_trace_step *made = rig_arena_alloc(maker->arena, sizeof(*made));

	if (!made || !text)
		return NULL;
	made->step.kind = kind;
	made->step.text = text;
	made->step.socket = "sock";
	maker->made->script.n_steps++;
	return made;
}

struct rig_trace_step *maker_step(struct maker *maker, enum rig_step_kind kind, const char *text)
{
	struct rig_trace_step *made = make_step(maker, kind, text);

	if (!made)
		return NULL;
	*maker->tail = &made->step;
	maker->tail = &made->step.next;
	return made;
}

int maker_want(struct maker *maker, struct rig_step *step, unsigned int request, const char *symbol)
{
	struct rig_want *want = rig_arena_alloc(maker->arena, sizeof(*want));
	const char *text = maker_say(maker, "ok as $%s", symbol);

	if (!want || !text)
		return -1;
	*want = (struct rig_want){
		.kind = RIG_WANT_OK,
		.request = request,
		.text = text,
		.bind = symbol,
		.next = step->wants,
	};
	step->wants = want;
	maker->made->script.n_wants++;
	return 0;
}

/* ---- what there is beside the datapath ---- */

const struct maker_socket *maker_socket(struct maker *maker, uint32_t pid, bool unprivileged)
{
	struct maker_socket *socket = maker->sockets;
	struct rig_trace_step *made;

	while (socket && (socket->pid != pid || socket->unprivileged != unprivileged))
		socket = socket->next;
	if (socket)
		return socket;
	socket = rig_arena_alloc(maker->arena, sizeof(*socket));
	if (!socket)
		return NULL;
	/* Every script has one socket from its beginning. */
	if (!maker->sockets && !unprivileged) {
		*socket = (struct maker_socket){ .pid = pid, .name = "sock" };
		maker->sockets = socket;
		return socket;
	}
	*socket = (struct maker_socket){
		.next = maker->sockets,
		.pid = pid,
		.unprivileged = unprivileged,
		.name = maker_say(maker, unprivileged ? "poor%u" : "s%u", pid),
	};
	made = socket->name ? maker_step(maker, RIG_STEP_SOCKET,
					 maker_say(maker, "socket $%s%s", socket->name,
						   unprivileged ? " unprivileged" : "")) :
			      NULL;
	if (!made)
		return NULL;
	made->step.socket = socket->name;
	made->step.unprivileged = unprivileged;
	maker->sockets = socket;
	return socket;
}

static struct maker_netdev *find_netdev(const struct maker *maker, const char *name)
{
	struct maker_netdev *netdev = maker->netdevs;

	while (netdev && strcmp(netdev->name, name))
		netdev = netdev->next;
	return netdev;
}

int maker_netdev(struct maker *maker, const char *name)
{
	struct maker_netdev *netdev = find_netdev(maker, name);
	struct rig_trace_step *made;

	if (netdev && !netdev->gone)
		return 0;
	if (!netdev) {
		netdev = rig_arena_alloc(maker->arena, sizeof(*netdev));
		if (!netdev)
			return -1;
		netdev->name = rig_arena_copy(maker->arena, name, strlen(name));
		netdev->next = maker->netdevs;
		maker->netdevs = netdev;
	}
	netdev->gone = false;
	made = maker_step(maker, RIG_STEP_NETDEV, maker_say(maker, "netdev %s", name));
	if (!netdev->name || !made)
		return -1;
	made->step.name = netdev->name;
	return 0;
}

int maker_netdev_gone(struct maker *maker, const char *name)
{
	struct maker_netdev *netdev = find_netdev(maker, name);
	struct rig_trace_step *made;

	if (!netdev || netdev->gone)
		return 0;
	netdev->gone = true;
	made = maker_step(maker, RIG_STEP_REMOVE, maker_say(maker, "remove %s", name));
	if (!made)
		return -1;
	made->step.name = netdev->name;
	return 0;
}

struct maker_dp *maker_dp(struct maker *maker, uint32_t ifindex)
{
	struct maker_dp *dp = maker->dps;

	while (dp && dp->ifindex != ifindex)
		dp = dp->next;
	if (dp)
		return dp;
	dp = rig_arena_alloc(maker->arena, sizeof(*dp));
	if (!dp)
		return NULL;
	*dp = (struct maker_dp){
		.next = maker->dps,
		.ifindex = ifindex,
		.symbol = maker_say(maker, "dp%u", ifindex),
	};
	maker->dps = dp;
	return dp->symbol ? dp : NULL;
}

/* ---- symbols ---- */

static int add_ref(struct maker *maker, struct rig_ref **refs, const char *symbol, uint32_t offset)
{
	struct rig_ref *ref = rig_arena_alloc(maker->arena, sizeof(*ref));

	if (!ref)
		return -1;
	*ref = (struct rig_ref){
		.next = *refs,
		.symbol = symbol,
		.offset = offset,
		.size = sizeof(uint32_t),
		.order = RIG_HOST,
	};
	*refs = ref;
	return 0;
}

static int symbolise_portids(struct maker *maker, struct rig_node *node)
{
	for (uint32_t at = 0; at + sizeof(uint32_t) <= node->size; at += sizeof(uint32_t)) {
		const struct maker_socket *socket;
		uint32_t pid = rig_uint_get(node->data + at, sizeof(pid), RIG_HOST);

		if (!pid)
			continue;
		socket = maker_socket(maker, pid, false);
		if (!socket || add_ref(maker, &node->refs, socket->name, at) < 0)
			return -1;
	}
	return 0;
}

static int symbolise_nodes(struct maker *maker, struct rig_node *node)
{
	for (; node; node = node->next) {
		const struct rig_format *format = node->attr ? node->attr->format : NULL;

		if (node->form == RIG_FORM_NEST) {
			if (symbolise_nodes(maker, node->children) < 0)
				return -1;
		} else if (format && !strcmp(format->name, "portid") &&
			   node->size % sizeof(uint32_t) == 0) {
			if (symbolise_portids(maker, node) < 0)
				return -1;
		}
	}
	return 0;
}

int maker_symbolise(struct maker *maker, struct rig_message *message)
{
	uint32_t ifindex = rig_message_dp(message);
	struct maker_dp *dp;

	message->set &= ~(unsigned int)(RIG_SET_SEQ | RIG_SET_PID);
	message->pid = message->seq = 0;
	if (ifindex) {
		dp = maker_dp(maker, ifindex);
		if (!dp ||
		    add_ref(maker, &message->refs, dp->symbol, NLMSG_HDRLEN + GENL_HDRLEN) < 0)
			return -1;
	}
	return symbolise_nodes(maker, message->nodes);
}

/* ---- at the end ---- */

static bool is_bound(const struct maker *maker, const char *symbol)
{
	for (const struct maker_dp *dp = maker->dps; dp; dp = dp->next)
		if (dp->symbol == symbol)
			return dp->bound;
	return true;
}

/* A datapath that nothing tells of: its number is as good as any. */
static void drop_unbound(const struct maker *maker, struct rig_message *message)
{
	struct rig_ref **link = &message->refs;

	while (*link) {
		if (is_bound(maker, (*link)->symbol))
			link = &(*link)->next;
		else
			*link = (*link)->next;
	}
}

static bool nodes_mention(const struct rig_node *node, const char *symbol)
{
	for (; node; node = node->next) {
		for (const struct rig_ref *ref = node->refs; ref; ref = ref->next)
			if (ref->symbol == symbol)
				return true;
		if (node->form == RIG_FORM_NEST && nodes_mention(node->children, symbol))
			return true;
	}
	return false;
}

static bool mentions(const struct rig_step *step, const char *socket)
{
	if (step->socket == socket)
		return true;
	for (const struct rig_message *m = step->message; m; m = m->next)
		if (nodes_mention(m->nodes, socket))
			return true;
	return false;
}

/* Behind the last step that needs it. */
static int close_socket(struct maker *maker, const struct maker_socket *socket)
{
	struct rig_step *last = NULL;
	struct rig_trace_step *made;

	for (struct rig_step *step = maker->made->script.steps; step; step = step->next)
		if (mentions(step, socket->name))
			last = step;
	made = make_step(maker, RIG_STEP_CLOSE, maker_say(maker, "close $%s", socket->name));
	if (!last || !made)
		return -1;
	made->step.socket = socket->name;
	made->step.next = last->next;
	last->next = &made->step;
	return 0;
}

int maker_finish(struct maker *maker)
{
	unsigned int sockets = 0;

	for (struct rig_step *step = maker->made->script.steps; step; step = step->next)
		for (struct rig_message *m = step->message; m; m = m->next)
			drop_unbound(maker, m);
	for (const struct maker_socket *s = maker->sockets; s; s = s->next)
		sockets++;
	for (const struct maker_socket *s = maker->sockets; s && sockets > SOCKETS; s = s->next)
		if (s->next && close_socket(maker, s) < 0)
			return -1;
	return 0;
}
