// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <net/dst_metadata.h>
#include <net/geneve.h>
#include <net/mpls.h>

#include "action_shape.h"
#include "plant.h"
#include "tunnel_key.h"

#define ANY_L3 BIT(0)
#define IPV4   BIT(1)
#define IPV6   BIT(2)
#define MPLS   BIT(3)

/* What may be set, on which packets. */
static const struct settable {
	u8 len;
	u8 l3;
	u8 proto; /* 0: any */
} settables[OVS_KEY_ATTR_MAX + 1] = {
	[OVS_KEY_ATTR_PRIORITY] = { sizeof(u32), ANY_L3 },
	[OVS_KEY_ATTR_SKB_MARK] = { sizeof(u32), ANY_L3 },
	[OVS_KEY_ATTR_CT_MARK] = { sizeof(u32), ANY_L3 },
	[OVS_KEY_ATTR_CT_LABELS] = { sizeof(struct ovs_key_ct_labels), ANY_L3 },
	[OVS_KEY_ATTR_ETHERNET] = { sizeof(struct ovs_key_ethernet), ANY_L3 },
	[OVS_KEY_ATTR_IPV4] = { sizeof(struct ovs_key_ipv4), IPV4 },
	[OVS_KEY_ATTR_IPV6] = { sizeof(struct ovs_key_ipv6), IPV6 },
	[OVS_KEY_ATTR_TCP] = { sizeof(struct ovs_key_tcp), IPV4 | IPV6, IPPROTO_TCP },
	[OVS_KEY_ATTR_UDP] = { sizeof(struct ovs_key_udp), IPV4 | IPV6, IPPROTO_UDP },
	[OVS_KEY_ATTR_SCTP] = { sizeof(struct ovs_key_sctp), IPV4 | IPV6, IPPROTO_SCTP },
	[OVS_KEY_ATTR_MPLS] = { sizeof(struct ovs_key_mpls), MPLS },
};

static u8 shape_l3(const struct ovsr_shape *shape)
{
	if (shape->eth_type == htons(ETH_P_IP))
		return ANY_L3 | IPV4;
	if (shape->eth_type == htons(ETH_P_IPV6))
		return ANY_L3 | IPV6;
	return ANY_L3 | (eth_p_mpls(shape->eth_type) ? MPLS : 0);
}

/*
 * A set without a mask must leave protocol and fragment as the flow has them; with one, it must not
 * touch them.
 */
static bool fixed_ok(const struct ovsr_action_request *req, u8 proto, u8 frag, u8 proto_mask,
		     u8 frag_mask, bool masked)
{
	if (masked)
		return !proto_mask && !frag_mask;
	return proto == req->key->ip.proto && frag == req->key->ip.frag;
}

static bool set_value_ok(const struct ovsr_action_request *req, u8 type, const void *value,
			 bool masked)
{
	const struct ovs_key_ipv4 *ipv4 = value;
	const struct ovs_key_ipv6 *ipv6 = value;
	__be32 label_bits;

	if (type == OVS_KEY_ATTR_IPV4)
		return fixed_ok(req, ipv4->ipv4_proto, ipv4->ipv4_frag,
				masked ? ipv4[1].ipv4_proto : 0, masked ? ipv4[1].ipv4_frag : 0,
				masked);
	if (type != OVS_KEY_ATTR_IPV6)
		return true;
	label_bits = ipv6->ipv6_label | (masked ? ipv6[1].ipv6_label : 0);
	return !(label_bits & ~IPV6_FLOWLABEL_MASK) &&
	       fixed_ok(req, ipv6->ipv6_proto, ipv6->ipv6_frag, masked ? ipv6[1].ipv6_proto : 0,
			masked ? ipv6[1].ipv6_frag : 0, masked);
}

/* A masked value has its mask behind it, and no bits outside of it. */
static bool value_within_mask(const u8 *value, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (value[i] & ~value[len + i])
			return false;
	return true;
}

static int set_field_parse(const struct ovsr_action_request *req, const struct ovsr_shape *shape,
			   const struct nlattr *field, bool masked)
{
	const struct settable *s = &settables[nla_type(field)];
	size_t len = nla_len(field);

	if (masked)
		len /= 2;
	if (ovsr_plant(OVSR_PLANT_SET_MPLS) && nla_type(field) == OVS_KEY_ATTR_MPLS)
		len = s->len;
	if (!s->l3 || s->len != len || !(s->l3 & shape_l3(shape)) ||
	    (s->proto && s->proto != req->key->ip.proto))
		return -EINVAL;
	if (nla_type(field) == OVS_KEY_ATTR_ETHERNET && !ovsr_shape_is_ethernet(shape))
		return -EINVAL;
	if (masked && !value_within_mask(nla_data(field), len))
		return -EINVAL;
	return set_value_ok(req, nla_type(field), nla_data(field), masked) ? 0 : -EINVAL;
}

