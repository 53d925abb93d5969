// SPDX-License-Identifier: GPL-2.0-only
/* Ports on a network device of somebody else. */

#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/dst_metadata.h>

#include "datapath.h"
#include "fault.h"
#include "vport.h"

/* The port that a device is, or NULL.  Under RTNL or rcu_read_lock. */
struct ovsr_vport *ovsr_vport_netdev_from_dev(const struct net_device *dev)
{
	return netif_is_ovs_port(dev) ? rcu_dereference_rtnl(dev->rx_handler_data) : NULL;
}

/*
 * A packet socket may hold the same packet, and actions will change it. Ethernet devices have
 * pulled their header already.
 */
static void receive(struct ovsr_vport *vport, struct sk_buff *skb)
{
	struct sk_buff *own = skb_share_check(skb, GFP_ATOMIC);

	if (!own)
		return;
	if (own->dev->type == ARPHRD_ETHER)
		skb_push_rcsum(own, ETH_HLEN);
	ovsr_vport_receive(vport, own, skb_tunnel_info(own));
}

static rx_handler_result_t rx_handler(struct sk_buff **pskb)
{
	struct ovsr_vport *vport;

	if ((*pskb)->pkt_type == PACKET_LOOPBACK)
		return RX_HANDLER_PASS;
	vport = ovsr_vport_netdev_from_dev((*pskb)->dev);
	if (likely(vport && !skb_warn_if_lro(*pskb)))
		receive(vport, *pskb);
	else
		kfree_skb(*pskb);
	return RX_HANDLER_CONSUMED;
}

static struct net_device *local_dev(struct ovsr_datapath *dp)
{
	return ovsr_vport_find(dp, OVSP_LOCAL)->dev;
}

/* Only Ethernet and layer 3 devices can be ports, and no port can be a port again. */
static bool dev_fits(const struct net_device *dev)
{
	return !(dev->flags & IFF_LOOPBACK) &&
	       (dev->type == ARPHRD_ETHER || dev->type == ARPHRD_NONE) &&
	       !ovsr_vport_internal_from_dev(dev);
}

/*
 * Hooks the device behind @vport up with the datapath.  Returns 0, or -EBUSY or -EEXIST for a
 * device that has a master already.  Under RTNL.
 */
int ovsr_vport_netdev_attach(struct ovsr_vport *vport)
{
	struct net_device *upper = local_dev(vport->dp);
	struct net_device *dev = vport->dev;
	int err;

	ASSERT_RTNL();
	err = netdev_master_upper_dev_link(dev, upper, NULL, NULL, NULL);
	if (err)
		return err;
	err = ovsr_fault(OVSR_FAULT_PORT_REGISTER) ?
		      -ENOMEM :
		      netdev_rx_handler_register(dev, rx_handler, vport);
	if (err) {
		netdev_upper_dev_unlink(dev, upper);
		return err;
	}

	dev_disable_lro(dev);
	dev_set_promiscuity(dev, 1);
	dev->priv_flags |= IFF_OVS_DATAPATH;
	return 0;
}

/* Undoes that from either side: when the port goes, or when the device does.  Under RTNL. */
void ovsr_vport_netdev_detach(struct ovsr_vport *vport)
{
	struct net_device *dev = vport->dev;

	ASSERT_RTNL();
	netdev_rx_handler_unregister(dev);
	netdev_upper_dev_unlink(dev, netdev_master_upper_dev_get(dev));
	dev_set_promiscuity(dev, -1);
	dev->priv_flags &= ~IFF_OVS_DATAPATH;
}

/*
 * Puts the device @name behind @vport.  Returns @vport, or frees it and returns an ERR_PTR:
 * -ENODEV, -EINVAL for a device that cannot be a port, -EBUSY or -EEXIST for one that has a master
 * already.
 */
static struct ovsr_vport *link_by_name(struct ovsr_vport *vport, const char *name)
{
	int err = -ENODEV;

	/* A device keeps its name, its namespace and what it is under RTNL alone. */
	rtnl_lock();
	vport->dev = dev_get_by_name(ovsr_dp_net(vport->dp), name);
	if (!vport->dev)
		goto out_unlock;
	netdev_tracker_alloc(vport->dev, &vport->dev_tracker, GFP_KERNEL);
	err = dev_fits(vport->dev) ? ovsr_vport_netdev_attach(vport) : -EINVAL;
	if (err)
		netdev_put(vport->dev, &vport->dev_tracker);

out_unlock:
	rtnl_unlock();
	if (!err)
		return vport;
	ovsr_vport_free(vport);
	return ERR_PTR(err);
}

static struct ovsr_vport *netdev_create(const struct ovsr_vport_parms *parms)
{
	struct ovsr_vport *vport;

	vport = ovsr_vport_alloc(&ovsr_vport_netdev_ops, parms);
	return IS_ERR(vport) ? vport : link_by_name(vport, parms->name);
}

static void netdev_free_rcu(struct rcu_head *rcu)
{
	struct ovsr_vport *vport = container_of(rcu, struct ovsr_vport, rcu);

	netdev_put(vport->dev, &vport->dev_tracker);
	ovsr_vport_free(vport);
}

/* Gives the device back and frees the port, when no reader sees them any more. */
void ovsr_vport_netdev_free(struct ovsr_vport *vport)
{
	call_rcu(&vport->rcu, netdev_free_rcu);
}

/*
 * False once the device has left; it may be another port's by now, in another namespace. Under RTNL
 * the answer stays true.
 */
bool ovsr_vport_netdev_is_attached(const struct ovsr_vport *vport)
{
	bool attached;

	rcu_read_lock();
	attached = ovsr_vport_netdev_from_dev(vport->dev) == vport;
	rcu_read_unlock();
	return attached;
}

static void netdev_destroy(struct ovsr_vport *vport)
{
	rtnl_lock();
	if (ovsr_vport_netdev_is_attached(vport))
		ovsr_vport_netdev_detach(vport);
	rtnl_unlock();
	ovsr_vport_netdev_free(vport);
}

const struct ovsr_vport_ops ovsr_vport_netdev_ops = {
	.type = OVS_VPORT_TYPE_NETDEV,
	.create = netdev_create,
	.destroy = netdev_destroy,
	.send = dev_queue_xmit,
};
