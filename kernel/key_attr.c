// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <net/ipv6.h>

#include "key_attr.h"
#include "nsh_key.h"
#include "tunnel_key.h"

/* How a field's value differs between attribute and key. */
enum conv {
	CONV_NONE,
	CONV_U8_BE16, /* ICMP type and code, kept where ports are */
	CONV_BE16_U8, /* ARP opcode */
	CONV_U32_U16, /* port number */
	CONV_U32_U8,  /* ct_state */
};

struct key_field {
	u8 at;	/* offset in the attribute */
	u8 len; /* bytes there */
	u16 to; /* offset in struct ovsr_key */
	enum conv conv;
};

struct key_attr {
	s8 len;
	bool exact; /* a mask of it always means all ones */
	bool whole; /* a key has it as it is, from @to on; else @fields or functions do it */
	u8 n_fields;
	u16 to;
	const struct key_field *fields;	  /* in their order in the attribute */
	bool (*valid)(const void *value); /* of a key, not of a mask */
	/* For what fields cannot say. */
	int (*parse)(const struct nlattr *a, const struct ovsr_key_read *how, struct ovsr_key *out);
	int (*put)(struct sk_buff *msg, const struct ovsr_key *out, bool is_mask);
};

#define FIELD(type, field, member, how)                                                      \
	{                                                                                    \
		.at = offsetof(struct type, field), .len = sizeof_field(struct type, field), \
		.to = offsetof(struct ovsr_key, member), .conv = how                         \
	}
#define SAME(type, field, member) FIELD(type, field, member, CONV_NONE)

/* Fields that lie side by side, in the same order, in attribute and key: as good as one. */
#define SPAN_OF(type, first, last) (offsetofend(type, last) - offsetof(type, first))
#define SPAN(type, first, last, key_first, key_last)                                     \
	{                                                                                \
		.at = offsetof(struct type, first),                                      \
		.len = SPAN_OF(struct type, first, last) +                               \
		       BUILD_BUG_ON_ZERO(SPAN_OF(struct type, first, last) !=            \
					 SPAN_OF(struct ovsr_key, key_first, key_last)), \
		.to = offsetof(struct ovsr_key, key_first), .conv = CONV_NONE            \
	}

static const struct key_field ipv4_fields[] = {
	SPAN(ovs_key_ipv4, ipv4_src, ipv4_dst, ipv4.src, ipv4.dst),
	SPAN(ovs_key_ipv4, ipv4_proto, ipv4_frag, ip.proto, ip.frag),
};

static const struct key_field ipv6_fields[] = {
	SPAN(ovs_key_ipv6, ipv6_src, ipv6_dst, ipv6.src, ipv6.dst),
	SAME(ovs_key_ipv6, ipv6_label, flow_label),
	SPAN(ovs_key_ipv6, ipv6_proto, ipv6_frag, ip.proto, ip.frag),
};

static const struct key_field arp_fields[] = {
	SPAN(ovs_key_arp, arp_sip, arp_tip, ipv4.src, ipv4.dst),
	FIELD(ovs_key_arp, arp_op, ip.proto, CONV_BE16_U8),
	SPAN(ovs_key_arp, arp_sha, arp_tha, arp.sha, arp.tha),
};

static const struct key_field icmp_fields[] = {
	FIELD(ovs_key_icmp, icmp_type, l4.src, CONV_U8_BE16),
	FIELD(ovs_key_icmp, icmp_code, l4.dst, CONV_U8_BE16),
};

static const struct key_field icmpv6_fields[] = {
	FIELD(ovs_key_icmpv6, icmpv6_type, l4.src, CONV_U8_BE16),
	FIELD(ovs_key_icmpv6, icmpv6_code, l4.dst, CONV_U8_BE16),
};

static const struct key_field ct_ipv4_fields[] = {
	SPAN(ovs_key_ct_tuple_ipv4, ipv4_src, ipv4_dst, orig4.src, orig4.dst),
	SPAN(ovs_key_ct_tuple_ipv4, src_port, dst_port, orig_src_port, orig_dst_port),
	SAME(ovs_key_ct_tuple_ipv4, ipv4_proto, orig_proto),
};

