/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/judge.h"

#include <linux/netlink.h>
#include <string.h>

#include "judge/diff.h"
#include "judge/lookup.h"
#include "judge/slot.h"
#include "wire/codec.h"

/*
 * A channel is a socket or a port: order means something only within one. Its expectations and
 * its arrivals, each with what it was paired with.
 */
struct pairing {
	const struct rig_expected *expected;
	struct rig_arrival *arrival;
};

struct channel {
	struct pairing *expected;
	size_t n_expected;
	struct rig_arrival **arrivals;
	size_t n_arrivals;
	struct rig_lookup *lookup; /* of what is expected; NULL: not needed so far */
};

enum { NEAR = 32 };

/* ---- pairing ---- */

static struct rig_diff diff_of(const struct rig_judge *judge, const struct rig_expected *expected,
			       const struct rig_arrival *arrival)
{
	expected = rig_expected_form(expected, arrival);
	return (struct rig_diff){
		.arena = judge->arena,
		.ids = judge->ids,
		.expected = expected->bytes,
		.expected_size = expected->len,
		.open = expected->open,
		.n_open = expected->n_open,
		.received = arrival->bytes,
		.received_size = arrival->size,
	};
}

static bool is_met(const struct rig_judge *judge, const struct rig_expected *expected,
		   const struct rig_arrival *arrival)
{
	struct rig_diff diff = diff_of(judge, expected, arrival);

	if (arrival->kind != RIG_ARRIVAL_MESSAGE && arrival->kind != RIG_ARRIVAL_FRAME)
		return false;
	return rig_diff_equal(&diff) && rig_slots_agree(judge, expected, arrival);
}

static int take(struct rig_judge *judge, struct pairing *pairing, struct rig_arrival *arrival)
{
	pairing->arrival = arrival;
	arrival->expected = true;
	if (judge->tally)
		rig_tally_judged(judge->tally, rig_expected_form(pairing->expected, arrival));
	return rig_slots_learn(judge, pairing->expected, arrival);
}

/* An arrival in search of what expects it. */
struct search {
	const struct rig_judge *judge;
	struct channel *channel;
	const struct rig_arrival *arrival;
};

static bool is_found(void *context, size_t number)
{
	const struct search *s = context;
	const struct pairing *p = &s->channel->expected[number];

	return !p->arrival && is_met(s->judge, p->expected, s->arrival);
}

static int make_lookup(const struct rig_judge *judge, struct channel *channel)
{
	channel->lookup = rig_lookup_new(judge->arena, 2 * channel->n_expected);
	for (size_t i = 0; channel->lookup && i < channel->n_expected; i++) {
		const struct rig_expected *e = channel->expected[i].expected;

		if (rig_lookup_add(channel->lookup, e, i) < 0 ||
		    (e->shifted && rig_lookup_add(channel->lookup, e->shifted, i) < 0))
			return -1;
	}
	return channel->lookup ? 0 : -1;
}

/*
 * Most come in the order in which they are expected, so the search begins where that goes on; what
 * is not near there is looked up. -1 when out of memory.
 */
static int find_met(const struct rig_judge *judge, struct channel *channel,
		    const struct rig_arrival *arrival, size_t first, struct pairing **found)
{
	struct search s = { judge, channel, arrival };
	size_t near = first + NEAR < channel->n_expected ? first + NEAR : channel->n_expected;
	long number;

	*found = NULL;
	for (size_t i = first; i < near && !*found; i++)
		if (is_found(&s, i))
			*found = &channel->expected[i];
	if (*found || near == channel->n_expected)
		return 0;
	if (!channel->lookup && make_lookup(judge, channel) < 0)
		return -1;
	number = rig_lookup_find(channel->lookup, arrival->bytes, arrival->size, is_found, &s);
	if (number >= 0)
		*found = &channel->expected[number];
	return 0;
}

static const char *place(const struct rig_judge *judge)
{
	return judge->place(judge->context);
}

static const char *where_name(const struct rig_judge *judge, const struct rig_arrival *arrival)
{
	if (arrival->kind == RIG_ARRIVAL_FRAME)
		return arrival->port;
	return judge->socket_name(judge->context, arrival->socket);
}

static const char *dollar(const struct rig_arrival *arrival)
{
	return arrival->kind == RIG_ARRIVAL_FRAME ? "" : "$";
}

static int pair_equal(struct rig_judge *judge, struct channel *channel)
{
	size_t first = 0;

	for (size_t i = 0; i < channel->n_arrivals; i++) {
		struct pairing *p;

		if (find_met(judge, channel, channel->arrivals[i], first, &p) < 0 ||
		    (p && take(judge, p, channel->arrivals[i]) < 0))
			return -1;
		while (first < channel->n_expected && channel->expected[first].arrival)
			first++;
	}
	return 0;
}

