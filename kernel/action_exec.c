// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/jhash.h>
#include <linux/mpls.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <net/dst_metadata.h>
#include <net/mpls.h>
#include <net/nsh.h>

#include "action_exec.h"
#include "action_set.h"
#include "conntrack.h"
#include "datapath.h"
#include "fault.h"
#include "flow_extract.h"
#include "fragment.h"
#include "nsh_key.h"
#include "upcall.h"
#include "vport.h"

#define RECURSION_MAX 5 /* lists inside of lists, by recirculation, on one processor's stack */
#define KEYS_MAX      3 /* of these, so many may run at once with a key of their own */
#define DEFERRED_MAX  9 /* lists that may wait until the stack is empty again */

/* A list, or with none a recirculation, that waits. */
struct deferred {
	struct ovsr_datapath *dp; /* not always that of the packet which emptied the stack */
	struct sk_buff *skb;
	const struct ovsr_actions *acts;
	struct ovsr_key key;
};

/* What a processor knows of the packet at hand; used with bottom halves off. */
struct exec_state {
	int level;
	int n_deferred;
	struct ovsr_key keys[KEYS_MAX];
	struct deferred deferred[DEFERRED_MAX];
};

static struct exec_state __percpu *exec_states;

static int list_execute(struct ovsr_datapath *dp, struct sk_buff *skb,
			const struct ovsr_actions *acts, struct ovsr_key *key);

static void key_outdate(struct ovsr_key *key)
{
	key->stale = true;
}

static int key_revalidate(struct sk_buff *skb, struct ovsr_key *key)
{
	return key->stale ? ovsr_key_update(skb, key) : 0;
}

/* NULL without memory. */
static struct sk_buff *packet_clone(struct sk_buff *skb)
{
	return ovsr_fault(OVSR_FAULT_PACKET_CLONE) ? NULL : skb_clone(skb, GFP_ATOMIC);
}

/* Nests. */

/* Keeps the packet for later; drops it if too many wait. */
static void defer(struct ovsr_datapath *dp, struct sk_buff *skb, const struct ovsr_actions *acts,
		  u32 recirc_id, const struct ovsr_key *key)
{
	struct exec_state *state = this_cpu_ptr(exec_states);
	struct deferred *d;

	if (state->n_deferred == DEFERRED_MAX) {
		if (net_ratelimit())
			pr_warn("%s: too many deferred actions, packet dropped\n",
				ovsr_dp_name(dp));
		kfree_skb(skb);
		return;
	}
	d = &state->deferred[state->n_deferred++];
	d->dp = dp;
	d->skb = skb;
	d->acts = acts;
	d->key = *key;
	if (!acts)
		d->key.recirc_id = recirc_id;
}

/*
 * Runs @acts, or recirculates if there are none, on @skb if it is not needed any more (@last), else
 * on a copy. What happens inside does not change @key, so unless nothing inside changes it
 * (@in_place) it needs a copy as well; when the processor has no room for one, the packet waits
 * until the stack is empty.
 */
static int nested_execute(struct ovsr_datapath *dp, struct sk_buff *skb,
			  const struct ovsr_actions *acts, u32 recirc_id, struct ovsr_key *key,
			  bool last, bool in_place)
{
	struct exec_state *state = this_cpu_ptr(exec_states);
	int err;

	if (!last)
		skb = packet_clone(skb);
	if (!skb)
		return 0;
	if (in_place)
		return list_execute(dp, skb, acts, key);
	if (state->level > KEYS_MAX) {
		defer(dp, skb, acts, recirc_id, key);
		return 0;
	}
	state->keys[state->level - 1] = *key;
	key = &state->keys[state->level - 1];
	if (!acts) {
		key->recirc_id = recirc_id;
		ovsr_dp_process(skb, key);
		return 0;
	}
	state->level++;
	err = list_execute(dp, skb, acts, key);
	state->level--;
	return err;
}

static int nested_list_execute(struct ovsr_datapath *dp, struct sk_buff *skb,
			       const struct ovsr_actions *acts, struct ovsr_key *key, bool last)
{
	return nested_execute(dp, skb, acts, 0, key, last, last || !acts->changes_key);
}

static int sample(struct ovsr_datapath *dp, struct sk_buff *skb, const struct ovsr_action *act,
		  struct ovsr_key *key, bool last)
{
	if (act->arg != U32_MAX && (!act->arg || get_random_u32() > act->arg)) {
		if (last)
			consume_skb(skb);
		return 0;
	}
	return nested_list_execute(dp, skb, act->nested[0], key, last);
}

