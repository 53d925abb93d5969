// SPDX-License-Identifier: GPL-2.0-only
/* The ovs_packet family: OVS_PACKET_CMD_EXECUTE.  The other way is upcall.c. */

#include <linux/etherdevice.h>
#include <net/netlink.h>

#include "action_exec.h"
#include "datapath.h"
#include "family.h"
#include "flow_extract.h"
#include "upcall.h"
#include "vport.h"

static const struct nla_policy packet_policy[OVS_PACKET_ATTR_MAX + 1] = {
	[OVS_PACKET_ATTR_PACKET] = { .len = ETH_HLEN },
	[OVS_PACKET_ATTR_KEY] = { .type = NLA_NESTED },
	[OVS_PACKET_ATTR_ACTIONS] = { .type = NLA_NESTED },
	[OVS_PACKET_ATTR_PROBE] = { .type = NLA_FLAG },
	[OVS_PACKET_ATTR_MRU] = { .type = NLA_U16 },
	[OVS_PACKET_ATTR_HASH] = { .type = NLA_U64 },
};

/* The packet that a request carries, or NULL. */
static struct sk_buff *packet_alloc(struct nlattr **a)
{
	const struct nlattr *data = a[OVS_PACKET_ATTR_PACKET];
	struct sk_buff *skb;
	u64 hash;

	skb = __dev_alloc_skb(NET_IP_ALIGN + nla_len(data), GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_IP_ALIGN);
	skb_put_data(skb, nla_data(data), nla_len(data));

	*OVSR_CB(skb) = (struct ovsr_skb_cb){ .cutlen = U32_MAX };
	if (a[OVS_PACKET_ATTR_MRU]) {
		OVSR_CB(skb)->mru = nla_get_u16(a[OVS_PACKET_ATTR_MRU]);
		skb->ignore_df = 1; /* it was reassembled from fragments: fragment it again */
	}
	if (a[OVS_PACKET_ATTR_HASH]) {
		hash = nla_get_u64(a[OVS_PACKET_ATTR_HASH]);
		__skb_set_hash(skb, lower_32_bits(hash), hash & OVSR_PACKET_HASH_SW,
			       hash & OVSR_PACKET_HASH_L4);
	}
	return skb;
}

/* Consumes @skb.  Returns -ENODEV without a datapath, else what the actions say. */
static int execute(struct net *net, const struct ovs_header *hdr, struct sk_buff *skb,
		   const struct ovsr_actions *actions, struct ovsr_key *key)
{
	struct ovsr_vport *vport = NULL;
	struct ovsr_datapath *dp;
	int err;

	rcu_read_lock();
	dp = ovsr_dp_find(net, hdr->dp_ifindex);
	if (dp) {
		vport = ovsr_vport_find(dp, key->in_port);
		if (!vport)
			vport = ovsr_vport_find(dp, OVSP_LOCAL);
	}
	if (!vport) {
		rcu_read_unlock();
		kfree_skb(skb);
		return -ENODEV;
	}

	skb->dev = vport->dev;
	skb->priority = key->priority;
	skb->mark = key->skb_mark;
	OVSR_CB(skb)->input_vport = vport;

	local_bh_disable(); /* per-CPU queues and counters, as when a packet is received */
	err = ovsr_actions_execute(dp, skb, actions, key);
	local_bh_enable();
	rcu_read_unlock();
	return err;
}

static int packet_cmd_execute(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct nlattr **a = info->attrs;
	bool log = !a[OVS_PACKET_ATTR_PROBE];
	struct ovsr_actions *actions;
	struct sk_buff *packet;
	struct ovsr_key *key;
	int err;

	if (!a[OVS_PACKET_ATTR_PACKET] || !a[OVS_PACKET_ATTR_KEY] || !a[OVS_PACKET_ATTR_ACTIONS])
		return -EINVAL;

	key = kmalloc(sizeof(*key), GFP_KERNEL);
	if (!key)
		return -ENOMEM;
	err = -ENOMEM;
	packet = packet_alloc(a);
	if (!packet)
		goto out_key;

	err = ovsr_key_extract_user(net, a[OVS_PACKET_ATTR_KEY], packet, key, log);
	if (err)
		goto out_packet;
	err = ovsr_actions_parse(net, a[OVS_PACKET_ATTR_ACTIONS], key, &actions, log);
	if (err)
		goto out_packet;

	err = execute(net, info->userhdr, packet, actions, key);
	ovsr_actions_free(actions);
	goto out_key;

out_packet:
	kfree_skb(packet);
out_key:
	kfree(key);
	return err;
}

static const struct genl_small_ops packet_ops[] = {
	{
		.cmd = OVS_PACKET_CMD_EXECUTE,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = packet_cmd_execute,
	},
};

struct genl_family ovsr_packet_family __ro_after_init = {
	.name = OVS_PACKET_FAMILY,
	.version = OVS_PACKET_VERSION,
	.hdrsize = sizeof(struct ovs_header),
	.maxattr = OVS_PACKET_ATTR_MAX,
	.policy = packet_policy,
	.netnsok = true,
	.parallel_ops = true,
	.small_ops = packet_ops,
	.n_small_ops = ARRAY_SIZE(packet_ops),
	.resv_start_op = OVS_PACKET_CMD_EXECUTE + 1,
	.pre_doit = ovsr_request_trace,
	.module = THIS_MODULE,
};
