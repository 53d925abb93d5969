// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_nat.h>

#include "conntrack.h"
#include "fault.h"
#include "plant.h"

/* A ct action while it is parsed. */
struct ct_parse {
	struct ovsr_ct *ct;
	const char *helper;
	bool ip_max;
	bool proto_max;
	bool log;
};

static bool all_zero(const void *data, size_t len)
{
	return !memchr_inv(data, 0, len);
}

static int nat_type_parse(const struct nlattr *a, struct ct_parse *p)
{
	if (p->ct->nat) {
		ovsr_log(p->log, "nat of two kinds");
		return -ERANGE;
	}
	p->ct->nat =
		OVSR_CT_NAT | (nla_type(a) == OVS_NAT_ATTR_SRC ? OVSR_CT_NAT_SRC : OVSR_CT_NAT_DST);
	return 0;
}

static int nat_ip_min_parse(const struct nlattr *a, struct ct_parse *p)
{
	memcpy(&p->ct->range.min_addr, nla_data(a), nla_len(a));
	return 0;
}

static int nat_ip_max_parse(const struct nlattr *a, struct ct_parse *p)
{
	memcpy(&p->ct->range.max_addr, nla_data(a), nla_len(a));
	p->ip_max = true;
	return 0;
}

static int nat_proto_min_parse(const struct nlattr *a, struct ct_parse *p)
{
	p->ct->range.min_proto.all = htons(nla_get_u16(a));
	return 0;
}

static int nat_proto_max_parse(const struct nlattr *a, struct ct_parse *p)
{
	p->ct->range.max_proto.all = htons(nla_get_u16(a));
	p->proto_max = true;
	return 0;
}

/* @flag: what the presence of the attribute sets in the range. */
static const struct nat_attr {
	u8 ipv4_len;
	u8 ipv6_len;
	unsigned int flag;
	int (*parse)(const struct nlattr *a, struct ct_parse *p);
} nat_attrs[OVS_NAT_ATTR_MAX + 1] = {
	[OVS_NAT_ATTR_SRC] = { .parse = nat_type_parse },
	[OVS_NAT_ATTR_DST] = { .parse = nat_type_parse },
	[OVS_NAT_ATTR_IP_MIN] = { 4, 16, NF_NAT_RANGE_MAP_IPS, nat_ip_min_parse },
	[OVS_NAT_ATTR_IP_MAX] = { 4, 16, NF_NAT_RANGE_MAP_IPS, nat_ip_max_parse },
	[OVS_NAT_ATTR_PROTO_MIN] = { 2, 2, NF_NAT_RANGE_PROTO_SPECIFIED, nat_proto_min_parse },
	[OVS_NAT_ATTR_PROTO_MAX] = { 2, 2, NF_NAT_RANGE_PROTO_SPECIFIED, nat_proto_max_parse },
	[OVS_NAT_ATTR_PERSISTENT] = { .flag = NF_NAT_RANGE_PERSISTENT },
	[OVS_NAT_ATTR_PROTO_HASH] = { .flag = NF_NAT_RANGE_PROTO_RANDOM },
	[OVS_NAT_ATTR_PROTO_RANDOM] = { .flag = NF_NAT_RANGE_PROTO_RANDOM_FULLY },
};

static int nat_attr_parse(const struct nlattr *a, struct ct_parse *p)
{
	const struct nat_attr *row;
	int type = nla_type(a);

	if (type == OVS_NAT_ATTR_UNSPEC || type > OVS_NAT_ATTR_MAX)
		goto invalid;
	row = &nat_attrs[type];
	if (nla_len(a) != (p->ct->family == NFPROTO_IPV6 ? row->ipv6_len : row->ipv4_len))
		goto invalid;
	p->ct->range.flags |= row->flag;
	return row->parse ? row->parse(a, p) : 0;

invalid:
	ovsr_log(p->log, "bad nat attribute %d of %d bytes", type, nla_len(a));
	return -EINVAL;
}

static int nat_parse(const struct nlattr *attr, struct ct_parse *p)
{
	struct nf_nat_range2 *range = &p->ct->range;
	const struct nlattr *a;
	int rem, err;

	nla_for_each_nested(a, attr, rem) {
		err = nat_attr_parse(a, p);
		if (err)
			return err;
	}
	/* A range is for new connections, so it needs a kind of NAT, which needs a commit. */
	if (rem > 0 || (p->ct->nat ? !p->ct->commit : range->flags)) {
		ovsr_log(p->log, "nat without what it needs");
		return -EINVAL;
	}
	p->ct->nat |= OVSR_CT_NAT;
	if (range->flags & NF_NAT_RANGE_MAP_IPS && !p->ip_max)
		range->max_addr = range->min_addr;
	if (range->flags & NF_NAT_RANGE_PROTO_SPECIFIED && !p->proto_max)
		range->max_proto = range->min_proto;
	return 0;
}

