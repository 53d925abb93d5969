/* SPDX-License-Identifier: GPL-2.0-only */
/* Flow keys and masks: what the schema says, and what makes most of them acceptable. */
#include <linux/openvswitch.h>
#include <string.h>

#include "gen/gen.h"

/* Keys that need no other. */
static const uint8_t metadata[] = {
	OVS_KEY_ATTR_PRIORITY, OVS_KEY_ATTR_SKB_MARK,	 OVS_KEY_ATTR_TUNNEL,
	OVS_KEY_ATTR_DP_HASH,  OVS_KEY_ATTR_RECIRC_ID,	 OVS_KEY_ATTR_CT_STATE,
	OVS_KEY_ATTR_CT_ZONE,  OVS_KEY_ATTR_CT_MARK,	 OVS_KEY_ATTR_CT_LABELS,
	OVS_KEY_ATTR_SKB_MARK, OVS_KEY_ATTR_PACKET_TYPE, OVS_KEY_ATTR_TUNNEL_INFO,
};

/* Keys that need others; what those promise in turn comes by itself. */
static const uint8_t protocol[] = {
	OVS_KEY_ATTR_VLAN,	OVS_KEY_ATTR_IPV4,
	OVS_KEY_ATTR_IPV6,	OVS_KEY_ATTR_TCP,
	OVS_KEY_ATTR_UDP,	OVS_KEY_ATTR_SCTP,
	OVS_KEY_ATTR_ICMP,	OVS_KEY_ATTR_ICMPV6,
	OVS_KEY_ATTR_ARP,	OVS_KEY_ATTR_ND,
	OVS_KEY_ATTR_TCP_FLAGS, OVS_KEY_ATTR_MPLS,
	OVS_KEY_ATTR_NSH,	OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4,
	OVS_KEY_ATTR_UDP,	OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6,
	OVS_KEY_ATTR_ETHERTYPE, OVS_KEY_ATTR_IPV6_EXTHDRS,
	OVS_KEY_ATTR_VLAN,	OVS_KEY_ATTR_IPV4,
};

/* Keys that none promises although their prerequisite is met; how often they come all the same. */
static const struct {
	uint8_t number;
	uint8_t percent;
} optional[] = {
	{ OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4, 3 },
	{ OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6, 3 },
	{ OVS_KEY_ATTR_TCP_FLAGS, 97 },
};

/* What keys mostly look like: the bits of a value that stay, and those that are there. */
static const struct {
	uint8_t number;
	uint8_t offset;
	uint8_t size;
	uint8_t percent;
	enum rig_order order;
	uint32_t keep;
	uint32_t add;
} usual[] = {
	{ OVS_KEY_ATTR_IN_PORT, 0, 4, 95, RIG_HOST, 3, 0 },
	{ OVS_KEY_ATTR_VLAN, 0, 2, 95, RIG_NET, 0xffff, 0x1000 },
	{ OVS_KEY_ATTR_IPV4, 11, 1, 94, RIG_NET, 0, 0 },
	{ OVS_KEY_ATTR_IPV4, 11, 1, 80, RIG_NET, 3, 0 },
	{ OVS_KEY_ATTR_IPV6, 39, 1, 94, RIG_NET, 0, 0 },
	{ OVS_KEY_ATTR_IPV6, 39, 1, 80, RIG_NET, 3, 0 },
	{ OVS_KEY_ATTR_IPV6, 32, 4, 95, RIG_NET, 0xfffff, 0 },
	{ OVS_KEY_ATTR_ICMPV6, 1, 1, 90, RIG_NET, 0, 0 },
	{ OVS_KEY_ATTR_ARP, 8, 2, 90, RIG_NET, 0xff, 0 },
	{ OVS_KEY_ATTR_TCP_FLAGS, 0, 2, 80, RIG_NET, 0xfff, 0 },
	{ OVS_KEY_ATTR_CT_STATE, 0, 4, 85, RIG_HOST, 0xff, 0 },
	{ OVS_KEY_ATTR_PACKET_TYPE, 0, 4, 50, RIG_NET, 0, 0 },
};

/* What the model cannot follow once packets meet it. */
static const uint8_t beyond_in_traffic[] = { OVS_KEY_ATTR_DP_HASH };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_among(const uint8_t *list, size_t count, unsigned int number)
{
	return memchr(list, (int)number, count);
}

/* ---- shaping ---- */

static void make_usual(struct rig_gen *gen, struct rig_node *node)
{
	for (size_t i = 0; i < COUNT(usual); i++) {
		uint8_t *at = rig_gen_payload(node) + usual[i].offset;
		rig_uint value;

		if (node->form != RIG_FORM_LEAF || usual[i].number != rig_node_number(node) ||
		    node->size < (unsigned int)usual[i].offset + usual[i].size ||
		    !rig_random_chance(&gen->random, usual[i].percent))
			continue;
		value = rig_uint_get(at, usual[i].size, usual[i].order);
		rig_uint_put(at, usual[i].size, usual[i].order,
			     (value & usual[i].keep) | usual[i].add);
	}
}

