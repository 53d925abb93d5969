// SPDX-License-Identifier: GPL-2.0-only
/* The ovs_ct_limit family. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jump_label.h>
#include <linux/rculist.h>
#include <net/netfilter/nf_conntrack_count.h>
#include <net/netns/generic.h>

#include "ct_limit.h"
#include "family.h"
#include "lock.h"
#include "notify.h"
#include "plant.h"

#define BUCKETS	  512
#define UNLIMITED 0

/* Entries of the attribute, which is an array and not a nest. */
#define ENTRY_LEN NLA_ALIGN(sizeof(struct ovs_zone_limit))

struct zone_limit {
	struct rcu_head rcu;
	struct hlist_node node;
	u16 zone;
	u32 limit;
};

/* The limits of one namespace: a zone without one of its own has the default. */
struct limit_net {
	u32 default_limit;
	struct nf_conncount_data __rcu *counts; /* NULL while the namespace goes */
	struct nf_conncount_data *going;
	struct hlist_head buckets[BUCKETS];
};

static unsigned int net_id __read_mostly;

/* Off until the first limit is set anywhere. */
static DEFINE_STATIC_KEY_FALSE(limits_in_use);

static struct hlist_head *bucket_of(struct limit_net *ln, u16 zone)
{
	return &ln->buckets[zone % BUCKETS];
}

static struct zone_limit *limit_find(struct limit_net *ln, u16 zone)
{
	struct zone_limit *limit;

	hlist_for_each_entry_rcu(limit, bucket_of(ln, zone), node, ovsr_lock_is_held())
		if (limit->zone == zone)
			return limit;
	return NULL;
}

/* Counts @skb's connection in; with none, counts. The counting function changed within 6.1.y. */
static u32 connections_count(struct net *net, struct limit_net *ln, const struct sk_buff *skb,
			     const struct nf_conn *conn, u8 family,
			     const struct nf_conntrack_zone *zone)
{
	struct nf_conncount_data *counts = rcu_dereference(ln->counts);
	u32 key = zone->id;

	if (!counts)
		return 0;
#ifdef CONNCOUNT_BY_SKB
	return nf_conncount_count_skb(net, skb, family, counts, &key);
#else
	return nf_conncount_count(net, counts, &key,
				  conn ? &conn->tuplehash[IP_CT_DIR_ORIGINAL].tuple : NULL, zone);
#endif
}

int ovsr_ct_limit_check(struct net *net, const struct sk_buff *skb, const struct nf_conn *conn,
			const struct ovsr_ct *ct)
{
	struct limit_net *ln = net_generic(net, net_id);
	struct zone_limit *own;
	u32 limit;

	if (!static_branch_unlikely(&limits_in_use) || !rcu_access_pointer(ln->counts))
		return 0;
	own = limit_find(ln, ct->zone.id);
	limit = own ? own->limit : READ_ONCE(ln->default_limit);
	if (limit == UNLIMITED ||
	    connections_count(net, ln, skb, conn, ct->family, &ct->zone) <= limit)
		return 0;
	net_warn_ratelimited("conntrack zone %u is at its limit of %u connections\n", ct->zone.id,
			     limit);
	return -ENOMEM;
}

/* Commands. */

/* What the entries of one request are read into. */
struct limit_request {
	struct limit_net *ln;
	struct net *net;
	struct sk_buff *reply; /* GET */

	/* SET: nothing changes before all of it can. */
	struct hlist_head zones;
	struct hlist_node *last;
	const struct ovs_zone_limit *new_default;
};

static int limit_prepare(struct limit_request *rq, const struct ovs_zone_limit *entry)
{
	struct zone_limit *new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);

	if (!new)
		return -ENOMEM;
	new->zone = entry->zone_id;
	new->limit = entry->limit;
	if (rq->last)
		hlist_add_behind(&new->node, rq->last);
	else
		hlist_add_head(&new->node, &rq->zones);
	rq->last = &new->node;
	return 0;
}

static int default_prepare(struct limit_request *rq, const struct ovs_zone_limit *entry)
{
	rq->new_default = entry;
	return 0;
}

static void prepared_apply(struct limit_request *rq)
{
	struct zone_limit *new, *old;
	struct hlist_node *next;

	ovsr_lock();
	if (rq->new_default)
		WRITE_ONCE(rq->ln->default_limit, rq->new_default->limit);
	hlist_for_each_entry_safe(new, next, &rq->zones, node) {
		old = limit_find(rq->ln, new->zone);
		hlist_del(&new->node);
		if (old) {
			hlist_replace_rcu(&old->node, &new->node);
			kfree_rcu(old, rcu);
		} else {
			hlist_add_head_rcu(&new->node, bucket_of(rq->ln, new->zone));
		}
	}
	ovsr_unlock();
}

