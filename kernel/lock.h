/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OVSR_LOCK_H
#define OVSR_LOCK_H

#include <linux/lockdep.h>
#include <linux/rcupdate.h>

/*
 * One mutex serialises everything that changes a datapath, in every network namespace.  Readers
 * use RCU.  The RTNL lock nests inside it, so a netdevice notifier, which already holds RTNL, must
 * defer to a work item.
 */
void ovsr_lock(void);
void ovsr_unlock(void);

#ifdef CONFIG_LOCKDEP
bool ovsr_lock_is_held(void);
#else
static inline bool ovsr_lock_is_held(void)
{
	return true;
}
#endif

/* For a pointer that only a writer looks at. */
#define ovsr_dereference(p) rcu_dereference_protected(p, ovsr_lock_is_held())
/* For a pointer that a writer or an RCU reader may look at. */
#define ovsr_dereference_rcu(p) rcu_dereference_check(p, ovsr_lock_is_held())

#endif /* OVSR_LOCK_H */
