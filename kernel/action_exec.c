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

/**
 * struct run - one list at work on one packet
 * @dp: the datapath that it is in
 * @skb: NULL once an action has handed it on: then the list has ended
 * @acts: the list
 * @key: of @skb, unless it is stale
 * @last: the action at hand is the last, and may have the packet itself
 */
struct run {
	struct ovsr_datapath *dp;
	struct sk_buff *skb;
	const struct ovsr_actions *acts;
	struct ovsr_key *key;
	bool last;
};

static int list_execute(struct ovsr_datapath *dp, struct sk_buff *skb,
			const struct ovsr_actions *acts, struct ovsr_key *key);

static int key_revalidate(struct run *run)
{
	return run->key->stale ? ovsr_key_update(run->skb, run->key) : 0;
}

static struct sk_buff *packet_take(struct run *run)
{
	struct sk_buff *skb = run->skb;

	run->skb = NULL;
	return skb;
}

/* The packet itself, if it is not needed any more, else a copy; NULL without memory for it. */
static struct sk_buff *packet_for(struct run *run)
{
	if (run->last)
		return packet_take(run);
	return ovsr_fault(OVSR_FAULT_PACKET_CLONE) ? NULL : skb_clone(run->skb, GFP_ATOMIC);
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
 * Runs @acts, or recirculates if there are none. What happens inside does not change the run's key,
 * so it needs a copy; when the processor has no room for one, the packet waits until the stack is
 * empty.
 */
static int nested_execute(struct run *run, const struct ovsr_actions *acts, u32 recirc_id)
{
	struct exec_state *state = this_cpu_ptr(exec_states);
	struct sk_buff *skb = packet_for(run);
	struct ovsr_key *key;
	int err;

	if (!skb)
		return 0;
	if (state->level > KEYS_MAX) {
		defer(run->dp, skb, acts, recirc_id, run->key);
		return 0;
	}
	key = &state->keys[state->level - 1];
	*key = *run->key;
	if (!acts) {
		key->recirc_id = recirc_id;
		ovsr_dp_process(skb, key);
		return 0;
	}
	state->level++;
	err = list_execute(run->dp, skb, acts, key);
	state->level--;
	return err;
}

static int nested_list_execute(struct run *run, const struct ovsr_actions *acts)
{
	struct sk_buff *skb;

	if (!run->last && acts->changes_key)
		return nested_execute(run, acts, 0);
	skb = packet_for(run);
	return skb ? list_execute(run->dp, skb, acts, run->key) : 0;
}

static int clone(struct run *run, const struct ovsr_action *act)
{
	return nested_list_execute(run, act->nested[0]);
}

static int sample(struct run *run, const struct ovsr_action *act)
{
	bool taken = act->arg == U32_MAX || (act->arg && get_random_u32() <= act->arg);

	return taken ? nested_list_execute(run, act->nested[0]) : 0;
}

static int check_pkt_len(struct run *run, const struct ovsr_action *act)
{
	const struct sk_buff *skb = run->skb;
	unsigned int mru = OVSR_CB(skb)->mru;
	unsigned int len = mru ? mru + skb->mac_len : skb->len;
	bool beyond =
		len > act->arg && !(skb_is_gso(skb) && skb_gso_validate_mac_len(skb, act->arg));

	return nested_list_execute(run, act->nested[beyond]);
}

static int recirc(struct run *run, const struct ovsr_action *act)
{
	return key_revalidate(run) ?: nested_execute(run, NULL, nla_get_u32(act->attr));
}

/* A packet at the end of its TTL goes to the nested list, and leaves this one. */
static int dec_ttl(struct run *run, const struct ovsr_action *act)
{
	int err = ovsr_action_dec_ttl(run->skb, run->key);

	if (err != -EHOSTUNREACH)
		return err;
	return list_execute(run->dp, packet_take(run), act->nested[0], run->key);
}

/* Where a packet goes. */

static void output_to(struct ovsr_datapath *dp, struct sk_buff *skb, u32 port_no,
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

/* A trunc is for the next that a packet goes to. */
static int output(struct run *run, const struct ovsr_action *act)
{
	struct sk_buff *skb = packet_for(run);

	if (skb)
		output_to(run->dp, skb, nla_get_u32(act->attr), run->key);
	if (run->skb)
		OVSR_CB(run->skb)->cutlen = U32_MAX;
	return 0;
}

static int userspace(struct run *run, const struct ovsr_action *act)
{
	struct ovsr_skb_cb *cb = OVSR_CB(run->skb);
	struct ovsr_upcall upcall = { .cmd = OVS_PACKET_CMD_ACTION, .mru = cb->mru };
	struct ovsr_datapath *dp = run->dp;
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
			if (vport && !dev_fill_metadata_dst(vport->dev, run->skb))
				upcall.egress_tun = skb_tunnel_info(run->skb);
			break;
		case OVS_USERSPACE_ATTR_ACTIONS:
			upcall.actions = run->acts;
			break;
		}
	}
	ovsr_upcall(dp, run->skb, run->key, &upcall, cb->cutlen);
	cb->cutlen = U32_MAX;
	return 0;
}

