/* SPDX-License-Identifier: GPL-2.0-only */
/* How many connections a conntrack zone may have. */
#ifndef OVSR_CT_LIMIT_H
#define OVSR_CT_LIMIT_H

#include "conntrack.h"

#if IS_ENABLED(CONFIG_NETFILTER_CONNCOUNT)
/* Counts a packet's connection that is about to be committed. 0, or -ENOMEM beyond the limit. */
int ovsr_ct_limit_check(struct net *net, const struct sk_buff *skb, const struct nf_conn *conn,
			const struct ovsr_ct *ct);

int ovsr_ct_limit_init(void);
void ovsr_ct_limit_exit(void);
#else
static inline int ovsr_ct_limit_check(struct net *net, const struct sk_buff *skb,
				      const struct nf_conn *conn, const struct ovsr_ct *ct)
{
	return 0;
}

static inline int ovsr_ct_limit_init(void)
{
	return 0;
}

static inline void ovsr_ct_limit_exit(void)
{
}
#endif

#endif
