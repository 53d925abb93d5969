/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/queue.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

struct queue_item *queue_at(const struct queue *queue, size_t n)
{
	return n < queue->count ? &queue->list[queue->first + n] : NULL;
}

void queue_drop(struct queue *queue)
{
	free(queue->list[queue->first].bytes);
	queue->first++;
	queue->count--;
}

void queue_free(struct queue *queue)
{
	while (queue->count)
		queue_drop(queue);
	free(queue->list);
}

static int make_room(struct queue *queue)
{
	size_t room = queue->room ? 2 * queue->room : 2 * QUEUE_WINDOW;
	struct queue_item *list;

	if (queue->first + queue->count < queue->room)
		return 0;
	if (queue->first > queue->count) {
		memcpy(queue->list, queue->list + queue->first,
		       queue->count * sizeof(*queue->list));
		queue->first = 0;
		return 0;
	}
	list = realloc(queue->list, room * sizeof(*list));
	if (!list)
		return -1;
	queue->list = list;
	queue->room = room;
	return 0;
}

static int append(struct queue *queue, const struct rig_record *record, const uint8_t *bytes,
		  size_t size)
{
	struct queue_item *item;
	uint8_t *copy;

	if (make_room(queue) < 0)
		return -1;
	copy = malloc(size ? size : 1);
	if (!copy)
		return -1;
	memcpy(copy, bytes, size);
	item = &queue->list[queue->first + queue->count++];
	*item = (struct queue_item){
		.packet = record->number,
		.time = record->time,
		.direction = record->direction,
		.bytes = copy,
		.size = size,
		.lost = record->lost,
		.shifted = (bytes - record->data) % 8 != 0,
		.gap = queue->gap,
	};
	queue->gap = false;
	queue->messages++;
	return 0;
}

static int append_messages(struct queue *queue, const struct rig_record *record)
{
	const uint8_t *at = record->data;
	size_t left = record->size;

	while (left) {
		struct nlmsghdr header = {};
		size_t size = left;

		memcpy(&header, at, left < sizeof(header) ? left : sizeof(header));
		if (header.nlmsg_len >= NLMSG_HDRLEN && header.nlmsg_len < left &&
		    NLMSG_ALIGN(header.nlmsg_len) < left)
			size = NLMSG_ALIGN(header.nlmsg_len);
		if (append(queue, record, at, size) < 0)
			return -1;
		at += size;
		left -= size;
	}
	return 0;
}

static int take_in(struct queue *queue, const struct rig_record *record)
{
	queue->packets++;
	queue->flawed += record->flaw != NULL;
	queue->foreign |= record->foreign;
	queue->gap |= record->dropped || record->restarted;
	if (record->flaw || record->protocol != NETLINK_GENERIC)
		return 0;
	if (record->direction == RIG_TO_KERNEL)
		return append(queue, record, record->data, record->size);
	return append_messages(queue, record);
}

int queue_fill(struct queue *queue, size_t wanted, struct rig_error *err)
{
	struct rig_record record;
	struct rig_error damage;

	while (queue->count < wanted && !queue->ended) {
		int ret = rig_trace_next(queue->trace, &record, &damage);

		queue->ended = ret == 0;
		if (ret < 0) {
			queue->gap = true;
			if (!queue->damages++)
				queue->damage = damage;
		}
		if (ret == 1 && take_in(queue, &record) < 0)
			return rig_error_set(err, "out of memory");
	}
	return 0;
}
