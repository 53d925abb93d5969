/* SPDX-License-Identifier: GPL-2.0-only */
/* The two parts of a key that are nests of their own: the outer tunnel, and NSH. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "flow_key.h"

#define K(member)	offsetof(struct rig_key, member)
#define ERSPAN_METADATA 12 /* sizeof(struct erspan_metadata) */
#define NSH_CONTEXT_MAX 248

enum tunnel_flag {
	IS_V4 = 0x100, /* says that the tunnel is IPv4 */
	IS_V6 = 0x200,
	IS_TTL = 0x400,
	IS_BRIDGE = 0x800,
	IS_OPTIONS = 0x1000,
};

/* Where the payload goes, and what the attribute's presence says. */
static const struct tunnel_row {
	int16_t len;
	uint16_t to;
	uint16_t says; /* enum rig_tun_flag, enum tunnel_flag */
} rows[OVS_TUNNEL_KEY_ATTR_MAX + 1] = {
	[OVS_TUNNEL_KEY_ATTR_ID] = { 8, K(tun_id), RIG_TUN_KEY },
	[OVS_TUNNEL_KEY_ATTR_IPV4_SRC] = { 4, K(tun_addr), IS_V4 },
	[OVS_TUNNEL_KEY_ATTR_IPV4_DST] = { 4, K(tun_addr) + 4, IS_V4 },
	[OVS_TUNNEL_KEY_ATTR_TOS] = { 1, K(tun_tos), 0 },
	[OVS_TUNNEL_KEY_ATTR_TTL] = { 1, K(tun_ttl), IS_TTL },
	[OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT] = { 0, 0, RIG_TUN_DF },
	[OVS_TUNNEL_KEY_ATTR_CSUM] = { 0, 0, RIG_TUN_CSUM },
	[OVS_TUNNEL_KEY_ATTR_OAM] = { 0, 0, RIG_TUN_OAM },
	[OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS] = { RIG_LEN_VARIABLE, 0, RIG_TUN_GENEVE | IS_OPTIONS },
	[OVS_TUNNEL_KEY_ATTR_TP_SRC] = { 2, K(tun_src_be), 0 },
	[OVS_TUNNEL_KEY_ATTR_TP_DST] = { 2, K(tun_dst_be), 0 },
	[OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS] = { RIG_LEN_NESTED, 0, RIG_TUN_VXLAN | IS_OPTIONS },
	[OVS_TUNNEL_KEY_ATTR_IPV6_SRC] = { 16, K(tun_addr), IS_V6 },
	[OVS_TUNNEL_KEY_ATTR_IPV6_DST] = { 16, K(tun_addr) + 16, IS_V6 },
	[OVS_TUNNEL_KEY_ATTR_PAD] = { 0, 0, 0 },
	[OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS] = { RIG_LEN_VARIABLE, 0, RIG_TUN_ERSPAN | IS_OPTIONS },
	[OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE] = { 0, 0, IS_V4 | IS_BRIDGE },
};

static void put(struct rig_key *key, struct rig_span *span, size_t to, const void *v, size_t size)
{
	memcpy((uint8_t *)key + to, v, size);
	rig_span_add(span, to, size);
}

static int read_gbp(const struct nlattr *nest, uint32_t *gbp)
{
	struct rig_nla_walk w = rig_nla_inside(nest);
	const struct nlattr *a;

	*gbp = 0;
	while ((a = rig_nla_next(&w))) {
		if (rig_nla_type(a) != OVS_VXLAN_EXT_GBP || rig_nla_len(a) != 4)
			return -EINVAL;
		*gbp = rig_nla_u32(a);
	}
	return w.left ? -EINVAL : 0;
}

