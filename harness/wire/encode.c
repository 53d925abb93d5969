/* SPDX-License-Identifier: GPL-2.0-only */
/* A tree to bytes: headers, items one after the other, lengths and padding filled in. */
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "wire/codec.h"

/* Repetitions in a text multiply; no datagram is larger than this. */
#define DATAGRAM_MAX (16u << 20)

struct encoder {
	const struct rig_family_ids *ids;
	rig_resolver *resolver;
	void *context;
	struct rig_bytes *bytes;
	struct rig_error *error;
};

static int resolve(const struct encoder *e, const struct rig_ref *ref, uint8_t *data)
{
	uint64_t value;

	if (!e->resolver || e->resolver(e->context, ref->symbol, &value) < 0)
		return rig_error_at(e->error, NULL, ref->line, ref->column, "nothing binds $%s",
				    ref->symbol);
	if (ref->size < sizeof(value) && value >> (8 * ref->size))
		return rig_error_at(e->error, NULL, ref->line, ref->column,
				    "$%s is %llu, too large for a field of %u bytes", ref->symbol,
				    (unsigned long long)value, ref->size);
	rig_uint_put(data + ref->offset, ref->size, ref->order, value);
	return 0;
}

static int resolve_all(const struct encoder *e, const struct rig_ref *ref, size_t start)
{
	for (; ref && !e->bytes->failed; ref = ref->next)
		if (resolve(e, ref, e->bytes->data + start) < 0)
			return -1;
	return 0;
}

static void put_pad(struct rig_bytes *bytes, size_t start, bool has_pad, const uint8_t *pad,
		    size_t pad_size)
{
	if (has_pad)
		rig_bytes_put(bytes, pad, pad_size);
	else
		rig_bytes_zero(bytes, -(bytes->size - start) & (NLA_ALIGNTO - 1));
}

static int encode_nodes(const struct encoder *e, const struct rig_node *node);

static int encode_attr(const struct encoder *e, const struct rig_node *node)
{
	struct nlattr header = { .nla_type = node->type };
	size_t start = e->bytes->size, len;

	rig_bytes_put(e->bytes, &header, sizeof(header));
	if (node->form == RIG_FORM_NEST) {
		if (encode_nodes(e, node->children) < 0)
			return -1;
	} else {
		rig_bytes_put(e->bytes, node->data, node->size);
		if (resolve_all(e, node->refs, start + NLA_HDRLEN) < 0)
			return -1;
	}
	len = e->bytes->size - start;
	if (!node->has_len && len > UINT16_MAX)
		return rig_error_set(e->error,
				     "attribute %s has %zu bytes, more than nla_len can count; "
				     "say !len=N",
				     node->attr ? node->attr->name : "(unknown)", len);
	header.nla_len = node->has_len ? node->len : len;
	if (!e->bytes->failed)
		memcpy(e->bytes->data + start, &header, sizeof(header));
	put_pad(e->bytes, start, node->has_pad, node->pad, node->pad_size);
	return 0;
}

static int encode_node(const struct encoder *e, const struct rig_node *node)
{
	switch (node->form) {
	case RIG_FORM_RAW:
		rig_bytes_put(e->bytes, node->data, node->size);
		return 0;
	case RIG_FORM_LEAF:
	case RIG_FORM_NEST:
		return encode_attr(e, node);
	case RIG_FORM_REST:
	case RIG_FORM_ABSENT:
		return rig_error_set(e->error, "a pattern has no bytes");
	}
	return -1;
}

static int encode_nodes(const struct encoder *e, const struct rig_node *node)
{
	for (; node; node = node->next) {
		if (encode_node(e, node) < 0)
			return -1;
		if (e->bytes->size > DATAGRAM_MAX)
			return rig_error_set(e->error, "the datagram is larger than %u bytes",
					     DATAGRAM_MAX);
	}
	return 0;
}

static uint16_t message_type(const struct encoder *e, const struct rig_message *message)
{
	if ((message->set & RIG_SET_TYPE) || !message->family || message->family->index == RIG_NL)
		return message->type;
	return e->ids->id[message->family->index];
}

