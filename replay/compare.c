/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/compare.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "judge/diff.h"
#include "replay/normalise.h"

struct answer {
	const uint8_t *bytes; /* as they came */
	size_t size;
	uint8_t *normal;
	size_t normal_size;
	unsigned int socket;
	bool met;
};

struct answers {
	struct answer *list;
	size_t count;
};

/* ---- what is compared ---- */

static bool is_control(const uint8_t *bytes, size_t size)
{
	struct nlmsghdr header;

	memcpy(&header, bytes, sizeof(header));
	return header.nlmsg_type < NLMSG_MIN_TYPE && size >= NLMSG_HDRLEN + sizeof(int);
}

/* How much of the request, and of reasons, comes with an errno is the sender's socket's choice. */
static int cut_control(struct rig_compare *compare, struct answer *answer)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} cut = {};

	memcpy(&cut.header, answer->bytes, sizeof(cut.header));
	memcpy(&cut.error.error, answer->bytes + NLMSG_HDRLEN, sizeof(cut.error.error));
	answer->normal_size = cut.header.nlmsg_type == NLMSG_ERROR ?
				      sizeof(cut) :
				      NLMSG_HDRLEN + sizeof(cut.error.error);
	cut.header = (struct nlmsghdr){ .nlmsg_len = answer->normal_size,
					.nlmsg_type = cut.header.nlmsg_type };
	answer->normal = rig_arena_copy(&compare->arena, &cut, answer->normal_size);
	return answer->normal ? 0 : -1;
}

/* Empty attributes that align others: where the message began decides about them. */
static void drop_pads(struct rig_node **link)
{
	while (*link) {
		struct rig_node *node = *link;

		if (node->attr && node->form == RIG_FORM_LEAF && !node->size &&
		    !strcmp(node->attr->name, "pad")) {
			*link = node->next;
			continue;
		}
		if (node->form == RIG_FORM_NEST)
			drop_pads(&node->children);
		link = &node->next;
	}
}

static int without_pads(struct rig_compare *compare, struct answer *answer)
{
	struct rig_message *message;
	struct rig_bytes bytes = {};

	if (rig_decode(&compare->arena, NULL, answer->normal, answer->normal_size, &message, NULL) <
	    0)
		return -1;
	drop_pads(&message->nodes);
	if (rig_encode(message, NULL, NULL, NULL, &bytes, NULL) == 0) {
		answer->normal = rig_arena_copy(&compare->arena, bytes.data, bytes.size);
		answer->normal_size = bytes.size;
	}
	rig_bytes_free(&bytes);
	return answer->normal ? 0 : -1;
}

static int normalise(struct rig_compare *compare, const struct rig_family_ids *ids,
		     struct answer *answer)
{
	struct rig_normal run = { .ids = ids };
	int ret;

	answer->normal = rig_arena_copy(&compare->arena, answer->bytes, answer->size);
	answer->normal_size = answer->size;
	if (!answer->normal)
		return -1;
	if (answer->size < NLMSG_HDRLEN)
		return 0;
	if (is_control(answer->bytes, answer->size))
		return cut_control(compare, answer);
	ret = rig_normalise(&run, answer->normal, &answer->normal_size);
	rig_normal_free(&run);
	return ret < 0 ? -1 : without_pads(compare, answer);
}

/* A notification to another member of the group, which may look like the echo. */
static bool is_copy(const struct answers *answers, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->list[i].size == size && !memcmp(answers->list[i].bytes, bytes, size))
			return true;
	return false;
}

static int add(struct rig_compare *compare, const struct rig_family_ids *ids,
	       struct answers *answers, const struct answer *answer)
{
	struct answer *added = &answers->list[answers->count];

	if (answer->size >= NLMSG_HDRLEN && !is_control(answer->bytes, answer->size) &&
	    is_copy(answers, answer->bytes, answer->size))
		return 0;
	*added = *answer;
	answers->count++;
	return normalise(compare, ids, added);
}

