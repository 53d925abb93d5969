/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes to a tree. Every byte string has one, and rig_encode() makes the same bytes of it.
 *
 * A length field that cannot be right (shorter than its own header, or beyond what is there) is
 * kept as it is, and what it stands before takes all that is left.
 */
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "wire/codec.h"

static const uint8_t zeros[NLA_ALIGNTO];

/* Up to the next multiple of 4; netlink messages and attributes share that alignment. */
static size_t gap_after(size_t size)
{
	return -size & (NLA_ALIGNTO - 1);
}

/*
 * The padding behind @used bytes of @size. True when it is not the usual zeros, so that it has to
 * be written down.
 */
static bool take_pad(const uint8_t *data, size_t size, size_t used, const uint8_t **pad,
		     uint32_t *pad_size)
{
	size_t gap = gap_after(used), there = size - used < gap ? size - used : gap;

	*pad = data + used;
	*pad_size = there;
	return there < gap || memcmp(data + used, zeros, gap);
}

static int decode_items(struct rig_arena *arena, const struct rig_nest *nest, const uint8_t *data,
			size_t size, unsigned int depth, struct rig_node **list);

/* Reads the attribute at the start of @data; returns the bytes it takes with its padding. */
static size_t decode_attr(struct rig_node *node, const struct rig_nest *nest, const uint8_t *data,
			  size_t size)
{
	struct nlattr header;
	size_t used;

	memcpy(&header, data, sizeof(header));
	used = header.nla_len;
	if (used < NLA_HDRLEN || used > size) {
		node->has_len = true;
		node->len = header.nla_len;
		used = size;
	}
	node->type = header.nla_type;
	node->attr = rig_attr_get(nest, header.nla_type & NLA_TYPE_MASK);
	node->form = RIG_FORM_LEAF;
	node->data = data + NLA_HDRLEN;
	node->size = used - NLA_HDRLEN;
	node->has_pad = take_pad(data, size, used, &node->pad, &node->pad_size);
	return used + node->pad_size;
}

static int decode_item(struct rig_arena *arena, struct rig_node *node, const struct rig_nest *nest,
		       const uint8_t *data, size_t size, unsigned int depth, size_t *used)
{
	if (size < NLA_HDRLEN) {
		node->form = RIG_FORM_RAW;
		node->data = data;
		node->size = size;
		*used = size;
		return 0;
	}
	*used = decode_attr(node, nest, data, size);
	if (!node->attr || node->attr->type != RIG_TYPE_NEST || depth == RIG_NEST_DEPTH_MAX)
		return 0;
	node->form = RIG_FORM_NEST;
	return decode_items(arena, node->attr->nest, node->data, node->size, depth + 1,
			    &node->children);
}

static int decode_items(struct rig_arena *arena, const struct rig_nest *nest, const uint8_t *data,
			size_t size, unsigned int depth, struct rig_node **list)
{
	size_t used;

	for (; size; data += used, size -= used) {
		struct rig_node *node = rig_arena_alloc(arena, sizeof(*node));

		if (!node || decode_item(arena, node, nest, data, size, depth, &used) < 0)
			return -1;
		*list = node;
		list = &node->next;
	}
	return 0;
}

static int raw_item(struct rig_arena *arena, const uint8_t *data, size_t size,
		    struct rig_node ***tail)
{
	struct rig_node *node;

	if (!size)
		return 0;
	node = rig_arena_alloc(arena, sizeof(*node));
	if (!node)
		return -1;
	node->form = RIG_FORM_RAW;
	node->data = data;
	node->size = size;
	**tail = node;
	*tail = &node->next;
	return 0;
}

/*
 * Netlink's control messages: first what they send back of the request, then, when the flags say
 * so, the attributes of the extended ack.
 */
static size_t echoed_size(const struct rig_message *message, size_t size)
{
	struct nlmsgerr error;
	size_t echoed;

	if (!(message->flags & NLM_F_ACK_TLVS))
		return size;
	if (message->type != NLMSG_ERROR || (message->flags & NLM_F_CAPPED))
		return 0;
	memcpy(&error, message->fixed, sizeof(error));
	if (error.msg.nlmsg_len < sizeof(error.msg))
		return 0;
	echoed = NLMSG_ALIGN((size_t)error.msg.nlmsg_len) - sizeof(error.msg);
	return echoed < size ? echoed : size;
}