static void put_headers(const struct encoder *e, const struct rig_message *message)
{
	struct nlmsghdr header = {
		.nlmsg_type = message_type(e, message),
		.nlmsg_flags = message->flags,
		.nlmsg_seq = message->seq,
		.nlmsg_pid = message->pid,
	};
	struct genlmsghdr generic = {
		.cmd = message->cmd,
		.version = message->version,
		.reserved = message->reserved,
	};

	rig_bytes_put(e->bytes, &header, sizeof(header));
	if (message->family && message->family->index != RIG_NL)
		rig_bytes_put(e->bytes, &generic, sizeof(generic));
	if (message->fixed_layout)
		rig_bytes_put(e->bytes, message->fixed, message->fixed_layout->size);
}

static int encode_message(const struct encoder *e, const struct rig_message *message)
{
	size_t start = e->bytes->size;
	uint32_t len;

	if (message->raw)
		return encode_nodes(e, message->nodes);
	put_headers(e, message);
	if (encode_nodes(e, message->nodes) < 0)
		return -1;
	len = message->set & RIG_SET_LEN ? message->len : e->bytes->size - start;
	if (!e->bytes->failed)
		memcpy(e->bytes->data + start, &len, sizeof(len));
	if (resolve_all(e, message->refs, start) < 0)
		return -1;
	put_pad(e->bytes, start, message->set & RIG_SET_PAD, message->pad, message->pad_size);
	return 0;
}

static int finish(const struct encoder *e)
{
	return e->bytes->failed ? rig_error_set(e->error, "out of memory") : 0;
}

int rig_encode(const struct rig_message *messages, const struct rig_family_ids *ids,
	       rig_resolver *resolver, void *context, struct rig_bytes *bytes,
	       struct rig_error *error)
{
	struct encoder e = { ids ? ids : &rig_family_ids_default, resolver, context, bytes, error };

	for (; messages; messages = messages->next)
		if (encode_message(&e, messages) < 0)
			return -1;
	return finish(&e);
}

int rig_encode_nodes(const struct rig_node *nodes, rig_resolver *resolver, void *context,
		     struct rig_bytes *bytes, struct rig_error *error)
{
	struct encoder e = { &rig_family_ids_default, resolver, context, bytes, error };

	return encode_nodes(&e, nodes) < 0 ? -1 : finish(&e);
}

/* ---- symbols replaced in a copy, for patterns, which have no bytes ---- */

static int copy_nodes(const struct encoder *e, struct rig_arena *arena, struct rig_node **list)
{
	for (; *list; list = &(*list)->next) {
		struct rig_node *copy = rig_arena_copy(arena, *list, sizeof(*copy));
		const struct rig_ref *ref;
		uint8_t *data;

		if (!copy)
			return rig_error_set(e->error, "out of memory");
		*list = copy;
		if (copy_nodes(e, arena, &copy->children) < 0)
			return -1;
		if (!copy->refs)
			continue;
		copy->data = data = rig_arena_copy(arena, copy->data, copy->size);
		if (!data)
			return rig_error_set(e->error, "out of memory");
		for (ref = copy->refs; ref; ref = ref->next)
			if (resolve(e, ref, data) < 0)
				return -1;
		copy->refs = NULL;
	}
	return 0;
}

static int resolve_headers(const struct encoder *e, struct rig_message *message)
{
	size_t fixed = NLMSG_HDRLEN;
	struct nlmsghdr header;

	put_headers(e, message);
	if (resolve_all(e, message->refs, 0) < 0 || finish(e) < 0)
		return -1;
	memcpy(&header, e->bytes->data, sizeof(header));
	message->type = header.nlmsg_type;
	message->flags = header.nlmsg_flags;
	message->seq = header.nlmsg_seq;
	message->pid = header.nlmsg_pid;
	if (message->family && message->family->index != RIG_NL)
		fixed += GENL_HDRLEN;
	if (message->fixed_layout && message->fixed_layout->size)
		memcpy(message->fixed, e->bytes->data + fixed, message->fixed_layout->size);
	message->refs = NULL;
	return 0;
}

struct rig_message *rig_resolve(struct rig_arena *arena, const struct rig_message *message,
				rig_resolver *resolver, void *context, struct rig_error *error)
{
	struct rig_bytes headers = {};
	struct encoder e = { &rig_family_ids_default, resolver, context, &headers, error };
	struct rig_message *copy = rig_arena_copy(arena, message, sizeof(*copy));
	int result;

	if (!copy) {
		rig_error_set(error, "out of memory");
		return NULL;
	}
	copy->next = NULL;
	result = copy->refs ? resolve_headers(&e, copy) : 0;
	if (!result)
		result = copy_nodes(&e, arena, &copy->nodes);
	rig_bytes_free(&headers);
	return result < 0 ? NULL : copy;
}
