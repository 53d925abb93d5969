/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packets of generic netlink a capture keeps: requests of some families, commands or senders,
 * and what answers them. The controller is always kept: without it, ids mean nothing.
 */
#ifndef RIG_REPLAY_FILTER_H
#define RIG_REPLAY_FILTER_H

#include "replay/trace.h"
#include "wire/codec.h"

#define RIG_FILTER_PENDING 1024 /* so many requests back is an answer known as one */

/* Zeros keep everything. */
struct rig_filter {
	unsigned int families;		 /* bits, by enum rig_family_index; 0: all */
	uint32_t commands[RIG_FAMILIES]; /* bits, by number; 0: all of the family */
	uint32_t pid;			 /* 0: every sender */
	struct {
		uint32_t pid, seq;
		bool used;
	} pending[RIG_FILTER_PENDING];
	unsigned int next;
};

/** rig_filter_family() - "flow", "ovs_flow". -1: no such family. */
int rig_filter_family(struct rig_filter *filter, const char *name, struct rig_error *err);

/** rig_filter_command() - "flow.new". -1: no such command. Implies its family. */
int rig_filter_command(struct rig_filter *filter, const char *name, struct rig_error *err);

/** rig_filter_keeps() - whether the packet is wanted; the filter remembers what it asked. */
bool rig_filter_keeps(struct rig_filter *filter, const struct rig_family_ids *ids,
		      const struct rig_record *record);

#endif
