/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/knowledge.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "replay/counters.h"
#include "replay/judge.h"

#define LESSON_MAX 65536

static struct known_dp *find(const struct knowledge *known, uint32_t ifindex)
{
	for (unsigned int i = 0; i < known->n_dps; i++)
		if (known->dps[i].ifindex == ifindex)
			return (struct known_dp *)&known->dps[i];
	return NULL;
}

static const struct rig_node *attr_of(const struct rig_message *message, unsigned int number)
{
	const struct rig_node *node = message->nodes;

	while (node && (node->form == RIG_FORM_RAW || rig_node_number(node) != number))
		node = node->next;
	return node;
}

static uint32_t u32_of(const struct rig_message *message, unsigned int number)
{
	const struct rig_node *node = attr_of(message, number);

	if (!node || node->form != RIG_FORM_LEAF || node->size != sizeof(uint32_t))
		return 0;
	return rig_uint_get(node->data, node->size, RIG_HOST);
}

static const char *name_of(const struct rig_message *message, unsigned int number)
{
	const struct rig_node *node = attr_of(message, number);

	if (!node || node->form != RIG_FORM_LEAF || !node->size || node->data[node->size - 1])
		return NULL;
	return (const char *)node->data;
}

static bool is_dump(const struct rig_message *request)
{
	return (request->flags & NLM_F_DUMP) == NLM_F_DUMP;
}

/* ---- what is not known ---- */

static const char *gap_of_dp(const struct knowledge *known, const struct rig_message *request)
{
	const char *name = name_of(request, OVS_DP_ATTR_NAME);
	const struct known_dp *dp = NULL;

	for (unsigned int i = 0; name && i < known->n_dps; i++)
		if (!strcmp(known->dps[i].name, name))
			dp = &known->dps[i];
	if (!name && !is_dump(request))
		dp = find(known, rig_message_dp(request));
	if (dp)
		return dp->itself ? NULL : "the datapath may have changed";
	return known->all ? NULL : "not all datapaths are known";
}

static const char *gap_of_ports(const struct knowledge *known, const struct rig_message *request)
{
	const struct known_dp *dp = find(known, rig_message_dp(request));
	bool ports = known->all;

	if (dp)
		return dp->ports ? NULL : "not all ports of the datapath are known";
	for (unsigned int i = 0; i < known->n_dps; i++)
		ports &= known->dps[i].ports;
	if (!known->all)
		return "not all datapaths are known";
	return ports ? NULL : "not all ports are known";
}

static const char *gap_in_dp(const struct knowledge *known, const struct rig_message *request)
{
	const struct known_dp *dp = find(known, rig_message_dp(request));

	if (!dp)
		return known->all ? NULL : "not all datapaths are known";
	if (request->family->index == RIG_METER)
		return dp->meters ? NULL : "not all meters of the datapath are known";
	return dp->flows ? NULL : "not all flows of the datapath are known";
}

const char *knowledge_gap(const struct knowledge *known, const struct rig_message *request)
{
	if (!request->family)
		return "a generic netlink family that is not OVS's";
	switch (request->family->index) {
	case RIG_DP:
		return gap_of_dp(known, request);
	case RIG_VPORT:
		return gap_of_ports(known, request);
	case RIG_FLOW:
	case RIG_PACKET:
	case RIG_METER:
		return gap_in_dp(known, request);
	case RIG_CT_LIMIT:
		return "limits and connections from before the trace are not known";
	case RIG_CTRL:
	case RIG_NL:
	case RIG_FAMILIES:
		break;
	}
	return NULL;
}

unsigned int knowledge_of_counters(const struct knowledge *known, const struct rig_message *message)
{
	const struct known_dp *dp = find(known, rig_message_dp(message));
	unsigned int pads = COUNTERS_PADS | (known->aligned ? COUNTERS_ALIGNED : 0);

	if (!dp || !dp->flows)
		return pads;
	return pads | COUNTERS_FLOWS | (dp->masks ? COUNTERS_MASKS : 0);
}

/* ---- teaching ---- */

