/* SPDX-License-Identifier: GPL-2.0-only */
/* What set and set_masked do to a packet and to its key. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "checksum.h"
#include "exec.h"

/* Value and mask of the attribute that is set. */
struct change {
	const uint8_t *value, *mask;
};

static void mix(uint8_t *to, const struct change *c, size_t offset, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t mask = c->mask[offset + i];

		to[i] = (c->value[offset + i] & mask) | (to[i] & ~mask);
	}
}

static bool any(const uint8_t *p, size_t len)
{
	while (len--)
		if (*p++)
			return true;
	return false;
}

static int set_eth(struct rig_packet *p, struct rig_key *key, const struct change *c)
{
	int err = rig_packet_need(p, ETH_HLEN);

	if (err)
		return err;
	mix(p->data + 6, c, offsetof(struct ovs_key_ethernet, eth_src), 6);
	mix(p->data, c, offsetof(struct ovs_key_ethernet, eth_dst), 6);
	memcpy(key->eth_src, p->data + 6, 6);
	memcpy(key->eth_dst, p->data, 6);
	return 0;
}

/* The layer 4 checksum of TCP and UDP covers the addresses; a UDP one of 0 is none. */
static void fix_layer4(struct rig_packet *p, uint8_t proto, bool ip6, const uint8_t *from,
		       const uint8_t *to, size_t len)
{
	uint8_t *l4 = rig_packet_transport(p), *sum;
	size_t at = rig_packet_at(p, p->transport), left = at < p->len ? p->len - at : 0;

	if (proto == IPPROTO_TCP && left >= 20) {
		rig_checksum_replace(l4 + 16, from, to, len);
	} else if (proto == IPPROTO_UDP && left >= 8) {
		sum = l4 + 6;
		if (!any(sum, 2))
			return;
		rig_checksum_replace(sum, from, to, len);
		if (!any(sum, 2))
			memset(sum, 0xff, 2);
	} else if (ip6 && proto == IPPROTO_ICMPV6 && left >= 8) {
		rig_checksum_replace(l4 + 2, from, to, len);
	}
}

/* Returns whether the address changed. */
static bool set_ip4_address(struct rig_packet *p, uint8_t *address, const struct change *c,
			    size_t offset)
{
	uint8_t *ip = rig_packet_network(p), new[4];
	uint16_t fragment_be;

	memcpy(new, address, 4);
	mix(new, c, offset, 4);
	if (!memcmp(new, address, 4))
		return false;
	memcpy(&fragment_be, ip + 6, 2);
	if (!(ntohs(fragment_be) & 0x1fff))
		fix_layer4(p, ip[9], false, address, new, 4);
	rig_checksum_replace(ip + 10, address, new, 4);
	rig_packet_clear_hash(p);
	rig_packet_untrack(p);
	memcpy(address, new, 4);
	return true;
}

static int set_ip4(struct rig_packet *p, struct rig_key *key, const struct change *c)
{
	const struct ovs_key_ipv4 *v = (const void *)c->value, *m = (const void *)c->mask;
	uint8_t *ip = rig_packet_network(p);
	int err = rig_packet_need(p, rig_packet_at(p, p->network) + 20);

	if (err)
		return err;
	if (set_ip4_address(p, ip + 12, c, offsetof(struct ovs_key_ipv4, ipv4_src)))
		memcpy(key->ip4.src, ip + 12, 4);
	if (set_ip4_address(p, ip + 16, c, offsetof(struct ovs_key_ipv4, ipv4_dst)))
		memcpy(key->ip4.dst, ip + 16, 4);
	if (m->ipv4_tos) {
		rig_checksum_set_tos(ip, ~m->ipv4_tos, v->ipv4_tos);
		key->ip_tos = ip[1];
	}
	if (m->ipv4_ttl) {
		rig_checksum_set_ttl(ip, (v->ipv4_ttl & m->ipv4_ttl) | (ip[8] & ~m->ipv4_ttl));
		key->ip_ttl = ip[8];
	}
	return 0;
}

