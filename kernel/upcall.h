/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OVSR_UPCALL_H
#define OVSR_UPCALL_H

#include <linux/rcupdate.h>
#include <linux/skbuff.h>

struct ip_tunnel_info;
struct nlattr;
struct ovsr_actions;
struct ovsr_datapath;
struct ovsr_key;

/* Above the 32-bit hash in OVS_PACKET_ATTR_HASH: computed in software; over the ports too. */
#define OVSR_PACKET_HASH_SW BIT_ULL(32)
#define OVSR_PACKET_HASH_L4 BIT_ULL(33)

/* The netlink port ids that upcalls go to, as userspace gave them. */
struct ovsr_portids {
	struct rcu_head rcu;
	u32 n;
	u32 ids[];
};

/**
 * struct ovsr_upcall - what goes to userspace with a packet
 * @cmd: OVS_PACKET_CMD_MISS or OVS_PACKET_CMD_ACTION
 * @mru: OVS_PACKET_ATTR_MRU in bytes; 0 leaves it out
 * @portid: the socket to send to; 0 counts the packet as lost
 * @userdata: OVS_USERSPACE_ATTR_USERDATA to pass on, or NULL
 * @egress_tun: tunnel that the packet would leave through, or NULL
 * @actions: the list that the userspace action stands in, or NULL
 */
struct ovsr_upcall {
	u8 cmd;
	u16 mru;
	u32 portid;
	const struct nlattr *userdata;
	const struct ip_tunnel_info *egress_tun;
	const struct ovsr_actions *actions;
};

struct ovsr_portids *ovsr_portids_alloc(const struct nlattr *attr);

/* The socket that @cpu's upcalls go to in per-CPU dispatch; 0 if none.  Under rcu_read_lock. */
u32 ovsr_upcall_portid_cpu(const struct ovsr_datapath *dp, unsigned int cpu);

/* Sends at most @cutlen bytes of @skb, which stays the caller's, with its @key.
 * Returns 0 or a negative errno; a failure also counts in n_lost.  Under rcu_read_lock with
 * bottom halves off.
 */
int ovsr_upcall(struct ovsr_datapath *dp, struct sk_buff *skb, const struct ovsr_key *key,
		const struct ovsr_upcall *upcall, u32 cutlen);

#endif /* OVSR_UPCALL_H */
