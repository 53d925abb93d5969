/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdio.h>

#include "replay/trial.h"

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
		trial_count_unjudged(t, "further copies of a notification", item->packet);
		return 0;
	}
	if (trial_compare(t, &findings) < 0)
		return -1;
	if (!findings.count) {
		t->verdict->right++;
	} else if (knowledge_gap(&t->known, message)) {
		trial_count_unjudged(t, knowledge_gap(&t->known, message), item->packet);
	} else {
		t->verdict->wrong++;
		trial_report(t, &findings, item->packet);
	}
	return 0;
}

/* A message with a number and a receiver is an answer: the second one, or to nothing. */
static void judge_answer(struct trial *t, const struct queue_item *item,
			 const struct rig_message *message)
{
	const struct asked_request *request = asked_find(&t->asked, message->pid, message->seq);
	struct rig_findings findings = { .arena = &t->arena };
	struct rig_bytes what = {};

	/* A dump from before the trace may go on while its reader asks for other things. */
	if (t->gap ||
	    (!request && (!asked_by(&t->asked, message->pid) || (message->flags & NLM_F_MULTI)))) {
		knowledge_learn(&t->known, message);
		trial_count_unjudged(t, "answers to requests that are not in the trace",
				     item->packet);
		return;
	}
	rig_message_summary(message, &what);
	if (request)
		rig_finding_add(
			&findings, NULL, "packet %lu: %s: answered once more by packet %lu: %s",
			request->packet, request->name, item->packet, rig_bytes_text(&what));
	else
		rig_finding_add(&findings, NULL,
				"packet %lu: %s: answers a request (%u) that $%u has not sent",
				item->packet, rig_bytes_text(&what), message->seq, message->pid);
	rig_bytes_free(&what);
	t->verdict->wrong++;
	trial_report(t, &findings, request ? request->packet : item->packet);
}

static void judge_upcall(struct trial *t, const struct queue_item *item,
			 const struct rig_message *message)
{
	const struct rig_trace_watch *watch = t->options->watch;
	struct rig_findings findings = { .arena = &t->arena };
	struct rig_bytes text = {};
	const struct rig_node *wanted;
	const char *why;

	if (watch)
		watch->upcall(watch->context, item->packet);
	switch (upcall_judge(&t->upcalls, &t->arena, message, &wanted, &why)) {
	case UPCALL_RIGHT:
		t->verdict->right++;
		return;
	case UPCALL_UNJUDGED:
		trial_count_unjudged(t, why, item->packet);
		return;
	case UPCALL_WRONG:
		break;
	}
	rig_bytes_print(&text, "  received:\n    ");
	rig_print_message(message, t->ids, &text);
	rig_bytes_print(&text, "\n");
	if (wanted) {
		rig_bytes_print(&text, "  its packet makes:\n    ");
		rig_print_node(wanted, message->family->nest, t->ids, &text);
		rig_bytes_print(&text, "\n");
	}
	rig_finding_add(&findings, rig_bytes_text(&text), "packet %lu: packet.miss: %s",
			item->packet,
			wanted ? "the key is not that of its packet" : "no key, or no packet");
	rig_bytes_free(&text);
	t->verdict->wrong++;
	trial_report(t, &findings, item->packet);
}

int trial_judge_event(struct trial *t, const struct queue_item *item)
{
	struct rig_message *message;

	rig_arena_reset(&t->arena);
	if (rig_decode(&t->arena, t->ids, item->bytes, item->size, &message, NULL) < 0)
		return -1;
	if (!message || message->raw || !message->family) {
		trial_count_unjudged(t, "a generic netlink family that is not OVS's", item->packet);
	} else if (message->family->index == RIG_PACKET && item->lost) {
		trial_count_unjudged(t, "not all of it was captured", item->packet);
	} else if (message->family->index == RIG_PACKET) {
		judge_upcall(t, item, message);
	} else if (message->pid || message->seq || message->family->index == RIG_NL) {
		judge_answer(t, item, message);
	} else if (message->family->index == RIG_VPORT && message->cmd == OVS_VPORT_CMD_DEL) {
		return judge_gone(t, item, message);
	} else {
		knowledge_learn(&t->known, message);
		trial_count_unjudged(t, "notifications that no request caused", item->packet);
	}
	return 0;
}
