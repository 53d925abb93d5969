/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/judge.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/judge.h"
#include "link/link.h"
#include "replay/counters.h"
#include "replay/exchange.h"
#include "replay/facts.h"
#include "replay/knowledge.h"
#include "replay/netdevs.h"

struct trial {
	const struct rig_trace_options *options;
	const struct rig_family_ids *ids;
	struct rig_trace_verdict *verdict;
	rig_trace_report *report;
	void *context;
	struct queue queue;
	struct knowledge known; /* and the model */
	struct rig_answer answer;
	struct rig_arena arena; /* of the request in hand */
	struct rig_inbox inbox;
	struct exchange exchange;
	char place[64];
	char sender[16];
};

static const char no_memory[] = "out of memory";

void rig_trace_reason_count(struct rig_trace_reason *list, unsigned int *n, const char *why,
			    unsigned long packet)
{
	unsigned int i;

	for (i = 0; i < *n && strcmp(list[i].why, why); i++)
		;
	if (i == RIG_TRACE_REASONS)
		i--;
	else if (i == *n)
		list[(*n)++] = (struct rig_trace_reason){ why, 0, packet };
	list[i].count++;
}

static void count_unjudged(struct trial *t, const char *why, unsigned long packet)
{
	struct rig_trace_verdict *v = t->verdict;

	v->unjudged++;
	rig_trace_reason_count(v->reasons, &v->n_reasons, why, packet);
}

static const char *place(void *context)
{
	const struct trial *t = context;

	return t->place;
}

static const char *socket_name(void *context, unsigned int socket)
{
	const struct trial *t = context;

	return socket == SOCK_LISTENER ? "members" : t->sender;
}

/* ---- what is expected ---- */

static int copy_expected(struct trial *t, const struct rig_expected *from, unsigned int counters,
			 struct rig_expected *to)
{
	struct counted counted = {
		.bytes = rig_arena_copy(&t->arena, from->bytes, from->len),
		.len = from->len,
		.open = rig_arena_copy(&t->arena, from->open, from->n_open * sizeof(*from->open)),
		.n_open = from->n_open,
	};
	struct rig_expected *shifted;

	if (!counted.bytes || !counted.open)
		return -1;
	counters_remove(&counted, t->ids, counters);
	*to = *from;
	to->bytes = counted.bytes;
	to->len = counted.len;
	to->open = counted.open;
	to->n_open = counted.n_open;
	if (!from->shifted)
		return 0;
	shifted = rig_arena_alloc(&t->arena, sizeof(*shifted));
	to->shifted = shifted;
	return shifted ? copy_expected(t, from->shifted, counters, shifted) : -1;
}

/* Frames are not in a trace, nor is to whom an upcall or a notification went. */
static bool can_be_seen(const struct rig_expected *expected, bool heard)
{
	if (expected->kind != RIG_EXPECT_MESSAGE || expected->role == RIG_ROLE_UPCALL)
		return false;
	if (expected->role == RIG_ROLE_NOTIFY)
		return heard && expected->sock == SOCK_LISTENER;
	return expected->sock == SOCK_SENDER;
}

static int select_expected(struct trial *t, bool heard, unsigned int counters,
			   struct rig_answer *out)
{
	struct rig_expected *list =
		rig_arena_alloc(&t->arena, (t->answer.count + 1) * sizeof(*list));

	*out = (struct rig_answer){ .list = list };
	for (size_t i = 0; list && i < t->answer.count; i++) {
		if (!can_be_seen(&t->answer.list[i], heard))
			continue;
		if (copy_expected(t, &t->answer.list[i], counters, &list[out->count]) < 0)
			return -1;
		out->count++;
	}
	return list ? 0 : -1;
}

static bool expects(const struct rig_answer *answer, unsigned int sock, bool control)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct rig_expected *e = &answer->list[i];
		bool is_control = e->role == RIG_ROLE_ACK || e->role == RIG_ROLE_DONE;

		if (e->sock == sock && e->kind == RIG_EXPECT_MESSAGE && is_control == control &&
		    e->role != RIG_ROLE_UPCALL)
			return true;
	}
	return false;
}

