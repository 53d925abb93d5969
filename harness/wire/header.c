/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "wire/header.h"

#define IN_NLMSGHDR(text, bit, field, kept)                                           \
	{                                                                             \
		.name = text, .set = bit, .offset = offsetof(struct nlmsghdr, field), \
		.size = sizeof(((struct nlmsghdr *)NULL)->field),                     \
		.member = offsetof(struct rig_message, kept)                          \
	}
#define IN_GENLMSGHDR(text, bit, field)                                        \
	{                                                                      \
		.name = text, .set = bit,                                      \
		.offset = NLMSG_HDRLEN + offsetof(struct genlmsghdr, field),   \
		.size = sizeof(((struct genlmsghdr *)NULL)->field),            \
		.member = offsetof(struct rig_message, field), .generic = true \
	}

const struct rig_brackets rig_brackets[] = {
	[RIG_STYLE_EQUAL] = { "=", "" },
	[RIG_STYLE_PAREN] = { "(", ")" },
	[RIG_STYLE_COLON] = { ":", "" },
	[RIG_STYLE_BRACE] = { "{", "}" },
};

const struct rig_header_field rig_header_fields[RIG_HEADER_FIELDS] = {
	IN_NLMSGHDR("type", RIG_SET_TYPE, nlmsg_type, type),
	IN_NLMSGHDR("len", RIG_SET_LEN, nlmsg_len, len),
	IN_NLMSGHDR("flags", RIG_SET_FLAGS, nlmsg_flags, flags),
	IN_NLMSGHDR("seq", RIG_SET_SEQ, nlmsg_seq, seq),
	IN_NLMSGHDR("pid", RIG_SET_PID, nlmsg_pid, pid),
	IN_GENLMSGHDR("version", RIG_SET_VERSION, version),
	IN_GENLMSGHDR("reserved", RIG_SET_RESERVED, reserved),
};

static const struct rig_format formats[] = {
	[1] = { "u8", RIG_KIND_DEC, RIG_HOST, 1, 0, NULL, NULL },
	[2] = { "u16", RIG_KIND_DEC, RIG_HOST, 2, 0, NULL, NULL },
	[4] = { "u32", RIG_KIND_DEC, RIG_HOST, 4, 0, NULL, NULL },
};
static const struct rig_format type_format = { "nlmsg_type", RIG_KIND_FAMILY, RIG_HOST, 2, 0, NULL,
					       NULL };

const struct rig_format *rig_header_format(const struct rig_message *message,
					   const struct rig_header_field *field)
{
	if (field->set == RIG_SET_TYPE)
		return &type_format;
	if (field->set == RIG_SET_FLAGS)
		return message->command ? message->command->flag_format : rig_flags_plain;
	return &formats[field->size];
}

uint32_t rig_header_get(const struct rig_message *message, const struct rig_header_field *field)
{
	return rig_uint_get((const uint8_t *)message + field->member, field->size, RIG_HOST);
}

void rig_header_put(struct rig_message *message, const struct rig_header_field *field,
		    uint32_t value)
{
	rig_uint_put((uint8_t *)message + field->member, field->size, RIG_HOST, value);
}

uint32_t rig_header_default(const struct rig_message *message, const struct rig_header_field *field)
{
	if (field->set == RIG_SET_FLAGS && message->command)
		return message->command->flags;
	if (field->set == RIG_SET_FLAGS && rig_header_has_generic(message))
		return NLM_F_REQUEST | NLM_F_ACK;
	if (field->set == RIG_SET_VERSION && message->family)
		return message->family->version;
	return 0;
}

bool rig_header_has_generic(const struct rig_message *message)
{
	return message->family && message->family->index != RIG_NL;
}

size_t rig_header_fixed_offset(const struct rig_message *message)
{
	return NLMSG_HDRLEN + (rig_header_has_generic(message) ? GENL_HDRLEN : 0);
}

size_t rig_fixed_size(const struct rig_attr *attr)
{
	return attr->type == RIG_TYPE_STRUCT ? attr->layout->size : attr->format->size;
}
