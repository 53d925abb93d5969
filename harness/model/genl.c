/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink: which family and command, who may, and the outer attributes. */
#include <errno.h>
#include <string.h>

#include "state.h"

#define HEADERS (GENL_HDRLEN + sizeof(struct ovs_header))

static const struct rig_genl_command dp_commands[] = {
	{ OVS_DP_CMD_NEW, true, rig_dp_new, NULL },
	{ OVS_DP_CMD_DEL, true, rig_dp_del, NULL },
	{ OVS_DP_CMD_GET, false, rig_dp_get, rig_dp_dump },
	{ OVS_DP_CMD_SET, true, rig_dp_set, NULL },
};

static const struct rig_genl_command vport_commands[] = {
	{ OVS_VPORT_CMD_NEW, true, rig_vport_new, NULL },
	{ OVS_VPORT_CMD_DEL, true, rig_vport_del, NULL },
	{ OVS_VPORT_CMD_GET, false, rig_vport_get, rig_vport_dump },
	{ OVS_VPORT_CMD_SET, true, rig_vport_set, NULL },
};

static const struct rig_genl_command flow_commands[] = {
	{ OVS_FLOW_CMD_NEW, true, rig_flow_new, NULL },
	{ OVS_FLOW_CMD_DEL, true, rig_flow_del, NULL },
	{ OVS_FLOW_CMD_GET, false, rig_flow_get, rig_flow_dump },
	{ OVS_FLOW_CMD_SET, true, rig_flow_set, NULL },
};

static const struct rig_genl_command packet_commands[] = {
	{ OVS_PACKET_CMD_EXECUTE, true, rig_packet_execute, NULL },
};

static const struct rig_genl_command meter_commands[] = {
	{ OVS_METER_CMD_FEATURES, false, rig_meter_features, NULL },
	{ OVS_METER_CMD_SET, true, rig_meter_set, NULL },
	{ OVS_METER_CMD_GET, false, rig_meter_get, NULL },
	{ OVS_METER_CMD_DEL, true, rig_meter_del, NULL },
};

static const struct rig_genl_command ct_limit_commands[] = {
	{ OVS_CT_LIMIT_CMD_SET, true, rig_ct_limit_set, NULL },
	{ OVS_CT_LIMIT_CMD_DEL, true, rig_ct_limit_del, NULL },
	{ OVS_CT_LIMIT_CMD_GET, false, rig_ct_limit_get, NULL },
};

#define COMMANDS(table) table, sizeof(table) / sizeof(table[0])

/* The order of the commands is the one in which the controller lists them. */
const struct rig_genl_family rig_genl_families[RIG_MODEL_FAMILIES] = {
	[RIG_MODEL_DATAPATH] = { OVS_DATAPATH_FAMILY, OVS_DATAPATH_VERSION, OVS_DP_CMD_SET + 1,
				 rig_dp_policy, COMMANDS(dp_commands) },
	[RIG_MODEL_VPORT] = { OVS_VPORT_FAMILY, OVS_VPORT_VERSION, OVS_VPORT_CMD_SET + 1,
			      rig_vport_policy, COMMANDS(vport_commands) },
	[RIG_MODEL_FLOW] = { OVS_FLOW_FAMILY, OVS_FLOW_VERSION, OVS_FLOW_CMD_SET + 1,
			     rig_flow_policy, COMMANDS(flow_commands) },
	[RIG_MODEL_PACKET] = { OVS_PACKET_FAMILY, OVS_PACKET_VERSION, OVS_PACKET_CMD_EXECUTE + 1,
			       rig_packet_policy, COMMANDS(packet_commands) },
	[RIG_MODEL_METER] = { OVS_METER_FAMILY, OVS_METER_VERSION, OVS_METER_CMD_GET + 1,
			      rig_meter_policy, COMMANDS(meter_commands) },
	[RIG_MODEL_CT_LIMIT] = { OVS_CT_LIMIT_FAMILY, OVS_CT_LIMIT_VERSION,
				 OVS_CT_LIMIT_CMD_GET + 1, rig_ct_limit_policy,
				 COMMANDS(ct_limit_commands) },
};