static int truncate(struct run *run, const struct ovsr_action *act)
{
	const struct ovs_action_trunc *trunc = nla_data(act->attr);

	OVSR_CB(run->skb)->cutlen = trunc->max_len;
	return 0;
}

static int meter(struct run *run, const struct ovsr_action *act)
{
	if (ovsr_meter_execute(&run->dp->meters, run->skb, nla_get_u32(act->attr)))
		consume_skb(packet_take(run));
	return 0;
}

/* Conntrack. */

/* -EINPROGRESS is a fragment that waits for others: no error. */
static int ct(struct run *run, const struct ovsr_action *act)
{
	struct sk_buff *skb = run->skb;
	int err = key_revalidate(run);

	if (err)
		return err;
	err = ovsr_ct_execute(ovsr_dp_net(run->dp), skb, run->key, act->ct);
	if (err)
		run->skb = NULL; /* it is kept, or freed */
	return err == -EINPROGRESS ? 0 : err;
}

static int ct_clear(struct run *run, const struct ovsr_action *act)
{
	ovsr_ct_clear(run->skb, run->key);
	return 0;
}

/* Headers that change, come and go. */

static int set(struct run *run, const struct ovsr_action *act)
{
	return ovsr_action_set(run->skb, run->key, act);
}

static int hash(struct run *run, const struct ovsr_action *act)
{
	const struct ovs_action_hash *hash = nla_data(act->attr);

	/* Zero would mean that there is no hash. */
	run->key->dp_hash = jhash_1word(skb_get_hash(run->skb), hash->hash_basis) ?: 1;
	return 0;
}

/* After @err of a change to what the frame starts with: from now on @link. */
static int restarted(struct run *run, int err, u8 link)
{
	if (err)
		return err;
	run->key->link = link;
	run->key->stale = true;
	return 0;
}

/* Behind @mac_len bytes of the frame; what starts with a label has no Ethernet header. */
static int label_push(struct run *run, __be32 lse, __be16 eth_type, unsigned int mac_len)
{
	return restarted(run, skb_mpls_push(run->skb, lse, eth_type, mac_len, mac_len),
			 mac_len ? run->key->link : OVSR_LINK_NONE);
}

static int push_mpls(struct run *run, const struct ovsr_action *act)
{
	const struct ovs_action_push_mpls *mpls = nla_data(act->attr);

	return label_push(run, mpls->mpls_lse, mpls->mpls_ethertype, run->skb->mac_len);
}

static int add_mpls(struct run *run, const struct ovsr_action *act)
{
	const struct ovs_action_add_mpls *mpls = nla_data(act->attr);
	bool inside = mpls->tun_flags & OVS_MPLS_L3_TUNNEL_FLAG_MASK;

	return label_push(run, mpls->mpls_lse, mpls->mpls_ethertype,
			  inside ? run->skb->mac_len : 0);
}

static int pop_mpls(struct run *run, const struct ovsr_action *act)
{
	__be16 eth_type = nla_get_be16(act->attr);
	bool frame_inside = eth_type == htons(ETH_P_TEB);
	int err =
		skb_mpls_pop(run->skb, eth_type, run->skb->mac_len, ovsr_key_is_ethernet(run->key));

	return restarted(run, err, frame_inside ? OVSR_LINK_ETHERNET : run->key->link);
}

/* The tag beside the frame is @tag now: the only one whose change is easy to follow. */
static void tag_changed(struct run *run, bool easy, struct ovsr_vlan tag)
{
	if (easy)
		run->key->tags[0] = tag;
	else
		run->key->stale = true;
}

