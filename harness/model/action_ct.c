/* SPDX-License-Identifier: GPL-2.0-only */
/* The ct action: validation, and the form in which it is dumped. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "action.h"

#define INNER_SIZE 160 /* of the kernel's own form, which bounds nests */

struct nat {
	bool present; /* the attribute came: existing connections are translated */
	bool src, dst;
	bool has_ip, has_proto; /* ranges */
	uint8_t ip_min[16], ip_max[16];
	uint16_t proto_min, proto_max;
	bool persistent, hash, random;
};

struct ct {
	bool no_zones, ip6, commit, force, has_eventmask;
	uint16_t zone;
	uint32_t mark[2];      /* value, mask */
	uint8_t labels[2][16]; /* value, mask */
	uint32_t eventmask;
	char timeout[32];
	const char *helper;
	struct nat nat;
};

static int read_nat_attr(struct nat *n, const struct nlattr *a, bool *ip_max, bool *proto_max)
{
	const uint8_t *v = rig_nla_data(a);
	unsigned int len = rig_nla_len(a);

	switch (rig_nla_type(a)) {
	case OVS_NAT_ATTR_SRC:
	case OVS_NAT_ATTR_DST:
		if (n->present)
			return -ERANGE;
		n->present = true;
		n->src = rig_nla_type(a) == OVS_NAT_ATTR_SRC;
		n->dst = !n->src;
		return 0;
	case OVS_NAT_ATTR_IP_MIN:
		memset(n->ip_min, 0, sizeof(n->ip_min));
		memcpy(n->ip_min, v, len);
		n->has_ip = true;
		return 0;
	case OVS_NAT_ATTR_IP_MAX:
		memset(n->ip_max, 0, sizeof(n->ip_max));
		memcpy(n->ip_max, v, len);
		n->has_ip = *ip_max = true;
		return 0;
	case OVS_NAT_ATTR_PROTO_MIN:
		n->proto_min = rig_nla_u16(a);
		n->has_proto = true;
		return 0;
	case OVS_NAT_ATTR_PROTO_MAX:
		n->proto_max = rig_nla_u16(a);
		n->has_proto = *proto_max = true;
		return 0;
	case OVS_NAT_ATTR_PERSISTENT:
		n->persistent = true;
		return 0;
	case OVS_NAT_ATTR_PROTO_HASH:
		n->hash = true;
		return 0;
	case OVS_NAT_ATTR_PROTO_RANDOM:
		n->random = true;
		return 0;
	}
	return -EINVAL;
}

static unsigned int nat_attr_len(unsigned int type, bool ip6)
{
	switch (type) {
	case OVS_NAT_ATTR_IP_MIN:
	case OVS_NAT_ATTR_IP_MAX:
		return ip6 ? 16 : 4;
	case OVS_NAT_ATTR_PROTO_MIN:
	case OVS_NAT_ATTR_PROTO_MAX:
		return 2;
	}
	return 0;
}

static int read_nat(struct ct *ct, const struct nlattr *nest)
{
	struct rig_nla_walk w = rig_nla_inside(nest);
	bool ip_max = false, proto_max = false;
	struct nat *n = &ct->nat;
	const struct nlattr *a;

	while ((a = rig_nla_next(&w))) {
		int err = rig_nla_len(a) == nat_attr_len(rig_nla_type(a), ct->ip6) ?
				  read_nat_attr(n, a, &ip_max, &proto_max) :
				  -EINVAL;

		if (err)
			return err;
	}
	if (w.left > 0)
		return -EINVAL;
	if (n->present) {
		if (!ct->commit)
			return -EINVAL;
	} else if (n->has_ip || n->has_proto || n->persistent || n->hash || n->random) {
		return -EINVAL;
	}
	n->present = true;
	if (n->has_ip && !ip_max)
		memcpy(n->ip_max, n->ip_min, sizeof(n->ip_max));
	if (n->has_proto && !proto_max)
		n->proto_max = n->proto_min;
	return 0;
}

static const struct {
	unsigned int min, max;
} ct_len[OVS_CT_ATTR_MAX + 1] = {
	[OVS_CT_ATTR_ZONE] = { 2, 2 },	       [OVS_CT_ATTR_MARK] = { 8, 8 },
	[OVS_CT_ATTR_LABELS] = { 32, 32 },     [OVS_CT_ATTR_HELPER] = { 1, 16 },
	[OVS_CT_ATTR_NAT] = { 0, UINT16_MAX }, [OVS_CT_ATTR_EVENTMASK] = { 4, 4 },
	[OVS_CT_ATTR_TIMEOUT] = { 1, 32 },
};

static bool labels_zero(const uint8_t labels[16])
{
	static const uint8_t zero[16];

	return !memcmp(labels, zero, sizeof(zero));
}

