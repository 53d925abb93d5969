/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/sys/net/openvswitch_ref/: what an operator allows each datapath of a namespace. */
#ifndef OVSR_LIMIT_H
#define OVSR_LIMIT_H

struct ctl_table_header;
struct net;

/* 0: none, as in-tree. */
struct ovsr_limits {
	struct ctl_table_header *header;
	unsigned int max_flows; /* of one datapath; one more is refused with ENOSPC */
};

int ovsr_limits_net_init(struct net *net);
void ovsr_limits_net_exit(struct net *net);

#endif /* OVSR_LIMIT_H */