static void add(struct rig_gen *gen, struct rig_node **key, unsigned int number)
{
	if (rig_gen_find(*key, number))
		return;
	if (gen->traffic && is_among(beyond_in_traffic, COUNT(beyond_in_traffic), number))
		return;
	if (number == OVS_KEY_ATTR_ENCAP)
		rig_gen_append(key, rig_gen_nested(gen, &rig_nest_key, number,
						   rig_gen_key(gen, RIG_GEN_KEY_INNER)));
	else
		rig_gen_append(key, rig_gen_attr(gen, &rig_nest_key, number));
}

static bool left_out(struct rig_gen *gen, unsigned int number)
{
	for (size_t i = 0; i < COUNT(optional); i++)
		if (optional[i].number == number)
			return !rig_random_chance(&gen->random, optional[i].percent);
	return rig_random_chance(&gen->random, 2);
}

/* A later fragment has no transport header. */
static bool is_later(struct rig_node *key)
{
	const struct rig_node *ip4 = rig_gen_find(key, OVS_KEY_ATTR_IPV4);
	const struct rig_node *ip6 = rig_gen_find(key, OVS_KEY_ATTR_IPV6);

	return (ip4 && ip4->data[11] == OVS_FRAG_TYPE_LATER) ||
	       (ip6 && ip6->data[39] == OVS_FRAG_TYPE_LATER);
}

/* Adds what the values of the key promise, and what that promises, until nothing is missing. */
static void keep_promises(struct rig_gen *gen, struct rig_node **key)
{
	bool done[OVS_KEY_ATTR_MAX + 2] = {};
	bool more;

	do {
		more = false;
		for (unsigned int i = 1; i < rig_nest_key.n_attrs; i++) {
			const struct rig_attr *attr = rig_attr_get(&rig_nest_key, i);

			if (!attr || done[i] || !rig_gen_promised(attr, *key))
				continue;
			done[i] = more = true;
			if (rig_gen_find(*key, i) || left_out(gen, i) ||
			    (i != OVS_KEY_ATTR_IPV4 && i != OVS_KEY_ATTR_IPV6 && is_later(*key)))
				continue;
			add(gen, key, i);
			make_usual(gen, rig_gen_find(*key, i));
		}
	} while (more);
	if (rig_gen_find(*key, OVS_KEY_ATTR_VLAN))
		add(gen, key, OVS_KEY_ATTR_ENCAP);
}

/* ---- keys ---- */

static void add_protocol(struct rig_gen *gen, struct rig_node **key)
{
	unsigned int number = protocol[rig_random_below(&gen->random, COUNT(protocol))];

	if (gen->depth > 3)
		number = OVS_KEY_ATTR_UDP;
	rig_gen_ensure(gen, &rig_nest_key, key, number);
	for (struct rig_node *node = *key; node; node = node->next)
		make_usual(gen, node);
	keep_promises(gen, key);
}

static void add_metadata(struct rig_gen *gen, struct rig_node **key)
{
	uint32_t n = rig_random_below(&gen->random, 4);

	/* A frame from a device has none, and shall find flows. */
	if (gen->traffic && rig_random_chance(&gen->random, 60))
		n = 0;
	while (n--) {
		unsigned int number = metadata[rig_random_below(&gen->random, COUNT(metadata))];

		/* Userspace's own, and the kernel's own: always refused. */
		if ((number == OVS_KEY_ATTR_PACKET_TYPE || number == OVS_KEY_ATTR_TUNNEL_INFO) &&
		    !rig_random_chance(&gen->random, 10))
			continue;
		add(gen, key, number);
	}
}

struct rig_node *rig_gen_key(struct rig_gen *gen, enum rig_gen_key kind)
{
	struct rig_node *key = NULL, *meta = NULL;

	gen->depth++;
	if (kind != RIG_GEN_KEY_METADATA)
		add_protocol(gen, &key);
	if (kind != RIG_GEN_KEY_INNER) {
		if (rig_random_chance(&gen->random, 90))
			add(gen, &meta, OVS_KEY_ATTR_IN_PORT);
		add_metadata(gen, &meta);
	}
	if (kind == RIG_GEN_KEY_FLOW && rig_random_chance(&gen->random, 95))
		add(gen, &meta, OVS_KEY_ATTR_ETHERNET);
	for (struct rig_node *node = meta; node; node = node->next)
		make_usual(gen, node);
	rig_gen_append(&meta, key);
	gen->depth--;
	return meta;
}

