// SPDX-License-Identifier: GPL-2.0-only
/*
 * A key's attributes as a whole: which must be there, which may, what a mask makes of them.
 *
 * One table, promises, has a row for each thing that a key's own values demand (an eth_type of IPv4
 * promises an ipv4 attribute), and for what a mask may then have. It serves keys, masks and dumps
 * alike.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <net/ndisc.h>

#include "conntrack.h"
#include "key_attr.h"
#include "key_shape.h"

#define A(name) BIT_ULL(OVS_KEY_ATTR_##name)

/*
 * The attributes of one request, nested encaps flattened into one set. @a may be older than
 * @present: see vlan_parse().
 */
struct key_request {
	struct net *net;
	struct ovsr_key_read how;
	u64 present;
	const struct nlattr *a[OVS_KEY_ATTR_MAX + 1];
};

/* What a packet's bytes cannot tell. Parsed in this order. */
static const u8 metadata_order[] = {
	OVS_KEY_ATTR_DP_HASH,
	OVS_KEY_ATTR_RECIRC_ID,
	OVS_KEY_ATTR_PRIORITY,
	OVS_KEY_ATTR_IN_PORT,
	OVS_KEY_ATTR_SKB_MARK,
	OVS_KEY_ATTR_TUNNEL,
	OVS_KEY_ATTR_CT_STATE,
	OVS_KEY_ATTR_CT_ZONE,
	OVS_KEY_ATTR_CT_MARK,
	OVS_KEY_ATTR_CT_LABELS,
	OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4,
	OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6,
};

/* What they can tell, behind the eth_type. Parsed, and put, in this order. */
const u8 ovsr_key_frame_order[OVSR_KEY_FRAME_ATTRS] = {
	OVS_KEY_ATTR_IPV4, OVS_KEY_ATTR_IPV6, OVS_KEY_ATTR_IPV6_EXTHDRS, OVS_KEY_ATTR_ARP,
	OVS_KEY_ATTR_NSH,  OVS_KEY_ATTR_MPLS, OVS_KEY_ATTR_TCP,		 OVS_KEY_ATTR_TCP_FLAGS,
	OVS_KEY_ATTR_UDP,  OVS_KEY_ATTR_SCTP, OVS_KEY_ATTR_ICMP,	 OVS_KEY_ATTR_ICMPV6,
	OVS_KEY_ATTR_ND,
};

#define L3_IPV4 BIT(0)
#define L3_IPV6 BIT(1)
#define L3_ARP	BIT(2)
#define L3_MPLS BIT(3)
#define L3_NSH	BIT(4)

/*
 * A key whose values fit @l3, @proto and @nd must have the attributes @keys. A mask may have them,
 * and @masks too, if it matches the value that decides, the last of the three that the row has,
 * exactly.
 */
struct promise {
	u8 l3;
	u8 proto; /* 0: any, and any fragment */
	bool nd;
	u64 keys;
	u64 masks;
};

static const struct promise promises[] = {
	{ L3_ARP, .keys = A(ARP) },
	{ L3_MPLS, .keys = A(MPLS) },
	{ L3_NSH, .keys = A(NSH) },
	{ L3_IPV4, .keys = A(IPV4), .masks = A(CT_ORIG_TUPLE_IPV4) },
	{ L3_IPV6, .keys = A(IPV6), .masks = A(CT_ORIG_TUPLE_IPV6) },
	{ L3_IPV4 | L3_IPV6, IPPROTO_TCP, .keys = A(TCP) | A(TCP_FLAGS) },
	{ L3_IPV4 | L3_IPV6, IPPROTO_UDP, .keys = A(UDP) },
	{ L3_IPV4 | L3_IPV6, IPPROTO_SCTP, .keys = A(SCTP) },
	{ L3_IPV4, IPPROTO_ICMP, .keys = A(ICMP) },
	{ L3_IPV6, IPPROTO_ICMPV6, .keys = A(ICMPV6) },
	{ L3_IPV6, IPPROTO_ICMPV6, true, .keys = A(ND) },
};

