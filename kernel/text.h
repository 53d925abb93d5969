/* SPDX-License-Identifier: GPL-2.0-only */
/* What an operator reads: flows as ovs-dpctl prints keys and actions, ready to be parsed again. */
#ifndef OVSR_TEXT_H
#define OVSR_TEXT_H

struct ovsr_flow;
struct seq_file;

/*
 * Writes "[ufid=..] key{..} mask{..} actions{..}".  What has no spelling of its own is given as its
 * bytes.  Under ovsr_lock.  Returns 0 or -ENOMEM.
 */
int ovsr_text_flow(struct seq_file *m, const struct ovsr_flow *flow);

#endif /* OVSR_TEXT_H */
