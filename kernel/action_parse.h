/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of actions: from netlink to an owned, checked form, and back. */
#ifndef OVSR_ACTION_PARSE_H
#define OVSR_ACTION_PARSE_H

#include "flow_key.h"

struct metadata_dst;
struct ovsr_actions;
struct ovsr_ct;

/**
 * struct ovsr_action - one action
 * @attr: as userspace gave it, in the copy behind the outermost list
 * @type: enum ovs_action_attr
 * @set: what SET and SET_MASKED change, enum ovs_key_attr
 * @arg: SAMPLE: probability; CHECK_PKT_LEN: length in bytes
 * @nested: lists inside; CHECK_PKT_LEN: up to the length, and beyond it; others: the first only
 * @tun_dst: what set(tunnel) gives to a packet
 * @ct: what a ct is to do
 */
struct ovsr_action {
	const struct nlattr *attr;
	u8 type;
	u8 set;
	u32 arg;
	union {
		struct ovsr_actions *nested[2];
		struct metadata_dst *tun_dst;
		struct ovsr_ct *ct;
	};
};

/**
 * struct ovsr_actions - a list of actions
 * @rcu: deferred destruction
 * @orig_len: bytes of netlink that userspace gave
 * @msg_len: bytes of netlink that ovsr_actions_put() needs inside of its nest, up to what fits
 * @in_tree_len: bytes of 6.1's own form of the list; in a nest, they must fit in 16 bits
 * @changes_key: some action may change the packet's key
 * @n: how many of @act there are
 * @room: how many there may be; behind these, the outermost list has what userspace gave
 */
struct ovsr_actions {
	struct rcu_head rcu;
	u32 orig_len;
	u32 msg_len;
	u32 in_tree_len;
	bool changes_key;
	u32 n;
	u32 room;
	struct ovsr_action act[];
};

/*
 * Parses the action list @attr for a flow of (masked) @key. On success *@out is the caller's, to be
 * freed with ovsr_actions_free(). @log as in ovsr_match_parse(). Errors: -EINVAL; -EOVERFLOW
 * (nested too deep); -EMSGSIZE (a nest too big); -ERANGE (an attribute of userspace or
 * check_pkt_len cut short); -ENOMEM.
 */
int ovsr_actions_parse(struct net *net, const struct nlattr *attr, const struct ovsr_key *key,
		       struct ovsr_actions **out, bool log);

/*
 * Puts the list as a nest of type @attrtype. Returns 0; or -EMSGSIZE with the nest taken back, when
 * there is no room, or no nest can be as long: some actions are longer than userspace gave them.
 */
int ovsr_actions_put(struct sk_buff *msg, int attrtype, const struct ovsr_actions *acts);

/* NULL is fine for both. */
void ovsr_actions_free(struct ovsr_actions *acts);
void ovsr_actions_free_rcu(struct ovsr_actions *acts);

#endif
