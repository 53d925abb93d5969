// SPDX-License-Identifier: GPL-2.0-only
/*
 * A key's attributes as a whole: which must be there, which may, what a mask makes of them.
 *
 * A key's own values demand attributes (an eth_type of IPv4 promises an ipv4 attribute): struct
 * demands has them, by the value that decides. It serves keys, masks and dumps alike.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/if_vlan.h>
#include <net/ndisc.h>

#include "conntrack.h"
#include "key_attr.h"
#include "key_shape.h"

#define A(name) BIT_ULL(OVS_KEY_ATTR_##name)
#define TUPLES	(A(CT_ORIG_TUPLE_IPV4) | A(CT_ORIG_TUPLE_IPV6))

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

/* What a packet's bytes cannot tell. */
#define METADATA                                                                          \
	(A(DP_HASH) | A(RECIRC_ID) | A(PRIORITY) | A(IN_PORT) | A(SKB_MARK) | A(TUNNEL) | \
	 A(CT_STATE) | A(CT_ZONE) | A(CT_MARK) | A(CT_LABELS) | TUPLES)

/* What they can tell, behind the eth_type. Parsed, and put, in this order. */
const u8 ovsr_key_frame_order[OVSR_KEY_FRAME_ATTRS] = {
	OVS_KEY_ATTR_IPV4, OVS_KEY_ATTR_IPV6, OVS_KEY_ATTR_IPV6_EXTHDRS, OVS_KEY_ATTR_ARP,
	OVS_KEY_ATTR_NSH,  OVS_KEY_ATTR_MPLS, OVS_KEY_ATTR_TCP,		 OVS_KEY_ATTR_TCP_FLAGS,
	OVS_KEY_ATTR_UDP,  OVS_KEY_ATTR_SCTP, OVS_KEY_ATTR_ICMP,	 OVS_KEY_ATTR_ICMPV6,
	OVS_KEY_ATTR_ND,
};

/* What the values of a key demand of it, by the one that decides. */
struct demands {
	u64 of_type;	/* eth_type */
	u64 of_proto;	/* ip.proto, where there is a transport header */
	u64 of_message; /* l4.src, as the ICMPv6 type */
};

/* All that a mask may not have unless it matches what decides exactly. */
#define CONDITIONAL                                                                                \
	(A(IPV4) | A(IPV6) | A(ARP) | A(MPLS) | A(NSH) | TUPLES | A(TCP) | A(TCP_FLAGS) | A(UDP) | \
	 A(SCTP) | A(ICMP) | A(ICMPV6) | A(ND))

/* A mask may have these whatever the key says. */
#define MASKS_ALWAYS (A(TUNNEL) | A(IN_PORT) | A(ETHERTYPE))

static const struct transport {
	u8 proto;
	u64 over_ipv4;
	u64 over_ipv6;
} transports[] = {
	{ IPPROTO_TCP, A(TCP) | A(TCP_FLAGS), A(TCP) | A(TCP_FLAGS) },
	{ IPPROTO_UDP, A(UDP), A(UDP) },
	{ IPPROTO_SCTP, A(SCTP), A(SCTP) },
	{ IPPROTO_ICMP, A(ICMP), 0 },
	{ IPPROTO_ICMPV6, 0, A(ICMPV6) },
};

static u64 type_demands(__be16 eth_type)
{
	switch (ntohs(eth_type)) {
	case ETH_P_IP:
		return A(IPV4);
	case ETH_P_IPV6:
		return A(IPV6);
	case ETH_P_ARP:
	case ETH_P_RARP:
		return A(ARP);
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		return A(MPLS);
	case ETH_P_NSH:
		return A(NSH);
	default:
		return 0;
	}
}

static struct demands demands_of(const struct ovsr_key *key)
{
	struct demands d = { .of_type = type_demands(key->eth_type) };
	const struct transport *t = transports;

	if (!(d.of_type & (A(IPV4) | A(IPV6))) || key->ip.frag == OVS_FRAG_TYPE_LATER)
		return d;
	while (t->proto != key->ip.proto)
		if (++t == transports + ARRAY_SIZE(transports))
			return d;
	d.of_proto = d.of_type & A(IPV4) ? t->over_ipv4 : t->over_ipv6;
	if (d.of_proto & A(ICMPV6) && ovsr_is_neighbour(key->l4.src))
		d.of_message = A(ND);
	return d;
}

