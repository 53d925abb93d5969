/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/netdevs.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "judge/inbox.h"

static const char *name_of(const struct rig_message *message)
{
	const struct rig_node *node = rig_message_leaf(message, OVS_VPORT_ATTR_NAME);

	if (!node || !node->size || node->data[node->size - 1])
		return NULL;
	return (const char *)node->data;
}

static uint32_t u32_of(const struct rig_message *message, unsigned int number)
{
	const struct rig_node *node = rig_message_leaf(message, number);
	uint32_t value = 0;

	if (node && node->size == sizeof(value))
		memcpy(&value, node->data, sizeof(value));
	return value;
}

static bool is_port(const struct rig_message *message)
{
	return message->family && message->family->index == RIG_VPORT;
}

/* A port could be made of it, so it is there. */
static void tell_of_new(struct knowledge *known, const struct exchange *exchange)
{
	for (size_t i = 0; i < exchange->n_answers; i++) {
		const struct rig_message *reply = exchange->answers[i].message;
		const struct rig_netdev dev = {
			.name = name_of(reply),
			.ifindex = u32_of(reply, OVS_VPORT_ATTR_IFINDEX),
			.up = true,
			.ethernet = true,
		};

		if (is_port(reply) && dev.name && dev.ifindex &&
		    u32_of(reply, OVS_VPORT_ATTR_TYPE) == OVS_VPORT_TYPE_NETDEV)
			rig_model_netdev(known->model, &dev);
	}
}

static bool is_told_of(const struct exchange *exchange, const char *name)
{
	for (size_t i = 0; i < exchange->n_answers; i++) {
		const struct rig_message *message = exchange->answers[i].message;

		if (is_port(message) && name_of(message) && !strcmp(name_of(message), name))
			return true;
	}
	return false;
}

/* Of the ports that the model has just told of, those of devices that the kernel does not. */
static int find_gone(struct knowledge *known, const struct exchange *exchange,
		     struct rig_arena *arena)
{
	size_t count = known->answer.count;
	const char **names = rig_arena_alloc(arena, (count + 1) * sizeof(*names));
	int n = 0;

	for (size_t i = 0; names && i < count; i++) {
		const struct rig_expected *e = &known->answer.list[i];
		struct rig_message *message;
		const char *name;

		if (e->role != RIG_ROLE_DUMP && e->role != RIG_ROLE_REPLY)
			continue;
		if (rig_decode(arena, known->ids, e->bytes, e->len, &message, NULL) < 0)
			return -1;
		name = name_of(message);
		if (name && u32_of(message, OVS_VPORT_ATTR_TYPE) == OVS_VPORT_TYPE_NETDEV &&
		    !is_told_of(exchange, name))
			names[n++] = rig_arena_copy(arena, name, strlen(name));
	}
	for (int i = 0; i < n; i++)
		if (!names[i] || knowledge_netdev_gone(known, names[i], &known->answer) < 0)
			return -1;
	return names ? n : -1;
}

int netdevs_follow(struct knowledge *known, const struct exchange *exchange,
		   struct rig_arena *arena)
{
	const struct rig_message *request = exchange->messages;
	const struct rig_message *end = exchange_end(exchange, request->seq);
	int error = end ? rig_message_errno(end) : 0;
	bool dump = (request->flags & NLM_F_DUMP) == NLM_F_DUMP;

	if (!is_port(request))
		return 0;
	if (request->cmd == OVS_VPORT_CMD_NEW) {
		if (error == ENODEV && name_of(request))
			return knowledge_netdev_gone(known, name_of(request), &known->answer);
		tell_of_new(known, exchange);
		return 0;
	}
	if (dump ? !end || error : error != ENODEV)
		return 0;
	return knowledge_ask_ports(known, request) ? find_gone(known, exchange, arena) : 0;
}
