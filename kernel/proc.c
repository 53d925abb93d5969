// SPDX-License-Identifier: GPL-2.0-only
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>

#include "datapath.h"
#include "proc.h"
#include "text.h"
#include "vport.h"

#define DIRECTORY "openvswitch_ref"

/*
 * struct place - how far a reader is
 * @p: must be first
 * @dp: the datapath of the flow at hand; valid as long as the lock is held
 * @pos: of the flow at hand
 * @n_dp: how many datapaths come before @dp
 * @cursor: behind the flow at hand
 */
struct place {
	struct seq_net_private p;
	struct ovsr_datapath *dp;
	loff_t pos;
	unsigned int n_dp;
	unsigned long cursor;
};

static struct ovsr_datapath *nth_dp(struct net *net, unsigned int n)
{
	struct ovsr_datapath *dp;

	list_for_each_entry(dp, &ovsr_net(net)->datapaths, node)
		if (!n--)
			return dp;
	return NULL;
}

/* The next flow, of this datapath or of one that follows. */
static struct ovsr_flow *next_flow(struct seq_file *m)
{
	struct place *place = m->private;
	struct ovsr_flow *flow;

	while ((place->dp = nth_dp(seq_file_net(m), place->n_dp))) {
		flow = ovsr_flow_table_next(&place->dp->flows, &place->cursor);
		if (flow)
			return flow;
		place->n_dp++;
		place->cursor = 0;
	}
	return NULL;
}

/*
 * A reader that comes back goes on where it was: the flow at hand, which did not fit, is shown
 * again, or if it is gone the next.
 */
static void *flows_start(struct seq_file *m, loff_t *pos)
{
	struct place *place = m->private;
	struct ovsr_flow *flow;

	ovsr_lock();
	if (*pos && *pos == place->pos) {
		if (place->cursor)
			place->cursor--;
		return next_flow(m);
	}
	place->n_dp = 0;
	place->cursor = 0;
	place->pos = 0;
	flow = next_flow(m);
	while (flow && place->pos < *pos) {
		place->pos++;
		flow = next_flow(m);
	}
	return flow;
}

static void *flows_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct place *place = m->private;

	place->pos = ++*pos;
	return next_flow(m);
}

static void flows_stop(struct seq_file *m, void *v)
{
	ovsr_unlock();
}

static int flows_show(struct seq_file *m, void *v)
{
	const struct place *place = m->private;
	struct ovsr_flow *flow = v;
	struct ovsr_flow_stats stats;
	int err;

	seq_printf(m, "%s ", ovsr_dp_name(place->dp));
	err = ovsr_text_flow(m, flow);
	if (err)
		return err;
	ovsr_flow_stats_get(flow, &stats);
	seq_printf(m, " stats(n_packets=%llu,n_bytes=%llu)", stats.packets, stats.bytes);
	if (stats.used)
		seq_printf(m, " used=%llu", ovsr_flow_used_ms(stats.used));
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations flows_ops = {
	.start = flows_start,
	.next = flows_next,
	.stop = flows_stop,
	.show = flows_show,
};

/* Returns 0 or -ENOMEM. */
int ovsr_proc_net_init(struct net *net)
{
	struct proc_dir_entry *dir = proc_net_mkdir(net, DIRECTORY, net->proc_net);

	/* For everybody, as is the dump of flows. */
	if (dir && proc_create_net("flows", 0444, dir, &flows_ops, sizeof(struct place)))
		return 0;
	ovsr_proc_net_exit(net);
	return IS_ENABLED(CONFIG_PROC_FS) ? -ENOMEM : 0;
}

void ovsr_proc_net_exit(struct net *net)
{
	remove_proc_subtree(DIRECTORY, net->proc_net);
}
