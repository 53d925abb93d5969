/* SPDX-License-Identifier: GPL-2.0-only */
/* Running actions on a packet. */
#include "exec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"

#define RECURSION_MAX 5
#define KEYS_MAX      3 /* levels that have a key of their own; deeper ones are deferred */

static int run_list(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
		    const uint8_t *actions, size_t len);

/* --- Output --- */

/*
 * A receiver drops a frame that ends inside its tag before anyone can look at it. A tag beside the
 * bytes arrives as such, and then nobody looks for one in them.
 */
static bool ends_in_tag(const struct rig_packet *p)
{
	uint16_t type_be;

	if (p->tagged || p->len < ETH_HLEN || p->len >= ETH_HLEN + 6)
		return false;
	memcpy(&type_be, p->data + 12, 2);
	return rig_is_vlan(type_be);
}

static void send_frame(struct rig_exec *x, struct rig_packet **p, struct rig_port *port)
{
	struct rig_dev *dev = port->dev;
	struct rig_expected *e;

	/* With no tunnel set for it, the packet has nowhere to go. */
	if (dev->tunnel.type) {
		if ((*p)->tunnelled)
			rig_answer_unmodelled(x->out, "a packet into a tunnel", false);
		return;
	}
	if (dev->internal) {
		port->stats.rx_packets++;
		/* What is shorter than a header is counted whole. */
		port->stats.rx_bytes += (*p)->len - ((*p)->len < ETH_HLEN ? 0 : ETH_HLEN);
	}
	if (ends_in_tag(*p) || ((*p)->tagged && rig_packet_insert_tag(p)))
		return;
	rig_conn_host(x->m, dev->netns, (*p)->data, (*p)->len);
	rig_frame_put(x->out, dev->name, rig_netns_name(x->m, dev->netns), (*p)->data, (*p)->len);
	e = rig_message_current(x->out);
	if (e)
		e->optional = x->optional;
}

/* The length that counts against the MTU: without the MAC header and one tag. */
static size_t payload_len(const struct rig_packet *p, const struct rig_dev *dev)
{
	size_t headers = dev->ethernet ? ETH_HLEN : 0;

	if (!p->tagged && rig_is_vlan(p->protocol_be))
		headers += 4;
	return p->len > headers ? p->len - headers : 0;
}

static bool is_ethernet(const struct rig_key *key)
{
	return (key->layer2 & ~RIG_L2_STALE) == RIG_L2_ETHERNET;
}

void rig_exec_send(struct rig_exec *x, struct rig_packet **p, const struct rig_key *key,
		   struct rig_port *port)
{
	if (port->dev->ethernet && !is_ethernet(key))
		return;
	if (payload_len(*p, port->dev) > port->dev->mtu)
		port->stats.tx_errors++;
	else
		send_frame(x, p, port);
}

static void output(struct rig_exec *x, struct rig_packet **pp, const struct rig_key *key,
		   uint32_t number)
{
	struct rig_port *port = rig_port_by_number(x->dp, number);
	struct rig_packet *p = *pp;
	uint32_t least = is_ethernet(key) ? ETH_HLEN : 0, left = rig_packet_left(p, p->cut);

	if (!port || !port->dev->up)
		return;
	port->stats_open |= x->optional;
	if (left < least)
		left = least;
	if (left < p->len)
		p->len = left;
	if (p->mru && p->len > p->mru + (port->dev->ethernet ? ETH_HLEN : 0u)) {
		if (p->mru <= port->dev->mtu)
			rig_exec_fragment(x, p, key, port);
		return;
	}
	rig_exec_send(x, pp, key, port);
}

/* Every output is of a copy, except when nothing is left to be done. */
static void output_action(struct rig_exec *x, struct rig_packet *p, const struct rig_key *key,
			  uint32_t number)
{
	struct rig_packet *copy = rig_packet_copy(p);

	if (copy)
		output(x, &copy, key, number);
	rig_packet_free(copy);
	p->cut = RIG_CUT_NONE;
}

/* --- Userspace --- */