static int take_captured(struct rig_compare *compare, const struct rig_trace_step *step,
			 struct answers *answers)
{
	answers->list =
		rig_arena_alloc(&compare->arena, (step->n_answers + 1) * sizeof(*answers->list));
	for (size_t i = 0; answers->list && i < step->n_answers; i++) {
		const struct answer answer = { .bytes = step->answers[i].bytes,
					       .size = step->answers[i].size };

		if (add(compare, compare->captured, answers, &answer) < 0)
			return -1;
	}
	return answers->list ? 0 : -1;
}

/* Upcalls go to whom their port names; the frames behind them are not in a trace. */
static bool is_upcall(const struct rig_arrival *arrival)
{
	return arrival->message->family && arrival->message->family->index == RIG_PACKET;
}

static int take_received(struct rig_compare *compare, const struct rig_inbox *inbox,
			 struct answers *answers)
{
	answers->list =
		rig_arena_alloc(&compare->arena, (inbox->count + 1) * sizeof(*answers->list));
	for (size_t i = 0; answers->list && i < inbox->count; i++) {
		const struct rig_arrival *arrival = &inbox->list[i];
		const struct answer answer = { .bytes = arrival->bytes,
					       .size = arrival->size,
					       .socket = arrival->socket };

		if (arrival->kind != RIG_ARRIVAL_MESSAGE || is_upcall(arrival))
			continue;
		if (add(compare, compare->here, answers, &answer) < 0)
			return -1;
	}
	return answers->list ? 0 : -1;
}

/* ---- ifindexes ---- */

struct ifindexes {
	uint32_t list[64];
	size_t count;
};

static uint32_t collect(void *context, enum rig_number what, uint32_t value)
{
	struct ifindexes *found = context;

	if (what == RIG_NUMBER_IFINDEX && value &&
	    found->count < sizeof(found->list) / sizeof(found->list[0]))
		found->list[found->count++] = value;
	return value;
}

static int collect_from(struct rig_compare *compare, const struct rig_family_ids *ids,
			const struct answer *answer, struct ifindexes *found)
{
	uint8_t *copy = rig_arena_copy(&compare->arena, answer->bytes, answer->size);

	*found = (struct ifindexes){};
	if (!copy)
		return -1;
	if (!is_control(copy, answer->size))
		rig_renumber_datagram(ids, copy, answer->size, collect, found);
	return 0;
}

/* 1: these two stand for each other; 0: they do not; -1: out of memory. */
static int pair(struct rig_compare *compare, uint32_t captured, uint32_t here)
{
	size_t i;

	for (i = 0; i < compare->n_ifindexes; i++) {
		const struct rig_compare_pair *p = &compare->ifindexes[i];

		if (p->captured == captured || p->here == here)
			return p->captured == captured && p->here == here;
	}
	if (i == compare->room) {
		size_t room = i ? 2 * i : 16;
		struct rig_compare_pair *list = realloc(compare->ifindexes, room * sizeof(*list));

		if (!list)
			return -1;
		compare->ifindexes = list;
		compare->room = room;
	}
	compare->ifindexes[compare->n_ifindexes++] = (struct rig_compare_pair){ captured, here };
	return 1;
}

static int pair_all(struct rig_compare *compare, const struct answer *captured,
		    const struct answer *here)
{
	struct ifindexes c, h;
	int ret = 1;

	if (collect_from(compare, compare->captured, captured, &c) < 0 ||
	    collect_from(compare, compare->here, here, &h) < 0)
		return -1;
	for (size_t i = 0; ret == 1 && i < c.count && i < h.count; i++)
		ret = pair(compare, c.list[i], h.list[i]);
	return ret;
}

/* ---- what differs ---- */

static struct rig_message *decode(struct rig_compare *compare, const struct answer *answer)
{
	struct rig_message *message;

	if (!answer || rig_decode(&compare->arena, NULL, answer->normal, answer->normal_size,
				  &message, NULL) < 0)
		return NULL;
	return message;
}

static void summary(struct rig_compare *compare, const struct answer *answer,
		    struct rig_bytes *text)
{
	const struct rig_message *message = decode(compare, answer);

	if (message)
		rig_message_summary(message, text);
	else
		rig_bytes_print(text, "nothing");
}

static void show_one(struct rig_compare *compare, const char *whose, const struct answer *answer,
		     struct rig_bytes *text)
{
	const struct rig_message *message = decode(compare, answer);

