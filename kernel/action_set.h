/* SPDX-License-Identifier: GPL-2.0-only */
/* Actions that change a packet's headers in place. */
#ifndef OVSR_ACTION_SET_H
#define OVSR_ACTION_SET_H

#include "action_parse.h"

/*
 * SET and SET_MASKED; @key follows the packet. 0, -ENOMEM, or -EINVAL for what can be installed but
 * not done.
 */
int ovsr_action_set(struct sk_buff *skb, struct ovsr_key *key, const struct ovsr_action *act);

/*
 * One less TTL or hop limit. 0, -ENOMEM, or -EHOSTUNREACH for a packet that is at its end, which is
 * unchanged.
 */
int ovsr_action_dec_ttl(struct sk_buff *skb, struct ovsr_key *key);

#endif
