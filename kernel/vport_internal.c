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

struct internal_dev {
	struct ovsr_vport *vport;
};

static struct ovsr_vport *dev_vport(const struct net_device *dev)
{
	return ((struct internal_dev *)netdev_priv(dev))->vport;
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

static int internal_open(struct net_device *dev)
{
	netif_start_queue(dev);
	return 0;
}

static int internal_stop(struct net_device *dev)
{
	netif_stop_queue(dev);
	return 0;
}

/* What the stack sends is what the port receives. */
static netdev_tx_t internal_xmit(struct sk_buff *skb, struct net_device *dev)
{
	unsigned int len = skb->len; /* skb is gone afterwards */
	int err;

	rcu_read_lock();
	err = ovsr_vport_receive(dev_vport(dev), skb, NULL);
	rcu_read_unlock();

	if (likely(!err))
		dev_sw_netstats_tx_add(dev, 1, len);
	else
		DEV_STATS_INC(dev, tx_errors);
	return NETDEV_TX_OK;
}

static const struct net_device_ops internal_netdev_ops = {
	.ndo_init = internal_init,
	.ndo_uninit = internal_uninit,
	.ndo_open = internal_open,
	.ndo_stop = internal_stop,
	.ndo_start_xmit = internal_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_stats64 = dev_get_tstats64,
};

/* Tools tell an internal port by this name. */
static void internal_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "openvswitch", sizeof(info->driver));
}

static const struct ethtool_ops internal_ethtool_ops = {
	.get_drvinfo = internal_drvinfo,
	.get_link = ethtool_op_get_link,
};

/* Neither setup nor dellink: rtnetlink can show such a device, but not make or delete one. */
static struct rtnl_link_ops internal_link_ops __read_mostly = {
	.kind = "openvswitch",
};

static void internal_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->max_mtu = ETH_MAX_MTU;
	dev->netdev_ops = &internal_netdev_ops;
	dev->ethtool_ops = &internal_ethtool_ops;
	dev->rtnl_link_ops = &internal_link_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_OPENVSWITCH | IFF_NO_QUEUE;

	dev->features = NETIF_F_LLTX | NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA |
			NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE | NETIF_F_GSO_ENCAP_ALL;
	dev->vlan_features = dev->features;
	dev->hw_enc_features = dev->features;
	dev->features |= NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX;
	dev->hw_features = dev->features & ~NETIF_F_LLTX;

	eth_hw_addr_random(dev);
}

/* The last reference to the device is gone, so nobody can reach its port any more. */
static void internal_destructor(struct net_device *dev)
{
	ovsr_vport_free(dev_vport(dev));
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

static struct ovsr_vport *internal_create(const struct ovsr_vport_parms *parms)
{
	struct ovsr_vport *vport;
	struct net_device *dev;
	int err;

	vport = ovsr_vport_alloc(&ovsr_vport_internal_ops, parms);
	if (IS_ERR(vport))
		return vport;

	err = -ENOMEM;
	dev = alloc_netdev(sizeof(struct internal_dev), parms->name, NET_NAME_USER, internal_setup);
	if (!dev)
		goto out_free_vport;

	dev_net_set(dev, ovsr_dp_net(parms->dp));
	dev->ifindex = parms->ifindex;
	/* The local port names its datapath, so it stays in the datapath's namespace. */
	if (parms->port_no == OVSP_LOCAL)
		dev->features |= NETIF_F_NETNS_LOCAL;
	((struct internal_dev *)netdev_priv(dev))->vport = vport;
	vport->dev = dev;

	err = internal_register(dev);
	if (err)
		goto out_free_dev;
	netif_start_queue(dev);
	return vport;

out_free_dev:
	free_netdev(dev);
out_free_vport:
	ovsr_vport_free(vport);
	return ERR_PTR(err);
}

static void internal_destroy(struct ovsr_vport *vport)
{
	struct net_device *dev = vport->dev;

	netif_stop_queue(dev);
	rtnl_lock();
	dev_set_promiscuity(dev, -1);
	unregister_netdevice(dev); /* waits for readers; the destructor frees the port */
	rtnl_unlock();
}

/* To the stack it is a packet that has just come in: no route, connection or IPsec yet. */
static void forget_way(struct sk_buff *skb)
{
	secpath_reset(skb);
	nf_reset_ct(skb);
	skb_dst_drop(skb);
}

/* What the datapath sends out of the port is what the stack receives. */
static int internal_send(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	if (unlikely(!netif_running(dev))) {
		DEV_STATS_INC(dev, rx_dropped);
		kfree_skb(skb);
		return 0;
	}
	forget_way(skb);
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
	return dev->netdev_ops == &internal_netdev_ops ? dev_vport(dev) : NULL;
}

int ovsr_vport_internal_init(void)
{
	return rtnl_link_register(&internal_link_ops);
}

void ovsr_vport_internal_exit(void)
{
	rtnl_link_unregister(&internal_link_ops);
}