u64 ovsr_key_promised(const struct ovsr_key *key)
{
	struct demands d = demands_of(key);

	return d.of_type | d.of_proto | d.of_message;
}

bool ovsr_key_is_nd(const struct ovsr_key *key)
{
	return !key->l4.dst && demands_of(key).of_message;
}

/* What @mask may have of the conditional attributes. */
static u64 masks_granted(const struct demands *d, const struct ovsr_key *mask)
{
	u64 granted = 0;

	if (mask->eth_type == htons(0xffff))
		granted |= d->of_type | (d->of_type & A(IPV4) ? A(CT_ORIG_TUPLE_IPV4) : 0) |
			   (d->of_type & A(IPV6) ? A(CT_ORIG_TUPLE_IPV6) : 0);
	if (mask->ip.proto == 0xff)
		granted |= d->of_proto;
	if (mask->l4.src == htons(0xff))
		granted |= d->of_message;
	/* The two share storage. */
	return d->of_message ? granted & ~A(CT_ORIG_TUPLE_IPV6) : granted;
}

static bool keys_complete(const struct demands *d, u64 present, bool log)
{
	u64 missing = (d->of_type | d->of_proto | d->of_message) & ~present;

	if (missing)
		ovsr_log(log, "key attributes missing: %#llx", missing);
	return !missing;
}

static bool masks_allowed(const struct demands *d, const struct ovsr_key *mask, u64 keys, u64 masks,
			  bool log)
{
	u64 excess = masks & ~((keys & ~CONDITIONAL) | masks_granted(d, mask) | MASKS_ALWAYS);

	if (excess)
		ovsr_log(log, "mask attributes without a match to stand on: %#llx", excess);
	return !excess;
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

	err = vlan_parse(req, &out->tags[0], key ? &key->tags[0] : NULL);
	if (err > 0 && tags->tags[0].tci & htons(VLAN_CFI_MASK))
		err = vlan_parse(req, &out->tags[1], key ? &key->tags[1] : NULL);
	return min(err, 0);
}

static int attr_parse(const struct key_request *req, int type, u64 *left, struct ovsr_key *out)
{
	*left &= ~BIT_ULL(type);
	return ovsr_key_attr_parse(req->a[type], &req->how, out);
}

/* Parses those of @types that *@left has, and takes them out of it. */
static int attrs_parse(const struct key_request *req, u64 types, u64 *left, struct ovsr_key *out)
{
	int err = 0;

	for (types &= *left; types && !err; types &= types - 1)
		err = attr_parse(req, __ffs64(types), left, out);
	return err;
}

/* The same, in an order that counts. */
static int frame_attrs_parse(const struct key_request *req, u64 *left, struct ovsr_key *out)
{
	const u8 *type = ovsr_key_frame_order;
	int err = 0;

	for (; *left && !err && type < ovsr_key_frame_order + OVSR_KEY_FRAME_ATTRS; type++)
		if (*left & BIT_ULL(*type))
			err = attr_parse(req, *type, left, out);
	return err;
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
	int err;

	if (!key)
		out->in_port = OVSR_PORT_NONE;
	err = attrs_parse(req, METADATA & ~unsupported, left, out);
	if (err)
		return err;

	/* Without an Ethernet header, the eth_type is all that says what a packet starts with. */
	out->link = key ? 0xff : ethernet ? OVSR_LINK_ETHERNET : OVSR_LINK_NONE;
	return ethernet ? 0 : attrs_parse(req, A(ETHERTYPE), left, out);
}

static int frame_parse(const struct key_request *req, u64 *left, struct ovsr_key *out)
{
	const struct ovsr_key *key = req->how.key;
	const struct ovsr_key *types = key ?: out;
	int err;

	if (*left & A(ETHERNET)) {
		if (!key && !(*left & A(ETHERTYPE)))
			out->eth_type = htons(ETH_P_802_2);
		err = attrs_parse(req, A(ETHERNET) | A(ETHERTYPE), left, out);
		if (err)
			return err;
	} else if (!types->eth_type) {
		ovsr_log(req->how.log, "neither an Ethernet header nor an EtherType");
		return -EINVAL;
	}
	return frame_attrs_parse(req, left, out);
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
		if (match->key.tunnel.family)
			memset(&match->mask.tunnel.key, 0xff, sizeof(match->mask.tunnel.key));
	}
	match->mask.tags[0].tci = htons(0xffff);
	match->mask.tags[1].tci = htons(0xffff);
	req->how.key = &match->key;
	return request_parse(req, mask, &match->mask);
}

