/* SPDX-License-Identifier: GPL-2.0-only */
/* A record as a program in C: divergence.c.in, and in it what was done and what has to come. */
#include <stdio.h>
#include <string.h>

#include "cli/diff_record.h"
#include "link/link.h"
#include "model/model.h"
#include "wire/bytes.h"

/* The text of the program, as it stands in the tree. */
__asm__(".pushsection .rodata\n"
	"rig_diff_template:\n"
	".incbin \"harness/cli/divergence.c.in\"\n"
	".byte 0\n"
	".popsection\n");
extern const char rig_diff_template[];

static const char *const multicast[] = { "ovs_datapath", "ovs_vport", "ovs_flow",
					 "ovs_packet",	 "ovs_meter", "ovs_ct_limit" };
static const enum rig_family_index families[] = { RIG_DP,     RIG_VPORT, RIG_FLOW,
						  RIG_PACKET, RIG_METER, RIG_CT_LIMIT };

enum { FAMILIES = sizeof(families) / sizeof(families[0]), PER_LINE = 16 };

static void print_array(struct rig_bytes *text, const char *name, unsigned int number,
			const void *data, size_t size)
{
	const uint8_t *bytes = data;

	rig_bytes_print(text, "static const unsigned char %s%u[] = {", name, number);
	for (size_t i = 0; i < size; i++)
		rig_bytes_print(text, "%s0x%02x,", i % PER_LINE ? " " : "\n\t", bytes[i]);
	rig_bytes_print(text, "%s\n};\n", size ? "" : " 0");
}

static void print_open(struct rig_bytes *text, unsigned int number, const struct rig_expected *e)
{
	if (!e->n_open)
		return;
	rig_bytes_print(text, "static const struct open open%u[] = {", number);
	for (uint32_t i = 0; i < e->n_open; i++)
		rig_bytes_print(text, " { %u, %u },", e->open[i].offset, e->open[i].len);
	rig_bytes_print(text, " };\n");
}

/* Which socket one of a group takes, only the kernel knows; where padding goes, nobody looks. */
static bool may_stay_away(const struct rig_expected *e)
{
	return e->optional || e->group || e->shifted;
}

/* Arrays are numbered through; returns the number of the first one. */
static unsigned int print_expected(struct rig_bytes *text, unsigned int act,
				   const struct rig_diff_act *a, unsigned int *number)
{
	unsigned int first = *number;

	for (size_t i = 0; i < a->n_expected; i++, ++*number) {
		print_array(text, "message", *number, a->expected[i].bytes, a->expected[i].len);
		print_open(text, *number, &a->expected[i]);
	}
	if (!a->n_expected)
		return first;
	rig_bytes_print(text, "static const struct expected expected%u[] = {\n", act);
	for (size_t i = 0; i < a->n_expected; i++) {
		const struct rig_expected *e = &a->expected[i];
		unsigned int at = first + (unsigned int)i;

		rig_bytes_print(text, "\t{ .bytes = message%u, .len = %u, .set = %u", at, e->len,
				e->set);
		if (e->kind == RIG_EXPECT_FRAME)
			rig_bytes_print(text, ", .port = \"%s\"", e->netdev);
		else
			rig_bytes_print(text, ", .sock = %u", e->sock);
		if (e->n_open)
			rig_bytes_print(text, ", .open = open%u, .n_open = %u", at, e->n_open);
		rig_bytes_print(text, "%s },\n", may_stay_away(e) ? ", .optional = 1" : "");
	}
	rig_bytes_print(text, "};\n");
	return first;
}

static const char *group_name(const struct rig_diff_record *record, uint32_t group)
{
	for (unsigned int i = 0; i < FAMILIES; i++)
		if (record->facts->group[families[i]] == group)
			return multicast[i];
	return "";
}