/* A mask may have these whatever the key says. */
#define MASKS_ALWAYS (A(TUNNEL) | A(IN_PORT) | A(ETHERTYPE))

static u8 l3_of(__be16 eth_type)
{
	switch (ntohs(eth_type)) {
	case ETH_P_IP:
		return L3_IPV4;
	case ETH_P_IPV6:
		return L3_IPV6;
	case ETH_P_ARP:
	case ETH_P_RARP:
		return L3_ARP;
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		return L3_MPLS;
	case ETH_P_NSH:
		return L3_NSH;
	default:
		return 0;
	}
}

/* @l3: of @key. */
static bool promise_applies(const struct promise *p, const struct ovsr_key *key, u8 l3)
{
	if (!(p->l3 & l3))
		return false;
	if (p->proto && (p->proto != key->ip.proto || key->ip.frag == OVS_FRAG_TYPE_LATER))
		return false;
	return !p->nd || key->tp.src == htons(NDISC_NEIGHBOUR_SOLICITATION) ||
	       key->tp.src == htons(NDISC_NEIGHBOUR_ADVERTISEMENT);
}

static bool promise_exact(const struct promise *p, const struct ovsr_key *mask)
{
	if (p->nd)
		return mask->tp.src == htons(0xff);
	if (p->proto)
		return mask->ip.proto == 0xff;
	return mask->eth_type == htons(0xffff);
}

u64 ovsr_key_promised(const struct ovsr_key *key)
{
	u8 l3 = l3_of(key->eth_type);
	const struct promise *p;
	u64 keys = 0;

	for (p = promises; p < promises + ARRAY_SIZE(promises); p++)
		if (promise_applies(p, key, l3))
			keys |= p->keys;
	return keys;
}

static bool keys_promised(const struct ovsr_key *key, u64 present, bool log)
{
	u64 missing = ovsr_key_promised(key) & ~present;

	if (missing)
		ovsr_log(log, "key attributes missing: %#llx", missing);
	return !missing;
}

static bool masks_allowed(const struct ovsr_match *match, u64 keys, u64 masks, bool log)
{
	u8 l3 = l3_of(match->key.eth_type);
	const struct promise *p;
	u64 conditional = 0;
	u64 granted = 0;

	for (p = promises; p < promises + ARRAY_SIZE(promises); p++) {
		conditional |= p->keys | p->masks;
		if (!promise_applies(p, &match->key, l3))
			continue;
		if (promise_exact(p, &match->mask))
			granted |= p->keys | p->masks;
		/* The two share storage. */
		if (p->nd)
			granted &= ~A(CT_ORIG_TUPLE_IPV6);
	}
	masks &= ~((keys & ~conditional) | granted | MASKS_ALWAYS);
	if (masks)
		ovsr_log(log, "mask attributes without a match to stand on: %#llx", masks);
	return !masks;
}

/* Adds the attributes of @nest. In a mask, one that is all zero is as good as none. */
static int request_collect(struct key_request *req, const struct nlattr *nest)
{
	const struct nlattr *a;
	int rem, type, len;

	nla_for_each_nested(a, nest, rem) {
		type = nla_type(a);
		len = type <= OVS_KEY_ATTR_MAX ? ovsr_key_attr_len(type) : OVSR_KEY_LEN_REFUSED;
		if (len == OVSR_KEY_LEN_REFUSED || req->present & BIT_ULL(type)) {
			ovsr_log(req->how.log, "key attribute %d is unknown or given twice", type);
			return -EINVAL;
		}
		if (len != OVSR_KEY_LEN_ANY && len != nla_len(a)) {
			ovsr_log(req->how.log, "key attribute %d has %d bytes, not %d", type,
				 nla_len(a), len);
			return -EINVAL;
		}
		if (req->how.key &&
		    (req->how.ones ? !nla_len(a) : !memchr_inv(nla_data(a), 0, nla_len(a))))
			continue;
		req->present |= BIT_ULL(type);
		req->a[type] = a;
	}
	if (rem) {
		ovsr_log(req->how.log, "%d stray bytes after the key attributes", rem);
		return -EINVAL;
	}
	return 0;
}