struct rig_node *rig_gen_tunnel(struct rig_gen *gen)
{
	static const uint8_t others[] = {
		OVS_TUNNEL_KEY_ATTR_ID,
		OVS_TUNNEL_KEY_ATTR_TOS,
		OVS_TUNNEL_KEY_ATTR_CSUM,
		OVS_TUNNEL_KEY_ATTR_OAM,
		OVS_TUNNEL_KEY_ATTR_TP_SRC,
		OVS_TUNNEL_KEY_ATTR_TP_DST,
		OVS_TUNNEL_KEY_ATTR_PAD,
		OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS,
		OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS,
		OVS_TUNNEL_KEY_ATTR_ID,
		OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT,
		OVS_TUNNEL_KEY_ATTR_TTL,
		OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS,
		OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE,
	};
	bool ip6 = rig_random_chance(&gen->random, 30);
	struct rig_node *list = NULL;

	rig_gen_ensure(gen, &rig_nest_tunnel, &list,
		       ip6 ? OVS_TUNNEL_KEY_ATTR_IPV6_DST : OVS_TUNNEL_KEY_ATTR_IPV4_DST);
	if (rig_random_chance(&gen->random, 70))
		rig_gen_ensure(gen, &rig_nest_tunnel, &list,
			       ip6 ? OVS_TUNNEL_KEY_ATTR_IPV6_SRC : OVS_TUNNEL_KEY_ATTR_IPV4_SRC);
	if (rig_random_chance(&gen->random, 95))
		rig_gen_ensure(gen, &rig_nest_tunnel, &list, OVS_TUNNEL_KEY_ATTR_TTL);
	for (uint32_t n = rig_random_below(&gen->random, 4); n; n--)
		rig_gen_ensure(gen, &rig_nest_tunnel, &list,
			       others[rig_random_below(&gen->random, COUNT(others))]);
	return list;
}

struct rig_node *rig_gen_nsh(struct rig_gen *gen, const struct rig_nest *nest)
{
	bool usual = rig_random_chance(&gen->random, 90);
	struct rig_node *base, *md1;

	if (!usual)
		return rig_gen_some(gen, nest, 50);
	base = rig_gen_attr(gen, nest, OVS_NSH_KEY_ATTR_BASE);
	md1 = rig_gen_attr(gen, nest, OVS_NSH_KEY_ATTR_MD1);
	rig_gen_payload(base)[0] = 0;
	rig_gen_payload(base)[1] &= 0x3f;
	rig_gen_payload(base)[2] = 1;
	base->next = md1;
	return base;
}

/* ---- masks ---- */

/* Selectors: protocols depend on these values, so a mask mostly has them whole. */
static const struct {
	uint8_t number;
	uint8_t offset;
	uint8_t size;
} selectors[] = {
	{ OVS_KEY_ATTR_ETHERTYPE, 0, 2 }, { OVS_KEY_ATTR_VLAN, 0, 2 },
	{ OVS_KEY_ATTR_IPV4, 8, 1 },	  { OVS_KEY_ATTR_IPV4, 11, 1 },
	{ OVS_KEY_ATTR_IPV6, 36, 1 },	  { OVS_KEY_ATTR_IPV6, 39, 1 },
	{ OVS_KEY_ATTR_ICMPV6, 0, 2 },	  { OVS_KEY_ATTR_IN_PORT, 0, 4 },
};

static void fill_mask(struct rig_gen *gen, struct rig_node *node)
{
	uint8_t *mask = rig_gen_payload(node);
	unsigned int how = rig_random_below(&gen->random, 10);

	memset(mask, how < 5 ? 0xff : 0, node->size);
	if (how >= 7)
		rig_random_bytes(&gen->random, mask, node->size);
	for (size_t i = 0; i < COUNT(selectors); i++)
		if (selectors[i].number == rig_node_number(node) &&
		    selectors[i].offset + selectors[i].size <= (int)node->size &&
		    rig_random_chance(&gen->random, 92))
			memset(mask + selectors[i].offset, 0xff, selectors[i].size);
	if (rig_node_number(node) == OVS_KEY_ATTR_IPV6 && node->size == 40) {
		mask[32] = 0;
		mask[33] &= 0x0f;
	}
}

struct rig_node *rig_gen_mask(struct rig_gen *gen, const struct rig_node *key)
{
	struct rig_node *mask = NULL;

	for (; key; key = key->next) {
		struct rig_node *node;

		if (!rig_random_chance(&gen->random, 85))
			continue;
		node = rig_gen_copy(gen, key);
		rig_gen_append(&mask, node);
		if (node->form == RIG_FORM_NEST)
			node->children = rig_gen_mask(gen, node->children);
		else
			fill_mask(gen, node);
	}
	return mask;
}
