/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking a reassembled packet apart again. */
#ifndef OVSR_FRAGMENT_H
#define OVSR_FRAGMENT_H

#include <net/net_namespace.h>

#include "flow_key.h"

struct ovsr_vport;

/*
 * Sends @skb out of @vport in IP fragments of at most @mru bytes, each with the frame header of the
 * whole. Consumes @skb; drops what is not IP or has too long a header. Under RCU with bottom halves
 * off.
 */
void ovsr_fragment(struct net *net, struct ovsr_vport *vport, struct sk_buff *skb, u16 mru,
		   const struct ovsr_key *key);

#endif
