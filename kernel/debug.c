// SPDX-License-Identifier: GPL-2.0-only
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "datapath.h"
#include "debug.h"
#include "fault.h"
#include "text.h"
#include "upcall.h"
#include "vport.h"

static struct dentry *directory;

static const char *const type_names[] = {
	[OVS_VPORT_TYPE_NETDEV] = "netdev", [OVS_VPORT_TYPE_INTERNAL] = "internal",
	[OVS_VPORT_TYPE_GRE] = "gre",	    [OVS_VPORT_TYPE_VXLAN] = "vxlan",
	[OVS_VPORT_TYPE_GENEVE] = "geneve",
};

/* Shows every datapath there is, under ovsr_lock. */
static int show_all(struct seq_file *m, int (*show)(struct seq_file *, struct ovsr_datapath *))
{
	struct ovsr_datapath *dp;
	struct ovsr_net *on;
	int err = 0;

	ovsr_lock();
	list_for_each_entry(on, &ovsr_nets, node) {
		list_for_each_entry(dp, &on->datapaths, node) {
			err = show(m, dp);
			if (err)
				goto out;
		}
	}
out:
	ovsr_unlock();
	return err;
}

static int dp_tables_show(struct seq_file *m, struct ovsr_datapath *dp)
{
	struct ovs_dp_megaflow_stats mega;
	struct ovs_dp_stats stats;

	ovsr_dp_stats_get(dp, &stats, &mega);
	seq_printf(m, "%s netns=%u\n", ovsr_dp_name(dp), ovsr_dp_net(dp)->ns.inum);
	seq_printf(m, "  packets hit=%llu missed=%llu lost=%llu mask_hit=%llu cache_hit=%llu\n",
		   stats.n_hit, stats.n_missed, stats.n_lost, mega.n_mask_hit, mega.n_cache_hit);
	ovsr_flow_table_show(m, &dp->flows);
	return 0;
}

static int tables_show(struct seq_file *m, void *v)
{
	return show_all(m, dp_tables_show);
}
DEFINE_SHOW_ATTRIBUTE(tables);

static void put_portids(struct seq_file *m, const struct ovsr_vport *vport)
{
	const struct ovsr_portids *pids = ovsr_dereference(vport->upcall_pids);
	u32 i;

	seq_printf(m, pids->n == 1 ? " upcall_pid=%u" : " upcall_pid=[%u", pids->ids[0]);
	for (i = 1; i < pids->n; i++)
		seq_printf(m, ",%u", pids->ids[i]);
	if (pids->n > 1)
		seq_putc(m, ']');
}

static void put_vport(struct seq_file *m, const struct ovsr_vport *vport, int dp_ifindex)
{
	u32 type = vport->ops->type;

	seq_printf(m, "vport.new $dp%d port_no=%u name=\"%s\" type=%s", dp_ifindex, vport->port_no,
		   vport->dev->name, type_names[type]);
	put_portids(m, vport);
	if (type == OVS_VPORT_TYPE_VXLAN || type == OVS_VPORT_TYPE_GENEVE)
		seq_printf(m, " options{dst_port=%u%s}", vport->tunnel.dst_port,
			   vport->tunnel.gbp ? ",extension{gbp}" : "");
	seq_puts(m, " -> ok\n");
}

/* The requests that would make the datapath what it is. */
static int dp_state_show(struct seq_file *m, struct ovsr_datapath *dp)
{
	int ifindex = ovsr_dp_ifindex(dp);
	struct ovsr_vport *vport;
	struct ovsr_flow *flow;
	unsigned long i;
	int err;

	seq_printf(m, "# netns %u\n", ovsr_dp_net(dp)->ns.inum);
	seq_printf(m, "dp.new name=\"%s\"", ovsr_dp_name(dp));
	put_portids(m, ovsr_vport_find(dp, OVSP_LOCAL));
	seq_printf(m, " user_features=%#x masks_cache_size=%u -> ok as $dp%d\n", dp->user_features,
		   ovsr_flow_table_cache_size(&dp->flows), ifindex);

	xa_for_each_start(&dp->vports, i, vport, OVSP_LOCAL + 1)
		put_vport(m, vport, ifindex);

	i = 0;
	while ((flow = ovsr_flow_table_next(&dp->flows, &i))) {
		seq_printf(m, "flow.new $dp%d ", ifindex);
		err = ovsr_text_flow(m, flow);
		if (err)
			return err;
		seq_puts(m, " -> ok\n");
	}
	return 0;
}

static int state_show(struct seq_file *m, void *v)
{
	return show_all(m, dp_state_show);
}
DEFINE_SHOW_ATTRIBUTE(state);

/* Nothing depends on whether it works. */
void ovsr_debug_init(void)
{
	directory = debugfs_create_dir("openvswitch_ref", NULL);
	debugfs_create_file("tables", 0400, directory, NULL, &tables_fops);
	debugfs_create_file("state", 0400, directory, NULL, &state_fops);
	ovsr_fault_debug_init(directory);
}

/* Waits for those who read. */
void ovsr_debug_exit(void)
{
	debugfs_remove(directory);
}
