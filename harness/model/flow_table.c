/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows and their masks: plain lists, searched from end to end. */
#include <stdlib.h>
#include <string.h>

#include "state.h"

static bool takes(const struct rig_flow *flow, const struct rig_key *key)
{
	const uint64_t *k = (const void *)key, *f = (const void *)&flow->key;
	const uint64_t *m = (const void *)&flow->mask->bits;

	/* Beyond its span a mask is zero, and so is the masked key. */
	for (size_t i = flow->mask->span.begin / 8; i < flow->mask->span.end / 8u; i++)
		if ((k[i] & m[i]) != f[i])
			return false;
	return true;
}

struct rig_flow *rig_flow_by_ufid(const struct rig_datapath *dp, const uint8_t *ufid,
				  unsigned int len)
{
	for (struct rig_flow *f = dp->flows; f; f = f->next)
		if (f->ufid_len == len && !memcmp(f->ufid, ufid, len))
			return f;
	return NULL;
}

/* Masks are tried in order; which one wins when flows overlap is nobody's promise. */
struct rig_flow *rig_flow_by_packet(const struct rig_datapath *dp, const struct rig_key *key)
{
	for (const struct rig_mask *mask = dp->masks; mask; mask = mask->next)
		for (struct rig_flow *f = dp->flows; f; f = f->next)
			if (f->mask == mask && takes(f, key))
				return f;
	return NULL;
}

/* From where on two unmasked keys are compared: a tunnel's part only if there is a tunnel. */
static size_t unmasked_begin(const struct rig_key *key)
{
	return key->tun_family ? 0 : offsetof(struct rig_key, priority) & ~(size_t)7;
}

bool rig_flow_has_key(const struct rig_flow *flow, const struct rig_match *match)
{
	if (flow->ufid_len)
		return rig_key_equal(&flow->key, &match->key, match->key_span.begin,
				     match->key_span.end);
	return rig_key_equal(&flow->unmasked, &match->key, unmasked_begin(&match->key),
			     match->key_span.end);
}

struct rig_flow *rig_flow_by_key(const struct rig_datapath *dp, const struct rig_match *match)
{
	for (struct rig_flow *f = dp->flows; f; f = f->next)
		if (!f->ufid_len && takes(f, &match->key) && rig_flow_has_key(f, match))
			return f;
	return NULL;
}

static struct rig_mask *get_mask(struct rig_datapath *dp, const struct rig_match *match)
{
	struct rig_mask **p = &dp->masks, *mask;

	for (; (mask = *p); p = &mask->next)
		if (mask->span.begin == match->mask_span.begin &&
		    mask->span.end == match->mask_span.end &&
		    rig_key_equal(&mask->bits, &match->mask, mask->span.begin, mask->span.end)) {
			mask->flows++;
			return mask;
		}
	mask = calloc(1, sizeof(*mask));
	if (!mask)
		return NULL;
	mask->bits = match->mask;
	mask->span = match->mask_span;
	mask->flows = 1;
	*p = mask;
	dp->n_masks++;
	return mask;
}

/* The youngest mask takes the place of one that is not used any more. */
static void put_mask(struct rig_datapath *dp, struct rig_mask *mask)
{
	struct rig_mask **p = &dp->masks, **last = &dp->masks, *young;

	if (--mask->flows)
		return;
	while ((*last)->next)
		last = &(*last)->next;
	young = *last;
	*last = NULL;
	dp->n_masks--;
	if (young != mask) {
		while (*p != mask)
			p = &(*p)->next;
		young->next = mask->next;
		*p = young;
	}
	free(mask);
}

struct rig_flow *rig_flow_add(struct rig_datapath *dp, const struct rig_match *match,
			      const uint8_t *ufid, unsigned int ufid_len)
{
	struct rig_flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return NULL;
	flow->mask = get_mask(dp, match);
	if (!flow->mask) {
		free(flow);
		return NULL;
	}
	rig_key_mask(&flow->key, &match->key, &match->mask);
	flow->unmasked = match->key;
	memcpy(flow->ufid, ufid, ufid_len);
	flow->ufid_len = ufid_len;
	flow->next = dp->flows;
	dp->flows = flow;
	dp->n_flows++;
	return flow;
}

void rig_flow_remove(struct rig_datapath *dp, struct rig_flow *flow)
{
	struct rig_flow **p = &dp->flows;

	while (*p != flow)
		p = &(*p)->next;
	*p = flow->next;
	dp->n_flows--;
	put_mask(dp, flow->mask);
	free(flow->actions);
	free(flow);
}

void rig_flow_flush(struct rig_datapath *dp)
{
	while (dp->flows)
		rig_flow_remove(dp, dp->flows);
}