static const struct key_field ct_ipv6_fields[] = {
	SPAN(ovs_key_ct_tuple_ipv6, ipv6_src, ipv6_dst, orig6.src, orig6.dst),
	SPAN(ovs_key_ct_tuple_ipv6, src_port, dst_port, orig_src_port, orig_dst_port),
	SAME(ovs_key_ct_tuple_ipv6, ipv6_proto, orig_proto),
};

static bool in_port_valid(const void *value)
{
	return *(const u32 *)value < OVSR_PORT_NONE;
}

static bool eth_type_valid(const void *value)
{
	return eth_proto_is_802_3(*(const __be16 *)value);
}

static bool ipv4_valid(const void *value)
{
	const struct ovs_key_ipv4 *ipv4 = value;

	return ipv4->ipv4_frag <= OVS_FRAG_TYPE_MAX;
}

static bool ipv6_valid(const void *value)
{
	const struct ovs_key_ipv6 *ipv6 = value;

	return ipv6->ipv6_frag <= OVS_FRAG_TYPE_MAX && !(ipv6->ipv6_label & ~IPV6_FLOWLABEL_MASK);
}

static bool arp_valid(const void *value)
{
	const struct ovs_key_arp *arp = value;

	return ntohs(arp->arp_op) <= U8_MAX;
}

static int tunnel_parse(const struct nlattr *a, const struct ovsr_key_read *how,
			struct ovsr_key *out)
{
	int opts_type = ovsr_tunnel_parse(a, how->ones, out, how->key, how->log);

	return min(opts_type, 0);
}

static int nsh_parse(const struct nlattr *a, const struct ovsr_key_read *how, struct ovsr_key *out)
{
	return ovsr_nsh_parse(a, how->ones, how->key, &out->nsh, how->log);
}

static int nsh_put(struct sk_buff *msg, const struct ovsr_key *out, bool is_mask)
{
	return ovsr_nsh_put(msg, &out->nsh, is_mask);
}

static int mpls_parse(const struct nlattr *a, const struct ovsr_key_read *how, struct ovsr_key *out)
{
	unsigned int n = nla_len(a) / sizeof(struct ovs_key_mpls);

	if (!n || n > OVSR_MPLS_LSES || nla_len(a) % sizeof(struct ovs_key_mpls))
		return -EINVAL;
	if (how->ones)
		memset(out->mpls.lse, 0xff, nla_len(a));
	else
		memcpy(out->mpls.lse, nla_data(a), nla_len(a));
	out->mpls.deep = GENMASK(n - 1, 0);
	return 0;
}

static int mpls_put(struct sk_buff *msg, const struct ovsr_key *out, bool is_mask)
{
	int n = hweight_long(out->mpls.deep);

	/* Masking leaves the low bits of the count that both sides have, so this cannot overrun. */
	return nla_put(msg, OVS_KEY_ATTR_MPLS, n * sizeof(struct ovs_key_mpls), out->mpls.lse);
}

#define STRUCT(type, table) \
	.len = sizeof(struct type), .fields = table, .n_fields = ARRAY_SIZE(table)
#define WHOLE(type, member) \
	.len = sizeof(type), .whole = true, .to = offsetof(struct ovsr_key, member)
#define CHANGED(type, member, how)                                                                \
	.len = sizeof(type), .n_fields = 1, .fields = (const struct key_field[])                  \
	{                                                                                         \
		{                                                                                 \
			.len = sizeof(type), .to = offsetof(struct ovsr_key, member), .conv = how \
		}                                                                                 \
	}

