// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "nest.h"
#include "nsh_key.h"

/* The attributes of one nest; of repeated ones the last counts. */
struct nsh_attrs {
	const struct nlattr *base;
	const struct nlattr *md1;
	const struct nlattr *md2;
};

static int attr_store(struct nsh_attrs *attrs, const struct nlattr *a)
{
	switch (nla_type(a)) {
	case OVS_NSH_KEY_ATTR_BASE:
		attrs->base = a;
		return nla_len(a) == sizeof(struct ovs_nsh_key_base) ? 0 : -EINVAL;
	case OVS_NSH_KEY_ATTR_MD1:
		attrs->md1 = a;
		return nla_len(a) == sizeof(struct ovs_nsh_key_md1) ? 0 : -EINVAL;
	case OVS_NSH_KEY_ATTR_MD2:
		attrs->md2 = a;
		return nla_len(a) && nla_len(a) <= NSH_CTX_HDRS_MAX_LEN ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int attrs_collect(struct nsh_attrs *attrs, const struct nlattr *nest, bool log)
{
	const struct nlattr *a;
	int rem, err;

	memset(attrs, 0, sizeof(*attrs));
	nla_for_each_nested(a, nest, rem) {
		err = attr_store(attrs, a);
		if (err) {
			ovsr_log(log, "bad nsh attribute %d of %d bytes", nla_type(a), nla_len(a));
			return err;
		}
	}
	if (rem > 0 || (attrs->md1 && attrs->md2)) {
		ovsr_log(log, "nsh key with stray bytes or two kinds of metadata");
		return -EINVAL;
	}
	return 0;
}

static u8 attrs_mdtype(const struct nsh_attrs *attrs)
{
	const struct ovs_nsh_key_base *base = attrs->base ? nla_data(attrs->base) : NULL;

	return base ? base->mdtype : 0;
}

static void value_get(void *to, const struct nlattr *a, bool ones)
{
	if (ones)
		memset(to, 0xff, nla_len(a));
	else
		memcpy(to, nla_data(a), nla_len(a));
}

int ovsr_nsh_parse(const struct nlattr *nest, bool ones, bool is_mask, struct ovsr_nsh *out,
		   bool log)
{
	struct nsh_attrs attrs;
	int err;

	err = attrs_collect(&attrs, nest, log);
	if (err)
		return err;
	if (attrs.md2) {
		ovsr_log(log, "nsh metadata of type 2 cannot be matched");
		return -EINVAL;
	}
	if (!is_mask && attrs.md1 && attrs_mdtype(&attrs) != NSH_M_TYPE1) {
		ovsr_log(log, "nsh metadata of another type than its base says");
		return -EINVAL;
	}
	if (attrs.base)
		value_get(&out->base, attrs.base, ones);
	if (attrs.md1)
		value_get(out->context, attrs.md1, ones);
	return 0;
}

int ovsr_nsh_put(struct sk_buff *msg, const struct ovsr_nsh *nsh, bool is_mask)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, OVS_KEY_ATTR_NSH);
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put(msg, OVS_NSH_KEY_ATTR_BASE, sizeof(nsh->base), &nsh->base);
	if (!err && (nsh->base.mdtype == NSH_M_TYPE1 || is_mask))
		err = nla_put(msg, OVS_NSH_KEY_ATTR_MD1, sizeof(nsh->context), nsh->context);
	return ovsr_nest_close(msg, nest, err);
}

int ovsr_nsh_header(const struct nlattr *nest, struct nshhdr *header, bool log)
{
	const struct ovs_nsh_key_base *base;
	const struct nlattr *md;
	struct nsh_attrs attrs;
	int err;

	err = attrs_collect(&attrs, nest, log);
	if (err)
		return err;
	md = attrs.md1 ?: attrs.md2;
	if (!attrs.base || !md || attrs_mdtype(&attrs) != (attrs.md1 ? NSH_M_TYPE1 : NSH_M_TYPE2)) {
		ovsr_log(log, "push_nsh without a base and metadata that fit");
		return -EINVAL;
	}

	base = nla_data(attrs.base);
	memset(header, 0, NSH_BASE_HDR_LEN);
	header->np = base->np;
	header->mdtype = base->mdtype;
	header->path_hdr = base->path_hdr;
	memcpy(&header->md1, nla_data(md), nla_len(md));
	nsh_set_flags_ttl_len(header, base->flags, base->ttl, NSH_BASE_HDR_LEN + nla_len(md));
	return 0;
}

size_t ovsr_nsh_size(void)
{
	return nla_total_size(sizeof(struct ovs_nsh_key_base)) +
	       nla_total_size(NSH_CTX_HDRS_MAX_LEN);
}
