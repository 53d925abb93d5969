/* SPDX-License-Identifier: GPL-2.0-only */
/* One flow: its key, name, actions and stats. */
#ifndef OVSR_FLOW_H
#define OVSR_FLOW_H

#include <linux/rhashtable-types.h>

#include "flow_key.h"
#include "flow_mask.h"

struct ovsr_actions;

#define OVSR_UFID_MAX 16 /* bytes */

/* How userspace names a flow: by its ufid, zero behind its end, or else by its unmasked key. */
struct ovsr_flow_id {
	u8 ufid_len; /* 0: by the key */
	u8 ufid[OVSR_UFID_MAX];
	struct ovsr_key *key; /* owned; NULL with a ufid */
};

struct ovsr_flow_stats {
	u64 packets;
	u64 bytes;
	unsigned long used; /* jiffies of the last packet, 0 for never */
	__be16 tcp_flags;   /* all that were seen */
};

struct ovsr_flow_counter {
	spinlock_t lock; /* over @s */
	struct ovsr_flow_stats s;
};

/*
 * Most flows have all their packets on one processor, or none at all, and there are very many of
 * them. So the first processor to come counts in the flow itself; when a second one comes, each of
 * the others gets a counter of its own.
 */
struct ovsr_flow_counters {
	int first_cpu; /* -1 before the first packet */
	struct ovsr_flow_counter first;
	struct ovsr_flow_counter __percpu *others; /* NULL, then set once */
};

struct ovsr_flow {
	struct rcu_head rcu;
	struct rhash_head by_key;
	struct rhash_head by_ufid; /* not linked without one */
	u32 index;		   /* place in the order of a dump */
	struct ovsr_mask *mask;	   /* set by insert */
	struct ovsr_key key;	   /* under the mask */
	struct ovsr_flow_id id;
	struct ovsr_actions __rcu *actions;
	struct ovsr_flow_counters counters;
};

/*
 * Fills @id. @ufid (OVS_FLOW_ATTR_UFID) may be NULL or of a wrong length: then a copy of @key
 * names the flow. Returns 0 or -ENOMEM. Undo with ovsr_flow_id_destroy().
 */
int ovsr_flow_id_init(struct ovsr_flow_id *id, const struct nlattr *ufid,
		      const struct ovsr_key *key, bool log);
/* Only the ufid, no allocation. Returns true when @ufid is there and of a good length. */
bool ovsr_flow_id_parse_ufid(struct ovsr_flow_id *id, const struct nlattr *ufid, bool log);
void ovsr_flow_id_destroy(struct ovsr_flow_id *id);

/* OVS_FLOW_ATTR_UFID_FLAGS: OVS_UFID_F_*, 0 when @attr is NULL. */
static inline u32 ovsr_ufid_flags(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

/* A flow with zeroed contents and stats, or ERR_PTR(-ENOMEM). */
struct ovsr_flow *ovsr_flow_alloc(void);
/* Frees @flow, its id and its actions. NULL is fine. */
void ovsr_flow_free(struct ovsr_flow *flow);
/* The same after a grace period, for one that readers may see. */
void ovsr_flow_free_rcu(struct ovsr_flow *flow);

void ovsr_flow_stats_update(struct ovsr_flow *flow, const struct sk_buff *skb, __be16 tcp_flags);
void ovsr_flow_stats_get(struct ovsr_flow *flow, struct ovsr_flow_stats *out);
void ovsr_flow_stats_clear(struct ovsr_flow *flow);
/* jiffies -> OVS_FLOW_ATTR_USED, milliseconds of monotonic time. */
u64 ovsr_flow_used_ms(unsigned long used);

/*
 * True when @flow is the very flow that the key of @match names: it was installed with that; or, if
 * it has a ufid, its masked key is that.
 */
bool ovsr_flow_is(const struct ovsr_flow *flow, const struct ovsr_match *match);

#endif
