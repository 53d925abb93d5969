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

static void begin(struct hearers_kind *kind, unsigned int members, unsigned int times)
{
	kind->members = members;
	kind->times = times;
	kind->odd_packet = 0;
}

bool hearers_note(struct hearers *hearers, const struct exchange *exchange,
		  const struct rig_message *change, unsigned int members, struct hearers_kind *odd)
{
	struct hearers_kind *kind = find(hearers, exchange, change);
	struct rig_bytes name = {};
	bool is_odd = kind->odd_packet && members == kind->members;

	if (is_odd)
		*odd = *kind;
	if (members == kind->members) {
		begin(kind, members, kind->times + 1);
	} else if (kind->odd_packet) {
		begin(kind, members, members == kind->odd_members ? 2 : 1);
	} else if (kind->times < SURE) {
		begin(kind, members, 1);
	} else {
		kind->odd_packet = exchange->request->packet;
		kind->odd_members = members;
		rig_message_summary(change, &name);
		snprintf(kind->odd_name, sizeof(kind->odd_name), "%s", rig_bytes_text(&name));
		rig_bytes_free(&name);
	}
	return is_odd;
}

void hearers_forget(struct hearers *hearers)
{
	*hearers = (struct hearers){};
}
