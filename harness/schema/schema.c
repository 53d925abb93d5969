/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables, expanded from the .def files, and the look-ups in them. */
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>

#include "schema/schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The tables are made by macros that are no statements. */
/* clang-format off */

/* ---- names ---- */

#define NAMES(table) static const struct rig_name names_##table[] = {
#define NAME(text, number, uapi) { text, number },
#define END(table) { NULL, 0 } };
#include "schema/name.def"
#undef NAMES
#undef NAME
#undef END

/* ---- scalar types ---- */

#define TRY(...) __VA_ARGS__
#define FORMAT(id, form, bytes_order, bytes, name_table, ...) \
	static const uint64_t tries_##id[] = { __VA_ARGS__ }; \
	static const struct rig_format format_##id = {        \
		.name = #id,                                  \
		.kind = RIG_KIND_##form,                      \
		.order = RIG_##bytes_order,                   \
		.size = bytes,                                \
		.n_tries = COUNT(tries_##id),                 \
		.names = name_table,                          \
		.tries = tries_##id,                          \
	};
#include "schema/format.def"
#undef FORMAT
#undef TRY

/* ---- structs: the fields, then the struct with its name and size ---- */

#define STRUCT(id, bytes, uapi) static const struct rig_field fields_##id[] = {
#define FIELD(at, member, text, type) { .name = text, .format = &format_##type, .offset = at },
#define BITS(at, member, text, type, low, bits) PART(at, text, type, low, bits)
#define PART(at, text, type, low, bits) \
	{ .name = text, .format = &format_##type, .offset = at, .shift = low, .width = bits },
#define PAD(at, text, type) { .name = text, .format = &format_##type, .offset = at, .pad = true },
#define END(id) };
#include "schema/struct.def"
#undef STRUCT
#undef FIELD
#undef BITS
#undef PART
#undef PAD
#undef END

#define STRUCT(id, bytes, uapi)                                                        \
	static const struct rig_struct struct_##id = { #id, bytes, COUNT(fields_##id), \
						       fields_##id };
#define FIELD(...)
#define BITS(...)
#define PART(...)
#define PAD(...)
#define END(id)
#include "schema/struct.def"
#undef STRUCT
#undef FIELD
#undef BITS
#undef PART
#undef PAD
#undef END

/* ---- nests: their names first, because they hold each other; then rows; then they ---- */

#define COMMANDS(family)
#define COMMAND(...)
#define END_COMMANDS(family)

#define NEST(id, first, maximum, unknown) extern const struct rig_nest rig_nest_##id;
#define ARRAY(id, of)			  extern const struct rig_nest rig_nest_##id;
#define ATTR(...)
#define END(id)
#include "schema/all.def"
#undef NEST
#undef ARRAY
#undef ATTR
#undef END

#define ANY		  UINT16_MAX
#define FLAG		  .type = RIG_TYPE_FLAG
#define STRING		  .type = RIG_TYPE_STRING
#define OPAQUE		  .type = RIG_TYPE_BYTES
#define ADDRESS		  .type = RIG_TYPE_ADDRESS
#define SCALAR(id)	  .type = RIG_TYPE_SCALAR, .format = &format_##id
#define SCALARS(id)	  .type = RIG_TYPE_SCALARS, .format = &format_##id
#define MASKED_SCALAR(id) SCALAR(id), .masked = true
#define STRUCTURE(id)	  .type = RIG_TYPE_STRUCT, .layout = &struct_##id
#define STRUCTURES(id)	  .type = RIG_TYPE_STRUCTS, .layout = &struct_##id
#define NESTED(id)	  .type = RIG_TYPE_NEST, .nest = &rig_nest_##id

#define NOTHING .needs = NULL
#define NEEDS(...)                                         \
	.needs = (const struct rig_need[]){ __VA_ARGS__ }, \
	.n_needs = COUNT(((const struct rig_need[]){ __VA_ARGS__ }))
#define HAS(key) { .attr = key }
#define ETH_TYPE(number) { OVS_KEY_ATTR_ETHERTYPE, 0, 2, number }
#define IPV4_PROTO(number) { OVS_KEY_ATTR_IPV4, 8, 1, number }
#define IPV6_PROTO(number) { OVS_KEY_ATTR_IPV6, 36, 1, number }
#define IP_PROTO(number) IPV4_PROTO(number), IPV6_PROTO(number)
#define ICMPV6_TYPE(number) { OVS_KEY_ATTR_ICMPV6, 0, 1, number }

#define NEST(id, first, maximum, unknown) static const struct rig_attr attrs_##id[] = {
#define ARRAY(id, of)                                                             \
	static const struct rig_attr element_##id = {                             \
		.name = #of, .style = RIG_STYLE_BRACE, .max_len = ANY, NESTED(of) \
	};
#define ATTR(code, uapi_name, text, punctuation, payload, min, max, prerequisite) \
	[code] = { .name = text,                                                  \
		   .uapi = #uapi_name,                                            \
		   .number = code,                                                \
		   .style = RIG_STYLE_##punctuation,                              \
		   .min_len = min,                                                \
		   .max_len = max,                                                \
		   payload,                                                       \
		   prerequisite },
#define END(id) };
#include "schema/all.def"
#undef NEST
#undef END

