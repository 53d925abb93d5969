/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading flow keys and masks from attributes. */
#include "flow_key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#define BIT(type)  (1ULL << OVS_KEY_ATTR_##type)
#define CFI_BE	   0x0010 /* htons(0x1000) */
#define ND_SOLICIT 135
#define ND_ADVERT  136

static const int16_t key_len[RIG_KEY_ATTRS] = {
	[OVS_KEY_ATTR_ENCAP] = RIG_LEN_NESTED,
	[OVS_KEY_ATTR_PRIORITY] = 4,
	[OVS_KEY_ATTR_IN_PORT] = 4,
	[OVS_KEY_ATTR_ETHERNET] = sizeof(struct ovs_key_ethernet),
	[OVS_KEY_ATTR_VLAN] = 2,
	[OVS_KEY_ATTR_ETHERTYPE] = 2,
	[OVS_KEY_ATTR_IPV4] = sizeof(struct ovs_key_ipv4),
	[OVS_KEY_ATTR_IPV6] = sizeof(struct ovs_key_ipv6),
	[OVS_KEY_ATTR_TCP] = sizeof(struct ovs_key_tcp),
	[OVS_KEY_ATTR_UDP] = sizeof(struct ovs_key_udp),
	[OVS_KEY_ATTR_ICMP] = sizeof(struct ovs_key_icmp),
	[OVS_KEY_ATTR_ICMPV6] = sizeof(struct ovs_key_icmpv6),
	[OVS_KEY_ATTR_ARP] = sizeof(struct ovs_key_arp),
	[OVS_KEY_ATTR_ND] = sizeof(struct ovs_key_nd),
	[OVS_KEY_ATTR_SKB_MARK] = 4,
	[OVS_KEY_ATTR_TUNNEL] = RIG_LEN_NESTED,
	[OVS_KEY_ATTR_SCTP] = sizeof(struct ovs_key_sctp),
	[OVS_KEY_ATTR_TCP_FLAGS] = 2,
	[OVS_KEY_ATTR_DP_HASH] = 4,
	[OVS_KEY_ATTR_RECIRC_ID] = 4,
	[OVS_KEY_ATTR_MPLS] = RIG_LEN_VARIABLE,
	[OVS_KEY_ATTR_CT_STATE] = 4,
	[OVS_KEY_ATTR_CT_ZONE] = 2,
	[OVS_KEY_ATTR_CT_MARK] = 4,
	[OVS_KEY_ATTR_CT_LABELS] = sizeof(struct ovs_key_ct_labels),
	[OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4] = sizeof(struct ovs_key_ct_tuple_ipv4),
	[OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6] = sizeof(struct ovs_key_ct_tuple_ipv6),
	[OVS_KEY_ATTR_NSH] = RIG_LEN_NESTED,
	[OVS_KEY_ATTR_IPV6_EXTHDRS] = sizeof(struct ovs_key_ipv6_exthdrs),
};

/* Known to userspace only, or to the kernel only. */
#define REFUSED (BIT(PACKET_TYPE) | BIT(ND_EXTENSIONS) | BIT(TUNNEL_INFO))

int rig_key_attr_len(unsigned int type)
{
	return key_len[type];
}

enum conversion {
	AS_IS,
	PORT,	 /* u32 to u16; a mask is always exact */
	STATE,	 /* u32 to u8; other bits are refused */
	BYTE_BE, /* u8 to be16: ICMP type and code live in the ports */
	OPCODE,	 /* be16 to u8 */
	TUNNEL,
	NSH,
	MPLS,
};

