// SPDX-License-Identifier: GPL-2.0-only
/* The ct action as a sequence of steps, and what a namespace needs for it. */

#include <net/ip.h>
#include <net/ipv6_frag.h>
#include <net/net_namespace.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/nf_conntrack_act_ct.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_labels.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/netns/generic.h>

#include "ct_limit.h"
#include "ct_passage.h"
#include "datapath.h"
#include "payload_extract.h"

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

int ovsr_ct_verdict(struct ovsr_ct_passage *p, unsigned int verdict)
{
	verdict &= NF_VERDICT_MASK;
	if (verdict == NF_ACCEPT)
		return 0;
	if (verdict != NF_STOLEN)
		return -EINVAL;
	p->skb = NULL;
	return -EINPROGRESS;
}

/* Steps. */

/* Cuts off what an Ethernet frame has behind a short packet. */
static int padding_trim(struct ovsr_ct_passage *p)
{
	struct sk_buff *skb = p->skb;

	switch (ntohs(skb->protocol)) {
	case ETH_P_IP:
		return pskb_trim_rcsum(skb, skb_ip_totlen(skb));
	case ETH_P_IPV6:
		return pskb_trim_rcsum(skb,
				       sizeof(struct ipv6hdr) + ntohs(ipv6_hdr(skb)->payload_len));
	default:
		return 0;
	}
}

/*
 * Hands @skb to the reassembly of the action's zone. 0 with the whole packet in it; else it is kept
 * (-EINPROGRESS) or freed. *@mru: the largest of its fragments.
 */
static int reassemble(struct ovsr_ct_passage *p, struct sk_buff *skb, u16 *mru)
{
	int err = -EPFNOSUPPORT;

	if (p->ct->family == NFPROTO_IPV4) {
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		err = ip_defrag(p->net, skb, IP_DEFRAG_CONNTRACK_IN + p->ct->zone.id);
		*mru = err ? 0 : IPCB(skb)->frag_max_size;
		return err;
	}
#if IS_ENABLED(CONFIG_NF_DEFRAG_IPV6)
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	err = nf_ct_frag6_gather(p->net, skb, IP6_DEFRAG_CONNTRACK_IN + p->ct->zone.id);
	*mru = err ? 0 : IP6CB(skb)->frag_max_size;
#endif
	if (err && err != -EINPROGRESS)
		kfree_skb(skb);
	return err;
}

/*
 * Conntrack knows whole packets only. The fragment that completes one had no transport header, most
 * likely: here it is read.
 */
static int fragments_gather(struct ovsr_ct_passage *p)
{
	struct ovsr_skb_cb cb = *OVSR_CB(p->skb);
	struct sk_buff *skb = p->skb;
	int err;

	if (p->key->ip.frag == OVS_FRAG_TYPE_NONE)
		return 0;
	p->skb = NULL;
	err = reassemble(p, skb, &cb.mru);
	if (err)
		return err;
	p->skb = skb;
	*OVSR_CB(skb) = cb;
	skb->ignore_df = 1;
	skb_clear_hash(skb);
	ovsr_payload_extract(skb, p->key);
	p->key->ip.frag = OVS_FRAG_TYPE_NONE;
	return 0;
}

/*
 * Lets the connection's helper look into the packet. What it does to the packet's length is set
 * right in sequence numbers.
 */
static int helper_run(struct ovsr_ct_passage *p)
{
	const struct nf_conn_help *help = nfct_help(p->conn);
	const struct nf_conntrack_helper *helper = help ? rcu_dereference(help->helper) : NULL;
	int transport = skb_transport_offset(p->skb);
	int err;

	if (!helper || p->ctinfo == IP_CT_RELATED_REPLY || transport <= 0)
		return 0;
	err = ovsr_ct_verdict(p, helper->help(p->skb, transport, p->conn, p->ctinfo));
	if (err || !(p->conn->status & IPS_SEQ_ADJUST))
		return err;
	return nf_ct_seq_adjust(p->skb, p->conn, p->ctinfo, transport) ? 0 : -EINVAL;
}