static const struct key_attr key_attrs[OVS_KEY_ATTR_MAX + 1] = {
	[OVS_KEY_ATTR_ENCAP] = { .len = OVSR_KEY_LEN_ANY },
	[OVS_KEY_ATTR_PRIORITY] = { WHOLE(u32, priority) },
	[OVS_KEY_ATTR_IN_PORT] = { CHANGED(u32, in_port, CONV_U32_U16), .exact = true,
				   .valid = in_port_valid },
	[OVS_KEY_ATTR_ETHERNET] = { WHOLE(struct ovs_key_ethernet, eth) },
	[OVS_KEY_ATTR_VLAN] = { .len = sizeof(__be16) },
	[OVS_KEY_ATTR_ETHERTYPE] = { WHOLE(__be16, eth_type), .exact = true,
				     .valid = eth_type_valid },
	[OVS_KEY_ATTR_IPV4] = { STRUCT(ovs_key_ipv4, ipv4_fields), .valid = ipv4_valid },
	[OVS_KEY_ATTR_IPV6] = { STRUCT(ovs_key_ipv6, ipv6_fields), .valid = ipv6_valid },
	[OVS_KEY_ATTR_TCP] = { WHOLE(struct ovs_key_tcp, l4.src) },
	[OVS_KEY_ATTR_UDP] = { WHOLE(struct ovs_key_udp, l4.src) },
	[OVS_KEY_ATTR_ICMP] = { STRUCT(ovs_key_icmp, icmp_fields) },
	[OVS_KEY_ATTR_ICMPV6] = { STRUCT(ovs_key_icmpv6, icmpv6_fields) },
	[OVS_KEY_ATTR_ARP] = { STRUCT(ovs_key_arp, arp_fields), .valid = arp_valid },
	[OVS_KEY_ATTR_ND] = { WHOLE(struct ovs_key_nd, nd) },
	[OVS_KEY_ATTR_SKB_MARK] = { WHOLE(u32, skb_mark) },
	[OVS_KEY_ATTR_TUNNEL] = { .len = OVSR_KEY_LEN_ANY, .parse = tunnel_parse },
	[OVS_KEY_ATTR_SCTP] = { WHOLE(struct ovs_key_sctp, l4.src) },
	[OVS_KEY_ATTR_TCP_FLAGS] = { WHOLE(__be16, l4.tcp_flags) },
	[OVS_KEY_ATTR_DP_HASH] = { WHOLE(u32, dp_hash) },
	[OVS_KEY_ATTR_RECIRC_ID] = { WHOLE(u32, recirc_id) },
	[OVS_KEY_ATTR_MPLS] = { .len = OVSR_KEY_LEN_ANY, .parse = mpls_parse, .put = mpls_put },
	[OVS_KEY_ATTR_CT_STATE] = { CHANGED(u32, ct_state, CONV_U32_U8) },
	[OVS_KEY_ATTR_CT_ZONE] = { WHOLE(u16, ct_zone) },
	[OVS_KEY_ATTR_CT_MARK] = { WHOLE(u32, ct_mark) },
	[OVS_KEY_ATTR_CT_LABELS] = { WHOLE(struct ovs_key_ct_labels, ct_labels) },
	[OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4] = { STRUCT(ovs_key_ct_tuple_ipv4, ct_ipv4_fields) },
	[OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6] = { STRUCT(ovs_key_ct_tuple_ipv6, ct_ipv6_fields) },
	[OVS_KEY_ATTR_NSH] = { .len = OVSR_KEY_LEN_ANY, .parse = nsh_parse, .put = nsh_put },
	[OVS_KEY_ATTR_PACKET_TYPE] = { .len = OVSR_KEY_LEN_REFUSED },
	[OVS_KEY_ATTR_ND_EXTENSIONS] = { .len = OVSR_KEY_LEN_REFUSED },
	[OVS_KEY_ATTR_TUNNEL_INFO] = { .len = OVSR_KEY_LEN_REFUSED },
	[OVS_KEY_ATTR_IPV6_EXTHDRS] = { WHOLE(struct ovs_key_ipv6_exthdrs, exthdrs) },
};

/* One copy for each of the usual lengths. */
static __always_inline void value_copy(void *to, const void *from, u8 len)
{
	switch (len) {
	case 2:
		memcpy(to, from, 2);
		break;
	case 4:
		memcpy(to, from, 4);
		break;
	case 8:
		memcpy(to, from, 8);
		break;
	case 12:
		memcpy(to, from, 12);
		break;
	default:
		memcpy(to, from, len);
		break;
	}
}

static __always_inline void value_get(void *to, const void *from, u8 len, bool ones)
{
	if (ones)
		memset(to, 0xff, len);
	else
		value_copy(to, from, len);
}