static int commit_parse(const struct nlattr *a, struct ct_parse *p)
{
	p->ct->commit = true;
	p->ct->force |= nla_type(a) == OVS_CT_ATTR_FORCE_COMMIT;
	return 0;
}

static int zone_parse(const struct nlattr *a, struct ct_parse *p)
{
	p->ct->zone.id = nla_get_u16(a);
	return 0;
}

static int mark_parse(const struct nlattr *a, struct ct_parse *p)
{
	const u32 *words = nla_data(a);

	p->ct->mark = words[0];
	p->ct->mark_mask = words[1];
	return words[1] ? 0 : -EINVAL;
}

static int labels_parse(const struct nlattr *a, struct ct_parse *p)
{
	memcpy(p->ct->labels, nla_data(a), OVS_CT_LABELS_LEN);
	memcpy(p->ct->labels_mask, nla_data(a) + OVS_CT_LABELS_LEN, OVS_CT_LABELS_LEN);
	return all_zero(p->ct->labels_mask, OVS_CT_LABELS_LEN) ? -EINVAL : 0;
}

static int helper_parse(const struct nlattr *a, struct ct_parse *p)
{
	p->helper = nla_data(a);
	return memchr(p->helper, '\0', nla_len(a)) ? 0 : -EINVAL;
}

static int eventmask_parse(const struct nlattr *a, struct ct_parse *p)
{
	p->ct->have_eventmask = true;
	p->ct->eventmask = nla_get_u32(a);
	return 0;
}

static int timeout_parse(const struct nlattr *a, struct ct_parse *p)
{
	memcpy(p->ct->timeout, nla_data(a), nla_len(a));
	return memchr(p->ct->timeout, '\0', nla_len(a)) ? 0 : -EINVAL;
}

/* An attribute without a parser is one that this kernel's conntrack does not have. */
static const struct ct_attr {
	u16 min_len;
	u16 max_len;
	int (*parse)(const struct nlattr *a, struct ct_parse *p);
} ct_attrs[OVS_CT_ATTR_MAX + 1] = {
	[OVS_CT_ATTR_COMMIT] = { 0, 0, commit_parse },
	[OVS_CT_ATTR_FORCE_COMMIT] = { 0, 0, commit_parse },
	[OVS_CT_ATTR_ZONE] = { 2, 2, IS_ENABLED(CONFIG_NF_CONNTRACK_ZONES) ? zone_parse : NULL },
	[OVS_CT_ATTR_MARK] = { 8, 8, IS_ENABLED(CONFIG_NF_CONNTRACK_MARK) ? mark_parse : NULL },
	[OVS_CT_ATTR_LABELS] = { 32, 32,
				 IS_ENABLED(CONFIG_NF_CONNTRACK_LABELS) ? labels_parse : NULL },
	[OVS_CT_ATTR_HELPER] = { 1, NF_CT_HELPER_NAME_LEN, helper_parse },
	[OVS_CT_ATTR_NAT] = { 0, U16_MAX, IS_ENABLED(CONFIG_NF_NAT) ? nat_parse : NULL },
	[OVS_CT_ATTR_EVENTMASK] = { 4, 4, eventmask_parse },
	[OVS_CT_ATTR_TIMEOUT] = { 1, CTNL_TIMEOUT_NAME_MAX,
				  IS_ENABLED(CONFIG_NF_CONNTRACK_TIMEOUT) ? timeout_parse : NULL },
};

static int attrs_parse(const struct nlattr *attr, struct ct_parse *p)
{
	const struct ovsr_ct *ct = p->ct;
	const struct ct_attr *row;
	const struct nlattr *a;
	int rem, type, err;

	nla_for_each_nested(a, attr, rem) {
		type = nla_type(a);
		row = &ct_attrs[min(type, OVS_CT_ATTR_MAX)];
		if (ovsr_plant(OVSR_PLANT_CT_ATTR) && nla_len(a) > ct_attrs[type].max_len)
			return -EINVAL;
		if (type > OVS_CT_ATTR_MAX || !row->parse || nla_len(a) < row->min_len ||
		    nla_len(a) > row->max_len) {
			ovsr_log(p->log, "bad ct attribute %d of %d bytes", type, nla_len(a));
			return -EINVAL;
		}
		err = row->parse(a, p);
		if (err)
			return err;
	}
	if (rem > 0 || (!ct->commit &&
			(ct->mark_mask || !all_zero(ct->labels_mask, sizeof(ct->labels_mask))))) {
		ovsr_log(p->log, "ct with stray bytes, or a mark or labels but no commit");
		return -EINVAL;
	}
	return 0;
}

