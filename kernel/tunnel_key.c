// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <net/dst_metadata.h>
#include <net/erspan.h>
#include <net/vxlan.h>

#include "nest.h"
#include "tunnel_key.h"

#define LEN_ANY -1 /* the attribute's own parser looks at its length */

/* What an attribute promises about the addresses' family. */
#define FAMILY_IPV4 BIT(0)
#define FAMILY_IPV6 BIT(1)

/* One row for each attribute: where its value goes, and what its presence says. */
struct tunnel_attr {
	s8 len;
	u8 family;
	u8 to; /* offset in struct ip_tunnel_key */
	__be16 flag;
	int (*parse_opts)(const struct nlattr *attr, bool ones, struct ovsr_key *out,
			  const struct ovsr_key *key, bool log);
};

static void value_get(void *to, const void *from, size_t len, bool ones)
{
	if (ones)
		memset(to, 0xff, len);
	else
		memcpy(to, from, len);
}

static void opts_set(struct ovsr_key *out, bool is_mask, u8 len, const void *data, bool ones)
{
	out->tunnel.opts_len = is_mask ? 0xff : len;
	value_get(out->tunnel.opts, data, len, ones);
}

static int geneve_parse(const struct nlattr *attr, bool ones, struct ovsr_key *out,
			const struct ovsr_key *key, bool log)
{
	int len = nla_len(attr);

	if (len > IP_TUNNEL_OPTS_MAX || len % 4) {
		ovsr_log(log, "bad length %d of geneve options", len);
		return -EINVAL;
	}
	if (key && key->tunnel.opts_len != len) {
		ovsr_log(log, "%d bytes of geneve options, %d in the mask", key->tunnel.opts_len,
			 len);
		return -EINVAL;
	}
	opts_set(out, key, len, nla_data(attr), ones);
	return 0;
}

static int vxlan_parse(const struct nlattr *attr, bool ones, struct ovsr_key *out,
		       const struct ovsr_key *key, bool log)
{
	struct vxlan_metadata md = {};
	const struct nlattr *a;
	int rem;

	nla_for_each_nested(a, attr, rem) {
		if (nla_type(a) != OVS_VXLAN_EXT_GBP || nla_len(a) != sizeof(u32)) {
			ovsr_log(log, "bad vxlan extension %d of %d bytes", nla_type(a),
				 nla_len(a));
			return -EINVAL;
		}
		md.gbp = ones ? U32_MAX : nla_get_u32(a);
	}
	if (rem) {
		ovsr_log(log, "%d stray bytes after the vxlan extensions", rem);
		return -EINVAL;
	}
	opts_set(out, key, sizeof(md), &md, false);
	return 0;
}

static int erspan_parse(const struct nlattr *attr, bool ones, struct ovsr_key *out,
			const struct ovsr_key *key, bool log)
{
	const int whole = sizeof(struct erspan_metadata);
	const void *data = nla_data(attr);
	u8 *opts = out->tunnel.opts;
	int len = nla_len(attr);
	int tail = min(len, whole);

	if (len > IP_TUNNEL_OPTS_MAX) {
		ovsr_log(log, "bad length %d of erspan options", len);
		return -EINVAL;
	}
	/*
	 * The metadata is the end of what was given, however long that is. What stands before it
	 * counts as well, for a match at least, so it is kept behind.
	 */
	out->tunnel.opts_len = key ? 0xff : whole;
	value_get(opts + whole - tail, data + len - tail, tail, ones);
	value_get(opts + whole, data, len - tail, ones);
	return 0;
}

#define TUN(field)                                        \
	.len = sizeof_field(struct ip_tunnel_key, field), \
	.to = offsetof(struct ip_tunnel_key, field)

