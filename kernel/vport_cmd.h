/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OVSR_VPORT_CMD_H
#define OVSR_VPORT_CMD_H

struct net;
struct ovsr_reply;
struct ovsr_vport;
struct sk_buff;

/* A message of the ovs_vport family about @vport as seen from @net, or ERR_PTR(-ENOMEM).
 * Under ovsr_lock.
 */
struct sk_buff *ovsr_vport_msg(struct ovsr_vport *vport, struct net *net,
			       const struct ovsr_reply *reply);

#endif /* OVSR_VPORT_CMD_H */