/* Attribute to key. False if the value does not fit. */
static bool field_get(const struct key_field *f, const void *value, bool ones, struct ovsr_key *out)
{
	const void *from = value + f->at;
	void *to = (u8 *)out + f->to;

	switch (f->conv) {
	case CONV_NONE:
		value_get(to, from, f->len, ones);
		return true;
	case CONV_U8_BE16:
		*(__be16 *)to = htons(ones ? 0xff : *(const u8 *)from);
		return true;
	case CONV_BE16_U8:
		*(u8 *)to = ones ? 0xff : ntohs(*(const __be16 *)from);
		return true;
	case CONV_U32_U16:
		*(u16 *)to = ones ? 0xffff : *(const u32 *)from;
		return true;
	case CONV_U32_U8:
		*(u8 *)to = ones ? 0xff : *(const u32 *)from;
		return ones || *(const u32 *)from <= U8_MAX;
	}
	return false;
}

/* Key to attribute. */
static void field_put(const struct key_field *f, void *value, const struct ovsr_key *key)
{
	const void *from = (const u8 *)key + f->to;
	void *to = value + f->at;

	switch (f->conv) {
	case CONV_NONE:
		value_copy(to, from, f->len);
		break;
	case CONV_U8_BE16:
		*(u8 *)to = ntohs(*(const __be16 *)from);
		break;
	case CONV_BE16_U8:
		*(__be16 *)to = htons(*(const u8 *)from);
		break;
	case CONV_U32_U16:
		*(u32 *)to = *(const u16 *)from;
		break;
	case CONV_U32_U8:
		*(u32 *)to = *(const u8 *)from;
		break;
	}
}

int ovsr_key_attr_len(int type)
{
	return key_attrs[type].len;
}

int ovsr_key_attr_parse(const struct nlattr *a, const struct ovsr_key_read *how,
			struct ovsr_key *out)
{
	const struct key_attr *attr = &key_attrs[nla_type(a)];
	bool ones = how->ones || (how->key && attr->exact);
	int i;

	if (attr->parse)
		return attr->parse(a, how, out);
	if (!how->key && attr->valid && !attr->valid(nla_data(a)))
		goto invalid;
	if (attr->whole)
		value_get((u8 *)out + attr->to, nla_data(a), attr->len, ones);
	for (i = 0; i < attr->n_fields; i++)
		if (!field_get(&attr->fields[i], nla_data(a), ones, out))
			goto invalid;
	return 0;

invalid:
	ovsr_log(how->log, "key attribute %d has a value out of range", nla_type(a));
	return -EINVAL;
}

/* nla_reserve(), inline: keys are put for each of very many flows. @len: at least 1. */
static struct nlattr *attr_reserve(struct sk_buff *msg, int type, int len)
{
	int total = nla_total_size(len);
	struct nlattr *a;

	if (unlikely(skb_tailroom(msg) < total))
		return NULL;
	a = __skb_put(msg, total);
	*(u32 *)((u8 *)a + total - sizeof(u32)) = 0; /* padding, if there is any */
	a->nla_type = type;
	a->nla_len = nla_attr_size(len);
	return a;
}

int ovsr_key_attr_put(struct sk_buff *msg, int type, const struct ovsr_key *out, bool is_mask)
{
	const struct key_attr *attr = &key_attrs[type];
	const struct key_field *f;
	struct nlattr *a;
	int end = 0;
	int i;

	if (attr->put)
		return attr->put(msg, out, is_mask);
	a = attr_reserve(msg, type, attr->len);
	if (!a)
		return -EMSGSIZE;
	if (attr->whole) {
		value_copy(nla_data(a), (const u8 *)out + attr->to, attr->len);
		return 0;
	}
	for (i = 0; i < attr->n_fields; i++) {
		f = &attr->fields[i];
		if (f->at > end)
			memset(nla_data(a) + end, 0, f->at - end);
		field_put(f, nla_data(a), out);
		end = f->at + f->len;
	}
	if (end < attr->len)
		memset(nla_data(a) + end, 0, attr->len - end);
	return 0;
}
