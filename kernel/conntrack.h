/* SPDX-License-Identifier: GPL-2.0-only */
/* Connection tracking: the ct action, and the conntrack fields of a key. */
#ifndef OVSR_CONNTRACK_H
#define OVSR_CONNTRACK_H

#include <linux/netfilter/nf_nat.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_timeout.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "action_shape.h"

#define OVSR_CT_NAT	BIT(0) /* what the connection has */
#define OVSR_CT_NAT_SRC BIT(1) /* and for a new one, source */
#define OVSR_CT_NAT_DST BIT(2) /* or destination */

/**
 * struct ovsr_ct - what a ct action is to do
 * @tmpl: gives a new connection its zone, helper and timeout policy
 * @helper: NULL without one
 * @policy: what @timeout named when the action was installed; NULL if nothing
 * @family: NFPROTO_IPV4 or _IPV6
 * @nat: OVSR_CT_NAT*
 * @eventmask: bits of 1 << IPCT_*
 * @labels: in host order words, as the attribute has them
 * @timeout: name of the policy, empty without one
 * @range: of addresses and ports for a new connection, with OVSR_CT_NAT_SRC or _DST
 */
struct ovsr_ct {
	struct nf_conn *tmpl;
	struct nf_conntrack_helper *helper;
	struct nf_ct_timeout *policy;
	struct nf_conntrack_zone zone;
	u8 family;
	u8 nat;
	bool commit;
	bool force;
	bool have_eventmask;
	u32 eventmask;
	u32 mark;
	u32 mark_mask;
	u32 labels[OVS_CT_LABELS_LEN_32];
	u32 labels_mask[OVS_CT_LABELS_LEN_32];
	char timeout[CTNL_TIMEOUT_NAME_MAX];
	struct nf_nat_range2 range;
};

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
/* ct_action.c: OVS_ACTION_ATTR_CT. 0, -EINVAL, -ERANGE (two kinds of NAT), or -ENOMEM. */
int ovsr_ct_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
		  struct ovsr_action *act);
int ovsr_ct_put(struct sk_buff *msg, const struct ovsr_action *act);
void ovsr_ct_free(struct ovsr_action *act);

/*
 * Runs the action; @key follows the packet. 0; -EINPROGRESS when @skb is kept, a fragment that
 * waits for others; any other error when it is freed.
 */
int ovsr_ct_execute(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
		    const struct ovsr_ct *ct);
/* Makes the packet one that no connection is known of. */
void ovsr_ct_clear(struct sk_buff *skb, struct ovsr_key *key);
/* The same, for a packet that is not any more what conntrack saw; @key is not touched. */
void ovsr_ct_forget(struct sk_buff *skb);
/* The conntrack fields of a packet just received: those of the host's own tracking. */
void ovsr_ct_key_fill(const struct sk_buff *skb, struct ovsr_key *key);

/* True when connections in @net have room for labels. */
bool ovsr_ct_has_labels(const struct net *net);

int ovsr_ct_init(void);
void ovsr_ct_exit(void);
#else
static inline int ovsr_ct_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
				struct ovsr_action *act)
{
	return -ENOTSUPP;
}

static inline int ovsr_ct_put(struct sk_buff *msg, const struct ovsr_action *act)
{
	return 0;
}

static inline void ovsr_ct_free(struct ovsr_action *act)
{
}

static inline int ovsr_ct_execute(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
				  const struct ovsr_ct *ct)
{
	kfree_skb(skb);
	return -ENOTSUPP;
}

static inline void ovsr_ct_clear(struct sk_buff *skb, struct ovsr_key *key)
{
}

static inline void ovsr_ct_forget(struct sk_buff *skb)
{
}

static inline void ovsr_ct_key_fill(const struct sk_buff *skb, struct ovsr_key *key)
{
}

static inline bool ovsr_ct_has_labels(const struct net *net)
{
	return false;
}

static inline int ovsr_ct_init(void)
{
	return 0;
}

static inline void ovsr_ct_exit(void)
{
}
#endif

#endif
