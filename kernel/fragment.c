// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_vlan.h>
#include <linux/netfilter_ipv6.h>
#include <linux/percpu.h>
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

/* What the IP layer must not see, and every fragment gets back. */
struct frame_head {
	struct ovsr_vport *vport;
	struct ovsr_skb_cb cb;
	unsigned long refdst;
	__be16 inner_protocol;
	__be16 vlan_proto;
	u16 vlan_tci;
	bool tagged;
	bool ethernet;
	u16 network_offset; /* of an MPLS frame, whose labels belong to the head */
	unsigned int len;
	u8 bytes[HEAD_MAX];
};

/* The IP layer's callback has no room for an argument. Used with bottom halves off. */
static DEFINE_PER_CPU(struct frame_head, frame_heads);

static unsigned int fragment_mtu(const struct dst_entry *dst)
{
	return dst->dev->mtu;
}

static struct dst_ops fragment_dst_ops = {
	.family = AF_UNSPEC,
	.mtu = fragment_mtu,
};

static void head_take(struct frame_head *head, struct sk_buff *skb, struct ovsr_vport *vport,
		      u16 network_offset, bool ethernet)
{
	head->vport = vport;
	head->cb = *OVSR_CB(skb);
	head->refdst = skb->_skb_refdst;
	head->inner_protocol = skb->inner_protocol;
	head->tagged = skb_vlan_tag_present(skb);
	head->vlan_proto = skb->vlan_proto;
	head->vlan_tci = head->tagged ? skb_vlan_tag_get(skb) : 0;
	head->ethernet = ethernet;
	head->network_offset = network_offset;
	head->len = skb_network_offset(skb);
	memcpy(head->bytes, skb->data, head->len);
	skb_pull(skb, head->len);
	memset(skb->cb, 0, sizeof(skb->cb));
}

/* Called by the IP layer for each fragment. */
static int head_give(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct frame_head *head = this_cpu_ptr(&frame_heads);

	if (skb_cow_head(skb, head->len)) {
		kfree_skb(skb);
		return -ENOMEM;
	}
	__skb_dst_copy(skb, head->refdst);
	*OVSR_CB(skb) = head->cb;
	skb->inner_protocol = head->inner_protocol;
	if (head->tagged)
		__vlan_hwaccel_put_tag(skb, head->vlan_proto, head->vlan_tci);
	else
		__vlan_hwaccel_clear_tag(skb);

	skb_push(skb, head->len);
	memcpy(skb->data, head->bytes, head->len);
	skb_postpush_rcsum(skb, skb->data, head->len);
	skb_reset_mac_header(skb);
	if (eth_p_mpls(skb->protocol)) {
		skb->inner_network_header = skb->network_header;
		skb_set_network_header(skb, head->network_offset);
		skb_reset_mac_len(skb);
	}
	ovsr_vport_send(head->vport, skb, head->ethernet);
	return 0;
}

static void fragment_ipv4(struct net *net, struct net_device *dev, struct sk_buff *skb, u16 mru)
{
	struct rtable rt = {};

	dst_init(&rt.dst, &fragment_dst_ops, NULL, 1, DST_OBSOLETE_NONE, DST_NOCOUNT);
	rt.dst.dev = dev;
	skb_dst_set_noref(skb, &rt.dst);
	IPCB(skb)->frag_max_size = mru;
	ip_do_fragment(net, skb->sk, skb, head_give);
}

static void fragment_ipv6(struct net *net, struct net_device *dev, struct sk_buff *skb, u16 mru)
{
	struct rt6_info rt = {};

	dst_init(&rt.dst, &fragment_dst_ops, NULL, 1, DST_OBSOLETE_NONE, DST_NOCOUNT);
	rt.dst.dev = dev;
	skb_dst_set_noref(skb, &rt.dst);
	IP6CB(skb)->frag_max_size = mru;
	ipv6_stub->ipv6_fragment(net, skb->sk, skb, head_give);
}

void ovsr_fragment(struct net *net, struct ovsr_vport *vport, struct sk_buff *skb, u16 mru,
		   const struct ovsr_key *key)
{
	unsigned long refdst = skb->_skb_refdst;
	u16 network_offset = 0;

	if (eth_p_mpls(skb->protocol)) {
		network_offset = skb_network_offset(skb);
		skb->network_header = skb->inner_network_header;
	}
	if (skb_network_offset(skb) > HEAD_MAX || !ovsr_key_is_ip(key)) {
		net_warn_ratelimited("%s: cannot fragment a frame of type %#x\n", vport->dev->name,
				     ntohs(key->eth_type));
		kfree_skb(skb);
		return;
	}

	head_take(this_cpu_ptr(&frame_heads), skb, vport, network_offset,
		  ovsr_key_is_ethernet(key));
	if (key->eth_type == htons(ETH_P_IP))
		fragment_ipv4(net, vport->dev, skb, mru);
	else
		fragment_ipv6(net, vport->dev, skb, mru);
	refdst_drop(refdst);
}
