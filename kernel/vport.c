// SPDX-License-Identifier: GPL-2.0-only
/* Ports: how they come and go, how they are found, and the way of a packet through them. */

#include <linux/hashtable.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/jhash.h>
#include <linux/module.h>

#include "datapath.h"
#include "fault.h"
#include "flow_extract.h"
#include "upcall.h"
#include "vport.h"

/* Every port of every namespace; changed under ovsr_lock, read under RCU. */
static DEFINE_HASHTABLE(vports_by_name, 10);

static const struct ovsr_vport_ops *const vport_kinds[] = {
	[OVS_VPORT_TYPE_NETDEV] = &ovsr_vport_netdev_ops,
	[OVS_VPORT_TYPE_INTERNAL] = &ovsr_vport_internal_ops,
#if IS_REACHABLE(CONFIG_NET_IPGRE)
	[OVS_VPORT_TYPE_GRE] = &ovsr_vport_gre_ops,
#endif
#if IS_REACHABLE(CONFIG_VXLAN)
	[OVS_VPORT_TYPE_VXLAN] = &ovsr_vport_vxlan_ops,
#endif
#if IS_REACHABLE(CONFIG_GENEVE)
	[OVS_VPORT_TYPE_GENEVE] = &ovsr_vport_geneve_ops,
#endif
};

static u32 name_hash(const struct net *net, const char *name)
{
	return jhash(name, strlen(name), net_hash_mix(net));
}

/*
 * A device that was renamed while it was a port is found under neither name: its place in the table
 * is that of the old one, and the comparison is with the new.  Userspace sees the same in-tree.
 */
struct ovsr_vport *ovsr_vport_find_name(const struct net *net, const char *name)
{
	struct ovsr_vport *vport;

	hash_for_each_possible_rcu(vports_by_name, vport, by_name, name_hash(net, name),
				   ovsr_lock_is_held())
		if (!strcmp(vport->dev->name, name) && net_eq(ovsr_dp_net(vport->dp), net))
			return vport;
	return NULL;
}

struct ovsr_vport *ovsr_vport_find(struct ovsr_datapath *dp, u32 port_no)
{
	return xa_load(&dp->vports, port_no);
}

/* Returns a port without a device, or an ERR_PTR: -EINVAL for a bad list of port ids, -ENOMEM. */
struct ovsr_vport *ovsr_vport_alloc(const struct ovsr_vport_ops *ops,
				    const struct ovsr_vport_parms *parms)
{
	struct ovsr_vport *vport = NULL;
	int err;

	if (!ovsr_fault(OVSR_FAULT_PORT_ALLOC))
		vport = kmalloc(sizeof(*vport), GFP_KERNEL);
	if (!vport)
		return ERR_PTR(-ENOMEM);
	*vport = (struct ovsr_vport){ .ops = ops, .dp = parms->dp, .port_no = parms->port_no };
	err = ovsr_vport_set_portids(vport, parms->upcall_pids);
	if (!err)
		return vport;
	kfree(vport);
	return ERR_PTR(err);
}

/* For a port that readers can no longer see. */
void ovsr_vport_free(struct ovsr_vport *vport)
{
	kfree(rcu_dereference_raw(vport->upcall_pids));
	kfree(vport);
}

/*
 * Makes a port and adds it to its datapath.  Returns it, or an ERR_PTR: -EAFNOSUPPORT for a type
 * that is not there, else what the type's create() says.
 */
struct ovsr_vport *ovsr_vport_add(const struct ovsr_vport_parms *parms)
{
	const struct ovsr_vport_ops *ops = NULL;
	struct ovsr_vport *vport;
	int err;

	if (parms->type < ARRAY_SIZE(vport_kinds))
		ops = vport_kinds[parms->type];
	if (!ops)
		return ERR_PTR(-EAFNOSUPPORT);

	/* The slot first, so that nothing can fail once the device is there. */
	err = xa_reserve(&parms->dp->vports, parms->port_no, GFP_KERNEL);
	if (err)
		return ERR_PTR(err);

	vport = ops->create(parms);
	if (IS_ERR(vport)) {
		xa_release(&parms->dp->vports, parms->port_no);
		return vport;
	}