static int check_pkt_len(struct ovsr_datapath *dp, struct sk_buff *skb,
			 const struct ovsr_action *act, struct ovsr_key *key, bool last)
{
	unsigned int mru = OVSR_CB(skb)->mru;
	unsigned int len = mru ? mru + skb->mac_len : skb->len;
	bool beyond =
		len > act->arg && !(skb_is_gso(skb) && skb_gso_validate_mac_len(skb, act->arg));

	return nested_list_execute(dp, skb, act->nested[beyond], key, last);
}

static int recirc(struct ovsr_datapath *dp, struct sk_buff *skb, u32 recirc_id,
		  struct ovsr_key *key, bool last)
{
	int err = key_revalidate(skb, key);

	if (err) {
		if (last)
			kfree_skb(skb);
		return err;
	}
	return nested_execute(dp, skb, NULL, recirc_id, key, last, false);
}

/* A packet at the end of its TTL goes to the nested list, and leaves this one. */
static int ttl_exceeded(struct ovsr_datapath *dp, struct sk_buff *skb,
			const struct ovsr_action *act, struct ovsr_key *key)
{
	if (act->nested[0]->n)
		return nested_execute(dp, skb, act->nested[0], 0, key, true, true);
	consume_skb(skb);
	return 0;
}

/* Where a packet goes. */

static void output(struct ovsr_datapath *dp, struct sk_buff *skb, u32 port_no,
		   const struct ovsr_key *key)
{
	bool ethernet = ovsr_key_is_ethernet(key);
	struct ovsr_vport *vport = ovsr_vport_find(dp, port_no);
	unsigned int mru = OVSR_CB(skb)->mru;
	u32 cutlen = OVSR_CB(skb)->cutlen;

	if (!vport || !netif_running(vport->dev) || !netif_carrier_ok(vport->dev)) {
		kfree_skb(skb);
		return;
	}
	if (cutlen < skb->len)
		pskb_trim(skb, max_t(u32, cutlen, ethernet ? ETH_HLEN : 0));
	if (!mru || skb->len <= mru + vport->dev->hard_header_len)
		ovsr_vport_send(vport, skb, ethernet);
	else if (mru <= vport->dev->mtu)
		ovsr_fragment(ovsr_dp_net(dp), vport, skb, mru, key);
	else
		kfree_skb(skb);
}

static void userspace(struct ovsr_datapath *dp, struct sk_buff *skb, struct ovsr_key *key,
		      const struct ovsr_actions *acts, const struct ovsr_action *act)
{
	struct ovsr_upcall upcall = { .cmd = OVS_PACKET_CMD_ACTION, .mru = OVSR_CB(skb)->mru };
	struct ovsr_vport *vport;
	const struct nlattr *a;
	int rem;

	nla_for_each_nested(a, act->attr, rem) {
		switch (nla_type(a)) {
		case OVS_USERSPACE_ATTR_PID:
			upcall.portid = dp->user_features & OVS_DP_F_DISPATCH_UPCALL_PER_CPU ?
						ovsr_upcall_portid_cpu(dp, smp_processor_id()) :
						nla_get_u32(a);
			break;
		case OVS_USERSPACE_ATTR_USERDATA:
			upcall.userdata = a;
			break;
		case OVS_USERSPACE_ATTR_EGRESS_TUN_PORT:
			vport = ovsr_vport_find(dp, nla_get_u32(a));
			if (vport && !dev_fill_metadata_dst(vport->dev, skb))
				upcall.egress_tun = skb_tunnel_info(skb);
			break;
		case OVS_USERSPACE_ATTR_ACTIONS:
			upcall.actions = acts;
			break;
		}
	}
	ovsr_upcall(dp, skb, key, &upcall, OVSR_CB(skb)->cutlen);
}

/* Headers that come and go. */

static void hash(struct sk_buff *skb, struct ovsr_key *key, const struct ovs_action_hash *hash)
{
	/* Zero would mean that there is no hash. */
	key->dp_hash = jhash_1word(skb_get_hash(skb), hash->hash_basis) ?: 1;
}

/* After @err of a change to what the frame starts with: from now on @link. */
static int restarted(struct ovsr_key *key, int err, u8 link)
{
	if (err)
		return err;
	key->link = link;
	key_outdate(key);
	return 0;
}

/* Behind @mac_len bytes of the frame; what starts with a label has no Ethernet header. */
static int push_mpls(struct sk_buff *skb, struct ovsr_key *key, __be32 lse, __be16 eth_type,
		     unsigned int mac_len)
{
	return restarted(key, skb_mpls_push(skb, lse, eth_type, mac_len, mac_len),
			 mac_len ? key->link : OVSR_LINK_NONE);
}

