/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/diff.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "judge/match.h"
#include "wire/codec.h"

#define PATH_MAX_LEN 160
#define ITEM_MAX_LEN 400
#define FRAME_ROW    16

struct walker {
	const struct rig_diff *diff;
	const uint8_t *base; /* of the expected bytes that its nodes point into */
	struct rig_bytes *text;
	struct rig_bytes *where;
	struct rig_bytes item; /* scratch */
};

struct level {
	const struct rig_nest *nest;
	const char *path; /* "key/", or "" for the message itself */
};

static bool is_open(const struct rig_diff *diff, size_t offset)
{
	for (size_t i = 0; i < diff->n_open; i++)
		if (offset >= diff->open[i].offset &&
		    offset - diff->open[i].offset < diff->open[i].len)
			return true;
	return false;
}

bool rig_diff_equal(const struct rig_diff *diff)
{
	size_t at = 0, end;

	if (diff->expected_size != diff->received_size)
		return false;
	for (size_t i = 0; i <= diff->n_open; i++) {
		end = i < diff->n_open ? diff->open[i].offset : diff->expected_size;
		if (memcmp(diff->expected + at, diff->received + at, end - at))
			return false;
		if (i < diff->n_open)
			at = end + diff->open[i].len;
	}
	return true;
}

static bool same_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
	return a_size == b_size && (a_size == 0 || !memcmp(a, b, a_size));
}

static bool same_payload(const struct walker *w, const struct rig_node *e, const struct rig_node *r)
{
	size_t offset = e->data ? (size_t)(e->data - w->base) : 0;

	if (e->size != r->size)
		return false;
	for (size_t i = 0; i < e->size; i++)
		if (e->data[i] != r->data[i] && !is_open(w->diff, offset + i))
			return false;
	return true;
}

static bool same_nodes(const struct walker *w, const struct rig_node *e, const struct rig_node *r);

static bool same_shell(const struct rig_node *e, const struct rig_node *r)
{
	return e->form == r->form && e->type == r->type && e->has_len == r->has_len &&
	       (!e->has_len || e->len == r->len) && e->has_pad == r->has_pad &&
	       same_bytes(e->pad, e->pad_size, r->pad, r->pad_size);
}

static bool same_node(const struct walker *w, const struct rig_node *e, const struct rig_node *r)
{
	if (!same_shell(e, r))
		return false;
	return e->form == RIG_FORM_NEST ? same_nodes(w, e->children, r->children) :
					  same_payload(w, e, r);
}

static bool same_nodes(const struct walker *w, const struct rig_node *e, const struct rig_node *r)
{
	for (; e && r; e = e->next, r = r->next)
		if (!same_node(w, e, r))
			return false;
	return !e && !r;
}

/* One row; the first that is not alike also names the place. */
static void put_row(struct walker *w, const char *mark, const struct level *level, const char *item,
		    size_t size)
{
	bool cut = size > ITEM_MAX_LEN;

	rig_bytes_print(w->text, "    %s%s%.*s%s\n", mark, level->path,
			(int)(cut ? ITEM_MAX_LEN : size), item, cut ? " (cut)" : "");
}

static void put_node(struct walker *w, const char *mark, const struct level *level,
		     const struct rig_node *node)
{
	rig_bytes_reset(&w->item);
	rig_print_node(node, level->nest, w->diff->ids, &w->item);
	put_row(w, mark, level, rig_bytes_text(&w->item), w->item.size);
	if (*mark == ' ' || w->where->size > 0)
		return;
	rig_bytes_print(w->where, "%s", level->path);
	rig_print_name(node, w->where);
}

static bool occurs_in(const struct rig_node *node, const struct rig_node *list)
{
	while (list && !rig_match_item(node, list))
		list = list->next;
	return list != NULL;
}

static void walk_nodes(struct walker *w, const struct level *level, const struct rig_node *e,
		       const struct rig_node *r);

static void walk_pair(struct walker *w, const struct level *level, const struct rig_node *e,
		      const struct rig_node *r)
{
	char path[PATH_MAX_LEN];
	struct level inner = { e->attr ? e->attr->nest : NULL, path };

	if (same_node(w, e, r)) {
		put_node(w, "  ", level, r);
		return;
	}
	if (e->form != RIG_FORM_NEST || !same_shell(e, r)) {
		put_node(w, "- ", level, e);
		put_node(w, "+ ", level, r);
		return;
	}
	rig_bytes_reset(&w->item);
	rig_print_name(e, &w->item);
	snprintf(path, sizeof(path), "%s%s/", level->path, rig_bytes_text(&w->item));
	walk_nodes(w, &inner, e->children, r->children);
}

static void walk_nodes(struct walker *w, const struct level *level, const struct rig_node *e,
		       const struct rig_node *r)
{
	while (e || r) {
		if (e && r && rig_match_item(e, r)) {
			walk_pair(w, level, e, r);
			e = e->next;
			r = r->next;
		} else if (e && !occurs_in(e, r)) {
			put_node(w, "- ", level, e);
			e = e->next;
		} else {
			put_node(w, "+ ", level, r);
			r = r->next;
		}
	}
}