static int read_ct_attr(struct ct *ct, const struct nlattr *a)
{
	const void *v = rig_nla_data(a);
	unsigned int len = rig_nla_len(a);

	switch (rig_nla_type(a)) {
	case OVS_CT_ATTR_FORCE_COMMIT:
		ct->force = ct->commit = true;
		return 0;
	case OVS_CT_ATTR_COMMIT:
		ct->commit = true;
		return 0;
	case OVS_CT_ATTR_ZONE:
		ct->zone = rig_nla_u16(a);
		return ct->no_zones ? -EINVAL : 0;
	case OVS_CT_ATTR_MARK:
		memcpy(ct->mark, v, sizeof(ct->mark));
		return ct->mark[1] ? 0 : -EINVAL;
	case OVS_CT_ATTR_LABELS:
		memcpy(ct->labels, v, sizeof(ct->labels));
		return labels_zero(ct->labels[1]) ? -EINVAL : 0;
	case OVS_CT_ATTR_HELPER:
		ct->helper = v;
		return memchr(v, '\0', len) ? 0 : -EINVAL;
	case OVS_CT_ATTR_NAT:
		return read_nat(ct, a);
	case OVS_CT_ATTR_EVENTMASK:
		ct->has_eventmask = true;
		ct->eventmask = rig_nla_u32(a);
		return 0;
	case OVS_CT_ATTR_TIMEOUT:
		memcpy(ct->timeout, v, len);
		return memchr(ct->timeout, '\0', len) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static int read_ct(struct ct *ct, const struct nlattr *nest)
{
	struct rig_nla_walk w = rig_nla_inside(nest);
	const struct nlattr *a;

	while ((a = rig_nla_next(&w))) {
		unsigned int type = rig_nla_type(a), len = rig_nla_len(a);
		int err;

		if (type > OVS_CT_ATTR_MAX || len < ct_len[type].min || len > ct_len[type].max)
			return -EINVAL;
		err = read_ct_attr(ct, a);
		if (err)
			return err;
	}
	if (!ct->commit && (ct->mark[1] || !labels_zero(ct->labels[1])))
		return -EINVAL;
	return w.left > 0 ? -EINVAL : 0;
}

static void put_nat(struct rig_action_writer *w, const struct ct *ct)
{
	size_t nest = rig_action_nest(w, OVS_CT_ATTR_NAT), addr_len = ct->ip6 ? 16 : 4;
	const struct nat *n = &ct->nat;

	if (n->src || n->dst) {
		rig_action_put(w, n->src ? OVS_NAT_ATTR_SRC : OVS_NAT_ATTR_DST, NULL, 0);
		if (n->has_ip)
			rig_action_put(w, OVS_NAT_ATTR_IP_MIN, n->ip_min, addr_len);
		if (n->has_ip && memcmp(n->ip_min, n->ip_max, addr_len))
			rig_action_put(w, OVS_NAT_ATTR_IP_MAX, n->ip_max, addr_len);
		if (n->has_proto)
			rig_action_put(w, OVS_NAT_ATTR_PROTO_MIN, &n->proto_min, 2);
		if (n->has_proto && n->proto_max != n->proto_min)
			rig_action_put(w, OVS_NAT_ATTR_PROTO_MAX, &n->proto_max, 2);
		if (n->persistent)
			rig_action_put(w, OVS_NAT_ATTR_PERSISTENT, NULL, 0);
		if (n->hash)
			rig_action_put(w, OVS_NAT_ATTR_PROTO_HASH, NULL, 0);
		if (n->random)
			rig_action_put(w, OVS_NAT_ATTR_PROTO_RANDOM, NULL, 0);
	}
	rig_action_nest_end(w, nest);
}

static void put_ct(struct rig_action_writer *w, const struct ct *ct)
{
	size_t nest = rig_action_nest(w, OVS_ACTION_ATTR_CT);

	if (ct->commit)
		rig_action_put(w, ct->force ? OVS_CT_ATTR_FORCE_COMMIT : OVS_CT_ATTR_COMMIT, NULL,
			       0);
	if (!ct->no_zones)
		rig_action_put(w, OVS_CT_ATTR_ZONE, &ct->zone, 2);
	if (ct->mark[1])
		rig_action_put(w, OVS_CT_ATTR_MARK, ct->mark, sizeof(ct->mark));
	if (!labels_zero(ct->labels[1]))
		rig_action_put(w, OVS_CT_ATTR_LABELS, ct->labels, sizeof(ct->labels));
	if (ct->helper)
		rig_action_put(w, OVS_CT_ATTR_HELPER, ct->helper, strlen(ct->helper) + 1);
	if (ct->has_eventmask)
		rig_action_put(w, OVS_CT_ATTR_EVENTMASK, &ct->eventmask, 4);
	if (ct->timeout[0])
		rig_action_put(w, OVS_CT_ATTR_TIMEOUT, ct->timeout, strlen(ct->timeout) + 1);
	if (ct->nat.present)
		put_nat(w, ct);
	rig_action_nest_end(w, nest);
}

/* Helpers that are modules of the kernel: whether they are there depends on the machine. */
static bool may_be_a_helper(const char *name)
{
	static const char *const known[] = { "ftp",  "tftp",	  "sip",       "irc",  "amanda",
					     "RAS",  "Q.931",	  "H.245",     "pptp", "sane",
					     "snmp", "snmp_trap", "netbios-ns" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i], name))
			return true;
	return false;
}

int rig_action_ct(struct rig_action_writer *w, const struct nlattr *a)
{
	struct ct ct = { .no_zones = w->r->m->config.build & RIG_BUILD_NO_CT_ZONES,
			 .ip6 = w->key->eth_type_be == htons(ETH_P_IPV6) };
	int err;

	if (!ct.ip6 && w->key->eth_type_be != htons(ETH_P_IP))
		return -EINVAL;
	err = read_ct(&ct, a);
	if (err)
		return err;
	if (ct.helper) {
		if (may_be_a_helper(ct.helper))
			rig_answer_unmodelled(w->r->out, "a conntrack helper", true);
		return -EINVAL;
	}
	rig_action_count(w, INNER_SIZE);
	put_ct(w, &ct);
	return 0;
}