/* What came for one that may stay away serves one of the same bytes that may not. */
static void spend_optional(const struct rig_judge *judge, struct channel *channel,
			   struct pairing *must)
{
	for (size_t i = channel->n_expected; i-- > 0 && !must->arrival;) {
		struct pairing *p = &channel->expected[i];

		if (!p->arrival || !p->expected->optional ||
		    !is_met(judge, must->expected, p->arrival))
			continue;
		must->arrival = p->arrival;
		p->arrival = NULL;
	}
}

static void pair_required(const struct rig_judge *judge, struct channel *channel)
{
	for (size_t i = 0; i < channel->n_expected; i++)
		if (!channel->expected[i].arrival && !channel->expected[i].expected->optional)
			spend_optional(judge, channel, &channel->expected[i]);
}

static bool all_paired(const struct channel *channel)
{
	for (size_t i = 0; i < channel->n_arrivals; i++)
		if (!channel->arrivals[i]->expected)
			return false;
	for (size_t i = 0; i < channel->n_expected; i++)
		if (!channel->expected[i].arrival && !channel->expected[i].expected->optional)
			return false;
	return true;
}

/* ---- what is left over ---- */

/* An expectation as if it had arrived, to be put into words. */
static int as_arrival(const struct rig_judge *judge, const struct rig_expected *expected,
		      struct rig_arrival *arrival)
{
	struct rig_message *message = NULL;

	*arrival = (struct rig_arrival){
		.kind = expected->kind == RIG_EXPECT_FRAME ? RIG_ARRIVAL_FRAME :
							     RIG_ARRIVAL_MESSAGE,
		.socket = expected->sock,
		.port = expected->netdev,
		.bytes = expected->bytes,
		.size = expected->len,
	};
	if (arrival->kind == RIG_ARRIVAL_MESSAGE &&
	    rig_decode(judge->arena, judge->ids, expected->bytes, expected->len, &message, NULL) <
		    0)
		return -1;
	arrival->message = message;
	return 0;
}

static bool same_request(const struct rig_arrival *a, const struct rig_arrival *b)
{
	return a->kind == b->kind &&
	       (a->kind == RIG_ARRIVAL_FRAME || a->message->seq == b->message->seq);
}

static bool same_command(const struct rig_arrival *a, const struct rig_arrival *b)
{
	return same_request(a, b) &&
	       (a->kind == RIG_ARRIVAL_FRAME ||
		(a->message->type == b->message->type && a->message->cmd == b->message->cmd));
}

/* NLM_F_DUMP_INTR: the kernel says that its dump may be inconsistent. */
static bool is_interrupted(const struct rig_arrival *wanted, const struct rig_arrival *arrival)
{
	return wanted->message && arrival->message && (wanted->message->flags & NLM_F_MULTI) &&
	       !(wanted->message->flags & NLM_F_DUMP_INTR) &&
	       (arrival->message->flags & NLM_F_DUMP_INTR);
}

static int report_difference(struct rig_judge *judge, struct pairing *p,
			     const struct rig_arrival *wanted)
{
	struct rig_diff diff = diff_of(judge, p->expected, p->arrival);
	struct rig_bytes text = { 0 }, where = { 0 }, e = { 0 }, r = { 0 };
	int ret = 0;

	rig_arrival_summary(wanted, &e);
	rig_arrival_summary(p->arrival, &r);
	if (wanted->kind == RIG_ARRIVAL_FRAME)
		rig_diff_frame(&diff, &text, &where);
	else
		ret = rig_diff_message(&diff, &text, &where);
	if (where.size == 0)
		rig_bytes_print(&where, "an earlier value");
	if (is_interrupted(wanted, p->arrival))
		rig_finding_add(judge->findings, rig_bytes_text(&text),
				"%s: the dump on %s%s was interrupted by a change", place(judge),
				dollar(wanted), where_name(judge, wanted));
	else if (strcmp(rig_bytes_text(&e), rig_bytes_text(&r)))
		rig_finding_add(judge->findings, rig_bytes_text(&text),
				"%s: model expects %s on %s%s, received %s", place(judge),
				rig_bytes_text(&e), dollar(wanted), where_name(judge, wanted),
				rig_bytes_text(&r));
	else
		rig_finding_add(judge->findings, rig_bytes_text(&text),
				"%s: %s on %s%s is not as the model expects: %s", place(judge),
				rig_bytes_text(&e), dollar(wanted), where_name(judge, wanted),
				rig_bytes_text(&where));
	rig_bytes_free(&text);
	rig_bytes_free(&where);
	rig_bytes_free(&e);
	rig_bytes_free(&r);
	return ret;
}

