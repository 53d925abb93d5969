/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows and their masks. Masks are tried one after the other; below a mask, and by ufid, a flow is
 * found by its hash.
 */
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define FLOW_OF(entry, member) \
	((struct rig_flow *)((char *)(entry)-offsetof(struct rig_flow, member)))

/* Of what the mask lets through of the key. Beyond its span a mask is zero. */
static uint64_t hash_masked(const struct rig_mask *mask, const struct rig_key *key)
{
	const uint64_t *k = (const void *)key, *m = (const void *)&mask->bits;
	uint64_t hash = rig_hash_word(RIG_HASH_SEED, mask->number);

	for (size_t i = mask->span.begin / 8; i < mask->span.end / 8u; i++)
		hash = rig_hash_word(hash, k[i] & m[i]);
	return hash;
}

static bool takes(const struct rig_flow *flow, const struct rig_key *key)
{
	const uint64_t *k = (const void *)key, *f = (const void *)&flow->key;
	const uint64_t *m = (const void *)&flow->mask->bits;

	for (size_t i = flow->mask->span.begin / 8; i < flow->mask->span.end / 8u; i++)
		if ((k[i] & m[i]) != f[i])
			return false;
	return true;
}

static struct rig_flow *below_mask(const struct rig_datapath *dp, const struct rig_mask *mask,
				   const struct rig_key *key)
{
	struct rig_index_entry *e = rig_index_first(&dp->by_key, hash_masked(mask, key));

	for (; e; e = rig_index_next(e)) {
		struct rig_flow *flow = FLOW_OF(e, by_key);

		if (flow->mask == mask && takes(flow, key))
			return flow;
	}
	return NULL;
}

static uint64_t hash_ufid(const uint8_t *ufid, unsigned int len)
{
	uint64_t word[2] = { 0 };

	memcpy(word, ufid, len);
	return rig_hash_word(rig_hash_word(rig_hash_word(RIG_HASH_SEED, len), word[0]), word[1]);
}

struct rig_flow *rig_flow_by_ufid(const struct rig_datapath *dp, const uint8_t *ufid,
				  unsigned int len)
{
	struct rig_index_entry *e = rig_index_first(&dp->by_ufid, hash_ufid(ufid, len));

	for (; e; e = rig_index_next(e)) {
		struct rig_flow *flow = FLOW_OF(e, by_ufid);

		if (flow->ufid_len == len && !memcmp(flow->ufid, ufid, len))
			return flow;
	}
	return NULL;
}

/* From this mask on. */
static struct rig_flow *next_by_packet(const struct rig_datapath *dp, const struct rig_mask *mask,
				       const struct rig_key *key)
{
	struct rig_flow *flow = NULL;

	for (; mask && !flow; mask = mask->next)
		flow = below_mask(dp, mask, key);
	return flow;
}

struct rig_flow *rig_flow_by_packet(const struct rig_datapath *dp, const struct rig_key *key)
{
	return next_by_packet(dp, dp->masks, key);
}

bool rig_flow_is_alone(const struct rig_datapath *dp, const struct rig_flow *flow,
		       const struct rig_key *key)
{
	return !next_by_packet(dp, flow->mask->next, key);
}

/* From where on two unmasked keys are compared: a tunnel's part only if there is a tunnel. */
static size_t unmasked_begin(const struct rig_key *key)
{
	return key->tun_family ? 0 : offsetof(struct rig_key, priority) & ~(size_t)7;
}

bool rig_flow_has_key(const struct rig_flow *flow, const struct rig_match *match)
{
	const struct rig_key *own = flow->ufid_len ? &flow->key : &flow->unmasked;
	size_t begin = flow->ufid_len ? match->key_span.begin : unmasked_begin(&match->key);

	return rig_key_equal(own, &match->key, begin, match->key_span.end);
}

struct rig_flow *rig_flow_by_key(const struct rig_datapath *dp, const struct rig_match *match)
{
	for (const struct rig_mask *mask = dp->masks; mask; mask = mask->next) {
		struct rig_flow *flow = below_mask(dp, mask, &match->key);

		if (flow && !flow->ufid_len && rig_flow_has_key(flow, match))
			return flow;
	}
	return NULL;
}

/* --- Masks --- */

