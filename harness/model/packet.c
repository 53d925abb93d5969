/* SPDX-License-Identifier: GPL-2.0-only */
/* Headers come and go: net/core/skbuff.c and net/nsh/nsh.c tell where, and what is refused. */
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define HEADROOM 256
#define TAG	 4
#define LABEL	 4
#define NSH_BASE 8

/* Of the kernel's packet buffers: skb_cow_head() and pskb_expand_head(). */
#define CACHE_LINE  64	/* room in front comes in multiples of this */
#define SHARED_INFO 320 /* lies behind every buffer */
#define BUFFER_MIN  512
#define BUFFER_MAX  (4 << 20) /* KMALLOC_MAX_SIZE */

#define ALIGN_UP(n, to) (((n) + (to)-1) & ~((to)-1))

static struct rig_packet *allocate(size_t headroom, size_t len)
{
	struct rig_packet *p = calloc(1, sizeof(*p) + headroom + len);

	if (!p)
		return NULL;
	p->cap = headroom + len;
	p->data = p->room + headroom;
	p->len = len;
	p->cut = RIG_CUT_NONE;
	return p;
}

/* What kmalloc() gives for `size` bytes of a buffer and the kernel's record of its fragments. */
static uint32_t buffer_size(uint32_t size)
{
	uint32_t need = ALIGN_UP(size, CACHE_LINE) + SHARED_INFO, block = BUFFER_MIN;

	while (block < need)
		block *= 2;
	return block;
}

struct rig_packet *rig_packet_new(const struct rig_profile *profile, uint32_t headroom,
				  const void *bytes, size_t len)
{
	struct rig_packet *p = allocate(HEADROOM, len);

	if (!p)
		return NULL;
	p->profile = profile;
	p->buffer.headroom = headroom;
	p->buffer.size = buffer_size(headroom + len);
	memcpy(p->data, bytes, len);
	return p;
}

struct rig_packet *rig_packet_copy(const struct rig_packet *p)
{
	struct rig_packet *copy = malloc(sizeof(*copy) + p->cap);

	if (!copy)
		return NULL;
	memcpy(copy, p, sizeof(*copy) + p->cap);
	copy->data = copy->room + (p->data - p->room);
	rig_conn_get(copy->conn);
	return copy;
}

void rig_packet_free(struct rig_packet *p)
{
	if (p)
		rig_conn_put(p->conn);
	free(p);
}

int rig_packet_need(const struct rig_packet *p, size_t len)
{
	return p->len < len ? -ENOMEM : 0;
}

/* A larger copy in place of *p, with all positions moved. */
static int make_headroom(struct rig_packet **pp)
{
	struct rig_packet *p = *pp, *new = allocate(2 * HEADROOM + p->len, p->len);
	ptrdiff_t shift;
	uint8_t *data;
	size_t cap;

	if (!new)
		return -ENOMEM;
	shift = (new->data - new->room) - (p->data - p->room);
	memcpy(new->data, p->data, p->len);
	data = new->data;
	cap = new->cap;
	*new = *p;
	new->data = data;
	new->cap = cap;
	new->network += shift;
	new->transport += shift;
	free(p);
	*pp = new;
	return 0;
}

/* The kernel's buffer: all of it moves into a larger one when there is too little in front. */
static int grow_buffer(struct rig_packet *p, uint32_t n)
{
	uint32_t more, size;

	if (p->buffer.headroom >= n)
		return 0;
	more = ALIGN_UP(n - p->buffer.headroom, CACHE_LINE);
	size = buffer_size(p->buffer.size - SHARED_INFO + more);
	if (size > BUFFER_MAX)
		return -ENOMEM;
	p->buffer.headroom += more;
	p->buffer.size = size;
	return 0;
}

int rig_packet_push(struct rig_packet **p, size_t n)
{
	if (grow_buffer(*p, n))
		return -ENOMEM;
	if ((size_t)((*p)->data - (*p)->room) < n && make_headroom(p))
		return -ENOMEM;
	(*p)->buffer.headroom -= n;
	(*p)->data -= n;
	(*p)->len += n;
	return 0;
}