/* Pairs what is missing with what is left over where one was most likely meant to be the other. */
static int pair_similar(struct rig_judge *judge, struct channel *channel,
			bool (*similar)(const struct rig_arrival *, const struct rig_arrival *))
{
	for (size_t i = 0; i < channel->n_expected; i++) {
		struct pairing *p = &channel->expected[i];
		struct rig_arrival wanted;

		if (p->arrival || p->expected->optional)
			continue;
		if (as_arrival(judge, p->expected, &wanted) < 0)
			return -1;
		for (size_t k = 0; k < channel->n_arrivals && !p->arrival; k++) {
			struct rig_arrival *arrival = channel->arrivals[k];

			if (arrival->expected || !similar(&wanted, arrival))
				continue;
			if (take(judge, p, arrival) < 0 || report_difference(judge, p, &wanted) < 0)
				return -1;
		}
	}
	return 0;
}

static void describe(const struct rig_judge *judge, const struct rig_arrival *arrival,
		     const char *what, struct rig_bytes *text)
{
	if (arrival->kind == RIG_ARRIVAL_OVERRUN)
		return;
	rig_bytes_print(text, "  %s:\n    ", what);
	if (arrival->message)
		rig_print_message(arrival->message, judge->ids, text);
	else
		rig_bytes_hex(text, arrival->bytes, arrival->size);
	rig_bytes_print(text, "\n");
	if (arrival->message)
		rig_hexdump(arrival->bytes, arrival->size, judge->ids, "      ", text, NULL);
}

static int report_missing(struct rig_judge *judge, const struct rig_expected *expected)
{
	struct rig_bytes what = { 0 }, text = { 0 };
	struct rig_arrival wanted;

	if (as_arrival(judge, expected, &wanted) < 0)
		return -1;
	rig_arrival_summary(&wanted, &what);
	describe(judge, &wanted, "missing", &text);
	rig_bytes_print(&text, "  waited %u ms\n", judge->waited_ms);
	rig_finding_add(judge->findings, rig_bytes_text(&text),
			"%s: model expects %s on %s%s%s, nothing came", place(judge),
			rig_bytes_text(&what), dollar(&wanted), where_name(judge, &wanted),
			expected->group ? " or another socket" : "");
	rig_bytes_free(&what);
	rig_bytes_free(&text);
	return 0;
}

static void report_unexpected(struct rig_judge *judge, const struct rig_arrival *arrival)
{
	struct rig_bytes what = { 0 }, text = { 0 };

	rig_arrival_summary(arrival, &what);
	describe(judge, arrival, "received", &text);
	if (arrival->kind == RIG_ARRIVAL_OVERRUN)
		rig_finding_add(judge->findings, NULL,
				"%s: messages were lost: the receive buffer of $%s overran",
				place(judge), where_name(judge, arrival));
	else
		rig_finding_add(judge->findings, rig_bytes_text(&text),
				"%s: model expects nothing more on %s%s, received %s", place(judge),
				dollar(arrival), where_name(judge, arrival), rig_bytes_text(&what));
	rig_bytes_free(&what);
	rig_bytes_free(&text);
}

static void report_order(struct rig_judge *judge, const struct rig_arrival *arrival)
{
	struct rig_bytes what = { 0 };

	rig_arrival_summary(arrival, &what);
	rig_finding_add(judge->findings, NULL, "%s: %s on %s%s came too early", place(judge),
			rig_bytes_text(&what), dollar(arrival), where_name(judge, arrival));
	rig_bytes_free(&what);
}

/*
 * An arrival is too early when one that has its place before it, and not in the same set, came
 * after it. The inbox is in order of arrival, so addresses tell which came first.
 */
static int judge_order(struct rig_judge *judge, const struct channel *channel,
		       struct rig_inbox *inbox)
{
	const struct pairing *p = channel->expected, *end = p + channel->n_expected;
	/* The last that came of all before p, and of all before p's set. */
	const struct rig_arrival *last = NULL, *before = NULL;

	for (; p < end; p++) {
		unsigned int set = p->expected->set;
		bool early = false;

		if (!set || p == channel->expected || p[-1].expected->set != set)
			before = last;

		if (!p->arrival)
			continue;
		for (const struct pairing *q = channel->expected; p->arrival < before && q < p; q++)
			early |= q->arrival > p->arrival && !(set && set == q->expected->set);
		if (early && rig_inbox_decode(inbox) < 0)
			return -1;
		if (early)
			report_order(judge, p->arrival);
		if (p->arrival > last)
			last = p->arrival;
	}
	return 0;
}