/* The words of @mask that are not zero; @key is that which it goes with. */
static u64 words_of(const struct ovsr_key *mask, const struct ovsr_key *key)
{
	bool tunnel = mask->tunnel.family || key->tunnel.family;
	unsigned int n = tunnel ? OVSR_KEY_WORDS : offsetof(struct ovsr_key, tunnel) / sizeof(u64);
	unsigned int i;
	u64 words = 0;

	BUILD_BUG_ON(OVSR_KEY_WORDS > 64);
	for (i = 0; i < n; i++)
		if (ovsr_key_word(mask, i))
			words |= BIT_ULL(i);
	return words;
}

/* An nsh attribute need not give all of the header, or any of it. */
static u64 nsh_open(const struct key_request *req)
{
	const struct nlattr *nest = req->a[OVS_KEY_ATTR_NSH];

	if (!nest || nla_find_nested(nest, OVS_NSH_KEY_ATTR_MD1))
		return 0;
	if (nla_find_nested(nest, OVS_NSH_KEY_ATTR_BASE))
		return OVSR_WORDS(nsh.context, nsh.context);
	return OVSR_WORDS(nsh, nsh);
}

/*
 * A key names the flow that was installed with its values. What else the flow has of conntrack is
 * open, as in 6.1: the labels, if the key gives none; the mark and what the connection began with,
 * if it gives nothing of these; the zone, if it tells nothing of the packet either.
 */
static u64 words_named(const struct ovsr_key *key, const struct key_request *req)
{
	u64 given = req->present;
	u64 frame = ovsr_key_promised(key);
	u64 open = 0;

	/* What may be open has its words for itself. */
	BUILD_BUG_ON(offsetof(struct ovsr_key, ct_mark) % sizeof(u64) ||
		     offsetof(struct ovsr_key, ct_labels) % sizeof(u64) ||
		     offsetof(struct ovsr_key, nsh.context) % sizeof(u64) ||
		     offsetof(struct ovsr_key, orig6) % sizeof(u64) ||
		     offsetof(struct ovsr_key, tunnel) % sizeof(u64));
	if (!(given & A(CT_LABELS)))
		open |= OVSR_WORDS(ct_labels, ct_labels);
	if (given & (A(CT_LABELS) | A(CT_MARK) | TUPLES))
		return OVSR_WORDS_ALL & ~open;
	open |= OVSR_WORDS(ct_mark, orig_dst_port);
	if (!(frame & (A(ARP) | A(ND))))
		open |= OVSR_WORDS(orig6, orig6);
	if (frame & A(NSH))
		open |= nsh_open(req);
	if (!(given & A(CT_ZONE)) && (!frame || open & OVSR_WORDS(nsh.base, nsh.base)))
		open |= OVSR_WORDS(ct_zone, ct_zone);
	return OVSR_WORDS_ALL & ~open;
}

int ovsr_match_parse(struct net *net, const struct nlattr *key, const struct nlattr *mask,
		     struct ovsr_match *match, bool log)
{
	struct key_request req = { .net = net, .how.log = log };
	struct demands demands;
	u64 keys;
	int err;

	err = request_parse(&req, key, &match->key);
	if (err)
		return err;
	keys = req.present;
	match->named = words_named(&match->key, &req);
	err = mask_parse(&req, key, mask, match);
	if (err)
		return err;
	demands = demands_of(&match->key);
	if (!keys_complete(&demands, keys, log) ||
	    !masks_allowed(&demands, &match->mask, keys, req.present, log))
		return -EINVAL;
	match->words = words_of(&match->mask, &match->key);
	return 0;
}

int ovsr_key_parse(struct net *net, const struct nlattr *attr, struct ovsr_match *match, bool log)
{
	struct key_request req = { .net = net, .how.log = log };
	struct demands demands;
	int err;

	err = request_parse(&req, attr, &match->key);
	if (err)
		return err;
	match->named = words_named(&match->key, &req);
	demands = demands_of(&match->key);
	return keys_complete(&demands, req.present, log) ? 0 : -EINVAL;
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
	u64 left = match->words;
	unsigned int i;

	ovsr_for_each_word(i, left)
		((u64 *)out)[i] = ovsr_key_word(&match->key, i) & ovsr_key_word(&match->mask, i);
}