/* Once a packet: not again after a recirculation. */
static int helper_run_once(struct ovsr_ct_passage *p)
{
	return p->known ? 0 : helper_run(p);
}

/* Packets may have passed beside conntrack: a window that it thinks wrong is none. */
static int window_relax(struct ovsr_ct_passage *p)
{
	if (nf_ct_protonum(p->conn) == IPPROTO_TCP && nf_conntrack_tcp_established(p->conn))
		nf_ct_set_tcp_be_liberal(p->conn);
	return 0;
}

/* For traffic control, which may take over connections that it can tell the device of. */
static int device_note(struct ovsr_ct_passage *p)
{
	nf_conn_act_ct_ext_fill(p->skb, p->conn, p->ctinfo);
	return 0;
}

static int device_note_new(struct ovsr_ct_passage *p)
{
	nf_conn_act_ct_ext_add(p->skb, p->conn, p->ctinfo);
	return 0;
}

static int limit_check(struct ovsr_ct_passage *p)
{
	return ovsr_ct_limit_check(p->net, p->skb, p->conn, p->ct);
}

static int events_deliver(struct ovsr_ct_passage *p)
{
	nf_ct_deliver_cached_events(p->conn);
	return 0;
}

static int confirm(struct ovsr_ct_passage *p)
{
	return ovsr_ct_verdict(p, nf_conntrack_confirm(p->skb));
}

/* The sequence. */

#define LOOKUP BIT(0) /* an action without a commit */
#define COMMIT BIT(1)
#define NEW    BIT(2) /* a connection that is not confirmed */
#define OLD    BIT(3)

/*
 * What is given to a new connection is only sure with its commit: translation first, so that the
 * helper sees its result, and all of it before the confirmation, so that its event tells of it.
 */
static const struct step {
	u8 when; /* all of these */
	int (*run)(struct ovsr_ct_passage *p);
} steps[] = {
	{ 0, padding_trim },
	{ 0, fragments_gather },
	{ LOOKUP, ovsr_ct_expect },
	{ 0, ovsr_ct_attach },
	{ 0, ovsr_ct_translate },
	{ COMMIT | NEW, ovsr_ct_helper_assign },
	{ OLD, helper_run_once },
	{ OLD, window_relax },
	{ 0, device_note },
	{ LOOKUP, events_deliver },
	{ COMMIT | NEW, limit_check },
	{ COMMIT, ovsr_ct_events_choose },
	{ COMMIT, ovsr_ct_mark_change },
	{ COMMIT | OLD, ovsr_ct_labels_change },
	{ COMMIT | NEW, ovsr_ct_labels_start },
	{ COMMIT | NEW, device_note_new },
	{ COMMIT | NEW, helper_run },
	{ COMMIT, confirm },
};

static u8 now(const struct ovsr_ct_passage *p)
{
	u8 state = p->ct->commit ? COMMIT : LOOKUP;

	if (p->conn)
		state |= nf_ct_is_confirmed(p->conn) ? OLD : NEW;
	return state;
}

static int passage_run(struct ovsr_ct_passage *p)
{
	const struct step *step;
	int err = 0;

	for (step = steps; !err && step < steps + ARRAY_SIZE(steps); step++)
		if (!(step->when & ~now(p)))
			err = step->run(p);
	return err == OVSR_CT_OVER ? 0 : err;
}

int ovsr_ct_execute(struct net *net, struct sk_buff *skb, struct ovsr_key *key,
		    const struct ovsr_ct *ct)
{
	struct ovsr_ct_passage p = { .net = net, .skb = skb, .key = key, .ct = ct };
	int network = skb_network_offset(skb);
	int err;

	skb_pull_rcsum(skb, network);
	err = passage_run(&p);
	if (err)
		kfree_skb(p.skb);
	else
		skb_push_rcsum(skb, network);
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
