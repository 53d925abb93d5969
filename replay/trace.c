/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading traces: what pcap and pcapng have in common, and pcap. */
#include "replay/trace.h"

#include <byteswap.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "replay/cooked.h"
#include "replay/field.h"
#include "replay/reader.h"
#include "wire/error.h"

bool rig_trace_is(const void *start, size_t size)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b };
	static const uint32_t magic[] = {
		PCAP_MICRO, 0xd4c3b2a1,				   /* and in the other byte order */
		PCAP_NANO,  0x4d3cb2a1, BLOCK_SECTION, 0xfd2fb528, /* zstd, in this one */
	};
	uint32_t first;

	if (size < sizeof(first))
		return false;
	memcpy(&first, start, sizeof(first));
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (first == magic[i])
			return true;
	return !memcmp(start, gzip, sizeof(gzip));
}

/* ---- what the reader of either format needs ---- */

uint32_t reader_u32(const struct rig_trace *trace, const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return trace->turned ? bswap_32(value) : value;
}

uint16_t reader_u16(const struct rig_trace *trace, const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return trace->turned ? bswap_16(value) : value;
}

int reader_damaged(struct rig_trace *trace, const char *what, struct rig_error *err)
{
	const char *failure = input_failure(trace->input);

	trace->astray = true;
	return rig_error_set(err, "%s: packet %lu is damaged or cut off (at byte %llu: %s)",
			     trace->name, trace->count + 1,
			     (unsigned long long)input_offset(trace->input),
			     failure ? failure : what);
}

/* ---- pcap ---- */

static struct pcap_packet packet_at(const struct rig_trace *trace, const uint8_t *at)
{
	return (struct pcap_packet){
		.seconds = reader_u32(trace, at),
		.fraction = reader_u32(trace, at + 4),
		.kept = reader_u32(trace, at + 8),
		.size = reader_u32(trace, at + 12),
	};
}

static bool can_be(const struct rig_trace *trace, const struct pcap_packet *packet)
{
	return packet->kept <= packet->size && packet->kept <= PACKET_MOST &&
	       packet->fraction < NANO / trace->fraction_ns;
}

static int pcap_next(struct rig_trace *trace, struct rig_record *record, struct rig_error *err)
{
	struct pcap_packet packet;
	const uint8_t *at;
	size_t there;

	at = input_look(trace->input, sizeof(packet), &there);
	if (!there && !input_failure(trace->input))
		return 0;
	if (there < sizeof(packet))
		return reader_damaged(trace, "the file ends in its header", err);
	packet = packet_at(trace, at);
	if (!can_be(trace, &packet))
		return reader_damaged(trace, "no packet has such a header", err);
	at = input_look(trace->input, sizeof(packet) + packet.kept, &there);
	if (there < sizeof(packet) + packet.kept)
		return reader_damaged(trace, "the file ends in it", err);
	cooked_read(at + sizeof(packet), packet.kept, packet.size, record);
	record->time.tv_sec = packet.seconds;
	record->time.tv_nsec = packet.fraction * trace->fraction_ns;
	trace->taking = there;
	return 1;
}

/* Nothing in the file says where packets begin, but few other bytes look like it. */
static bool pcap_begins(const struct rig_trace *trace, const uint8_t *at, size_t there)
{
	struct pcap_packet packet;

	if (there < sizeof(packet) + COOKED_SIZE)
		return false;
	packet = packet_at(trace, at);
	return can_be(trace, &packet) && packet.kept >= COOKED_SIZE &&
	       cooked_fits(at + sizeof(packet));
}

/* ---- either ---- */

static int open_pcap(struct rig_trace *trace, const uint8_t *at, size_t there,
		     struct rig_error *err)
{
	struct pcap_header header;

	memcpy(&header, at, sizeof(header.magic));
	trace->turned = header.magic == bswap_32(PCAP_MICRO) || header.magic == bswap_32(PCAP_NANO);
	if (trace->turned)
		header.magic = bswap_32(header.magic);
	if (header.magic != PCAP_MICRO && header.magic != PCAP_NANO)
		return rig_error_set(err, "%s: neither pcap nor pcapng", trace->name);
	if (there < sizeof(header))
		return rig_error_set(err, "%s: cut off in its header", trace->name);
	trace->fraction_ns = header.magic == PCAP_NANO ? 1 : 1000;
	trace->taking = sizeof(header);
	return reader_link_type(trace, reader_u32(trace, at + 20) & 0xffff, err);
}

int reader_link_type(const struct rig_trace *trace, unsigned int type, struct rig_error *err)
{
	if (type == LINKTYPE_NETLINK)
		return 0;
	return rig_error_set(err,
			     "%s: link type %u, not netlink (%d): capture from an nlmon device",
			     trace->name, type, LINKTYPE_NETLINK);
}

static int begin(struct rig_trace *trace, struct rig_error *err)
{
	uint32_t magic;
	const uint8_t *at;
	size_t there;

	trace->count = trace->dropped = trace->dropped_before = 0;
	trace->n_interfaces = 0;
	trace->astray = trace->failed = trace->restarted = false;
	trace->taking = 0;
	at = input_look(trace->input, sizeof(struct pcap_header), &there);
	if (there < sizeof(magic))
		return rig_error_set(err, "%s: %s", trace->name,
				     input_failure(trace->input) ? input_failure(trace->input) :
								   "neither pcap nor pcapng");
	memcpy(&magic, at, sizeof(magic));
	trace->pcapng = magic == BLOCK_SECTION;
	return trace->pcapng ? reader_pcapng_begin(trace, err) : open_pcap(trace, at, there, err);
}