static const struct tunnel_attr tunnel_attrs[OVS_TUNNEL_KEY_ATTR_MAX + 1] = {
	[OVS_TUNNEL_KEY_ATTR_ID] = { TUN(tun_id), .flag = TUNNEL_KEY },
	[OVS_TUNNEL_KEY_ATTR_IPV4_SRC] = { TUN(u.ipv4.src), .family = FAMILY_IPV4 },
	[OVS_TUNNEL_KEY_ATTR_IPV4_DST] = { TUN(u.ipv4.dst), .family = FAMILY_IPV4 },
	[OVS_TUNNEL_KEY_ATTR_TOS] = { TUN(tos) },
	[OVS_TUNNEL_KEY_ATTR_TTL] = { TUN(ttl) },
	[OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT] = { .flag = TUNNEL_DONT_FRAGMENT },
	[OVS_TUNNEL_KEY_ATTR_CSUM] = { .flag = TUNNEL_CSUM },
	[OVS_TUNNEL_KEY_ATTR_OAM] = { .flag = TUNNEL_OAM },
	[OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS] = { .len = LEN_ANY,
					      .flag = TUNNEL_GENEVE_OPT,
					      .parse_opts = geneve_parse },
	[OVS_TUNNEL_KEY_ATTR_TP_SRC] = { TUN(tp_src) },
	[OVS_TUNNEL_KEY_ATTR_TP_DST] = { TUN(tp_dst) },
	[OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS] = { .len = LEN_ANY,
					     .flag = TUNNEL_VXLAN_OPT,
					     .parse_opts = vxlan_parse },
	[OVS_TUNNEL_KEY_ATTR_IPV6_SRC] = { TUN(u.ipv6.src), .family = FAMILY_IPV6 },
	[OVS_TUNNEL_KEY_ATTR_IPV6_DST] = { TUN(u.ipv6.dst), .family = FAMILY_IPV6 },
	[OVS_TUNNEL_KEY_ATTR_PAD] = {},
	[OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS] = { .len = LEN_ANY,
					      .flag = TUNNEL_ERSPAN_OPT,
					      .parse_opts = erspan_parse },
	[OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE] = { .family = FAMILY_IPV4 },
};

/* What the presence of the attributes adds up to. */
struct tunnel_seen {
	u32 attrs;
	u8 families;
	__be16 flags;
	int opts_type;
};

static int attr_parse(const struct nlattr *a, bool ones, struct ovsr_key *out,
		      const struct ovsr_key *key, struct tunnel_seen *seen, bool log)
{
	const struct tunnel_attr *row;
	int type = nla_type(a);
	int err;

	if (type > OVS_TUNNEL_KEY_ATTR_MAX) {
		ovsr_log(log, "unknown tunnel attribute %d", type);
		return -EINVAL;
	}
	row = &tunnel_attrs[type];
	if (row->len != LEN_ANY && row->len != nla_len(a)) {
		ovsr_log(log, "tunnel attribute %d has %d bytes, not %d", type, nla_len(a),
			 row->len);
		return -EINVAL;
	}
	if (row->parse_opts) {
		if (seen->opts_type) {
			ovsr_log(log, "tunnel options given twice");
			return -EINVAL;
		}
		err = row->parse_opts(a, ones, out, key, log);
		if (err)
			return err;
		seen->opts_type = type;
	} else {
		value_get((u8 *)&out->tunnel.key + row->to, nla_data(a), row->len, ones);
	}
	seen->attrs |= BIT(type);
	seen->families |= row->family;
	seen->flags |= row->flag;
	return 0;
}

/* A bridge-mode tunnel carries an id and nothing else. */
static bool bridge_ok(const struct ip_tunnel_key *tun)
{
	return !(tun->u.ipv4.src || tun->u.ipv4.dst || tun->tp_src || tun->tp_dst || tun->ttl ||
		 tun->tos || (tun->tun_flags & ~TUNNEL_KEY));
}

static int tunnel_validate(const struct ovsr_key *key, const struct tunnel_seen *seen, bool log)
{
	bool bridge = seen->attrs & BIT(OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE);

	switch (seen->families) {
	case FAMILY_IPV4:
		if (bridge ? !bridge_ok(&key->tunnel.key) : !key->tunnel.key.u.ipv4.dst)
			goto bad_address;
		break;
	case FAMILY_IPV6:
		if (ipv6_addr_any(&key->tunnel.key.u.ipv6.dst))
			goto bad_address;
		break;
	default:
		goto bad_address;
	}
	if (!bridge && !(seen->attrs & BIT(OVS_TUNNEL_KEY_ATTR_TTL))) {
		ovsr_log(log, "tunnel without a ttl");
		return -EINVAL;
	}
	return 0;

bad_address:
	ovsr_log(log, "tunnel without a usable destination");
	return -EINVAL;
}

int ovsr_tunnel_parse(const struct nlattr *nest, bool ones, struct ovsr_key *out,
		      const struct ovsr_key *key, bool log)
{
	struct tunnel_seen seen = {};
	const struct nlattr *a;
	int rem, err;

	nla_for_each_nested(a, nest, rem) {
		err = attr_parse(a, ones, out, key, &seen, log);
		if (err)
			return err;
	}
	if (rem > 0) { /* below zero, only the padding of the last one is missing */
		ovsr_log(log, "%d stray bytes after the tunnel attributes", rem);
		return -EINVAL;
	}
	if (seen.families == (FAMILY_IPV4 | FAMILY_IPV6)) {
		ovsr_log(log, "tunnel of two address families");
		return -EINVAL;
	}

	out->tunnel.key.tun_flags = seen.flags;
	if (key) {
		out->tunnel.family = 0xff;
		return seen.opts_type;
	}
	out->tunnel.family = seen.families & FAMILY_IPV6 ? AF_INET6 : AF_INET;
	err = tunnel_validate(out, &seen, log);
	return err ?: seen.opts_type;
}

