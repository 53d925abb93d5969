/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading pcapng. Of its blocks, a trace needs sections, interfaces, packets and statistics. */
#include "replay/pcapng.h"

#include <byteswap.h>
#include <string.h>

#include "replay/cooked.h"
#include "replay/reader.h"
#include "wire/error.h"

#define MICRO	   1000000
#define OTHER	   2 /* a block that is no packet */
#define STATS_DROP 5 /* of statistics: packets that found no room */

/* A block in hand: the input has it whole, and it has not been taken. */
struct block {
	uint32_t type, size; /* with its frame */
	const uint8_t *body;
	uint32_t body_size;
};

/* ---- options ---- */

/* The first option of that number; its size, 0: there is none. */
static size_t find_option(const struct rig_trace *trace, const uint8_t *at, size_t size,
			  unsigned int number, const uint8_t **value)
{
	while (size >= 4) {
		unsigned int code = reader_u16(trace, at);
		size_t length = reader_u16(trace, at + 2);
		size_t step = 4 + ((length + 3) & ~(size_t)3);

		if (code == OPTION_END || step > size)
			return 0;
		*value = at + 4;
		if (code == number)
			return length;
		at += step;
		size -= step;
	}
	return 0;
}

static uint64_t u64_option(const struct rig_trace *trace, const uint8_t *at, size_t size,
			   unsigned int number)
{
	const uint8_t *value;
	uint64_t result;

	if (find_option(trace, at, size, number, &value) != sizeof(result))
		return 0;
	memcpy(&result, value, sizeof(result));
	return trace->turned ? bswap_64(result) : result;
}

/* ---- blocks ---- */

static void take_interface(struct rig_trace *trace, const struct block *block)
{
	const size_t fixed = sizeof(struct block_interface);
	struct reader_interface *interface = &trace->interfaces[trace->n_interfaces];
	const uint8_t *resolution;

	if (trace->n_interfaces == READER_INTERFACES || block->body_size < fixed)
		return;
	trace->n_interfaces++;
	*interface = (struct reader_interface){
		.netlink = reader_u16(trace, block->body) == LINKTYPE_NETLINK,
		.units = MICRO,
	};
	if (find_option(trace, block->body + fixed, block->body_size - fixed, OPTION_TSRESOL,
			&resolution) != 1)
		return;
	if (*resolution & 0x80) {
		interface->units = 1ull << (*resolution & 0x3f);
		return;
	}
	interface->units = 1;
	for (unsigned int i = 0; i < *resolution && i < 19; i++)
		interface->units *= 10;
}

/* An interface that was lost to damage is taken for one of netlink. */
static struct reader_interface interface_of(const struct rig_trace *trace, uint32_t number)
{
	if (number < trace->n_interfaces)
		return trace->interfaces[number];
	return (struct reader_interface){ .netlink = true, .units = MICRO };
}

static int take_packet(struct rig_trace *trace, const struct block *block,
		       struct rig_record *record, struct rig_error *err)
{
	const size_t fixed = sizeof(struct block_packet);
	struct reader_interface interface;
	uint32_t kept, size;
	uint64_t time;

	if (block->body_size < fixed)
		return reader_damaged(trace, "the block is too short for a packet", err);
	kept = reader_u32(trace, block->body + 12);
	size = reader_u32(trace, block->body + 16);
	if (kept > block->body_size - fixed)
		return reader_damaged(trace, "the packet is longer than its block", err);
	interface = interface_of(trace, reader_u32(trace, block->body));
	cooked_read(block->body + fixed, kept, size, record);
	if (!interface.netlink)
		*record = (struct rig_record){ .flaw = "not of link type netlink" };
	time = (uint64_t)reader_u32(trace, block->body + 4) << 32 |
	       reader_u32(trace, block->body + 8);
	record->time.tv_sec = time / interface.units;
	record->time.tv_nsec = (unsigned __int128)(time % interface.units) * NANO / interface.units;
	kept = (kept + 3) & ~3u;
	if (kept < block->body_size - fixed)
		trace->dropped += u64_option(trace, block->body + fixed + kept,
					     block->body_size - fixed - kept, OPTION_DROPCOUNT);
	return 1;
}

static int take_simple(struct rig_trace *trace, const struct block *block,
		       struct rig_record *record, struct rig_error *err)
{
	uint32_t size;

	if (block->body_size < sizeof(size))
		return reader_damaged(trace, "the block is too short for a packet", err);
	size = reader_u32(trace, block->body);
	cooked_read(block->body + sizeof(size),
		    size < block->body_size - sizeof(size) ? size : block->body_size - sizeof(size),
		    size, record);
	return 1;
}

/* What an interface has dropped until now; packets' own counts say when. */
static void take_statistics(struct rig_trace *trace, const struct block *block)
{
	struct reader_interface *interface;
	uint64_t dropped;
	uint32_t number;

	if (block->body_size < 12)
		return;
	number = reader_u32(trace, block->body);
	dropped = u64_option(trace, block->body + 12, block->body_size - 12, STATS_DROP);
	if (number >= trace->n_interfaces)
		return;
	interface = &trace->interfaces[number];
	if (dropped > interface->dropped)
		trace->dropped += dropped - interface->dropped;
	interface->dropped = dropped;
}

