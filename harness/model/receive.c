/* SPDX-License-Identifier: GPL-2.0-only */
/* Where packets come from: EXECUTE, and frames that a port receives. */
#include <errno.h>
#include <linux/if_ether.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

const struct rig_policy rig_packet_policy[] = {
	[OVS_PACKET_ATTR_PACKET] = { .kind = RIG_POLICY_ANY, .len = ETH_HLEN },
	[OVS_PACKET_ATTR_KEY] = { .kind = RIG_POLICY_NESTED },
	[OVS_PACKET_ATTR_ACTIONS] = { .kind = RIG_POLICY_NESTED },
	[OVS_PACKET_ATTR_PROBE] = { .kind = RIG_POLICY_FLAG },
	[OVS_PACKET_ATTR_MRU] = { .kind = RIG_POLICY_U16 },
	[OVS_PACKET_ATTR_HASH] = { .kind = RIG_POLICY_U64 },
};

/* Of a frame that a packet socket has sent: the MAC header's length, rounded up. */
#define SENT_HEADROOM 16

/* --- EXECUTE --- */

/* NET_SKB_PAD, and NET_IP_ALIGN. */
static uint32_t own_headroom(const struct rig_model *m)
{
	return 64 + (m->config.build & RIG_BUILD_IP_ALIGN ? 2 : 0);
}

/* A conntrack tuple only for what it can belong to. */
static bool tuple_fits(const struct rig_key *key, uint64_t seen)
{
	if ((seen >> OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4 & 1) && key->eth_type_be != htons(ETH_P_IP))
		return false;
	return !(seen >> OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6 & 1) ||
	       (key->eth_type_be == htons(ETH_P_IPV6) && !rig_key_is_nd(key));
}

/* The packet's own headers decide; the key in the request tells what they cannot. */
static int read_key(struct rig_request *r, struct rig_packet *p, struct rig_key *key)
{
	uint64_t seen = 0;
	int err = rig_key_parse_metadata(key, r->attr[OVS_PACKET_ATTR_KEY], r->m->config.build,
					 &seen);

	if (err)
		return err;
	p->protocol_be = key->eth_type_be;
	err = rig_packet_extract(p, key);
	if (err)
		return err;
	return tuple_fits(key, seen) ? 0 : -EINVAL;
}

static void read_options(struct rig_request *r, struct rig_packet *p)
{
	uint64_t hash;

	if (r->attr[OVS_PACKET_ATTR_MRU])
		p->mru = rig_nla_u16(r->attr[OVS_PACKET_ATTR_MRU]);
	if (!r->attr[OVS_PACKET_ATTR_HASH])
		return;
	hash = rig_nla_u64(r->attr[OVS_PACKET_ATTR_HASH]);
	p->hash.value = hash;
	p->hash.software = hash >> 32 & 1;
	p->hash.layer4 = hash >> 33 & 1;
}

/* Consumes the packet. */
static int execute(struct rig_request *r, struct rig_packet *p, struct rig_live_key *key,
		   const struct rig_actions *actions)
{
	struct rig_exec x = { .m = r->m, .out = r->out };
	int err;

	x.dp = rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	if (!x.dp) {
		rig_packet_free(p);
		return -ENODEV;
	}
	x.input = rig_port_by_number(x.dp, key->key.in_port);
	if (!x.input)
		x.input = x.dp->local;
	p->priority = key->key.priority;
	p->mark = key->key.skb_mark;
	err = rig_exec_actions(&x, p, key, actions);
	memcpy(r->by_chance, x.by_chance, sizeof(r->by_chance));
	return err;
}

int rig_packet_execute(struct rig_request *r)
{
	const struct nlattr *bytes = r->attr[OVS_PACKET_ATTR_PACKET];
	struct rig_live_key key = { .open = 0 };
	struct rig_actions *actions;
	struct rig_packet *p;
	int err;

	if (!bytes || !r->attr[OVS_PACKET_ATTR_KEY] || !r->attr[OVS_PACKET_ATTR_ACTIONS])
		return -EINVAL;
	p = rig_packet_new(r->m->profile, own_headroom(r->m), rig_nla_data(bytes),
			   rig_nla_len(bytes));
	if (!p)
		return -ENOMEM;
	read_options(r, p);
	err = read_key(r, p, &key.key);
	if (!err)
		err = rig_actions_parse(r, r->attr[OVS_PACKET_ATTR_ACTIONS], &key.key, &actions);
	if (err) {
		rig_packet_free(p);
		return err;
	}
	err = execute(r, p, &key, actions);
	free(actions);
	return err;
}

/* --- Frames --- */

/* A device refuses what its MTU forbids, and the stack a tag that is cut off. */
static bool accepted(const struct rig_dev *dev, const uint8_t *bytes, size_t len)
{
	uint16_t type_be;

	if (!dev->up || len < ETH_HLEN)
		return false;
	if (dev->internal)
		return true;
	if (len > dev->mtu + ETH_HLEN + 4u)
		return false;
	memcpy(&type_be, bytes + 12, 2);
	return !rig_is_vlan(type_be) || len >= ETH_HLEN + 6;
}

unsigned int rig_exec_undefined(const struct rig_packet *p, const struct rig_key *key)
{
	struct rig_key without_code = *key;
	unsigned int open = 0;

	without_code.l4_dst_be = 0;
	if (key->l4_dst_be && rig_key_is_nd(&without_code))
		open |= RIG_KEY_ND_OPEN;
	if (key->eth_type_be == htons(ETH_P_IPV6) && p->len - rig_packet_at(p, p->network) < 40)
		open |= RIG_KEY_IP6_OPEN;
	return open;
}

static void receive(struct rig_model *m, struct rig_port *port, const void *bytes, size_t len,
		    struct rig_answer *out)
{
	struct rig_exec x = { .m = m, .out = out, .dp = port->dp, .input = port };
	struct rig_live_key key = { .open = 0 };
	struct rig_packet *p = rig_packet_new(m->profile, SENT_HEADROOM, bytes, len);

	if (!p)
		return;
	key.key.in_port = port->number;
	key.key.layer2 = RIG_L2_ETHERNET;
	if (rig_packet_extract(p, &key.key)) {
		port->stats.tx_errors += port->dev->internal;
		rig_packet_free(p);
		return;
	}
	key.open = RIG_KEY_UNCLEARED | rig_exec_undefined(p, &key.key);
	if (port->dev->internal) {
		port->stats.tx_packets++;
		port->stats.tx_bytes += len;
	}
	rig_exec_packet(&x, p, &key);
}

void rig_model_frame(struct rig_model *m, const char *name, const char *netns, const void *bytes,
		     size_t len, struct rig_answer *out)
{
	struct rig_dev *dev = rig_dev_by_name(m, rig_netns_number(m, netns), name);

	rig_answer_begin(out, m->config.build);
	m->turn++;
	if (m->tainted)
		rig_answer_unmodelled(out, m->tainted, true);
	else if (dev && dev->port && !dev->ethernet)
		rig_answer_unmodelled(out, "a layer 3 device", true);
	else if (dev && dev->port && accepted(dev, bytes, len))
		receive(m, dev->port, bytes, len, out);
	else if (dev && !dev->port)
		rig_conn_host(m, dev->netns, bytes, len);
	rig_model_finish(m, out);
}
