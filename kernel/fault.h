/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps that can be made to fail on request, where nothing but bad luck would: each has a file in
 * debugfs, openvswitch_ref/fault/NAME.
 */
#ifndef OVSR_FAULT_H
#define OVSR_FAULT_H

#include <linux/types.h>

struct dentry;

enum ovsr_fault {
	OVSR_FAULT_FLOW_ALLOC,	  /* a flow */
	OVSR_FAULT_FLOW_LINK,	  /* a place for it in the table */
	OVSR_FAULT_MASK_ALLOC,	  /* a mask that no other flow has */
	OVSR_FAULT_ACTIONS_ALLOC, /* a list of actions, at any depth */
	OVSR_FAULT_MSG_ALLOC,	  /* a reply or a notification about flows, ports and datapaths */
	OVSR_FAULT_DP_ALLOC,	  /* a datapath */
	OVSR_FAULT_PORT_ALLOC,	  /* a port */
	OVSR_FAULT_PORT_REGISTER, /* its device, or a place among that device's receivers */
	OVSR_FAULT_METER_LINK,	  /* a place for a meter */
	OVSR_FAULT_CT_TEMPLATE,	  /* what new connections are made of */
	OVSR_FAULT_UPCALL_ALLOC,  /* a message with a packet: it is lost */
	OVSR_FAULT_PACKET_CLONE,  /* a copy of a packet that goes to more than one place */
	OVSR_FAULTS,
};

#if IS_ENABLED(CONFIG_DEBUG_FS)
/* True if this is the time that @fault was asked for. In any context. */
bool ovsr_fault(enum ovsr_fault fault);
void ovsr_fault_debug_init(struct dentry *directory);
#else
static inline bool ovsr_fault(enum ovsr_fault fault)
{
	return false;
}

static inline void ovsr_fault_debug_init(struct dentry *directory)
{
}
#endif

#endif
