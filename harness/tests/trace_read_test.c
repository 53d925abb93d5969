/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces as they come: packed, damaged, from other machines; and the reader against libpcap's. */
#include <byteswap.h>
#include <glob.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/judge.h"
#include "tests/test.h"
#include "tests/trace_help.h"

static const char *const lines[] = {
	"> dp.get @flags=request|dump @seq=1 @pid=9",
	"< nl.done @flags=multi @seq=1 @pid=9 error=0",
	"> dp.get @flags=request|ack @seq=2 @pid=9 dp=5",
	"< nl.error @flags=0 @seq=2 @pid=9 error=ENODEV "
	"request(len=24,type=dp,flags=request|ack,seq=2,pid=9) hex:0302000005000000",
	"> dp.get @flags=request|ack @seq=3 @pid=9 dp=6",
	"< nl.error @flags=0 @seq=3 @pid=9 error=ENODEV "
	"request(len=24,type=dp,flags=request|ack,seq=3,pid=9) hex:0302000006000000",
	NULL,
};

enum { PACKETS = sizeof(lines) / sizeof(lines[0]) - 1 };

struct outcome {
	unsigned long packets, damages, first_damage; /* behind that packet */
	struct rig_error err;			      /* the first */
};

static struct outcome read_all(const char *path)
{
	struct rig_trace *trace = rig_trace_open(path, NULL);
	struct outcome outcome = {};
	struct rig_record record;
	struct rig_error err;
	int ret;

	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	while ((ret = rig_trace_next(trace, &record, &err)) != 0) {
		outcome.packets += ret == 1;
		if (ret < 0 && !outcome.damages++) {
			outcome.err = err;
			outcome.first_damage = outcome.packets;
		}
	}
	rig_trace_close(trace);
	return outcome;
}

static struct rig_trace_verdict judge(const char *path, struct rig_error *err)
{
	struct rig_trace_families families = { .ids = rig_family_ids_default };
	const struct rig_trace_options options = { .families = &families };
	struct rig_trace *trace = rig_trace_open(path, err);
	struct rig_trace_verdict verdict = {};

	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	CU_ASSERT_EQUAL(rig_trace_families_read(&families, trace, err), 0);
	CU_ASSERT_EQUAL(rig_trace_judge(trace, &options, NULL, NULL, &verdict, err), 0);
	rig_trace_close(trace);
	return verdict;
}

static void copy_trace(const char *from, const char *to)
{
	struct rig_trace_writer *writer = rig_trace_create(to, NULL);
	struct rig_trace *trace = rig_trace_open(from, NULL);
	struct rig_record record;

	while (rig_trace_next(trace, &record, NULL) == 1)
		rig_trace_write(writer, &record, NULL);
	rig_trace_close(trace);
	CU_ASSERT_EQUAL(rig_trace_finish(writer, NULL), 0);
}

static void cut_off(const char *path)
{
	FILE *file = fopen(path, "r+e");

	fseek(file, 0, SEEK_END);
	CU_ASSERT_EQUAL(ftruncate(fileno(file), ftell(file) / 10 * 9), 0);
	fclose(file);
}

static void packed(void)
{
	static const char from[] = "corpora/traces/dpctl-6.1.192.pcapng";
	static const char *const suffix[] = { ".pcap.gz", ".pcapng.gz", ".pcap.zst",
					      ".pcapng.zst" };
	const unsigned long packets = read_all(from).packets;

	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		char *path = rig_test_path(suffix[i]);
		struct outcome outcome;

		copy_trace(from, path);
		outcome = read_all(path);
		CU_ASSERT_EQUAL(outcome.packets, packets);
		CU_ASSERT_EQUAL(outcome.damages, 0);
		cut_off(path);
		if (!strstr(suffix[i], ".zst")) { /* which here is one block */
			outcome = read_all(path);
			CU_ASSERT_TRUE(outcome.packets > packets / 2);
			CU_ASSERT_EQUAL(outcome.damages, 1);
			CU_ASSERT_PTR_NOT_NULL(
				strstr(outcome.err.message, "compressed data ends too"));
		}
		rig_test_remove(path);
	}
}