int rig_genl_check_header(struct rig_request *r, uint8_t first_checked)
{
	uint16_t flags = r->nlh->nlmsg_flags;

	if (r->genl->cmd < first_checked)
		return 0;
	if (r->genl->reserved) {
		r->ext.text = "genlmsghdr.reserved field is not 0";
		return -EINVAL;
	}
	if ((flags & NLM_F_DUMP) == NLM_F_DUMP)
		flags &= ~NLM_F_DUMP;
	if (flags & ~(NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO)) {
		r->ext.text = "ambiguous or reserved bits set in nlmsg_flags";
		return -EINVAL;
	}
	return 0;
}

static const struct rig_genl_command *find_command(const struct rig_genl_family *f, uint8_t number)
{
	for (unsigned int i = 0; i < f->n_commands; i++)
		if (f->commands[i].number == number)
			return &f->commands[i];
	return NULL;
}

static int parse_attrs(struct rig_request *r, const struct rig_genl_family *f)
{
	const struct nlattr *bad = NULL;
	bool trailing = false;
	int err = rig_nla_parse((const uint8_t *)r->genl + HEADERS,
				r->nlh->nlmsg_len - NLMSG_HDRLEN - HEADERS, f->policy,
				r->m->profile->attr_max[r->family], r->attr, &bad, &trailing);

	if (trailing)
		r->ext.text = "bytes leftover after parsing attributes";
	if (err) {
		r->ext.text = "Attribute failed policy validation";
		r->ext.attr = bad;
		r->ext.policy = true;
	}
	return err;
}

static int run_dump(struct rig_request *r, const struct rig_genl_family *f,
		    const struct rig_genl_command *c, int *done)
{
	if (!c->dump)
		return -EOPNOTSUPP;
	if (r->m->sock[r->sock].dumping)
		return -EBUSY;
	r->set = ++r->m->next_set;
	/* Of all dumps only the one of flows reads its attributes. */
	*done = r->family == RIG_MODEL_FLOW ? parse_attrs(r, f) : 0;
	r->ext.text = NULL;
	if (!*done)
		*done = c->dump(r);
	return RIG_DUMPED;
}

int rig_genl_go_on(struct rig_request *r)
{
	return find_command(&rig_genl_families[r->family], r->genl->cmd)->dump(r);
}

