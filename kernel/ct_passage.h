/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside conntrack: one packet on its way through one ct action. */
#ifndef OVSR_CT_PASSAGE_H
#define OVSR_CT_PASSAGE_H

#include "conntrack.h"

#define OVSR_CT_OVER 1 /* what a step returns when nothing is left to do */

/**
 * struct ovsr_ct_passage - one packet and one action
 * @skb: its data starts at the network header; NULL as soon as somebody else has the packet
 * @key: follows the packet
 * @conn: the packet's connection, NULL until it is known
 * @ctinfo: the packet's place in it
 * @known: conntrack saw the packet before this action did, with the same result
 */
struct ovsr_ct_passage {
	struct net *net;
	struct sk_buff *skb;
	struct ovsr_key *key;
	const struct ovsr_ct *ct;
	struct nf_conn *conn;
	enum ip_conntrack_info ctinfo;
	bool known;
};

/*
 * All these are steps. They return 0 to go on, OVSR_CT_OVER, or a negative errno that drops the
 * packet; -EINPROGRESS has kept it.
 */

/* What a verdict of netfilter means to the passage. */
int ovsr_ct_verdict(struct ovsr_ct_passage *p, unsigned int verdict);

/* ct_find.c: which connection it is. */
int ovsr_ct_expect(struct ovsr_ct_passage *p);
int ovsr_ct_attach(struct ovsr_ct_passage *p);

/* ct_nat.c: address translation, as connection and action want it. Once a packet and zone. */
int ovsr_ct_translate(struct ovsr_ct_passage *p);

/* ct_commit.c: what a commit gives to the connection. */
int ovsr_ct_helper_assign(struct ovsr_ct_passage *p);
int ovsr_ct_events_choose(struct ovsr_ct_passage *p);
int ovsr_ct_mark_change(struct ovsr_ct_passage *p);
int ovsr_ct_labels_start(struct ovsr_ct_passage *p);
int ovsr_ct_labels_change(struct ovsr_ct_passage *p);

#endif