/* One row per field, in the order they are written: later ones win where they share bytes. */
static const struct field {
	uint8_t attr, conversion, from, size;
	uint16_t to;
} fields[] = {
#define K(member) offsetof(struct rig_key, member)
#define F(ATTR, conv, type, member, size, to)                                                   \
	{                                                                                       \
		OVS_KEY_ATTR_##ATTR, conv, offsetof(struct ovs_key_##type, member), size, K(to) \
	}
#define WHOLE(ATTR, conv, size, to)                       \
	{                                                 \
		OVS_KEY_ATTR_##ATTR, conv, 0, size, K(to) \
	}
	WHOLE(DP_HASH, AS_IS, 4, dp_hash),
	WHOLE(RECIRC_ID, AS_IS, 4, recirc_id),
	WHOLE(PRIORITY, AS_IS, 4, priority),
	WHOLE(IN_PORT, PORT, 2, in_port),
	WHOLE(SKB_MARK, AS_IS, 4, skb_mark),
	WHOLE(TUNNEL, TUNNEL, 0, tun_id),
	WHOLE(CT_STATE, STATE, 1, ct_state),
	WHOLE(CT_ZONE, AS_IS, 2, ct_zone),
	WHOLE(CT_MARK, AS_IS, 4, ct_mark),
	WHOLE(CT_LABELS, AS_IS, 16, ct_labels),
	F(CT_ORIG_TUPLE_IPV4, AS_IS, ct_tuple_ipv4, ipv4_src, 4, ip4.ct.src),
	F(CT_ORIG_TUPLE_IPV4, AS_IS, ct_tuple_ipv4, ipv4_dst, 4, ip4.ct.dst),
	F(CT_ORIG_TUPLE_IPV4, AS_IS, ct_tuple_ipv4, src_port, 2, ct_src_be),
	F(CT_ORIG_TUPLE_IPV4, AS_IS, ct_tuple_ipv4, dst_port, 2, ct_dst_be),
	F(CT_ORIG_TUPLE_IPV4, AS_IS, ct_tuple_ipv4, ipv4_proto, 1, ct_proto),
	F(CT_ORIG_TUPLE_IPV6, AS_IS, ct_tuple_ipv6, ipv6_src, 16, ip6.ct.src),
	F(CT_ORIG_TUPLE_IPV6, AS_IS, ct_tuple_ipv6, ipv6_dst, 16, ip6.ct.dst),
	F(CT_ORIG_TUPLE_IPV6, AS_IS, ct_tuple_ipv6, src_port, 2, ct_src_be),
	F(CT_ORIG_TUPLE_IPV6, AS_IS, ct_tuple_ipv6, dst_port, 2, ct_dst_be),
	F(CT_ORIG_TUPLE_IPV6, AS_IS, ct_tuple_ipv6, ipv6_proto, 1, ct_proto),
#define METADATA_FIELDS 20
	F(ETHERNET, AS_IS, ethernet, eth_src, 6, eth_src),
	F(ETHERNET, AS_IS, ethernet, eth_dst, 6, eth_dst),
	F(IPV4, AS_IS, ipv4, ipv4_proto, 1, ip_proto),
	F(IPV4, AS_IS, ipv4, ipv4_tos, 1, ip_tos),
	F(IPV4, AS_IS, ipv4, ipv4_ttl, 1, ip_ttl),
	F(IPV4, AS_IS, ipv4, ipv4_frag, 1, ip_frag),
	F(IPV4, AS_IS, ipv4, ipv4_src, 4, ip4.src),
	F(IPV4, AS_IS, ipv4, ipv4_dst, 4, ip4.dst),
	F(IPV6, AS_IS, ipv6, ipv6_label, 4, ip6.label_be),
	F(IPV6, AS_IS, ipv6, ipv6_proto, 1, ip_proto),
	F(IPV6, AS_IS, ipv6, ipv6_tclass, 1, ip_tos),
	F(IPV6, AS_IS, ipv6, ipv6_hlimit, 1, ip_ttl),
	F(IPV6, AS_IS, ipv6, ipv6_frag, 1, ip_frag),
	F(IPV6, AS_IS, ipv6, ipv6_src, 16, ip6.src),
	F(IPV6, AS_IS, ipv6, ipv6_dst, 16, ip6.dst),
	F(IPV6_EXTHDRS, AS_IS, ipv6_exthdrs, hdrs, 2, ip6.exthdrs),
	F(ARP, AS_IS, arp, arp_sip, 4, ip4.src),
	F(ARP, AS_IS, arp, arp_tip, 4, ip4.dst),
	F(ARP, OPCODE, arp, arp_op, 1, ip_proto),
	F(ARP, AS_IS, arp, arp_sha, 6, ip4.arp.sha),
	F(ARP, AS_IS, arp, arp_tha, 6, ip4.arp.tha),
	WHOLE(NSH, NSH, 0, nsh),
	WHOLE(MPLS, MPLS, 0, mpls),
	F(TCP, AS_IS, tcp, tcp_src, 2, l4_src_be),
	F(TCP, AS_IS, tcp, tcp_dst, 2, l4_dst_be),
	WHOLE(TCP_FLAGS, AS_IS, 2, l4_flags_be),
	F(UDP, AS_IS, udp, udp_src, 2, l4_src_be),
	F(UDP, AS_IS, udp, udp_dst, 2, l4_dst_be),
	F(SCTP, AS_IS, sctp, sctp_src, 2, l4_src_be),
	F(SCTP, AS_IS, sctp, sctp_dst, 2, l4_dst_be),
	F(ICMP, BYTE_BE, icmp, icmp_type, 2, l4_src_be),
	F(ICMP, BYTE_BE, icmp, icmp_code, 2, l4_dst_be),
	F(ICMPV6, BYTE_BE, icmpv6, icmpv6_type, 2, l4_src_be),
	F(ICMPV6, BYTE_BE, icmpv6, icmpv6_code, 2, l4_dst_be),
	F(ND, AS_IS, nd, nd_target, 16, ip6.nd.target),
	F(ND, AS_IS, nd, nd_sll, 6, ip6.nd.sll),
	F(ND, AS_IS, nd, nd_tll, 6, ip6.nd.tll),
#undef F
#undef WHOLE
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* What is being filled: the key, or the mask of it. */
struct side {
	struct rig_key *key;
	struct rig_span *span;
	const struct rig_key *unmasked; /* the key, while the mask is read */
	bool is_mask;
	unsigned int build; /* RIG_BUILD_* */
};

void rig_span_add(struct rig_span *span, size_t offset, size_t len)
{
	size_t begin = offset & ~(size_t)7, end = (offset + len + 7) & ~(size_t)7;

	if (span->begin == span->end) {
		*span = (struct rig_span){ begin, end };
		return;
	}
	if (begin < span->begin)
		span->begin = begin;
	if (end > span->end)
		span->end = end;
}

void rig_key_mask(struct rig_key *out, const struct rig_key *key, const struct rig_key *mask)
{
	const uint64_t *k = (const void *)key, *m = (const void *)mask;
	uint64_t *o = (void *)out;

	for (size_t i = 0; i < sizeof(*out) / sizeof(*o); i++)
		o[i] = k[i] & m[i];
}

bool rig_key_equal(const struct rig_key *a, const struct rig_key *b, size_t begin, size_t end)
{
	return end <= begin ||
	       !memcmp((const uint8_t *)a + begin, (const uint8_t *)b + begin, end - begin);
}

static void put(struct side *side, size_t to, const void *value, size_t size)
{
	memcpy((uint8_t *)side->key + to, value, size);
	rig_span_add(side->span, to, size);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/*
 * Collect the attributes of a nest into `attrs`, on top of what is already there. In a mask an
 * attribute of zeros counts as absent; its place in attrs->attr then keeps what stood there before.
 */
static int collect(struct rig_key_attrs *attrs, const struct nlattr *nest, bool is_mask)
{
	struct rig_nla_walk w = rig_nla_inside(nest);
	const struct nlattr *a;

	while ((a = rig_nla_next(&w))) {
		unsigned int type = rig_nla_type(a);

		if (type > OVS_KEY_ATTR_MAX || (REFUSED >> type & 1) || (attrs->seen >> type & 1))
			return -EINVAL;
		if (key_len[type] >= 0 && (unsigned int)key_len[type] != rig_nla_len(a))
			return -EINVAL;
		if (is_mask && all_zero(rig_nla_data(a), rig_nla_len(a)))
			continue;
		attrs->seen |= 1ULL << type;
		attrs->attr[type] = a;
	}
	return w.left ? -EINVAL : 0;
}

static uint16_t be16(const struct nlattr *a)
{
	return a ? rig_nla_u16(a) : 0;
}

/* 1: there is a tag to read, 0: none, or an error. */
static int tag_in_key(const struct rig_key_attrs *attrs)
{
	uint16_t tci_be;

	if (!(attrs->seen & BIT(ETHERNET)) || !(attrs->seen & BIT(ETHERTYPE)) ||
	    !rig_is_vlan(be16(attrs->attr[OVS_KEY_ATTR_ETHERTYPE])))
		return 0;
	if (!(attrs->seen & BIT(VLAN)) || !(attrs->seen & BIT(ENCAP)))
		return -EINVAL;
	tci_be = be16(attrs->attr[OVS_KEY_ATTR_VLAN]);
	if (tci_be & CFI_BE)
		return 1;
	/* A truncated tag is vlan(0) with nothing inside. */
	return tci_be || rig_nla_len(attrs->attr[OVS_KEY_ATTR_ENCAP]) ? -EINVAL : 1;
}

static int tag_in_mask(const struct rig_key_attrs *attrs, const struct rig_tag *tag_of_key)
{
	if (!(attrs->seen & BIT(ENCAP)))
		return 0;
	if (!(tag_of_key->tci_be & CFI_BE) || be16(attrs->attr[OVS_KEY_ATTR_ETHERTYPE]) != 0xffff ||
	    !(be16(attrs->attr[OVS_KEY_ATTR_VLAN]) & CFI_BE))
		return -EINVAL;
	return 1;
}

static int read_tag(struct side *side, struct rig_key_attrs *attrs, size_t to)
{
	const struct rig_tag *tag_of_key = (const void *)((const uint8_t *)side->unmasked + to);
	struct rig_tag tag;
	int ret = side->is_mask ? tag_in_mask(attrs, tag_of_key) : tag_in_key(attrs);

	if (ret <= 0)
		return ret;
	tag.tpid_be = be16(attrs->attr[OVS_KEY_ATTR_ETHERTYPE]);
	tag.tci_be = be16(attrs->attr[OVS_KEY_ATTR_VLAN]);
	put(side, to, &tag, sizeof(tag));
	attrs->seen &= ~(BIT(ENCAP) | BIT(VLAN) | BIT(ETHERTYPE));
	return collect(attrs, attrs->attr[OVS_KEY_ATTR_ENCAP], side->is_mask);
}

static int read_tags(struct side *side, struct rig_key_attrs *attrs)
{
	int err = read_tag(side, attrs, K(vlan));

	if (!err && (side->unmasked->vlan.tci_be & CFI_BE))
		err = read_tag(side, attrs, K(cvlan));
	return err;
}

static int read_eth_type(struct side *side, struct rig_key_attrs *attrs)
{
	uint16_t type_be = be16(attrs->attr[OVS_KEY_ATTR_ETHERTYPE]);

	if (side->is_mask)
		type_be = 0xffff; /* never wildcarded in part */
	else if (ntohs(type_be) < ETH_P_802_3_MIN)
		return -EINVAL;
	put(side, K(eth_type_be), &type_be, 2);
	attrs->seen &= ~BIT(ETHERTYPE);
	return 0;
}

static int read_mpls(struct side *side, const struct nlattr *a)
{
	unsigned int n = rig_nla_len(a) / 4;
	uint32_t depth_mask = (1u << n) - 1;

	if (!n || n > RIG_MPLS_DEPTH || rig_nla_len(a) % 4)
		return -EINVAL;
	put(side, K(mpls.lse_be), rig_nla_data(a), 4 * n);
	put(side, K(mpls.depth_mask), &depth_mask, 4);
	return 0;
}

static int read_field(struct side *side, const struct field *f, const struct nlattr *a)
{
	const uint8_t *from = rig_nla_data(a) + f->from;
	uint16_t value;

	switch ((enum conversion)f->conversion) {
	case AS_IS:
		put(side, f->to, from, f->size);
		return 0;
	case PORT:
		if (!side->is_mask && rig_nla_u32(a) >= RIG_PORTS_MAX)
			return -EINVAL;
		value = side->is_mask ? 0xffff : rig_nla_u32(a);
		put(side, f->to, &value, 2);
		return 0;
	case STATE:
		if (rig_nla_u32(a) & ~0xffu)
			return -EINVAL;
		put(side, f->to, from, 1); /* little endian, as all that we run on */
		return 0;
	case BYTE_BE:
		value = htons(*from);
		put(side, f->to, &value, 2);
		return 0;
	case OPCODE:
		if (!side->is_mask && from[0])
			return -EINVAL;
		put(side, f->to, from + 1, 1);
		return 0;
	case TUNNEL:
		return rig_tunnel_parse(side->key, side->span, side->unmasked, a, side->is_mask) <
				       0 ?
			       -EINVAL :
			       0;
	case NSH:
		return rig_nsh_parse(side->key, side->span, a, side->is_mask, false);
	case MPLS:
		return read_mpls(side, a);
	}
	return -EINVAL;
}

/* An attribute that this kernel was built without stays behind, as an unknown one. */
static bool supported(const struct side *side, unsigned int type)
{
	return type != OVS_KEY_ATTR_CT_ZONE || !(side->build & RIG_BUILD_NO_CT_ZONES);
}

static int read_fields(struct side *side, struct rig_key_attrs *attrs, size_t begin, size_t end)
{
	uint64_t done = 0;

	for (const struct field *f = fields + begin; f < fields + end; f++) {
		int err;

		if (!(attrs->seen >> f->attr & 1) || !supported(side, f->attr))
			continue;
		err = read_field(side, f, attrs->attr[f->attr]);
		if (err)
			return err;
		done |= 1ULL << f->attr;
	}
	attrs->seen &= ~done;
	return 0;
}

static int read_metadata(struct side *side, struct rig_key_attrs *attrs)
{
	uint16_t no_port = RIG_PORTS_MAX;
	bool ethernet;
	uint8_t layer2;
	int err;

	if (!side->is_mask && !(attrs->seen & BIT(IN_PORT)))
		put(side, K(in_port), &no_port, 2);
	err = read_fields(side, attrs, 0, METADATA_FIELDS);
	if (err)
		return err;
	ethernet = (attrs->seen & BIT(ETHERNET)) || !(attrs->seen & BIT(ETHERTYPE));
	layer2 = side->is_mask ? 0xff : ethernet ? RIG_L2_ETHERNET : RIG_L2_NONE;
	put(side, K(layer2), &layer2, 1);
	return ethernet ? 0 : read_eth_type(side, attrs);
}

/* Limits that hold for a key's values and not for a mask's. */
static bool values_ok(const struct rig_key_attrs *attrs)
{
	if (attrs->seen & BIT(IPV4)) {
		const struct ovs_key_ipv4 *ip =
			(const void *)rig_nla_data(attrs->attr[OVS_KEY_ATTR_IPV4]);

		if (ip->ipv4_frag > OVS_FRAG_TYPE_MAX)
			return false;
	}
	if (attrs->seen & BIT(IPV6)) {
		const struct ovs_key_ipv6 *ip =
			(const void *)rig_nla_data(attrs->attr[OVS_KEY_ATTR_IPV6]);

		if (ip->ipv6_frag > OVS_FRAG_TYPE_MAX || ntohl(ip->ipv6_label) >> 20)
			return false;
	}
	return true;
}

static int read_side(struct side *side, struct rig_key_attrs attrs)
{
	int err = read_metadata(side, &attrs);
	uint16_t llc_be = htons(ETH_P_802_2);

	if (err)
		return err;
	if (!side->is_mask && !values_ok(&attrs))
		return -EINVAL;
	if (attrs.seen & BIT(ETHERNET)) {
		if (attrs.seen & BIT(VLAN))
			return -EINVAL;
		if (attrs.seen & BIT(ETHERTYPE))
			err = read_eth_type(side, &attrs);
		else if (!side->is_mask)
			put(side, K(eth_type_be), &llc_be, 2);
	} else if (!side->unmasked->eth_type_be) {
		err = -EINVAL;
	}
	if (!err)
		err = read_fields(side, &attrs, METADATA_FIELDS, N_FIELDS);
	return err ? err : attrs.seen ? -EINVAL : 0;
}

/* Set every payload byte in a nest of key attributes to ones. */
static void fill_ones(struct nlattr *nest, unsigned int level)
{
	struct rig_nla_walk w = rig_nla_inside(nest);
	const struct nlattr *next;

	while ((next = rig_nla_next(&w))) {
		struct nlattr *a = (struct nlattr *)next;
		unsigned int type = rig_nla_type(a);
		/* Inside a tunnel nest only the VXLAN options nest. */
		bool nested = level ? type == OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS && level == 1 :
				      key_len[type] == RIG_LEN_NESTED;

		if (nested && !level)
			fill_ones(a, type == OVS_KEY_ATTR_ENCAP	 ? 0 :
				     type == OVS_KEY_ATTR_TUNNEL ? 1 :
								   2);
		else if (nested)
			fill_ones(a, 2);
		else
			memset((uint8_t *)a + NLA_HDRLEN, 0xff, rig_nla_len(a));
		if (type == OVS_KEY_ATTR_CT_STATE && !level) {
			uint32_t known = 0xff;

			memcpy((uint8_t *)a + NLA_HDRLEN, &known, sizeof(known));
		}
	}
}

static int read_mask(struct rig_match *m, struct rig_key_attrs *attrs,
		     const struct nlattr *mask_attr, unsigned int build)
{
	struct side side = { &m->mask, &m->mask_span, &m->key, true, build };
	uint16_t exact = 0xffff;
	int err;

	attrs->seen = 0;
	err = collect(attrs, mask_attr, true);
	if (err)
		return err;
	put(&side, K(vlan.tci_be), &exact, 2);
	put(&side, K(cvlan.tci_be), &exact, 2);
	err = read_tags(&side, attrs);
	return err ? err : read_side(&side, *attrs);
}

static int read_exact_mask(struct rig_match *m, struct rig_key_attrs *attrs,
			   const struct nlattr *key_attr, unsigned int build)
{
	uint32_t copy[(UINT16_MAX + 1) / 4];
	size_t tunnel = K(tun_id), tunnel_len = K(priority) - K(tun_id);

	memcpy(copy, key_attr, key_attr->nla_len);
	fill_ones((struct nlattr *)copy, 0);
	/* A tunnel's zero fields are not sent, yet count. */
	if (m->key.tun_family) {
		memset((uint8_t *)&m->mask + tunnel, 0xff, tunnel_len);
		rig_span_add(&m->mask_span, tunnel, tunnel_len);
	}
	return read_mask(m, attrs, (struct nlattr *)copy, build);
}

int rig_match_parse(struct rig_match *m, const struct nlattr *key_attr,
		    const struct nlattr *mask_attr, bool want_mask, unsigned int build)
{
	struct side side = { &m->key, &m->key_span, &m->key, false, build };
	struct rig_key_attrs attrs = { .seen = 0 };
	uint64_t key_seen;
	int err;

	memset(m, 0, sizeof(*m));
	err = collect(&attrs, key_attr, false);
	if (!err)
		err = read_tags(&side, &attrs);
	if (!err)
		err = read_side(&side, attrs);
	if (err)
		return err;
	key_seen = attrs.seen;
	attrs.seen = 0;
	if (want_mask)
		err = mask_attr ? read_mask(m, &attrs, mask_attr, build) :
				  read_exact_mask(m, &attrs, key_attr, build);
	if (err)
		return err;
	m->mixed = rig_match_is_mixed(key_seen);
	return rig_match_check(m, key_seen, attrs.seen) ? 0 : -EINVAL;
}

int rig_key_parse_metadata(struct rig_key *key, const struct nlattr *key_attr, unsigned int build,
			   uint64_t *seen)
{
	struct rig_key_attrs attrs = { .seen = 0 };
	struct rig_span span = { 0, 0 };
	struct side side = { key, &span, key, false, build };

	if (collect(&attrs, key_attr, false))
		return -EINVAL;
	*seen = attrs.seen;
	key->in_port = RIG_PORTS_MAX;
	return read_metadata(&side, &attrs);
}