static void userspace_action(struct rig_exec *x, struct rig_packet *p,
			     const struct rig_live_key *key, const struct nlattr *a,
			     const uint8_t *list, size_t len)
{
	struct rig_upcall u = { .command = OVS_PACKET_CMD_ACTION, .cut = p->cut };
	struct rig_nla_walk w = rig_nla_inside(a);
	const struct rig_port *out;
	const struct nlattr *in;

	while ((in = rig_nla_next(&w))) {
		switch (rig_nla_type(in)) {
		case OVS_USERSPACE_ATTR_PID:
			u.portid = rig_nla_u32(in);
			break;
		case OVS_USERSPACE_ATTR_EGRESS_TUN_PORT:
			/* The key of the outer packet depends on the host's routes. */
			out = rig_port_by_number(x->dp, rig_nla_u32(in));
			if (out && out->dev->tunnel.type && p->tunnelled)
				rig_answer_unmodelled(x->out, "the key of an egress tunnel", true);
			break;
		case OVS_USERSPACE_ATTR_USERDATA:
			u.userdata = in;
			break;
		case OVS_USERSPACE_ATTR_ACTIONS:
			u.actions = list;
			u.actions_len = len;
			break;
		}
	}
	rig_upcall_send(x, p, key, &u);
	p->cut = RIG_CUT_NONE;
}

/* --- Nested lists --- */

/* Lists that leave packet and key alone are run on the key as it is. */
static bool may_change(const uint8_t *actions, size_t len)
{
	struct rig_nla_walk w = rig_nla_walk(actions, len);
	const struct nlattr *a;

	while ((a = rig_nla_next(&w))) {
		switch (rig_nla_type(a)) {
		case OVS_ACTION_ATTR_OUTPUT:
		case OVS_ACTION_ATTR_RECIRC:
		case OVS_ACTION_ATTR_TRUNC:
		case OVS_ACTION_ATTR_USERSPACE:
			break;
		default:
			return true;
		}
	}
	return false;
}

/* For later, when the outermost list has been run; too many are dropped. */
static void defer(struct rig_exec *x, struct rig_packet *p, const struct rig_live_key *key,
		  const uint8_t *actions, size_t len)
{
	if (x->n_deferred == RIG_DEFERRED_MAX) {
		rig_packet_free(p);
		return;
	}
	x->deferred[x->n_deferred++] =
		(struct rig_deferred){ p, *key, actions, len, x->eth_type_be, x->optional };
}

/*
 * Run a nested list, or look the packet up again (actions NULL), on a copy unless this is the
 * `last` action. With own_key the outer list does not see what happens to the key.
 */
static int run_nested(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
		      const uint8_t *actions, size_t len, bool last, bool own_key,
		      uint32_t recirc_id)
{
	struct rig_live_key copy = *key;
	int err = 0;

	if (!last)
		p = rig_packet_copy(p);
	if (!p)
		return 0;
	if (!actions)
		copy.key.recirc_id = recirc_id;
	if (own_key && x->level > KEYS_MAX) {
		defer(x, p, &copy, actions, len);
	} else if (!actions) {
		rig_exec_packet(x, p, &copy);
	} else {
		x->level += own_key;
		err = run_list(x, p, own_key ? &copy : key, actions, len);
		x->level -= own_key;
	}
	return err;
}

static int run_branch(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
		      const uint8_t *actions, size_t len, bool last)
{
	return run_nested(x, p, key, actions, len, last, !last && may_change(actions, len), 0);
}

/* The first attribute of that type in a nest, as a list of actions. */
static const struct nlattr *inside(const struct nlattr *nest, unsigned int type)
{
	struct rig_nla_walk w = rig_nla_inside(nest);
	const struct nlattr *a;

	while ((a = rig_nla_next(&w)) && rig_nla_type(a) != type)
		;
	return a;
}

static int sample_action(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
			 const struct nlattr *a, bool last)
{
	uint32_t probability = rig_nla_u32(inside(a, OVS_SAMPLE_ATTR_PROBABILITY));
	const struct nlattr *list = inside(a, OVS_SAMPLE_ATTR_ACTIONS);
	bool before = x->optional;
	int err;

	if (!probability) {
		if (last)
			rig_packet_free(p);
		return 0;
	}
	if (probability != UINT32_MAX)
		x->optional = true;
	err = run_branch(x, p, key, rig_nla_data(list), rig_nla_len(list), last);
	if (!err)
		x->optional = before;
	return err;
}