	if (!message)
		return;
	rig_bytes_print(text, "  %s:\n    ", whose);
	rig_print_message(message, NULL, text);
	rig_bytes_print(text, "\n");
}

static void report(struct rig_compare *compare, const struct rig_trace_step *step,
		   const struct answer *captured, const struct answer *here)
{
	struct rig_bytes name = {}, c = {}, h = {}, detail = {}, where = {};
	const struct rig_diff diff = {
		.arena = &compare->arena,
		.expected = captured ? captured->normal : NULL,
		.expected_size = captured ? captured->normal_size : 0,
		.received = here ? here->normal : NULL,
		.received_size = here ? here->normal_size : 0,
	};

	rig_message_summary(step->step.message, &name);
	summary(compare, captured, &c);
	summary(compare, here, &h);
	if (captured && here) {
		rig_bytes_print(&detail,
				"  expected is what was captured; numbers stand in order of "
				"appearance\n");
		rig_diff_message(&diff, &detail, &where);
	} else {
		show_one(compare, "captured", captured, &detail);
		show_one(compare, "received", here, &detail);
	}
	if (captured && here && !strcmp(rig_bytes_text(&c), rig_bytes_text(&h)))
		rig_finding_add(compare->findings, rig_bytes_text(&detail),
				"packet %lu: %s: %s is not as captured, at %s", step->packet,
				rig_bytes_text(&name), rig_bytes_text(&c), rig_bytes_text(&where));
	else
		rig_finding_add(compare->findings, rig_bytes_text(&detail),
				"packet %lu: %s: captured %s, received %s", step->packet,
				rig_bytes_text(&name), rig_bytes_text(&c), rig_bytes_text(&h));
	rig_bytes_free(&name);
	rig_bytes_free(&c);
	rig_bytes_free(&h);
	rig_bytes_free(&detail);
	rig_bytes_free(&where);
}

/* The one that is alike; most often they come in the same order. */
static struct answer *find(const struct answers *answers, const struct answer *like, size_t from)
{
	for (size_t i = 0; i < answers->count; i++) {
		struct answer *answer = &answers->list[(from + i) % answers->count];

		if (!answer->met && answer->normal_size == like->normal_size &&
		    !memcmp(answer->normal, like->normal, like->normal_size))
			return answer;
	}
	return NULL;
}

static int match(struct rig_compare *compare, const struct rig_trace_step *step,
		 struct answers *captured, struct answers *here)
{
	for (size_t i = 0; i < captured->count; i++) {
		struct answer *answer = find(here, &captured->list[i], i);
		int alike;

		if (!answer)
			continue;
		answer->met = captured->list[i].met = true;
		alike = pair_all(compare, &captured->list[i], answer);
		if (alike < 0)
			return -1;
		if (!alike)
			rig_finding_add(compare->findings, NULL,
					"packet %lu: names a device by an ifindex that stood for "
					"another one",
					step->packet);
	}
	return 0;
}

static struct answer *next_unmet(const struct answers *answers, size_t *at, unsigned int socket,
				 bool all)
{
	for (; *at < answers->count; ++*at)
		if (!answers->list[*at].met && (all || answers->list[*at].socket == socket))
			return &answers->list[(*at)++];
	return NULL;
}

int rig_compare_step(struct rig_compare *compare, const struct rig_trace_step *step,
		     const struct rig_inbox *inbox, unsigned int sender)
{
	struct answers captured = {}, here = {};
	struct answer *c, *h;
	size_t ci = 0, hi = 0;

	rig_arena_reset(&compare->arena);
	if (take_captured(compare, step, &captured) < 0 ||
	    take_received(compare, inbox, &here) < 0 || match(compare, step, &captured, &here) < 0)
		return -1;
	/* What only a member of the group was told here had nobody to be told there. */
	do {
		c = next_unmet(&captured, &ci, 0, true);
		h = next_unmet(&here, &hi, sender, false);
		if (c || h)
			report(compare, step, c, h);
	} while (c || h);
	return 0;
}

void rig_compare_free(struct rig_compare *compare)
{
	rig_arena_free(&compare->arena);
	free(compare->ifindexes);
	compare->ifindexes = NULL;
}