/* With segments left in a routing header, the checksum is not of this destination. */
static bool checksum_has_destination(struct rig_packet *p)
{
	struct rig_ip6_walk w;

	if (!rig_ip6_is_extension(rig_packet_network(p)[6]))
		return true;
	return rig_ip6_find(p, IPPROTO_ROUTING, true, &w) != IPPROTO_ROUTING;
}

static void set_ip6_address(struct rig_packet *p, const struct rig_key *key, bool destination,
			    const struct change *c, uint8_t *in_key)
{
	size_t offset = destination ? offsetof(struct ovs_key_ipv6, ipv6_dst) :
				      offsetof(struct ovs_key_ipv6, ipv6_src);
	uint8_t *address = rig_packet_network(p) + (destination ? 24 : 8), new[16];

	memcpy(new, address, 16);
	mix(new, c, offset, 16);
	if (!memcmp(new, address, 16))
		return;
	if (!destination || checksum_has_destination(p))
		fix_layer4(p, key->ip_proto, true, address, new, 16);
	rig_packet_clear_hash(p);
	rig_packet_untrack(p);
	memcpy(address, new, 16);
	memcpy(in_key, new, 16);
}

static int set_ip6(struct rig_packet *p, struct rig_key *key, const struct change *c)
{
	const struct ovs_key_ipv6 *v = (const void *)c->value, *m = (const void *)c->mask;
	int err = rig_packet_need(p, rig_packet_at(p, p->network) + 40);
	uint8_t *ip = rig_packet_network(p);
	uint32_t first, mask, tclass;

	if (err)
		return err;
	set_ip6_address(p, key, false, c, key->ip6.src);
	set_ip6_address(p, key, true, c, key->ip6.dst);
	memcpy(&first, ip, 4);
	first = ntohl(first);
	if (m->ipv6_tclass) {
		tclass = first >> 20 & 0xff;
		tclass = (v->ipv6_tclass & m->ipv6_tclass) | (tclass & ~m->ipv6_tclass);
		/* The masked-out bits are or'd in, as they were. */
		first = (first & ~((uint32_t)m->ipv6_tclass << 20)) | tclass << 20;
		key->ip_tos = first >> 20;
	}
	if (m->ipv6_label) {
		mask = ntohl(m->ipv6_label) & 0xfffff;
		first = (first & ~mask) | (ntohl(v->ipv6_label) & mask);
		key->ip6.label_be = htonl(first & 0xfffff);
	}
	first = htonl(first);
	memcpy(ip, &first, 4);
	if (m->ipv6_hlimit) {
		ip[7] = (v->ipv6_hlimit & m->ipv6_hlimit) | (ip[7] & ~m->ipv6_hlimit);
		key->ip_ttl = ip[7];
	}
	return 0;
}

/* One port, and the checksum (NULL = none) that covers it. */
static void set_port(struct rig_packet *p, uint8_t *port, const struct change *c, size_t offset,
		     uint8_t *sum, uint16_t *in_key)
{
	uint8_t new[2];

	memcpy(new, port, 2);
	mix(new, c, offset, 2);
	if (!memcmp(new, port, 2) && sum)
		return;
	rig_packet_untrack(p);
	if (sum)
		rig_checksum_replace(sum, port, new, 2);
	memcpy(port, new, 2);
	memcpy(in_key, new, 2);
}

static int set_tcp(struct rig_packet *p, struct rig_key *key, const struct change *c)
{
	int err = rig_packet_need(p, rig_packet_at(p, p->transport) + 20);
	uint8_t *tcp = rig_packet_transport(p);

	if (err)
		return err;
	set_port(p, tcp, c, 0, tcp + 16, &key->l4_src_be);
	set_port(p, tcp + 2, c, 2, tcp + 16, &key->l4_dst_be);
	rig_packet_clear_hash(p);
	return 0;
}

