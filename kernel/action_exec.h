/* SPDX-License-Identifier: GPL-2.0-only */
/* Running actions on a packet. */
#ifndef OVSR_ACTION_EXEC_H
#define OVSR_ACTION_EXEC_H

#include "action_parse.h"

struct ovsr_datapath;

/*
 * Runs @acts on @skb, which it consumes, with *@key extracted from it. Called with bottom halves
 * off, under RCU. Returns 0 or the error of the action that stopped the list (EXECUTE hands it to
 * userspace).
 */
int ovsr_actions_execute(struct ovsr_datapath *dp, struct sk_buff *skb,
			 const struct ovsr_actions *acts, struct ovsr_key *key);

/* The per-processor queues of deferred actions: module init and exit. */
int ovsr_action_exec_init(void);
void ovsr_action_exec_exit(void);

#endif