static __be16 request_be16(const struct key_request *req, int type)
{
	if (!req->a[type])
		return 0;
	return req->how.ones ? htons(0xffff) : nla_get_be16(req->a[type]);
}

static bool vlan_key_valid(const struct key_request *req, __be16 tci)
{
	if ((req->present & (A(VLAN) | A(ENCAP))) != (A(VLAN) | A(ENCAP)))
		return false;
	/* A tag cut short is a zero TCI with nothing inside. */
	return (tci & htons(VLAN_CFI_MASK)) || (!tci && !nla_len(req->a[OVS_KEY_ATTR_ENCAP]));
}

static bool vlan_mask_valid(const struct ovsr_vlan *key, __be16 tpid, __be16 tci)
{
	return (key->tci & htons(VLAN_CFI_MASK)) && tpid == htons(0xffff) &&
	       (tci & htons(VLAN_CFI_MASK));
}

/*
 * Takes one tag off the request, if it has one, and puts what is inside in its place. @key is NULL
 * for a key; for a mask it is the tag that the mask goes with. Returns 1 if there was a tag, 0 if
 * not, or -EINVAL.
 *
 * A mask that leaves VLAN out of the attributes beside an ENCAP gets the VLAN attribute that was
 * last seen in its place, most often the key's: req->a outlives req->present. That is how 6.1
 * answers.
 */
static int vlan_parse(struct key_request *req, struct ovsr_vlan *out, const struct ovsr_vlan *key)
{
	__be16 tpid = request_be16(req, OVS_KEY_ATTR_ETHERTYPE);
	__be16 tci = request_be16(req, OVS_KEY_ATTR_VLAN);
	int err;

	if (key ? !(req->present & A(ENCAP)) :
		  ((req->present & (A(ETHERNET) | A(ETHERTYPE))) != (A(ETHERNET) | A(ETHERTYPE)) ||
		   !eth_type_vlan(tpid)))
		return 0;
	if (!(key ? vlan_mask_valid(key, tpid, tci) : vlan_key_valid(req, tci))) {
		ovsr_log(req->how.log, "bad vlan %s", key ? "mask" : "key");
		return -EINVAL;
	}
	out->tpid = tpid;
	out->tci = tci;
	req->present &= ~(A(ENCAP) | A(VLAN) | A(ETHERTYPE));
	err = request_collect(req, req->a[OVS_KEY_ATTR_ENCAP]);
	return err ?: 1;
}

/* The tags of a key or mask. */
static int vlans_parse(struct key_request *req, struct ovsr_key *out)
{
	const struct ovsr_key *key = req->how.key;
	const struct ovsr_key *tags = key ?: out;
	int err;

	err = vlan_parse(req, &out->vlan, key ? &key->vlan : NULL);
	if (err > 0 && tags->vlan.tci & htons(VLAN_CFI_MASK))
		err = vlan_parse(req, &out->cvlan, key ? &key->cvlan : NULL);
	return min(err, 0);
}

/* Parses those of @order that *@left has, and takes them out of it. */
static int attrs_parse(const struct key_request *req, const u8 *order, size_t n, u64 *left,
		       struct ovsr_key *out)
{
	size_t i;
	int err;

	for (i = 0; *left && i < n; i++) {
		if (!(*left & BIT_ULL(order[i])))
			continue;
		err = ovsr_key_attr_parse(req->a[order[i]], &req->how, out);
		if (err)
			return err;
		*left &= ~BIT_ULL(order[i]);
	}
	return 0;
}

