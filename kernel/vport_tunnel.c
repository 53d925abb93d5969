// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnel ports: one device for each kind and UDP port, whose far ends the flows choose.  The
 * devices are the tunnel drivers' own, told to take addresses and ids from each packet's metadata.
 */

#include <linux/rtnetlink.h>
#include <net/geneve.h>
#include <net/gre.h>
#include <net/vxlan.h>

#include "datapath.h"
#include "vport.h"

#if IS_REACHABLE(CONFIG_VXLAN) || IS_REACHABLE(CONFIG_GENEVE) || IS_REACHABLE(CONFIG_NET_IPGRE)

static void dev_delete(struct net_device *dev)
{
	LIST_HEAD(doomed);

	dev->rtnl_link_ops->dellink(dev, &doomed);
	unregister_netdevice_many(&doomed);
}

/* Under RTNL.  Leaves no device behind when it fails. */
static int bring_up(struct ovsr_vport *vport, struct net_device *dev, const char *name)
{
	int err;

	err = dev_change_flags(dev, dev->flags | IFF_UP, NULL);
	if (err)
		goto out_delete;

	/* A template for a name has made a device of another one.  Userspace gets this in-tree. */
	err = -ENODEV;
	if (strcmp(dev->name, name))
		goto out_delete;

	vport->dev = dev;
	netdev_hold(dev, &vport->dev_tracker, GFP_KERNEL);
	err = ovsr_vport_netdev_attach(vport);
	if (err)
		goto out_put;
	return 0;

out_put:
	netdev_put(dev, &vport->dev_tracker);
out_delete:
	dev_delete(dev);
	return err;
}

/*
 * @dev_create makes the device, under RTNL, and notes in the port what its options are. Returns the
 * port, or an ERR_PTR: -EINVAL, and what the driver says (-EEXIST, -EBUSY, ...).
 */
static struct ovsr_vport *
tunnel_create(const struct ovsr_vport_ops *ops, const struct ovsr_vport_parms *parms,
	      struct net_device *(*dev_create)(struct ovsr_vport *vport,
					       const struct ovsr_vport_parms *parms))
{
	struct ovsr_vport *vport;
	struct net_device *dev;
	int err;

	vport = ovsr_vport_alloc(ops, parms);
	if (IS_ERR(vport))
		return vport;

	rtnl_lock();
	dev = dev_create(vport, parms);
	err = PTR_ERR_OR_ZERO(dev) ?: bring_up(vport, dev, parms->name);
	rtnl_unlock();
	if (err) {
		ovsr_vport_free(vport);
		return ERR_PTR(err);
	}
	return vport;
}

static void tunnel_destroy(struct ovsr_vport *vport)
{
	struct net_device *dev = vport->dev;

	rtnl_lock();
	if (ovsr_vport_netdev_is_attached(vport)) /* else the device goes already */
		ovsr_vport_netdev_detach(vport);
	if (dev->reg_state == NETREG_REGISTERED)
		dev_delete(dev);
	/* Before RTNL is given back, for that waits until nobody refers to the device. */
	ovsr_vport_netdev_free(vport);
	rtnl_unlock();
}

#endif

#if IS_REACHABLE(CONFIG_VXLAN) || IS_REACHABLE(CONFIG_GENEVE)

/* Userspace must name the UDP port; a value of another length is none.  Returns 0 or -EINVAL. */
static int dst_port_parse(const struct nlattr *options, u16 *dst_port)
{
	const struct nlattr *a;

	a = options ? nla_find_nested(options, OVS_TUNNEL_ATTR_DST_PORT) : NULL;
	if (!a || nla_len(a) != sizeof(*dst_port))
		return -EINVAL;
	*dst_port = nla_get_u16(a);
	return 0;
}

#endif

#if IS_REACHABLE(CONFIG_VXLAN)

static const struct nla_policy vxlan_policy[OVS_VXLAN_EXT_MAX + 1] = {
	[OVS_VXLAN_EXT_GBP] = { .type = NLA_FLAG },
};

