// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_vlan.h>
#include <linux/netfilter_ipv6.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6_stubs.h>
#include <net/mpls.h>
#include <net/route.h>

#include "datapath.h"
#include "fragment.h"
#include "vport.h"

#define HEAD_MAX (VLAN_ETH_HLEN + OVSR_MPLS_LSES * MPLS_HLEN)

/**
 * struct cutting - one packet on its way through the IP layer's fragmentation
 * @route: what the IP layer takes for the packet's route: it asks it for the MTU, hands it on from
 *	fragment to fragment, and so brings the rest of this struct to emit()
 * @vport: where the fragments go
 * @dst: the packet's own
 * @inner_protocol: below an MPLS label stack
 * @vlan: a tag that travels beside the packet; all zero without one. It loses its CFI bit on the
 *	way, as the datapath has always had it
 * @ethernet: the frame has an Ethernet header
 * @labels: where in @head an MPLS label stack begins, or 0
 * @head_len: bytes of @head
 * @head: all that comes before the IP header
 */
struct cutting {
	union {
		struct dst_entry dst;
		struct rtable ipv4;
		struct rt6_info ipv6;
	} route;
	struct ovsr_vport *vport;
	unsigned long dst;
	__be16 inner_protocol;
	struct {
		__be16 proto;
		u16 tci;
	} vlan;
	bool ethernet;
	u8 labels;
	u8 head_len;
	u8 head[HEAD_MAX];
};

static unsigned int route_mtu(const struct dst_entry *dst)
{
	return dst->dev->mtu;
}

static struct dst_ops route_ops = {
	.family = AF_UNSPEC,
	.mtu = route_mtu,
};

/* The IP layer's output function: makes a frame of the fragment @skb, and sends it. */
static int emit(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct cutting *cut = container_of(skb_dst(skb), struct cutting, route.dst);

	skb_dst_drop(skb);
	if (skb_cow_head(skb, cut->head_len)) {
		kfree_skb(skb);
		return -ENOMEM;
	}
	__skb_dst_copy(skb, cut->dst);
	memcpy(skb_push(skb, cut->head_len), cut->head, cut->head_len);
	skb_reset_mac_header(skb);
	if (cut->labels) {
		skb_set_inner_network_header(skb, cut->head_len);
		skb_set_network_header(skb, cut->labels);
	}
	skb_reset_mac_len(skb);
	skb->inner_protocol = cut->inner_protocol;
	__vlan_hwaccel_clear_tag(skb);
	if (cut->vlan.proto)
		__vlan_hwaccel_put_tag(skb, cut->vlan.proto, cut->vlan.tci);

	ovsr_vport_send(cut->vport, skb, cut->ethernet);
	return 0;
}

/* Takes from @skb all but the IP packet. @network: where the IP header is. */
static void behead(struct cutting *cut, struct sk_buff *skb, u8 network)
{
	cut->dst = skb->_skb_refdst;
	cut->inner_protocol = skb->inner_protocol;
	if (skb_vlan_tag_present(skb)) {
		cut->vlan.proto = skb->vlan_proto;
		cut->vlan.tci = skb_vlan_tag_get(skb) & ~VLAN_CFI_MASK;
	}
	if (eth_p_mpls(skb->protocol))
		cut->labels = skb_network_offset(skb);
	cut->head_len = network;
	skb_copy_from_linear_data(skb, cut->head, network);

	__skb_pull(skb, network);
	skb_reset_network_header(skb);
	if (skb->ip_summed == CHECKSUM_COMPLETE) /* of the whole; no part has it */
		skb->ip_summed = CHECKSUM_NONE;
	memset(skb->cb, 0, sizeof(skb->cb));
	dst_init(&cut->route.dst, &route_ops, NULL, 1, DST_OBSOLETE_NONE, DST_NOCOUNT);
	cut->route.dst.dev = cut->vport->dev;
	skb_dst_set_noref(skb, &cut->route.dst);
}

void ovsr_fragment(struct net *net, struct ovsr_vport *vport, struct sk_buff *skb, u16 mru,
		   const struct ovsr_key *key)
{
	struct cutting cut = { .vport = vport, .ethernet = ovsr_key_is_ethernet(key) };
	int network =
		eth_p_mpls(skb->protocol) ? skb_inner_network_offset(skb) : skb_network_offset(skb);

	if (network < 0 || network > HEAD_MAX || !ovsr_key_is_ip(key)) {
		net_warn_ratelimited("%s: cannot fragment a frame of type %#x\n", vport->dev->name,
				     ntohs(key->eth_type));
		kfree_skb(skb);
		return;
	}

	behead(&cut, skb, network);
	if (key->eth_type == htons(ETH_P_IP)) {
		IPCB(skb)->frag_max_size = mru;
		ip_do_fragment(net, skb->sk, skb, emit);
	} else {
		IP6CB(skb)->frag_max_size = mru;
		ipv6_stub->ipv6_fragment(net, skb->sk, skb, emit);
	}
	refdst_drop(cut.dst);
}
