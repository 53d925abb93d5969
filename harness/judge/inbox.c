/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/inbox.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "link/link.h"
#include "model/model.h"
#include "wire/codec.h"

static struct rig_arrival *arrival_new(struct rig_inbox *inbox)
{
	if (inbox->count == inbox->room) {
		size_t room = inbox->room ? 2 * inbox->room : 64;
		struct rig_arrival *list = realloc(inbox->list, room * sizeof(*list));

		if (!list)
			return NULL;
		inbox->list = list;
		inbox->room = room;
	}
	inbox->list[inbox->count] = (struct rig_arrival){ 0 };
	return &inbox->list[inbox->count++];
}

static int add_message(struct rig_inbox *inbox, unsigned int socket, const uint8_t *bytes,
		       size_t size, enum rig_arrival_kind kind)
{
	struct rig_arrival *arrival = arrival_new(inbox);

	if (!arrival)
		return -1;
	arrival->kind = kind;
	arrival->socket = socket;
	arrival->bytes = bytes;
	arrival->size = size;
	return 0;
}

static int add_datagram(struct rig_inbox *inbox, unsigned int socket, const uint8_t *bytes,
			size_t size)
{
	const uint8_t *start = bytes;

	while (size >= NLMSG_HDRLEN) {
		struct nlmsghdr header;
		size_t step;

		memcpy(&header, bytes, sizeof(header));
		if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > size)
			break;
		if (add_message(inbox, socket, bytes, header.nlmsg_len, RIG_ARRIVAL_MESSAGE) < 0)
			return -1;
		inbox->list[inbox->count - 1].shifted = (bytes - start) % 8 != 0;
		step = NLMSG_ALIGN(header.nlmsg_len);
		if (step > size)
			step = size;
		bytes += step;
		size -= step;
	}
	return size ? add_message(inbox, socket, bytes, size, RIG_ARRIVAL_RAW) : 0;
}

int rig_inbox_add(struct rig_inbox *inbox, const struct rig_event *event)
{
	const uint8_t *bytes = rig_arena_copy(inbox->arena, event->data, event->len);
	struct rig_arrival *arrival;

	if (!bytes)
		return -1;
	switch (event->kind) {
	case RIG_EVENT_DATAGRAM:
		return add_datagram(inbox, (unsigned int)event->socket, bytes, event->len);
	case RIG_EVENT_OVERRUN:
		arrival = arrival_new(inbox);
		if (!arrival)
			return -1;
		arrival->kind = RIG_ARRIVAL_OVERRUN;
		arrival->socket = (unsigned int)event->socket;
		return 0;
	case RIG_EVENT_FRAME:
		arrival = arrival_new(inbox);
		if (!arrival)
			return -1;
		arrival->kind = RIG_ARRIVAL_FRAME;
		arrival->port = rig_arena_copy(inbox->arena, event->port, strlen(event->port));
		arrival->bytes = bytes;
		arrival->size = event->len;
		return arrival->port ? 0 : -1;
	}
	return -1;
}

int rig_inbox_decode(struct rig_inbox *inbox)
{
	for (size_t i = 0; i < inbox->count; i++) {
		struct rig_arrival *arrival = &inbox->list[i];
		struct rig_message *message;

		if (arrival->message ||
		    (arrival->kind != RIG_ARRIVAL_MESSAGE && arrival->kind != RIG_ARRIVAL_RAW))
			continue;
		if (rig_decode(inbox->arena, inbox->ids, arrival->bytes, arrival->size, &message,
			       NULL) < 0)
			return -1;
		arrival->message = message;
	}
	return 0;
}

void rig_inbox_empty(struct rig_inbox *inbox)
{
	inbox->count = 0;
}

void rig_inbox_free(struct rig_inbox *inbox)
{
	free(inbox->list);
	inbox->list = NULL;
	inbox->count = inbox->room = 0;
}

bool rig_arrival_is_where(const struct rig_arrival *arrival, const struct rig_expected *expected)
{
	if (expected->kind == RIG_EXPECT_FRAME)
		return arrival->kind == RIG_ARRIVAL_FRAME &&
		       !strcmp(arrival->port, expected->netdev);
	return arrival->kind != RIG_ARRIVAL_FRAME && arrival->socket == expected->sock;
}

uint32_t rig_arrival_seq(const struct rig_arrival *arrival)
{
	struct nlmsghdr header = {};

	if (arrival->kind == RIG_ARRIVAL_MESSAGE)
		memcpy(&header, arrival->bytes, sizeof(header));
	return header.nlmsg_seq;
}

int rig_arrival_errno(const struct rig_arrival *arrival)
{
	struct nlmsghdr header;
	int32_t value;

	if (arrival->kind != RIG_ARRIVAL_MESSAGE || arrival->size < sizeof(header) + sizeof(value))
		return -1;
	memcpy(&header, arrival->bytes, sizeof(header));
	if (header.nlmsg_type != NLMSG_ERROR && header.nlmsg_type != NLMSG_DONE)
		return -1;
	memcpy(&value, arrival->bytes + sizeof(header), sizeof(value));
	return value < 0 ? -value : value;
}

int rig_message_errno(const struct rig_message *message)
{
	int32_t value;

	if (message->raw || !message->fixed_layout ||
	    (message->type != NLMSG_ERROR && message->type != NLMSG_DONE))
		return -1;
	memcpy(&value, message->fixed, sizeof(value));
	return value < 0 ? -value : value;
}

const struct rig_node *rig_message_leaf(const struct rig_message *message, unsigned int number)
{
	const struct rig_node *node = message->nodes;

	while (node && (node->form != RIG_FORM_LEAF || rig_node_number(node) != number))
		node = node->next;
	return node;
}

void rig_message_summary(const struct rig_message *message, struct rig_bytes *text)
{
	int number = message->raw ? -1 : rig_message_errno(message);

	if (message->raw)
		rig_bytes_print(text, "raw bytes");
	else if (number > 0 && rig_errno_name(number))
		rig_bytes_print(text, "error %s", rig_errno_name(number));
	else if (number > 0)
		rig_bytes_print(text, "error %d", number);
	else if (number == 0)
		rig_bytes_print(text, message->type == NLMSG_DONE ? "done" : "ok");
	else if (message->family && message->command)
		rig_bytes_print(text, "%s.%s", message->family->name, message->command->name);
	else if (message->family)
		rig_bytes_print(text, "%s.%u", message->family->name, message->cmd);
	else
		rig_bytes_print(text, "a message of type %u", message->type);
}

void rig_arrival_summary(const struct rig_arrival *arrival, struct rig_bytes *text)
{
	switch (arrival->kind) {
	case RIG_ARRIVAL_MESSAGE:
	case RIG_ARRIVAL_RAW:
		rig_message_summary(arrival->message, text);
		return;
	case RIG_ARRIVAL_OVERRUN:
		rig_bytes_print(text, "an overrun");
		return;
	case RIG_ARRIVAL_FRAME:
		rig_bytes_print(text, "a frame");
		return;
	}
}