struct rig_trace *rig_trace_from(FILE *file, const char *name, struct rig_error *err)
{
	struct rig_trace *trace = calloc(1, sizeof(*trace));

	if (!trace) {
		fclose(file);
		rig_error_set(err, "out of memory");
		return NULL;
	}
	trace->name = strdup(name);
	trace->input = input_open(file);
	if (!trace->name || !trace->input)
		rig_error_set(err, "out of memory");
	else if (begin(trace, err) == 0)
		return trace;
	rig_trace_close(trace);
	return NULL;
}

/* What comes only once, in a file that can be read twice. NULL, with errno. */
static FILE *keep(FILE *from)
{
	static char bytes[1 << 16];
	FILE *to = tmpfile();
	bool whole = to != NULL;
	size_t size;

	while (whole && (size = fread(bytes, 1, sizeof(bytes), from)) != 0)
		whole = fwrite(bytes, 1, size, to) == size;
	if (whole && !ferror(from) && fseek(to, 0, SEEK_SET) == 0)
		return to;
	if (to)
		fclose(to);
	return NULL;
}

static bool is_folder(FILE *file)
{
	struct stat status;

	return fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode);
}

/* A file that can be read twice; NULL, with errno. */
static FILE *open_file(const char *path)
{
	FILE *from = strcmp(path, "-") ? fopen(path, "re") : stdin, *kept = NULL;

	if (!from || (from != stdin && !is_folder(from) && fseek(from, 0, SEEK_SET) == 0))
		return from;
	if (!is_folder(from))
		kept = keep(from);
	else
		errno = EISDIR;
	if (from != stdin)
		fclose(from);
	return kept;
}

struct rig_trace *rig_trace_open(const char *path, struct rig_error *err)
{
	FILE *file = open_file(path);

	if (file)
		return rig_trace_from(file, path, err);
	rig_error_set(err, "%s: %s", path, strerror(errno));
	return NULL;
}

void rig_trace_close(struct rig_trace *trace)
{
	if (!trace)
		return;
	input_close(trace->input);
	free(trace->turned_bytes);
	free(trace->name);
	free(trace);
}

int rig_trace_rewind(struct rig_trace *trace, struct rig_error *err)
{
	struct rig_error why = {};

	if (input_rewind(trace->input, &why) < 0)
		return rig_error_set(err, "%s: %s", trace->name, why.message);
	return begin(trace, err);
}

unsigned long rig_trace_dropped(const struct rig_trace *trace)
{
	return trace->dropped_before + trace->dropped;
}

double rig_trace_share(const struct rig_trace *trace)
{
	return input_share(trace->input);
}

void rig_trace_ids(struct rig_trace *trace, const struct rig_family_ids *ids)
{
	trace->ids = ids;
}

/* Whether a packet, or a block, can begin with these bytes, which are the input's next. */
static bool begins_here(struct rig_trace *trace)
{
	size_t there;
	const uint8_t *at = input_look(trace->input, READER_BEGINS, &there);

	return trace->pcapng ? reader_pcapng_begins(trace, at, there) :
			       pcap_begins(trace, at, there);
}

/* How many of these bytes cannot be the beginning of one, by what costs little to see. */
static size_t count_hopeless(const struct rig_trace *trace, const uint8_t *at, size_t there)
{
	size_t step = 1;

	while (step + READER_BEGINS <= there &&
	       !(trace->pcapng ? reader_pcapng_may_begin(trace, at + step) :
				 pcap_begins(trace, at + step, there - step)))
		step++;
	return step;
}

static void find_way(struct rig_trace *trace)
{
	size_t there;

	do {
		const uint8_t *at = input_look(trace->input, READER_STRIDE, &there);

		if (there)
			input_take(trace->input, count_hopeless(trace, at, there));
	} while (there && !begins_here(trace));
	trace->astray = false;
}

static int turn_round(struct rig_trace *trace, struct rig_record *record, struct rig_error *err)
{
	static const struct rig_family_ids controller = { .id[RIG_CTRL] = RIG_CTRL_ID };
	uint8_t *bytes = realloc(trace->turned_bytes, record->size);

	if (!bytes)
		return rig_error_set(err, "out of memory");
	memcpy(bytes, record->data, record->size);
	trace->turned_bytes = bytes;
	rig_fields_turn(trace->ids ? trace->ids : &controller, bytes, record->size);
	record->data = bytes;
	return 0;
}

int rig_trace_next(struct rig_trace *trace, struct rig_record *record, struct rig_error *err)
{
	int ret;

	input_take(trace->input, trace->taking);
	trace->taking = 0;
	if (trace->failed)
		return 0;
	if (trace->astray)
		find_way(trace);
	ret = trace->pcapng ? reader_pcapng_next(trace, record, err) :
			      pcap_next(trace, record, err);
	if (ret < 0)
		trace->failed = input_failure(trace->input) != NULL;
	if (ret != 1)
		return ret;
	record->number = ++trace->count;
	record->dropped = trace->dropped;
	record->restarted = trace->restarted;
	trace->restarted = false;
	trace->dropped_before += trace->dropped;
	trace->dropped = 0;
	return record->foreign && turn_round(trace, record, err) < 0 ? -1 : 1;
}
