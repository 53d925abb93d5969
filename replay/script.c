/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/script.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "judge/inbox.h"
#include "model/model.h"
#include "replay/exchange.h"
#include "replay/maker.h"

static const char *string_of(const struct rig_message *message, unsigned int number)
{
	const struct rig_node *node = rig_message_leaf(message, number);

	if (!node || !node->size || node->data[node->size - 1])
		return NULL;
	return (const char *)node->data;
}

static uint32_t u32_of(const struct rig_message *message, unsigned int number)
{
	const struct rig_node *node = rig_message_leaf(message, number);

	if (!node || node->size != sizeof(uint32_t))
		return 0;
	return rig_uint_get(node->data, node->size, RIG_HOST);
}

static bool is_a(const struct rig_message *message, enum rig_family_index family, uint8_t command)
{
	return message->family && message->family->index == family && message->cmd == command;
}

/* ---- devices ---- */

/* The device that a port is made of; NULL: none, or the datapath's own. */
static const char *device_of(const struct rig_message *message)
{
	if (!is_a(message, RIG_VPORT, OVS_VPORT_CMD_NEW) ||
	    u32_of(message, OVS_VPORT_ATTR_TYPE) != OVS_VPORT_TYPE_NETDEV)
		return NULL;
	return string_of(message, OVS_VPORT_ATTR_NAME);
}

/* The device that the datapath would make itself. */
static const char *internal_of(const struct rig_message *message)
{
	if (is_a(message, RIG_DP, OVS_DP_CMD_NEW))
		return string_of(message, OVS_DP_ATTR_NAME);
	if (is_a(message, RIG_VPORT, OVS_VPORT_CMD_NEW) &&
	    u32_of(message, OVS_VPORT_ATTR_TYPE) == OVS_VPORT_TYPE_INTERNAL)
		return string_of(message, OVS_VPORT_ATTR_NAME);
	return NULL;
}

static int error_of(const struct exchange *exchange, const struct rig_message *request)
{
	const struct rig_message *end = exchange_end(exchange, request->seq);

	return end ? rig_message_errno(end) : 0;
}

/* What must be there for the request to end as it did. */
static int need_devices(struct maker *maker, const struct exchange *exchange, const char *unjudged)
{
	for (const struct rig_message *m = exchange->messages; m; m = m->next) {
		int error = error_of(exchange, m);
		const char *name = NULL;

		if (!error)
			name = device_of(m);
		else if (error == EEXIST && unjudged)
			name = internal_of(m);
		if (name && maker_netdev(maker, name) < 0)
			return -1;
	}
	return 0;
}

/* ---- what was there before ---- */

static void drop_attr(struct rig_message *message, unsigned int number)
{
	struct rig_node **link = &message->nodes;

	while (*link) {
		if (rig_node_number(*link) == number)
			*link = (*link)->next;
		else
			link = &(*link)->next;
	}
}

static struct rig_message *decode(struct maker *maker, const void *bytes, size_t size)
{
	struct rig_message *messages;
	void *copy = rig_arena_copy(maker->arena, bytes, size);

	if (!copy || rig_decode(maker->arena, maker->ids, copy, size, &messages, NULL) < 0)
		return NULL;
	return messages;
}

static int add_lesson(void *context, const void *request, size_t size)
{
	struct maker *maker = context;
	struct rig_message *message = decode(maker, request, size);
	struct maker_dp *dp = NULL;
	struct rig_trace_step *made;
	const char *device;

	if (!message)
		return -1;
	if (is_a(message, RIG_DP, OVS_DP_CMD_NEW)) {
		dp = maker_dp(maker, u32_of(message, OVS_DP_ATTR_IFINDEX));
		if (!dp)
			return -1;
		dp->bound = true;
		drop_attr(message, OVS_DP_ATTR_IFINDEX);
		message->flags |= NLM_F_ECHO;
	}
	if (is_a(message, RIG_VPORT, OVS_VPORT_CMD_NEW))
		drop_attr(message, OVS_VPORT_ATTR_IFINDEX);
	device = device_of(message);
	if (device && maker_netdev(maker, device) < 0)
		return -1;
	/* Sockets that the symbols need are opened before the step stands in the script. */
	for (struct rig_message *m = message; m; m = m->next)
		if (maker_symbolise(maker, m) < 0)
			return -1;
	made = maker_step(maker, RIG_STEP_SEND, "");
	if (!made)
		return -1;
	made->step.message = message;
	return dp ? maker_want(maker, &made->step, 0, dp->symbol) : 0;
}

static int remove_device(void *context, const char *name)
{
	return maker_netdev_gone(context, name);
}

