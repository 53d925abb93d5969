/* SPDX-License-Identifier: GPL-2.0-only */
/* Validating actions: what the files that share the work tell each other. */
#ifndef RIG_MODEL_ACTION_H
#define RIG_MODEL_ACTION_H

#include "state.h"

/* The list under construction, and what is known of the packets at this point of it. */
struct rig_action_writer {
	struct rig_request *r;
	const struct rig_key *key; /* masked: what all packets have in common */
	struct rig_actions *out;
	size_t cap;
	/* The length of the kernel's own form, in which some actions grow. */
	size_t inner;
	bool failed; /* out of memory */
};

struct rig_action_context {
	uint8_t layer2;
	uint16_t eth_type_be, tci_be;
	uint32_t labels; /* MPLS; wraps */
	unsigned int depth;
};

/* Bytes at the end of the list; zeros when NULL. Returns their offset. */
size_t rig_action_put_raw(struct rig_action_writer *w, const void *data, size_t len);
/* An attribute with its padding. */
void rig_action_put(struct rig_action_writer *w, unsigned int type, const void *data, size_t len);
size_t rig_action_nest(struct rig_action_writer *w, unsigned int type);
void rig_action_nest_end(struct rig_action_writer *w, size_t mark);
/* What the kernel's own form of an attribute takes. */
void rig_action_count(struct rig_action_writer *w, size_t payload);

/* The list inside an attribute; 0 or a negative errno. */
int rig_action_list(struct rig_action_writer *w, const struct nlattr *nest,
		    struct rig_action_context c);
/* action_nest.c; 0 or a negative errno. */
int rig_action_sample(struct rig_action_writer *w, const struct nlattr *a,
		      const struct rig_action_context *c);
int rig_action_clone(struct rig_action_writer *w, const struct nlattr *a,
		     const struct rig_action_context *c);
int rig_action_dec_ttl(struct rig_action_writer *w, const struct nlattr *a,
		       const struct rig_action_context *c);
int rig_action_check_pkt_len(struct rig_action_writer *w, const struct nlattr *a,
			     const struct rig_action_context *c);
/* set and set_masked; 0 or a negative errno. */
int rig_action_set(struct rig_action_writer *w, const struct nlattr *a,
		   const struct rig_action_context *c, bool masked);
/* ct; 0 or a negative errno. */
int rig_action_ct(struct rig_action_writer *w, const struct nlattr *a);

#endif