static int judge_channel(struct rig_judge *judge, struct channel *channel, struct rig_inbox *inbox,
			 bool surplus_allowed)
{
	if (pair_equal(judge, channel) < 0)
		return -1;
	pair_required(judge, channel);
	if (all_paired(channel))
		return judge_order(judge, channel, inbox);
	if (rig_inbox_decode(inbox) < 0 || pair_similar(judge, channel, same_command) < 0 ||
	    pair_similar(judge, channel, same_request) < 0)
		return -1;
	for (size_t i = 0; i < channel->n_expected; i++) {
		const struct pairing *p = &channel->expected[i];

		if (!p->arrival && !p->expected->optional && report_missing(judge, p->expected) < 0)
			return -1;
	}
	if (judge_order(judge, channel, inbox) < 0)
		return -1;
	for (size_t i = 0; i < channel->n_arrivals; i++) {
		const struct rig_arrival *arrival = channel->arrivals[i];

		if (!arrival->expected &&
		    (!surplus_allowed || arrival->kind == RIG_ARRIVAL_OVERRUN))
			report_unexpected(judge, arrival);
	}
	return 0;
}

/* ---- channels ---- */

static bool same_channel(const struct rig_expected *a, const struct rig_expected *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == RIG_EXPECT_FRAME ? !strcmp(a->netdev, b->netdev) : a->sock == b->sock;
}

/* Whether as much has come where this comes as must; members of a group come there or elsewhere. */
static bool has_come(const struct rig_answer *answer, const struct rig_inbox *inbox,
		     const struct rig_expected *where, size_t *spare)
{
	size_t must = 0, came = 0;

	for (size_t i = 0; i < answer->count; i++) {
		const struct rig_expected *e = &answer->list[i];

		must += same_channel(where, e) && !e->optional && !e->group;
	}
	for (size_t i = 0; i < inbox->count; i++)
		came += rig_arrival_is_where(&inbox->list[i], where);
	if (came < must)
		return false;
	*spare = came - must;
	return true;
}

static bool begins_group(const struct rig_answer *answer, size_t i)
{
	const struct rig_expected *e = &answer->list[i];

	return e->group && (!i || e[-1].group != e->group);
}

/* Whether the one at @i is the first of its channel, or of those of a group there. */
static bool begins_channel(const struct rig_answer *answer, size_t i)
{
	const struct rig_expected *e = &answer->list[i];

	for (size_t k = i; k-- > 0;)
		if (same_channel(&answer->list[k], e) && !answer->list[k].group == !e->group)
			return false;
	return true;
}

size_t rig_judge_must(const struct rig_answer *answer)
{
	size_t must = 0;

	for (size_t i = 0; i < answer->count; i++)
		must += !answer->list[i].optional &&
			(!answer->list[i].group || begins_group(answer, i));
	return must;
}

bool rig_judge_complete(const struct rig_answer *answer, const struct rig_inbox *inbox)
{
	size_t in_groups = 0, room = 0, spare;

	for (size_t i = 0; i < answer->count; i++) {
		in_groups += begins_group(answer, i) && !answer->list[i].optional;
		if (!begins_channel(answer, i))
			continue;
		if (!has_come(answer, inbox, &answer->list[i], &spare))
			return false;
		/* Each group needs one arrival of its own on one of its channels. */
		room += answer->list[i].group ? spare : 0;
	}
	return room >= in_groups;
}

static struct rig_expected channel_of(const struct rig_arrival *arrival)
{
	return (struct rig_expected){
		.kind = arrival->kind == RIG_ARRIVAL_FRAME ? RIG_EXPECT_FRAME : RIG_EXPECT_MESSAGE,
		.sock = arrival->socket,
		.netdev = arrival->port,
	};
}

/* ---- groups: which member has this kernel chosen? ---- */

/* What has become of each expectation and each arrival. */
struct choice {
	bool *dropped; /* expectations: another of the group was chosen */
	bool *claimed; /* expectations: an arrival meets it */
	bool *used;    /* arrivals: meets an expectation */
};

static bool choice_init(struct choice *choice, struct rig_arena *arena, size_t n_expected,
			size_t n_arrivals)
{
	size_t size = 2 * n_expected + n_arrivals + 1;
	bool *all = rig_arena_alloc(arena, size);

	if (!all)
		return false;
	memset(all, 0, size);
	*choice = (struct choice){ all, all + n_expected, all + 2 * n_expected };
	return true;
}

