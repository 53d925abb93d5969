// SPDX-License-Identifier: GPL-2.0-only
#include <net/ip.h>
#include <net/ipv6_frag.h>
#include <net/net_namespace.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/nf_conntrack_act_ct.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_expect.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_labels.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/netns/generic.h>

#include "conntrack.h"
#include "ct_key.h"
#include "ct_limit.h"
#include "ct_nat.h"
#include "datapath.h"
#include "flow_extract.h"

#define NAT_FLAGS (OVS_CS_F_SRC_NAT | OVS_CS_F_DST_NAT)

#ifndef HAVE_NF_CT_SHARED
static bool nf_ct_shared(const struct nf_conn *conn)
{
	return refcount_read(&conn->ct_general.use) > 1;
}
#endif

struct ct_net {
	bool has_labels;
};

static unsigned int net_id __read_mostly;

void ovsr_ct_forget(struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;

	nf_ct_put(nf_ct_get(skb, &ctinfo));
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

void ovsr_ct_clear(struct sk_buff *skb, struct ovsr_key *key)
{
	ovsr_ct_forget(skb);
	ovsr_ct_key_fill(skb, key);
}

static int verdict_errno(unsigned int verdict)
{
	switch (verdict & NF_VERDICT_MASK) {
	case NF_ACCEPT:
		return 0;
	case NF_STOLEN:
		return -EINPROGRESS;
	default:
		return -EINVAL;
	}
}

static enum ip_conntrack_info ctinfo_of(const struct nf_conntrack_tuple_hash *h)
{
	const struct nf_conn *conn = nf_ct_tuplehash_to_ctrack(h);

	if (NF_CT_DIRECTION(h) == IP_CT_DIR_REPLY)
		return IP_CT_ESTABLISHED_REPLY;
	if (test_bit(IPS_SEEN_REPLY_BIT, &conn->status))
		return IP_CT_ESTABLISHED;
	return test_bit(IPS_EXPECTED_BIT, &conn->status) ? IP_CT_RELATED : IP_CT_NEW;
}

/*
 * Gives the packet the connection that its key says it was found to belong to, without counting it
 * once more. After NAT, the connection knows the packet by the inverse of the reply.
 */
static struct nf_conn *connection_recover(struct net *net, struct sk_buff *skb, bool natted,
					  const struct ovsr_ct *ct)
{
	struct nf_conntrack_tuple tuple, inverse;
	struct nf_conntrack_tuple_hash *h;
	struct nf_conn *conn;

	if (!nf_ct_get_tuplepr(skb, skb_network_offset(skb), ct->family, net, &tuple))
		return NULL;
	if (natted) {
		if (!nf_ct_invert_tuple(&inverse, &tuple))
			return NULL;
		tuple = inverse;
	}
	h = nf_conntrack_find_get(net, &ct->zone, &tuple);
	if (!h)
		return NULL;
	conn = nf_ct_tuplehash_to_ctrack(h);
	if (natted)
		h = &conn->tuplehash[!h->tuple.dst.dir];
	nf_ct_set(skb, conn, ctinfo_of(h));
	return conn;
}

/* Does the connection have what the action would give it? */
static bool connection_fits(const struct net *net, const struct nf_conn *conn,
			    const struct ovsr_ct *ct)
{
	const struct nf_conn_timeout *timeout;
	const struct nf_conn_help *help;

	if (!net_eq(net, nf_ct_net(conn)) || !nf_ct_zone_equal_any(ct->tmpl, nf_ct_zone(conn)))
		return false;
	help = ct->helper ? nf_ct_ext_find(conn, NF_CT_EXT_HELPER) : NULL;
	if (help && rcu_access_pointer(help->helper) != ct->helper)
		return false;
	if (!ct->policy)
		return true;
	timeout = nf_ct_timeout_find(conn);
	return timeout && rcu_access_pointer(timeout->timeout) == ct->policy;
}

/*
 * True when the packet has been through conntrack with the same result already, before a
 * recirculation or an upcall. A connection in the wrong direction goes, if the action forces its
 * own.
 */
static bool tracked_before(struct net *net, struct sk_buff *skb, const struct ovsr_key *key,
			   const struct ovsr_ct *ct)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *conn = nf_ct_get(skb, &ctinfo);
	bool before = true;

	if (!conn) {
		before = (key->ct_state & (OVS_CS_F_TRACKED | OVS_CS_F_INVALID)) ==
				 OVS_CS_F_TRACKED &&
			 key->ct_zone == ct->zone.id;
		if (before || (!key->ct_state && ct->force))
			conn = connection_recover(net, skb, key->ct_state & NAT_FLAGS, ct);
	}
	if (!conn)
		return false;
	nf_ct_get(skb, &ctinfo);
	if (!connection_fits(net, conn, ct))
		return false;
	if (ct->force && CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL) {
		if (nf_ct_is_confirmed(conn))
			nf_ct_delete(conn, 0, 0);
		nf_ct_put(conn);
		nf_ct_set(skb, NULL, 0);
		return false;
	}
	return before;
}

