/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/judge.h"

#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/facts.h"
#include "replay/netdevs.h"
#include "replay/trial.h"

#define TICK 4096 /* messages from one to the next */

static const char no_memory[] = "out of memory";

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

static const char through_ct[] = "packets executed through connection tracking";

/*
 * Whether it is not for the model at all. What a packet does to connections would leave the model
 * without a known state, though nothing else depends on it that a trace shows.
 */
static bool is_beyond(const struct rig_message *m)
{
	return m->family && m->family->index == RIG_PACKET && tracks_connections(m->nodes);
}

/* The answers to what is beyond. -1: they cannot be told from those to the rest of the datagram. */
static int set_beside(struct exchange *exchange, const struct rig_message *beyond)
{
	for (const struct rig_message *m = exchange->messages; m; m = m->next)
		if (m->seq == beyond->seq && !is_beyond(m))
			return -1;
	for (size_t i = 0; i < exchange->n_answers; i++)
		exchange->answers[i].beside |= exchange->answers[i].message->seq == beyond->seq;
	return 0;
}

/*
 * The datagram without what is beyond the model, whose answers are set beside. Its size; 0: nothing
 * is left, or the answers do not tell to which message they are. -1: out of memory.
 */
static long leave_out(struct trial *t, const uint8_t **datagram)
{
	const struct queue_item *request = t->exchange.request;
	uint8_t *bytes = rig_arena_alloc(&t->arena, request->size);
	size_t at = 0, size = 0;

	*datagram = bytes;
	if (!bytes)
		return -1;
	for (const struct rig_message *m = t->exchange.messages; m && at < request->size;
	     m = m->next) {
		size_t step = m->raw ? request->size : NLMSG_ALIGN((size_t)m->len);

		if (step > request->size - at)
			step = request->size - at;
		if (!is_beyond(m)) {
			memcpy(bytes + size, request->bytes + at, step);
			size += step;
		} else if (set_beside(&t->exchange, m) < 0) {
			return 0;
		}
		at += step;
	}
	return size;
}

/* Whoever walks the trace with the judge hears of the request. */
static int tell(const struct trial *t, const struct rig_trace_ruling *ruling)
{
	const struct rig_trace_watch *watch = t->options->watch;

	if (t->known.failed)
		return -1;
	return watch ? watch->exchange(watch->context, &t->exchange, ruling) : 0;
}

static void name_place(struct trial *t)
{
	struct rig_bytes name = {};

	rig_message_summary(t->exchange.messages, &name);
	snprintf(t->place, sizeof(t->place), "packet %lu: %s", t->exchange.request->packet,
		 rig_bytes_text(&name));
	snprintf(t->sender, sizeof(t->sender), "%u", t->exchange.pid);
	rig_bytes_free(&name);
}

/* What it has changed is not known to the model. */
static int give_up(struct trial *t, const char *beyond, bool tainted)
{
	const struct rig_trace_ruling ruling = { .unjudged = beyond, .beyond = tainted };

	for (const struct rig_message *m = t->exchange.messages; m; m = m->next)
		knowledge_doubt(&t->known, m);
	return tell(t, &ruling);
}

/* The datagram is the request, or what is left of it: left_out says why, NULL that it is all. */
static int judge_datagram(struct trial *t, const uint8_t *datagram, size_t size,
			  const char *left_out)
{
	struct exchange *exchange = &t->exchange;
	struct rig_findings findings = { .arena = &t->arena };
	struct rig_trace_ruling ruling = {};
	const char *beyond;
	int ret, gone;

	rig_model_socket(t->known.model, SOCK_SENDER, exchange->pid, exchange->flags, NULL);
	gone = netdevs_follow(&t->known, exchange, &t->arena);
	if (gone < 0)
		return -1;
	while (gone-- > 0)
		trial_count_unjudged(t,
				     "ports whose devices went away, which the trace does not show",
				     exchange->request->packet);
	ret = rig_model_send(t->known.model, SOCK_SENDER, datagram, size, &t->answer);
	if (ret < 0 || t->answer.unmodelled) {
		beyond = ret < 0 ? "a datagram that is too large" : t->answer.unmodelled;
		trial_count_unjudged(t, beyond, exchange->request->packet);
		return give_up(t, beyond, ret < 0 || t->answer.tainted);
	}
	if (trial_compare(t, &findings) < 0)
		return -1;
	if (trial_conclude(t, &findings, &ruling.unjudged) < 0)
		return -1;
	ruling.wrong = findings.count && !ruling.unjudged;
	if (!ruling.unjudged)
		ruling.unjudged = left_out;
	return tell(t, &ruling);
}

static int judge_request(struct trial *t)
{
	struct exchange *exchange = &t->exchange;
	const struct rig_message *beyond;
	const uint8_t *datagram;
	long size;

	rig_arena_reset(&t->arena);
	if (exchange_take(exchange, &t->queue, t->ids, &t->arena) < 0)
		return -1;
	if (!exchange->messages || exchange->messages->raw) {
		trial_count_unjudged(t, "no netlink message", exchange->request->packet);
		return 0;
	}
	asked_note(&t->asked, exchange);
	name_place(t);
	for (beyond = exchange->messages; beyond && !is_beyond(beyond);)
		beyond = beyond->next;
	if (!beyond)
		return judge_datagram(t, exchange->request->bytes, exchange->request->size, NULL);
	trial_count_unjudged(t, through_ct, exchange->request->packet);
	size = leave_out(t, &datagram);
	if (size < 0)
		return -1;
	return size ? judge_datagram(t, datagram, size, through_ct) : give_up(t, through_ct, false);
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
	unsigned int turns = 0;
	int ret = 0;

	while (ret == 0) {
		const struct queue_item *item;

		if (queue_fill(&t->queue, QUEUE_WINDOW, err) < 0)
			return -1;
		item = queue_at(&t->queue, 0);
		if (!item)
			break;
		if (t->options->tick && ++turns % TICK == 0)
			t->options->tick(t->context, t->queue.packets);
		if (item->gap) {
			t->gap = true;
			knowledge_doubt_all(&t->known);
			hearers_forget(&t->hearers);
		}
		if (item->direction == RIG_TO_KERNEL)
			ret = judge_request(t);
		else if (!item->answered)
			ret = trial_judge_event(t, item);
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
	t.known.ids = t.upcalls.ids = t.ids;
	t.known.watch = options->watch;
	t.known.aligned = facts.pad64;
	if (ret == 0) {
		t.known.model = make_model(options, &facts);
		t.upcalls.model = make_model(options, &facts);
		ret = t.known.model && t.upcalls.model ? judge_all(&t, err) :
							 rig_error_set(err, no_memory);
	}
	verdict->packets = t.queue.packets;
	verdict->messages = t.queue.messages;
	verdict->flawed = t.queue.flawed;
	verdict->damaged = t.queue.damages;
	verdict->dropped = rig_trace_dropped(trace);
	verdict->foreign = t.queue.foreign;
	if (t.queue.damages && err)
		*err = t.queue.damage;
	queue_free(&t.queue);
	rig_inbox_free(&t.inbox);
	rig_answer_free(&t.answer);
	rig_answer_free(&t.known.answer);
	rig_model_free(t.known.model);
	upcalls_free(&t.upcalls);
	rig_arena_free(&t.arena);
	return ret;
}