	__module_get(THIS_MODULE); /* a port in use keeps the module in */
	hash_add_rcu(vports_by_name, &vport->by_name,
		     name_hash(ovsr_dp_net(parms->dp), vport->dev->name));
	xa_store(&parms->dp->vports, parms->port_no, vport, GFP_KERNEL);
	return vport;
}

void ovsr_vport_del(struct ovsr_vport *vport)
{
	xa_erase(&vport->dp->vports, vport->port_no);
	hash_del_rcu(&vport->by_name);
	vport->ops->destroy(vport);
	module_put(THIS_MODULE);
}

/*
 * Replaces the sockets that upcalls go to.  @attr: an array of u32, at most one for each possible
 * CPU.  Returns 0, -EINVAL or -ENOMEM.
 */
int ovsr_vport_set_portids(struct ovsr_vport *vport, const struct nlattr *attr)
{
	struct ovsr_portids *new, *old;

	if (nla_len(attr) > nr_cpu_ids * sizeof(u32))
		return -EINVAL;
	new = ovsr_portids_alloc(attr);
	if (IS_ERR(new))
		return PTR_ERR(new);

	old = rcu_replace_pointer(vport->upcall_pids, new, ovsr_lock_is_held());
	kfree_rcu(old, rcu);
	return 0;
}

/* The socket for a packet that missed.  One flow always goes to the same.  Under rcu_read_lock. */
u32 ovsr_vport_upcall_portid(const struct ovsr_vport *vport, struct sk_buff *skb)
{
	const struct ovsr_portids *pids = rcu_dereference(vport->upcall_pids);

	return pids->n == 1 ? pids->ids[0] : pids->ids[skb_get_hash(skb) % pids->n];
}

int ovsr_vport_receive(struct ovsr_vport *vport, struct sk_buff *skb,
		       const struct ip_tunnel_info *tun_info)
{
	u32 mark = skb->mark;
	struct ovsr_key key;
	int err;

	*OVSR_CB(skb) = (struct ovsr_skb_cb){ .input_vport = vport, .cutlen = U32_MAX };

	/* An internal port may have been moved to another namespace: only the mark comes along. */
	if (unlikely(!net_eq(dev_net(skb->dev), ovsr_dp_net(vport->dp)))) {
		tun_info = NULL;
		skb_scrub_packet(skb, true);
		skb->mark = mark;
	}

	err = ovsr_key_extract(skb, tun_info, vport->port_no, &key);
	if (likely(!err))
		ovsr_dp_process(skb, &key);
	else
		kfree_skb(skb);
	return err;
}

/* What counts against the MTU: one VLAN tag, in the frame or beside it, is free. */
static unsigned int payload_len(const struct sk_buff *skb, const struct net_device *dev)
{
	unsigned int head = dev->hard_header_len;

	if (!skb_vlan_tag_present(skb) && eth_type_vlan(skb->protocol))
		head += VLAN_HLEN;
	return skb->len > head ? skb->len - head : 0;
}

static bool dev_takes(const struct net_device *dev, bool ethernet)
{
	switch (dev->type) {
	case ARPHRD_ETHER:
		return ethernet;
	case ARPHRD_NONE:
		return true;
	}
	return false;
}

void ovsr_vport_send(struct ovsr_vport *vport, struct sk_buff *skb, bool ethernet)
{
	struct net_device *dev = vport->dev;
	unsigned int len;

	if (!dev_takes(dev, ethernet))
		goto drop;

	/* A layer 3 device sees an Ethernet frame as a payload of its own kind. */
	if (dev->type == ARPHRD_NONE && ethernet) {
		skb_reset_network_header(skb);
		skb_reset_mac_len(skb);
		skb->protocol = htons(ETH_P_TEB);
	}

	len = payload_len(skb, dev);
	if (unlikely(len > dev->mtu && !skb_is_gso(skb))) {
		DEV_STATS_INC(dev, tx_errors);
		if (dev->flags & IFF_UP)
			net_warn_ratelimited("%s: dropped a packet of %u bytes, over its MTU\n",
					     dev->name, len);
		goto drop;
	}

	skb->dev = dev;
	skb_clear_tstamp(skb);
	vport->ops->send(skb);
	return;

drop:
	kfree_skb(skb);
}
