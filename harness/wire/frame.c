/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames written in the words of a flow key: every item is the next header, as on the wire
 * (eth() the two addresses, eth_type() the type behind them, vlan() a tag's control information).
 * Lengths and checksums are filled in from the innermost layer outwards.
 */
#include <string.h>

#include <linux/openvswitch.h>

#include "wire/codec.h"

#define LAYERS_MAX 16

enum layer_kind {
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_TCP,
	LAYER_UDP,
	LAYER_SCTP,
	LAYER_ICMP,
	LAYER_ICMPV6,
};

/* A header whose length or checksum depends on what follows it. */
struct layer {
	enum layer_kind kind;
	size_t offset;
};

struct frame {
	struct rig_bytes *bytes;
	size_t start; /* of the frame in bytes */
	struct layer layers[LAYERS_MAX];
	size_t n_layers;
	struct rig_error *error;
};

static int compose(struct frame *f, const struct rig_node *nodes);

static void put(struct frame *f, const void *data, size_t size)
{
	rig_bytes_put(f->bytes, data, size);
}

static int begin_layer(struct frame *f, enum layer_kind kind)
{
	if (f->n_layers == LAYERS_MAX)
		return rig_error_set(f->error, "a frame has at most %d layers", LAYERS_MAX);
	f->layers[f->n_layers++] = (struct layer){ kind, f->bytes->size };
	return 0;
}

/* ---- headers ---- */

static int put_as_is(struct frame *f, const struct rig_node *node)
{
	put(f, node->data, node->size);
	return 0;
}

static int put_eth(struct frame *f, const struct rig_node *node)
{
	const struct ovs_key_ethernet *key = (const void *)node->data;

	put(f, key->eth_dst, ETH_ALEN);
	put(f, key->eth_src, ETH_ALEN);
	return 0;
}

static int put_encap(struct frame *f, const struct rig_node *node)
{
	return compose(f, node->children);
}

/* A first fragment has the more-fragments bit, a later one an offset of 8 bytes. */
static int put_ipv4(struct frame *f, const struct rig_node *node)
{
	const struct ovs_key_ipv4 *key = (const void *)node->data;
	uint8_t header[20] = { 0x45, key->ipv4_tos, [8] = key->ipv4_ttl, [9] = key->ipv4_proto };

	if (begin_layer(f, LAYER_IPV4) < 0)
		return -1;
	header[6] = key->ipv4_frag == OVS_FRAG_TYPE_FIRST ? 0x20 : 0;
	header[7] = key->ipv4_frag == OVS_FRAG_TYPE_LATER ? 1 : 0;
	memcpy(header + 12, &key->ipv4_src, 4);
	memcpy(header + 16, &key->ipv4_dst, 4);
	put(f, header, sizeof(header));
	return 0;
}

static int put_ipv6(struct frame *f, const struct rig_node *node)
{
	const struct ovs_key_ipv6 *key = (const void *)node->data;
	bool fragment = key->ipv6_frag != OVS_FRAG_TYPE_NONE;
	uint8_t header[40] = { [6] = fragment ? 44 : key->ipv6_proto, [7] = key->ipv6_hlimit };
	uint8_t extension[8] = { key->ipv6_proto };

	if (begin_layer(f, LAYER_IPV6) < 0)
		return -1;
	memcpy(header, &key->ipv6_label, 4);
	header[0] = 0x60 | key->ipv6_tclass >> 4;
	header[1] = (header[1] & 0x0f) | key->ipv6_tclass << 4;
	memcpy(header + 8, key->ipv6_src, 16);
	memcpy(header + 24, key->ipv6_dst, 16);
	put(f, header, sizeof(header));
	extension[3] = key->ipv6_frag == OVS_FRAG_TYPE_LATER ? 1 << 3 : 1;
	if (fragment)
		put(f, extension, sizeof(extension));
	return 0;
}

/* The ports or type and code as the key has them, the rest of the header zero. */
static int put_transport(struct frame *f, const struct rig_node *node, enum layer_kind kind,
			 size_t size)
{
	if (begin_layer(f, kind) < 0)
		return -1;
	put(f, node->data, node->size);
	rig_bytes_zero(f->bytes, size - node->size);
	return 0;
}

static int put_tcp(struct frame *f, const struct rig_node *node)
{
	size_t start = f->bytes->size;

	if (put_transport(f, node, LAYER_TCP, 20) < 0)
		return -1;
	if (!f->bytes->failed)
		f->bytes->data[start + 12] = 5 << 4;
	return 0;
}

static int put_tcp_flags(struct frame *f, const struct rig_node *node)
{
	const struct layer *last = f->n_layers ? &f->layers[f->n_layers - 1] : NULL;

	if (!last || last->kind != LAYER_TCP)
		return rig_error_set(f->error, "tcp_flags() must follow tcp()");
	if (f->bytes->failed)
		return 0;
	f->bytes->data[last->offset + 12] |= node->data[0] & 0x0f;
	f->bytes->data[last->offset + 13] = node->data[1];
	return 0;
}

static int put_udp(struct frame *f, const struct rig_node *node)
{
	return put_transport(f, node, LAYER_UDP, 8);
}

static int put_sctp(struct frame *f, const struct rig_node *node)
{
	return put_transport(f, node, LAYER_SCTP, 12);
}

static int put_icmp(struct frame *f, const struct rig_node *node)
{
	return put_transport(f, node, LAYER_ICMP, 8);
}

static int put_icmpv6(struct frame *f, const struct rig_node *node)
{
	return put_transport(f, node, LAYER_ICMPV6, 8);
}

static int put_arp(struct frame *f, const struct rig_node *node)
{
	static const uint8_t ethernet_ipv4[] = { 0, 1, 0x08, 0x00, 6, 4 };
	const struct ovs_key_arp *key = (const void *)node->data;

	put(f, ethernet_ipv4, sizeof(ethernet_ipv4));
	put(f, &key->arp_op, 2);
	put(f, key->arp_sha, ETH_ALEN);
	put(f, &key->arp_sip, 4);
	put(f, key->arp_tha, ETH_ALEN);
	put(f, &key->arp_tip, 4);
	return 0;
}

/* Behind icmpv6(): the target, then a link-layer address option for each that is not zero. */
static int put_nd(struct frame *f, const struct rig_node *node)
{
	static const uint8_t none[ETH_ALEN], source[] = { 1, 1 }, target[] = { 2, 1 };
	const struct ovs_key_nd *key = (const void *)node->data;

	put(f, key->nd_target, 16);
	if (memcmp(key->nd_sll, none, ETH_ALEN)) {
		put(f, source, sizeof(source));
		put(f, key->nd_sll, ETH_ALEN);
	}
	if (memcmp(key->nd_tll, none, ETH_ALEN)) {
		put(f, target, sizeof(target));
		put(f, key->nd_tll, ETH_ALEN);
	}
	return 0;
}

/* RFC 8300: version, flags and ttl share 16 bits with the length in words of 4 bytes. */
static int put_nsh(struct frame *f, const struct rig_node *node)
{
	const struct rig_node *base = node->children, *context;
	const struct ovs_nsh_key_base *key;
	uint8_t header[4];
	size_t words;

	if (!base || rig_node_number(base) != OVS_NSH_KEY_ATTR_BASE || base->size != sizeof(*key))
		return rig_error_set(f->error, "nsh() must begin with base()");
	key = (const void *)base->data;
	context = base->next;
	words = 2 + (context ? context->size / 4 : 0);
	rig_uint_put(header, 2, RIG_NET, key->flags << 12 | (key->ttl & 63) << 6 | words);
	header[2] = key->mdtype;
	header[3] = key->np;
	put(f, header, sizeof(header));
	put(f, &key->path_hdr, 4);
	if (context)
		put(f, context->data, context->size & ~(size_t)3);
	return 0;
}

static int (*const headers[RIG_FRAME_PAYLOAD + 1])(struct frame *f, const struct rig_node *node) = {
	[OVS_KEY_ATTR_ENCAP] = put_encap, [OVS_KEY_ATTR_ETHERNET] = put_eth,
	[OVS_KEY_ATTR_VLAN] = put_as_is,  [OVS_KEY_ATTR_ETHERTYPE] = put_as_is,
	[OVS_KEY_ATTR_IPV4] = put_ipv4,	  [OVS_KEY_ATTR_IPV6] = put_ipv6,
	[OVS_KEY_ATTR_TCP] = put_tcp,	  [OVS_KEY_ATTR_UDP] = put_udp,
	[OVS_KEY_ATTR_ICMP] = put_icmp,	  [OVS_KEY_ATTR_ICMPV6] = put_icmpv6,
	[OVS_KEY_ATTR_ARP] = put_arp,	  [OVS_KEY_ATTR_ND] = put_nd,
	[OVS_KEY_ATTR_SCTP] = put_sctp,	  [OVS_KEY_ATTR_TCP_FLAGS] = put_tcp_flags,
	[OVS_KEY_ATTR_MPLS] = put_as_is,  [OVS_KEY_ATTR_NSH] = put_nsh,
	[RIG_FRAME_PAYLOAD] = put_as_is,
};

/* ---- lengths and checksums ---- */

static uint32_t add_words(uint32_t sum, const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		sum += i % 2 ? data[i] : data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t crc32c(const uint8_t *data, size_t size)
{
	uint32_t crc = ~0u;
	int bit;

	for (; size; size--, data++)
		for (crc ^= *data, bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	return ~crc;
}

/* The sum over the addresses, the protocol and the length, from the IP layer before this one. */
static uint32_t pseudo_header(const struct frame *f, size_t layer, uint8_t proto, size_t size)
{
	const uint8_t tail[] = { size >> 8, size, 0, proto };
	uint32_t sum = add_words(0, tail, sizeof(tail));

	while (layer--) {
		const uint8_t *ip = f->bytes->data + f->layers[layer].offset;

		if (f->layers[layer].kind == LAYER_IPV4)
			return add_words(sum, ip + 12, 8);
		if (f->layers[layer].kind == LAYER_IPV6)
			return add_words(sum, ip + 8, 32);
	}
	return sum;
}

static void put_checksum(uint8_t *at, uint32_t sum, const uint8_t *data, size_t size)
{
	rig_uint_put(at, 2, RIG_NET, (uint16_t)~add_words(sum, data, size));
}

static void finish_layer(const struct frame *f, size_t layer)
{
	uint8_t *data = f->bytes->data + f->layers[layer].offset;
	size_t size = f->bytes->size - f->layers[layer].offset;

	switch (f->layers[layer].kind) {
	case LAYER_IPV4:
		rig_uint_put(data + 2, 2, RIG_NET, size);
		put_checksum(data + 10, 0, data, 20);
		break;
	case LAYER_IPV6:
		rig_uint_put(data + 4, 2, RIG_NET, size - 40);
		break;
	case LAYER_TCP:
		put_checksum(data + 16, pseudo_header(f, layer, 6, size), data, size);
		break;
	case LAYER_UDP:
		rig_uint_put(data + 4, 2, RIG_NET, size);
		put_checksum(data + 6, pseudo_header(f, layer, 17, size), data, size);
		if (!data[6] && !data[7])
			memset(data + 6, 0xff, 2);
		break;
	case LAYER_SCTP: {
		uint32_t crc = crc32c(data, size);
		int i;

		for (i = 0; i < 4; i++)
			data[8 + i] = crc >> (8 * i);
		break;
	}
	case LAYER_ICMP:
		put_checksum(data + 2, 0, data, size);
		break;
	case LAYER_ICMPV6:
		put_checksum(data + 2, pseudo_header(f, layer, 58, size), data, size);
		break;
	}
}

/* ---- items ---- */

/* "hex:" lets a text say any length; a header must have its own. */
static bool size_is_right(const struct rig_node *node)
{
	if (node->form == RIG_FORM_NEST)
		return node->attr->type == RIG_TYPE_NEST;
	switch (node->attr->type) {
	case RIG_TYPE_SCALAR:
		return node->size == node->attr->format->size;
	case RIG_TYPE_STRUCT:
		return node->size == node->attr->layout->size;
	case RIG_TYPE_FLAG:
	case RIG_TYPE_SCALARS:
	case RIG_TYPE_STRUCTS:
	case RIG_TYPE_STRING:
	case RIG_TYPE_BYTES:
	case RIG_TYPE_ADDRESS:
		return true;
	case RIG_TYPE_NEST:
		return false;
	}
	return false;
}

static int compose_item(struct frame *f, const struct rig_node *node)
{
	if (node->form == RIG_FORM_RAW)
		return put_as_is(f, node);
	if (!node->attr || !headers[node->attr->number])
		return rig_error_set(f->error, "%s is no part of a frame",
				     node->attr ? node->attr->name : "an unknown attribute");
	if (!size_is_right(node))
		return rig_error_set(f->error, "%s has not the length of its header",
				     node->attr->name);
	return headers[node->attr->number](f, node);
}

static int compose(struct frame *f, const struct rig_node *nodes)
{
	for (; nodes; nodes = nodes->next)
		if (compose_item(f, nodes) < 0)
			return -1;
	return 0;
}

int rig_frame_compose(const struct rig_node *nodes, struct rig_bytes *bytes,
		      struct rig_error *error)
{
	struct frame f = { .bytes = bytes, .error = error };
	size_t layer;

	if (compose(&f, nodes) < 0)
		return -1;
	if (bytes->failed)
		return rig_error_set(error, "out of memory");
	for (layer = f.n_layers; layer--;)
		finish_layer(&f, layer);
	return 0;
}