/* A frame is written in the words of a key, and "payload" for what follows the headers. */
#define NEST(id, first, maximum, unknown) static const struct rig_attr attrs_frame[] = {
#define END(id)                                              \
	[RIG_FRAME_PAYLOAD] = { .name = "payload",           \
				.uapi = "",                  \
				.number = RIG_FRAME_PAYLOAD, \
				.style = RIG_STYLE_PAREN,    \
				.max_len = ANY,              \
				OPAQUE }                     \
	};
#include "schema/key.def"
#undef NEST
#undef ARRAY
#undef ATTR
#undef END

#define NEST_OBJECT(id, rows, text, unknown, is_masked) \
	const struct rig_nest rig_nest_##id = {         \
		.name = text,                           \
		.attrs = attrs_##rows,                  \
		.n_attrs = COUNT(attrs_##rows),         \
		.style = RIG_STYLE_##unknown,           \
		.masked = is_masked,                    \
	};
#define NEST(id, first, maximum, unknown) NEST_OBJECT(id, id, #id, unknown, false)
#define ARRAY(id, of)                                                     \
	const struct rig_nest rig_nest_##id = {                           \
		.name = #id, .style = RIG_STYLE_BRACE, .element = &element_##id \
	};
#define ATTR(...)
#define END(id)
#include "schema/all.def"
NEST_OBJECT(key_masked, key, "key", PAREN, true)
NEST_OBJECT(frame, frame, "frame", PAREN, false)
#undef NEST
#undef ARRAY
#undef ATTR
#undef END
#undef COMMANDS
#undef COMMAND
#undef END_COMMANDS

/* ---- fixed headers ---- */

static const struct rig_attr fixed_attrs_ovs[] = {
	{ .name = "dp", .uapi = "dp_ifindex", .style = RIG_STYLE_EQUAL, SCALAR(ifindex) },
};

static const struct rig_attr fixed_attrs_error[] = {
	{ .name = "error", .uapi = "error", .style = RIG_STYLE_EQUAL, SCALAR(errno) },
	{ .name = "request", .uapi = "msg", .style = RIG_STYLE_PAREN, STRUCTURE(nlmsghdr) },
};

#define FIXED(id, bytes, number, rows, zeros)                                    \
	static const struct rig_fixed fixed_##id = {                             \
		.size = bytes, .n_attrs = number, .attrs = rows, .always = zeros \
	};
FIXED(none, 0, 0, NULL, false)
FIXED(ovs, 4, 1, fixed_attrs_ovs, false)
FIXED(error, 20, 2, fixed_attrs_error, true)
FIXED(done, 4, 1, fixed_attrs_error, true)

/* ---- commands and families ---- */

/* The notation's defaults: a change asks for its result, a query answers anyway. */
#define CHANGE (NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO)
#define QUERY  (NLM_F_REQUEST | NLM_F_ACK)

#define NEST(...)
#define ARRAY(...)
#define ATTR(...)
#define END(id)
#define COMMANDS(family) static const struct rig_command commands_##family[] = {
#define COMMAND(code, uapi_name, text, default_flags, admin, how, header) \
	[code] = { .name = text,                                          \
		   .uapi = #uapi_name,                                    \
		   .number = code,                                        \
		   .flags = default_flags,                                \
		   .privileged = admin,                                   \
		   .flag_format = &format_##how,                          \
		   .fixed = &fixed_##header },
#define END_COMMANDS(family) };
#include "schema/all.def"

#define FAMILY(place, id, genl, mcast, number, type, header) \
	[place] = { .index = place,                          \
		    .name = #id,                             \
		    .genl_name = genl,                       \
		    .group = mcast,                          \
		    .version = number,                       \
		    .default_id = type,                      \
		    .n_commands = COUNT(commands_##id),      \
		    .commands = commands_##id,               \
		    .fixed = &fixed_##header,                \
		    .nest = &rig_nest_##id },
const struct rig_family rig_families[RIG_FAMILIES] = {
#include "schema/family.def"
};

/* clang-format on */

const struct rig_format *const rig_flags_plain = &format_flags_plain;

/* ---- look-ups by name; only texts are looked up so, never messages on the hot path ---- */

static bool is(const char *name, const char *text, size_t size)
{
	return name && strlen(name) == size && !memcmp(name, text, size);
}

const struct rig_family *rig_family_find(const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < RIG_FAMILIES; i++)
		if (is(rig_families[i].name, name, size))
			return &rig_families[i];
	return NULL;
}

const struct rig_command *rig_command_find(const struct rig_family *family, const char *name,
					   size_t size)
{
	size_t i;

	for (i = 0; i < family->n_commands; i++)
		if (is(family->commands[i].name, name, size))
			return &family->commands[i];
	return NULL;
}

const struct rig_attr *rig_attr_find(const struct rig_nest *nest, const char *name, size_t size)
{
	size_t i;

	for (i = 0; nest && i < nest->n_attrs; i++)
		if (is(nest->attrs[i].name, name, size))
			return &nest->attrs[i];
	return NULL;
}

const struct rig_field *rig_field_find(const struct rig_struct *layout, const char *name,
				       size_t size)
{
	size_t i;

	for (i = 0; i < layout->n_fields; i++)
		if (is(layout->fields[i].name, name, size))
			return &layout->fields[i];
	return NULL;
}