static int add_mpls(struct sk_buff *skb, struct ovsr_key *key,
		    const struct ovs_action_add_mpls *mpls)
{
	bool inside = mpls->tun_flags & OVS_MPLS_L3_TUNNEL_FLAG_MASK;

	return push_mpls(skb, key, mpls->mpls_lse, mpls->mpls_ethertype, inside ? skb->mac_len : 0);
}

static int pop_mpls(struct sk_buff *skb, struct ovsr_key *key, __be16 eth_type)
{
	bool frame_inside = eth_type == htons(ETH_P_TEB);

	return restarted(key, skb_mpls_pop(skb, eth_type, skb->mac_len, ovsr_key_is_ethernet(key)),
			 frame_inside ? OVSR_LINK_ETHERNET : key->link);
}

/* Only one tag can stand beside the frame, and only that one's change is easy to follow. */
static int push_vlan(struct sk_buff *skb, struct ovsr_key *key,
		     const struct ovs_action_push_vlan *vlan)
{
	struct ovsr_vlan tag = { vlan->vlan_tpid, vlan->vlan_tci };

	if (!skb_vlan_tag_present(skb))
		key->tags[0] = tag;
	else
		key_outdate(key);
	return skb_vlan_push(skb, tag.tpid, ntohs(tag.tci) & ~VLAN_CFI_MASK);
}

static int pop_vlan(struct sk_buff *skb, struct ovsr_key *key)
{
	int err = skb_vlan_pop(skb);

	if (!skb_vlan_tag_present(skb))
		key->tags[0] = (struct ovsr_vlan){};
	else
		key_outdate(key);
	return err;
}

static int push_eth(struct sk_buff *skb, struct ovsr_key *key,
		    const struct ovs_key_ethernet *addresses)
{
	return restarted(key, skb_eth_push(skb, addresses->eth_dst, addresses->eth_src),
			 OVSR_LINK_ETHERNET);
}

static int pop_eth(struct sk_buff *skb, struct ovsr_key *key)
{
	return restarted(key, skb_eth_pop(skb), OVSR_LINK_NONE);
}

static int push_nsh(struct sk_buff *skb, struct ovsr_key *key, const struct nlattr *nest)
{
	u8 header[NSH_HDR_MAX_LEN];
	int err = ovsr_nsh_header(nest, (struct nshhdr *)header, false);

	return restarted(key, err ?: nsh_push(skb, (struct nshhdr *)header), OVSR_LINK_NONE);
}

static int pop_nsh(struct sk_buff *skb, struct ovsr_key *key)
{
	int err = nsh_pop(skb);
	bool frame_inside = skb->protocol == htons(ETH_P_TEB);

	return restarted(key, err, frame_inside ? OVSR_LINK_ETHERNET : OVSR_LINK_NONE);
}

/* The list. */

/* Actions that do nothing but change the packet or what is known of it. */
static int packet_change(struct sk_buff *skb, struct ovsr_key *key, const struct ovsr_action *act)
{
	const void *arg = nla_data(act->attr);
	const struct ovs_action_push_mpls *mpls = arg;

	switch (act->type) {
	case OVS_ACTION_ATTR_SET:
	case OVS_ACTION_ATTR_SET_MASKED:
		return ovsr_action_set(skb, key, act);
	case OVS_ACTION_ATTR_TRUNC:
		OVSR_CB(skb)->cutlen = ((const struct ovs_action_trunc *)arg)->max_len;
		return 0;
	case OVS_ACTION_ATTR_HASH:
		hash(skb, key, arg);
		return 0;
	case OVS_ACTION_ATTR_PUSH_VLAN:
		return push_vlan(skb, key, arg);
	case OVS_ACTION_ATTR_POP_VLAN:
		return pop_vlan(skb, key);
	case OVS_ACTION_ATTR_PUSH_MPLS:
		return push_mpls(skb, key, mpls->mpls_lse, mpls->mpls_ethertype, skb->mac_len);
	case OVS_ACTION_ATTR_ADD_MPLS:
		return add_mpls(skb, key, arg);
	case OVS_ACTION_ATTR_POP_MPLS:
		return pop_mpls(skb, key, nla_get_be16(act->attr));
	case OVS_ACTION_ATTR_PUSH_ETH:
		return push_eth(skb, key, &((const struct ovs_action_push_eth *)arg)->addresses);
	case OVS_ACTION_ATTR_POP_ETH:
		return pop_eth(skb, key);
	case OVS_ACTION_ATTR_PUSH_NSH:
		return push_nsh(skb, key, arg);
	case OVS_ACTION_ATTR_POP_NSH:
		return pop_nsh(skb, key);
	case OVS_ACTION_ATTR_CT_CLEAR:
		ovsr_ct_clear(skb, key);
		return 0;
	default:
		return 0;
	}
}