static void prepared_drop(struct limit_request *rq)
{
	struct zone_limit *new;
	struct hlist_node *next;

	hlist_for_each_entry_safe(new, next, &rq->zones, node)
		kfree(new);
}

static int limit_del(struct limit_request *rq, const struct ovs_zone_limit *entry)
{
	struct zone_limit *limit;

	ovsr_lock();
	limit = limit_find(rq->ln, entry->zone_id);
	if (limit) {
		hlist_del_rcu(&limit->node);
		kfree_rcu(limit, rcu);
	}
	ovsr_unlock();
	return 0;
}

static int limit_put(struct limit_request *rq, u16 zone, u32 limit)
{
	struct ovs_zone_limit entry = { .zone_id = zone, .limit = limit };
	struct nf_conntrack_zone ct_zone;

	nf_ct_zone_init(&ct_zone, zone, NF_CT_DEFAULT_ZONE_DIR, 0);
	entry.count = connections_count(rq->net, rq->ln, NULL, NULL, NFPROTO_UNSPEC, &ct_zone);
	return nla_put_nohdr(rq->reply, sizeof(entry), &entry);
}

static int limit_get(struct limit_request *rq, const struct ovs_zone_limit *entry)
{
	struct zone_limit *own = limit_find(rq->ln, entry->zone_id);

	return limit_put(rq, entry->zone_id, own ? own->limit : rq->ln->default_limit);
}

static int default_del(struct limit_request *rq, const struct ovs_zone_limit *entry)
{
	WRITE_ONCE(rq->ln->default_limit, UNLIMITED);
	return 0;
}

static int default_get(struct limit_request *rq, const struct ovs_zone_limit *entry)
{
	struct ovs_zone_limit answer = {
		.zone_id = OVS_ZONE_LIMIT_DEFAULT_ZONE,
		.limit = rq->ln->default_limit,
	};

	return nla_put_nohdr(rq->reply, sizeof(answer), &answer);
}

static int all_get(struct limit_request *rq)
{
	struct zone_limit *limit;
	int i, err;

	err = default_get(rq, NULL);
	for (i = 0; i < BUCKETS && !err; i++) {
		hlist_for_each_entry_rcu(limit, &rq->ln->buckets[i], node) {
			err = limit_put(rq, limit->zone, limit->limit);
			if (err)
				break;
		}
	}
	return err;
}

/* What a command does with one entry: of a zone, or of the default. */
typedef int (*entry_fn)(struct limit_request *rq, const struct ovs_zone_limit *entry);

/* An entry whose zone cannot be is passed over, and what is left at the end too. */
static int entries_walk(struct limit_request *rq, const struct nlattr *attr, entry_fn on_zone,
			entry_fn on_default)
{
	const struct ovs_zone_limit *entry = nla_data(attr);
	int left = NLA_ALIGN(nla_len(attr));
	int err = 0;

	for (; left >= (int)sizeof(*entry) && !err; left -= ENTRY_LEN) {
		if (entry->zone_id == OVS_ZONE_LIMIT_DEFAULT_ZONE)
			err = on_default(rq, entry);
		else if (entry->zone_id < 0 || entry->zone_id > U16_MAX)
			ovsr_log(true, "zone %d of a limit is out of range", entry->zone_id);
		else
			err = on_zone(rq, entry);
		entry = (void *)entry + ENTRY_LEN;
	}
	if (left && !err)
		ovsr_log(true, "%d stray bytes after the zone limits", left);
	return err;
}

static struct limit_request request_in(struct net *net)
{
	return (struct limit_request){ .net = net, .ln = net_generic(net, net_id) };
}

static struct sk_buff *reply_start(const struct genl_info *info, u8 cmd, struct ovs_header **hdr)
{
	const struct ovs_header *from = info->userhdr;
	struct ovsr_reply to = ovsr_reply_to(info, cmd);
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!msg)
		return ERR_PTR(-ENOMEM);
	*hdr = ovsr_reply_put(msg, &ovsr_ct_limit_family, &to, from->dp_ifindex);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return ERR_PTR(-EMSGSIZE);
}

