/* SPDX-License-Identifier: GPL-2.0-only */
/* What the trackers of net/netfilter read in a packet, and what they find invalid in it. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#include "checksum.h"
#include "conntrack.h"
#include "packet.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16, TCP_URG = 32 };

/* The part of a packet behind its IP headers. */
struct part {
	const uint8_t *at;
	size_t len;
	uint8_t proto;
};

static uint16_t be16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* --- Where it begins --- */

static bool find_part4(const uint8_t *ip, size_t len, struct part *part)
{
	size_t header;

	if (len < 20 || (be16(ip + 6) & 0x1fff))
		return false;
	header = 4 * (ip[0] & 0xf);
	if (!header || header > len)
		return false;
	*part = (struct part){ ip + header, len - header, ip[9] };
	return true;
}

static bool find_part6(const uint8_t *ip, size_t len, struct part *part)
{
	size_t at = 40;
	uint8_t type;

	if (len < 7)
		return false;
	for (type = ip[6]; rig_ip6_is_extension(type);) {
		const uint8_t *h = ip + at;

		if (type == IPPROTO_NONE || at + 2 > len)
			return false;
		if (type == IPPROTO_FRAGMENT) {
			if (at + 4 > len || (be16(h + 2) & ~7))
				return false;
			at += 8;
		} else {
			at += type == IPPROTO_AH ? 4 * (h[1] + 2u) : 8 * (h[1] + 1u);
		}
		type = h[0];
	}
	*part = (struct part){ ip + at, at < len ? len - at : 0, type };
	return true;
}

/* --- Tuples --- */

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static bool read_tuple(const uint8_t *ip, size_t len, const struct part *part, uint8_t family,
		       struct rig_tuple *t)
{
	size_t addr = family == AF_INET ? 4 : 16, at = family == AF_INET ? 12 : 8;

	memset(t, 0, sizeof(*t));
	if (len < at + 2 * addr)
		return false;
	memcpy(t->src, ip + at, addr);
	memcpy(t->dst, ip + at + addr, addr);
	t->family = family;
	t->proto = part->proto;
	if (has_ports(part->proto)) {
		if (part->len < 4)
			return false;
		memcpy(t->src_port, part->at, 2);
		memcpy(t->dst_port, part->at + 2, 2);
	} else if (is_icmp(part->proto)) {
		if (part->len < 8)
			return false;
		memcpy(t->dst_port, part->at, 2);
		memcpy(t->src_port, part->at + 4, 2);
	}
	return true;
}

/* The type that answers this one, and whether this one asks. -1: none does. */
static int answer_to(uint8_t proto, uint8_t type, bool *asks)
{
	static const struct {
		uint8_t proto, question, answer;
	} pairs[] = {
		{ IPPROTO_ICMP, ICMP_ECHO, ICMP_ECHOREPLY },
		{ IPPROTO_ICMP, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY },
		{ IPPROTO_ICMP, ICMP_INFO_REQUEST, ICMP_INFO_REPLY },
		{ IPPROTO_ICMP, ICMP_ADDRESS, ICMP_ADDRESSREPLY },
		{ IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY },
		{ IPPROTO_ICMPV6, 139, 140 }, /* node information */
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		*asks = pairs[i].question == type;
		if (pairs[i].proto == proto && (*asks || pairs[i].answer == type))
			return *asks ? pairs[i].answer : pairs[i].question;
	}
	return -1;
}

struct rig_tuple rig_tuple_inverse(const struct rig_tuple *t)
{
	struct rig_tuple inverse = *t;
	bool asks;

	memcpy(inverse.src, t->dst, sizeof(t->dst));
	memcpy(inverse.dst, t->src, sizeof(t->src));
	if (is_icmp(t->proto)) {
		inverse.dst_port[0] = answer_to(t->proto, t->dst_port[0], &asks);
	} else {
		memcpy(inverse.src_port, t->dst_port, sizeof(t->dst_port));
		memcpy(inverse.dst_port, t->src_port, sizeof(t->src_port));
	}
	return inverse;
}

bool rig_tuple_may_begin(const struct rig_tuple *t)
{
	bool asks = true;

	return !is_icmp(t->proto) || (answer_to(t->proto, t->dst_port[0], &asks) >= 0 && asks);
}

/* --- Trackers --- */

