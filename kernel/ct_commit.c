// SPDX-License-Identifier: GPL-2.0-only
/* What a commit gives to a connection, before the confirmation that tells of it. */

#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_labels.h>
#include <net/netfilter/nf_conntrack_seqadj.h>

#include "ct_passage.h"

/* A helper that translates addresses in payloads needs to correct sequence numbers as well. */
int ovsr_ct_helper_assign(struct ovsr_ct_passage *p)
{
	int err;

	if (!p->ct->helper || nfct_help(p->conn))
		return 0;
	err = __nf_ct_try_assign_helper(p->conn, p->ct->tmpl, GFP_ATOMIC);
	if (err || !p->ct->nat)
		return err;
	return nfct_seqadj(p->conn) || nfct_seqadj_ext_add(p->conn) ? 0 : -EINVAL;
}

int ovsr_ct_events_choose(struct ovsr_ct_passage *p)
{
	struct nf_conntrack_ecache *cache = nf_ct_ecache_find(p->conn);

	if (p->ct->have_eventmask && cache)
		cache->ctmask = p->ct->eventmask;
	return 0;
}

int ovsr_ct_mark_change(struct ovsr_ct_passage *p)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
	u32 old = READ_ONCE(p->conn->mark);
	u32 mark = (old & ~p->ct->mark_mask) | p->ct->mark;

	if (p->ct->mark_mask && mark != old) {
		WRITE_ONCE(p->conn->mark, mark);
		if (nf_ct_is_confirmed(p->conn))
			nf_conntrack_event_cache(IPCT_MARK, p->conn);
		p->key->ct_mark = mark;
	}
#endif
	return 0;
}

static bool changes_labels(const struct ovsr_ct *ct)
{
	return memchr_inv(ct->labels_mask, 0, sizeof(ct->labels_mask));
}

static void key_labels_set(struct ovsr_ct_passage *p, const struct nf_conn_labels *labels)
{
	memcpy(&p->key->ct_labels, labels->bits, sizeof(p->key->ct_labels));
}

/* A new connection has its master's labels to begin with. Nobody else can see it yet. */
int ovsr_ct_labels_start(struct ovsr_ct_passage *p)
{
	struct nf_conn *conn = p->conn;
	const struct nf_conn_labels *masters = NULL;
	struct nf_conn_labels *labels;
	u32 *word;
	int i;

	if (conn->master)
		masters = nf_ct_labels_find(conn->master);
	if (!masters && !changes_labels(p->ct))
		return 0;
	labels = nf_ct_labels_find(conn) ?: nf_ct_labels_ext_add(conn);
	if (!labels)
		return -ENOSPC;
	if (masters)
		*labels = *masters;
	word = (u32 *)labels->bits;
	for (i = 0; i < OVS_CT_LABELS_LEN_32; i++)
		word[i] = (word[i] & ~p->ct->labels_mask[i]) |
			  (p->ct->labels[i] & p->ct->labels_mask[i]);
	/* Only so will the event of the new connection tell its labels. */
	nf_conntrack_event_cache(IPCT_LABEL, conn);
	key_labels_set(p, labels);
	return 0;
}

int ovsr_ct_labels_change(struct ovsr_ct_passage *p)
{
	struct nf_conn_labels *labels;
	int err;

	if (!IS_ENABLED(CONFIG_NF_CONNTRACK_LABELS) || !changes_labels(p->ct))
		return 0;
	labels = nf_ct_labels_find(p->conn);
	if (!labels)
		return -ENOSPC;
	err = nf_connlabels_replace(p->conn, p->ct->labels, p->ct->labels_mask,
				    OVS_CT_LABELS_LEN_32);
	if (!err)
		key_labels_set(p, labels);
	return err;
}