static int read_options(struct rig_key *key, struct rig_span *span, const struct rig_key *unmasked,
			const struct nlattr *a, bool is_mask)
{
	unsigned int len = rig_nla_len(a);
	const void *bytes = rig_nla_data(a);
	uint32_t gbp;
	uint8_t key_len = len;

	if (rig_nla_type(a) == OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS) {
		if (read_gbp(a, &gbp))
			return -EINVAL;
		bytes = &gbp;
		key_len = len = sizeof(gbp);
	} else if (len > sizeof(key->tun_opts)) {
		return -EINVAL;
	} else if (rig_nla_type(a) == OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS) {
		key_len = ERSPAN_METADATA;
	} else if (len % 4 || (is_mask && unmasked->tun_opts_len != len)) {
		return -EINVAL;
	}
	if (is_mask)
		key_len = 0xff;
	put(key, span, K(tun_opts_len), &key_len, 1);
	put(key, span, K(tun_opts) + sizeof(key->tun_opts) - len, bytes, len);
	return 0;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

static bool addresses_ok(const struct rig_key *key, unsigned int says)
{
	if (says & IS_BRIDGE)
		return all_zero(key->tun_addr, 8) && !key->tun_src_be && !key->tun_dst_be &&
		       !key->tun_ttl && !key->tun_tos && !(says & 0xff & ~RIG_TUN_KEY);
	if (!(says & IS_TTL))
		return false;
	if (says & IS_V4)
		return !all_zero(key->tun_addr + 4, 4);
	return (says & IS_V6) && !all_zero(key->tun_addr + 16, 16);
}

int rig_tunnel_parse(struct rig_key *key, struct rig_span *span, const struct rig_key *unmasked,
		     const struct nlattr *attr, bool is_mask)
{
	struct rig_nla_walk w = rig_nla_inside(attr);
	const struct nlattr *a;
	unsigned int says = 0;
	int options = 0;
	uint16_t flags;
	uint8_t family;

	while ((a = rig_nla_next(&w))) {
		unsigned int type = rig_nla_type(a);
		const struct tunnel_row *row;

		if (type > OVS_TUNNEL_KEY_ATTR_MAX)
			return -EINVAL;
		row = &rows[type];
		if (row->len >= 0 && (unsigned int)row->len != rig_nla_len(a))
			return -EINVAL;
		if (row->says & IS_OPTIONS) {
			if (options || read_options(key, span, unmasked, a, is_mask))
				return -EINVAL;
			options = type;
		} else if (row->len > 0) {
			put(key, span, row->to, rig_nla_data(a), row->len);
		}
		says |= row->says;
	}
	flags = says & 0xff;
	family = is_mask ? 0xff : says & IS_V6 ? AF_INET6 : AF_INET;
	put(key, span, K(tun_flags), &flags, sizeof(flags));
	put(key, span, K(tun_family), &family, 1);
	if (w.left > 0 || (says & IS_V4 && says & IS_V6))
		return -EINVAL;
	return is_mask || addresses_ok(key, says) ? options : -EINVAL;
}

int rig_nsh_parse(struct rig_key *key, struct rig_span *span, const struct nlattr *attr,
		  bool is_mask, bool push)
{
	struct rig_nla_walk w = rig_nla_inside(attr);
	bool base = false, md1 = false, md2 = false;
	const struct nlattr *a;
	uint8_t mdtype = 0;

	while ((a = rig_nla_next(&w))) {
		unsigned int len = rig_nla_len(a);

		switch (rig_nla_type(a)) {
		case OVS_NSH_KEY_ATTR_BASE:
			if (len != sizeof(struct ovs_nsh_key_base))
				return -EINVAL;
			base = true;
			put(key, span, K(nsh.base), rig_nla_data(a), len);
			mdtype = ((const struct ovs_nsh_key_base *)rig_nla_data(a))->mdtype;
			break;
		case OVS_NSH_KEY_ATTR_MD1:
			if (len != sizeof(struct ovs_nsh_key_md1))
				return -EINVAL;
			md1 = true;
			put(key, span, K(nsh.context_be), rig_nla_data(a), len);
			break;
		case OVS_NSH_KEY_ATTR_MD2:
			/* Can be pushed, not matched. */
			if (!push || !len || len > NSH_CONTEXT_MAX)
				return -EINVAL;
			md2 = true;
			break;
		default:
			return -EINVAL;
		}
	}
	if (w.left > 0 || (md1 && md2))
		return -EINVAL;
	if (!is_mask && ((md1 && mdtype != 1) || (md2 && mdtype != 2)))
		return -EINVAL;
	return push && (!base || (!md1 && !md2)) ? -EINVAL : 0;
}

static void put_options(struct rig_answer *a, const struct rig_key *v, unsigned int len)
{
	const uint8_t *options = v->tun_opts + sizeof(v->tun_opts) - len;
	size_t nest;

	if (!len)
		return;
	if (v->tun_flags & RIG_TUN_GENEVE) {
		rig_put(a, OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS, options, len);
	} else if (v->tun_flags & RIG_TUN_VXLAN) {
		nest = rig_nest_begin(a, OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS);
		rig_put(a, OVS_VXLAN_EXT_GBP, options, 4);
		rig_nest_end(a, nest);
	} else if (v->tun_flags & RIG_TUN_ERSPAN) {
		rig_put(a, OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS, options, len);
	}
}

static void put_address(struct rig_answer *a, unsigned int type, const uint8_t *addr, size_t len)
{
	if (!all_zero(addr, len))
		rig_put(a, type, addr, len);
}

void rig_tunnel_put(struct rig_answer *a, const struct rig_key *v, unsigned int opts_len,
		    uint8_t family, bool bridge)
{
	if (v->tun_flags & RIG_TUN_KEY)
		rig_put64(a, OVS_TUNNEL_KEY_ATTR_ID, OVS_TUNNEL_KEY_ATTR_PAD, v->tun_id, 8);
	if (bridge) {
		rig_put_flag(a, OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE);
		return;
	}
	if (family == AF_INET) {
		put_address(a, OVS_TUNNEL_KEY_ATTR_IPV4_SRC, v->tun_addr, 4);
		put_address(a, OVS_TUNNEL_KEY_ATTR_IPV4_DST, v->tun_addr + 4, 4);
	} else if (family == AF_INET6) {
		put_address(a, OVS_TUNNEL_KEY_ATTR_IPV6_SRC, v->tun_addr, 16);
		put_address(a, OVS_TUNNEL_KEY_ATTR_IPV6_DST, v->tun_addr + 16, 16);
	}
	if (v->tun_tos)
		rig_put_u8(a, OVS_TUNNEL_KEY_ATTR_TOS, v->tun_tos);
	rig_put_u8(a, OVS_TUNNEL_KEY_ATTR_TTL, v->tun_ttl);
	if (v->tun_flags & RIG_TUN_DF)
		rig_put_flag(a, OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT);
	if (v->tun_flags & RIG_TUN_CSUM)
		rig_put_flag(a, OVS_TUNNEL_KEY_ATTR_CSUM);
	if (v->tun_src_be)
		rig_put_u16(a, OVS_TUNNEL_KEY_ATTR_TP_SRC, v->tun_src_be);
	if (v->tun_dst_be)
		rig_put_u16(a, OVS_TUNNEL_KEY_ATTR_TP_DST, v->tun_dst_be);
	if (v->tun_flags & RIG_TUN_OAM)
		rig_put_flag(a, OVS_TUNNEL_KEY_ATTR_OAM);
	put_options(a, v, opts_len);
}
