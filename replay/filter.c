/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/filter.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "replay/families.h"

int rig_filter_family(struct rig_filter *filter, const char *name, struct rig_error *err)
{
	const struct rig_family *family = rig_trace_family_find(name, strlen(name));

	if (!family || family->index == RIG_NL)
		return rig_error_set(err, "'%s': no family of that name", name);
	filter->families |= 1u << family->index;
	return 0;
}

int rig_filter_command(struct rig_filter *filter, const char *name, struct rig_error *err)
{
	size_t length = strcspn(name, ".");
	const struct rig_family *family = rig_trace_family_find(name, length);
	const struct rig_command *command = NULL;

	if (family && family->index != RIG_NL && name[length])
		command = rig_command_find(family, name + length + 1, strlen(name + length + 1));
	if (!command)
		return rig_error_set(err, "'%s': want a command, as in flow.new", name);
	filter->families |= 1u << family->index;
	filter->commands[family->index] |= 1u << command->number;
	return 0;
}

static void remember(struct rig_filter *filter, const struct nlmsghdr *header)
{
	filter->pending[filter->next].pid = header->nlmsg_pid;
	filter->pending[filter->next].seq = header->nlmsg_seq;
	filter->pending[filter->next].used = true;
	filter->next = (filter->next + 1) % RIG_FILTER_PENDING;
}

/* A sender need not have put its port id in. */
static bool answers(const struct rig_filter *filter, const struct nlmsghdr *header)
{
	for (unsigned int i = 0; header->nlmsg_pid && i < RIG_FILTER_PENDING; i++)
		if (filter->pending[i].used && filter->pending[i].seq == header->nlmsg_seq &&
		    (filter->pending[i].pid == header->nlmsg_pid || !filter->pending[i].pid))
			return true;
	return false;
}

static bool is_wanted(const struct rig_filter *filter, const struct rig_family *family,
		      unsigned int command)
{
	uint32_t commands;

	if (!filter->families)
		return true;
	if (!family || !(filter->families & (1u << family->index)))
		return false;
	commands = filter->commands[family->index];
	return !commands || (command < 32 && (commands & (1u << command)));
}

/* The first message speaks for its datagram. */
bool rig_filter_keeps(struct rig_filter *filter, const struct rig_family_ids *ids,
		      const struct rig_record *record)
{
	const struct rig_family *family;
	struct nlmsghdr header;
	unsigned int command = 0;
	bool kept;

	if (record->protocol != NETLINK_GENERIC || record->size < sizeof(header))
		return true;
	memcpy(&header, record->data, sizeof(header));
	if (header.nlmsg_type == GENL_ID_CTRL)
		return true;
	if (record->direction == RIG_TO_USER && answers(filter, &header))
		return true;
	family = rig_family_by_id(ids, header.nlmsg_type);
	if (record->size > NLMSG_HDRLEN)
		command = record->data[NLMSG_HDRLEN];
	kept = header.nlmsg_type >= NLMSG_MIN_TYPE && is_wanted(filter, family, command) &&
	       (!filter->pid || header.nlmsg_pid == filter->pid);
	if (!filter->families && !filter->pid)
		kept = true;
	if (kept && record->direction == RIG_TO_KERNEL)
		remember(filter, &header);
	return kept;
}
