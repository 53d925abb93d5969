/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tree to its canonical text.
 *
 * A payload reads as its type when that says every byte of it, and as hex otherwise; so whatever is
 * printed can be read back to the same bytes.
 */
#include <string.h>

#include <linux/netlink.h>

#include "wire/header.h"
#include "wire/value.h"

struct printer {
	struct rig_bytes *text;
	const struct rig_family_ids *ids;
};

/* The payload of a leaf, or one attribute of a fixed header. */
struct payload {
	const struct rig_attr *attr;
	const uint8_t *data;
	size_t size;
	const uint8_t *care;
	const struct rig_ref *refs;
	size_t ref_base; /* where data begins, as the refs count */
	bool masked;
};

static void put(const struct printer *p, const char *text)
{
	rig_bytes_put(p->text, text, strlen(text));
}

static void put_hex(const struct printer *p, const uint8_t *data, size_t size)
{
	put(p, "hex:");
	rig_bytes_hex(p->text, data, size);
}

/* ---- payloads ---- */

static const struct rig_ref *find_ref(const struct payload *v, size_t offset)
{
	const struct rig_ref *ref;

	for (ref = v->refs; ref; ref = ref->next)
		if (ref->offset == v->ref_base + offset)
			return ref;
	return NULL;
}

static rig_uint field_get(const uint8_t *data, const struct rig_field *field)
{
	rig_uint value =
		rig_uint_get(data + field->offset, field->format->size, field->format->order);

	value >>= field->shift;
	return field->width ? value & (((rig_uint)1 << field->width) - 1) : value;
}

static void print_value(const struct printer *p, const struct payload *v,
			const struct rig_field *field, size_t base)
{
	const struct rig_ref *ref = field->width ? NULL : find_ref(v, base + field->offset);

	if (ref)
		rig_bytes_print(p->text, "$%s", ref->symbol);
	else
		rig_value_print(p->text, field->format, p->ids, field_get(v->data + base, field));
}

static void print_masked_value(const struct printer *p, const struct payload *v,
			       const struct rig_field *field, size_t base, size_t mask)
{
	print_value(p, v, field, base);
	if (!v->masked)
		return;
	put(p, "/");
	print_value(p, v, field, mask);
}

static bool field_is_silent(const struct payload *v, const struct rig_field *field, size_t base,
			    size_t mask)
{
	if (v->care && !field_get(v->care + base, field))
		return true;
	if (!field->pad && !v->masked)
		return false;
	if (find_ref(v, base + field->offset))
		return false;
	return !field_get(v->data + base, field) &&
	       (!v->masked || !field_get(v->data + mask, field));
}

static void print_struct(const struct printer *p, const struct payload *v, size_t base)
{
	const struct rig_struct *layout = v->attr->layout;
	size_t i, mask = base + layout->size;
	const char *comma = "";

	for (i = 0; i < layout->n_fields; i++) {
		const struct rig_field *field = &layout->fields[i];

		if (field_is_silent(v, field, base, mask))
			continue;
		rig_bytes_print(p->text, "%s%s=", comma, field->name);
		print_masked_value(p, v, field, base, mask);
		comma = ",";
	}
	if (v->care)
		rig_bytes_print(p->text, "%s...", comma);
}

static void print_structs(const struct printer *p, const struct payload *v)
{
	size_t base;

	for (base = 0; base < v->size; base += v->attr->layout->size * (v->masked ? 2 : 1)) {
		if (base)
			put(p, "; ");
		print_struct(p, v, base);
	}
}

static void print_scalar(const struct printer *p, const struct payload *v)
{
	const struct rig_field whole = { .format = v->attr->format };

	print_masked_value(p, v, &whole, 0, whole.format->size);
}

static void print_scalars(const struct printer *p, const struct payload *v)
{
	const struct rig_field whole = { .format = v->attr->format };
	size_t base, step = whole.format->size;

	if (v->size == step) {
		print_value(p, v, &whole, 0);
		return;
	}
	for (base = 0; base < v->size; base += step) {
		put(p, base ? "," : "[");
		print_value(p, v, &whole, base);
	}
	put(p, "]");
}

