/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/tally.h"

#include "judge/inbox.h"
#include "wire/tree.h"

void rig_tally_add(struct rig_tally *tally, const struct rig_tally *from)
{
	tally->messages += from->messages;
	tally->datagrams += from->datagrams;
	tally->exact += from->exact;
	tally->unjudged += from->unjudged;
	tally->errnos += from->errnos;
	tally->errnos_unjudged += from->errnos_unjudged;
	for (unsigned int i = 0; i < RIG_TALLY_ERRNOS; i++)
		tally->answers[i] += from->answers[i];
	for (unsigned int i = 0; i < RIG_OPEN_REASONS; i++)
		tally->open[i] += from->open[i];
}

static bool is_verdict(const struct rig_expected *expected)
{
	return expected->role == RIG_ROLE_ACK || expected->role == RIG_ROLE_DONE;
}

/* Of several verdicts one is right, but chance has chosen it. */
static bool is_by_chance(const struct rig_expected *expected)
{
	return is_verdict(expected) && expected->group;
}

void rig_tally_judged(struct rig_tally *tally, const struct rig_expected *expected)
{
	tally->errnos += is_verdict(expected);
	if (is_by_chance(expected)) {
		tally->errnos_unjudged++;
		tally->open[RIG_OPEN_RANDOM]++;
		return;
	}
	if (expected->n_fields > expected->n_open)
		tally->exact += expected->n_fields - expected->n_open;
	for (uint32_t i = 0; i < expected->n_open; i++)
		tally->open[expected->open[i].why]++;
}

static uint64_t count_nodes(const struct rig_node *list)
{
	uint64_t count = 0;

	for (; list; list = list->next)
		count += 1 + (list->form == RIG_FORM_NEST ? count_nodes(list->children) : 0);
	return count;
}

int rig_tally_pass_over(struct rig_tally *tally, struct rig_inbox *inbox)
{
	if (rig_inbox_decode(inbox) < 0)
		return -1;
	for (size_t i = 0; i < inbox->count; i++) {
		const struct rig_arrival *arrival = &inbox->list[i];

		if (arrival->expected)
			continue;
		tally->unjudged +=
			1 + (arrival->message ? count_nodes(arrival->message->nodes) : 0);
		tally->errnos += rig_arrival_errno(arrival) >= 0;
		tally->errnos_unjudged += rig_arrival_errno(arrival) >= 0;
	}
	return 0;
}

uint64_t rig_tally_open(const struct rig_tally *tally)
{
	uint64_t open = tally->unjudged;

	for (unsigned int i = 0; i < RIG_OPEN_REASONS; i++)
		open += tally->open[i];
	return open;
}

double rig_tally_share(const struct rig_tally *tally)
{
	uint64_t fields = tally->exact + rig_tally_open(tally);

	return fields ? 100.0 * tally->exact / fields : 100.0;
}