static int opts_put(struct sk_buff *msg, __be16 flags, const void *opts, u8 len)
{
	const struct vxlan_metadata *md = opts;
	struct nlattr *nest;

	if (!len)
		return 0;
	if (flags & TUNNEL_GENEVE_OPT)
		return nla_put(msg, OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS, len, opts);
	if (flags & TUNNEL_VXLAN_OPT) {
		nest = nla_nest_start_noflag(msg, OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS);
		if (!nest || nla_put_u32(msg, OVS_VXLAN_EXT_GBP, md->gbp))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
		return 0;
	}
	if (flags & TUNNEL_ERSPAN_OPT)
		return nla_put(msg, OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS, len, opts);
	return 0;
}

/* What is put, in this order; the options are last. */
static const u8 put_order[] = {
	OVS_TUNNEL_KEY_ATTR_ID,	      OVS_TUNNEL_KEY_ATTR_IPV4_SRC,
	OVS_TUNNEL_KEY_ATTR_IPV4_DST, OVS_TUNNEL_KEY_ATTR_IPV6_SRC,
	OVS_TUNNEL_KEY_ATTR_IPV6_DST, OVS_TUNNEL_KEY_ATTR_TOS,
	OVS_TUNNEL_KEY_ATTR_TTL,      OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT,
	OVS_TUNNEL_KEY_ATTR_CSUM,     OVS_TUNNEL_KEY_ATTR_TP_SRC,
	OVS_TUNNEL_KEY_ATTR_TP_DST,   OVS_TUNNEL_KEY_ATTR_OAM,
};

/* What has a flag is there if that is set, the TTL always, the rest unless it is zero. */
static bool attr_shown(const struct ip_tunnel_key *tun, u8 families, u8 type)
{
	const struct tunnel_attr *row = &tunnel_attrs[type];

	if (row->flag || type == OVS_TUNNEL_KEY_ATTR_TTL)
		return type == OVS_TUNNEL_KEY_ATTR_TTL || tun->tun_flags & row->flag;
	if (row->family && !(row->family & families))
		return false;
	return memchr_inv((const u8 *)tun + row->to, 0, row->len);
}

static int attr_put(struct sk_buff *msg, const struct ip_tunnel_key *tun, u8 type)
{
	const struct tunnel_attr *row = &tunnel_attrs[type];
	const void *value = (const u8 *)tun + row->to;

	if (row->len == sizeof(u64))
		return nla_put_64bit(msg, type, row->len, value, OVS_TUNNEL_KEY_ATTR_PAD);
	return nla_put(msg, type, row->len, value);
}

static int tunnel_attrs_put(struct sk_buff *msg, const struct ip_tunnel_key *tun, const void *opts,
			    u8 opts_len, u8 family, u8 mode)
{
	bool bridge = mode & IP_TUNNEL_INFO_BRIDGE;
	u8 families =
		(family == AF_INET ? FAMILY_IPV4 : 0) | (family == AF_INET6 ? FAMILY_IPV6 : 0);
	const u8 *type = put_order;
	const u8 *end = put_order + (bridge ? 1 : ARRAY_SIZE(put_order));
	int err = 0;

	for (; !err && type < end; type++)
		if (attr_shown(tun, families, *type))
			err = attr_put(msg, tun, *type);
	if (err)
		return err;
	if (bridge)
		return nla_put_flag(msg, OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE);
	return opts_put(msg, tun->tun_flags, opts, opts_len);
}

int ovsr_tunnel_put(struct sk_buff *msg, int attrtype, const struct ip_tunnel_key *tun,
		    const void *opts, u8 opts_len, u8 family, u8 mode)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, attrtype);

	if (!nest)
		return -EMSGSIZE;
	return ovsr_nest_close(msg, nest, tunnel_attrs_put(msg, tun, opts, opts_len, family, mode));
}

int ovsr_tunnel_info_put(struct sk_buff *msg, int attrtype, const struct ip_tunnel_info *info)
{
	return ovsr_tunnel_put(msg, attrtype, &info->key, ip_tunnel_info_opts((void *)info),
			       info->options_len, ip_tunnel_info_af(info), info->mode);
}

size_t ovsr_tunnel_size(void)
{
	return nla_total_size_64bit(sizeof(__be64)) +	     /* ID */
	       2 * nla_total_size(sizeof(struct in6_addr)) + /* addresses */
	       2 * nla_total_size(sizeof(u8)) +		     /* TOS, TTL */
	       3 * nla_total_size(0) +			     /* flags */
	       2 * nla_total_size(sizeof(__be16)) +	     /* ports */
	       nla_total_size(IP_TUNNEL_OPTS_MAX);	     /* the longest of the options */
}