void rig_packet_pull(struct rig_packet *p, size_t n)
{
	p->buffer.headroom += n;
	p->data += n;
	p->len -= n;
}

static void set_network(struct rig_packet *p, size_t offset)
{
	p->network = p->data - p->room + offset;
}

static void reset_mac_len(struct rig_packet *p)
{
	p->mac_len = rig_packet_at(p, p->network);
}

static uint16_t be16_at(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* What follows a tag: a type, or the length of an 802.3 frame. */
static uint16_t inner_protocol(const uint8_t *type, const uint8_t *end)
{
	uint16_t type_be = be16_at(type);

	if (ntohs(type_be) >= ETH_P_802_3_MIN)
		return type_be;
	return type + 4 <= end && be16_at(type + 2) == 0xffff ? htons(ETH_P_802_3) :
								htons(ETH_P_802_2);
}

int rig_packet_untag(struct rig_packet *p, uint16_t *tci)
{
	int err = rig_packet_need(p, ETH_HLEN + TAG);

	if (err)
		return err;
	*tci = ntohs(be16_at(p->data + 14));
	p->protocol_be = inner_protocol(p->data + 16, p->data + p->len);
	memmove(p->data + TAG, p->data, 2 * ETH_ALEN);
	rig_packet_pull(p, TAG);
	if (rig_packet_at(p, p->network) < ETH_HLEN || p->network < (size_t)(p->data - p->room))
		set_network(p, ETH_HLEN);
	reset_mac_len(p);
	return 0;
}

static void set_tag(struct rig_packet *p, uint16_t tpid_be, uint16_t tci)
{
	p->tagged = true;
	p->tpid_be = tpid_be;
	p->tci = tci;
}

int rig_packet_pop_vlan(struct rig_packet *p)
{
	uint16_t tpid_be, tci;
	int err;

	if (p->tagged) {
		p->tagged = false;
	} else {
		if (!rig_is_vlan(p->protocol_be))
			return 0;
		err = rig_packet_untag(p, &tci);
		if (err)
			return err;
	}
	if (!rig_is_vlan(p->protocol_be))
		return 0;
	/* The next tag takes the place beside the bytes. */
	tpid_be = p->protocol_be;
	err = rig_packet_untag(p, &tci);
	if (!err)
		set_tag(p, tpid_be, tci);
	return err;
}

int rig_packet_insert_tag(struct rig_packet **pp)
{
	struct rig_packet *p;
	uint16_t tci_be;
	int err;

	if ((*pp)->profile->tag_bounded && (*pp)->len < ETH_HLEN)
		return -EINVAL;
	err = rig_packet_push(pp, TAG);
	if (err)
		return err;
	p = *pp;
	/* Nobody asks whether there is a header to move. */
	p->torn |= p->len < ETH_HLEN + TAG;
	if (p->torn)
		return 0;
	memmove(p->data, p->data + TAG, 2 * ETH_ALEN);
	tci_be = htons(p->tci);
	memcpy(p->data + 12, &p->tpid_be, 2);
	memcpy(p->data + 14, &tci_be, 2);
	p->protocol_be = p->tpid_be;
	p->tagged = false;
	return 0;
}

int rig_packet_push_vlan(struct rig_packet **p, uint16_t tpid_be, uint16_t tci)
{
	int err = 0;

	if ((*p)->tagged) {
		err = rig_packet_insert_tag(p);
		if (err)
			return err;
		(*p)->mac_len += TAG;
	}
	set_tag(*p, tpid_be, tci);
	return 0;
}

int rig_packet_push_mpls(struct rig_packet **pp, uint32_t lse_be, uint16_t type_be,
			 uint16_t mac_len)
{
	struct rig_packet *p;

	if (rig_packet_push(pp, LABEL))
		return -ENOMEM;
	p = *pp;
	memmove(p->data, p->data + LABEL, mac_len);
	set_network(p, mac_len);
	reset_mac_len(p);
	memcpy(rig_packet_network(p), &lse_be, LABEL);
	if (mac_len >= ETH_HLEN)
		memcpy(p->data + 12, &type_be, 2);
	p->protocol_be = type_be;
	return 0;
}

int rig_packet_pop_mpls(struct rig_packet *p, uint16_t type_be, bool ethernet)
{
	int err;

	if (!rig_is_mpls(p->protocol_be))
		return 0;
	err = rig_packet_need(p, p->mac_len + LABEL);
	if (err)
		return err;
	memmove(p->data + LABEL, p->data, p->mac_len);
	rig_packet_pull(p, LABEL);
	set_network(p, p->mac_len);
	/* The type right before the label: there may be tags. */
	if (ethernet && p->mac_len >= ETH_HLEN)
		memcpy(rig_packet_network(p) - 2, &type_be, 2);
	p->protocol_be = type_be;
	return 0;
}

int rig_packet_push_eth(struct rig_packet **pp, const uint8_t dst[6], const uint8_t src[6])
{
	struct rig_packet *p = *pp;

	if (rig_packet_at(p, p->network) || p->tagged)
		return -EPROTO;
	if (rig_packet_push(pp, ETH_HLEN))
		return -ENOMEM;
	p = *pp;
	reset_mac_len(p);
	memcpy(p->data, dst, ETH_ALEN);
	memcpy(p->data + ETH_ALEN, src, ETH_ALEN);
	memcpy(p->data + 2 * ETH_ALEN, &p->protocol_be, 2);
	return 0;
}

int rig_packet_pop_eth(struct rig_packet *p)
{
	if (p->len < ETH_HLEN || p->tagged || rig_is_vlan(p->protocol_be) ||
	    rig_packet_at(p, p->network) < ETH_HLEN)
		return -EPROTO;
	rig_packet_pull(p, ETH_HLEN);
	reset_mac_len(p);
	return 0;
}

int rig_packet_push_nsh(struct rig_packet **pp, const uint8_t *header, size_t len)
{
	uint8_t next = (*pp)->mac_len ? 3 : rig_nsh_next((*pp)->protocol_be);
	struct rig_packet *p;

	if (!next)
		return -EAFNOSUPPORT;
	if (rig_packet_push(pp, len))
		return -ENOMEM;
	p = *pp;
	memcpy(p->data, header, len);
	if (p->len > 3)
		p->data[3] = next;
	p->protocol_be = htons(0x894f);
	set_network(p, 0);
	reset_mac_len(p);
	return 0;
}

int rig_packet_pop_nsh(struct rig_packet *p)
{
	uint16_t inner;
	size_t len;

	if (p->len < NSH_BASE)
		return -ENOMEM;
	len = 4 * (p->data[1] & 0x3f);
	if (len < NSH_BASE)
		return -EINVAL;
	inner = rig_nsh_next_eth_type(p->data[3]);
	if (p->len < len)
		return -ENOMEM;
	if (!inner)
		return -EAFNOSUPPORT;
	rig_packet_pull(p, len);
	set_network(p, 0);
	reset_mac_len(p);
	p->protocol_be = htons(inner);
	return 0;
}

void rig_packet_trunc(struct rig_packet *p, uint32_t len)
{
	if (p->profile->trunc_limits)
		p->cut = len;
	else if (p->len > len)
		p->cut = p->len - len;
}

uint32_t rig_packet_left(const struct rig_packet *p, uint32_t cut)
{
	if (cut == RIG_CUT_NONE)
		return p->len;
	if (p->profile->trunc_limits)
		return cut < p->len ? cut : p->len;
	/* What became shorter than what is to be cut off is left alone. */
	return cut <= p->len ? p->len - cut : p->len;
}

void rig_packet_use_hash(struct rig_packet *p)
{
	if (p->hash.software || p->hash.layer4)
		return;
	p->hash.software = true;
	p->hash.open = true;
}

void rig_packet_clear_hash(struct rig_packet *p)
{
	memset(&p->hash, 0, sizeof(p->hash));
}
