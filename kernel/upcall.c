// SPDX-License-Identifier: GPL-2.0-only
/* Packets to userspace: OVS_PACKET_CMD_MISS and OVS_PACKET_CMD_ACTION. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <net/netlink.h>

#include "action_parse.h"
#include "datapath.h"
#include "family.h"
#include "fault.h"
#include "flow_extract.h"
#include "notify.h"
#include "plant.h"
#include "trace.h"
#include "tunnel_key.h"
#include "upcall.h"
#include "vport.h"

/*
 * Copies an array of u32 port ids.  Returns it, or an ERR_PTR: -EINVAL for one that is empty or no
 * multiple of 4 bytes, -ENOMEM.
 */
struct ovsr_portids *ovsr_portids_alloc(const struct nlattr *attr)
{
	u32 n = nla_len(attr) / sizeof(u32);
	struct ovsr_portids *pids;

	if (!n || nla_len(attr) % sizeof(u32))
		return ERR_PTR(-EINVAL);

	pids = kmalloc(struct_size(pids, ids, n), GFP_KERNEL);
	if (!pids)
		return ERR_PTR(-ENOMEM);
	pids->n = n;
	nla_memcpy(pids->ids, attr, nla_len(attr));
	return pids;
}

u32 ovsr_upcall_portid_cpu(const struct ovsr_datapath *dp, unsigned int cpu)
{
	const struct ovsr_portids *pids = rcu_dereference(dp->upcall_pids);

	if (!pids)
		return 0;
	/* Userspace counted fewer processors than there are.  Any socket is better than a loss. */
	if (cpu >= pids->n)
		pr_info_ratelimited("CPU %u has no upcall socket of its own\n", cpu);
	return pids->ids[cpu % pids->n];
}

/* @head: bytes of the packet that go into the message itself. */
static struct sk_buff *upcall_msg_alloc(const struct ovsr_upcall *upcall, size_t head)
{
	size_t size = NLMSG_ALIGN(sizeof(struct ovs_header));

	size += nla_total_size(head);		 /* PACKET */
	size += nla_total_size(ovsr_key_size()); /* KEY */
	size += nla_total_size(sizeof(u16));	 /* MRU */
	size += nla_total_size(sizeof(u32));	 /* LEN */
	size += nla_total_size(sizeof(u64));	 /* HASH */
	if (upcall->userdata)
		size += nla_total_size(nla_len(upcall->userdata));
	if (upcall->egress_tun)
		size += nla_total_size(ovsr_tunnel_size());
	if (upcall->actions)
		size += nla_total_size(ovsr_plant(OVSR_PLANT_UPCALL_SIZE) ?
					       upcall->actions->orig_len :
					       upcall->actions->msg_len);
	return genlmsg_new(size, GFP_ATOMIC);
}

/* The packet's hash, with the two bits that say what kind of hash it is. */
static u64 packet_hash(const struct sk_buff *skb)
{
	return skb_get_hash_raw(skb) | (skb->sw_hash ? OVSR_PACKET_HASH_SW : 0) |
	       (skb->l4_hash ? OVSR_PACKET_HASH_L4 : 0);
}

/* Everything but the packet.  @len: bytes of it that go along. */
static int put_attrs(struct sk_buff *msg, const struct sk_buff *skb, const struct ovsr_key *key,
		     const struct ovsr_upcall *upcall, u32 len)
{
	u64 hash = packet_hash(skb);

	if (ovsr_key_put(msg, OVS_PACKET_ATTR_KEY, key, NULL))
		return -EMSGSIZE;
	if (upcall->userdata && nla_put(msg, OVS_PACKET_ATTR_USERDATA, nla_len(upcall->userdata),
					nla_data(upcall->userdata)))
		return -EMSGSIZE;
	if (upcall->egress_tun &&
	    ovsr_tunnel_info_put(msg, OVS_PACKET_ATTR_EGRESS_TUN_KEY, upcall->egress_tun))
		return -EMSGSIZE;
	if (upcall->actions) /* left out, as from a flow, if no nest can hold them */
		ovsr_actions_put(msg, OVS_PACKET_ATTR_ACTIONS, upcall->actions);
	if (upcall->mru && nla_put_u16(msg, OVS_PACKET_ATTR_MRU, upcall->mru))
		return -EMSGSIZE;
	if (len < skb->len && nla_put_u32(msg, OVS_PACKET_ATTR_LEN, skb->len))
		return -EMSGSIZE;
	return nla_put(msg, OVS_PACKET_ATTR_HASH, sizeof(hash), &hash);
}

/*
 * @len bytes of the packet, @head of them copied and the rest shared. Every upcall has the
 * attribute, one for a frame that pop_eth left nothing of as well.
 */
