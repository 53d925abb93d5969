// SPDX-License-Identifier: GPL-2.0-only
/* Which connection a packet belongs to: its own, one that is remembered, or a new one. */

#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_expect.h>
#include <net/netfilter/nf_conntrack_helper.h>

#include "ct_key.h"
#include "ct_passage.h"
#include "plant.h"

#define TRANSLATED (OVS_CS_F_SRC_NAT | OVS_CS_F_DST_NAT)

#ifndef HAVE_NF_CT_SHARED
static bool nf_ct_shared(const struct nf_conn *conn)
{
	return refcount_read(&conn->ct_general.use) > 1;
}
#endif

/* The packet's own addresses and ports. False for one that has none. */
static bool tuple_read(const struct ovsr_ct_passage *p, struct nf_conntrack_tuple *tuple)
{
	return nf_ct_get_tuplepr(p->skb, skb_network_offset(p->skb), p->ct->family, p->net, tuple);
}

/* With a reference. @reply: the tuple is that of the reply. */
static struct nf_conn *lookup(const struct ovsr_ct_passage *p,
			      const struct nf_conntrack_tuple *tuple, bool *reply)
{
	struct nf_conntrack_tuple_hash *h = nf_conntrack_find_get(p->net, &p->ct->zone, tuple);

	if (!h)
		return NULL;
	*reply = NF_CT_DIRECTION(h) == IP_CT_DIR_REPLY;
	return nf_ct_tuplehash_to_ctrack(h);
}

/* Expected connections. */

/*
 * A packet that was announced is not tracked before its commit, for that uses the announcement up,
 * and the packet may be lost on its way to userspace. A connection in the way of the announcement
 * goes: else it would always be found first.
 */
int ovsr_ct_expect(struct ovsr_ct_passage *p)
{
	struct nf_conntrack_expect *expect;
	struct nf_conntrack_tuple tuple;
	struct nf_conn *in_the_way;
	bool reply;

	expect = tuple_read(p, &tuple) ? __nf_ct_expect_find(p->net, &p->ct->zone, &tuple) : NULL;
	if (!expect)
		return 0;
	in_the_way = lookup(p, &tuple, &reply);
	if (in_the_way) {
		nf_ct_delete(in_the_way, 0, 0);
		nf_ct_put(in_the_way);
	}
	ovsr_ct_key_set(p->key, OVS_CS_F_TRACKED | OVS_CS_F_NEW | OVS_CS_F_RELATED, p->ct->zone.id,
			expect->master);
	return OVSR_CT_OVER;
}

/* Connections that the packet has already. */

/* As conntrack numbers a packet of an existing connection. */
static enum ip_conntrack_info place_of(const struct nf_conn *conn, bool reply)
{
	if (reply)
		return IP_CT_ESTABLISHED_REPLY;
	if (conn->status & IPS_SEEN_REPLY)
		return IP_CT_ESTABLISHED;
	return conn->status & IPS_EXPECTED ? IP_CT_RELATED : IP_CT_NEW;
}

/*
 * An upcall loses the connection; the key remembers that there was one. It is found again without
 * being counted once more. A packet that was translated is the mirror image of the other direction.
 */
static void remember(struct ovsr_ct_passage *p)
{
	bool mirrored = p->key->ct_state & TRANSLATED;
	struct nf_conntrack_tuple own, mirror;
	bool reply;

	if (!tuple_read(p, &own) || (mirrored && !nf_ct_invert_tuple(&mirror, &own)))
		return;
	p->conn = lookup(p, mirrored ? &mirror : &own, &reply);
	if (!p->conn)
		return;
	p->ctinfo = place_of(p->conn, reply != mirrored);
	nf_ct_set(p->skb, p->conn, p->ctinfo);
}

static void forget(struct ovsr_ct_passage *p)
{
	nf_ct_put(p->conn);
	nf_ct_set(p->skb, NULL, 0);
	p->conn = NULL;
}

/* Is it of the action's zone, and has it nothing other than the action would give it? */
static bool fits(const struct ovsr_ct_passage *p)
{
	const struct nf_conn_timeout *timeout;
	const struct nf_conn_help *help;

	if (!net_eq(p->net, nf_ct_net(p->conn)) ||
	    !nf_ct_zone_equal_any(p->ct->tmpl, nf_ct_zone(p->conn)))
		return false;
	help = nf_ct_ext_find(p->conn, NF_CT_EXT_HELPER);
	if (p->ct->helper && help && rcu_access_pointer(help->helper) != p->ct->helper)
		return false;
	timeout = p->ct->policy ? nf_ct_timeout_find(p->conn) : NULL;
	return !p->ct->policy || (timeout && rcu_access_pointer(timeout->timeout) == p->ct->policy);
}

/* A forced commit begins with this packet: what began with another goes. */
static bool turned_round(struct ovsr_ct_passage *p)
{
	if (!p->ct->force || CTINFO2DIR(p->ctinfo) == IP_CT_DIR_ORIGINAL)
		return false;
	if (nf_ct_is_confirmed(p->conn))
		nf_ct_delete(p->conn, 0, 0);
	forget(p);
	return true;
}

/* What copies of the packet share, too, must not be given what only this one asks for. */
static bool shared(struct ovsr_ct_passage *p)
{
	if (!p->ct->commit || nf_ct_is_confirmed(p->conn) || !nf_ct_shared(p->conn))
		return false;
	forget(p);
	return true;
}

/* Has conntrack seen the packet, and would it say the same again? */
static bool known(struct ovsr_ct_passage *p)
{
	u8 state = p->key->ct_state;
	bool seen = state & OVS_CS_F_TRACKED && !(state & OVS_CS_F_INVALID) &&
		    p->key->ct_zone == p->ct->zone.id;

	p->conn = nf_ct_get(p->skb, &p->ctinfo);
	if (p->conn)
		seen = true;
	else if (seen || (!state && p->ct->force && !ovsr_plant(OVSR_PLANT_CT_FORCE)))
		remember(p);
	return p->conn && fits(p) && !turned_round(p) && seen && !shared(p);
}

static int track(struct ovsr_ct_passage *p)
{
	const struct nf_hook_state at = {
		.hook = NF_INET_PRE_ROUTING,
		.pf = p->ct->family,
		.net = p->net,
	};
	int err;

	nf_ct_put(nf_ct_get(p->skb, &p->ctinfo));
	nf_conntrack_get(&p->ct->tmpl->ct_general);
	nf_ct_set(p->skb, p->ct->tmpl, IP_CT_NEW);
	err = ovsr_ct_verdict(p, nf_conntrack_in(p->skb, &at));
	if (!err)
		ovsr_ct_key_track(p->skb, p->key, p->ct->zone.id);
	return err;
}

/* Without a connection the packet is invalid, and nothing more happens to it. */
int ovsr_ct_attach(struct ovsr_ct_passage *p)
{
	int err;

	p->known = known(p);
	err = p->known ? 0 : track(p);
	if (err)
		return err;
	p->conn = nf_ct_get(p->skb, &p->ctinfo);
	return p->conn ? 0 : OVSR_CT_OVER;
}