static void print_act(const struct rig_diff_record *record, struct rig_bytes *text,
		      const struct rig_diff_act *act, unsigned int number)
{
	const struct rig_tape_entry *e = act->done;

	switch (e->kind) {
	case RIG_TAPE_SOCKET:
		rig_bytes_print(text, "\t{ SOCKET, .sock = %d, .value = %uu, .flag = %d },\n",
				e->handle, e->value, e->unprivileged);
		return;
	case RIG_TAPE_JOIN:
		rig_bytes_print(text, "\t{ JOIN, .sock = %d, .name = \"%s\" },\n", e->handle,
				group_name(record, e->value));
		return;
	case RIG_TAPE_NETDEV:
		rig_bytes_print(text, "\t{ NETDEV, .name = \"%s\", .value = %u, .flag = %d },\n",
				e->name, e->value, e->handle);
		return;
	case RIG_TAPE_WATCH:
		rig_bytes_print(text, "\t{ WATCH, .name = \"%s\" },\n", e->name);
		return;
	case RIG_TAPE_FRAME:
		rig_bytes_print(text, "\t{ FRAME, .name = \"%s\"", e->name);
		break;
	case RIG_TAPE_SEND:
		rig_bytes_print(text, "\t{ SEND, .sock = %d", e->handle);
		break;
	case RIG_TAPE_CLEAN:
		return;
	}
	rig_bytes_print(text, ", .bytes = sent%u, .len = %zu", number, e->len);
	if (act->n_expected)
		rig_bytes_print(text, ", .expected = expected%u, .n_expected = %zu", number,
				act->n_expected);
	rig_bytes_print(text, " },\n");
}

static void print_data(const struct rig_diff_record *record, struct rig_bytes *text)
{
	unsigned int number = 0, message = 0;

	rig_bytes_print(text, "static struct family families[] = {\n");
	for (unsigned int i = 0; i < FAMILIES; i++)
		if (record->facts->families.id[families[i]])
			rig_bytes_print(text, "\t{ \"%s\", %u, 0 },\n", multicast[i],
					record->facts->families.id[families[i]]);
	rig_bytes_print(text, "};\n\n");
	for (const struct rig_diff_act *a = record->acts; a; a = a->next, number++) {
		if (a->done->kind != RIG_TAPE_SEND && a->done->kind != RIG_TAPE_FRAME)
			continue;
		print_array(text, "sent", number, a->done->data, a->done->len);
		print_expected(text, number, a, &message);
	}
	rig_bytes_print(text, "\nstatic const struct act acts[] = {\n");
	number = 0;
	for (const struct rig_diff_act *a = record->acts; a; a = a->next)
		print_act(record, text, a, number++);
	rig_bytes_print(text, "};\n");
}

/* As a comment, which no word of it may end. */
static void print_words(const struct rig_diff_record *record, const char *words,
			struct rig_bytes *text)
{
	const struct rig_link_facts *facts = record->facts;

	rig_bytes_print(text,
			"/*\n * Shows a difference between what this kernel answers and what it has"
			" to.\n * Needs nothing but libc: cc divergence.c && sudo ./a.out\n *\n"
			" * Found on %s, %s, %s:\n *\n",
			rig_target_name[facts->target], facts->vm, facts->release);
	rig_bytes_print(text, " * ");
	for (; *words; words++) {
		rig_bytes_put(text, words, 1);
		if (words[0] == '\n')
			rig_bytes_print(text, " * ");
		else if (words[0] == '*' && words[1] == '/')
			rig_bytes_print(text, " ");
	}
	rig_bytes_print(text, "\n */");
}

void rig_diff_program_print(const struct rig_diff_record *record, const char *words,
			    struct rig_bytes *text)
{
	static const char what[] = "@WHAT@", data[] = "@DATA@";
	const char *head = strstr(rig_diff_template, what);
	const char *middle = head + strlen(what), *tail = strstr(middle, data);

	rig_bytes_put(text, rig_diff_template, (size_t)(head - rig_diff_template));
	print_words(record, words, text);
	rig_bytes_put(text, middle, (size_t)(tail - middle));
	print_data(record, text);
	rig_bytes_print(text, "%s", tail + strlen(data));
}