/* Over an IPv4 header, too, which adds nothing if its own checksum is right. */
static bool checksum_ok(const uint8_t *ip, uint8_t family, const struct part *part)
{
	bool pseudo = part->proto != IPPROTO_ICMP;
	size_t addr = family == AF_INET ? 4 : 16, at = family == AF_INET ? 12 : 8;
	uint32_t sum = pseudo ? part->proto + (uint32_t)part->len : 0;

	if (pseudo)
		sum = rig_checksum_add(sum, ip + at, 2 * addr);
	if (family == AF_INET)
		sum = rig_checksum_add(sum, ip, part->at - ip);
	sum = rig_checksum_add(sum, part->at, part->len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

static enum rig_tracked track_udp(const uint8_t *ip, uint8_t family, const struct part *part)
{
	uint16_t len;

	if (part->len < 8)
		return RIG_TRACKED_INVALID;
	len = be16(part->at + 4);
	if (len > part->len || len < 8)
		return RIG_TRACKED_INVALID;
	if (be16(part->at + 6) && !checksum_ok(ip, family, part))
		return RIG_TRACKED_INVALID;
	return RIG_TRACKED_OK;
}

/* A connection begins with a SYN, or is picked up at an ACK. */
static enum rig_tracked track_tcp(const uint8_t *ip, uint8_t family, const struct part *part)
{
	size_t header;
	uint8_t flags;

	if (part->len < 20)
		return RIG_TRACKED_INVALID;
	header = 4 * (part->at[12] >> 4);
	if (header < 20 || header > part->len || !checksum_ok(ip, family, part))
		return RIG_TRACKED_INVALID;
	flags = part->at[13] & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG);
	flags &= ~TCP_URG;
	return flags == TCP_SYN || flags == TCP_ACK ? RIG_TRACKED_OK : RIG_TRACKED_INVALID;
}

static enum rig_tracked track_icmp4(const uint8_t *ip, const struct part *part)
{
	if (part->len < 8 || !checksum_ok(ip, AF_INET, part) || part->at[0] > 18)
		return RIG_TRACKED_INVALID;
	switch (part->at[0]) {
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_REDIRECT:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return RIG_TRACKED_ERROR;
	}
	return RIG_TRACKED_OK;
}

static enum rig_tracked track_icmp6(const uint8_t *ip, const struct part *part)
{
	uint8_t type = part->len ? part->at[0] : 0;

	if (part->len < 8 || !checksum_ok(ip, AF_INET6, part))
		return RIG_TRACKED_INVALID;
	/* Neighbours, routers and listeners are not tracked; a redirect is an error. */
	if ((type >= 130 && type <= 136) || type == 143)
		return RIG_TRACKED_INVALID;
	return type < 128 || type == 137 ? RIG_TRACKED_ERROR : RIG_TRACKED_OK;
}

static enum rig_tracked track(const uint8_t *ip, uint8_t family, const struct part *part)
{
	switch (part->proto) {
	case IPPROTO_UDP:
		return track_udp(ip, family, part);
	case IPPROTO_TCP:
		return track_tcp(ip, family, part);
	case IPPROTO_ICMP:
		return family == AF_INET ? track_icmp4(ip, part) : RIG_TRACKED_INVALID;
	case IPPROTO_ICMPV6:
		return family == AF_INET6 ? track_icmp6(ip, part) : RIG_TRACKED_INVALID;
	case IPPROTO_SCTP:
		/* A header without a chunk is nothing. */
		return part->len < 12 + 4 ? RIG_TRACKED_INVALID : RIG_TRACKED_BEYOND;
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
	case IPPROTO_GRE:
		return RIG_TRACKED_BEYOND;
	}
	return RIG_TRACKED_OK;
}

static bool find_part(const uint8_t *ip, size_t len, uint8_t family, struct part *part)
{
	return family == AF_INET ? find_part4(ip, len, part) : find_part6(ip, len, part);
}

bool rig_tuple_unchecked(struct rig_packet *p, uint8_t family, struct rig_tuple *tuple)
{
	const uint8_t *ip = rig_packet_network(p);
	size_t len = p->data + p->len - ip;
	struct part part;

	return find_part(ip, len, family, &part) && read_tuple(ip, len, &part, family, tuple);
}

enum rig_tracked rig_tuple_read(struct rig_packet *p, uint8_t family, struct rig_tuple *tuple)
{
	const uint8_t *ip = rig_packet_network(p);
	size_t len = p->data + p->len - ip;
	enum rig_tracked result;
	struct part part;

	if (!find_part(ip, len, family, &part))
		return RIG_TRACKED_INVALID;
	result = track(ip, family, &part);
	if (result == RIG_TRACKED_OK && !read_tuple(ip, len, &part, family, tuple))
		result = RIG_TRACKED_INVALID;
	return result;
}