/* ---- what came ---- */

static bool is_control(const struct rig_message *message)
{
	return message->type < NLMSG_MIN_TYPE;
}

/* A notification is seen once for each member of the group, and the echo looks the same. */
static bool is_copy(const struct exchange *exchange, size_t n)
{
	const struct queue_item *item = exchange->answers[n].item;

	for (size_t i = 0; i < n; i++) {
		const struct queue_item *other = exchange->answers[i].item;

		if (other->size == item->size && !memcmp(other->bytes, item->bytes, item->size))
			return true;
	}
	return false;
}

static int add_arrival(struct trial *t, const struct queue_item *item, unsigned int socket,
		       unsigned int counters)
{
	struct counted counted = {
		.bytes = rig_arena_copy(&t->arena, item->bytes, item->size),
		.len = item->size,
	};
	struct rig_event event = { .kind = RIG_EVENT_DATAGRAM, .socket = socket };
	size_t before = t->inbox.count;

	if (!counted.bytes)
		return -1;
	counters_remove(&counted, t->ids, counters);
	event.data = counted.bytes;
	event.len = counted.len;
	if (rig_inbox_add(&t->inbox, &event) < 0)
		return -1;
	for (; before < t->inbox.count; before++)
		t->inbox.list[before].shifted = item->shifted;
	return 0;
}

/* To the sender, unless only the group can have been told. */
static int fill_inbox(struct trial *t, unsigned int counters, bool *heard)
{
	const struct exchange *exchange = &t->exchange;
	bool notifies = expects(&t->answer, SOCK_LISTENER, false);
	bool replies = expects(&t->answer, SOCK_SENDER, false);

	*heard = false;
	rig_inbox_empty(&t->inbox);
	for (size_t i = 0; i < exchange->n_answers; i++) {
		bool control = is_control(exchange->answers[i].message);
		bool told = notifies && !replies && !control;

		if (notifies && !control && is_copy(exchange, i))
			continue;
		*heard |= told;
		if (add_arrival(t, exchange->answers[i].item, told ? SOCK_LISTENER : SOCK_SENDER,
				counters) < 0)
			return -1;
	}
	return 0;
}

/* ---- the verdict ---- */

static int compare(struct trial *t, struct rig_findings *findings)
{
	unsigned int counters = knowledge_of_counters(
		&t->known,
		t->exchange.n_answers ? t->exchange.answers[0].message : t->exchange.messages);
	struct rig_judge judge = {
		.arena = &t->arena,
		.ids = t->ids,
		.findings = findings,
		.socket_name = socket_name,
		.context = t,
		.place = place,
	};
	struct rig_answer expected;
	bool heard;

	if (fill_inbox(t, counters, &heard) < 0 ||
	    select_expected(t, heard, counters, &expected) < 0 ||
	    rig_judge_answer(&judge, &expected, &t->inbox) < 0)
		return -1;
	for (size_t i = 0; i < judge.n_slots; i++)
		rig_model_learn(t->known.model, judge.slots[i].slot, judge.slots[i].value);
	return 0;
}

static const struct rig_message *reply_of(const struct exchange *exchange)
{
	for (size_t i = 0; i < exchange->n_answers; i++)
		if (!is_control(exchange->answers[i].message))
			return exchange->answers[i].message;
	return NULL;
}

static int error_of(const struct exchange *exchange)
{
	const struct rig_message *end = exchange_end(exchange, exchange->messages->seq);

	return end ? rig_message_errno(end) : 0;
}

/* Whether the error may be about a device of that name, of which the trace does not tell. */
static bool is_about_netdev(const struct rig_message *message, int error)
{
	if (!message->family || (error != EEXIST && error != EBUSY && error != EINVAL))
		return false;
	return (message->family->index == RIG_DP && message->cmd == OVS_DP_CMD_NEW &&
		error != EINVAL) ||
	       (message->family->index == RIG_VPORT && message->cmd == OVS_VPORT_CMD_NEW);
}

