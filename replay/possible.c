/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/possible.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "judge/inbox.h"

#define ERRNOS 12

/*
 * The errnos by which a family says that something is there, is not, or does not fit what is; any
 * request can also find no memory, and one that changes something no privilege.
 */
static const int errnos[RIG_FAMILIES][ERRNOS] = {
	[RIG_DP] = { ENODEV, EEXIST, EBUSY, EINVAL },
	[RIG_VPORT] = { ENODEV, EEXIST, EBUSY, EFBIG, EINVAL, EADDRINUSE, EAFNOSUPPORT,
			EOPNOTSUPP },
	[RIG_FLOW] = { ENODEV, ENOENT, EEXIST, EINVAL, EBUSY, ENOSPC },
	[RIG_PACKET] = { ENODEV, ENOENT, EINVAL, EBUSY, ENETDOWN, EAGAIN, ELOOP },
	[RIG_METER] = { ENODEV, ENOENT, EEXIST, EBUSY, EFBIG, EINVAL },
	[RIG_CT_LIMIT] = { ENODEV, ENOENT, EINVAL },
	[RIG_CTRL] = { ENOENT },
};

static bool depends_on_state(const struct rig_message *request, int number)
{
	if (number == ENOMEM)
		return true;
	if (number == EPERM)
		return request->command && request->command->privileged;
	/* A question only finds, or does not. */
	if (request->command && !request->command->privileged)
		return number == ENODEV || number == ENOENT ||
		       (number == EINVAL && request->family->index == RIG_VPORT);
	for (unsigned int i = 0; request->family && i < ERRNOS; i++)
		if (errnos[request->family->index][i] == number)
			return true;
	return false;
}

/* The request's bytes from the one that the answer is to, and how many they are. */
static const uint8_t *find_request(const struct exchange *exchange, uint32_t seq, size_t *size)
{
	const uint8_t *at = exchange->request->bytes;
	size_t left = exchange->request->size;

	while (left >= NLMSG_HDRLEN) {
		struct nlmsghdr header;

		memcpy(&header, at, sizeof(header));
		if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > left)
			return NULL;
		*size = header.nlmsg_len;
		if (header.nlmsg_seq == seq)
			return at;
		if (NLMSG_ALIGN(header.nlmsg_len) >= left)
			return NULL;
		at += NLMSG_ALIGN(header.nlmsg_len);
		left -= NLMSG_ALIGN(header.nlmsg_len);
	}
	return NULL;
}

static const struct rig_message *message_of(const struct exchange *exchange, uint32_t seq)
{
	const struct rig_message *m = exchange->messages;

	while (m && m->seq != seq)
		m = m->next;
	return m;
}

bool possible_error(const struct exchange *exchange, const struct exchange_answer *answer)
{
	const struct rig_message *message = answer->message;
	const struct rig_message *request = message_of(exchange, message->seq);
	const struct queue_item *item = answer->item;
	const size_t head = NLMSG_HDRLEN + sizeof(int);
	const uint8_t *sent;
	size_t size, echoed;

	sent = find_request(exchange, message->seq, &size);
	if (!sent || !request || message->type != NLMSG_ERROR ||
	    (message->flags & ~(NLM_F_CAPPED | NLM_F_ACK_TLVS)) ||
	    !depends_on_state(request, rig_message_errno(message)))
		return false;
	echoed = message->flags & NLM_F_CAPPED ? NLMSG_HDRLEN : size;
	if (message->len > item->size || item->size < head + echoed)
		return false;
	if (!(message->flags & NLM_F_ACK_TLVS) && NLMSG_ALIGN(head + echoed) != item->size)
		return false;
	return !memcmp(item->bytes + head, sent, echoed);
}

/* Actions are as a client sent them, and their userdata is nobody's to judge. */
static bool is_in_order(const struct rig_node *nodes)
{
	for (const struct rig_node *node = nodes; node; node = node->next) {
		if (node->form == RIG_FORM_RAW || node->has_len || node->has_pad)
			return false;
		if (node->form == RIG_FORM_NEST && node->attr &&
		    node->attr->nest != &rig_nest_action && !is_in_order(node->children))
			return false;
	}
	return true;
}

bool possible_reply(const struct rig_message *message)
{
	return message->command && !message->reserved &&
	       !(message->set & (RIG_SET_LEN | RIG_SET_PAD)) && is_in_order(message->nodes);
}