/* What this kernel's conntrack does not have is an unknown attribute. */
u64 ovsr_key_unsupported(void)
{
	return (IS_ENABLED(CONFIG_NF_CONNTRACK) ? 0 : A(CT_STATE)) |
	       (IS_ENABLED(CONFIG_NF_CONNTRACK_ZONES) ? 0 : A(CT_ZONE)) |
	       (IS_ENABLED(CONFIG_NF_CONNTRACK_MARK) ? 0 : A(CT_MARK)) |
	       (IS_ENABLED(CONFIG_NF_CONNTRACK_LABELS) ? 0 : A(CT_LABELS));
}

static int metadata_parse(const struct key_request *req, u64 *left, struct ovsr_key *out)
{
	const struct ovsr_key *key = req->how.key;
	u64 unsupported = *left & (ovsr_key_unsupported() |
				   (ovsr_ct_has_labels(req->net) ? 0 : A(CT_LABELS)));
	bool ethernet = *left & A(ETHERNET) || !(*left & A(ETHERTYPE));
	u8 eth_type = OVS_KEY_ATTR_ETHERTYPE;
	int err;

	if (!key)
		out->in_port = OVSR_PORT_NONE;
	*left &= ~unsupported;
	err = attrs_parse(req, metadata_order, ARRAY_SIZE(metadata_order), left, out);
	*left |= unsupported;
	if (err)
		return err;

	/* Without an Ethernet header, the eth_type is all that says what a packet starts with. */
	out->mac_proto = key ? 0xff : ethernet ? OVSR_MAC_ETHERNET : OVSR_MAC_NONE;
	return ethernet ? 0 : attrs_parse(req, &eth_type, 1, left, out);
}

static int frame_parse(const struct key_request *req, u64 *left, struct ovsr_key *out)
{
	const struct ovsr_key *key = req->how.key;
	static const u8 ethernet_order[] = { OVS_KEY_ATTR_ETHERNET, OVS_KEY_ATTR_ETHERTYPE };
	const struct ovsr_key *types = key ?: out;
	int err;

	if (*left & A(ETHERNET)) {
		if (!key && !(*left & A(ETHERTYPE)))
			out->eth_type = htons(ETH_P_802_2);
		err = attrs_parse(req, ethernet_order, ARRAY_SIZE(ethernet_order), left, out);
		if (err)
			return err;
	} else if (!types->eth_type) {
		ovsr_log(req->how.log, "neither an Ethernet header nor an EtherType");
		return -EINVAL;
	}
	return attrs_parse(req, ovsr_key_frame_order, OVSR_KEY_FRAME_ATTRS, left, out);
}

/* All attributes of a key or mask. */
static int request_parse(struct key_request *req, const struct nlattr *nest, struct ovsr_key *out)
{
	u64 left;
	int err;

	req->present = 0;
	err = request_collect(req, nest) ?: vlans_parse(req, out);
	if (err)
		return err;
	left = req->present;
	err = metadata_parse(req, &left, out) ?: frame_parse(req, &left, out);
	if (err)
		return err;
	if (left) {
		ovsr_log(req->how.log, "key attributes out of place: %#llx", left);
		return -EINVAL;
	}
	return 0;
}

/* Without a mask, what the key gives counts, exactly, and what it leaves out does not. */
static int mask_parse(struct key_request *req, const struct nlattr *key, const struct nlattr *mask,
		      struct ovsr_match *match)
{
	if (!mask) {
		req->how.ones = true;
		mask = key;
		/* A tunnel is known as a whole: what userspace left out is zero, not unknown. */
		if (match->key.tun_proto)
			memset(&match->mask.tun, 0xff, sizeof(match->mask.tun));
	}
	match->mask.vlan.tci = htons(0xffff);
	match->mask.cvlan.tci = htons(0xffff);
	req->how.key = &match->key;
	return request_parse(req, mask, &match->mask);
}

/*
 * The part of @key that is not all zero, in whole longs; never empty, for mac_proto always counts.
 */
static struct ovsr_key_range range_of(const struct ovsr_key *key)
{
	const unsigned long *words = (const unsigned long *)key;
	size_t start = 0;
	size_t end = sizeof(*key) / sizeof(*words);