struct lesson {
	uint32_t size;
	_Alignas(4) uint8_t bytes[LESSON_MAX];
};

static void put(struct lesson *lesson, unsigned int type, const void *data, uint32_t size)
{
	struct nlattr nla = { .nla_len = NLA_HDRLEN + size, .nla_type = type };

	if (lesson->size + NLA_HDRLEN + NLA_ALIGN(size) > sizeof(lesson->bytes))
		return;
	memcpy(lesson->bytes + lesson->size, &nla, sizeof(nla));
	if (size)
		memcpy(lesson->bytes + lesson->size + NLA_HDRLEN, data, size);
	lesson->size += NLA_HDRLEN + NLA_ALIGN(size);
}

/* An attribute as the message has it, nests and all. */
static void repeat(struct lesson *lesson, const struct rig_message *message, unsigned int number)
{
	const struct rig_node *node = attr_of(message, number);
	struct rig_node alone;
	struct rig_bytes bytes = {};

	if (!node)
		return;
	alone = *node;
	alone.next = NULL;
	if (rig_encode_nodes(&alone, NULL, NULL, &bytes, NULL) == 0 &&
	    lesson->size + bytes.size + NLA_ALIGNTO <= sizeof(lesson->bytes)) {
		memcpy(lesson->bytes + lesson->size, bytes.data, bytes.size);
		lesson->size += NLA_ALIGN(bytes.size);
	}
	rig_bytes_free(&bytes);
}

static void begin(const struct knowledge *known, struct lesson *lesson,
		  enum rig_family_index family, uint8_t command, uint32_t dp)
{
	struct {
		struct nlmsghdr h;
		struct genlmsghdr g;
		struct ovs_header o;
	} head = {
		.h = { .nlmsg_type = known->ids->id[family],
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL },
		.g = { .cmd = command, .version = rig_families[family].version },
		.o = { .dp_ifindex = dp },
	};

	memset(lesson->bytes, 0, sizeof(lesson->bytes));
	memcpy(lesson->bytes, &head, sizeof(head));
	lesson->size = sizeof(head);
}

static bool accepts(struct knowledge *known, struct lesson *lesson)
{
	struct nlmsghdr *header = (struct nlmsghdr *)lesson->bytes;

	header->nlmsg_len = lesson->size;
	if (rig_model_send(known->model, SOCK_TEACHER, lesson->bytes, lesson->size,
			   &known->answer) < 0)
		return false;
	for (size_t i = 0; i < known->answer.count; i++) {
		const struct rig_expected *e = &known->answer.list[i];

		if (e->role == RIG_ROLE_ACK && e->len >= NLMSG_HDRLEN + sizeof(int)) {
			int error;

			memcpy(&error, e->bytes + NLMSG_HDRLEN, sizeof(error));
			return error == 0;
		}
	}
	return false;
}

/* Whether the model now has it. What it refuses, or had already, stays as it is. */
static bool teach(struct knowledge *known, struct lesson *lesson)
{
	const struct rig_trace_watch *watch = known->watch;

	if (!accepts(known, lesson))
		return false;
	if (watch)
		known->failed |= watch->lesson(watch->context, lesson->bytes, lesson->size) < 0;
	return true;
}

int knowledge_netdev_gone(struct knowledge *known, const char *name, struct rig_answer *answer)
{
	const struct rig_trace_watch *watch = known->watch;

	rig_model_netdev_gone(known->model, name, NULL, answer);
	return watch ? watch->gone(watch->context, name) : 0;
}

static struct known_dp *add_dp(struct knowledge *known, const struct rig_message *message)
{
	const char *name = name_of(message, OVS_DP_ATTR_NAME);
	struct known_dp *dp;

	if (!name || known->n_dps == KNOWN_DATAPATHS) {
		known->all = false;
		return NULL;
	}
	dp = &known->dps[known->n_dps++];
	*dp = (struct known_dp){ .ifindex = rig_message_dp(message), .itself = true };
	strncpy(dp->name, name, sizeof(dp->name) - 1);
	return dp;
}

