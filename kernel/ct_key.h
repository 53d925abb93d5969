/* SPDX-License-Identifier: GPL-2.0-only */
/* The conntrack fields of a key. */
#ifndef OVSR_CT_KEY_H
#define OVSR_CT_KEY_H

#include <net/netfilter/nf_conntrack.h>

#include "flow_key.h"

/* @state: OVS_CS_F_*. @conn may be NULL. */
void ovsr_ct_key_set(struct ovsr_key *key, u8 state, u16 zone, const struct nf_conn *conn);

/*
 * After conntrack has seen the packet, in @zone: from its connection, or it is invalid. NAT was not
 * done yet, whatever the key said before.
 */
void ovsr_ct_key_track(const struct sk_buff *skb, struct ovsr_key *key, u16 zone);

#endif