/* An unconfirmed connection that a copy of the packet has too must not get what this one would. */
static bool connection_shared(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *conn = nf_ct_get(skb, &ctinfo);

	return conn && !nf_ct_is_confirmed(conn) && nf_ct_shared(conn);
}

static int track(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
		 const struct ovsr_ct *ct)
{
	struct nf_hook_state state = {
		.hook = NF_INET_PRE_ROUTING,
		.pf = ct->family,
		.net = net,
	};
	enum ip_conntrack_info ctinfo;
	unsigned int verdict;

	nf_ct_put(nf_ct_get(skb, &ctinfo));
	nf_conntrack_get(&ct->tmpl->ct_general);
	nf_ct_set(skb, ct->tmpl, IP_CT_NEW);
	verdict = nf_conntrack_in(skb, &state);
	if (verdict != NF_ACCEPT)
		return verdict_errno(verdict);
	ovsr_ct_key_track(skb, key, ct->zone.id);
	return 0;
}

/* Where the transport header starts, or a negative value if there is none to be had. */
static int transport_offset(struct sk_buff *skb, u8 family)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	__be16 frag_off;
	int offset;

	if (family == NFPROTO_IPV4)
		return ip_hdrlen(skb);
	offset = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &nexthdr, &frag_off);
	return frag_off & htons(~0x7) ? -ENOENT : offset;
}

/* Lets the connection's helper look into the packet. */
static int helper_run(struct sk_buff *skb, struct nf_conn *conn, enum ip_conntrack_info ctinfo,
		      u8 family)
{
	const struct nf_conn_help *help = nfct_help(conn);
	const struct nf_conntrack_helper *helper = help ? rcu_dereference(help->helper) : NULL;
	unsigned int verdict;
	int offset;

	if (!helper || ctinfo == IP_CT_RELATED_REPLY)
		return 0;
	offset = transport_offset(skb, family);
	if (offset < 0)
		return 0;
	verdict = helper->help(skb, offset, conn, ctinfo);
	if (verdict != NF_ACCEPT)
		return verdict_errno(verdict);
	/* A helper may have changed the length of what it looked at. */
	if (test_bit(IPS_SEQ_ADJUST_BIT, &conn->status) &&
	    !nf_ct_seq_adjust(skb, conn, ctinfo, offset))
		return -EINVAL;
	return 0;
}

/* A helper that a commit brings along. */
static int helper_assign(struct nf_conn *conn, const struct ovsr_ct *ct)
{
	int err;

	if (!ct->helper || nfct_help(conn))
		return 0;
	err = __nf_ct_try_assign_helper(conn, ct->tmpl, GFP_ATOMIC);
	if (err)
		return err;
	return ct->nat && !nfct_seqadj(conn) && !nfct_seqadj_ext_add(conn) ? -EINVAL : 0;
}

/*
 * Tracks the packet, unless that was done, and gives it NAT and helper. What an unconfirmed
 * connection is given is only sure with its commit: NAT first, so that the helper sees its result.
 */
static int connection_find(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
			   const struct ovsr_ct *ct)
{
	bool before = tracked_before(net, skb, key, ct);
	enum ip_conntrack_info ctinfo;
	struct nf_conn *conn;
	int err;

	if (before && ct->commit && connection_shared(skb)) {
		nf_reset_ct(skb);
		before = false;
	}
	if (!before) {
		err = track(net, skb, key, ct);
		if (err)
			return err;
	}
	conn = nf_ct_get(skb, &ctinfo);
	if (!conn)
		return 0;

	if (ct->nat && !(key->ct_state & NAT_FLAGS) && (nf_ct_is_confirmed(conn) || ct->commit)) {
		err = verdict_errno(ovsr_ct_nat(skb, conn, ctinfo, key, ct));
		if (err)
			return err;
	}
	if (!nf_ct_is_confirmed(conn)) {
		err = ct->commit ? helper_assign(conn, ct) : 0;
		if (err)
			return err;
	} else if (!before) {
		err = helper_run(skb, conn, ctinfo, ct->family);
		if (err)
			return err;
	}
	/* Packets may have passed beside conntrack: a window that it thinks wrong is none. */
	if (nf_ct_protonum(conn) == IPPROTO_TCP && nf_ct_is_confirmed(conn) &&
	    nf_conntrack_tcp_established(conn))
		nf_ct_set_tcp_be_liberal(conn);
	nf_conn_act_ct_ext_fill(skb, conn, ctinfo);
	return 0;
}

