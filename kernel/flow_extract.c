// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/llc.h>
#include <net/dst_metadata.h>

#include "conntrack.h"
#include "flow_extract.h"
#include "payload_extract.h"

/*
 * The tag at skb->data, if there is one and it is whole: 1 with @vlan filled, else 0, or -ENOMEM.
 * The outer tag (@outer) moves from the frame to the skb, the inner one is only stepped over.
 */
static int tag_extract(struct sk_buff *skb, struct ovsr_vlan *vlan, bool outer)
{
	unsigned int len = sizeof(struct ovsr_vlan) + sizeof(__be16);
	int offset, err;
	u16 tci;

	if (likely(!eth_type_vlan(*(__be16 *)skb->data)) || skb->len < len)
		return 0;
	if (!pskb_may_pull(skb, len))
		return -ENOMEM;
	*vlan = *(struct ovsr_vlan *)skb->data;
	vlan->tci |= htons(VLAN_CFI_MASK);
	if (!outer) {
		__skb_pull(skb, sizeof(*vlan));
		return 1;
	}

	offset = skb->data - skb_mac_header(skb);
	__skb_push(skb, offset);
	err = __skb_vlan_pop(skb, &tci);
	__skb_pull(skb, offset);
	if (err)
		return err;
	__vlan_hwaccel_put_tag(skb, vlan->tpid, tci);
	return 1;
}

static int tags_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	int found = 1;
	size_t i = 0;

	if (skb_vlan_tag_present(skb))
		key->tags[i++] =
			(struct ovsr_vlan){ skb->vlan_proto, htons(skb->vlan_tci | VLAN_CFI_MASK) };
	for (; found > 0 && i < ARRAY_SIZE(key->tags); i++)
		found = tag_extract(skb, &key->tags[i], !i);
	return min(found, 0);
}

/* LLC with a SNAP header of no organisation carries an EtherType. */
struct snap_header {
	u8 dsap;
	u8 ssap;
	u8 ctrl;
	u8 oui[3];
	__be16 eth_type;
};

static int eth_type_extract(struct sk_buff *skb, __be16 *eth_type)
{
	const struct snap_header *snap;

	*eth_type = *(__be16 *)skb->data;
	__skb_pull(skb, sizeof(*eth_type));
	if (eth_proto_is_802_3(*eth_type))
		return 0;

	*eth_type = htons(ETH_P_802_2);
	if (skb->len < sizeof(*snap))
		return 0;
	if (!pskb_may_pull(skb, sizeof(*snap)))
		return -ENOMEM;
	snap = (const struct snap_header *)skb->data;
	if (snap->dsap != LLC_SAP_SNAP || snap->ssap != LLC_SAP_SNAP ||
	    snap->oui[0] | snap->oui[1] | snap->oui[2])
		return 0;
	__skb_pull(skb, sizeof(*snap));
	if (eth_proto_is_802_3(snap->eth_type))
		*eth_type = snap->eth_type;
	return 0;
}

static int ethernet_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	int err;

	err = ovsr_header_pull(skb, ETH_HLEN);
	if (err)
		return err;
	ether_addr_copy(key->eth.eth_src, eth_hdr(skb)->h_source);
	ether_addr_copy(key->eth.eth_dst, eth_hdr(skb)->h_dest);

	/* All that is pulled is pushed again below, so skb->csum stays right. */
	__skb_pull(skb, 2 * ETH_ALEN);
	if (tags_extract(skb, key) || eth_type_extract(skb, &key->eth_type))
		return -ENOMEM;
	/* skb_vlan_pop() looks for the next tag in skb->protocol. */
	skb->protocol = key->tags[1].tci ? key->tags[1].tpid : key->eth_type;
	skb_reset_network_header(skb);
	__skb_push(skb, skb->data - skb_mac_header(skb));
	return 0;
}

/* The fields that a frame's bytes tell; metadata and conntrack stay. */
static int frame_extract(struct sk_buff *skb, struct ovsr_key *key)
{
	__be16 old_eth_type = key->eth_type;
	int err;

	memset(key->tags, 0, sizeof(key->tags));

	skb_reset_mac_header(skb);
	if (ovsr_key_is_ethernet(key)) {
		err = ethernet_extract(skb, key);
		if (err)
			return err;
	} else {
		if (eth_type_vlan(skb->protocol))
			return -EINVAL;
		skb_reset_network_header(skb);
		key->eth_type = skb->protocol;
	}
	skb_reset_mac_len(skb);

	/* What the old protocol had is void, its original tuple's addresses among it. */
	if (old_eth_type && old_eth_type != key->eth_type) {
		memset(&key->ipv6, 0, sizeof(key->ipv6));
		memset(&key->orig6, 0, sizeof(key->orig6));
		key->flow_label = 0;
		key->exthdrs = 0;
	}
	return ovsr_payload_extract(skb, key);
}

static int link_extract(const struct sk_buff *skb, u8 *link)
{
	switch (skb->dev->type) {
	case ARPHRD_ETHER:
		*link = OVSR_LINK_ETHERNET;
		return 0;
	case ARPHRD_NONE:
		*link = skb->protocol == htons(ETH_P_TEB) ? OVSR_LINK_ETHERNET : OVSR_LINK_NONE;
		return 0;
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}
}

static void tunnel_extract(const struct ip_tunnel_info *info, struct ovsr_key *key)
{
	key->tunnel.family = ip_tunnel_info_af(info);
	key->tunnel.key = info->key;
	key->tunnel.opts_len = info->options_len;
	if (info->options_len)
		ip_tunnel_info_opts_get(key->tunnel.opts, info);
}

int ovsr_key_extract(struct sk_buff *skb, const struct ip_tunnel_info *tun_info, u16 in_port,
		     struct ovsr_key *key)
{
	int err;

	ovsr_key_init(key);
	if (tun_info)
		tunnel_extract(tun_info, key);
	key->priority = skb->priority;
	key->skb_mark = skb->mark;
	key->in_port = in_port;
	err = link_extract(skb, &key->link);
	err = err ?: frame_extract(skb, key);
	if (!err)
		ovsr_ct_key_fill(skb, key);
	return err;
}

/* The original tuples that userspace may give beside a packet of @key: one of its own protocol. */
static u64 tuples_allowed(const struct ovsr_key *key)
{
	switch (ntohs(key->eth_type)) {
	case ETH_P_IP:
		return BIT_ULL(OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4);
	case ETH_P_IPV6: /* Neighbour discovery has the same place. */
		return ovsr_key_is_nd(key) ? 0 : BIT_ULL(OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6);
	default:
		return 0;
	}
}

int ovsr_key_extract_user(struct net *net, const struct nlattr *attr, struct sk_buff *skb,
			  struct ovsr_key *key, bool log)
{
	const u64 tuples =
		BIT_ULL(OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4) | BIT_ULL(OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6);
	u64 given;
	int err = ovsr_key_parse_metadata(net, attr, key, &given, log);

	if (!err) {
		/* Where there is no Ethernet header, the metadata alone tells the type. */
		skb->protocol = key->eth_type;
		err = frame_extract(skb, key);
	}
	if (!err && given & tuples & ~tuples_allowed(key))
		err = -EINVAL;
	return err;
}

int ovsr_key_update(struct sk_buff *skb, struct ovsr_key *key)
{
	int err = frame_extract(skb, key);

	key->stale = key->stale && err;
	return err;
}
