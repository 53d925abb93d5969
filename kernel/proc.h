/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/net/openvswitch_ref/flows: the flows of a namespace's datapaths, one a line. */
#ifndef OVSR_PROC_H
#define OVSR_PROC_H

struct net;

int ovsr_proc_net_init(struct net *net);
void ovsr_proc_net_exit(struct net *net);

#endif /* OVSR_PROC_H */
