// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "datapath.h"
#include "limit.h"

static const struct ctl_table limits_template[] = {
	{
		.procname = "max_flows",
		.data = (void *)offsetof(struct ovsr_limits, max_flows),
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec,
	},
	{},
};

/* Returns 0 or -ENOMEM. */
int ovsr_limits_net_init(struct net *net)
{
	struct ovsr_limits *limits = &ovsr_net(net)->limits;
	struct ctl_table *table;
	struct ctl_table *row;

	if (!IS_ENABLED(CONFIG_SYSCTL))
		return 0;
	table = kmemdup(limits_template, sizeof(limits_template), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (row = table; row->procname; row++)
		row->data = (void *)limits + (unsigned long)row->data;

	limits->header = register_net_sysctl(net, "net/openvswitch_ref", table);
	if (!limits->header) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

void ovsr_limits_net_exit(struct net *net)
{
	struct ctl_table_header *header = ovsr_net(net)->limits.header;
	struct ctl_table *table;

	if (!header)
		return;
	table = header->ctl_table_arg;
	unregister_net_sysctl_table(header);
	kfree(table);
}
