/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/tally.h"

void rig_tally_add(struct rig_tally *tally, const struct rig_tally *from)
{
	tally->messages += from->messages;
	tally->datagrams += from->datagrams;
	tally->exact += from->exact;
	for (unsigned int i = 0; i < RIG_TALLY_ERRNOS; i++)
		tally->answers[i] += from->answers[i];
	for (unsigned int i = 0; i < RIG_OPEN_REASONS; i++)
		tally->open[i] += from->open[i];
}

uint64_t rig_tally_open(const struct rig_tally *tally)
{
	uint64_t open = 0;

	for (unsigned int i = 0; i < RIG_OPEN_REASONS; i++)
		open += tally->open[i];
	return open;
}