static int set_udp(struct rig_packet *p, struct rig_key *key, const struct change *c)
{
	int err = rig_packet_need(p, rig_packet_at(p, p->transport) + 8);
	uint8_t *udp = rig_packet_transport(p), *sum;

	if (err)
		return err;
	sum = any(udp + 6, 2) ? udp + 6 : NULL;
	set_port(p, udp, c, 0, sum, &key->l4_src_be);
	set_port(p, udp + 2, c, 2, sum, &key->l4_dst_be);
	if (sum && !any(sum, 2))
		memset(sum, 0xff, 2);
	rig_packet_clear_hash(p);
	return 0;
}

/* A wrong checksum stays wrong by the same difference. */
static int set_sctp(struct rig_packet *p, struct rig_key *key, const struct change *c)
{
	size_t at = rig_packet_at(p, p->transport);
	int err = rig_packet_need(p, at + 12);
	uint8_t *sctp = rig_packet_transport(p);
	uint32_t sum, before;

	if (err)
		return err;
	memcpy(&sum, sctp + 8, 4);
	before = rig_checksum_sctp(sctp, p->len - at);
	set_port(p, sctp, c, 0, NULL, &key->l4_src_be);
	set_port(p, sctp + 2, c, 2, NULL, &key->l4_dst_be);
	sum ^= before ^ rig_checksum_sctp(sctp, p->len - at);
	memcpy(sctp + 8, &sum, 4);
	rig_packet_clear_hash(p);
	return 0;
}

static int set_mpls(struct rig_packet *p, struct rig_key *key, const struct change *c)
{
	int err = rig_packet_need(p, rig_packet_at(p, p->network) + 4);
	uint8_t lse[4];

	if (err)
		return err;
	memcpy(lse, rig_packet_network(p), 4);
	mix(lse, c, 0, 4);
	if (!rig_is_mpls(p->protocol_be))
		return -EINVAL;
	err = rig_packet_need(p, p->mac_len + 4);
	if (err)
		return err;
	memcpy(rig_packet_network(p), lse, 4);
	memcpy(&key->mpls.lse_be[0], lse, 4);
	return 0;
}

static void set_u32(uint32_t *to, uint32_t *in_key, const struct change *c)
{
	mix((uint8_t *)to, c, 0, 4);
	*in_key = *to;
}

static int apply(struct rig_packet *p, struct rig_key *key, unsigned int type,
		 const struct change *c)
{
	switch (type) {
	case OVS_KEY_ATTR_PRIORITY:
		set_u32(&p->priority, &key->priority, c);
		return 0;
	case OVS_KEY_ATTR_SKB_MARK:
		set_u32(&p->mark, &key->skb_mark, c);
		return 0;
	case OVS_KEY_ATTR_ETHERNET:
		return set_eth(p, key, c);
	case OVS_KEY_ATTR_IPV4:
		return set_ip4(p, key, c);
	case OVS_KEY_ATTR_IPV6:
		return set_ip6(p, key, c);
	case OVS_KEY_ATTR_TCP:
		return set_tcp(p, key, c);
	case OVS_KEY_ATTR_UDP:
		return set_udp(p, key, c);
	case OVS_KEY_ATTR_SCTP:
		return set_sctp(p, key, c);
	case OVS_KEY_ATTR_MPLS:
		return set_mpls(p, key, c);
	case OVS_KEY_ATTR_TUNNEL:
		p->tunnelled = true;
		return 0;
	}
	/* Accepted in a flow, but nothing can set it. */
	return -EINVAL;
}

int rig_exec_set(struct rig_packet *p, struct rig_key *key, const struct nlattr *field, bool masked)
{
	_Alignas(8) uint8_t value[40], mask[40];
	unsigned int type = rig_nla_type(field);
	int len = rig_key_attr_len(type);
	struct change c = { value, mask };

	if (len < 0)
		len = type == OVS_KEY_ATTR_MPLS ? 4 : 0;
	memcpy(value, rig_nla_data(field), len);
	memset(mask, 0xff, sizeof(mask));
	if (masked)
		memcpy(mask, rig_nla_data(field) + len, len);
	return apply(p, key, type, &c);
}
