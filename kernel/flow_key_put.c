// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_vlan.h>

#include "key_attr.h"
#include "key_shape.h"
#include "nest.h"
#include "nsh_key.h"
#include "tunnel_key.h"

#define A(name) BIT_ULL(OVS_KEY_ATTR_##name)

static int in_port_put(struct sk_buff *msg, const struct ovsr_key *key, const struct ovsr_key *out,
		       bool is_mask)
{
	u32 high = is_mask ? 0xffff0000 : 0;

	if (key->in_port == OVSR_PORT_NONE && !(is_mask && out->in_port == 0xffff))
		return 0;
	return nla_put_u32(msg, OVS_KEY_ATTR_IN_PORT, high | out->in_port);
}

static int ct_put(struct sk_buff *msg, const struct ovsr_key *key, const struct ovsr_key *out)
{
	static const u8 order[] = { OVS_KEY_ATTR_CT_STATE, OVS_KEY_ATTR_CT_ZONE,
				    OVS_KEY_ATTR_CT_MARK, OVS_KEY_ATTR_CT_LABELS };
	u64 unsupported = ovsr_key_unsupported() & ~A(CT_STATE);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(order); i++)
		if (!(unsupported & BIT_ULL(order[i])) &&
		    ovsr_key_attr_put(msg, order[i], out, false))
			return -EMSGSIZE;
	if (key->orig_proto && key->eth_type == htons(ETH_P_IP))
		return ovsr_key_attr_put(msg, OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4, out, false);
	if (key->orig_proto && key->eth_type == htons(ETH_P_IPV6))
		return ovsr_key_attr_put(msg, OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6, out, false);
	return 0;
}

static int metadata_put(struct sk_buff *msg, const struct ovsr_key *key, const struct ovsr_key *out,
			bool is_mask)
{
	if (ovsr_key_attr_put(msg, OVS_KEY_ATTR_RECIRC_ID, out, is_mask) ||
	    ovsr_key_attr_put(msg, OVS_KEY_ATTR_DP_HASH, out, is_mask) ||
	    ovsr_key_attr_put(msg, OVS_KEY_ATTR_PRIORITY, out, is_mask))
		return -EMSGSIZE;
	if ((key->tunnel.family || is_mask) &&
	    ovsr_tunnel_put(msg, OVS_KEY_ATTR_TUNNEL, &out->tunnel.key, out->tunnel.opts,
			    key->tunnel.opts_len, key->tunnel.family, 0))
		return -EMSGSIZE;
	if (in_port_put(msg, key, out, is_mask) ||
	    ovsr_key_attr_put(msg, OVS_KEY_ATTR_SKB_MARK, out, is_mask))
		return -EMSGSIZE;
	return ct_put(msg, key, out);
}

static int vlan_put(struct sk_buff *msg, const struct ovsr_vlan *vlan, bool is_mask,
		    struct nlattr **encap)
{
	if (nla_put_be16(msg, OVS_KEY_ATTR_ETHERTYPE, is_mask ? htons(0xffff) : vlan->tpid) ||
	    nla_put_be16(msg, OVS_KEY_ATTR_VLAN, vlan->tci))
		return -EMSGSIZE;
	*encap = nla_nest_start_noflag(msg, OVS_KEY_ATTR_ENCAP);
	return *encap ? 0 : -EMSGSIZE;
}

/* From the EtherType on. */
static int payload_put(struct sk_buff *msg, const struct ovsr_key *key, const struct ovsr_key *out,
		       bool is_mask)
{
	u64 shown = ovsr_key_promised(key);
	int type, i;

	if (ovsr_key_attr_put(msg, OVS_KEY_ATTR_ETHERTYPE, out, is_mask))
		return -EMSGSIZE;
	if (shown & A(IPV6))
		shown |= A(IPV6_EXTHDRS);
	for (i = 0; shown && i < OVSR_KEY_FRAME_ATTRS; i++) {
		type = ovsr_key_frame_order[i];
		if (shown & BIT_ULL(type) && ovsr_key_attr_put(msg, type, out, is_mask))
			return -EMSGSIZE;
		shown &= ~BIT_ULL(type);
	}
	return 0;
}

/* The frame inside of its first @depth tags, each in the ENCAP of the one before. */
static int frame_put(struct sk_buff *msg, const struct ovsr_key *key, const struct ovsr_key *out,
		     bool is_mask, int depth)
{
	const struct ovsr_vlan *tag = &key->tags[min(depth, 1)];
	struct nlattr *encap;

	if (ovsr_key_is_ethernet(key) && depth < 2 && (tag->tci || eth_type_vlan(key->eth_type))) {
		if (vlan_put(msg, &out->tags[depth], is_mask, &encap))
			return -EMSGSIZE;
		if (tag->tci && frame_put(msg, key, out, is_mask, depth + 1))
			return -EMSGSIZE;
		nla_nest_end(msg, encap);
		return 0;
	}
	/* An LLC frame has no EtherType in a key; a mask says whether it was to be one. */
	if (ovsr_key_is_ethernet(key) && key->eth_type == htons(ETH_P_802_2))
		return is_mask && out->eth_type ?
			       ovsr_key_attr_put(msg, OVS_KEY_ATTR_ETHERTYPE, out, is_mask) :
			       0;
	return payload_put(msg, key, out, is_mask);
}

int ovsr_key_put(struct sk_buff *msg, int attrtype, const struct ovsr_key *key,
		 const struct ovsr_key *mask)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, attrtype);
	const struct ovsr_key *out = mask ?: key;
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = metadata_put(msg, key, out, mask);
	if (!err && ovsr_key_is_ethernet(key))
		err = ovsr_key_attr_put(msg, OVS_KEY_ATTR_ETHERNET, out, mask);
	err = err ?: frame_put(msg, key, out, mask, 0);
	return ovsr_nest_close(msg, nest, err);
}

size_t ovsr_key_size(void)
{
	size_t size = ovsr_tunnel_size() + ovsr_nsh_size() +
		      nla_total_size(OVSR_MPLS_LSES * sizeof(struct ovs_key_mpls)) +
		      /* the two tags' EtherType, VLAN and ENCAP, and the four nests */
		      2 * (2 * nla_total_size(sizeof(__be16)) + nla_total_size(0)) +
		      4 * nla_total_size(0);
	int i;

	for (i = 0; i <= OVS_KEY_ATTR_MAX; i++)
		size += nla_total_size(max(ovsr_key_attr_len(i), 0));
	return size;
}