/* A first dot would read as "...". */
static bool string_is_bare(const char *string)
{
	static const char bare[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	return *string && *string != '.' && strspn(string, bare) == strlen(string);
}

static void print_string(const struct printer *p, const struct payload *v)
{
	const char *c = (const char *)v->data;

	if (string_is_bare(c)) {
		put(p, c);
		return;
	}
	put(p, "\"");
	for (; *c; c++) {
		if (*c == '"' || *c == '\\')
			rig_bytes_print(p->text, "\\%c", *c);
		else if (*c >= ' ' && *c <= '~')
			rig_bytes_put(p->text, c, 1);
		else
			rig_bytes_print(p->text, "\\x%02x", (unsigned char)*c);
	}
	put(p, "\"");
}

static void print_bytes(const struct printer *p, const struct payload *v)
{
	if (v->size)
		rig_bytes_hex(p->text, v->data, v->size);
	else
		put(p, "hex:");
}

static void print_address(const struct printer *p, const struct payload *v)
{
	rig_value_print(p->text, rig_value_address(v->size), p->ids,
			rig_uint_get(v->data, v->size, RIG_NET));
}

/* ---- does the type say every byte of the payload? ---- */

static bool fits_scalar(const struct payload *v)
{
	return v->size == v->attr->format->size * (v->masked ? 2u : 1u);
}

static bool fits_scalars(const struct payload *v)
{
	return v->size && !(v->size % v->attr->format->size);
}

static bool fits_struct(const struct payload *v)
{
	return v->size == v->attr->layout->size * (v->masked ? 2u : 1u);
}

static bool fits_structs(const struct payload *v)
{
	if (v->masked)
		return fits_struct(v);
	return v->size && !(v->size % v->attr->layout->size);
}

static bool fits_string(const struct payload *v)
{
	return v->size && memchr(v->data, '\0', v->size) == v->data + v->size - 1;
}

static bool fits_address(const struct payload *v)
{
	return rig_value_address(v->size) != NULL;
}

static bool fits_always(const struct payload *v)
{
	(void)v;
	return true;
}

static const struct {
	bool (*fits)(const struct payload *v);
	void (*print)(const struct printer *p, const struct payload *v);
} types[] = {
	[RIG_TYPE_FLAG] = { NULL, NULL },
	[RIG_TYPE_SCALAR] = { fits_scalar, print_scalar },
	[RIG_TYPE_SCALARS] = { fits_scalars, print_scalars },
	[RIG_TYPE_STRUCT] = { fits_struct, print_structs },
	[RIG_TYPE_STRUCTS] = { fits_structs, print_structs },
	[RIG_TYPE_STRING] = { fits_string, print_string },
	[RIG_TYPE_BYTES] = { fits_always, print_bytes },
	[RIG_TYPE_ADDRESS] = { fits_address, print_address },
	[RIG_TYPE_NEST] = { NULL, NULL },
};

static void print_payload(const struct printer *p, const struct payload *v)
{
	if (v->attr && types[v->attr->type].fits && types[v->attr->type].fits(v))
		types[v->attr->type].print(p, v);
	else
		put_hex(p, v->data, v->size);
}

/* ---- items ---- */

void rig_print_name(const struct rig_node *node, struct rig_bytes *text)
{
	/* The elements of an array share one row, and differ in their numbers. */
	if (node->attr && node->attr->uapi)
		rig_bytes_print(text, "%s", node->attr->name);
	else
		rig_bytes_print(text, "%u", rig_node_number(node));
}

static void print_marks(const struct printer *p, const struct rig_node *node)
{
	if (node->type & NLA_F_NESTED)
		put(p, "!n");
	if (node->type & NLA_F_NET_BYTEORDER)
		put(p, "!b");
	if (node->has_len)
		rig_bytes_print(p->text, "!len=%u", node->len);
	if (node->has_pad) {
		put(p, "!pad=");
		rig_bytes_hex(p->text, node->pad, node->pad_size);
	}
}

static void print_items(const struct printer *p, const struct rig_node *node,
			enum rig_style unknown, bool masked, const char *separator);

static void print_content(const struct printer *p, const struct rig_node *node, bool masked)
{
	const struct payload v = {
		.attr = node->attr,
		.data = node->data,
		.size = node->size,
		.care = node->care,
		.refs = node->refs,
		.masked = masked || (node->attr && node->attr->masked),
	};

	if (node->any)
		put(p, "...");
	else if (node->form == RIG_FORM_NEST)
		print_items(p, node->children, node->attr->nest->style, node->attr->nest->masked,
			    ",");
	else
		print_payload(p, &v);
}

static void print_attr(const struct printer *p, const struct rig_node *node, enum rig_style unknown,
		       bool masked)
{
	enum rig_style style = node->attr ? node->attr->style : unknown;

	rig_print_name(node, p->text);
	print_marks(p, node);
	if (node->attr && node->attr->type == RIG_TYPE_FLAG && !node->size && !node->any)
		return;
	put(p, rig_brackets[style].open);
	print_content(p, node, masked);
	put(p, rig_brackets[style].close);
}

static void print_item(const struct printer *p, const struct rig_node *node, enum rig_style unknown,
		       bool masked)
{
	switch (node->form) {
	case RIG_FORM_RAW:
		put_hex(p, node->data, node->size);
		return;
	case RIG_FORM_LEAF:
	case RIG_FORM_NEST:
		print_attr(p, node, unknown, masked);
		return;
	case RIG_FORM_REST:
		put(p, "...");
		return;
	case RIG_FORM_ABSENT:
		put(p, "!");
		rig_print_name(node, p->text);
		return;
	}
}

static void print_items(const struct printer *p, const struct rig_node *node,
			enum rig_style unknown, bool masked, const char *separator)
{
	const char *between = "";

	for (; node; node = node->next, between = separator) {
		put(p, between);
		print_item(p, node, unknown, masked);
	}
}

/* ---- messages ---- */

static const struct rig_ref *header_ref(const struct rig_message *message, size_t offset)
{
	const struct payload headers = { .refs = message->refs };

	return find_ref(&headers, offset);
}

static bool header_is_silent(const struct rig_message *message,
			     const struct rig_header_field *field)
{
	if (field->generic && !rig_header_has_generic(message))
		return true;
	if (header_ref(message, field->offset))
		return false;
	if (field->set == RIG_SET_LEN)
		return !(message->set & RIG_SET_LEN);
	if (field->set == RIG_SET_TYPE)
		return message->family && !(message->set & RIG_SET_TYPE);
	return rig_header_get(message, field) == rig_header_default(message, field);
}

static void print_header(const struct printer *p, const struct rig_message *message,
			 const struct rig_header_field *field)
{
	const struct rig_ref *ref = header_ref(message, field->offset);

	if (header_is_silent(message, field))
		return;
	if (field->set == RIG_SET_FLAGS && message->flags == RIG_FLAGS_DUMP && !ref) {
		put(p, " dump");
		return;
	}
	rig_bytes_print(p->text, " @%s=", field->name);
	if (ref)
		rig_bytes_print(p->text, "$%s", ref->symbol);
	else
		rig_value_print(p->text, rig_header_format(message, field), p->ids,
				rig_header_get(message, field));
}

static void print_headers(const struct printer *p, const struct rig_message *message)
{
	size_t i;

	for (i = 0; i < RIG_HEADER_FIELDS; i++)
		print_header(p, message, &rig_header_fields[i]);
	if (message->set & RIG_SET_PAD) {
		put(p, " @pad=");
		rig_bytes_hex(p->text, message->pad, message->pad_size);
	}
}

static bool fixed_is_silent(const struct rig_message *message, const struct payload *v)
{
	size_t i;

	if (message->fixed_layout->always || find_ref(v, 0))
		return false;
	for (i = 0; i < v->size; i++)
		if (v->data[i])
			return false;
	return true;
}

static void print_fixed(const struct printer *p, const struct rig_message *message)
{
	size_t i, at = 0;

	for (i = 0; message->fixed_layout && i < message->fixed_layout->n_attrs; i++) {
		const struct rig_attr *attr = &message->fixed_layout->attrs[i];
		const struct payload v = {
			.attr = attr,
			.data = message->fixed + at,
			.size = rig_fixed_size(attr),
			.refs = message->refs,
			.ref_base = rig_header_fixed_offset(message) + at,
		};

		at += v.size;
		if (fixed_is_silent(message, &v))
			continue;
		rig_bytes_print(p->text, " %s%s", attr->name, rig_brackets[attr->style].open);
		print_payload(p, &v);
		put(p, rig_brackets[attr->style].close);
	}
}

static void print_command(const struct printer *p, const struct rig_message *message)
{
	const struct rig_family *family = message->family;

	if (message->raw)
		put(p, "raw");
	else if (!family)
		put(p, "msg");
	else if (message->command)
		rig_bytes_print(p->text, "%s.%s", family->name, message->command->name);
	else
		rig_bytes_print(p->text, "%s.%u", family->name,
				family->index == RIG_NL ? message->type : message->cmd);
}

void rig_print_message(const struct rig_message *message, const struct rig_family_ids *ids,
		       struct rig_bytes *text)
{
	const struct printer p = { text, ids };

	print_command(&p, message);
	if (!message->raw) {
		print_headers(&p, message);
		print_fixed(&p, message);
	}
	if (message->nodes)
		put(&p, " ");
	print_items(&p, message->nodes, RIG_STYLE_EQUAL, false, " ");
}

void rig_print(const struct rig_message *messages, const struct rig_family_ids *ids,
	       struct rig_bytes *text)
{
	const struct rig_message *message;

	for (message = messages; message; message = message->next) {
		if (message != messages)
			rig_bytes_print(text, "+ ");
		rig_print_message(message, ids, text);
		rig_bytes_print(text, "\n");
	}
}

void rig_print_node(const struct rig_node *node, const struct rig_nest *nest,
		    const struct rig_family_ids *ids, struct rig_bytes *text)
{
	const struct printer p = { text, ids };

	print_item(&p, node, nest ? nest->style : RIG_STYLE_EQUAL, nest && nest->masked);
}