static int receive(struct rig_request *r, const struct rig_genl_family *f, int *done)
{
	const struct rig_genl_command *c;
	struct ovs_header header;
	int err;

	if (r->nlh->nlmsg_len < NLMSG_HDRLEN + HEADERS)
		return -EINVAL;
	r->genl = NLMSG_DATA(r->nlh);
	memcpy(&header, (const uint8_t *)r->genl + GENL_HDRLEN, sizeof(header));
	r->dp_ifindex = header.dp_ifindex;
	err = rig_genl_check_header(r, f->first_checked);
	if (err)
		return err;
	c = find_command(f, r->genl->cmd);
	if (!c)
		return -EOPNOTSUPP;
	if (c->admin && (r->m->sock[r->sock].flags & RIG_MODEL_UNPRIVILEGED))
		return -EPERM;
	if ((r->nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
		return run_dump(r, f, c, done);
	err = parse_attrs(r, f);
	return err ? err : c->run(r);
}

int rig_genl_receive(struct rig_request *r, int *done)
{
	for (unsigned int i = 0; i < RIG_MODEL_FAMILIES; i++) {
		if (!r->m->config.family_id[i] || r->m->config.family_id[i] != r->nlh->nlmsg_type)
			continue;
		r->family = i;
		return receive(r, &rig_genl_families[i], done);
	}
	r->foreign = r->nlh->nlmsg_type < RIG_GENL_IDS_IN_USE;
	if (r->foreign)
		rig_answer_unmodelled(r->out, "a generic netlink family that is not OVS's", false);
	return -ENOENT;
}

void rig_put_headers(struct rig_answer *a, enum rig_model_family family, uint8_t command,
		     uint32_t dp_ifindex, const struct rig_dev *dp_dev)
{
	struct genlmsghdr g = { .cmd = command, .version = rig_genl_families[family].version };
	struct ovs_header o = { .dp_ifindex = dp_dev ? dp_dev->ifindex : dp_ifindex };
	size_t offset;

	rig_put_raw(a, &g, sizeof(g));
	offset = rig_put_raw(a, &o, sizeof(o));
	if (dp_dev)
		rig_put_open_ifindex(a, offset, dp_dev);
}

void rig_reply_begin(struct rig_request *r, enum rig_expected_role role, uint8_t command,
		     const struct rig_dev *dp_dev)
{
	uint16_t flags = role == RIG_ROLE_DUMP ? NLM_F_MULTI : 0;
	struct rig_expected *e;

	rig_message_begin(r->out, r->sock, r->m->sock[r->sock].portid, role,
			  r->m->config.family_id[r->family], flags, r->nlh->nlmsg_seq,
			  r->m->sock[r->sock].portid);
	e = rig_message_current(r->out);
	if (e && role == RIG_ROLE_DUMP)
		e->set = r->set;
	rig_put_headers(r->out, r->family, command, r->dp_ifindex, dp_dev);
}

void rig_dump_one(struct rig_request *r, uint8_t command, const struct rig_dev *dp_dev,
		  void (*put)(struct rig_request *r, const void *object), const void *object)
{
	rig_reply_begin(r, RIG_ROLE_DUMP, command, dp_dev);
	put(r, object);
	rig_message_end(r->out);
	if (!(r->m->config.build & RIG_BUILD_PAD64))
		return;
	rig_message_shift(r->out);
	rig_reply_begin(r, RIG_ROLE_DUMP, command, dp_dev);
	put(r, object);
	rig_message_end(r->out);
	rig_message_shifted(r->out);
}

/* The next socket after `from` that hears the family's group; RIG_MODEL_SOCKETS at the end. */
static unsigned int next_member(const struct rig_model *m, enum rig_model_family family,
				unsigned int netns, unsigned int from)
{
	uint32_t group = m->config.group_id[family];

	for (; group && from < RIG_MODEL_SOCKETS; from++) {
		const struct rig_sock *s = &m->sock[from];

		if (!s->open || s->netns != netns)
			continue;
		for (size_t i = 0; i < sizeof(s->groups) / sizeof(s->groups[0]); i++)
			if (s->groups[i] == group)
				return from;
	}
	return RIG_MODEL_SOCKETS;
}

bool rig_notify_begin(struct rig_request *r, uint8_t command, const struct rig_dev *dp_dev)
{
	struct rig_model *m = r->m;
	bool echo = r->nlh->nlmsg_flags & NLM_F_ECHO;
	unsigned int to = echo ? r->sock : next_member(m, r->family, r->netns, 0);

	if (to == RIG_MODEL_SOCKETS)
		return false;
	rig_message_begin(r->out, to, m->sock[to].portid, echo ? RIG_ROLE_REPLY : RIG_ROLE_NOTIFY,
			  m->config.family_id[r->family], 0, r->nlh->nlmsg_seq,
			  m->sock[r->sock].portid);
	rig_put_headers(r->out, r->family, command, r->dp_ifindex, dp_dev);
	return true;
}

static void copy_to_others(struct rig_model *m, struct rig_answer *out,
			   enum rig_model_family family, unsigned int netns)
{
	struct rig_expected *e = rig_message_current(out);
	unsigned int first = e ? e->sock : RIG_MODEL_SOCKETS;
	bool echoed = e && e->role == RIG_ROLE_REPLY;
	unsigned int s = echoed ? 0 : first + 1;

	for (s = next_member(m, family, netns, s); s < RIG_MODEL_SOCKETS;
	     s = next_member(m, family, netns, s + 1))
		if (s != first)
			rig_message_again(out, s, m->sock[s].portid, RIG_ROLE_NOTIFY);
}

void rig_notify_end(struct rig_request *r)
{
	rig_message_end(r->out);
	copy_to_others(r->m, r->out, r->family, r->netns);
}

bool rig_event_begin(struct rig_model *m, struct rig_answer *out, enum rig_model_family family,
		     unsigned int netns, uint8_t command, const struct rig_dev *dp_dev)
{
	unsigned int to = next_member(m, family, netns, 0);

	if (to == RIG_MODEL_SOCKETS)
		return false;
	rig_message_begin(out, to, m->sock[to].portid, RIG_ROLE_NOTIFY, m->config.family_id[family],
			  0, 0, 0);
	rig_put_headers(out, family, command, 0, dp_dev);
	return true;
}

void rig_event_end(struct rig_model *m, struct rig_answer *out, enum rig_model_family family,
		   unsigned int netns)
{
	rig_message_end(out);
	copy_to_others(m, out, family, netns);
}