static bool is_mask_of(const struct rig_datapath *dp, const struct rig_mask *mask,
		       const struct rig_match *match)
{
	if (!dp->profile->masks_whole &&
	    (mask->span.begin != match->mask_span.begin || mask->span.end != match->mask_span.end))
		return false;
	return rig_key_equal(&mask->bits, &match->mask, 0, sizeof(mask->bits));
}

static struct rig_mask *get_mask(struct rig_datapath *dp, const struct rig_match *match)
{
	struct rig_mask **p = &dp->masks, *mask;

	for (; (mask = *p); p = &mask->next)
		if (is_mask_of(dp, mask, match))
			return mask;
	mask = calloc(1, sizeof(*mask));
	if (!mask)
		return NULL;
	mask->bits = match->mask;
	mask->span = match->mask_span;
	mask->number = ++dp->next_mask;
	*p = mask;
	dp->n_masks++;
	return mask;
}

/* The youngest mask takes this place. */
static void move_youngest(struct rig_mask **place)
{
	struct rig_mask **last = place, *young;

	while (*last && (*last)->next)
		last = &(*last)->next;
	if (last == place)
		return;
	young = *last;
	*last = NULL;
	young->next = *place;
	*place = young;
}

/* Of a mask that is not used any more, the order of the others tells whose module it was. */
static void put_mask(struct rig_datapath *dp, struct rig_mask *mask)
{
	struct rig_mask **p = &dp->masks;

	if (mask->flows)
		return;
	while (*p != mask)
		p = &(*p)->next;
	*p = mask->next;
	dp->n_masks--;
	if (!dp->profile->masks_whole)
		move_youngest(p);
	free(mask);
}

/* --- Flows come and go --- */

static bool index_flow(struct rig_datapath *dp, struct rig_flow *flow)
{
	if (!rig_index_add(&dp->by_key, &flow->by_key, hash_masked(flow->mask, &flow->key)))
		return false;
	if (!flow->ufid_len ||
	    rig_index_add(&dp->by_ufid, &flow->by_ufid, hash_ufid(flow->ufid, flow->ufid_len)))
		return true;
	rig_index_remove(&dp->by_key, &flow->by_key);
	return false;
}

static void link_flow(struct rig_datapath *dp, struct rig_flow *flow)
{
	flow->next = dp->flows;
	if (flow->next)
		flow->next->prev = flow;
	dp->flows = flow;
	dp->n_flows++;
	dp->n_ever++;
	flow->mask->flows++;
	flow->mask->flows_hashed += flow->key.dp_hash != 0;
}

static void unlink_flow(struct rig_datapath *dp, struct rig_flow *flow)
{
	if (flow->next)
		flow->next->prev = flow->prev;
	if (flow->prev)
		flow->prev->next = flow->next;
	else
		dp->flows = flow->next;
	dp->n_flows--;
	flow->mask->flows--;
	flow->mask->flows_hashed -= flow->key.dp_hash != 0;
}

struct rig_flow *rig_flow_add(struct rig_datapath *dp, const struct rig_match *match,
			      const uint8_t *ufid, unsigned int ufid_len)
{
	struct rig_flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return NULL;
	flow->mask = get_mask(dp, match);
	if (!flow->mask)
		goto no_memory;
	rig_key_mask(&flow->key, &match->key, &match->mask);
	flow->unmasked = match->key;
	memcpy(flow->ufid, ufid, ufid_len);
	flow->ufid_len = ufid_len;
	if (!index_flow(dp, flow)) {
		put_mask(dp, flow->mask);
		goto no_memory;
	}
	link_flow(dp, flow);
	return flow;

no_memory:
	free(flow);
	return NULL;
}

void rig_flow_remove(struct rig_datapath *dp, struct rig_flow *flow)
{
	rig_index_remove(&dp->by_key, &flow->by_key);
	if (flow->ufid_len)
		rig_index_remove(&dp->by_ufid, &flow->by_ufid);
	unlink_flow(dp, flow);
	put_mask(dp, flow->mask);
	free(flow->actions);
	free(flow);
}

void rig_flow_flush(struct rig_datapath *dp)
{
	while (dp->flows)
		rig_flow_remove(dp, dp->flows);
	rig_index_free(&dp->by_key);
	rig_index_free(&dp->by_ufid);
}