static bool learn_dp(struct knowledge *known, const struct rig_message *message)
{
	uint32_t ifindex = rig_message_dp(message), no_pid = 0;
	struct known_dp *dp = find(known, ifindex);
	struct lesson lesson;

	if (message->cmd == OVS_DP_CMD_DEL || (dp && dp->itself))
		return true;
	begin(known, &lesson, RIG_DP, dp ? OVS_DP_CMD_SET : OVS_DP_CMD_NEW, 0);
	repeat(&lesson, message, OVS_DP_ATTR_NAME);
	put(&lesson, OVS_DP_ATTR_UPCALL_PID, &no_pid, sizeof(no_pid));
	repeat(&lesson, message, OVS_DP_ATTR_USER_FEATURES);
	repeat(&lesson, message, OVS_DP_ATTR_MASKS_CACHE_SIZE);
	repeat(&lesson, message, OVS_DP_ATTR_PER_CPU_PIDS);
	if (!dp)
		put(&lesson, OVS_DP_ATTR_IFINDEX, &ifindex, sizeof(ifindex));
	if (!teach(known, &lesson))
		return false;
	if (!dp)
		dp = add_dp(known, message);
	else
		dp->itself = true;
	return dp;
}

/* Of a port that the model has, only this can have changed. */
static bool correct_port(struct knowledge *known, const struct rig_message *message)
{
	struct lesson lesson;

	begin(known, &lesson, RIG_VPORT, OVS_VPORT_CMD_SET, rig_message_dp(message));
	repeat(&lesson, message, OVS_VPORT_ATTR_NAME);
	repeat(&lesson, message, OVS_VPORT_ATTR_UPCALL_PID);
	return teach(known, &lesson);
}

static bool learn_port(struct knowledge *known, const struct rig_message *message)
{
	const struct known_dp *dp = find(known, rig_message_dp(message));
	bool internal = u32_of(message, OVS_VPORT_ATTR_TYPE) == OVS_VPORT_TYPE_INTERNAL;
	const char *name = name_of(message, OVS_VPORT_ATTR_NAME);
	struct lesson lesson;

	if (dp && (dp->ports || message->cmd == OVS_VPORT_CMD_DEL ||
		   u32_of(message, OVS_VPORT_ATTR_PORT_NO) == OVSP_LOCAL))
		return true;
	/* Of tunnels the model would lose track of everything. */
	if (!dp || !name ||
	    (!internal && u32_of(message, OVS_VPORT_ATTR_TYPE) != OVS_VPORT_TYPE_NETDEV))
		return false;
	if (!internal)
		rig_model_netdev(
			known->model,
			&(struct rig_netdev){ .name = name,
					      .ifindex = u32_of(message, OVS_VPORT_ATTR_IFINDEX),
					      .up = true,
					      .ethernet = true });
	begin(known, &lesson, RIG_VPORT, OVS_VPORT_CMD_NEW, dp->ifindex);
	repeat(&lesson, message, OVS_VPORT_ATTR_PORT_NO);
	repeat(&lesson, message, OVS_VPORT_ATTR_TYPE);
	repeat(&lesson, message, OVS_VPORT_ATTR_NAME);
	repeat(&lesson, message, OVS_VPORT_ATTR_UPCALL_PID);
	if (internal)
		repeat(&lesson, message, OVS_VPORT_ATTR_IFINDEX);
	return teach(known, &lesson) || correct_port(known, message);
}

static bool learn_flow(struct knowledge *known, const struct rig_message *message)
{
	const struct known_dp *dp = find(known, rig_message_dp(message));
	struct lesson lesson;

	if (dp && (dp->flows || message->cmd == OVS_FLOW_CMD_DEL))
		return true;
	if (!dp || !attr_of(message, OVS_FLOW_ATTR_KEY) || !attr_of(message, OVS_FLOW_ATTR_ACTIONS))
		return false;
	begin(known, &lesson, RIG_FLOW, OVS_FLOW_CMD_NEW, dp->ifindex);
	((struct nlmsghdr *)lesson.bytes)->nlmsg_flags &= ~NLM_F_EXCL; /* its actions may be new */
	repeat(&lesson, message, OVS_FLOW_ATTR_UFID);
	repeat(&lesson, message, OVS_FLOW_ATTR_KEY);
	repeat(&lesson, message, OVS_FLOW_ATTR_MASK);
	repeat(&lesson, message, OVS_FLOW_ATTR_ACTIONS);
	return teach(known, &lesson);
}

