/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet that arrived in pieces of at most `mru` bytes leaves in such pieces again:
 * ovs_fragment() and ip_do_fragment().
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

#define LAYER2_MAX 30 /* MAC header, a tag, three labels */
#define MORE	   0x2000
#define OFFSET	   0x1fff

static uint16_t be16_at(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static void put_be16(uint8_t *at, uint16_t v)
{
	v = htons(v);
	memcpy(at, &v, sizeof(v));
}

static void set_checksum(uint8_t *ip, size_t header)
{
	uint32_t sum = 0;

	put_be16(ip + 10, 0);
	for (size_t i = 0; i < header; i += 2)
		sum += ntohs(be16_at(ip + i));
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_be16(ip + 10, ~sum);
}

/* The piece of p from `from` (behind the IP header) on; what is in front goes with each. */
static void send_piece(struct rig_exec *x, const struct rig_packet *p, const struct rig_key *key,
		       struct rig_port *port, size_t header, size_t from, size_t len, bool last)
{
	size_t layer2 = rig_packet_at(p, p->network), front = layer2 + header;
	uint16_t old = ntohs(be16_at(p->data + layer2 + 6));
	struct rig_packet *piece = rig_packet_new(p->profile, 0, p->data, front + len);
	uint8_t *ip;

	if (!piece)
		return;
	memcpy(piece->data + front, p->data + front + from, len);
	piece->protocol_be = p->protocol_be;
	piece->tunnelled = p->tunnelled;
	piece->tagged = p->tagged;
	piece->tpid_be = p->tpid_be;
	piece->tci = p->tci & ~0x1000; /* the tag comes back without its CFI */
	ip = piece->data + layer2;
	put_be16(ip + 2, header + len);
	/* Of the flags, only that more follows survives. */
	put_be16(ip + 6, ((old & OFFSET) + from / 8) | (last ? old & MORE : MORE));
	set_checksum(ip, header);
	rig_exec_send(x, &piece, key, port);
	rig_packet_free(piece);
}

static void fragment_ip4(struct rig_exec *x, const struct rig_packet *p, const struct rig_key *key,
			 struct rig_port *port)
{
	size_t layer2 = rig_packet_at(p, p->network);
	size_t header = 4 * (p->data[layer2] & 0xf), total, room, len;

	if (p->mru < header + 8 && p->profile->fragments_bounded)
		return;
	if (p->len < layer2 + header) {
		rig_answer_fatal(x->out, "fragments behind a header that is cut off");
		return;
	}
	room = p->mru < header ? UINT32_MAX : p->mru - header;
	total = p->len - layer2 - header;
	if (room < 8 && room < total) {
		rig_answer_fatal(x->out, "fragments without contents, for ever");
		return;
	}
	if (header < 20) {
		rig_answer_unmodelled(x->out, "fragmentation behind a malformed header", false);
		port->stats_open = true;
		return;
	}
	for (size_t from = 0; from < total; from += len) {
		len = total - from;
		if (len > room)
			len = room & ~(size_t)7;
		send_piece(x, p, key, port, header, from, len, from + len == total);
	}
}

void rig_exec_fragment(struct rig_exec *x, const struct rig_packet *p, const struct rig_key *key,
		       struct rig_port *port)
{
	if (rig_is_mpls(p->protocol_be) || key->eth_type_be == htons(ETH_P_IPV6)) {
		rig_answer_unmodelled(x->out, "fragmentation of what is not plain IPv4", false);
		port->stats_open = true;
	} else if (key->eth_type_be == htons(ETH_P_IP) &&
		   rig_packet_at(p, p->network) <= LAYER2_MAX) {
		fragment_ip4(x, p, key, port);
	}
}