static int extension_parse(const struct nlattr *options, bool *gbp)
{
	const struct nlattr *nest = nla_find_nested(options, OVS_TUNNEL_ATTR_EXTENSION);
	struct nlattr *a[OVS_VXLAN_EXT_MAX + 1];
	int err;

	*gbp = false;
	if (!nest)
		return 0;
	if (nla_len(nest) < NLA_HDRLEN)
		return -EINVAL;
	err = nla_parse_nested_deprecated(a, OVS_VXLAN_EXT_MAX, nest, vxlan_policy, NULL);
	if (err)
		return err;
	*gbp = a[OVS_VXLAN_EXT_GBP];
	return 0;
}

static struct net_device *vxlan_dev(struct ovsr_vport *vport, const struct ovsr_vport_parms *parms)
{
	struct vxlan_config config = {
		.no_share = true,
		.flags = VXLAN_F_COLLECT_METADATA | VXLAN_F_UDP_ZERO_CSUM6_RX,
		.mtu = IP_MAX_MTU, /* the path's counts, and the device does not know it */
	};
	struct net_device *dev;
	u16 dst_port;
	int err;

	err = dst_port_parse(parms->options, &dst_port) ?:
		      extension_parse(parms->options, &vport->tunnel.gbp);
	if (err)
		return ERR_PTR(err);
	config.dst_port = htons(dst_port);
	if (vport->tunnel.gbp)
		config.flags |= VXLAN_F_GBP;

	dev = vxlan_dev_create(ovsr_dp_net(vport->dp), parms->name, NET_NAME_USER, &config);
	vport->tunnel.dst_port = ntohs(config.dst_port); /* the driver's own in place of 0 */
	return dev;
}

static struct ovsr_vport *vxlan_create(const struct ovsr_vport_parms *parms)
{
	return tunnel_create(&ovsr_vport_vxlan_ops, parms, vxlan_dev);
}

static int vxlan_options_put(const struct ovsr_vport *vport, struct sk_buff *msg)
{
	struct nlattr *nest;

	if (nla_put_u16(msg, OVS_TUNNEL_ATTR_DST_PORT, vport->tunnel.dst_port))
		return -EMSGSIZE;
	if (!vport->tunnel.gbp)
		return 0;
	nest = nla_nest_start_noflag(msg, OVS_TUNNEL_ATTR_EXTENSION);
	if (!nest || nla_put_flag(msg, OVS_VXLAN_EXT_GBP))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

const struct ovsr_vport_ops ovsr_vport_vxlan_ops = {
	.type = OVS_VPORT_TYPE_VXLAN,
	.create = vxlan_create,
	.destroy = tunnel_destroy,
	.send = dev_queue_xmit,
	.options_put = vxlan_options_put,
};

#endif

#if IS_REACHABLE(CONFIG_GENEVE)

static struct net_device *geneve_dev(struct ovsr_vport *vport, const struct ovsr_vport_parms *parms)
{
	int err = dst_port_parse(parms->options, &vport->tunnel.dst_port);

	if (err)
		return ERR_PTR(err);
	return geneve_dev_create_fb(ovsr_dp_net(vport->dp), parms->name, NET_NAME_USER,
				    vport->tunnel.dst_port);
}

static struct ovsr_vport *geneve_create(const struct ovsr_vport_parms *parms)
{
	return tunnel_create(&ovsr_vport_geneve_ops, parms, geneve_dev);
}

static int geneve_options_put(const struct ovsr_vport *vport, struct sk_buff *msg)
{
	return nla_put_u16(msg, OVS_TUNNEL_ATTR_DST_PORT, vport->tunnel.dst_port);
}

const struct ovsr_vport_ops ovsr_vport_geneve_ops = {
	.type = OVS_VPORT_TYPE_GENEVE,
	.create = geneve_create,
	.destroy = tunnel_destroy,
	.send = dev_queue_xmit,
	.options_put = geneve_options_put,
};

#endif

#if IS_REACHABLE(CONFIG_NET_IPGRE)

static struct net_device *gre_dev(struct ovsr_vport *vport, const struct ovsr_vport_parms *parms)
{
	return gretap_fb_dev_create(ovsr_dp_net(vport->dp), parms->name, NET_NAME_USER);
}

static struct ovsr_vport *gre_create(const struct ovsr_vport_parms *parms)
{
	return tunnel_create(&ovsr_vport_gre_ops, parms, gre_dev);
}

const struct ovsr_vport_ops ovsr_vport_gre_ops = {
	.type = OVS_VPORT_TYPE_GRE,
	.create = gre_create,
	.destroy = tunnel_destroy,
	.send = dev_queue_xmit,
};

#endif
