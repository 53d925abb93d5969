/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames, in the words of a key. */
#include <linux/openvswitch.h>

#include "gen/gen.h"
#include "wire/codec.h"

enum { ETH_HEADER = 14, PAYLOAD_MAX = 80, OPTION = 8 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The headers of a frame in their order; what else is in a key has no place in it. */
static const uint8_t headers[] = {
	OVS_KEY_ATTR_ETHERNET, OVS_KEY_ATTR_ETHERTYPE, OVS_KEY_ATTR_VLAN,      OVS_KEY_ATTR_ENCAP,
	OVS_KEY_ATTR_MPLS,     OVS_KEY_ATTR_ARP,       OVS_KEY_ATTR_NSH,       OVS_KEY_ATTR_IPV4,
	OVS_KEY_ATTR_IPV6,     OVS_KEY_ATTR_TCP,       OVS_KEY_ATTR_TCP_FLAGS, OVS_KEY_ATTR_UDP,
	OVS_KEY_ATTR_SCTP,     OVS_KEY_ATTR_ICMP,      OVS_KEY_ATTR_ICMPV6,    OVS_KEY_ATTR_ND,
};

enum { OTHER_FLAGS = 30 }; /* in a hundred TCP headers: the flags of a flow's packets differ */

static struct rig_node *to_frame(struct rig_gen *gen, const struct rig_node *key)
{
	struct rig_node *items = NULL;

	for (size_t i = 0; i < COUNT(headers); i++) {
		const struct rig_node *node = key;
		struct rig_node *item;

		while (node && (node->form == RIG_FORM_RAW || rig_node_number(node) != headers[i]))
			node = node->next;
		if (!node)
			continue;
		if (headers[i] == OVS_KEY_ATTR_ENCAP)
			item = rig_gen_nested(gen, &rig_nest_frame, headers[i],
					      to_frame(gen, node->children));
		else if (headers[i] == OVS_KEY_ATTR_TCP_FLAGS &&
			 rig_random_chance(&gen->random, OTHER_FLAGS))
			item = rig_gen_attr(gen, &rig_nest_frame, headers[i]);
		else
			item = rig_gen_copy(gen, node);
		item->attr = rig_attr_get(&rig_nest_frame, headers[i]);
		rig_gen_append(&items, item);
	}
	return items;
}

/* Cut off, or with bytes changed. */
static void spoil(struct rig_gen *gen, struct rig_bytes *frame)
{
	uint32_t size = (uint32_t)frame->size;

	if (rig_random_chance(&gen->random, 50)) {
		frame->size = rig_random_between(&gen->random, ETH_HEADER, size);
		return;
	}
	for (uint32_t n = rig_random_between(&gen->random, 1, 4); n; n--)
		frame->data[rig_random_below(&gen->random, size)] =
			(uint8_t)rig_random_below(&gen->random, 256);
}

/* Neighbour discovery ends in options of 8 bytes, as a rule: the last one says otherwise. */
static void stretch_option(struct rig_gen *gen, struct rig_node *items, struct rig_bytes *frame)
{
	const struct rig_node *nd = rig_gen_find(items, OVS_KEY_ATTR_ND);

	if (nd && frame->size > OPTION && rig_random_chance(&gen->random, 30))
		frame->data[frame->size - OPTION + 1] = (uint8_t)rig_random_below(&gen->random, 4);
}

/*
 * A UDP header is the last one. A checksum of 1 is one that a port which is set one higher makes
 * zero, which means none.
 */
static void bend_checksum(struct rig_gen *gen, struct rig_node *items, struct rig_bytes *frame)
{
	if (!rig_gen_find(items, OVS_KEY_ATTR_UDP) || frame->size < 2 ||
	    !rig_random_chance(&gen->random, 20))
		return;
	frame->data[frame->size - 2] = 0;
	frame->data[frame->size - 1] = 1;
	gen->at_limit = true;
}

void rig_gen_frame(struct rig_gen *gen, const struct rig_node *key, struct rig_bytes *frame)
{
	struct rig_node *items = to_frame(gen, key);

	gen->at_limit = false;
	if (!rig_gen_find(items, OVS_KEY_ATTR_ETHERNET)) {
		struct rig_node *eth = rig_gen_attr(gen, &rig_nest_frame, OVS_KEY_ATTR_ETHERNET);

		eth->next = items;
		items = eth;
	}
	rig_bytes_reset(frame);
	if (rig_frame_compose(items, frame, NULL) < 0)
		rig_bytes_reset(frame);
	stretch_option(gen, items, frame);
	bend_checksum(gen, items, frame);
	if (frame->size < ETH_HEADER)
		rig_bytes_zero(frame, ETH_HEADER - frame->size);
	rig_bytes_zero(frame, rig_random_below(&gen->random, PAYLOAD_MAX));
	if (!frame->failed && rig_random_chance(&gen->random, 20))
		spoil(gen, frame);
}