/* Where the n-th packet, from 1, begins in the file: its block or its header. */
static long place_of(const char *path, unsigned int n)
{
	FILE *file = fopen(path, "re");
	uint32_t head[4];
	long at;

	CU_ASSERT_EQUAL(fread(head, sizeof(head), 1, file), 1);
	if (head[0] == 0x0a0d0d0a) {
		for (at = 0;; at += head[1]) {
			fseek(file, at, SEEK_SET);
			CU_ASSERT_EQUAL_FATAL(fread(head, 8, 1, file), 1);
			if (head[0] == 6 && !--n)
				break;
		}
	} else {
		for (at = 24; --n; at += 16 + head[2]) {
			fseek(file, at, SEEK_SET);
			CU_ASSERT_EQUAL_FATAL(fread(head, sizeof(head), 1, file), 1);
		}
	}
	fclose(file);
	return at;
}

/* A packet whose length is damaged is lost, and it alone; what that leaves open is not judged. */
static void damaged(void)
{
	static const char *const suffix[] = { ".pcap", ".pcapng" };

	for (size_t i = 0; i < 2; i++) {
		char *path = rig_test_path(suffix[i]);
		struct rig_trace_verdict verdict;
		struct rig_error err = {};
		struct outcome outcome;
		FILE *file;

		rig_test_trace(path, lines);
		file = fopen(path, "r+e");
		fseek(file, place_of(path, 4) + (i ? 4 : 8), SEEK_SET);
		fwrite("\xff\xff\xff\x7f", 4, 1, file);
		fclose(file);
		outcome = read_all(path);
		CU_ASSERT_EQUAL(outcome.packets, PACKETS - 1);
		CU_ASSERT_EQUAL(outcome.damages, 1);
		CU_ASSERT_EQUAL(outcome.first_damage, 3);
		CU_ASSERT_PTR_NOT_NULL(strstr(outcome.err.message, "packet 4 is damaged"));
		verdict = judge(path, &err);
		CU_ASSERT_EQUAL(verdict.damaged, 1);
		CU_ASSERT_EQUAL(verdict.wrong, 0);
		CU_ASSERT_EQUAL(verdict.right, 2);
		CU_ASSERT_EQUAL(verdict.unjudged, 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "packet 4 is damaged"));
		rig_test_remove(path);
	}
}

/* What a capture says that it dropped is a gap as well. */
static void dropped(void)
{
	char *path = rig_test_path(".pcapng"), *copy = rig_test_path(".pcapng");
	struct rig_trace_writer *writer = rig_trace_create(copy, NULL);
	struct rig_trace_verdict verdict;
	struct rig_error err = {};
	struct rig_record record;
	struct rig_trace *trace;

	rig_test_trace(path, lines);
	trace = rig_trace_open(path, NULL);
	while (rig_trace_next(trace, &record, NULL) == 1) {
		record.dropped = record.number == 5 ? 17 : 0;
		if (record.number != 4)
			rig_trace_write(writer, &record, NULL);
	}
	rig_trace_close(trace);
	CU_ASSERT_EQUAL(rig_trace_finish(writer, NULL), 0);
	verdict = judge(copy, &err);
	CU_ASSERT_EQUAL(verdict.dropped, 17);
	CU_ASSERT_EQUAL(verdict.wrong, 0);
	CU_ASSERT_EQUAL(verdict.right, 2);
	CU_ASSERT_EQUAL(verdict.unjudged, 1);
	rig_test_remove(path);
	rig_test_remove(copy);
}

/* ---- the other byte order; made from the tree, not by the code under test ---- */

static void put_turned(uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size / 2; i++) {
		uint8_t byte = at[i];

		at[i] = at[size - 1 - i];
		at[size - 1 - i] = byte;
	}
}

static void turn_format(uint8_t *at, const struct rig_format *format)
{
	if (format->order == RIG_HOST)
		put_turned(at, format->size);
}

static void turn_leaf(uint8_t *at, const struct rig_attr *attr, size_t size)
{
	if (attr->layout)
		for (size_t start = 0; start + attr->layout->size <= size;
		     start += attr->layout->size)
			for (unsigned int i = 0; i < attr->layout->n_fields; i++) {
				const struct rig_field *field = &attr->layout->fields[i];

				if (!field->shift && (!field->width || field->width < 32))
					turn_format(at + start + field->offset, field->format);
			}
	else if (attr->format)
		for (size_t start = 0; start + attr->format->size <= size;
		     start += attr->format->size)
			turn_format(at + start, attr->format);
}