/* ---- datapaths that get a name ---- */

/* Asks, behind the step that made it, for the datapath that no answer named. */
static int ask_for(struct maker *maker, const struct maker_nameless *nameless,
		   const struct maker_dp *dp)
{
	const char *text = maker_say(maker, "dp.get name=%s", nameless->name);
	const struct rig_parser parser = { .arena = maker->arena };
	struct rig_trace_step *made = rig_arena_alloc(maker->arena, sizeof(*made));

	if (!text || !made)
		return -1;
	made->step.kind = RIG_STEP_SEND;
	made->step.text = "";
	made->step.socket = nameless->step->socket;
	/* A name that the notation cannot say bare stays unknown, as it was. */
	if (rig_parse(&parser, NULL, text, strlen(text), &made->step.message, NULL) < 0)
		return 0;
	made->step.next = nameless->step->next;
	nameless->step->next = &made->step;
	if (maker->tail == &nameless->step->next)
		maker->tail = &made->step.next;
	maker->made->script.n_steps++;
	return maker_want(maker, &made->step, 0, dp->symbol);
}

static int name_dp(struct maker *maker, const struct rig_message *answer)
{
	const char *name = string_of(answer, OVS_DP_ATTR_NAME);
	struct maker_nameless **link = &maker->nameless;
	struct maker_dp *dp;

	if (!answer->family || answer->family->index != RIG_DP || !name)
		return 0;
	dp = maker_dp(maker, rig_message_dp(answer));
	if (!dp)
		return -1;
	while (*link && strcmp((*link)->name, name))
		link = &(*link)->next;
	if (dp->bound || !*link)
		return 0;
	dp->bound = true;
	if (ask_for(maker, *link, dp) < 0)
		return -1;
	*link = (*link)->next;
	return 0;
}

static const struct rig_message *answer_to(const struct exchange *exchange, uint32_t seq)
{
	for (size_t i = 0; i < exchange->n_answers; i++) {
		const struct rig_message *answer = exchange->answers[i].message;

		if (answer->seq == seq && answer->family && answer->family->index != RIG_NL)
			return answer;
	}
	return NULL;
}

/* What its success brings into being is bound to a symbol, now or when an answer names it. */
static int bind_dp(struct maker *maker, struct rig_trace_step *made,
		   const struct exchange *exchange)
{
	unsigned int number = 0;

	for (const struct rig_message *m = exchange->messages; m; m = m->next, number++) {
		const struct rig_message *answer = answer_to(exchange, m->seq);
		const char *name = string_of(m, OVS_DP_ATTR_NAME);
		struct maker_nameless *nameless;
		struct maker_dp *dp;

		if (!is_a(m, RIG_DP, OVS_DP_CMD_NEW) || error_of(exchange, m) || !name)
			continue;
		if (answer) {
			dp = maker_dp(maker, rig_message_dp(answer));
			if (!dp || maker_want(maker, &made->step, number, dp->symbol) < 0)
				return -1;
			dp->bound = true;
			continue;
		}
		nameless = rig_arena_alloc(maker->arena, sizeof(*nameless));
		if (!nameless)
			return -1;
		*nameless = (struct maker_nameless){
			.next = maker->nameless,
			.name = rig_arena_copy(maker->arena, name, strlen(name)),
			.step = &made->step,
		};
		if (!nameless->name)
			return -1;
		maker->nameless = nameless;
	}
	return 0;
}

/* ---- requests ---- */

/* Why a request is not sent again; NULL: it is. */
static const char *left_out(const struct exchange *exchange, const char *unjudged, bool beyond)
{
	if (beyond)
		return unjudged;
	if (exchange->request->lost)
		return "requests that were not captured whole";
	for (const struct rig_message *m = exchange->messages; m; m = m->next) {
		if (!m->raw && !m->family)
			return "requests to a generic netlink family that is not OVS's";
		if (m->family && m->family->index == RIG_CTRL &&
		    rig_message_leaf(m, CTRL_ATTR_FAMILY_ID))
			return "questions for a family by its number";
		/* Else what it did not change there would be changed here. */
		if (unjudged && error_of(exchange, m) > 0 && m->command && m->command->privileged &&
		    !(error_of(exchange, m) == EEXIST && internal_of(m)))
			return "requests whose refusal the trace does not explain";
	}
	return NULL;
}