/* Why a difference is no fault of the kernel's; NULL: it is. */
static const char *excuse(const struct trial *t)
{
	const struct exchange *exchange = &t->exchange;
	const struct rig_message *message = exchange->messages;
	bool dump = (message->flags & NLM_F_DUMP) == NLM_F_DUMP;
	const char *gap = NULL;

	if (exchange->lost)
		return "not all of it was captured";
	for (; message && !gap; message = message->next)
		gap = knowledge_gap(&t->known, message);
	if (gap)
		return gap;
	message = exchange->messages;
	if (exchange->overlaps)
		return "another request that changes something ran meanwhile";
	if (dump && !exchange_end(exchange, message->seq))
		return "a dump that was not read to its end";
	if (!exchange->n_answers && !exchange->returned)
		return "no answer, but the sender is not heard of again";
	if (is_about_netdev(message, error_of(exchange)))
		return "netdevs beside the datapath are not in the trace";
	return NULL;
}

static void report_faults(struct trial *t, const struct rig_findings *findings)
{
	struct rig_bytes sent = {};

	rig_print(t->exchange.messages, t->ids, &sent);
	for (const struct rig_finding *f = findings->first; f; f = f->next) {
		const struct rig_trace_fault fault = {
			.packet = t->exchange.request->packet,
			.headline = f->headline,
			.sent = rig_bytes_text(&sent),
			.detail = f->detail,
		};

		t->report(t->context, &fault);
	}
	rig_bytes_free(&sent);
}

/* Whoever walks the trace with the judge hears of the request. */
static int tell(const struct trial *t, const char *unjudged, bool beyond)
{
	const struct rig_trace_watch *watch = t->options->watch;

	if (t->known.failed)
		return -1;
	return watch ? watch->exchange(watch->context, &t->exchange, unjudged, beyond) : 0;
}

/* Returns why the request could not be judged; NULL: it was. */
static const char *conclude(struct trial *t, const struct rig_findings *findings)
{
	const struct exchange *exchange = &t->exchange;
	const char *why = findings->count ? excuse(t) : NULL;

	if (!findings->count)
		t->verdict->right++;
	else if (why)
		count_unjudged(t, why, exchange->request->packet);
	else
		t->verdict->wrong++;
	if (findings->count && !why)
		report_faults(t, findings);
	for (const struct rig_message *m = exchange->messages; m; m = m->next) {
		if (findings->count)
			knowledge_doubt(&t->known, m);
		else if (!error_of(exchange))
			knowledge_follow(&t->known, m, reply_of(exchange));
	}
	for (size_t i = 0; i < exchange->n_answers; i++)
		knowledge_learn(&t->known, exchange->answers[i].message);
	if (exchange_end(exchange, exchange->messages->seq) && !error_of(exchange))
		knowledge_complete(&t->known, exchange->messages);
	return why;
}

/* ---- requests ---- */

static bool tracks_connections(const struct rig_node *node)
{
	for (; node; node = node->next)
		if (node->attr &&
		    (node->attr == rig_attr_get(&rig_nest_action, OVS_ACTION_ATTR_CT) ||
		     (node->form == RIG_FORM_NEST && tracks_connections(node->children))))
			return true;
	return false;
}

/*
 * Why the request is not for the model at all. What a packet does to connections would leave the
 * model without a known state, though nothing else depends on it that a trace shows.
 */
static const char *beyond_traces(const struct exchange *exchange)
{
	for (const struct rig_message *m = exchange->messages; m; m = m->next)
		if (m->family && m->family->index == RIG_PACKET && tracks_connections(m->nodes))
			return "packets executed through connection tracking";
	return NULL;
}