/* SET and DEL answer with a header and no attributes. */
static int limit_change(struct sk_buff *skb, struct genl_info *info, u8 cmd, entry_fn on_zone,
			entry_fn on_default)
{
	struct nlattr *entries = info->attrs[OVS_CT_LIMIT_ATTR_ZONE_LIMIT];
	struct limit_request rq = request_in(sock_net(skb->sk));
	struct ovs_header *hdr;
	struct sk_buff *reply;
	int err = -EINVAL;

	reply = reply_start(info, cmd, &hdr);
	if (IS_ERR(reply))
		return PTR_ERR(reply);
	if (entries)
		err = entries_walk(&rq, entries, on_zone, on_default);
	if (err) {
		prepared_drop(&rq);
		nlmsg_free(reply);
		return err;
	}
	prepared_apply(&rq);
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

static int ct_limit_cmd_set(struct sk_buff *skb, struct genl_info *info)
{
	if (info->attrs[OVS_CT_LIMIT_ATTR_ZONE_LIMIT])
		static_branch_enable(&limits_in_use);
	return limit_change(skb, info, OVS_CT_LIMIT_CMD_SET, limit_prepare, default_prepare);
}

static int ct_limit_cmd_del(struct sk_buff *skb, struct genl_info *info)
{
	return limit_change(skb, info, OVS_CT_LIMIT_CMD_DEL, limit_del, default_del);
}

static int ct_limit_cmd_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *entries = info->attrs[OVS_CT_LIMIT_ATTR_ZONE_LIMIT];
	struct limit_request rq = request_in(sock_net(skb->sk));
	int err = -EMSGSIZE;
	struct ovs_header *hdr;
	struct sk_buff *reply;
	struct nlattr *nest;

	reply = reply_start(info, OVS_CT_LIMIT_CMD_GET, &hdr);
	if (IS_ERR(reply))
		return PTR_ERR(reply);
	rq.reply = reply;
	nest = nla_nest_start_noflag(reply, OVS_CT_LIMIT_ATTR_ZONE_LIMIT);
	if (nest) {
		rcu_read_lock();
		err = entries ? entries_walk(&rq, entries, limit_get, default_get) : all_get(&rq);
		rcu_read_unlock();
	}
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	nla_nest_end(reply, nest);
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

static const struct nla_policy ct_limit_policy[OVS_CT_LIMIT_ATTR_MAX + 1] = {
	[OVS_CT_LIMIT_ATTR_ZONE_LIMIT] = { .type = NLA_NESTED },
};

static const struct genl_small_ops ct_limit_ops[] = {
	{
		.cmd = OVS_CT_LIMIT_CMD_SET,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = ct_limit_cmd_set,
	},
	{
		.cmd = OVS_CT_LIMIT_CMD_DEL,
		.validate = OVSR_VALIDATE,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = ct_limit_cmd_del,
	},
	{
		.cmd = OVS_CT_LIMIT_CMD_GET, /* for everybody */
		.validate = OVSR_VALIDATE,
		.doit = ct_limit_cmd_get,
	},
};

static const struct genl_multicast_group ct_limit_group = { .name = OVS_CT_LIMIT_MCGROUP };

struct genl_family ovsr_ct_limit_family __ro_after_init = {
	.name = OVS_CT_LIMIT_FAMILY,
	.version = OVS_CT_LIMIT_VERSION,
	.hdrsize = sizeof(struct ovs_header),
	.maxattr = OVS_CT_LIMIT_ATTR_MAX,
	.policy = ct_limit_policy,
	.netnsok = true,
	.parallel_ops = true,
	.small_ops = ct_limit_ops,
	.n_small_ops = ARRAY_SIZE(ct_limit_ops),
	.resv_start_op = OVS_CT_LIMIT_CMD_GET + 1,
	.mcgrps = &ct_limit_group,
	.n_mcgrps = 1,
	.pre_doit = ovsr_request_trace,
	.module = THIS_MODULE,
};

/* Namespaces. */

static int __net_init net_start(struct net *net)
{
	struct limit_net *ln = net_generic(net, net_id);
	struct nf_conncount_data *counts;

	counts = nf_conncount_init(net, NFPROTO_INET, sizeof(u32));
	if (IS_ERR(counts))
		return PTR_ERR(counts);
	RCU_INIT_POINTER(ln->counts, counts);
	return 0;
}

/* Packets may still be on their way; the namespace code waits for them before net_stop(). */
static void __net_exit net_prepare_stop(struct net *net)
{
	struct limit_net *ln = net_generic(net, net_id);

	ln->going = rcu_replace_pointer(ln->counts, NULL, true);
}

static void __net_exit net_stop(struct net *net)
{
	struct limit_net *ln = net_generic(net, net_id);
	struct zone_limit *limit;
	struct hlist_node *next;
	int i;

	nf_conncount_destroy(net, NFPROTO_INET, ln->going);
	for (i = 0; i < BUCKETS; i++)
		hlist_for_each_entry_safe(limit, next, &ln->buckets[i], node) {
			kfree(limit);
			if (ovsr_plant(OVSR_PLANT_LIMIT_EXIT))
				next = limit->node.next;
		}
}

static struct pernet_operations net_ops = {
	.init = net_start,
	.pre_exit = net_prepare_stop,
	.exit = net_stop,
	.id = &net_id,
	.size = sizeof(struct limit_net),
};

int ovsr_ct_limit_init(void)
{
	return register_pernet_subsys(&net_ops);
}

void ovsr_ct_limit_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
