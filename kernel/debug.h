/* SPDX-License-Identifier: GPL-2.0-only */
/* debugfs: openvswitch_ref/tables and openvswitch_ref/state, of all namespaces. */
#ifndef OVSR_DEBUG_H
#define OVSR_DEBUG_H

void ovsr_debug_init(void);
void ovsr_debug_exit(void);

#endif /* OVSR_DEBUG_H */