/* A policy that does not exist is no error: the connections just do without. */
static void policy_find(struct ovsr_ct *ct, const struct ovsr_action_request *req)
{
	struct nf_conn_timeout *ext;

	if (nf_ct_set_timeout(req->net, ct->tmpl, ct->family, req->key->ip.proto, ct->timeout)) {
		ovsr_log(req->log, "no ct timeout policy \"%s\"", ct->timeout);
		return;
	}
	rcu_read_lock();
	ext = nf_ct_timeout_find(ct->tmpl);
	ct->policy = ext ? rcu_dereference(ext->timeout) : NULL;
	rcu_read_unlock();
}

static int helper_find(struct ovsr_ct *ct, const char *name, const struct ovsr_action_request *req)
{
	u8 proto = req->key->ip.proto;
	struct nf_conntrack_helper *helper;
	struct nf_conn_help *help;
	int err = -ENOMEM;

	helper = nf_conntrack_helper_try_module_get(name, ct->family, proto);
	if (!helper) {
		ovsr_log(req->log, "no ct helper \"%s\"", name);
		return -EINVAL;
	}
	help = nf_ct_helper_ext_add(ct->tmpl, GFP_KERNEL);
	if (!help)
		goto put;
	if (IS_ENABLED(CONFIG_NF_NAT) && ct->nat) {
		err = nf_nat_helper_try_module_get(name, ct->family, proto);
		if (err)
			goto put;
	}
	rcu_assign_pointer(help->helper, helper);
	ct->helper = helper;
	return 0;

put:
	nf_conntrack_helper_put(helper);
	return err;
}

static u8 key_family(const struct ovsr_key *key)
{
	if (key->eth_type == htons(ETH_P_IP))
		return NFPROTO_IPV4;
	return key->eth_type == htons(ETH_P_IPV6) ? NFPROTO_IPV6 : NFPROTO_UNSPEC;
}

int ovsr_ct_parse(const struct ovsr_action_request *req, struct ovsr_shape *shape,
		  struct ovsr_action *act)
{
	struct ct_parse p = { .log = req->log };
	struct ovsr_ct *ct;
	int err;

	if (key_family(req->key) == NFPROTO_UNSPEC) {
		ovsr_log(req->log, "ct of a packet that is not IP");
		return -EINVAL;
	}
	ct = kzalloc(sizeof(*ct), GFP_KERNEL);
	if (!ct)
		return -ENOMEM;
	act->ct = ct; /* the list frees it, however far it got */
	p.ct = ct;
	ct->family = key_family(req->key);
	nf_ct_zone_init(&ct->zone, NF_CT_DEFAULT_ZONE_ID, NF_CT_DEFAULT_ZONE_DIR, 0);
	err = attrs_parse(act->attr, &p);
	if (err)
		return err;

	if (!ovsr_fault(OVSR_FAULT_CT_TEMPLATE))
		ct->tmpl = nf_ct_tmpl_alloc(req->net, &ct->zone, GFP_KERNEL);
	if (!ct->tmpl)
		return -ENOMEM;
	if (ct->timeout[0])
		policy_find(ct, req);
	if (p.helper) {
		err = helper_find(ct, p.helper, req);
		if (err && ovsr_plant(OVSR_PLANT_CT_TEMPLATE))
			ct->tmpl = NULL;
		if (err)
			return err;
	}
	__set_bit(IPS_CONFIRMED_BIT, &ct->tmpl->status);
	return 0;
}

static void template_release(struct ovsr_ct *ct)
{
	if (!ct->tmpl)
		return;
	if (*ct->timeout)
		nf_ct_destroy_timeout(ct->tmpl);
	nf_ct_tmpl_free(ct->tmpl);
}

/* Whoever translates addresses, too, has a module of the helper's to keep loaded. */
static void helper_release(struct ovsr_ct *ct)
{
	if (!ct->helper)
		return;
	if (IS_ENABLED(CONFIG_NF_NAT) && ct->nat)
		nf_nat_helper_put(ct->helper);
	nf_conntrack_helper_put(ct->helper);
}