/* The byte order of a section, by which all that follows is read. False: it is neither. */
static bool find_order(const uint8_t *at, bool *turned)
{
	uint32_t order;

	memcpy(&order, at, sizeof(order));
	if (order != PCAPNG_ORDER && order != bswap_32(PCAPNG_ORDER))
		return false;
	*turned = order != PCAPNG_ORDER;
	return true;
}

static bool size_can_be(uint32_t size)
{
	return size >= BLOCK_FRAME && size % 4 == 0 && size <= PACKET_MOST;
}

/* 1, 0 at the end, -1. */
static int look_at_block(struct rig_trace *trace, struct block *block, struct rig_error *err)
{
	const uint8_t *at;
	size_t there;

	at = input_look(trace->input, BLOCK_FRAME, &there);
	if (!there && !input_failure(trace->input))
		return 0;
	if (there < BLOCK_FRAME)
		return reader_damaged(trace, "the file ends in a block's header", err);
	block->type = reader_u32(trace, at);
	if (block->type == BLOCK_SECTION && !find_order(at + 8, &trace->turned))
		return reader_damaged(trace, "a section of no known byte order", err);
	block->size = reader_u32(trace, at + 4);
	if (!size_can_be(block->size))
		return reader_damaged(trace, "no block has such a length", err);
	at = input_look(trace->input, block->size, &there);
	if (there < block->size)
		return reader_damaged(trace, "the file ends in it", err);
	if (reader_u32(trace, at + block->size - 4) != block->size)
		return reader_damaged(trace, "the two lengths of the block differ", err);
	block->body = at + 8;
	block->body_size = block->size - BLOCK_FRAME;
	trace->taking = block->size;
	return 1;
}

/* As reader_pcapng_next(), and OTHER. */
static int next_block(struct rig_trace *trace, struct rig_record *record, struct rig_error *err)
{
	struct block block;
	int ret;

	input_take(trace->input, trace->taking);
	trace->taking = 0;
	ret = look_at_block(trace, &block, err);
	if (ret != 1)
		return ret;
	switch (block.type) {
	case BLOCK_SECTION:
		trace->n_interfaces = 0;
		trace->restarted = trace->count != 0;
		return OTHER;
	case BLOCK_INTERFACE:
		take_interface(trace, &block);
		return OTHER;
	case BLOCK_STATISTICS:
		take_statistics(trace, &block);
		return OTHER;
	case BLOCK_PACKET:
		return take_packet(trace, &block, record, err);
	case BLOCK_SIMPLE_PACKET:
		return take_simple(trace, &block, record, err);
	}
	return OTHER;
}

int reader_pcapng_next(struct rig_trace *trace, struct rig_record *record, struct rig_error *err)
{
	int ret;

	do
		ret = next_block(trace, record, err);
	while (ret == OTHER);
	/* A block that was looked at but is damaged: the next one may begin inside it. */
	if (ret < 0)
		trace->taking = 0;
	return ret;
}

/* A file of other packets is no trace; what is damaged from its beginning may be one. */
int reader_pcapng_begin(struct rig_trace *trace, struct rig_error *err)
{
	const uint8_t *at;
	size_t there;

	at = input_look(trace->input, READER_BEGINS, &there);
	if (there < BLOCK_FRAME)
		return rig_error_set(err, "%s: cut off in its header", trace->name);
	if (!find_order(at + 8, &trace->turned))
		return rig_error_set(err, "%s: a pcapng file of no known byte order", trace->name);
	while (at = input_look(trace->input, BLOCK_FRAME, &there),
	       there == BLOCK_FRAME && reader_u32(trace, at) == BLOCK_SECTION) {
		struct block block;

		if (look_at_block(trace, &block, err) != 1) {
			trace->taking = 0;
			return 0;
		}
		input_take(trace->input, trace->taking);
		trace->taking = 0;
	}
	at = input_look(trace->input, BLOCK_FRAME, &there);
	if (there < BLOCK_FRAME || reader_u32(trace, at) != BLOCK_INTERFACE)
		return 0;
	return reader_link_type(trace, reader_u16(trace, at + 8), err);
}

bool reader_pcapng_may_begin(const struct rig_trace *trace, const uint8_t *at)
{
	uint32_t type = reader_u32(trace, at);

	if (type == BLOCK_SECTION)
		return true;
	return type != 0 && type <= BLOCK_PACKET && size_can_be(reader_u32(trace, at + 4));
}

bool reader_pcapng_begins(struct rig_trace *trace, const uint8_t *at, size_t there)
{
	uint32_t size;
	bool turned;

	if (there < BLOCK_FRAME || !reader_pcapng_may_begin(trace, at))
		return false;
	if (reader_u32(trace, at) == BLOCK_SECTION)
		return find_order(at + 8, &turned);
	size = reader_u32(trace, at + 4);
	at = input_look(trace->input, size, &there);
	return there == size && reader_u32(trace, at + size - 4) == size;
}