static void choose(struct choice *choice, const struct rig_answer *answer, size_t chosen)
{
	for (size_t i = 0; i < answer->count; i++)
		if (i != chosen && answer->list[i].group == answer->list[chosen].group)
			choice->dropped[i] = true;
}

/* Meets the arrival with an expectation, of those in a group or of those not. */
static void claim(const struct rig_judge *judge, const struct rig_answer *answer,
		  struct choice *choice, const struct rig_inbox *inbox, size_t k, bool in_group)
{
	for (size_t i = 0; i < answer->count && !choice->used[k]; i++) {
		const struct rig_expected *e = &answer->list[i];

		if (!e->group == in_group || choice->dropped[i] || choice->claimed[i] ||
		    !rig_arrival_is_where(&inbox->list[k], e) || !is_met(judge, e, &inbox->list[k]))
			continue;
		choice->claimed[i] = choice->used[k] = true;
		if (in_group)
			choose(choice, answer, i);
	}
}

/* Of a group that nothing meets: the member where something else came, or the first. */
static size_t nearest(const struct rig_answer *answer, const struct choice *choice,
		      const struct rig_inbox *inbox, size_t first)
{
	for (size_t i = first; i < answer->count; i++)
		for (size_t k = 0; k < inbox->count; k++)
			if (answer->list[i].group == answer->list[first].group &&
			    !choice->used[k] &&
			    rig_arrival_is_where(&inbox->list[k], &answer->list[i]))
				return i;
	return first;
}

/* Drops all of each group but the member that came. Expectations that stand alone go first. */
static void choose_members(const struct rig_judge *judge, const struct rig_answer *answer,
			   struct choice *choice, const struct rig_inbox *inbox)
{
	bool any = false;

	for (size_t i = 0; i < answer->count; i++)
		any |= answer->list[i].group != 0;
	for (int in_group = 0; any && in_group < 2; in_group++)
		for (size_t k = 0; k < inbox->count; k++)
			claim(judge, answer, choice, inbox, k, in_group);
	for (size_t i = 0; any && i < answer->count; i++)
		if (answer->list[i].group && !choice->dropped[i] && !choice->claimed[i])
			choose(choice, answer, nearest(answer, choice, inbox, i));
}

/* Gathers what belongs to one channel, in order. */
static void channel_fill(struct channel *channel, const struct rig_expected *of,
			 const struct rig_answer *answer, const struct choice *choice,
			 struct rig_inbox *inbox)
{
	channel->n_expected = channel->n_arrivals = 0;
	channel->lookup = NULL;
	for (size_t i = 0; i < answer->count; i++)
		if (!choice->dropped[i] && same_channel(of, &answer->list[i]))
			channel->expected[channel->n_expected++] =
				(struct pairing){ .expected = &answer->list[i] };
	for (size_t i = 0; i < inbox->count; i++)
		if (rig_arrival_is_where(&inbox->list[i], of))
			channel->arrivals[channel->n_arrivals++] = &inbox->list[i];
}

/* Appends a channel to those that are known, unless it is one of them. */
static bool add_channel(struct rig_expected *known, size_t *count, const struct rig_expected *of)
{
	for (size_t i = *count; i-- > 0;)
		if (same_channel(&known[i], of))
			return false;
	known[(*count)++] = *of;
	return true;
}

int rig_judge_answer(struct rig_judge *judge, const struct rig_answer *answer,
		     struct rig_inbox *inbox)
{
	size_t count = answer->count + inbox->count, n_known = 0;
	struct rig_expected *known = rig_arena_alloc(judge->arena, (count + 1) * sizeof(*known));
	struct channel channel = {
		.expected = rig_arena_alloc(judge->arena,
					    (answer->count + 1) * sizeof(*channel.expected)),
		.arrivals = rig_arena_alloc(judge->arena,
					    (inbox->count + 1) * sizeof(*channel.arrivals)),
	};
	struct choice choice;

	if (!known || !channel.expected || !channel.arrivals ||
	    !choice_init(&choice, judge->arena, answer->count, inbox->count))
		return -1;
	choose_members(judge, answer, &choice, inbox);
	for (size_t i = 0; i < count; i++) {
		const struct rig_expected of = i < answer->count ?
						       answer->list[i] :
						       channel_of(&inbox->list[i - answer->count]);

		if (!add_channel(known, &n_known, &of))
			continue;
		channel_fill(&channel, &of, answer, &choice, inbox);
		if (judge_channel(judge, &channel, inbox, answer->unmodelled != NULL) < 0)
			return -1;
	}
	return 0;
}