bool knowledge_learn(struct knowledge *known, const struct rig_message *message)
{
	/* The kernel always names the datapath. */
	if (!message->family || !message->command || !rig_message_dp(message))
		return false;
	switch (message->family->index) {
	case RIG_DP:
		return learn_dp(known, message);
	case RIG_VPORT:
		return learn_port(known, message);
	case RIG_FLOW:
		return learn_flow(known, message);
	case RIG_PACKET:
	case RIG_METER:
	case RIG_CT_LIMIT:
	case RIG_CTRL:
	case RIG_NL:
	case RIG_FAMILIES:
		break;
	}
	return false;
}

bool knowledge_ask_ports(struct knowledge *known, const struct rig_message *request)
{
	struct lesson lesson;
	struct nlmsghdr *header = (struct nlmsghdr *)lesson.bytes;

	begin(known, &lesson, RIG_VPORT, OVS_VPORT_CMD_GET, rig_message_dp(request));
	repeat(&lesson, request, OVS_VPORT_ATTR_NAME);
	repeat(&lesson, request, OVS_VPORT_ATTR_PORT_NO);
	header->nlmsg_flags = NLM_F_REQUEST | (is_dump(request) ? NLM_F_DUMP : 0);
	header->nlmsg_len = lesson.size;
	return rig_model_send(known->model, SOCK_TEACHER, lesson.bytes, lesson.size,
			      &known->answer) == 0;
}

/* ---- keeping up ---- */

static void forget_dp(struct knowledge *known, struct known_dp *dp)
{
	*dp = known->dps[--known->n_dps];
}

static bool is_told_of(const struct exchange *exchange, const char *name, unsigned int attr)
{
	for (size_t i = 0; i < exchange->n_answers; i++) {
		const struct rig_message *message = exchange->answers[i].message;

		if (message->family == exchange->messages->family && name_of(message, attr) &&
		    !strcmp(name_of(message, attr), name))
			return true;
	}
	return false;
}

static void forget_dps(struct knowledge *known, const struct exchange *exchange)
{
	struct lesson lesson;

	for (unsigned int i = known->n_dps; i-- > 0;) {
		struct known_dp *dp = &known->dps[i];

		if (is_told_of(exchange, dp->name, OVS_DP_ATTR_NAME))
			continue;
		begin(known, &lesson, RIG_DP, OVS_DP_CMD_DEL, dp->ifindex);
		teach(known, &lesson);
		forget_dp(known, dp);
	}
}

/* Netdevs that went are noticed elsewhere: here it is about internal ports and tunnels. */
static int forget_ports(struct knowledge *known, const struct exchange *exchange,
			struct rig_arena *arena)
{
	struct rig_message *first = NULL, **last = &first;
	struct lesson lesson;

	if (!knowledge_ask_ports(known, exchange->messages))
		return 0;
	for (size_t i = 0; i < known->answer.count; i++) {
		const struct rig_expected *e = &known->answer.list[i];
		const uint8_t *bytes = rig_arena_copy(arena, e->bytes, e->len);

		if (!bytes || rig_decode(arena, known->ids, bytes, e->len, last, NULL) < 0)
			return -1;
		if (*last)
			last = &(*last)->next;
	}
	for (const struct rig_message *port = first; port; port = port->next) {
		const char *name = name_of(port, OVS_VPORT_ATTR_NAME);

		if (port->family != exchange->messages->family || !name ||
		    is_told_of(exchange, name, OVS_VPORT_ATTR_NAME))
			continue;
		begin(known, &lesson, RIG_VPORT, OVS_VPORT_CMD_DEL, rig_message_dp(port));
		repeat(&lesson, port, OVS_VPORT_ATTR_NAME);
		teach(known, &lesson);
	}
	return 0;
}

