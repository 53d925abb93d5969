/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "replay/possible.h"
#include "replay/trial.h"

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

void trial_count_unjudged(struct trial *t, const char *why, unsigned long packet)
{
	struct rig_trace_verdict *v = t->verdict;

	v->unjudged++;
	rig_trace_reason_count(v->reasons, &v->n_reasons, why, packet);
}

static const struct rig_message *reply_of(const struct exchange *exchange)
{
	for (size_t i = 0; i < exchange->n_answers; i++)
		if (!trial_is_control(exchange->answers[i].message))
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

/* Why the answers may not all be in the trace, or depend on what is not; NULL: they are. */
static const char *excuse_of_trace(const struct trial *t)
{
	const struct exchange *exchange = &t->exchange;
	const struct rig_message *message = exchange->messages;
	bool dump = (message->flags & NLM_F_DUMP) == NLM_F_DUMP;

	if (exchange->lost)
		return "not all of it was captured";
	if (dump && !exchange_end(exchange, message->seq) && !exchange->dumped_again)
		return "a dump that was not read to its end";
	if (!exchange->n_answers && !exchange->returned)
		return "no answer, but the sender is not heard of again";
	return NULL;
}

/* Whether the answers may tell of what was before another request, or behind it, or of both. */
static bool is_crossed(const struct trial *t)
{
	return t->exchange.overlaps || asked_meanwhile(&t->asked, &t->exchange);
}

/* Why the kernel may know better than the model; NULL: it cannot. */
static const char *excuse_of_state(const struct trial *t)
{
	const struct exchange *exchange = &t->exchange;
	const char *gap = NULL;

	for (const struct rig_message *m = exchange->messages; m && !gap; m = m->next)
		gap = knowledge_gap(&t->known, m);
	if (!gap && is_crossed(t))
		gap = "another request that changes something ran meanwhile";
	if (!gap && is_about_netdev(exchange->messages, error_of(exchange)))
		gap = "netdevs beside the datapath are not in the trace";
	return gap;
}

void trial_report(struct trial *t, const struct rig_findings *findings, unsigned long packet)
{
	struct rig_bytes sent = {};

	if (t->exchange.request && t->exchange.request->packet == packet)
		rig_print(t->exchange.messages, t->ids, &sent);
	for (const struct rig_finding *f = findings->first; f; f = f->next) {
		const struct rig_trace_fault fault = {
			.packet = packet,
			.headline = f->headline,
			.sent = sent.size ? rig_bytes_text(&sent) : NULL,
			.detail = f->detail,
		};

		t->report(t->context, &fault);
	}
	rig_bytes_free(&sent);
}

/* Whatever there is, something comes. */
static bool wants_answer(const struct rig_message *request)
{
	return (request->flags & NLM_F_ACK) || (request->command && !request->command->privileged);
}

/*
 * The state is not known, but can there be one from which the kernel answers so? Of an error, and
 * of bytes that no kernel sends, that is seen by itself. Of a question that was answered, the model
 * is told what the answers say, and asked again: then its findings are what no state explains.
 */
static int think_again(struct trial *t, struct rig_findings *findings, bool *impossible)
{
	const struct exchange *exchange = &t->exchange;
	const struct rig_message *request = exchange->messages;
	struct rig_findings again = { .arena = &t->arena };
	bool taught = exchange->n_answers != 0 && !is_crossed(t);

	*impossible = !exchange->n_answers && wants_answer(request);
	for (size_t i = 0; i < exchange->n_answers; i++) {
		const struct exchange_answer *answer = &exchange->answers[i];

		if (answer->beside)
			continue;
		if (rig_message_errno(answer->message) > 0) {
			*impossible |= !possible_error(exchange, answer);
			taught = false;
		} else if (!trial_is_control(answer->message) && !possible_reply(answer->message)) {
			*impossible = true;
		} else if (taught && !trial_is_control(answer->message)) {
			taught = knowledge_learn(&t->known, answer->message);
		}
	}
	if (*impossible || !taught || request->next || !request->command ||
	    request->command->privileged)
		return 0;
	if (rig_model_send(t->known.model, SOCK_SENDER, exchange->request->bytes,
			   exchange->request->size, &t->answer) < 0 ||
	    t->answer.unmodelled)
		return 0;
	if (trial_compare(t, &again) < 0)
		return -1;
	*impossible = again.count != 0;
	if (again.count)
		*findings = again;
	return 0;
}

/* What there is now, by what was asked and answered. */
static int keep_up(struct trial *t, bool as_expected)
{
	const struct exchange *exchange = &t->exchange;
	bool over = exchange_end(exchange, exchange->messages->seq) && !error_of(exchange);
	bool all = true;

	for (const struct rig_message *m = exchange->messages; m; m = m->next) {
		if (!as_expected)
			knowledge_doubt(&t->known, m);
		else if (!error_of(exchange))
			knowledge_follow(&t->known, m, reply_of(exchange));
	}
	/* What runs meanwhile is judged later, against a state that must not have it yet. */
	if (is_crossed(t))
		return 0;
	if (over && knowledge_forget(&t->known, exchange, &t->arena) < 0)
		return -1;
	for (size_t i = 0; i < exchange->n_answers; i++)
		if (!trial_is_control(exchange->answers[i].message))
			all &= knowledge_learn(&t->known, exchange->answers[i].message);
	if (over && all && !exchange->lost)
		knowledge_complete(&t->known, exchange->messages);
	return 0;
}

/* All members heard nothing, or all heard it twice, against one that came, went or had no room. */
static bool is_all_or_none(const struct hearers_kind *kind)
{
	return kind->members && kind->odd_members % kind->members == 0;
}

/* The fault shows only afterwards, when all others are heard of as before. */
static void count_hearers(struct trial *t, const struct rig_message *change)
{
	struct rig_findings findings = { .arena = &t->arena };
	unsigned int copies = trial_copies(t, change->seq);
	unsigned int echo = (change->flags & NLM_F_ECHO) != 0;
	struct hearers_kind odd;

	if (t->exchange.lost || !change->family || !copies || copies < echo ||
	    !hearers_note(&t->hearers, &t->exchange, change, copies - echo, &odd))
		return;
	if (!is_all_or_none(&odd)) {
		trial_count_unjudged(t, "a member of a group heard of one change more or less",
				     odd.odd_packet);
		return;
	}
	rig_finding_add(
		&findings, NULL,
		"packet %lu: %s: %u members of the group heard of it, but %u each time "
		"before and after: a notification is missing or came twice (or a member was "
		"away for just this one)",
		odd.odd_packet, odd.odd_name, odd.odd_members, odd.members);
	t->verdict->wrong++;
	t->verdict->right--;
	trial_report(t, &findings, odd.odd_packet);
}

/* Why is set to the reason why the request could not be judged; NULL: it was. */
int trial_conclude(struct trial *t, struct rig_findings *findings, const char **why)
{
	const struct exchange *exchange = &t->exchange;
	bool as_expected = !findings->count, impossible = false;

	*why = as_expected ? NULL : excuse_of_trace(t);
	if (!as_expected && !*why) {
		*why = excuse_of_state(t);
		if (*why && think_again(t, findings, &impossible) < 0)
			return -1;
		if (impossible)
			*why = NULL;
	}
	for (const struct rig_message *m = exchange->messages; as_expected && m; m = m->next)
		count_hearers(t, m);
	if (as_expected)
		t->verdict->right++;
	else if (*why)
		trial_count_unjudged(t, *why, exchange->request->packet);
	else
		t->verdict->wrong++;
	if (!as_expected && !*why)
		trial_report(t, findings, exchange->request->packet);
	return keep_up(t, as_expected);
}
