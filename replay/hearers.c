/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/hearers.h"

#include <linux/netlink.h>
#include <stdio.h>

#include "judge/inbox.h"

#define SURE 2 /* times the same, before one that differs is odd */

static struct hearers_kind *find(struct hearers *hearers, const struct exchange *exchange,
				 const struct rig_message *change)
{
	unsigned int family = change->family->index, echo = change->flags & NLM_F_ECHO;
	struct hearers_kind *kind =
		&hearers->kinds[(exchange->pid * 31 + family * 7 + echo) % HEARERS_KINDS];

	if (kind->pid != exchange->pid || kind->family != family || kind->flags != echo)
		*kind = (struct hearers_kind){ .family = family,
					       .flags = echo,
					       .pid = exchange->pid };
	return kind;
}

static void begin(struct hearers_kind *kind, unsigned int copies, unsigned int times)
{
	kind->copies = copies;
	kind->times = times;
	kind->odd_packet = 0;
}

bool hearers_note(struct hearers *hearers, const struct exchange *exchange,
		  const struct rig_message *change, unsigned int copies, struct hearers_kind *wrong)
{
	struct hearers_kind *kind = find(hearers, exchange, change);
	struct rig_bytes name = {};
	bool odd = kind->odd_packet && copies == kind->copies;

	if (odd)
		*wrong = *kind;
	if (copies == kind->copies) {
		begin(kind, copies, kind->times + 1);
	} else if (kind->odd_packet) {
		begin(kind, copies, copies == kind->odd_copies ? 2 : 1);
	} else if (kind->times < SURE) {
		begin(kind, copies, 1);
	} else {
		kind->odd_packet = exchange->request->packet;
		kind->odd_copies = copies;
		rig_message_summary(change, &name);
		snprintf(kind->odd_name, sizeof(kind->odd_name), "%s", rig_bytes_text(&name));
		rig_bytes_free(&name);
	}
	return odd;
}

void hearers_forget(struct hearers *hearers)
{
	*hearers = (struct hearers){};
}