static void turn_nodes(const struct rig_node *node)
{
	for (; node; node = node->next) {
		uint8_t *data = (uint8_t *)node->data;

		if (node->form == RIG_FORM_RAW)
			continue;
		if (node->form == RIG_FORM_NEST)
			turn_nodes(node->children);
		else if (node->attr)
			turn_leaf(data, node->attr, node->size);
		put_turned(data - 4, 2);
		put_turned(data - 2, 2);
	}
}

static void turn_header(uint8_t *at)
{
	put_turned(at, 4);
	put_turned(at + 4, 2);
	put_turned(at + 6, 2);
	put_turned(at + 8, 4);
	put_turned(at + 12, 4);
}

static void turn_request(const struct rig_family_ids *ids, const struct rig_message *message,
			 uint8_t *at)
{
	const struct rig_node *raw = message->nodes;
	uint8_t whole[4096] = {};
	struct rig_arena arena = {};
	struct rig_message *request;

	if (raw && raw->form == RIG_FORM_RAW && raw->size + 16 <= sizeof(whole)) {
		memcpy(whole, at, 16);
		memcpy(whole + 16, raw->data, raw->size);
		rig_decode(&arena, ids, whole, 16 + raw->size, &request, NULL);
		turn_nodes(request->nodes);
		if (request->fixed_layout && request->fixed_layout->size == 4)
			put_turned(whole + 20, 4);
		memcpy((uint8_t *)raw->data, whole + 16, raw->size);
		rig_arena_free(&arena);
	}
	turn_header(at);
}

static void turn_datagram(const struct rig_family_ids *ids, uint8_t *bytes, size_t size)
{
	struct rig_arena arena = {};
	struct rig_message *message;

	rig_decode(&arena, ids, bytes, size, &message, NULL);
	for (uint8_t *at = bytes; message && !message->raw; message = message->next) {
		bool control = message->family && message->family->index == RIG_NL;

		if (control && message->type == NLMSG_ERROR)
			turn_request(ids, message, at + 20);
		else
			turn_nodes(message->nodes);
		if (control)
			put_turned(at + 16, 4);
		else if (message->family && message->fixed_layout->size)
			put_turned(at + 20, 4);
		turn_header(at);
		at += NLMSG_ALIGN(message->len);
	}
	rig_arena_free(&arena);
}

static void write_turned(const char *from, const char *to)
{
	struct rig_trace_families families = {};
	struct rig_trace *trace = rig_trace_open(from, NULL);
	struct rig_trace_writer *writer = rig_trace_create(to, NULL);
	struct rig_record record;

	CU_ASSERT_EQUAL(rig_trace_families_read(&families, trace, NULL), 0);
	while (rig_trace_next(trace, &record, NULL) == 1) {
		uint8_t *bytes = malloc(record.size);

		memcpy(bytes, record.data, record.size);
		if (record.protocol == NETLINK_GENERIC)
			turn_datagram(&families.ids, bytes, record.size);
		record.data = bytes;
		rig_trace_write(writer, &record, NULL);
		free(bytes);
	}
	rig_trace_close(trace);
	CU_ASSERT_EQUAL(rig_trace_finish(writer, NULL), 0);
}

/* The whole of a real trace, turned, is judged as before; byte by byte it is the same again. */
static void other_byte_order(void)
{
	static const char path[] = "corpora/traces/vswitchd-6.1.192.pcapng";
	char *turned = rig_test_path(".pcapng");
	struct rig_trace_families families = {};
	struct rig_trace_verdict a, b;
	struct rig_record record, other;
	struct rig_trace *trace, *again;
	struct rig_error err = {};

	write_turned(path, turned);
	a = judge(path, &err);
	b = judge(turned, &err);
	CU_ASSERT_FALSE(a.foreign);
	CU_ASSERT_TRUE(b.foreign);
	CU_ASSERT_EQUAL(b.packets, a.packets);
	CU_ASSERT_EQUAL(b.right, a.right);
	CU_ASSERT_EQUAL(b.wrong, 0);
	trace = rig_trace_open(path, NULL);
	again = rig_trace_open(turned, NULL);
	CU_ASSERT_EQUAL(rig_trace_families_read(&families, again, NULL), 0);
	while (rig_trace_next(trace, &record, NULL) == 1) {
		CU_ASSERT_EQUAL_FATAL(rig_trace_next(again, &other, NULL), 1);
		CU_ASSERT_EQUAL(record.direction, other.direction);
		CU_ASSERT_EQUAL_FATAL(record.size, other.size);
		if (record.protocol == NETLINK_GENERIC)
			CU_ASSERT_EQUAL(memcmp(record.data, other.data, record.size), 0);
	}
	rig_trace_close(trace);
	rig_trace_close(again);
	rig_test_remove(turned);
}

