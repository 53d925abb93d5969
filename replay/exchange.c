/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/exchange.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "judge/inbox.h"
#include "model/model.h"

static struct nlmsghdr header_of(const struct queue_item *item)
{
	struct nlmsghdr header = {};

	memcpy(&header, item->bytes, item->size < sizeof(header) ? item->size : sizeof(header));
	return header;
}

static bool has_seq(const struct exchange *exchange, uint32_t seq)
{
	for (const struct rig_message *m = exchange->messages; m; m = m->next)
		if (!m->raw && m->seq == seq)
			return true;
	return false;
}

/* An answer carries its request's number and the sender's port id, which the kernel knows. */
static bool is_answer(const struct exchange *exchange, const struct nlmsghdr *header)
{
	if (!has_seq(exchange, header->nlmsg_seq) || !header->nlmsg_pid)
		return false;
	return !exchange->pid || exchange->pid == header->nlmsg_pid;
}

static void read_flags(struct exchange *exchange, const struct rig_message *message)
{
	int number = message->type == NLMSG_ERROR ? rig_message_errno(message) : -1;

	if (number > 0 && (message->flags & NLM_F_CAPPED))
		exchange->flags |= RIG_MODEL_CAP_ACK;
	if (message->flags & NLM_F_ACK_TLVS)
		exchange->flags |= RIG_MODEL_EXT_ACK;
	if (number == EPERM)
		exchange->flags |= RIG_MODEL_UNPRIVILEGED;
}

static int add_answer(struct exchange *exchange, struct queue_item *item,
		      const struct rig_family_ids *ids, struct rig_arena *arena)
{
	struct rig_message *message;

	if (rig_decode(arena, ids, item->bytes, item->size, &message, NULL) < 0)
		return -1;
	if (exchange->n_answers == exchange->room) {
		size_t room = exchange->room ? 2 * exchange->room : 16;
		struct exchange_answer *answers = rig_arena_alloc(arena, room * sizeof(*answers));

		if (!answers)
			return -1;
		if (exchange->n_answers)
			memcpy(answers, exchange->answers, exchange->n_answers * sizeof(*answers));
		exchange->answers = answers;
		exchange->room = room;
	}
	exchange->answers[exchange->n_answers++] =
		(struct exchange_answer){ .item = item, .message = message };
	item->answered = true;
	exchange->pid = message->pid;
	exchange->lost |= item->lost != 0;
	read_flags(exchange, message);
	return 0;
}

/* Whether a request may change what others see: that is a privilege. */
static bool changes(const struct queue_item *item, const struct nlmsghdr *header,
		    const struct rig_family_ids *ids)
{
	const struct rig_family *family = rig_family_by_id(ids, header->nlmsg_type);
	const struct rig_command *command;

	if (!family || family->index == RIG_NL || item->size <= NLMSG_HDRLEN)
		return false;
	command = rig_command_get(family, item->bytes[NLMSG_HDRLEN]);
	return command && command->privileged;
}

static bool has_dump(const struct exchange *exchange)
{
	for (const struct rig_message *m = exchange->messages; m; m = m->next)
		if ((m->flags & NLM_F_DUMP) == NLM_F_DUMP)
			return true;
	return false;
}

static bool is_over(const struct exchange *exchange)
{
	/* The kernel answers before sendmsg() returns; only a dump goes on when it is read. */
	if (exchange->returned && !has_dump(exchange))
		return true;
	for (const struct rig_message *m = exchange->messages; m; m = m->next)
		if (!m->raw && !exchange_end(exchange, m->seq))
			return false;
	return true;
}

int exchange_take(struct exchange *exchange, const struct queue *queue,
		  const struct rig_family_ids *ids, struct rig_arena *arena)
{
	struct rig_message *messages;
	bool changed = false;
	uint32_t first_pid;

	*exchange = (struct exchange){ .request = queue_at(queue, 0) };
	if (rig_decode(arena, ids, exchange->request->bytes, exchange->request->size, &messages,
		       NULL) < 0)
		return -1;
	exchange->messages = messages;
	exchange->lost = exchange->request->lost != 0;
	first_pid = exchange->pid = messages ? messages->pid : 0;
	for (size_t i = 1; i < queue->count && !is_over(exchange); i++) {
		struct queue_item *item = queue_at(queue, i);
		struct nlmsghdr header = header_of(item);

		if (item->direction == RIG_TO_KERNEL) {
			if (header.nlmsg_pid == first_pid && first_pid)
				exchange->returned = true;
			/* The number is used again: what follows answers that request. */
			if (header.nlmsg_pid == first_pid && has_seq(exchange, header.nlmsg_seq))
				break;
			changed |= changes(item, &header, ids);
		} else if (!item->answered && is_answer(exchange, &header)) {
			exchange->overlaps |= changed;
			if (add_answer(exchange, item, ids, arena) < 0)
				return -1;
		}
	}
	return 0;
}

const struct rig_message *exchange_end(const struct exchange *exchange, uint32_t seq)
{
	for (size_t i = 0; i < exchange->n_answers; i++) {
		const struct rig_message *message = exchange->answers[i].message;

		if (message->seq == seq && rig_message_errno(message) >= 0)
			return message;
	}
	return NULL;
}