static int judge_request(struct trial *t)
{
	const char *beyond;
	int gone;
	struct rig_findings findings = { .arena = &t->arena };
	struct exchange *exchange = &t->exchange;
	struct rig_bytes name = {};
	int ret;

	rig_arena_reset(&t->arena);
	if (exchange_take(exchange, &t->queue, t->ids, &t->arena) < 0)
		return -1;
	if (!exchange->messages || exchange->messages->raw) {
		count_unjudged(t, "no netlink message", exchange->request->packet);
		return 0;
	}
	rig_message_summary(exchange->messages, &name);
	snprintf(t->place, sizeof(t->place), "packet %lu: %s", exchange->request->packet,
		 rig_bytes_text(&name));
	snprintf(t->sender, sizeof(t->sender), "%u", exchange->pid);
	rig_bytes_free(&name);

	beyond = beyond_traces(exchange);
	if (beyond) {
		count_unjudged(t, beyond, exchange->request->packet);
		return tell(t, beyond, true);
	}
	rig_model_socket(t->known.model, SOCK_SENDER, exchange->pid, exchange->flags, NULL);
	gone = netdevs_follow(&t->known, exchange, &t->arena);
	if (gone < 0)
		return -1;
	while (gone-- > 0)
		count_unjudged(t, "ports whose devices went away, which the trace does not show",
			       exchange->request->packet);
	ret = rig_model_send(t->known.model, SOCK_SENDER, exchange->request->bytes,
			     exchange->request->size, &t->answer);
	if (ret < 0 || t->answer.unmodelled) {
		beyond = ret < 0 ? "a datagram that is too large" : t->answer.unmodelled;
		count_unjudged(t, beyond, exchange->request->packet);
		for (const struct rig_message *m = exchange->messages; m; m = m->next)
			knowledge_doubt(&t->known, m);
		return tell(t, beyond, ret < 0 || t->answer.tainted);
	}
	if (compare(t, &findings) < 0)
		return -1;
	return tell(t, conclude(t, &findings), false);
}

/* ---- what nobody asked for ---- */

static int judge_gone(struct trial *t, const struct queue_item *item,
		      const struct rig_message *message)
{
	const struct rig_node *name = rig_message_leaf(message, OVS_VPORT_ATTR_NAME);
	struct rig_findings findings = { .arena = &t->arena };
	struct exchange_answer answer = { .message = message };

	if (!name || !name->size || name->data[name->size - 1])
		return 0;
	snprintf(t->place, sizeof(t->place), "packet %lu: vport.del unasked", item->packet);
	if (knowledge_netdev_gone(&t->known, (const char *)name->data, &t->answer) < 0)
		return -1;
	answer.item = queue_at(&t->queue, 0);
	t->exchange = (struct exchange){
		.request = item, .messages = message, .answers = &answer, .n_answers = 1
	};
	if (t->answer.count == 0) {
		count_unjudged(t, "further copies of a notification", item->packet);
		return 0;
	}
	if (compare(t, &findings) < 0)
		return -1;
	if (!findings.count) {
		t->verdict->right++;
	} else if (knowledge_gap(&t->known, message)) {
		count_unjudged(t, knowledge_gap(&t->known, message), item->packet);
	} else {
		t->verdict->wrong++;
		report_faults(t, &findings);
	}
	return 0;
}

static int judge_event(struct trial *t, const struct queue_item *item)
{
	struct rig_message *message;

	rig_arena_reset(&t->arena);
	if (rig_decode(&t->arena, t->ids, item->bytes, item->size, &message, NULL) < 0)
		return -1;
	if (!message || message->raw || !message->family) {
		count_unjudged(t, "a generic netlink family that is not OVS's", item->packet);
	} else if (message->family->index == RIG_PACKET) {
		count_unjudged(t, "upcalls: the frames that caused them are not in the trace",
			       item->packet);
	} else if (message->pid || message->seq || message->family->index == RIG_NL) {
		knowledge_learn(&t->known, message);
		count_unjudged(t, "answers to requests that are not in the trace", item->packet);
	} else if (message->family->index == RIG_VPORT && message->cmd == OVS_VPORT_CMD_DEL) {
		return judge_gone(t, item, message);
	} else {
		knowledge_learn(&t->known, message);
		count_unjudged(t, "notifications that no request caused", item->packet);
	}
	return 0;
}

