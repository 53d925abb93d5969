// SPDX-License-Identifier: GPL-2.0-only
/* Internal ports: a network device whose other end is the datapath. */

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <net/dst.h>
#include <net/rtnetlink.h>
#include <net/xfrm.h>

#include "datapath.h"
#include "fault.h"
#include "vport.h"

/* What such a device does for the stack, or need not do, since the packet never leaves memory. */
#define OFFLOADS                                                                       \
	(NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE | NETIF_F_GSO_ENCAP_ALL | NETIF_F_SG | \
	 NETIF_F_FRAGLIST | NETIF_F_HIGHDMA)
#define TAGGING (NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX)

/* A device's private part is a pointer to its port. */
static struct ovsr_vport **dev_port(const struct net_device *dev)
{
	return netdev_priv(dev);
}

static int internal_init(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return dev->tstats ? 0 : -ENOMEM;
}

static void internal_uninit(struct net_device *dev)
{
	free_percpu(dev->tstats);
}

/* What the stack sends is what the port receives. */
static netdev_tx_t internal_xmit(struct sk_buff *skb, struct net_device *dev)
{
	unsigned int len = skb->len; /* skb is gone afterwards */

	rcu_read_lock();
	if (ovsr_vport_receive(*dev_port(dev), skb, NULL))
		DEV_STATS_INC(dev, tx_errors);
	else
		dev_sw_netstats_tx_add(dev, 1, len);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/* Neither open nor stop: there is no queue, and the stack asks nothing of a device that is down. */
static const struct net_device_ops internal_netdev_ops = {
	.ndo_init = internal_init,
	.ndo_uninit = internal_uninit,
	.ndo_start_xmit = internal_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = dev_get_tstats64,
};

static const struct ethtool_ops internal_ethtool_ops = {
	.get_link = ethtool_op_get_link,
};

/*
 * Neither setup nor dellink: rtnetlink can show such a device, but not make or delete one. Tools
 * tell an internal port by this name, which ethtool gives as its driver's.
 */
static struct rtnl_link_ops internal_link_ops __read_mostly = {
	.kind = "openvswitch",
};

static void internal_setup(struct net_device *dev)
{
	ether_setup(dev);
	eth_hw_addr_random(dev);
	dev->rtnl_link_ops = &internal_link_ops;
	dev->ethtool_ops = &internal_ethtool_ops;
	dev->netdev_ops = &internal_netdev_ops;
	dev->max_mtu = ETH_MAX_MTU;
	dev->needs_free_netdev = true;
	dev->priv_flags = (dev->priv_flags & ~IFF_TX_SKB_SHARING) | IFF_NO_QUEUE | IFF_OPENVSWITCH |
			  IFF_LIVE_ADDR_CHANGE;

	dev->hw_features = OFFLOADS | TAGGING;
	dev->features = dev->hw_features | NETIF_F_LLTX;
	dev->hw_enc_features = OFFLOADS | NETIF_F_LLTX;
	dev->vlan_features = dev->hw_enc_features;
}

/* The last reference to the device is gone, so nobody can reach its port any more. */
static void internal_destructor(struct net_device *dev)
{
	ovsr_vport_free(*dev_port(dev));
}

static int internal_register(struct net_device *dev)
{
	int err;

	rtnl_lock();
	err = ovsr_fault(OVSR_FAULT_PORT_REGISTER) ? -ENOMEM : register_netdevice(dev);
	if (!err) {
		/* Only now, for a failed registration leaves the port to us. */
		dev->priv_destructor = internal_destructor;
		dev_set_promiscuity(dev, 1);
	}
	rtnl_unlock();
	return err;
}

static struct net_device *internal_alloc(const struct ovsr_vport_parms *parms)
{
	struct net_device *dev = alloc_netdev(sizeof(struct ovsr_vport *), parms->name,
					      NET_NAME_USER, internal_setup);

	if (!dev)
		return NULL;
	dev->ifindex = parms->ifindex;
	dev_net_set(dev, ovsr_dp_net(parms->dp));
	/* The local port names its datapath, so it stays in the datapath's namespace. */
	if (parms->port_no == OVSP_LOCAL)
		dev->features |= NETIF_F_NETNS_LOCAL;
	return dev;
}

static struct ovsr_vport *internal_create(const struct ovsr_vport_parms *parms)
{
	struct ovsr_vport *vport = ovsr_vport_alloc(&ovsr_vport_internal_ops, parms);
	int err = -ENOMEM;

	if (IS_ERR(vport))
		return vport;
	vport->dev = internal_alloc(parms);
	if (vport->dev) {
		*dev_port(vport->dev) = vport;
		err = internal_register(vport->dev);
		if (!err)
			return vport;
		free_netdev(vport->dev);
	}
	ovsr_vport_free(vport);
	return ERR_PTR(err);
}

static void internal_destroy(struct ovsr_vport *vport)
{
	rtnl_lock();
	dev_set_promiscuity(vport->dev, -1);
	unregister_netdevice(vport->dev); /* waits for readers; the destructor frees the port */
	rtnl_unlock();
}

/*
 * What the datapath sends out of the port is what the stack receives: a packet that has just come
 * in, without a route, a connection or IPsec yet.
 */
static int internal_send(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	if (!netif_running(dev)) {
		DEV_STATS_INC(dev, rx_dropped);
		kfree_skb(skb);
		return 0;
	}
	nf_reset_ct(skb);
	skb_dst_drop(skb);
	secpath_reset(skb);
	skb->pkt_type = PACKET_HOST; /* unless its address says otherwise */
	skb->protocol = eth_type_trans(skb, dev);
	skb_postpull_rcsum(skb, skb_mac_header(skb), ETH_HLEN);
	dev_sw_netstats_rx_add(dev, skb->len);
	return netif_rx(skb);
}

const struct ovsr_vport_ops ovsr_vport_internal_ops = {
	.type = OVS_VPORT_TYPE_INTERNAL,
	.create = internal_create,
	.destroy = internal_destroy,
	.send = internal_send,
};

/* The port of an internal device; NULL for any other device. */
struct ovsr_vport *ovsr_vport_internal_from_dev(const struct net_device *dev)
{
	return dev->netdev_ops == &internal_netdev_ops ? *dev_port(dev) : NULL;
}

int ovsr_vport_internal_init(void)
{
	return rtnl_link_register(&internal_link_ops);
}

void ovsr_vport_internal_exit(void)
{
	rtnl_link_unregister(&internal_link_ops);
}