static void print_header(struct walker *w, const struct rig_message *message, struct rig_bytes *out)
{
	struct rig_message bare = *message;

	bare.next = NULL;
	if (!bare.raw)
		bare.nodes = NULL;
	rig_print_message(&bare, w->diff->ids, out);
}

static void walk_header(struct walker *w, const struct rig_message *e, const struct rig_message *r)
{
	const struct level top = { NULL, "" };
	struct rig_bytes expected = { 0 }, received = { 0 };

	print_header(w, e, &expected);
	print_header(w, r, &received);
	if (same_bytes(expected.data, expected.size, received.data, received.size)) {
		put_row(w, "  ", &top, rig_bytes_text(&received), received.size);
	} else {
		put_row(w, "- ", &top, rig_bytes_text(&expected), expected.size);
		put_row(w, "+ ", &top, rig_bytes_text(&received), received.size);
		rig_bytes_print(w->where, "header");
	}
	rig_bytes_free(&expected);
	rig_bytes_free(&received);
}

static size_t header_size(const struct rig_message *message)
{
	size_t size = NLMSG_HDRLEN;

	if (message->family && message->family->index != RIG_NL)
		size += GENL_HDRLEN;
	return size + (message->fixed_layout ? message->fixed_layout->size : 0);
}

/* What is open in the header must not read as a difference: take what was received there. */
static void fill_open_header(const struct rig_diff *diff, uint8_t *expected, size_t header)
{
	for (size_t i = 0; i < diff->n_open; i++) {
		const struct rig_open *open = &diff->open[i];

		if (open->offset + open->len <= header &&
		    open->offset + open->len <= diff->received_size)
			memcpy(expected + open->offset, diff->received + open->offset, open->len);
	}
}

static void put_bytes(const struct rig_diff *diff, struct rig_bytes *text)
{
	rig_bytes_print(text, "  expected bytes:\n");
	rig_hexdump(diff->expected, diff->expected_size, diff->ids, "    ", text, NULL);
	rig_bytes_print(text, "  received bytes:\n");
	rig_hexdump(diff->received, diff->received_size, diff->ids, "    ", text, NULL);
}

int rig_diff_message(const struct rig_diff *diff, struct rig_bytes *text, struct rig_bytes *where)
{
	uint8_t *copy = rig_arena_copy(diff->arena, diff->expected, diff->expected_size);
	struct walker w = { .diff = diff, .base = copy, .text = text, .where = where };
	struct rig_message *e, *r;

	if (!copy || rig_decode(diff->arena, diff->ids, copy, diff->expected_size, &e, NULL) < 0 ||
	    rig_decode(diff->arena, diff->ids, diff->received, diff->received_size, &r, NULL) < 0)
		return -1;
	if (e && r) {
		struct level top = { r->family ? r->family->nest : NULL, "" };

		fill_open_header(diff, copy, header_size(e));
		if (rig_decode(diff->arena, diff->ids, copy, diff->expected_size, &e, NULL) < 0)
			return -1;
		rig_bytes_print(text, "  - as expected, + as received:\n");
		walk_header(&w, e, r);
		if (!e->raw && !r->raw)
			walk_nodes(&w, &top, e->nodes, r->nodes);
	}
	put_bytes(diff, text);
	rig_bytes_free(&w.item);
	return 0;
}

static void put_frame_row(struct rig_bytes *text, const char *mark, const uint8_t *bytes,
			  size_t size, size_t at)
{
	size_t n = size - at < FRAME_ROW ? size - at : FRAME_ROW;

	rig_bytes_print(text, "    %s%04zx  ", mark, at);
	rig_bytes_hex(text, bytes + at, n);
	rig_bytes_print(text, "\n");
}

static size_t first_difference(const struct rig_diff *diff)
{
	size_t at = 0;

	while (at < diff->expected_size && at < diff->received_size &&
	       (diff->expected[at] == diff->received[at] || is_open(diff, at)))
		at++;
	return at;
}

void rig_diff_frame(const struct rig_diff *diff, struct rig_bytes *text, struct rig_bytes *where)
{
	size_t e = diff->expected_size, r = diff->received_size;

	if (diff->expected_size != diff->received_size)
		rig_bytes_print(where, "length");
	else
		rig_bytes_print(where, "byte %zu", first_difference(diff));
	rig_bytes_print(text, "  - as expected (%zu bytes), + as received (%zu bytes):\n", e, r);
	for (size_t at = 0; at < e || at < r; at += FRAME_ROW) {
		size_t en = at < e ? (e - at < FRAME_ROW ? e - at : FRAME_ROW) : 0;
		size_t rn = at < r ? (r - at < FRAME_ROW ? r - at : FRAME_ROW) : 0;

		if (same_bytes(diff->expected + at, en, diff->received + at, rn)) {
			put_frame_row(text, "  ", diff->received, r, at);
			continue;
		}
		if (en)
			put_frame_row(text, "- ", diff->expected, e, at);
		if (rn)
			put_frame_row(text, "+ ", diff->received, r, at);
	}
}