/*
 * The expectation that the packet fulfils. A connection that is in its way goes: it would keep the
 * expectation from ever being used up.
 */
static struct nf_conntrack_expect *expectation_find(struct net *net, const struct sk_buff *skb,
						    const struct ovsr_ct *ct)
{
	struct nf_conntrack_expect *expect;
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	struct nf_conn *conn;

	if (!nf_ct_get_tuplepr(skb, skb_network_offset(skb), ct->family, net, &tuple))
		return NULL;
	expect = __nf_ct_expect_find(net, &ct->zone, &tuple);
	if (!expect)
		return NULL;
	h = nf_conntrack_find_get(net, &ct->zone, &tuple);
	if (h) {
		conn = nf_ct_tuplehash_to_ctrack(h);
		nf_ct_delete(conn, 0, 0);
		nf_ct_put(conn);
	}
	return expect;
}

/* A ct without commit. An expected packet is not tracked: that would use the expectation up. */
static int lookup(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
		  const struct ovsr_ct *ct)
{
	struct nf_conntrack_expect *expect = expectation_find(net, skb, ct);
	struct nf_conn *conn;
	int err;

	if (expect) {
		ovsr_ct_key_set(key, OVS_CS_F_TRACKED | OVS_CS_F_NEW | OVS_CS_F_RELATED,
				ct->zone.id, expect->master);
		return 0;
	}
	err = connection_find(net, skb, key, ct);
	conn = (struct nf_conn *)skb_nfct(skb);
	if (!err && conn)
		nf_ct_deliver_cached_events(conn);
	return err;
}

/* Committing it. */

static void mark_set(struct nf_conn *conn, struct ovsr_key *key, const struct ovsr_ct *ct)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
	u32 mark = ct->mark | (READ_ONCE(conn->mark) & ~ct->mark_mask);

	if (!ct->mark_mask || READ_ONCE(conn->mark) == mark)
		return;
	WRITE_ONCE(conn->mark, mark);
	if (nf_ct_is_confirmed(conn))
		nf_conntrack_event_cache(IPCT_MARK, conn);
	key->ct_mark = mark;
#endif
}

/* A new connection starts with its master's labels, and nobody else can see it yet. */
static int labels_init(struct nf_conn *conn, struct ovsr_key *key, const struct ovsr_ct *ct)
{
	const struct nf_conn_labels *inherited;
	struct nf_conn_labels *labels;
	u32 *words;
	int i;

	inherited = conn->master ? nf_ct_labels_find(conn->master) : NULL;
	if (!inherited && !memchr_inv(ct->labels_mask, 0, sizeof(ct->labels_mask)))
		return 0;
	labels = nf_ct_labels_find(conn) ?: nf_ct_labels_ext_add(conn);
	if (!labels)
		return -ENOSPC;
	if (inherited)
		*labels = *inherited;
	words = (u32 *)labels->bits;
	for (i = 0; i < OVS_CT_LABELS_LEN_32; i++)
		words[i] = (words[i] & ~ct->labels_mask[i]) | (ct->labels[i] & ct->labels_mask[i]);
	/* Only so will the event of the new connection tell its labels. */
	nf_conntrack_event_cache(IPCT_LABEL, conn);
	memcpy(key->ct_labels, labels->bits, sizeof(key->ct_labels));
	return 0;
}

static int labels_change(struct nf_conn *conn, struct ovsr_key *key, const struct ovsr_ct *ct)
{
	struct nf_conn_labels *labels = nf_ct_labels_find(conn);
	int err;

	if (!IS_ENABLED(CONFIG_NF_CONNTRACK_LABELS) ||
	    !memchr_inv(ct->labels_mask, 0, sizeof(ct->labels_mask)))
		return 0;
	if (!labels)
		return -ENOSPC;
	err = nf_connlabels_replace(conn, ct->labels, ct->labels_mask, OVS_CT_LABELS_LEN_32);
	if (!err)
		memcpy(key->ct_labels, labels->bits, sizeof(key->ct_labels));
	return err;
}

static void eventmask_set(struct nf_conn *conn, const struct ovsr_ct *ct)
{
	struct nf_conntrack_ecache *cache = nf_ct_ecache_find(conn);

	if (ct->have_eventmask && cache)
		cache->ctmask = ct->eventmask;
}

