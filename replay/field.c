/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/field.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

struct walk {
	const struct rig_family_ids *ids;
	rig_field_visit *visit;
	void *context;
	bool foreign; /* lengths and types are to be turned before they are read */
};

static void turn(uint8_t *at, size_t size)
{
	for (uint8_t *end = at + size; at < --end; at++) {
		uint8_t byte = *at;

		*at = *end;
		*end = byte;
	}
}

static void turn_field(void *context, const struct rig_format *format, uint8_t *at)
{
	(void)context;
	if (format->order == RIG_HOST)
		turn(at, format->size);
}

static void visit_struct(const struct walk *w, const struct rig_struct *layout, uint8_t *at)
{
	for (unsigned int i = 0; i < layout->n_fields; i++) {
		const struct rig_field *field = &layout->fields[i];

		/* The parts of a bit field share one integer. */
		if (i && field->offset == field[-1].offset)
			continue;
		w->visit(w->context, field->format, at + field->offset);
	}
}

/* Payloads of another length than the type's are left alone. */
static void visit_payload(const struct walk *w, const struct rig_attr *attr, bool masked,
			  uint8_t *at, size_t size)
{
	size_t one = attr->layout ? attr->layout->size : attr->format ? attr->format->size : 0;
	bool many = attr->type == RIG_TYPE_SCALARS || attr->type == RIG_TYPE_STRUCTS;
	size_t count = many ? size / (one ? one : 1) : masked || attr->masked ? 2 : 1;

	if (!one || count * one != size)
		return;
	for (; count--; at += one) {
		if (attr->layout)
			visit_struct(w, attr->layout, at);
		else
			w->visit(w->context, attr->format, at);
	}
}

static void visit_attrs(const struct walk *w, const struct rig_nest *nest, uint8_t *at, size_t size,
			unsigned int depth)
{
	while (size >= NLA_HDRLEN) {
		const struct rig_attr *attr;
		struct nlattr nla;
		size_t step;

		if (w->foreign) {
			turn(at, sizeof(nla.nla_len));
			turn(at + sizeof(nla.nla_len), sizeof(nla.nla_type));
		}
		memcpy(&nla, at, sizeof(nla));
		if (nla.nla_len < NLA_HDRLEN || nla.nla_len > size)
			return;
		attr = rig_attr_get(nest, nla.nla_type & NLA_TYPE_MASK);
		if (attr && attr->type == RIG_TYPE_NEST && depth < RIG_NEST_DEPTH_MAX)
			visit_attrs(w, attr->nest, at + NLA_HDRLEN, nla.nla_len - NLA_HDRLEN,
				    depth + 1);
		else if (attr)
			visit_payload(w, attr, nest->masked, at + NLA_HDRLEN,
				      nla.nla_len - NLA_HDRLEN);
		step = NLA_ALIGN(nla.nla_len);
		if (step >= size)
			return;
		at += step;
		size -= step;
	}
}

static void visit_fixed(const struct walk *w, const struct rig_fixed *fixed, uint8_t *at)
{
	for (unsigned int i = 0; i < fixed->n_attrs; i++) {
		const struct rig_attr *attr = &fixed->attrs[i];
		size_t size = attr->layout ? attr->layout->size : attr->format->size;

		visit_payload(w, attr, false, at, size);
		at += size;
	}
}

static void visit_generic(const struct walk *w, const struct rig_family *family, uint8_t *at,
			  size_t size)
{
	const struct rig_command *command;
	const struct rig_fixed *fixed;

	if (size < GENL_HDRLEN)
		return;
	command = rig_command_get(family, at[0]);
	fixed = command ? command->fixed : family->fixed;
	if (size < (size_t)GENL_HDRLEN + fixed->size)
		return;
	visit_fixed(w, fixed, at + GENL_HDRLEN);
	visit_attrs(w, family->nest, at + GENL_HDRLEN + fixed->size,
		    size - GENL_HDRLEN - fixed->size, 0);
}

/* What an NLMSG_ERROR has of the request behind its header; how many bytes. */
static size_t visit_request(const struct walk *w, const struct nlmsghdr *header, uint8_t *at,
			    size_t size)
{
	const struct rig_family *family;
	struct nlmsghdr request;
	size_t there;

	if (header->nlmsg_type != NLMSG_ERROR || (header->nlmsg_flags & NLM_F_CAPPED))
		return 0;
	memcpy(&request, at - sizeof(request), sizeof(request));
	if (request.nlmsg_len < sizeof(request))
		return 0;
	there = NLMSG_ALIGN((size_t)request.nlmsg_len) - sizeof(request);
	if (there > size)
		there = size;
	family = rig_family_by_id(w->ids, request.nlmsg_type);
	if (family && family->index != RIG_NL)
		visit_generic(w, family, at, there);
	return there;
}

static void visit_control(const struct walk *w, const struct nlmsghdr *header, uint8_t *at,
			  size_t size)
{
	const struct rig_family *family = &rig_families[RIG_NL];
	const struct rig_command *command = rig_command_get(family, header->nlmsg_type);
	size_t used;

	if (!command || size < command->fixed->size)
		return;
	if (w->foreign)
		visit_fixed(w, command->fixed, at);
	used = command->fixed->size;
	used += visit_request(w, header, at + used, size - used);
	if (header->nlmsg_flags & NLM_F_ACK_TLVS)
		visit_attrs(w, family->nest, at + used, size - used, 0);
	if (!w->foreign)
		visit_fixed(w, command->fixed, at);
}

static const struct rig_struct *header_layout(void)
{
	return rig_command_get(&rig_families[RIG_NL], NLMSG_ERROR)->fixed->attrs[1].layout;
}

static void visit_message(const struct walk *w, uint8_t *at, size_t size)
{
	const struct rig_family *family;
	struct nlmsghdr header;

	memcpy(&header, at, sizeof(header));
	family = rig_family_by_id(w->ids, header.nlmsg_type);
	if (family && family->index == RIG_NL)
		visit_control(w, &header, at + sizeof(header), size - sizeof(header));
	else if (family)
		visit_generic(w, family, at + sizeof(header), size - sizeof(header));
}

static void visit_datagram(const struct walk *w, uint8_t *at, size_t size)
{
	while (size >= NLMSG_HDRLEN) {
		struct nlmsghdr header;
		size_t step = size;

		if (w->foreign)
			visit_struct(w, header_layout(), at);
		memcpy(&header, at, sizeof(header));
		if (header.nlmsg_len >= NLMSG_HDRLEN && header.nlmsg_len <= size)
			step = header.nlmsg_len;
		visit_message(w, at, step);
		if (!w->foreign)
			visit_struct(w, header_layout(), at);
		if (NLMSG_ALIGN(step) >= size)
			return;
		at += NLMSG_ALIGN(step);
		size -= NLMSG_ALIGN(step);
	}
}

void rig_fields_visit(const struct rig_family_ids *ids, uint8_t *datagram, size_t size,
		      rig_field_visit *visit, void *context)
{
	const struct walk w = { .ids = ids, .visit = visit, .context = context };

	visit_datagram(&w, datagram, size);
}

void rig_fields_turn(const struct rig_family_ids *ids, uint8_t *datagram, size_t size)
{
	const struct walk w = { .ids = ids, .visit = turn_field, .foreign = true };

	visit_datagram(&w, datagram, size);
}

void rig_fields_turn_payload(const struct rig_family *family, uint8_t *message, size_t size)
{
	const struct walk w = { .visit = turn_field, .foreign = true };

	if (size >= NLMSG_HDRLEN)
		visit_generic(&w, family, message + NLMSG_HDRLEN, size - NLMSG_HDRLEN);
}