/* Keeps or frees @skb unless it returns 0; -EINPROGRESS is a fragment that waits: no error. */
static int ct(struct ovsr_datapath *dp, struct sk_buff *skb, struct ovsr_key *key,
	      const struct ovsr_action *act)
{
	int err = key_revalidate(skb, key);

	if (err) {
		kfree_skb(skb);
		return err;
	}
	return ovsr_ct_execute(ovsr_dp_net(dp), skb, key, act->ct);
}

static int list_execute(struct ovsr_datapath *dp, struct sk_buff *skb,
			const struct ovsr_actions *acts, struct ovsr_key *key)
{
	const struct ovsr_action *act;
	struct sk_buff *copy;
	int err = 0;
	bool last;

	for (act = acts->act; act < acts->act + acts->n; act++) {
		last = act == &acts->act[acts->n - 1];
		switch (act->type) {
		case OVS_ACTION_ATTR_OUTPUT:
			copy = last ? skb : packet_clone(skb);
			if (copy)
				output(dp, copy, nla_get_u32(act->attr), key);
			if (last)
				return 0;
			OVSR_CB(skb)->cutlen = U32_MAX;
			break;
		case OVS_ACTION_ATTR_USERSPACE:
			userspace(dp, skb, key, acts, act);
			OVSR_CB(skb)->cutlen = U32_MAX;
			break;
		case OVS_ACTION_ATTR_RECIRC:
			err = recirc(dp, skb, nla_get_u32(act->attr), key, last);
			if (last)
				return err;
			break;
		case OVS_ACTION_ATTR_SAMPLE:
			err = sample(dp, skb, act, key, last);
			if (last)
				return err;
			break;
		case OVS_ACTION_ATTR_CLONE:
			err = nested_list_execute(dp, skb, act->nested[0], key, last);
			if (last)
				return err;
			break;
		case OVS_ACTION_ATTR_CHECK_PKT_LEN:
			err = check_pkt_len(dp, skb, act, key, last);
			if (last)
				return err;
			break;
		case OVS_ACTION_ATTR_CT:
			err = ct(dp, skb, key, act);
			if (err)
				return err == -EINPROGRESS ? 0 : err;
			break;
		case OVS_ACTION_ATTR_METER:
			if (ovsr_meter_execute(&dp->meters, skb, nla_get_u32(act->attr)))
				goto consumed;
			break;
		case OVS_ACTION_ATTR_DEC_TTL:
			err = ovsr_action_dec_ttl(skb, key);
			if (err == -EHOSTUNREACH)
				return ttl_exceeded(dp, skb, act, key);
			break;
		default:
			err = packet_change(skb, key, act);
			break;
		}
		if (err) {
			kfree_skb(skb);
			return err;
		}
	}
consumed:
	consume_skb(skb);
	return 0;
}

static void deferred_execute(struct exec_state *state)
{
	struct deferred *d;
	int i;

	/* What runs here may defer more. */
	for (i = 0; i < state->n_deferred; i++) {
		d = &state->deferred[i];
		if (d->acts)
			list_execute(d->dp, d->skb, d->acts, &d->key);
		else
			ovsr_dp_process(d->skb, &d->key);
	}
	state->n_deferred = 0;
}

int ovsr_actions_execute(struct ovsr_datapath *dp, struct sk_buff *skb,
			 const struct ovsr_actions *acts, struct ovsr_key *key)
{
	struct exec_state *state = this_cpu_ptr(exec_states);
	int err;

	if (++state->level > RECURSION_MAX) {
		net_crit_ratelimited("%s: packet dropped, it came back too often\n",
				     ovsr_dp_name(dp));
		kfree_skb(skb);
		err = -ENETDOWN;
	} else {
		err = list_execute(dp, skb, acts, key);
		if (state->level == 1)
			deferred_execute(state);
	}
	state->level--;
	return err;
}

int ovsr_action_exec_init(void)
{
	exec_states = alloc_percpu(struct exec_state);
	return exec_states ? 0 : -ENOMEM;
}

void ovsr_action_exec_exit(void)
{
	free_percpu(exec_states);
}