static int keep_answers(struct maker *maker, struct rig_trace_step *made,
			const struct exchange *exchange)
{
	made->answers =
		rig_arena_alloc(maker->arena, (exchange->n_answers + 1) * sizeof(*made->answers));
	if (!made->answers)
		return -1;
	for (size_t i = 0; i < exchange->n_answers; i++) {
		const struct queue_item *item = exchange->answers[i].item;
		struct rig_trace_answer *answer = &made->answers[made->n_answers++];

		answer->bytes = rig_arena_copy(maker->arena, item->bytes, item->size);
		answer->size = item->size;
		answer->packet = item->packet;
		if (!answer->bytes)
			return -1;
	}
	return 0;
}

static int add_request(struct maker *maker, const struct exchange *exchange,
		       const struct rig_trace_ruling *ruling)
{
	const struct queue_item *request = exchange->request;
	bool poor = exchange->flags & RIG_MODEL_UNPRIVILEGED;
	struct rig_message *messages = decode(maker, request->bytes, request->size);
	const struct maker_socket *socket = maker_socket(maker, exchange->pid, poor);
	struct rig_trace_step *made;

	if (!messages || !socket || need_devices(maker, exchange, ruling->unjudged) < 0)
		return -1;
	for (struct rig_message *m = messages; m; m = m->next) {
		if (maker_symbolise(maker, m) < 0)
			return -1;
		maker->made->messages++;
	}
	made = maker_step(maker, RIG_STEP_SEND, "");
	if (!made)
		return -1;
	made->step.socket = socket->name;
	made->step.message = messages;
	made->packet = request->packet;
	made->time = request->time;
	made->unjudged = ruling->unjudged;
	made->wrong = ruling->wrong;
	maker->made->requests++;
	if (bind_dp(maker, made, exchange) < 0)
		return -1;
	return keep_answers(maker, made, exchange);
}

static int take_exchange(void *context, const struct exchange *exchange,
			 const struct rig_trace_ruling *ruling)
{
	struct maker *maker = context;
	struct rig_trace_script *made = maker->made;
	const char *why = left_out(exchange, ruling->unjudged, ruling->beyond);

	if (why)
		rig_trace_reason_count(made->left_out, &made->n_left_out, why,
				       exchange->request->packet);
	else if (add_request(maker, exchange, ruling) < 0)
		return -1;
	for (size_t i = 0; i < exchange->n_answers; i++)
		if (name_dp(maker, exchange->answers[i].message) < 0)
			return -1;
	return 0;
}

static void leave_out_upcall(void *context, unsigned long packet)
{
	struct maker *maker = context;

	rig_trace_reason_count(maker->made->left_out, &maker->made->n_left_out,
			       "upcalls: only the wire had their frames", packet);
}

/* ---- all of it ---- */

/* One that hears all groups, so that notifications are judged. */
static int add_listener(struct maker *maker)
{
	struct rig_trace_step *made;
	struct rig_bytes text = {};
	unsigned int groups = 0;

	for (unsigned int i = 0; i < RIG_CTRL; i++) {
		if (!rig_families[i].group)
			continue;
		rig_bytes_print(&text, "%s%s", groups ? "," : "socket $members join ",
				rig_families[i].group);
		groups |= 1u << i;
	}
	made = maker_step(maker, RIG_STEP_SOCKET, maker_say(maker, "%s", rig_bytes_text(&text)));
	rig_bytes_free(&text);
	if (!made)
		return -1;
	made->step.socket = "members";
	made->step.groups = groups;
	return 0;
}

int rig_trace_script_make(struct rig_trace_script *made, struct rig_trace *trace,
			  const struct rig_trace_options *options, rig_trace_report *report,
			  void *context, struct rig_error *err)
{
	struct maker maker = {
		.made = made,
		.arena = &made->arena,
		.ids = &options->families->ids,
		.tail = &made->script.steps,
	};
	const struct rig_trace_watch watch = {
		.lesson = add_lesson,
		.gone = remove_device,
		.upcall = leave_out_upcall,
		.exchange = take_exchange,
		.context = &maker,
	};
	struct rig_trace_options watched = *options;

	*made = (struct rig_trace_script){
		.script = { .id = "trace", .path = "trace", .reason = "A trace, sent again." }
	};
	watched.watch = &watch;
	if (add_listener(&maker) < 0)
		return rig_error_set(err, "out of memory");
	if (rig_trace_facts_read(&made->facts, trace, maker.ids, err) < 0)
		return -1;
	if (rig_trace_judge(trace, &watched, report, context, &made->verdict, err) < 0)
		return -1;
	return maker_finish(&maker) < 0 ? rig_error_set(err, "out of memory") : 0;
}

void rig_trace_script_free(struct rig_trace_script *made)
{
	rig_arena_free(&made->arena);
	*made = (struct rig_trace_script){};
}