static int put_packet(struct sk_buff *msg, struct sk_buff *skb, u32 len, u32 head)
{
	struct nlattr *attr = nla_reserve(msg, OVS_PACKET_ATTR_PACKET, 0);

	if (!attr)
		return -EMSGSIZE;
	attr->nla_len = nla_attr_size(len);
	return len ? skb_zerocopy(msg, skb, len, head) : 0;
}

static int send_prepared(struct ovsr_datapath *dp, struct sk_buff *skb, const struct ovsr_key *key,
			 const struct ovsr_upcall *upcall, u32 cutlen)
{
	bool unaligned = dp->user_features & OVS_DP_F_UNALIGNED;
	struct ovsr_reply reply = { .cmd = upcall->cmd };
	u32 len = min(skb->len, cutlen);
	struct sk_buff *msg;
	u32 head;
	int err;

	if (nla_attr_size(len) > USHRT_MAX)
		return -EFBIG;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		err = skb_csum_hwoffload_help(skb, 0);
		if (err)
			return err;
	}

	/* Userspace that wants the end aligned gets a full copy: pages cannot be padded. */
	head = unaligned ? min(skb_zerocopy_headlen(skb), cutlen) : len;
	msg = ovsr_fault(OVSR_FAULT_UPCALL_ALLOC) ? NULL : upcall_msg_alloc(upcall, head);
	if (!msg)
		return -ENOMEM;

	err = -EMSGSIZE;
	if (!ovsr_reply_put(msg, &ovsr_packet_family, &reply, ovsr_dp_ifindex(dp)))
		goto out_free;
	err = put_attrs(msg, skb, key, upcall, len);
	if (err)
		goto out_free;
	err = put_packet(msg, skb, len, head);
	if (err)
		goto out_free;

	if (!unaligned)
		skb_put_zero(msg, nla_padlen(len));

	nlmsg_hdr(msg)->nlmsg_len = msg->len;
	return genlmsg_unicast(ovsr_dp_net(dp), msg, upcall->portid);

out_free:
	consume_skb(msg);
	return err;
}

/* A tag that travels beside the packet must be put back into its bytes. */
static int send_one(struct ovsr_datapath *dp, struct sk_buff *skb, const struct ovsr_key *key,
		    const struct ovsr_upcall *upcall, u32 cutlen)
{
	struct sk_buff *tagged;
	int err;

	if (!ovsr_dp_ifindex(dp))
		return -ENODEV;
	if (!skb_vlan_tag_present(skb))
		return send_prepared(dp, skb, key, upcall, cutlen);

	tagged = skb_clone(skb, GFP_ATOMIC);
	if (tagged)
		tagged = __vlan_hwaccel_push_inside(tagged);
	if (!tagged)
		return -ENOMEM;
	err = send_prepared(dp, tagged, key, upcall, cutlen);
	consume_skb(tagged);
	return err;
}

/*
 * Userspace gets what would be seen on the wire.  Segments of a UDP datagram are its fragments, so
 * those behind the first have another key.
 */
static noinline_for_stack int send_segments(struct ovsr_datapath *dp, struct sk_buff *skb,
					    const struct ovsr_key *key,
					    const struct ovsr_upcall *upcall, u32 cutlen)
{
	struct sk_buff *segs = __skb_gso_segment(skb, NETIF_F_SG, false);
	struct sk_buff *seg, *next;
	struct ovsr_key later;
	int err = 0;

	BUILD_BUG_ON(sizeof(*OVSR_CB(skb)) > SKB_GSO_CB_OFFSET);
	if (IS_ERR_OR_NULL(segs))
		return segs ? PTR_ERR(segs) : -EINVAL;

	skb_list_walk_safe(segs, seg, next) {
		err = err ?: send_one(dp, seg, key, upcall, cutlen);
		if (seg == segs && skb_shinfo(skb)->gso_type & SKB_GSO_UDP) {
			later = *key;
			later.ip.frag = OVS_FRAG_TYPE_LATER;
			key = &later;
		}
		if (err)
			kfree_skb(seg);
		else
			consume_skb(seg);
	}
	return err;
}

static void count_lost(struct ovsr_datapath *dp)
{
	struct ovsr_dp_stats *stats = this_cpu_ptr(dp->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->n_lost);
	u64_stats_update_end(&stats->syncp);
}

int ovsr_upcall(struct ovsr_datapath *dp, struct sk_buff *skb, const struct ovsr_key *key,
		const struct ovsr_upcall *upcall, u32 cutlen)
{
	int err = -ENOTCONN;

	if (upcall->portid)
		err = (skb_is_gso(skb) ? send_segments : send_one)(dp, skb, key, upcall, cutlen);
	trace_ovsr_upcall(upcall, skb, err);
	if (err)
		count_lost(dp);
	return err;
}