/* ---- a file of the other byte order ---- */

static void put_block(FILE *file, const uint32_t *words, size_t n, uint32_t said)
{
	uint32_t turned[32] = { bswap_32(words[0]), bswap_32(said) };

	for (size_t i = 1; i < n; i++)
		turned[i + 1] = bswap_32(words[i]);
	turned[n + 1] = bswap_32(4 * (n + 2));
	fwrite(turned, 4, n + 2, file);
}

/* What looks like a section in a damaged packet does not turn what comes behind it. */
static void false_section(void)
{
	static const uint32_t section[] = { 0x0a0d0d0a, 0x1a2b3c4d, 0x00010000, -1u, -1u };
	static const uint32_t interface[] = { 1, 253 << 16, 0 };
	static const uint32_t packet[] = { 6, 0, 0, 0, 24, 24, 0, 0, 0x0a0d0d0a, 28, 7, 0 };
	const uint32_t size = sizeof(packet) + 8;
	char *path = rig_test_path(".pcapng");
	FILE *file = fopen(path, "we");
	struct outcome outcome;

	put_block(file, section, 5, sizeof(section) + 8);
	put_block(file, interface, 3, sizeof(interface) + 8);
	put_block(file, packet, 12, size);
	put_block(file, packet, 12, 0x7fffffff);
	put_block(file, packet, 12, size);
	fclose(file);
	outcome = read_all(path);
	CU_ASSERT_EQUAL(outcome.packets, 2);
	CU_ASSERT_EQUAL(outcome.damages, 1);
	CU_ASSERT_EQUAL(outcome.first_damage, 1);
	rig_test_remove(path);
}

/* ---- libpcap as the judge of the reader ---- */

static void compare_with_libpcap(const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct rig_trace *trace = rig_trace_open(path, NULL);
	struct pcap_pkthdr *packet;
	struct rig_record record;
	const uint8_t *bytes;
	unsigned long packets = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(pcap);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	CU_ASSERT_EQUAL(pcap_datalink(pcap), 253);
	for (; pcap_next_ex(pcap, &packet, &bytes) == 1; packets++) {
		CU_ASSERT_EQUAL_FATAL(rig_trace_next(trace, &record, NULL), 1);
		CU_ASSERT_EQUAL(record.time.tv_sec, packet->ts.tv_sec);
		CU_ASSERT_EQUAL(record.time.tv_nsec, packet->ts.tv_usec);
		CU_ASSERT_EQUAL_FATAL(record.size + 16, packet->caplen);
		CU_ASSERT_EQUAL(memcmp(record.data, bytes + 16, record.size), 0);
	}
	CU_ASSERT_TRUE(packets > 100);
	CU_ASSERT_EQUAL(rig_trace_next(trace, &record, NULL), 0);
	rig_trace_close(trace);
	pcap_close(pcap);
}

/* All real traces, and in both formats as they are written here. */
static void as_libpcap_reads(void)
{
	static const char *const suffix[] = { ".pcap", ".pcapng" };
	glob_t traces;

	CU_ASSERT_EQUAL_FATAL(glob("corpora/traces/*.pcapng*", 0, NULL, &traces), 0);
	for (size_t i = 0; i < traces.gl_pathc; i++) {
		if (!strstr(traces.gl_pathv[i], ".gz")) /* libpcap does not unpack */
			compare_with_libpcap(traces.gl_pathv[i]);
		for (size_t k = 0; k < 2; k++) {
			char *path = rig_test_path(suffix[k]);

			copy_trace(traces.gl_pathv[i], path);
			compare_with_libpcap(path);
			rig_test_remove(path);
		}
	}
	globfree(&traces);
}

RIG_TEST_SUITE(trace_read, { "packed", packed }, { "damaged", damaged }, { "dropped", dropped },
	       { "false section", false_section }, { "other byte order", other_byte_order },
	       { "as libpcap reads", as_libpcap_reads });