/* The changes come before the confirmation, so that its event tells them. */
static int commit(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
		  const struct ovsr_ct *ct)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *conn;
	int err;

	err = connection_find(net, skb, key, ct);
	if (err)
		return err;
	conn = nf_ct_get(skb, &ctinfo);
	if (!conn)
		return 0;
	if (!nf_ct_is_confirmed(conn)) {
		err = ovsr_ct_limit_check(net, skb, conn, ct);
		if (err)
			return err;
	}
	eventmask_set(conn, ct);
	mark_set(conn, key, ct);
	if (nf_ct_is_confirmed(conn)) {
		err = labels_change(conn, key, ct);
	} else {
		err = labels_init(conn, key, ct);
		if (err)
			return err;
		nf_conn_act_ct_ext_add(skb, conn, ctinfo);
		err = helper_run(skb, conn, ctinfo, ct->family);
	}
	return err ?: verdict_errno(nf_conntrack_confirm(skb));
}

/* The packet. */

/* Cuts off what an Ethernet frame has behind a short packet. */
static int padding_trim(struct sk_buff *skb)
{
	unsigned int len = skb->len;
	int err;

	if (skb->protocol == htons(ETH_P_IP))
		len = skb_ip_totlen(skb);
	else if (skb->protocol == htons(ETH_P_IPV6))
		len = sizeof(struct ipv6hdr) + ntohs(ipv6_hdr(skb)->payload_len);
	err = pskb_trim_rcsum(skb, len);
	if (err)
		kfree_skb(skb);
	return err;
}

/* 0 with the whole packet in @skb; else it is kept (-EINPROGRESS) or freed. */
static int defragment(struct net *net, struct sk_buff *skb, const struct ovsr_ct *ct, u16 *mru)
{
	int err;

	if (ct->family == NFPROTO_IPV4) {
		memset(IPCB(skb), 0, sizeof(struct inet_skb_parm));
		err = ip_defrag(net, skb, IP_DEFRAG_CONNTRACK_IN + ct->zone.id);
		*mru = err ? 0 : IPCB(skb)->frag_max_size;
		return err;
	}
#if IS_ENABLED(CONFIG_NF_DEFRAG_IPV6)
	memset(IP6CB(skb), 0, sizeof(struct inet6_skb_parm));
	err = nf_ct_frag6_gather(net, skb, IP6_DEFRAG_CONNTRACK_IN + ct->zone.id);
	if (!err)
		*mru = IP6CB(skb)->frag_max_size;
	else if (err != -EINPROGRESS)
		kfree_skb(skb);
	return err;
#else
	kfree_skb(skb);
	return -EPFNOSUPPORT;
#endif
}

/* The fragment that completes a packet most likely had no transport header: here it is read. */
static int fragments_gather(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
			    const struct ovsr_ct *ct)
{
	struct ovsr_skb_cb cb = *OVSR_CB(skb);
	int err;

	err = defragment(net, skb, ct, &cb.mru);
	if (err)
		return err;
	skb_clear_hash(skb);
	skb->ignore_df = 1;
	ovsr_key_update_payload(skb, key);
	key->ip.frag = OVS_FRAG_TYPE_NONE;
	*OVSR_CB(skb) = cb;
	return 0;
}

int ovsr_ct_execute(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
		    const struct ovsr_ct *ct)
{
	int offset = skb_network_offset(skb);
	int err;

	skb_pull_rcsum(skb, offset);
	err = padding_trim(skb);
	if (err)
		return err;
	if (key->ip.frag != OVS_FRAG_TYPE_NONE) {
		err = fragments_gather(net, skb, key, ct);
		if (err)
			return err;
	}
	err = ct->commit ? commit(net, skb, key, ct) : lookup(net, skb, key, ct);
	if (err == -EINPROGRESS)
		return err;
	skb_push_rcsum(skb, offset);
	if (err)
		kfree_skb(skb);
	return err;
}

/* Namespaces. */

bool ovsr_ct_has_labels(const struct net *net)
{
	const struct ct_net *cn = net_generic(net, net_id);

	return cn->has_labels;
}

static int __net_init net_start(struct net *net)
{
	struct ct_net *cn = net_generic(net, net_id);

	cn->has_labels = !nf_connlabels_get(net, OVS_CT_LABELS_LEN * BITS_PER_BYTE - 1);
	return 0;
}

static void __net_exit net_stop(struct net *net)
{
	if (ovsr_ct_has_labels(net))
		nf_connlabels_put(net);
}

static struct pernet_operations net_ops = {
	.init = net_start,
	.exit = net_stop,
	.id = &net_id,
	.size = sizeof(struct ct_net),
};

int ovsr_ct_init(void)
{
	int err;

	err = register_pernet_subsys(&net_ops);
	if (err)
		return err;
	err = ovsr_ct_limit_init();
	if (err)
		unregister_pernet_subsys(&net_ops);
	return err;
}

void ovsr_ct_exit(void)
{
	ovsr_ct_limit_exit();
	unregister_pernet_subsys(&net_ops);
}