static int check_pkt_len_action(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
				const struct nlattr *a, bool last)
{
	size_t len = p->mru ? p->mru + p->mac_len : p->len;
	uint16_t limit = rig_nla_u16(inside(a, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN));
	const struct nlattr *list =
		inside(a, len <= limit ? OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL :
					 OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER);

	return run_branch(x, p, key, rig_nla_data(list), rig_nla_len(list), last);
}

/* Read the key again when the packet has changed under it. */
static int refresh_key(struct rig_packet *p, struct rig_live_key *live)
{
	struct rig_key *key = &live->key;
	int err;

	if (!(key->layer2 & RIG_L2_STALE))
		return 0;
	err = rig_packet_extract(p, key);
	if (err)
		return err;
	if (live->open & RIG_KEY_UNCLEARED)
		live->open |= rig_exec_undefined(p, key);
	key->layer2 &= ~RIG_L2_STALE;
	return 0;
}

static int recirc_action(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
			 uint32_t id, bool last)
{
	int err = refresh_key(p, key);

	if (err) {
		if (last)
			rig_packet_free(p);
		return err;
	}
	return run_nested(x, p, key, NULL, 0, last, true, id);
}

/* 1 when the packet may not live on. */
static int dec_ttl(struct rig_packet *p, struct rig_key *key)
{
	bool ip6 = p->protocol_be == htons(ETH_P_IPV6);
	uint8_t *ip = rig_packet_network(p), *ttl = ip + (ip6 ? 7 : 8);
	int err;

	if (!ip6 && p->protocol_be != htons(ETH_P_IP))
		return 0;
	err = rig_packet_need(p, rig_packet_at(p, p->network) + (ip6 ? 40 : 20));
	if (err)
		return err;
	if (*ttl <= 1)
		return 1;
	if (ip6)
		--*ttl;
	else
		rig_checksum_set_ttl(ip, *ttl - 1);
	key->ip_ttl = *ttl;
	return 0;
}

/* --- The rest --- */

static void hash_action(struct rig_packet *p, struct rig_live_key *key)
{
	rig_packet_use_hash(p);
	key->key.dp_hash = 1;
	key->open |= RIG_KEY_HASH_OPEN;
}

static void ct_clear_action(struct rig_packet *p, struct rig_key *key)
{
	rig_packet_untrack(p);
	key->ct_state = key->ct_proto = 0;
	key->ct_zone = 0;
	key->ct_mark = 0;
	memset(key->ct_labels, 0, sizeof(key->ct_labels));
}

/* Returns true when the packet ends here. */
static bool meter_action(struct rig_exec *x, const struct rig_packet *p, uint32_t id)
{
	switch (rig_meter_charge(x->dp, id, p->len)) {
	case RIG_METER_PASS:
		return false;
	case RIG_METER_DROP:
		return true;
	case RIG_METER_UNKNOWN:
		x->optional = true;
		return false;
	}
	return false;
}

enum outcome {
	GO_ON,
	ENDED, /* the packet is gone */
};