void ovsr_ct_free(struct ovsr_action *act)
{
	if (!act->ct)
		return;
	template_release(act->ct);
	helper_release(act->ct);
	kfree(act->ct);
}

/* The upper end of a range is left out where it is the lower one. */
static int nat_addresses_put(struct sk_buff *msg, const struct ovsr_ct *ct)
{
	const struct nf_nat_range2 *range = &ct->range;
	size_t len = ct->family == NFPROTO_IPV4 ? sizeof(__be32) : sizeof(struct in6_addr);

	if (!(range->flags & NF_NAT_RANGE_MAP_IPS))
		return 0;
	if (nla_put(msg, OVS_NAT_ATTR_IP_MIN, len, &range->min_addr))
		return -EMSGSIZE;
	if (!memcmp(&range->min_addr, &range->max_addr, len))
		return 0;
	return nla_put(msg, OVS_NAT_ATTR_IP_MAX, len, &range->max_addr);
}

static int nat_ports_put(struct sk_buff *msg, const struct nf_nat_range2 *range)
{
	if (!(range->flags & NF_NAT_RANGE_PROTO_SPECIFIED))
		return 0;
	if (nla_put_u16(msg, OVS_NAT_ATTR_PROTO_MIN, ntohs(range->min_proto.all)))
		return -EMSGSIZE;
	if (range->min_proto.all == range->max_proto.all)
		return 0;
	return nla_put_u16(msg, OVS_NAT_ATTR_PROTO_MAX, ntohs(range->max_proto.all));
}

static int nat_range_put(struct sk_buff *msg, const struct ovsr_ct *ct)
{
	static const u8 flags[] = { OVS_NAT_ATTR_PERSISTENT, OVS_NAT_ATTR_PROTO_HASH,
				    OVS_NAT_ATTR_PROTO_RANDOM };
	int i;

	if (nla_put_flag(msg, ct->nat & OVSR_CT_NAT_SRC ? OVS_NAT_ATTR_SRC : OVS_NAT_ATTR_DST) ||
	    nat_addresses_put(msg, ct) || nat_ports_put(msg, &ct->range))
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (ct->range.flags & nat_attrs[flags[i]].flag && nla_put_flag(msg, flags[i]))
			return -EMSGSIZE;
	return 0;
}

static int nat_put(struct sk_buff *msg, const struct ovsr_ct *ct)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, OVS_CT_ATTR_NAT);

	if (!nest || (ct->nat & (OVSR_CT_NAT_SRC | OVSR_CT_NAT_DST) && nat_range_put(msg, ct)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* A value and its mask. */
static int masked_put(struct sk_buff *msg, int type, const void *value, const void *mask, int len)
{
	struct nlattr *a;

	if (all_zero(mask, len))
		return 0;
	a = nla_reserve(msg, type, 2 * len);
	if (!a)
		return -EMSGSIZE;
	memcpy(nla_data(a), value, len);
	memcpy(nla_data(a) + len, mask, len);
	return 0;
}

int ovsr_ct_put(struct sk_buff *msg, const struct ovsr_action *act)
{
	struct nlattr *nest = nla_nest_start_noflag(msg, OVS_ACTION_ATTR_CT);
	const struct ovsr_ct *ct = act->ct;
	int commit = ct->force ? OVS_CT_ATTR_FORCE_COMMIT : OVS_CT_ATTR_COMMIT;

	if (!nest || (ct->commit && nla_put_flag(msg, commit)) ||
	    (IS_ENABLED(CONFIG_NF_CONNTRACK_ZONES) &&
	     nla_put_u16(msg, OVS_CT_ATTR_ZONE, ct->zone.id)) ||
	    masked_put(msg, OVS_CT_ATTR_MARK, &ct->mark, &ct->mark_mask, sizeof(ct->mark)) ||
	    masked_put(msg, OVS_CT_ATTR_LABELS, ct->labels, ct->labels_mask, sizeof(ct->labels)) ||
	    (ct->helper && nla_put_string(msg, OVS_CT_ATTR_HELPER, ct->helper->name)) ||
	    (ct->have_eventmask && nla_put_u32(msg, OVS_CT_ATTR_EVENTMASK, ct->eventmask)) ||
	    (ct->timeout[0] && nla_put_string(msg, OVS_CT_ATTR_TIMEOUT, ct->timeout)) ||
	    (ct->nat && nat_put(msg, ct)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
