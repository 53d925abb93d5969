/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv6 extension headers: finding one, and the set of those that there are. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "packet.h"

/* The bits of OVS_KEY_ATTR_IPV6_EXTHDRS, as OpenFlow 1.2 has them. */
#define EXT_NONEXT	 0x001 /* bits of IPV6_EXTHDRS */
#define EXT_AUTH	 0x004
#define EXT_DEST	 0x008
#define EXT_FRAG	 0x010
#define EXT_ROUTER	 0x020
#define EXT_HOP		 0x040
#define EXT_REPEATED	 0x080
#define EXT_OUT_OF_ORDER 0x100
#define EXT_ESP		 0x002

static uint16_t be16_at(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static bool has(const struct rig_packet *p, size_t at, size_t len)
{
	return at + len <= p->len;
}

bool rig_ip6_is_extension(uint8_t type)
{
	switch (type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_NONE:
	case IPPROTO_DSTOPTS:
		return true;
	}
	return false;
}

/* The fragment header at w->at; 0: go on behind it, 1: stop, or an error. */
static int at_fragment(struct rig_packet *p, int target, bool found, struct rig_ip6_walk *w)
{
	const uint8_t *h = p->data + w->at;
	uint16_t offset;

	w->fragment = true;
	if (!has(p, w->at + 2, 2))
		return -EBADMSG;
	offset = ntohs(be16_at(h + 2)) & ~7;
	if (!offset)
		return 0;
	if (target < 0 && (!rig_ip6_is_extension(h[0]) || h[0] == IPPROTO_NONE)) {
		w->offset = offset;
		return 1;
	}
	if (!found)
		return -ENOENT;
	w->offset = offset;
	return 1;
}

int rig_ip6_find(struct rig_packet *p, int target, bool skip_done_routing, struct rig_ip6_walk *w)
{
	uint8_t type = rig_packet_network(p)[6];

	*w = (struct rig_ip6_walk){ .at = rig_packet_at(p, p->network) + 40 };
	for (;;) {
		bool found = type == target;
		const uint8_t *h = p->data + w->at;
		size_t len;

		if (!rig_ip6_is_extension(type) || type == IPPROTO_NONE)
			return target < 0 || found ? type : -ENOENT;
		if (!has(p, w->at, 2) || (type == IPPROTO_ROUTING && !has(p, w->at, 4)))
			return -EBADMSG;
		if (type == IPPROTO_ROUTING && skip_done_routing && !h[3])
			found = false;
		len = 8 * (h[1] + 1);
		if (type == IPPROTO_AH)
			len = 4 * (h[1] + 2);
		if (type == IPPROTO_FRAGMENT) {
			int ret = at_fragment(p, target, found, w);

			if (ret)
				return ret < 0 ? ret : found ? type : h[0];
			len = 8;
		}
		if (found)
			return type;
		if (p->profile->ip6_bounded && p->len - w->at < len)
			return -EBADMSG;
		type = h[0];
		w->at += len;
	}
}

/* The order that RFC 8200 recommends: what may precede each header. */
static uint16_t may_precede(const struct rig_profile *profile, uint16_t bit)
{
	uint16_t before = EXT_REPEATED;

	switch (bit) {
	case EXT_AUTH:
		before |= profile->ah_after_fragment ? EXT_FRAG : EXT_AUTH;
		/* fall through */
	case EXT_FRAG:
		before |= EXT_ROUTER;
		/* fall through */
	case EXT_ROUTER:
		before |= EXT_HOP | EXT_DEST;
		break;
	}
	return before;
}

static uint16_t note_dest(uint16_t seen, unsigned int *count)
{
	uint16_t first = EXT_HOP | EXT_REPEATED;
	uint16_t second = first | EXT_DEST | EXT_ROUTER | EXT_FRAG | EXT_AUTH | EXT_ESP;

	switch ((*count)++) {
	case 0:
		if (seen & ~first)
			seen |= EXT_OUT_OF_ORDER;
		return seen | EXT_DEST;
	case 1:
		return seen & ~second ? seen | EXT_OUT_OF_ORDER : seen;
	}
	return seen | EXT_REPEATED;
}

static uint16_t note_extension(const struct rig_profile *profile, uint16_t seen, uint16_t bit,
			       unsigned int n_dest)
{
	if (bit == EXT_HOP) {
		if (seen & EXT_HOP)
			seen |= EXT_REPEATED;
		return seen | (seen ? EXT_OUT_OF_ORDER : EXT_HOP);
	}
	if (seen & bit)
		seen |= EXT_REPEATED;
	if ((seen & ~may_precede(profile, bit)) || n_dest >= 2)
		seen |= EXT_OUT_OF_ORDER;
	return seen | bit;
}

uint16_t rig_ip6_extensions(struct rig_packet *p)
{
	uint8_t type = rig_packet_network(p)[6];
	size_t at = rig_packet_at(p, p->network) + 40;
	unsigned int n_dest = 0;
	uint16_t seen = 0;

	while (rig_ip6_is_extension(type)) {
		switch (type) {
		case IPPROTO_NONE:
			return seen | EXT_NONEXT;
		case IPPROTO_DSTOPTS:
			seen = note_dest(seen, &n_dest);
			break;
		case IPPROTO_AH:
			seen = note_extension(p->profile, seen, EXT_AUTH, n_dest);
			break;
		case IPPROTO_FRAGMENT:
			seen = note_extension(p->profile, seen, EXT_FRAG, n_dest);
			break;
		case IPPROTO_ROUTING:
			seen = note_extension(p->profile, seen, EXT_ROUTER, n_dest);
			break;
		case IPPROTO_HOPOPTS:
			seen = note_extension(p->profile, seen, EXT_HOP, n_dest);
			break;
		}
		if (!has(p, at, 2))
			break;
		type = p->data[at];
		at += 8 * (p->data[at + 1] + 1);
	}
	return seen;
}
