/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OVSR_NEST_H
#define OVSR_NEST_H

#include <net/netlink.h>

/* Ends @nest, or after an error takes it back, with all that is in it. Returns @err. */
static inline int ovsr_nest_close(struct sk_buff *msg, struct nlattr *nest, int err)
{
	if (err)
		nla_nest_cancel(msg, nest);
	else
		nla_nest_end(msg, nest);
	return err;
}

#endif