static int decode_control(struct rig_arena *arena, struct rig_message *message, const uint8_t *data,
			  size_t size)
{
	const struct rig_family *family = &rig_families[RIG_NL];
	const struct rig_command *command = rig_command_get(family, message->type);
	struct rig_node **tail = &message->nodes;
	size_t echoed;

	if (!command || size < command->fixed->size)
		return raw_item(arena, data, size, &tail);
	message->family = family;
	message->command = command;
	message->fixed_layout = command->fixed;
	memcpy(message->fixed, data, command->fixed->size);
	data += command->fixed->size;
	size -= command->fixed->size;
	echoed = echoed_size(message, size);
	if (raw_item(arena, data, echoed, &tail) < 0)
		return -1;
	return decode_items(arena, family->nest, data + echoed, size - echoed, 0, tail);
}

static int decode_generic(struct rig_arena *arena, struct rig_message *message,
			  const struct rig_family *family, const uint8_t *data, size_t size)
{
	struct rig_node **tail = &message->nodes;
	const struct rig_command *command;
	const struct rig_fixed *fixed;
	struct genlmsghdr header;

	if (size < GENL_HDRLEN)
		return raw_item(arena, data, size, &tail);
	memcpy(&header, data, sizeof(header));
	command = rig_command_get(family, header.cmd);
	fixed = command ? command->fixed : family->fixed;
	if (size < (size_t)GENL_HDRLEN + fixed->size)
		return raw_item(arena, data, size, &tail);
	message->family = family;
	message->command = command;
	message->fixed_layout = fixed;
	message->cmd = header.cmd;
	message->version = header.version;
	message->reserved = header.reserved;
	memcpy(message->fixed, data + GENL_HDRLEN, fixed->size);
	return decode_items(arena, family->nest, data + GENL_HDRLEN + fixed->size,
			    size - GENL_HDRLEN - fixed->size, 0, tail);
}

static int decode_payload(struct rig_arena *arena, const struct rig_family_ids *ids,
			  struct rig_message *message, const uint8_t *data, size_t size)
{
	const struct rig_family *family = rig_family_by_id(ids, message->type);
	struct rig_node **tail = &message->nodes;

	if (!family)
		return raw_item(arena, data, size, &tail);
	if (family->index == RIG_NL)
		return decode_control(arena, message, data, size);
	return decode_generic(arena, message, family, data, size);
}

static int decode_message(struct rig_arena *arena, const struct rig_family_ids *ids,
			  struct rig_message *message, const uint8_t *data, size_t size,
			  size_t *used)
{
	struct rig_node **tail = &message->nodes;
	struct nlmsghdr header;

	if (size < sizeof(header)) {
		message->raw = true;
		*used = size;
		return raw_item(arena, data, size, &tail);
	}
	memcpy(&header, data, sizeof(header));
	*used = header.nlmsg_len;
	if (*used < sizeof(header) || *used > size) {
		message->set |= RIG_SET_LEN;
		*used = size;
	}
	message->len = header.nlmsg_len;
	message->type = header.nlmsg_type;
	message->flags = header.nlmsg_flags;
	message->seq = header.nlmsg_seq;
	message->pid = header.nlmsg_pid;
	if (decode_payload(arena, ids, message, data + sizeof(header), *used - sizeof(header)) < 0)
		return -1;
	if (take_pad(data, size, *used, &message->pad, &message->pad_size))
		message->set |= RIG_SET_PAD;
	*used += message->pad_size;
	return 0;
}

int rig_decode(struct rig_arena *arena, const struct rig_family_ids *ids, const void *data,
	       size_t size, struct rig_message **messages, struct rig_error *error)
{
	const uint8_t *at = data;
	size_t used;

	for (*messages = NULL; size; at += used, size -= used) {
		struct rig_message *message = rig_arena_alloc(arena, sizeof(*message));

		if (!message || decode_message(arena, ids, message, at, size, &used) < 0)
			return rig_error_set(error, "out of memory");
		*messages = message;
		messages = &message->next;
	}
	return 0;
}

int rig_decode_nodes(struct rig_arena *arena, const struct rig_nest *nest, const void *data,
		     size_t size, struct rig_node **nodes, struct rig_error *error)
{
	*nodes = NULL;
	if (decode_items(arena, nest, data, size, 0, nodes) < 0)
		return rig_error_set(error, "out of memory");
	return 0;
}
