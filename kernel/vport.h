/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OVSR_VPORT_H
#define OVSR_VPORT_H

#include <linux/netdevice.h>
#include <linux/openvswitch.h>

struct ip_tunnel_info;
struct ovsr_datapath;
struct ovsr_portids;
struct ovsr_vport;

#define OVSR_MAX_PORTS USHRT_MAX

/* What userspace asked a new port to be. */
struct ovsr_vport_parms {
	const char *name;
	u32 type; /* OVS_VPORT_TYPE_* */
	u16 port_no;
	int ifindex; /* 0: any */
	struct ovsr_datapath *dp;
	const struct nlattr *options;
	const struct nlattr *upcall_pids;
};

/**
 * struct ovsr_vport_ops - a kind of port
 * @create: makes the port and its device; under ovsr_lock
 * @destroy: detaches the device and frees the port after a grace period; under ovsr_lock
 * @send: transmits; consumes the packet
 * @options_set: changes OVS_VPORT_ATTR_OPTIONS; NULL if the kind has none
 * @options_put: writes the inside of OVS_VPORT_ATTR_OPTIONS; NULL if the kind has none
 */
struct ovsr_vport_ops {
	u32 type;
	struct ovsr_vport *(*create)(const struct ovsr_vport_parms *parms);
	void (*destroy)(struct ovsr_vport *vport);
	int (*send)(struct sk_buff *skb);
	int (*options_set)(struct ovsr_vport *vport, const struct nlattr *options);
	int (*options_put)(const struct ovsr_vport *vport, struct sk_buff *msg);
};

/**
 * struct ovsr_vport - one port of a datapath
 * @dev: the device behind it, never NULL once the port can be found
 * @tunnel: what OVS_VPORT_ATTR_OPTIONS said of a tunnel; @tunnel.dst_port in host order
 * @by_name: in the table of all ports, hashed by the device's name when it was attached
 * @detach: on the list of ports that go with a namespace
 */
struct ovsr_vport {
	struct net_device *dev;
	netdevice_tracker dev_tracker;
	struct ovsr_datapath *dp;
	const struct ovsr_vport_ops *ops;
	struct ovsr_portids __rcu *upcall_pids;
	u16 port_no;
	struct {
		u16 dst_port;
		bool gbp;
	} tunnel;
	struct hlist_node by_name;
	struct list_head detach;
	struct rcu_head rcu;
};

extern const struct ovsr_vport_ops ovsr_vport_internal_ops;
extern const struct ovsr_vport_ops ovsr_vport_netdev_ops;
extern const struct ovsr_vport_ops ovsr_vport_vxlan_ops;
extern const struct ovsr_vport_ops ovsr_vport_geneve_ops;
extern const struct ovsr_vport_ops ovsr_vport_gre_ops;

/* For the kinds of ports. */
struct ovsr_vport *ovsr_vport_alloc(const struct ovsr_vport_ops *ops,
				    const struct ovsr_vport_parms *parms);
void ovsr_vport_free(struct ovsr_vport *vport);

/* Under ovsr_lock. */
struct ovsr_vport *ovsr_vport_add(const struct ovsr_vport_parms *parms);
void ovsr_vport_del(struct ovsr_vport *vport);

/* Under ovsr_lock or rcu_read_lock; NULL if there is none. */
struct ovsr_vport *ovsr_vport_find(struct ovsr_datapath *dp, u32 port_no);
struct ovsr_vport *ovsr_vport_find_name(const struct net *net, const char *name);

int ovsr_vport_set_portids(struct ovsr_vport *vport, const struct nlattr *attr);
u32 ovsr_vport_upcall_portid(const struct ovsr_vport *vport, struct sk_buff *skb);

/* Takes a packet whose data starts at the link-layer header into the datapath.  Consumes @skb.
 * Returns 0, or the error that made its headers unreadable.  Under rcu_read_lock.
 */
int ovsr_vport_receive(struct ovsr_vport *vport, struct sk_buff *skb,
		       const struct ip_tunnel_info *tun_info);

/* Sends a packet out of a port.  @ethernet: its data starts with an Ethernet header.  Consumes
 * @skb; what the device cannot take is dropped.  Under rcu_read_lock.
 */
void ovsr_vport_send(struct ovsr_vport *vport, struct sk_buff *skb, bool ethernet);

/* vport_internal.c */
struct ovsr_vport *ovsr_vport_internal_from_dev(const struct net_device *dev);
int ovsr_vport_internal_init(void);
void ovsr_vport_internal_exit(void);

/* vport_netdev.c */
struct ovsr_vport *ovsr_vport_netdev_from_dev(const struct net_device *dev);
int ovsr_vport_netdev_attach(struct ovsr_vport *vport);
void ovsr_vport_netdev_detach(struct ovsr_vport *vport);
bool ovsr_vport_netdev_is_attached(const struct ovsr_vport *vport);
void ovsr_vport_netdev_free(struct ovsr_vport *vport);

#endif /* OVSR_VPORT_H */