/* One action. On an error (*err) the packet is still there. */
static enum outcome run_one(struct rig_exec *x, struct rig_packet **p, struct rig_live_key *key,
			    const struct nlattr *a, bool last, int *err)
{
	const struct nlattr *in = (const struct nlattr *)rig_nla_data(a);

	switch (rig_nla_type(a)) {
	case OVS_ACTION_ATTR_OUTPUT:
		output_action(x, *p, &key->key, rig_nla_u32(a));
		return GO_ON;
	case OVS_ACTION_ATTR_TRUNC:
		rig_packet_trunc(*p, rig_nla_u32(a));
		return GO_ON;
	case OVS_ACTION_ATTR_HASH:
		hash_action(*p, key);
		return GO_ON;
	case OVS_ACTION_ATTR_SET:
		*err = rig_exec_set(*p, &key->key, in, false);
		return GO_ON;
	case OVS_ACTION_ATTR_SET_MASKED:
		*err = rig_exec_set(*p, &key->key, in, true);
		return GO_ON;
	case OVS_ACTION_ATTR_CT_CLEAR:
		ct_clear_action(*p, &key->key);
		return GO_ON;
	case OVS_ACTION_ATTR_CT:
		*err = refresh_key(*p, key);
		if (!*err)
			*err = rig_exec_ct(x, *p, &key->key, a);
		return GO_ON;
	case OVS_ACTION_ATTR_METER:
		if (!meter_action(x, *p, rig_nla_u32(a)))
			return GO_ON;
		rig_packet_free(*p);
		return ENDED;
	case OVS_ACTION_ATTR_RECIRC:
		*err = recirc_action(x, *p, key, rig_nla_u32(a), last);
		return last ? ENDED : GO_ON;
	case OVS_ACTION_ATTR_SAMPLE:
		*err = sample_action(x, *p, key, a, last);
		return last ? ENDED : GO_ON;
	case OVS_ACTION_ATTR_CLONE:
		*err = run_branch(x, *p, key, rig_nla_data(a), rig_nla_len(a), last);
		return last ? ENDED : GO_ON;
	case OVS_ACTION_ATTR_CHECK_PKT_LEN:
		*err = check_pkt_len_action(x, *p, key, a, last);
		return last ? ENDED : GO_ON;
	case OVS_ACTION_ATTR_DEC_TTL:
		*err = dec_ttl(*p, &key->key);
		if (*err <= 0)
			return GO_ON;
		/* Its actions instead of the rest. */
		in = inside(a, OVS_DEC_TTL_ATTR_ACTION);
		*err = run_list(x, *p, key, rig_nla_data(in), rig_nla_len(in));
		return ENDED;
	}
	*err = rig_exec_headers(p, &key->key, a);
	if ((*p)->torn)
		rig_answer_unmodelled(x->out, "a tag in a packet without a header", true);
	return GO_ON;
}

/*
 * An error of something that chance may have spared: then all goes on, and what follows may happen
 * or not.
 */
static int weigh(struct rig_exec *x, bool certain, int err)
{
	int *slot = x->by_chance;

	if (!err || !certain || !x->optional)
		return err;
	while (slot < x->by_chance + RIG_CHANCES && *slot && *slot != err)
		slot++;
	if (slot == x->by_chance + RIG_CHANCES)
		rig_answer_unmodelled(x->out, "many errors by chance", true);
	else
		*slot = err;
	return 0;
}

/* Consumes the packet. */
static int run_list(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
		    const uint8_t *actions, size_t len)
{
	struct rig_nla_walk w = rig_nla_walk(actions, len);
	const struct nlattr *a;
	int err = 0;

	while (!err && (a = rig_nla_next(&w))) {
		bool certain = !x->optional;
		enum outcome outcome = GO_ON;

		if (rig_nla_type(a) == OVS_ACTION_ATTR_USERSPACE)
			userspace_action(x, p, key, a, actions, len);
		else
			outcome = run_one(x, &p, key, a, w.left <= 0, &err);
		err = weigh(x, certain, err);
		if (outcome == ENDED)
			return err;
	}
	rig_packet_free(p);
	return err;
}

static void run_deferred(struct rig_exec *x)
{
	while (x->done_deferred < x->n_deferred) {
		struct rig_deferred *d = &x->deferred[x->done_deferred++];

		x->optional = d->optional;
		x->eth_type_be = d->eth_type_be;
		if (d->actions)
			run_list(x, d->packet, &d->key, d->actions, d->len);
		else
			rig_exec_packet(x, d->packet, &d->key);
	}
	x->n_deferred = x->done_deferred = 0;
}

int rig_exec_actions(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key,
		     const struct rig_actions *actions)
{
	uint16_t before = x->eth_type_be;
	bool certain = !x->optional;
	int err;

	if (actions->odd)
		rig_answer_unmodelled(x->out, "actions without their padding, run", true);
	if (++x->level > RECURSION_MAX) {
		rig_packet_free(p);
		err = -ENETDOWN;
	} else {
		x->eth_type_be = actions->eth_type_be;
		err = weigh(x, certain, run_list(x, p, key, actions->bytes, actions->len));
		if (x->level == 1)
			run_deferred(x);
	}
	x->eth_type_be = before;
	x->level--;
	return err;
}

