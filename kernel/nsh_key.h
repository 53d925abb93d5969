/* SPDX-License-Identifier: GPL-2.0-only */
/* OVS_KEY_ATTR_NSH: the nest of OVS_NSH_KEY_ATTR_* to a key or to a header, and back. */
#ifndef OVSR_NSH_KEY_H
#define OVSR_NSH_KEY_H

#include <net/nsh.h>

#include "flow_key.h"

/* Parses a key, or a mask (@is_mask), whose values read as all ones with @ones. 0 or -EINVAL. */
int ovsr_nsh_parse(const struct nlattr *nest, bool ones, bool is_mask, struct ovsr_nsh *out,
		   bool log);

/* Puts @nsh as a nest of type OVS_KEY_ATTR_NSH. 0 or -EMSGSIZE, with the nest taken back. */
int ovsr_nsh_put(struct sk_buff *msg, const struct ovsr_nsh *nsh, bool is_mask);

/*
 * Builds the header that a push_nsh describes; @header has room for NSH_HDR_MAX_LEN. 0 or -EINVAL.
 */
int ovsr_nsh_header(const struct nlattr *nest, struct nshhdr *header, bool log);

/* An upper bound for the attributes inside of the nest. */
size_t ovsr_nsh_size(void);

#endif
