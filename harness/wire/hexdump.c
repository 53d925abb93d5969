/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A datagram as hex, every line with what its bytes are. It walks the decoded tree: the items of a
 * tree lie in the datagram one behind the other.
 */
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "wire/header.h"

#define PER_LINE 16

struct dump {
	const uint8_t *data;
	size_t at;
	const char *prefix;
	const struct rig_family_ids *ids;
	struct rig_bytes *text;
};

/* The next @size bytes; the label stands beside the first line. */
static void dump_bytes(struct dump *d, size_t size, unsigned int depth, const char *label)
{
	while (size) {
		size_t i, n = size < PER_LINE ? size : PER_LINE;

		rig_bytes_print(d->text, "%s%04zx ", d->prefix, d->at);
		for (i = 0; i < PER_LINE; i++) {
			if (i < n)
				rig_bytes_print(d->text, " %02x", d->data[d->at + i]);
			else if (*label)
				rig_bytes_print(d->text, "   ");
		}
		if (*label)
			rig_bytes_print(d->text, "  %*s%s", 2 * (int)depth, "", label);
		rig_bytes_print(d->text, "\n");
		d->at += n;
		size -= n;
		label = "";
	}
}

static void dump_nodes(struct dump *d, const struct rig_node *node, unsigned int depth)
{
	for (; node; node = node->next) {
		struct rig_bytes name = {};

		if (node->form == RIG_FORM_RAW) {
			dump_bytes(d, node->size, depth, "raw");
			continue;
		}
		rig_print_name(node, &name);
		dump_bytes(d, NLA_HDRLEN, depth, rig_bytes_text(&name));
		rig_bytes_free(&name);
		if (node->form == RIG_FORM_NEST)
			dump_nodes(d, node->children, depth + 1);
		else
			dump_bytes(d, node->size, depth, "value");
		dump_bytes(d, node->pad_size, depth, "pad");
	}
}

static void dump_message(struct dump *d, const struct rig_message *message)
{
	struct rig_bytes name = {};

	if (!message->raw) {
		struct rig_message header = *message;

		header.nodes = NULL;
		header.next = NULL;
		rig_print_message(&header, d->ids, &name);
		dump_bytes(d, NLMSG_HDRLEN, 0, rig_bytes_text(&name));
		rig_bytes_free(&name);
		if (rig_header_has_generic(message))
			dump_bytes(d, GENL_HDRLEN, 0, "generic header");
		if (message->fixed_layout)
			dump_bytes(d, message->fixed_layout->size, 0, "family header");
	}
	dump_nodes(d, message->nodes, message->raw ? 0 : 1);
	if (!message->raw)
		dump_bytes(d, message->pad_size, 0, "pad");
}

int rig_hexdump(const void *data, size_t size, const struct rig_family_ids *ids, const char *prefix,
		struct rig_bytes *text, struct rig_error *error)
{
	struct dump d = { data, 0, prefix ? prefix : "", ids, text };
	struct rig_arena arena = {};
	struct rig_message *message;
	int result = rig_decode(&arena, ids, data, size, &message, error);

	for (; !result && message; message = message->next)
		dump_message(&d, message);
	if (!result && text->failed)
		result = rig_error_set(error, "out of memory");
	rig_arena_free(&arena);
	return result;
}