static int push_vlan(struct run *run, const struct ovsr_action *act)
{
	const struct ovs_action_push_vlan *vlan = nla_data(act->attr);
	struct ovsr_vlan tag = { vlan->vlan_tpid, vlan->vlan_tci };

	tag_changed(run, !skb_vlan_tag_present(run->skb), tag);
	return skb_vlan_push(run->skb, tag.tpid, ntohs(tag.tci) & ~VLAN_CFI_MASK);
}

static int pop_vlan(struct run *run, const struct ovsr_action *act)
{
	int err = skb_vlan_pop(run->skb);

	tag_changed(run, !skb_vlan_tag_present(run->skb), (struct ovsr_vlan){});
	return err;
}

static int push_eth(struct run *run, const struct ovsr_action *act)
{
	const struct ovs_action_push_eth *eth = nla_data(act->attr);

	return restarted(run,
			 skb_eth_push(run->skb, eth->addresses.eth_dst, eth->addresses.eth_src),
			 OVSR_LINK_ETHERNET);
}

static int pop_eth(struct run *run, const struct ovsr_action *act)
{
	return restarted(run, skb_eth_pop(run->skb), OVSR_LINK_NONE);
}

static int push_nsh(struct run *run, const struct ovsr_action *act)
{
	u8 header[NSH_HDR_MAX_LEN];
	int err = ovsr_nsh_header(nla_data(act->attr), (struct nshhdr *)header, false);

	return restarted(run, err ?: nsh_push(run->skb, (struct nshhdr *)header), OVSR_LINK_NONE);
}

static int pop_nsh(struct run *run, const struct ovsr_action *act)
{
	int err = nsh_pop(run->skb);
	bool frame_inside = run->skb->protocol == htons(ETH_P_TEB);

	return restarted(run, err, frame_inside ? OVSR_LINK_ETHERNET : OVSR_LINK_NONE);
}

/* The list. */

/* Each returns 0, or an error with which the list ends; then the packet is dropped. */
static int (*const runners[OVS_ACTION_ATTR_MAX + 1])(struct run *run,
						     const struct ovsr_action *act) = {
	[OVS_ACTION_ATTR_OUTPUT] = output,
	[OVS_ACTION_ATTR_USERSPACE] = userspace,
	[OVS_ACTION_ATTR_SET] = set,
	[OVS_ACTION_ATTR_PUSH_VLAN] = push_vlan,
	[OVS_ACTION_ATTR_POP_VLAN] = pop_vlan,
	[OVS_ACTION_ATTR_SAMPLE] = sample,
	[OVS_ACTION_ATTR_RECIRC] = recirc,
	[OVS_ACTION_ATTR_HASH] = hash,
	[OVS_ACTION_ATTR_PUSH_MPLS] = push_mpls,
	[OVS_ACTION_ATTR_POP_MPLS] = pop_mpls,
	[OVS_ACTION_ATTR_SET_MASKED] = set,
	[OVS_ACTION_ATTR_CT] = ct,
	[OVS_ACTION_ATTR_TRUNC] = truncate,
	[OVS_ACTION_ATTR_PUSH_ETH] = push_eth,
	[OVS_ACTION_ATTR_POP_ETH] = pop_eth,
	[OVS_ACTION_ATTR_CT_CLEAR] = ct_clear,
	[OVS_ACTION_ATTR_PUSH_NSH] = push_nsh,
	[OVS_ACTION_ATTR_POP_NSH] = pop_nsh,
	[OVS_ACTION_ATTR_METER] = meter,
	[OVS_ACTION_ATTR_CLONE] = clone,
	[OVS_ACTION_ATTR_CHECK_PKT_LEN] = check_pkt_len,
	[OVS_ACTION_ATTR_ADD_MPLS] = add_mpls,
	[OVS_ACTION_ATTR_DEC_TTL] = dec_ttl,
};

static int list_execute(struct ovsr_datapath *dp, struct sk_buff *skb,
			const struct ovsr_actions *acts, struct ovsr_key *key)
{
	struct run run = { .dp = dp, .skb = skb, .acts = acts, .key = key };
	u32 left = acts->n;
	int err = 0;

	while (left && run.skb && !err) {
		const struct ovsr_action *act = &acts->act[acts->n - left--];

		run.last = !left;
		err = runners[act->type](&run, act);
	}
	if (err)
		kfree_skb(run.skb);
	else
		consume_skb(run.skb);
	return err;
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