/* ---- all of it ---- */

static struct rig_model *make_model(const struct rig_trace_options *options,
				    const struct rig_trace_facts *facts)
{
	static const enum rig_family_index family[RIG_MODEL_FAMILIES] = {
		[RIG_MODEL_DATAPATH] = RIG_DP, [RIG_MODEL_VPORT] = RIG_VPORT,
		[RIG_MODEL_FLOW] = RIG_FLOW,   [RIG_MODEL_PACKET] = RIG_PACKET,
		[RIG_MODEL_METER] = RIG_METER, [RIG_MODEL_CT_LIMIT] = RIG_CT_LIMIT,
	};
	struct rig_model_config config = {
		.kernel = options->kernel,
		.ncpus = options->cpus ? options->cpus : facts->cpus,
		.build = (facts->pad64 ? RIG_BUILD_PAD64 : 0) |
			 (facts->no_ct_zones ? RIG_BUILD_NO_CT_ZONES : 0),
	};
	struct rig_model *model;

	for (unsigned int i = 0; i < RIG_MODEL_FAMILIES; i++) {
		config.family_id[i] = options->families->ids.id[family[i]];
		config.group_id[i] = options->families->group[family[i]];
		if (!config.group_id[i] && rig_families[family[i]].group)
			config.group_id[i] = UINT32_MAX - i; /* not named: any will do */
	}
	model = rig_model_new(&config);
	if (!model)
		return NULL;
	rig_model_socket(model, SOCK_LISTENER, UINT32_MAX, 0, NULL);
	rig_model_socket(model, SOCK_TEACHER, UINT32_MAX - 1, 0, NULL);
	for (unsigned int i = 0; i < RIG_MODEL_FAMILIES; i++)
		if (config.group_id[i])
			rig_model_join(model, SOCK_LISTENER, config.group_id[i]);
	return model;
}

static int judge_all(struct trial *t, struct rig_error *err)
{
	int ret = 0;

	while (ret == 0) {
		const struct queue_item *item;

		if (queue_fill(&t->queue, err) < 0)
			return -1;
		item = queue_at(&t->queue, 0);
		if (!item)
			break;
		if (item->direction == RIG_TO_KERNEL)
			ret = judge_request(t);
		else if (!item->answered)
			ret = judge_event(t, item);
		queue_drop(&t->queue);
	}
	return ret < 0 ? rig_error_set(err, no_memory) : 0;
}

int rig_trace_judge(struct rig_trace *trace, const struct rig_trace_options *options,
		    rig_trace_report *report, void *context, struct rig_trace_verdict *verdict,
		    struct rig_error *err)
{
	struct trial t = {
		.options = options,
		.ids = &options->families->ids,
		.verdict = verdict,
		.report = report,
		.context = context,
		.queue = { .trace = trace },
	};
	struct rig_trace_facts facts;
	int ret = rig_trace_facts_read(&facts, trace, t.ids, err);

	*verdict = (struct rig_trace_verdict){};
	t.inbox.arena = &t.arena;
	t.inbox.ids = t.ids;
	t.known.ids = t.ids;
	t.known.watch = options->watch;
	if (ret == 0) {
		t.known.model = make_model(options, &facts);
		ret = t.known.model ? judge_all(&t, err) : rig_error_set(err, no_memory);
	}
	verdict->packets = t.queue.packets;
	verdict->flawed = t.queue.flawed;
	verdict->damaged = t.queue.damaged;
	queue_free(&t.queue);
	rig_inbox_free(&t.inbox);
	rig_answer_free(&t.answer);
	rig_answer_free(&t.known.answer);
	rig_model_free(t.known.model);
	rig_arena_free(&t.arena);
	return ret;
}
