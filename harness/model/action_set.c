/* SPDX-License-Identifier: GPL-2.0-only */
/* set and set_masked: one key attribute, with a mask behind the value in the masked form. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "action.h"

#define LABEL_BITS 20

static void put_plain(struct rig_action_writer *w, const struct nlattr *field, size_t len)
{
	size_t nest = rig_action_nest(w, OVS_ACTION_ATTR_SET);

	rig_action_put(w, rig_nla_type(field), rig_nla_data(field), len);
	rig_action_nest_end(w, nest);
	/* In the kernel's own form every set has a mask. */
	rig_action_count(w, 0);
	rig_action_count(w, 2 * len);
}

/* Walk the options; each says its own length in words. */
static bool geneve_options_ok(const uint8_t *at, int left)
{
	while (left > 0) {
		int len;

		if (left < 4)
			return false;
		len = 4 + 4 * (at[3] & 0x1f);
		if (len > left)
			return false;
		at += len;
		left -= len;
	}
	return true;
}

/* A tunnel in the form in which it is dumped, made by the builder of messages. */
static void put_tunnel(struct rig_action_writer *w, const struct rig_key *key)
{
	bool bridge = key->tun_family == AF_INET && !memcmp(key->tun_addr + 4, "\0\0\0", 4);
	struct rig_answer scratch = { .list = NULL };
	size_t set, tunnel;

	rig_answer_begin(&scratch, 0);
	rig_message_begin(&scratch, 0, 0, RIG_ROLE_REPLY, 0, 0, 0, 0);
	set = rig_nest_begin(&scratch, OVS_ACTION_ATTR_SET);
	tunnel = rig_nest_begin(&scratch, OVS_KEY_ATTR_TUNNEL);
	rig_tunnel_put(&scratch, key, key->tun_opts_len, key->tun_family, bridge);
	rig_nest_end(&scratch, tunnel);
	rig_nest_end(&scratch, set);
	rig_message_end(&scratch);
	rig_answer_finish(&scratch);
	if (scratch.count)
		rig_action_put_raw(w, scratch.list[0].bytes + set, scratch.list[0].len - set);
	else
		w->failed = true;
	rig_answer_free(&scratch);
}

static int set_tunnel(struct rig_action_writer *w, const struct nlattr *field)
{
	struct rig_key key = { .in_port = 0 };
	struct rig_span span = { 0, 0 };
	int options = rig_tunnel_parse(&key, &span, &key, field, false);

	if (options < 0)
		return options;
	if (options == OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS &&
	    !geneve_options_ok(key.tun_opts + sizeof(key.tun_opts) - key.tun_opts_len,
			       key.tun_opts_len))
		return -EINVAL;
	put_tunnel(w, &key);
	rig_action_count(w, 0);
	rig_action_count(w, 8);
	return 0;
}

static bool masked_ok(const uint8_t *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (value[i] & ~value[len + i])
			return false;
	return true;
}

/* Protocol and fragment cannot be changed. */
static bool ipv4_ok(const struct rig_key *key, const struct ovs_key_ipv4 *v, bool masked)
{
	if (masked)
		return !v[1].ipv4_proto && !v[1].ipv4_frag;
	return v->ipv4_proto == key->ip_proto && v->ipv4_frag == key->ip_frag;
}

static bool ipv6_ok(const struct rig_key *key, const struct ovs_key_ipv6 *v, bool masked)
{
	if (ntohl(v->ipv6_label) >> LABEL_BITS)
		return false;
	if (masked)
		return !v[1].ipv6_proto && !v[1].ipv6_frag &&
		       !(ntohl(v[1].ipv6_label) >> LABEL_BITS);
	return v->ipv6_proto == key->ip_proto && v->ipv6_frag == key->ip_frag;
}

static bool layer4_ok(const struct rig_key *key, uint16_t eth_type_be, uint8_t proto)
{
	return (eth_type_be == htons(ETH_P_IP) || eth_type_be == htons(ETH_P_IPV6)) &&
	       key->ip_proto == proto;
}

static bool may_set(const struct rig_key *key, const struct nlattr *field, size_t len,
		    const struct rig_action_context *c, bool masked)
{
	const void *v = rig_nla_data(field);

	switch (rig_nla_type(field)) {
	case OVS_KEY_ATTR_PRIORITY:
	case OVS_KEY_ATTR_SKB_MARK:
	case OVS_KEY_ATTR_CT_MARK:
	case OVS_KEY_ATTR_CT_LABELS:
		return true;
	case OVS_KEY_ATTR_ETHERNET:
		return c->layer2 == RIG_L2_ETHERNET;
	case OVS_KEY_ATTR_IPV4:
		return c->eth_type_be == htons(ETH_P_IP) && ipv4_ok(key, v, masked);
	case OVS_KEY_ATTR_IPV6:
		return c->eth_type_be == htons(ETH_P_IPV6) && ipv6_ok(key, v, masked);
	case OVS_KEY_ATTR_TCP:
		return layer4_ok(key, c->eth_type_be, IPPROTO_TCP);
	case OVS_KEY_ATTR_UDP:
		return layer4_ok(key, c->eth_type_be, IPPROTO_UDP);
	case OVS_KEY_ATTR_SCTP:
		return layer4_ok(key, c->eth_type_be, IPPROTO_SCTP);
	case OVS_KEY_ATTR_MPLS:
		return rig_is_mpls(c->eth_type_be) && len == sizeof(struct ovs_key_mpls);
	}
	return false;
}

int rig_action_set(struct rig_action_writer *w, const struct nlattr *a,
		   const struct rig_action_context *c, bool masked)
{
	const struct nlattr *field = (const struct nlattr *)rig_nla_data(a);
	unsigned int outer = rig_nla_len(a);
	size_t len;
	int want;

	/* Exactly one attribute inside. */
	if (outer < NLA_HDRLEN || field->nla_len < NLA_HDRLEN || field->nla_len > outer ||
	    (unsigned int)NLA_ALIGN(field->nla_len) != outer ||
	    rig_nla_type(field) > OVS_KEY_ATTR_MAX)
		return -EINVAL;
	len = masked ? rig_nla_len(field) / 2 : rig_nla_len(field);
	want = rig_key_attr_len(rig_nla_type(field));
	if (want >= 0 && (size_t)want != len)
		return -EINVAL;
	if (masked && !masked_ok(rig_nla_data(field), len))
		return -EINVAL;
	if (rig_nla_type(field) == OVS_KEY_ATTR_TUNNEL)
		return masked ? -EINVAL : set_tunnel(w, field);
	if (rig_nla_type(field) == OVS_KEY_ATTR_NSH && w->r->m->profile->set_nsh) {
		rig_answer_unmodelled(w->r->out, "set(nsh)", true);
		return -EINVAL;
	}
	if (!may_set(w->key, field, len, c, masked))
		return -EINVAL;
	if (masked) {
		rig_action_count(w, outer);
		rig_action_put(w, OVS_ACTION_ATTR_SET_MASKED, field, outer);
	} else {
		put_plain(w, field, len);
	}
	return 0;
}
