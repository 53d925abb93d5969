// SPDX-License-Identifier: GPL-2.0-only
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_labels.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "conntrack.h"
#include "ct_key.h"

static const u8 states[IP_CT_NUMBER] = {
	[IP_CT_NEW] = OVS_CS_F_NEW,
	[IP_CT_ESTABLISHED] = OVS_CS_F_ESTABLISHED,
	[IP_CT_RELATED] = OVS_CS_F_RELATED,
	[IP_CT_ESTABLISHED_REPLY] = OVS_CS_F_ESTABLISHED | OVS_CS_F_REPLY_DIR,
	[IP_CT_RELATED_REPLY] = OVS_CS_F_RELATED | OVS_CS_F_REPLY_DIR,
};

static u8 state_of(const struct nf_conn *conn, enum ip_conntrack_info ctinfo)
{
	u8 state = OVS_CS_F_TRACKED;

	if (ctinfo < ARRAY_SIZE(states))
		state |= states[ctinfo];
	if (!nf_ct_is_confirmed(conn))
		state |= OVS_CS_F_NEW;
	/* A related connection stays one after its first packet. */
	if (conn->master)
		state |= OVS_CS_F_RELATED;
	return state;
}

static u8 nat_state_of(const struct nf_conn *conn)
{
	return (conn->status & IPS_SRC_NAT ? OVS_CS_F_SRC_NAT : 0) |
	       (conn->status & IPS_DST_NAT ? OVS_CS_F_DST_NAT : 0);
}

/*
 * Where in a key there is room for the addresses that a connection began with: among those of the
 * packet, which must be of the same protocol.
 */
static const struct tuple_room {
	u16 eth_type;
	u8 l3num;
	u8 icmp;
	u8 len;
	u16 src; /* offsets in struct ovsr_key */
	u16 dst;
} tuple_rooms[] = {
	{ ETH_P_IP, NFPROTO_IPV4, IPPROTO_ICMP, sizeof(__be32),
	  offsetof(struct ovsr_key, orig4.src), offsetof(struct ovsr_key, orig4.dst) },
	{ ETH_P_IPV6, NFPROTO_IPV6, IPPROTO_ICMPV6, sizeof(struct in6_addr),
	  offsetof(struct ovsr_key, orig6.src), offsetof(struct ovsr_key, orig6.dst) },
};

static const struct tuple_room *tuple_room(const struct ovsr_key *key, const struct nf_conn *conn)
{
	const struct tuple_room *room;

	for (room = tuple_rooms; room < tuple_rooms + ARRAY_SIZE(tuple_rooms); room++)
		if (room->l3num == nf_ct_l3num(conn) && room->eth_type == ntohs(key->eth_type))
			return ovsr_key_is_nd(key) ? NULL : room;
	return NULL;
}

/* Of the connection that announced this one, if there is such. */
static void key_tuple_set(struct ovsr_key *key, const struct nf_conn *conn)
{
	const struct nf_conn *first = conn && conn->master ? conn->master : conn;
	const struct tuple_room *room = first ? tuple_room(key, first) : NULL;
	const struct nf_conntrack_tuple *tuple;

	key->orig_proto = 0;
	if (!room)
		return;
	tuple = nf_ct_tuple(first, IP_CT_DIR_ORIGINAL);
	memcpy((u8 *)key + room->src, &tuple->src.u3, room->len);
	memcpy((u8 *)key + room->dst, &tuple->dst.u3, room->len);
	key->orig_proto = nf_ct_protonum(first);
	key->orig_src_port = tuple->src.u.all;
	key->orig_dst_port = tuple->dst.u.all;
	if (key->orig_proto == room->icmp) {
		key->orig_src_port = htons(tuple->dst.u.icmp.type);
		key->orig_dst_port = htons(tuple->dst.u.icmp.code);
	}
}

void ovsr_ct_key_set(struct ovsr_key *key, u8 state, u16 zone, const struct nf_conn *conn)
{
	const struct nf_conn_labels *labels = conn ? nf_ct_labels_find(conn) : NULL;

	BUILD_BUG_ON(NF_CT_LABELS_MAX_SIZE < OVS_CT_LABELS_LEN);

	key->ct_state = state;
	key->ct_zone = zone;
	key->ct_mark = 0;
#if IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
	if (conn)
		key->ct_mark = READ_ONCE(conn->mark);
#endif
	if (labels)
		memcpy(&key->ct_labels, labels->bits, sizeof(key->ct_labels));
	else
		memset(&key->ct_labels, 0, sizeof(key->ct_labels));
	key_tuple_set(key, conn);
}

void ovsr_ct_key_fill(const struct sk_buff *skb, struct ovsr_key *key)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *conn = nf_ct_get(skb, &ctinfo);

	if (conn)
		ovsr_ct_key_set(key, state_of(conn, ctinfo) | nat_state_of(conn),
				nf_ct_zone(conn)->id, conn);
	else
		ovsr_ct_key_set(key, 0, NF_CT_DEFAULT_ZONE_ID, NULL);
}

void ovsr_ct_key_track(const struct sk_buff *skb, struct ovsr_key *key, u16 zone)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *conn = nf_ct_get(skb, &ctinfo);

	if (conn)
		ovsr_ct_key_set(key, state_of(conn, ctinfo), nf_ct_zone(conn)->id, conn);
	else
		ovsr_ct_key_set(key, OVS_CS_F_TRACKED | OVS_CS_F_INVALID, zone, NULL);
}