static void count_flow(struct rig_exec *x, struct rig_flow *flow, const struct rig_packet *p,
		       const struct rig_key *key)
{
	flow->used = true;
	flow->stats.n_packets++;
	flow->stats.n_bytes += p->len + (p->tagged ? 4 : 0);
	flow->tcp_flags |= ntohs(key->l4_flags_be);
	flow->stats_open |= x->optional;
}

/* Does any flow look at the hash, of which only the kernel knows more than that it is not 0? */
static bool hash_matters(const struct rig_datapath *dp)
{
	for (const struct rig_mask *m = dp->masks; m; m = m->next) {
		uint32_t bits = m->bits.dp_hash;

		if (bits && (bits != UINT32_MAX || m->flows_hashed))
			return true;
	}
	return false;
}

static bool agree(const struct rig_key *a, const struct rig_key *b, const struct rig_key *bits)
{
	const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b, *m = (const uint8_t *)bits;

	for (size_t i = 0; i < sizeof(*bits); i++)
		if ((x[i] ^ y[i]) & m[i])
			return false;
	return true;
}

/* A connection's original direction, which the key of a packet without one has not got. */
static void forget_original(struct rig_key *bits, const struct rig_key *key)
{
	bits->ct_src_be = bits->ct_dst_be = 0;
	if (key->eth_type_be == htons(ETH_P_IP))
		memset(&bits->ip4.ct, 0, sizeof(bits->ip4.ct));
	else if (key->eth_type_be == htons(ETH_P_IPV6) && !rig_key_is_nd(key))
		memset(&bits->ip6.ct, 0, sizeof(bits->ip6.ct));
}

/* Is it for what the kernel has left as it was in memory that a flow takes the packet, or not? */
static bool unfilled_matters(const struct rig_datapath *dp, const struct rig_live_key *key)
{
	for (const struct rig_flow *f = dp->flows; f && key->open; f = f->next) {
		struct rig_key bits = f->mask->bits;

		if (key->open & RIG_KEY_ND_OPEN)
			memset(&bits.ip6.nd, 0, sizeof(bits.ip6.nd));
		if (key->open & RIG_KEY_IP6_OPEN)
			bits.ip6.label_be = bits.ip6.exthdrs = 0;
		if ((key->open & RIG_KEY_UNCLEARED) && !key->key.ct_proto)
			forget_original(&bits, &key->key);
		if (memcmp(&bits, &f->mask->bits, sizeof(bits)) && agree(&key->key, &f->key, &bits))
			return true;
	}
	return false;
}

void rig_exec_packet(struct rig_exec *x, struct rig_packet *p, struct rig_live_key *key)
{
	struct rig_upcall miss = { .command = OVS_PACKET_CMD_MISS, .cut = RIG_CUT_NONE };
	int by_chance[RIG_CHANCES];
	struct rig_flow *flow;

	rig_packet_use_hash(p);
	if ((key->open & RIG_KEY_HASH_OPEN) && hash_matters(x->dp))
		rig_answer_unmodelled(x->out, "a flow that matches on the kernel's hash", true);
	if (unfilled_matters(x->dp, key))
		rig_answer_unmodelled(x->out, "a flow that matches on what nobody filled in", true);
	flow = rig_flow_by_packet(x->dp, &key->key);
	if (flow && !rig_flow_is_alone(x->dp, flow, &key->key))
		rig_answer_unmodelled(x->out, "flows that overlap", true);
	x->dp->counts_open |= x->optional;
	if (!flow) {
		rig_upcall_send(x, p, key, &miss);
		rig_packet_free(p);
		x->dp->n_missed++;
		return;
	}
	count_flow(x, flow, p, &key->key);
	/* Nobody hears of its errors. */
	memcpy(by_chance, x->by_chance, sizeof(by_chance));
	rig_exec_actions(x, p, key, flow->actions);
	memcpy(x->by_chance, by_chance, sizeof(by_chance));
	x->dp->n_hit++;
}