int knowledge_forget(struct knowledge *known, const struct exchange *exchange,
		     struct rig_arena *arena)
{
	const struct rig_message *request = exchange->messages;
	const struct known_dp *dp = find(known, rig_message_dp(request));
	struct lesson lesson;

	if (!request->family || !is_dump(request))
		return 0;
	if (request->family->index == RIG_DP && !known->all)
		forget_dps(known, exchange);
	if (request->family->index == RIG_VPORT && dp && !dp->ports)
		return forget_ports(known, exchange, arena);
	if (request->family->index == RIG_FLOW && dp && !dp->flows &&
	    !u32_of(request, OVS_FLOW_ATTR_UFID_FLAGS)) {
		begin(known, &lesson, RIG_FLOW, OVS_FLOW_CMD_DEL, dp->ifindex);
		teach(known, &lesson);
	}
	return 0;
}

static void follow_dp(struct knowledge *known, const struct rig_message *request,
		      const struct rig_message *reply)
{
	struct known_dp *dp = reply ? find(known, rig_message_dp(reply)) : NULL;

	if (!reply) {
		/* Somebody asked for no echo: which one it was is not told. */
		known->all = false;
		dp = find(known, rig_message_dp(request));
		if (request->cmd == OVS_DP_CMD_DEL && dp) {
			known->all = true;
			forget_dp(known, dp);
		}
		return;
	}
	if (request->cmd == OVS_DP_CMD_NEW && !dp) {
		dp = add_dp(known, reply);
		if (dp)
			dp->ports = dp->flows = dp->masks = dp->meters = true;
	} else if (request->cmd == OVS_DP_CMD_DEL && dp) {
		forget_dp(known, dp);
	}
}

void knowledge_follow(struct knowledge *known, const struct rig_message *request,
		      const struct rig_message *reply)
{
	struct known_dp *dp;

	if (!request->family || is_dump(request))
		return;
	if (request->family->index == RIG_DP &&
	    (request->cmd == OVS_DP_CMD_NEW || request->cmd == OVS_DP_CMD_DEL)) {
		follow_dp(known, request, reply);
		return;
	}
	dp = find(known, rig_message_dp(request));
	/* A flush: there are none left. */
	if (dp && request->family->index == RIG_FLOW && request->cmd == OVS_FLOW_CMD_DEL &&
	    !attr_of(request, OVS_FLOW_ATTR_KEY) && !attr_of(request, OVS_FLOW_ATTR_UFID))
		dp->flows = dp->masks = true;
}

void knowledge_doubt(struct knowledge *known, const struct rig_message *request)
{
	struct known_dp *dp = request->family ? find(known, rig_message_dp(request)) : NULL;

	/* What changes anything is a privilege. */
	if (!request->family || !request->command || !request->command->privileged)
		return;
	switch (request->family->index) {
	case RIG_DP:
		known->all = false;
		break;
	case RIG_VPORT:
		if (dp)
			dp->ports = false;
		else
			known->all = false;
		break;
	case RIG_FLOW:
		if (dp)
			dp->flows = dp->masks = false;
		break;
	case RIG_METER:
		if (dp)
			dp->meters = false;
		break;
	case RIG_PACKET:
	case RIG_CT_LIMIT:
	case RIG_CTRL:
	case RIG_NL:
	case RIG_FAMILIES:
		break;
	}
}

void knowledge_doubt_all(struct knowledge *known)
{
	known->all = false;
	for (unsigned int i = 0; i < known->n_dps; i++)
		known->dps[i].itself = known->dps[i].ports = known->dps[i].flows =
			known->dps[i].masks = known->dps[i].meters = false;
}

void knowledge_complete(struct knowledge *known, const struct rig_message *request)
{
	struct known_dp *dp = find(known, rig_message_dp(request));

	if (!request->family || !is_dump(request))
		return;
	if (request->family->index == RIG_DP)
		known->all = true;
	if (request->family->index == RIG_VPORT && dp)
		dp->ports = true;
	if (request->family->index == RIG_FLOW && dp && !u32_of(request, OVS_FLOW_ATTR_UFID_FLAGS))
		dp->flows = true;
}
