/* SPDX-License-Identifier: GPL-2.0-only */
/* From a packet to its flow key. */
#ifndef OVSR_FLOW_EXTRACT_H
#define OVSR_FLOW_EXTRACT_H

#include "flow_key.h"

/*
 * Extracts @key from @skb, which came in on @in_port, through @tun_info (or NULL). Pulls headers
 * into the linear part and sets the skb's header offsets. On return skb->data is where it was.
 * Returns 0, -EINVAL (the frame is too short), or -ENOMEM; @key is then undefined. Runs under RCU.
 */
int ovsr_key_extract(struct sk_buff *skb, const struct ip_tunnel_info *tun_info, u16 in_port,
		     struct ovsr_key *key);

/*
 * The same for a packet that userspace executes: the metadata comes from the key nest @attr, the
 * rest from @skb's bytes. Returns 0, -EINVAL or -ENOMEM.
 */
int ovsr_key_extract_user(struct net *net, const struct nlattr *attr, struct sk_buff *skb,
			  struct ovsr_key *key, bool log);

/*
 * Extracts again after an action changed the packet; metadata stays. Returns as ovsr_key_extract().
 */
int ovsr_key_update(struct sk_buff *skb, struct ovsr_key *key);

#endif