/* The options must be whole ones; a critical one among them marks the tunnel. */
static int geneve_opts_check(struct ovsr_key *key)
{
	const struct geneve_opt *opt;
	u8 left = key->tunnel.opts_len;
	unsigned int len;

	while (left) {
		if (left < sizeof(*opt))
			return -EINVAL;
		opt = (void *)&key->tunnel.opts[key->tunnel.opts_len - left];
		len = sizeof(*opt) + opt->length * 4;
		if (len > left)
			return -EINVAL;
		if (opt->type & GENEVE_CRIT_OPT_TYPE)
			key->tunnel.key.tun_flags |= TUNNEL_CRIT_OPT;
		left -= len;
	}
	return 0;
}

static __be16 opts_flag(int opts_type)
{
	switch (opts_type) {
	case OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS:
		return TUNNEL_GENEVE_OPT;
	case OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS:
		return TUNNEL_VXLAN_OPT;
	case OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS:
		return TUNNEL_ERSPAN_OPT;
	default:
		return 0;
	}
}

static struct metadata_dst *tun_dst_alloc(const struct ovsr_key *key, int opts_type)
{
	struct ip_tunnel_info *info;
	struct metadata_dst *dst;

	dst = metadata_dst_alloc(key->tunnel.opts_len, METADATA_IP_TUNNEL, GFP_KERNEL);
	if (!dst)
		return NULL;
	info = &dst->u.tun_info;
	if (dst_cache_init(&info->dst_cache, GFP_KERNEL)) {
		dst_release(&dst->dst);
		return NULL;
	}
	info->mode = IP_TUNNEL_INFO_TX;
	if (key->tunnel.family == AF_INET6)
		info->mode |= IP_TUNNEL_INFO_IPV6;
	else if (!key->tunnel.key.u.ipv4.dst)
		info->mode |= IP_TUNNEL_INFO_BRIDGE;
	info->key = key->tunnel.key;
	ip_tunnel_info_opts_set(info, key->tunnel.opts, key->tunnel.opts_len,
				opts_flag(key->tunnel.opts_len ? opts_type : 0));
	return dst;
}

static int set_tunnel_parse(const struct ovsr_action_request *req, const struct nlattr *field,
			    struct ovsr_action *act)
{
	struct ovsr_key key;
	int opts_type;

	ovsr_key_init(&key);
	opts_type = ovsr_tunnel_parse(field, false, &key, NULL, req->log);
	if (opts_type < 0)
		return opts_type;
	if (opts_type == OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS && geneve_opts_check(&key))
		return -EINVAL;
	act->tun_dst = tun_dst_alloc(&key, opts_type);
	return act->tun_dst ? 0 : -ENOMEM;
}

/* Finds the one attribute that a set has inside. */
static const struct nlattr *set_field(const struct nlattr *attr)
{
	const struct nlattr *field = nla_data(attr);

	if (!nla_ok(field, nla_len(attr)) || nla_total_size(nla_len(field)) != nla_len(attr) ||
	    nla_type(field) > OVS_KEY_ATTR_MAX)
		return NULL;
	return field;
}

int ovsr_set_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
		   struct ovsr_action *act)
{
	const struct nlattr *field = set_field(act->attr);

	if (!field)
		return -EINVAL;
	act->set = nla_type(field);
	if (act->set == OVS_KEY_ATTR_TUNNEL)
		return set_tunnel_parse(req, field, act);
	return set_field_parse(req, shape, field, false);
}

int ovsr_set_masked_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
			  struct ovsr_action *act)
{
	const struct nlattr *field = set_field(act->attr);

	if (!field)
		return -EINVAL;
	act->set = nla_type(field);
	return set_field_parse(req, shape, field, true);
}

int ovsr_set_put(struct sk_buff *msg, const struct ovsr_action *act)
{
	const struct nlattr *field = nla_data(act->attr);
	struct nlattr *nest = nla_nest_start_noflag(msg, OVS_ACTION_ATTR_SET);

	if (!nest)
		return -EMSGSIZE;
	if (act->set == OVS_KEY_ATTR_TUNNEL ?
		    ovsr_tunnel_info_put(msg, OVS_KEY_ATTR_TUNNEL, &act->tun_dst->u.tun_info) :
		    nla_put(msg, act->set, nla_len(field), nla_data(field)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

void ovsr_set_free(struct ovsr_action *act)
{
	if (act->set == OVS_KEY_ATTR_TUNNEL && act->tun_dst)
		dst_release(&act->tun_dst->dst);
}
