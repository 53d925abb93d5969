/* SPDX-License-Identifier: GPL-2.0-only */
/* The ct action at work. */
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "exec.h"

#define STATE_NAT (OVS_CS_F_SRC_NAT | OVS_CS_F_DST_NAT)

/* What the action says, as far as it matters here. */
struct order {
	uint16_t zone;
	bool commit, force, nat;
	const uint32_t *mark;  /* value, mask; NULL: none */
	const uint8_t *labels; /* 16 bytes of value, 16 of mask */
};

static struct order read_order(const struct nlattr *a)
{
	struct rig_nla_walk w = rig_nla_inside(a);
	struct order o = { .zone = 0 };
	const struct nlattr *in;

	while ((in = rig_nla_next(&w))) {
		switch (rig_nla_type(in)) {
		case OVS_CT_ATTR_FORCE_COMMIT:
			o.commit = o.force = true;
			break;
		case OVS_CT_ATTR_COMMIT:
			o.commit = true;
			break;
		case OVS_CT_ATTR_ZONE:
			o.zone = rig_nla_u16(in);
			break;
		case OVS_CT_ATTR_MARK:
			o.mark = (const void *)rig_nla_data(in);
			break;
		case OVS_CT_ATTR_LABELS:
			o.labels = rig_nla_data(in);
			break;
		case OVS_CT_ATTR_NAT:
			o.nat = rig_nla_len(in) > 0;
			break;
		}
	}
	return o;
}

/* --- Connections --- */

struct rig_conn *rig_conn_get(struct rig_conn *conn)
{
	if (conn)
		conn->refs++;
	return conn;
}

void rig_conn_put(struct rig_conn *conn)
{
	if (conn && !--conn->refs)
		free(conn);
}

static void take_out(struct rig_model *m, struct rig_conn *conn)
{
	struct rig_conn **p = &m->conns;

	while (*p != conn)
		p = &(*p)->next;
	*p = conn->next;
	conn->dead = true;
	if (conn->counted)
		rig_ct_limit_gone(m, conn->netns, conn->zone);
	rig_conn_put(conn);
}

void rig_conn_flush(struct rig_model *m)
{
	struct rig_conn *conn;

	while (m->conns)
		take_out(m, m->conns);
	while ((conn = m->hosts)) {
		m->hosts = conn->next;
		rig_conn_put(conn);
	}
}

