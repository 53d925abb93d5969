/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OVSR_FAMILY_H
#define OVSR_FAMILY_H

#include <net/genetlink.h>

extern struct genl_family ovsr_datapath_family;
extern struct genl_family ovsr_vport_family;
extern struct genl_family ovsr_flow_family;
extern struct genl_family ovsr_packet_family;
extern struct genl_family ovsr_meter_family;
extern struct genl_family ovsr_ct_limit_family;

/* The pre_doit of every family, not for dumps: the tracepoint ovsr_request.  Returns 0. */
int ovsr_request_trace(const struct genl_ops *ops, struct sk_buff *skb, struct genl_info *info);

/* Every command of every family is lenient about its outer attributes, as userspace relies on. */
#define OVSR_VALIDATE (GENL_DONT_VALIDATE_STRICT | GENL_DONT_VALIDATE_DUMP)

#endif /* OVSR_FAMILY_H */
