/* SPDX-License-Identifier: GPL-2.0-only */
/* Address translation by the ct action. */
#ifndef OVSR_CT_NAT_H
#define OVSR_CT_NAT_H

#include "conntrack.h"

/*
 * Translates @skb, whose data starts at the network header, as @ct and the connection want; @key
 * follows the packet. Returns a verdict: NF_ACCEPT, NF_DROP or NF_STOLEN.
 */
unsigned int ovsr_ct_nat(struct sk_buff *skb, struct nf_conn *conn, enum ip_conntrack_info ctinfo,
			 struct ovsr_key *key, const struct ovsr_ct *ct);

#endif
