/* SPDX-License-Identifier: GPL-2.0-only */
/* OVS_KEY_ATTR_TUNNEL: the nest of OVS_TUNNEL_KEY_ATTR_* to the tunnel part of a key, and back. */
#ifndef OVSR_TUNNEL_KEY_H
#define OVSR_TUNNEL_KEY_H

#include "flow_key.h"

/*
 * Parses the attributes inside of @nest into the tunnel part of @out. @key is NULL for a key; for a
 * mask it is the key that the mask goes with. @ones: the attributes' values read as all ones.
 * Returns the OVS_TUNNEL_KEY_ATTR_*_OPTS that was there, 0 if none, or -EINVAL.
 */
int ovsr_tunnel_parse(const struct nlattr *nest, bool ones, struct ovsr_key *out,
		      const struct ovsr_key *key, bool log);

/*
 * Puts @tun as a nest of type @attrtype. @opts: @opts_len bytes whose kind @tun's flags tell.
 * @mode: IP_TUNNEL_INFO_*. Returns 0 or -EMSGSIZE, with the nest taken back.
 */
int ovsr_tunnel_put(struct sk_buff *msg, int attrtype, const struct ip_tunnel_key *tun,
		    const void *opts, u8 opts_len, u8 family, u8 mode);

/* The same for what the stack knows of a tunnel (OVS_PACKET_ATTR_EGRESS_TUN_KEY). */
int ovsr_tunnel_info_put(struct sk_buff *msg, int attrtype, const struct ip_tunnel_info *info);

/* An upper bound for the attributes inside of the nest. */
size_t ovsr_tunnel_size(void);

#endif