static bool same(const struct rig_tuple *a, const struct rig_tuple *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static struct rig_conn *find_in(struct rig_conn *list, unsigned int netns, uint16_t zone,
				const struct rig_tuple *tuple, bool *reply)
{
	/* Of a connection that is its own answer, the answer is found. */
	for (struct rig_conn *c = list; c; c = c->next) {
		if (c->netns != netns || c->zone != zone)
			continue;
		*reply = same(&c->tuple[1], tuple);
		if (*reply || same(&c->tuple[0], tuple))
			return c;
	}
	return NULL;
}

static struct rig_conn *find(const struct rig_exec *x, uint16_t zone, const struct rig_tuple *tuple,
			     bool *reply)
{
	if (find_in(x->m->hosts, x->dp->netns, zone, tuple, reply))
		rig_answer_unmodelled(x->out, "a connection of the host's own stack", true);
	return find_in(x->m->conns, x->dp->netns, zone, tuple, reply);
}

static void carry(struct rig_packet *p, struct rig_conn *conn, bool reply)
{
	rig_conn_get(conn);
	rig_conn_put(p->conn);
	p->conn = conn;
	p->conn_reply = reply;
}

void rig_packet_untrack(struct rig_packet *p)
{
	carry(p, NULL, false);
}

/* --- The key --- */

static uint8_t state_of(const struct rig_packet *p)
{
	if (!p->conn)
		return OVS_CS_F_TRACKED | OVS_CS_F_INVALID;
	if (p->conn_reply)
		return OVS_CS_F_TRACKED | OVS_CS_F_ESTABLISHED | OVS_CS_F_REPLY_DIR;
	return OVS_CS_F_TRACKED |
	       (p->conn->confirmed && p->conn_established ? OVS_CS_F_ESTABLISHED : OVS_CS_F_NEW);
}

static void put_original(struct rig_key *key, const struct rig_tuple *t)
{
	if (key->eth_type_be == htons(ETH_P_IP) && t->family == AF_INET) {
		memcpy(key->ip4.ct.src, t->src, 4);
		memcpy(key->ip4.ct.dst, t->dst, 4);
	} else if (key->eth_type_be == htons(ETH_P_IPV6) && t->family == AF_INET6 &&
		   !rig_key_is_nd(key)) {
		memcpy(key->ip6.ct.src, t->src, 16);
		memcpy(key->ip6.ct.dst, t->dst, 16);
	} else {
		return;
	}
	key->ct_proto = t->proto;
	if (t->proto == (t->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		key->ct_src_be = htons(t->dst_port[0]);
		key->ct_dst_be = htons(t->dst_port[1]);
	} else {
		memcpy(&key->ct_src_be, t->src_port, 2);
		memcpy(&key->ct_dst_be, t->dst_port, 2);
	}
}

static void tell_key(const struct rig_packet *p, struct rig_key *key, uint16_t zone)
{
	static const uint8_t none[16];

	key->ct_state = state_of(p);
	key->ct_zone = zone;
	key->ct_mark = p->conn ? p->conn->mark : 0;
	memcpy(key->ct_labels, p->conn ? p->conn->labels : none, sizeof(none));
	key->ct_proto = 0;
	if (p->conn)
		put_original(key, &p->conn->tuple[0]);
}

/* --- Lookup --- */

/* What a key that came from userspace says of the packet may be found again. */
static bool find_again(struct rig_exec *x, struct rig_packet *p, const struct rig_key *key,
		       const struct order *o, uint8_t family)
{
	bool executed = (key->ct_state & OVS_CS_F_TRACKED) && !(key->ct_state & OVS_CS_F_INVALID) &&
			key->ct_zone == o->zone;
	bool translated = key->ct_state & STATE_NAT;
	struct rig_tuple tuple;
	struct rig_conn *conn;
	bool reply;

	if (!executed && (key->ct_state || !o->force))
		return false;
	if (!rig_tuple_unchecked(p, family, &tuple))
		return false;
	if (translated)
		tuple = rig_tuple_inverse(&tuple);
	conn = find(x, o->zone, &tuple, &reply);
	if (!conn)
		return false;
	carry(p, conn, reply != translated);
	p->conn_established = conn->seen_reply;
	return executed;
}

/* The packet has its connection already, and the key knows. */
static bool is_cached(struct rig_exec *x, struct rig_packet *p, const struct rig_key *key,
		      const struct order *o, uint8_t family)
{
	bool executed = p->conn ? true : find_again(x, p, key, o, family);

	if (!p->conn || p->conn->zone != o->zone)
		return false;
	if (o->force && p->conn_reply) {
		if (p->conn->confirmed && !p->conn->dead)
			take_out(x->m, p->conn);
		carry(p, NULL, false);
		return false;
	}
	/* Not in the table yet, and copies of the packet carry it, too: then it is nobody's. */
	if (x->m->profile->copies_apart && executed && o->commit && !p->conn->confirmed &&
	    p->conn->refs > 1) {
		carry(p, NULL, false);
		return false;
	}
	return executed;
}

static struct rig_conn *begin(unsigned int netns, uint16_t zone, const struct rig_tuple *tuple)
{
	struct rig_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->netns = netns;
	conn->zone = zone;
	conn->tuple[0] = *tuple;
	conn->tuple[1] = rig_tuple_inverse(tuple);
	return conn;
}

/* Of what it delivers: to everybody, from nobody. Sources have no route, destinations neither. */
void rig_conn_host(struct rig_model *m, unsigned int netns, const uint8_t *frame, size_t len)
{
	static const uint8_t none[4], all[4] = { 0xff, 0xff, 0xff, 0xff },
				      hosts[4] = { 224, 0, 0, 1 };
	const uint8_t *ip = frame + ETH_HLEN, *to = ip + 16;
	struct rig_packet *p;
	struct rig_tuple tuple;
	struct rig_conn *conn;
	uint32_t total;

	if (len < ETH_HLEN + 20 || !(frame[0] & 1) || frame[12] != 8 || frame[13] != 0 ||
	    memcmp(ip + 12, none, 4) ||
	    (memcmp(to, none, 4) && memcmp(to, all, 4) && memcmp(to, hosts, 4)))
		return;
	p = rig_packet_new(m->profile, 0, frame, len);
	if (!p)
		return;
	p->network = p->data - p->room + ETH_HLEN;
	total = ETH_HLEN + (ip[2] << 8 | ip[3]);
	if (p->len > total)
		p->len = total;
	if (rig_tuple_read(p, AF_INET, &tuple) == RIG_TRACKED_OK && rig_tuple_may_begin(&tuple) &&
	    (conn = begin(netns, 0, &tuple))) {
		conn->refs = 1;
		conn->next = m->hosts;
		m->hosts = conn;
	}
	rig_packet_free(p);
}

static void look_up(struct rig_exec *x, struct rig_packet *p, uint16_t zone, uint8_t family)
{
	struct rig_conn *conn = NULL;
	struct rig_tuple tuple;
	bool reply = false;

	carry(p, NULL, false);
	switch (rig_tuple_read(p, family, &tuple)) {
	case RIG_TRACKED_INVALID:
		return;
	case RIG_TRACKED_BEYOND:
		rig_answer_unmodelled(x->out, "a protocol that the model does not track", true);
		return;
	case RIG_TRACKED_ERROR:
		if (x->m->conns || x->m->hosts)
			rig_answer_unmodelled(x->out, "an ICMP error beside connections", true);
		return;
	case RIG_TRACKED_OK:
		break;
	}
	conn = find(x, zone, &tuple, &reply);
	if (conn && tuple.proto == IPPROTO_TCP)
		rig_answer_unmodelled(x->out, "TCP behind its first packet", true);
	if (!conn && rig_tuple_may_begin(&tuple))
		conn = begin(x->dp->netns, zone, &tuple);
	if (!conn)
		return;
	carry(p, conn, reply);
	p->conn_established = conn->seen_reply;
	conn->seen_reply |= reply;
}

/* --- Commit --- */

/* Does the tracker let the later one of two equal connections become the earlier one? */
static bool may_merge(uint8_t proto)
{
	return proto != IPPROTO_TCP && proto != IPPROTO_ICMP && proto != IPPROTO_ICMPV6;
}

static int confirm(struct rig_exec *x, struct rig_packet *p)
{
	struct rig_conn *conn = p->conn, *earlier;
	bool reply;

	if (conn->confirmed || p->conn_reply)
		return 0;
	earlier = find(x, conn->zone, &conn->tuple[0], &reply);
	if (!earlier)
		earlier = find(x, conn->zone, &conn->tuple[1], &reply);
	if (earlier) {
		/* Whether the same connection is counted twice, the clock decides. */
		if (conn->counted)
			rig_ct_limit_gone(x->m, conn->netns, conn->zone);
		if (!may_merge(conn->tuple[0].proto))
			return -EINVAL;
		carry(p, earlier, false);
		return 0;
	}
	conn->confirmed = true;
	conn->next = x->m->conns;
	x->m->conns = rig_conn_get(conn);
	return 0;
}

/* Is there room for one more in its zone? */
static int meet_limit(struct rig_exec *x, struct rig_conn *conn, uint16_t zone)
{
	switch (rig_ct_limit_meet(x->m, conn->netns, zone)) {
	case RIG_LIMIT_NONE:
		return 0;
	case RIG_LIMIT_UNKNOWN:
		rig_answer_unmodelled(x->out, "a limit that connections just gone may fill", true);
		return 0;
	case RIG_LIMIT_REFUSE:
		rig_ct_limit_gone(x->m, conn->netns, zone);
		return -ENOMEM;
	case RIG_LIMIT_PASS:
		conn->counted = true;
		return 0;
	}
	return 0;
}

/* What the value says beside its mask counts in a connection that is confirmed already. */
static uint8_t set_label(const struct rig_conn *conn, unsigned int i, const struct order *o)
{
	uint8_t rest = conn->labels[i] & ~o->labels[16 + i];

	return conn->confirmed ? rest ^ o->labels[i] : rest | (o->labels[i] & o->labels[16 + i]);
}

static int commit(struct rig_exec *x, struct rig_packet *p, struct rig_key *key,
		  const struct order *o)
{
	struct rig_conn *conn = p->conn;
	uint32_t mark;
	int err;

	if (!conn)
		return 0;
	if (o->nat)
		rig_answer_unmodelled(x->out, "address translation", true);
	if (x->optional)
		rig_answer_unmodelled(x->out, "a connection by chance", true);
	err = conn->confirmed ? 0 : meet_limit(x, conn, o->zone);
	if (err)
		return err;
	if (o->mark) {
		mark = o->mark[0] | (conn->mark & ~o->mark[1]);
		if (mark != conn->mark)
			key->ct_mark = mark;
		conn->mark = mark;
	}
	if (o->labels) {
		for (unsigned int i = 0; i < 16; i++)
			conn->labels[i] = set_label(conn, i, o);
		memcpy(key->ct_labels, conn->labels, sizeof(key->ct_labels));
	}
	return confirm(x, p);
}

/* --- The action --- */

/* What is behind the packet by its own account is cut off. */
static void trim(struct rig_exec *x, struct rig_packet *p)
{
	bool ip4 = p->protocol_be == htons(ETH_P_IP), ip6 = p->protocol_be == htons(ETH_P_IPV6);
	size_t at = rig_packet_at(p, p->network), total;
	const uint8_t *ip = rig_packet_network(p);

	if (!ip4 && !ip6)
		return;
	/* The length would be read where nothing was written. */
	if (p->len < at + (ip4 ? 4 : 6)) {
		rig_answer_unmodelled(x->out, "connection tracking of a cut-off header", true);
		return;
	}
	total = ip4 ? (ip[2] << 8 | ip[3]) : 40 + (ip[4] << 8 | ip[5]);
	if (at + total < p->len)
		p->len = at + total;
}

/* Whatever the packet has become meanwhile, it is taken for what the action was made for. */
int rig_exec_ct(struct rig_exec *x, struct rig_packet *p, struct rig_key *key,
		const struct nlattr *a)
{
	uint8_t family = x->eth_type_be == htons(ETH_P_IP) ? AF_INET : AF_INET6;
	struct order o = read_order(a);

	if (o.commit)
		rig_ct_limit_note(x->m, x->dp->netns, o.zone);
	if (key->ip_frag) {
		rig_answer_unmodelled(x->out, "fragments into connection tracking", true);
		return 0;
	}
	trim(x, p);
	if (!is_cached(x, p, key, &o, family)) {
		look_up(x, p, o.zone, family);
		tell_key(p, key, o.zone);
	}
	return o.commit ? commit(x, p, key, &o) : 0;
}
