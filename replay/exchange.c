/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/exchange.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "judge/inbox.h"
#include "model/model.h"

#define SOON 64 /* messages behind a dump, among which its first part is */

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
	struct queue_item *kept;

	item->answered = true;
	kept = rig_arena_copy(arena, item, sizeof(*item)); /* the list may move */
	if (!kept || rig_decode(arena, ids, item->bytes, item->size, &message, NULL) < 0)
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
		(struct exchange_answer){ .item = kept, .message = message };
	if (rig_message_errno(message) >= 0 && exchange->left)
		exchange->left--;
	exchange->pid = message->pid;
	exchange->lost |= item->lost != 0;
	read_flags(exchange, message);
	return 0;
}

/* Of those in the window, how many messages go to that port id; -1: it sends some, too. */
static int count_received(const struct queue *queue, uint32_t pid)
{
	int count = 0;

	for (size_t i = 1; i < queue->count; i++) {
		const struct queue_item *item = queue_at(queue, i);

		if (header_of(item).nlmsg_pid != pid)
			continue;
		if (item->direction == RIG_TO_KERNEL)
			return -1;
		count++;
	}
	return count;
}

/* Libraries number a process' sockets in the bits above its id, and some put in the first's. */
static bool could_have_sent(const struct exchange *exchange, const struct queue *queue,
			    uint32_t pid)
{
	const uint32_t process = (1u << 22) - 1;

	return (pid & process) == (exchange->pid & process) || count_received(queue, pid) > 1;
}

/*
 * The kernel knows who has sent a request, whatever port id that puts in. When the next thing to
 * be seen answers somebody who never asks but hears, this is who asked. Whether it is so.
 */
static bool correct_sender(struct exchange *exchange, const struct queue *queue,
			   const struct nlmsghdr *header)
{
	if (!exchange->pid || !has_seq(exchange, header->nlmsg_seq) || !header->nlmsg_pid ||
	    header->nlmsg_pid == exchange->pid ||
	    (header->nlmsg_type >= NLMSG_MIN_TYPE &&
	     header->nlmsg_type != exchange->messages->type) ||
	    !could_have_sent(exchange, queue, header->nlmsg_pid))
		return false;
	exchange->pid = header->nlmsg_pid;
	return true;
}

/*
 * Whether a datagram may change what others see: that is a privilege. Packets that are executed
 * change only counters.
 */
static bool changes(const struct queue_item *item, const struct rig_family_ids *ids)
{
	const uint8_t *at = item->bytes;
	size_t left = item->size;

	while (left > NLMSG_HDRLEN) {
		const struct rig_family *family;
		const struct rig_command *command;
		struct nlmsghdr header;

		memcpy(&header, at, sizeof(header));
		family = rig_family_by_id(ids, header.nlmsg_type);
		if (family && family->index != RIG_NL && family->index != RIG_PACKET) {
			command = rig_command_get(family, at[NLMSG_HDRLEN]);
			if (command && command->privileged)
				return true;
		}
		if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > left ||
		    NLMSG_ALIGN(header.nlmsg_len) >= left)
			break;
		at += NLMSG_ALIGN(header.nlmsg_len);
		left -= NLMSG_ALIGN(header.nlmsg_len);
	}
	return false;
}

static bool has_dump(const struct exchange *exchange)
{
	for (const struct rig_message *m = exchange->messages; m; m = m->next)
		if ((m->flags & NLM_F_DUMP) == NLM_F_DUMP)
			return true;
	return false;
}

/* The kernel answers before sendmsg() returns; only a dump goes on when it is read. */
static bool is_over(const struct exchange *exchange, bool dump)
{
	return !exchange->left || (exchange->returned && !dump) || exchange->dumped_again;
}

/* Whether this later request of the sender's is a dump that the kernel did not refuse as busy. */
static bool begins_dump(const struct queue *queue, size_t n, const struct nlmsghdr *request)
{
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		return false;
	for (size_t i = n + 1; i < queue->count && i < n + SOON; i++) {
		const struct queue_item *item = queue_at(queue, i);
		struct nlmsghdr header = header_of(item);

		if (item->direction == RIG_TO_USER && header.nlmsg_pid == request->nlmsg_pid &&
		    header.nlmsg_seq == request->nlmsg_seq)
			return header.nlmsg_flags & NLM_F_MULTI;
	}
	return false;
}

/* What another datagram to the kernel says of this one. False: the rest answers that one. */
static bool meet_request(struct exchange *exchange, const struct queue *queue, size_t n,
			 uint32_t sender)
{
	struct nlmsghdr header = header_of(queue_at(queue, n));

	if (!sender || header.nlmsg_pid != sender)
		return true;
	if (!exchange->returned)
		exchange->returned_at = queue_at(queue, n)->packet;
	exchange->returned = true;
	exchange->dumped_again = begins_dump(queue, n, &header);
	return !has_seq(exchange, header.nlmsg_seq);
}

/* The n-th message, when an answer can be among those up to there. */
static struct queue_item *look_at(struct queue *queue, size_t n, size_t last, bool dump)
{
	size_t end = (dump ? last : 0) + QUEUE_WINDOW;

	if (n >= end || n >= QUEUE_MOST)
		return NULL;
	if (n >= queue->count && queue_fill(queue, end, NULL) < 0)
		return NULL;
	return queue_at(queue, n);
}

static int find_answers(struct exchange *exchange, struct queue *queue,
			const struct rig_family_ids *ids, struct rig_arena *arena)
{
	const uint32_t sender = exchange->pid;
	const bool dump = has_dump(exchange);
	bool changed = false;
	struct queue_item *item;
	size_t last = 0;

	for (size_t i = 1; !is_over(exchange, dump) && (item = look_at(queue, i, last, dump));
	     i++) {
		struct nlmsghdr header = header_of(item);

		exchange->lost |= item->gap;
		if (item->direction == RIG_TO_KERNEL) {
			if (!meet_request(exchange, queue, i, sender))
				break;
			changed |= changes(item, ids);
		} else if (!item->answered &&
			   (is_answer(exchange, &header) ||
			    (i == 1 && correct_sender(exchange, queue, &header)))) {
			exchange->overlaps |= changed;
			last = i;
			if (add_answer(exchange, item, ids, arena) < 0)
				return -1;
		}
	}
	return 0;
}

int exchange_take(struct exchange *exchange, struct queue *queue, const struct rig_family_ids *ids,
		  struct rig_arena *arena)
{
	struct queue_item *request = rig_arena_copy(arena, queue_at(queue, 0), sizeof(*request));
	struct rig_message *messages;

	if (!request || rig_decode(arena, ids, request->bytes, request->size, &messages, NULL) < 0)
		return -1;
	*exchange = (struct exchange){ .request = request, .lost = request->lost != 0 };
	exchange->messages = messages;
	exchange->pid = messages ? messages->pid : 0;
	for (const struct rig_message *m = messages; m; m = m->next)
		exchange->left += !m->raw;
	return find_answers(exchange, queue, ids, arena);
}

const struct rig_message *exchange_end(const struct exchange *exchange, uint32_t seq)
{
	for (size_t i = exchange->n_answers; i-- > 0;) {
		const struct rig_message *message = exchange->answers[i].message;

		if (message->seq == seq && rig_message_errno(message) >= 0)
			return message;
	}
	return NULL;
}
