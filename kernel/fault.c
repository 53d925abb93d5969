// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/jump_label.h>

#include "fault.h"

static const char *const names[OVSR_FAULTS] = {
	[OVSR_FAULT_FLOW_ALLOC] = "flow_alloc",	    [OVSR_FAULT_FLOW_LINK] = "flow_link",
	[OVSR_FAULT_MASK_ALLOC] = "mask_alloc",	    [OVSR_FAULT_ACTIONS_ALLOC] = "actions_alloc",
	[OVSR_FAULT_MSG_ALLOC] = "msg_alloc",	    [OVSR_FAULT_DP_ALLOC] = "dp_alloc",
	[OVSR_FAULT_PORT_ALLOC] = "port_alloc",	    [OVSR_FAULT_PORT_REGISTER] = "port_register",
	[OVSR_FAULT_METER_LINK] = "meter_link",	    [OVSR_FAULT_CT_TEMPLATE] = "ct_template",
	[OVSR_FAULT_UPCALL_ALLOC] = "upcall_alloc", [OVSR_FAULT_PACKET_CLONE] = "packet_clone",
};

/* How many times more each step is reached until it fails, once; 0: it does not. */
static atomic_t countdowns[OVSR_FAULTS];

/* Off until the first countdown is set, so that packets do not pay for what nobody asks for. */
static DEFINE_STATIC_KEY_FALSE(in_use);

bool ovsr_fault(enum ovsr_fault fault)
{
	if (!static_branch_unlikely(&in_use))
		return false;
	return atomic_dec_if_positive(&countdowns[fault]) == 0;
}

static int countdown_get(void *data, u64 *value)
{
	*value = atomic_read(data);
	return 0;
}

static int countdown_set(void *data, u64 value)
{
	if (value > INT_MAX)
		return -EINVAL;
	static_branch_enable(&in_use);
	atomic_set(data, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(countdown_fops, countdown_get, countdown_set, "%llu\n");

void ovsr_fault_debug_init(struct dentry *directory)
{
	struct dentry *faults = debugfs_create_dir("fault", directory);
	int i;

	for (i = 0; i < OVSR_FAULTS; i++)
		debugfs_create_file(names[i], 0600, faults, &countdowns[i], &countdown_fops);
}
