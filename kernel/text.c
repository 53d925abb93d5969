// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink attributes as text.  A table says of each what it is called and how its payload reads; a
 * payload that does not fit its layout is shown in hex.
 */

#include <linux/openvswitch.h>
#include <linux/seq_file.h>
#include <net/netlink.h>

#include "action_parse.h"
#include "flow_table.h"
#include "lock.h"
#include "text.h"

struct nest;

/*
 * struct attr - how one attribute reads
 * @layout: of the payload: plain text and "%" with the letter of a field (see fields[]); "" for a
 *	flag; NULL for bytes
 * @nest: instead of a layout, what is inside
 * @masked: the payload is a value and then its mask
 * @parens: it stands in parentheses, whatever the nest's way
 */
struct attr {
	const char *name;
	const char *layout;
	const struct nest *nest;
	bool masked;
	bool parens;
};

/* @parens: a value stands in parentheses, else behind an equals sign. */
struct nest {
	bool parens;
	u8 n;
	const struct attr *attr;
};

#define NEST(which, in_parens)                                                    \
	static const struct nest which##_nest = { .parens = (in_parens),          \
						  .n = ARRAY_SIZE(which##_attrs), \
						  .attr = which##_attrs }

static void put_u8(struct seq_file *m, const void *p)
{
	seq_printf(m, "%u", *(u8 *)p);
}

static void put_u16(struct seq_file *m, const void *p)
{
	seq_printf(m, "%u", *(u16 *)p);
}

static void put_x16(struct seq_file *m, const void *p)
{
	seq_printf(m, "%#x", *(u16 *)p);
}

static void put_be16(struct seq_file *m, const void *p)
{
	seq_printf(m, "%u", get_unaligned_be16(p));
}

static void put_xbe16(struct seq_file *m, const void *p)
{
	seq_printf(m, "0x%04x", get_unaligned_be16(p));
}

static void put_u32(struct seq_file *m, const void *p)
{
	seq_printf(m, "%u", get_unaligned((u32 *)p));
}

static void put_x32(struct seq_file *m, const void *p)
{
	seq_printf(m, "%#x", get_unaligned((u32 *)p));
}

static void put_xbe32(struct seq_file *m, const void *p)
{
	seq_printf(m, "%#x", get_unaligned_be32(p));
}

static void put_xbe64(struct seq_file *m, const void *p)
{
	seq_printf(m, "%#llx", get_unaligned_be64(p));
}

static void put_mac(struct seq_file *m, const void *p)
{
	seq_printf(m, "%pM", p);
}

static void put_ip4(struct seq_file *m, const void *p)
{
	seq_printf(m, "%pI4", p);
}

static void put_ip6(struct seq_file *m, const void *p)
{
	seq_printf(m, "%pI6c", p);
}

static void put_tci(struct seq_file *m, const void *p)
{
	u16 tci = get_unaligned_be16(p);

	seq_printf(m, "vid=%u,pcp=%u,cfi=%u", tci & 0xfff, tci >> 13, tci >> 12 & 1);
}

static void put_lse(struct seq_file *m, const void *p)
{
	u32 lse = get_unaligned_be32(p);

	seq_printf(m, "label=%u,tc=%u,ttl=%u,bos=%u", lse >> 12, lse >> 9 & 7, lse & 0xff,
		   lse >> 8 & 1);
}

static void put_path(struct seq_file *m, const void *p)
{
	u32 path = get_unaligned_be32(p);

	seq_printf(m, "spi=%#x,si=%u", path >> 8, path & 0xff);
}

static const struct field {
	u8 len;
	void (*put)(struct seq_file *m, const void *p);
} fields[128] = {
	['_'] = { 1, NULL }, /* padding, not shown; zero */
	['b'] = { 1, put_u8 },	 ['s'] = { 2, put_u16 },   ['S'] = { 2, put_x16 },
	['h'] = { 2, put_be16 }, ['H'] = { 2, put_xbe16 }, ['w'] = { 4, put_u32 },
	['W'] = { 4, put_x32 },	 ['n'] = { 4, put_xbe32 }, ['q'] = { 8, put_xbe64 },
	['m'] = { 6, put_mac },	 ['4'] = { 4, put_ip4 },   ['6'] = { 16, put_ip6 },
	['t'] = { 2, put_tci },	 ['l'] = { 4, put_lse },   ['p'] = { 4, put_path },
};

static const struct field *field_of(char letter)
{
	return &fields[(u8)letter];
}

static const struct attr vxlan_attrs[] = {
	[OVS_VXLAN_EXT_GBP] = { "gbp", "%W" },
};

NEST(vxlan, false);

static const struct attr tunnel_attrs[] = {
	[OVS_TUNNEL_KEY_ATTR_ID] = { "tun_id", "%q" },
	[OVS_TUNNEL_KEY_ATTR_IPV4_SRC] = { "src", "%4" },
	[OVS_TUNNEL_KEY_ATTR_IPV4_DST] = { "dst", "%4" },
	[OVS_TUNNEL_KEY_ATTR_TOS] = { "tos", "%b" },
	[OVS_TUNNEL_KEY_ATTR_TTL] = { "ttl", "%b" },
	[OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT] = { "df", "" },
	[OVS_TUNNEL_KEY_ATTR_CSUM] = { "csum", "" },
	[OVS_TUNNEL_KEY_ATTR_OAM] = { "oam", "" },
	[OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS] = { "geneve", .parens = true },
	[OVS_TUNNEL_KEY_ATTR_TP_SRC] = { "tp_src", "%h" },
	[OVS_TUNNEL_KEY_ATTR_TP_DST] = { "tp_dst", "%h" },
	[OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS] = { "vxlan", .nest = &vxlan_nest },
	[OVS_TUNNEL_KEY_ATTR_IPV6_SRC] = { "ipv6_src", "%6" },
	[OVS_TUNNEL_KEY_ATTR_IPV6_DST] = { "ipv6_dst", "%6" },
	[OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS] = { "erspan", .parens = true },
	[OVS_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE] = { "ipv4_info_bridge", "" },
};

NEST(tunnel, false);

static const struct attr nsh_attrs[] = {
	[OVS_NSH_KEY_ATTR_BASE] = { "base", "flags=%b,ttl=%b,mdtype=%b,np=%b,%p" },
	[OVS_NSH_KEY_ATTR_MD1] = { "md1", "c1=%n,c2=%n,c3=%n,c4=%n" },
};

NEST(nsh, true);

static const struct nest key_nest, masked_key_nest;

#define ETHERNET  "src=%m,dst=%m"
#define IPV4	  "src=%4,dst=%4,proto=%b,tos=%b,ttl=%b,frag=%b"
#define IPV6	  "src=%6,dst=%6,label=%n,proto=%b,tclass=%b,hlimit=%b,frag=%b"
#define TRANSPORT "src=%h,dst=%h"

static const struct attr key_attrs[] = {
	[OVS_KEY_ATTR_ENCAP] = { "encap", .nest = &key_nest },
	[OVS_KEY_ATTR_PRIORITY] = { "skb_priority", "%W" },
	[OVS_KEY_ATTR_IN_PORT] = { "in_port", "%w" },
	[OVS_KEY_ATTR_ETHERNET] = { "eth", ETHERNET },
	[OVS_KEY_ATTR_VLAN] = { "vlan", "%t" },
	[OVS_KEY_ATTR_ETHERTYPE] = { "eth_type", "%H" },
	[OVS_KEY_ATTR_IPV4] = { "ipv4", IPV4 },
	[OVS_KEY_ATTR_IPV6] = { "ipv6", IPV6 },
	[OVS_KEY_ATTR_TCP] = { "tcp", TRANSPORT },
	[OVS_KEY_ATTR_UDP] = { "udp", TRANSPORT },
	[OVS_KEY_ATTR_ICMP] = { "icmp", "type=%b,code=%b" },
	[OVS_KEY_ATTR_ICMPV6] = { "icmpv6", "type=%b,code=%b" },
	[OVS_KEY_ATTR_ARP] = { "arp", "sip=%4,tip=%4,op=%h,sha=%m,tha=%m%_%_" },
	[OVS_KEY_ATTR_ND] = { "nd", "target=%6,sll=%m,tll=%m" },
	[OVS_KEY_ATTR_SKB_MARK] = { "skb_mark", "%W" },
	[OVS_KEY_ATTR_TUNNEL] = { "tunnel", .nest = &tunnel_nest },
	[OVS_KEY_ATTR_SCTP] = { "sctp", TRANSPORT },
	[OVS_KEY_ATTR_TCP_FLAGS] = { "tcp_flags", "%H" },
	[OVS_KEY_ATTR_DP_HASH] = { "dp_hash", "%W" },
	[OVS_KEY_ATTR_RECIRC_ID] = { "recirc_id", "%W" },
	[OVS_KEY_ATTR_MPLS] = { "mpls", "%l" },
	[OVS_KEY_ATTR_CT_STATE] = { "ct_state", "%W" },
	[OVS_KEY_ATTR_CT_ZONE] = { "ct_zone", "%s" },
	[OVS_KEY_ATTR_CT_MARK] = { "ct_mark", "%W" },
	[OVS_KEY_ATTR_CT_LABELS] = { "ct_label" },
	[OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV4] = { "ct_tuple4" },
	[OVS_KEY_ATTR_CT_ORIG_TUPLE_IPV6] = { "ct_tuple6" },
	[OVS_KEY_ATTR_NSH] = { "nsh", .nest = &nsh_nest },
	[OVS_KEY_ATTR_IPV6_EXTHDRS] = { "ipv6_exthdrs", "%S" },
};

NEST(key, true);

static const struct attr masked_key_attrs[] = {
	[OVS_KEY_ATTR_PRIORITY] = { "skb_priority", "%W", .masked = true },
	[OVS_KEY_ATTR_ETHERNET] = { "eth", ETHERNET, .masked = true },
	[OVS_KEY_ATTR_IPV4] = { "ipv4", IPV4, .masked = true },
	[OVS_KEY_ATTR_IPV6] = { "ipv6", IPV6, .masked = true },
	[OVS_KEY_ATTR_TCP] = { "tcp", TRANSPORT, .masked = true },
	[OVS_KEY_ATTR_UDP] = { "udp", TRANSPORT, .masked = true },
	[OVS_KEY_ATTR_SKB_MARK] = { "skb_mark", "%W", .masked = true },
	[OVS_KEY_ATTR_SCTP] = { "sctp", TRANSPORT, .masked = true },
	[OVS_KEY_ATTR_MPLS] = { "mpls" },
	[OVS_KEY_ATTR_CT_MARK] = { "ct_mark", "%W", .masked = true },
	[OVS_KEY_ATTR_CT_LABELS] = { "ct_label" },
};

NEST(masked_key, true);

static const struct nest action_nest;

static const struct attr userspace_attrs[] = {
	[OVS_USERSPACE_ATTR_PID] = { "pid", "%w" },
	[OVS_USERSPACE_ATTR_USERDATA] = { "userdata" },
	[OVS_USERSPACE_ATTR_EGRESS_TUN_PORT] = { "egress_tun_port", "%w" },
	[OVS_USERSPACE_ATTR_ACTIONS] = { "actions", "" },
};

NEST(userspace, false);

static const struct attr sample_attrs[] = {
	[OVS_SAMPLE_ATTR_PROBABILITY] = { "probability", "%w" },
	[OVS_SAMPLE_ATTR_ACTIONS] = { "actions", .nest = &action_nest },
};

NEST(sample, false);

static const struct attr check_pkt_len_attrs[] = {
	[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN] = { "size", "%s" },
	[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER] = { "gt", .nest = &action_nest },
	[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL] = { "le", .nest = &action_nest },
};

NEST(check_pkt_len, false);

static const struct attr dec_ttl_attrs[] = {
	[OVS_DEC_TTL_ATTR_ACTION] = { "le_1", .nest = &action_nest },
};

NEST(dec_ttl, true);

static const struct attr nat_attrs[] = {
	[OVS_NAT_ATTR_SRC] = { "src", "" },
	[OVS_NAT_ATTR_DST] = { "dst", "" },
	[OVS_NAT_ATTR_IP_MIN] = { "ip_min", "%4" },
	[OVS_NAT_ATTR_IP_MAX] = { "ip_max", "%4" },
	[OVS_NAT_ATTR_PROTO_MIN] = { "proto_min", "%s" },
	[OVS_NAT_ATTR_PROTO_MAX] = { "proto_max", "%s" },
	[OVS_NAT_ATTR_PERSISTENT] = { "persistent", "" },
	[OVS_NAT_ATTR_PROTO_HASH] = { "hash", "" },
	[OVS_NAT_ATTR_PROTO_RANDOM] = { "random", "" },
};

NEST(nat, false);

static const struct attr ct_attrs[] = {
	[OVS_CT_ATTR_COMMIT] = { "commit", "" },
	[OVS_CT_ATTR_ZONE] = { "zone", "%s" },
	[OVS_CT_ATTR_MARK] = { "mark", "%W", .masked = true },
	[OVS_CT_ATTR_LABELS] = { "labels" },
	[OVS_CT_ATTR_HELPER] = { "helper" },
	[OVS_CT_ATTR_NAT] = { "nat", .nest = &nat_nest },
	[OVS_CT_ATTR_FORCE_COMMIT] = { "force", "" },
	[OVS_CT_ATTR_EVENTMASK] = { "eventmask", "%W" },
	[OVS_CT_ATTR_TIMEOUT] = { "timeout" },
};

NEST(ct, false);

static const struct attr action_attrs[] = {
	[OVS_ACTION_ATTR_OUTPUT] = { "output", "%w" },
	[OVS_ACTION_ATTR_USERSPACE] = { "userspace", .nest = &userspace_nest },
	[OVS_ACTION_ATTR_SET] = { "set", .nest = &key_nest },
	[OVS_ACTION_ATTR_PUSH_VLAN] = { "push_vlan", "tpid=%H,%t" },
	[OVS_ACTION_ATTR_POP_VLAN] = { "pop_vlan", "" },
	[OVS_ACTION_ATTR_SAMPLE] = { "sample", .nest = &sample_nest },
	[OVS_ACTION_ATTR_RECIRC] = { "recirc", "%W" },
	[OVS_ACTION_ATTR_HASH] = { "hash", "alg=%w,basis=%w" },
	[OVS_ACTION_ATTR_PUSH_MPLS] = { "push_mpls", "%l,eth_type=%H%_%_" },
	[OVS_ACTION_ATTR_POP_MPLS] = { "pop_mpls", "%H" },
	[OVS_ACTION_ATTR_SET_MASKED] = { "set_masked", .nest = &masked_key_nest },
	[OVS_ACTION_ATTR_CT] = { "ct", .nest = &ct_nest },
	[OVS_ACTION_ATTR_TRUNC] = { "trunc", "%w" },
	[OVS_ACTION_ATTR_PUSH_ETH] = { "push_eth", ETHERNET },
	[OVS_ACTION_ATTR_POP_ETH] = { "pop_eth", "" },
	[OVS_ACTION_ATTR_CT_CLEAR] = { "ct_clear", "" },
	[OVS_ACTION_ATTR_PUSH_NSH] = { "push_nsh", .nest = &key_nest },
	[OVS_ACTION_ATTR_POP_NSH] = { "pop_nsh", "" },
	[OVS_ACTION_ATTR_METER] = { "meter", "%w" },
	[OVS_ACTION_ATTR_CLONE] = { "clone", .nest = &action_nest },
	[OVS_ACTION_ATTR_CHECK_PKT_LEN] = { "check_pkt_len", .nest = &check_pkt_len_nest },
	[OVS_ACTION_ATTR_ADD_MPLS] = { "add_mpls", "%l,eth_type=%H,tun_flags=%S" },
	[OVS_ACTION_ATTR_DEC_TTL] = { "dec_ttl", .nest = &dec_ttl_nest },
};

NEST(action, true);

/* Is @data what @layout says, to the last byte? */
static bool fits(const char *layout, const u8 *data, int len)
{
	const struct field *f;

	for (; *layout; layout++) {
		if (*layout != '%')
			continue;
		f = field_of(*++layout);
		if (len < f->len || (!f->put && *data))
			return false;
		data += f->len;
		len -= f->len;
	}
	return !len;
}

/* @mask: of the value, or NULL. */
static void put_layout(struct seq_file *m, const char *layout, const u8 *data, const u8 *mask)
{
	const struct field *f;

	for (; *layout; layout++) {
		if (*layout != '%') {
			seq_putc(m, *layout);
			continue;
		}
		f = field_of(*++layout);
		if (f->put)
			f->put(m, data);
		if (f->put && mask) {
			seq_putc(m, '/');
			f->put(m, mask);
		}
		data += f->len;
		mask = mask ? mask + f->len : NULL;
	}
}

static void put_hex(struct seq_file *m, const u8 *data, int len)
{
	seq_puts(m, "hex:");
	while (len--)
		seq_printf(m, "%02x", *data++);
}

static void put_payload(struct seq_file *m, const struct attr *attr, const struct nlattr *a)
{
	const u8 *data = nla_data(a);
	int len = nla_len(a);

	if (attr && attr->masked && fits(attr->layout, data, len / 2) && !(len & 1))
		put_layout(m, attr->layout, data, data + len / 2);
	else if (attr && attr->layout && !attr->masked && fits(attr->layout, data, len))
		put_layout(m, attr->layout, data, NULL);
	else
		put_hex(m, data, len);
}

static void put_nest(struct seq_file *m, const struct nest *nest, const struct nlattr *in);

static void put_attr(struct seq_file *m, const struct nest *nest, const struct nlattr *a)
{
	int type = nla_type(a);
	const struct attr *attr = NULL;
	bool parens;

	if (type < nest->n && nest->attr[type].name)
		attr = &nest->attr[type];
	parens = nest->parens || (attr && attr->parens);
	if (attr)
		seq_puts(m, attr->name);
	else
		seq_printf(m, "%d", type);

	if (attr && attr->nest) {
		seq_putc(m, '(');
		put_nest(m, attr->nest, a);
		seq_putc(m, ')');
		return;
	}
	if (attr && attr->layout && !*attr->layout && !nla_len(a)) /* a flag */
		return;
	if (nest == &action_nest && type == OVS_ACTION_ATTR_OUTPUT) {
		seq_putc(m, ':');
		put_payload(m, attr, a);
		return;
	}
	seq_putc(m, parens ? '(' : '=');
	put_payload(m, attr, a);
	if (parens)
		seq_putc(m, ')');
}

static void put_nest(struct seq_file *m, const struct nest *nest, const struct nlattr *in)
{
	const struct nlattr *a;
	bool first = true;
	int rem;

	nla_for_each_nested(a, in, rem) {
		if (!first)
			seq_putc(m, ',');
		first = false;
		put_attr(m, nest, a);
	}
}

/* @whole: false when the actions are left out, as in a dump: no message can hold them. */
static struct sk_buff *flow_msg(const struct ovsr_flow *flow, bool *whole)
{
	const struct ovsr_actions *actions = ovsr_dereference(flow->actions);
	const struct ovsr_key *key = flow->id.key ?: &flow->key;
	size_t key_size = nla_total_size(ovsr_key_size());
	struct sk_buff *msg;

	msg = alloc_skb(2 * key_size + nla_total_size(actions->msg_len), GFP_KERNEL);
	if (!msg)
		return NULL;
	if (ovsr_key_put(msg, OVS_FLOW_ATTR_KEY, key, NULL) ||
	    ovsr_key_put(msg, OVS_FLOW_ATTR_MASK, &flow->key, &flow->mask->key)) {
		kfree_skb(msg);
		return NULL;
	}
	*whole = !ovsr_actions_put(msg, OVS_FLOW_ATTR_ACTIONS, actions);
	return msg;
}

static const struct {
	const char *name;
	const struct nest *nest;
} flow_attrs[] = {
	[OVS_FLOW_ATTR_KEY] = { "key", &key_nest },
	[OVS_FLOW_ATTR_ACTIONS] = { "actions", &action_nest },
	[OVS_FLOW_ATTR_MASK] = { "mask", &key_nest },
};

int ovsr_text_flow(struct seq_file *m, const struct ovsr_flow *flow)
{
	const struct nlattr *a;
	struct sk_buff *msg;
	bool whole;
	int rem;

	msg = flow_msg(flow, &whole);
	if (!msg)
		return -ENOMEM;
	if (flow->id.ufid_len)
		seq_printf(m, "ufid=%*phN ", flow->id.ufid_len, flow->id.ufid);
	nla_for_each_attr(a, (const struct nlattr *)msg->data, msg->len, rem) {
		if (nla_type(a) != OVS_FLOW_ATTR_KEY)
			seq_putc(m, ' ');
		seq_printf(m, "%s{", flow_attrs[nla_type(a)].name);
		put_nest(m, flow_attrs[nla_type(a)].nest, a);
		seq_putc(m, '}');
	}
	if (!whole)
		seq_puts(m, " actions{...}");
	kfree_skb(msg);
	return 0;
}