	while (start < end && !words[start])
		start++;
	while (end > start && !words[end - 1])
		end--;
	return (struct ovsr_key_range){ start * sizeof(*words), end * sizeof(*words) };
}

/* An nsh attribute need not give all of the header, or any of it. */
static size_t nsh_bytes_named(const struct key_request *req)
{
	const struct nlattr *nest = req->a[OVS_KEY_ATTR_NSH];

	if (nest && nla_find_nested(nest, OVS_NSH_KEY_ATTR_MD1))
		return offsetofend(struct ovsr_key, nsh);
	if (nest && nla_find_nested(nest, OVS_NSH_KEY_ATTR_BASE))
		return offsetof(struct ovsr_key, nsh.context);
	if (req->present & A(CT_ZONE))
		return offsetof(struct ovsr_key, nsh);
	return offsetof(struct ovsr_key, ct_zone);
}

/*
 * A key names the flows that were installed with the same values, up to the last one that it gives:
 * which conntrack fields a flow has that are kept behind that does not count. 6.1 does it so, with
 * its fields in the order of ours, eight bytes at a time.
 */
static size_t bytes_named(const struct ovsr_key *key, const struct key_request *req)
{
	u64 present = req->present;
	u64 tuples = A(CT_ORIG_TUPLE_IPV4) | A(CT_ORIG_TUPLE_IPV6);
	u64 frame = ovsr_key_promised(key);

	if (present & A(CT_LABELS))
		return sizeof(*key);
	if (present & (tuples | A(CT_MARK)))
		return offsetof(struct ovsr_key, ct_labels);
	if (frame & A(IPV4))
		return offsetof(struct ovsr_key, ipv4.ct_orig);
	if (frame & A(IPV6) && !(frame & A(ND)))
		return offsetof(struct ovsr_key, ipv6.ct_orig);
	if (frame & A(NSH))
		return nsh_bytes_named(req);
	if (frame || present & A(CT_ZONE))
		return offsetof(struct ovsr_key, ct_orig_src_port);
	return offsetof(struct ovsr_key, ct_zone);
}

int ovsr_match_parse(struct net *net, const struct nlattr *key, const struct nlattr *mask,
		     struct ovsr_match *match, bool log)
{
	struct key_request req = { .net = net, .how.log = log };
	u64 keys;
	int err;

	err = request_parse(&req, key, &match->key);
	if (err)
		return err;
	keys = req.present;
	match->named = bytes_named(&match->key, &req);
	err = mask_parse(&req, key, mask, match);
	if (err)
		return err;
	if (!keys_promised(&match->key, keys, log) || !masks_allowed(match, keys, req.present, log))
		return -EINVAL;
	match->range = range_of(&match->mask);
	return 0;
}

int ovsr_key_parse(struct net *net, const struct nlattr *attr, struct ovsr_match *match, bool log)
{
	struct key_request req = { .net = net, .how.log = log };
	int err;

	err = request_parse(&req, attr, &match->key);
	if (err)
		return err;
	match->named = bytes_named(&match->key, &req);
	return keys_promised(&match->key, req.present, log) ? 0 : -EINVAL;
}

int ovsr_key_parse_metadata(struct net *net, const struct nlattr *attr, struct ovsr_key *key,
			    u64 *present, bool log)
{
	struct key_request req = { .net = net, .how.log = log };
	u64 left;
	int err;

	ovsr_key_init(key);
	err = request_collect(&req, attr);
	if (err)
		return err;
	left = *present = req.present;
	return metadata_parse(&req, &left, key);
}

void ovsr_match_mask(const struct ovsr_match *match, struct ovsr_key *out)
{
	const unsigned long *key = (const unsigned long *)&match->key;
	const unsigned long *mask = (const unsigned long *)&match->mask;
	unsigned long *masked = (unsigned long *)out;
	size_t i;

	for (i = match->range.start / sizeof(*key); i < match->range.end / sizeof(*key); i++)
		masked[i] = key[i] & mask[i];
}
