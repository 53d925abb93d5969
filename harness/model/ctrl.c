/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink controller, as far as it speaks about OVS: net/netlink/genetlink.c. */
#include <errno.h>
#include <string.h>

#include "state.h"

static const struct rig_policy policy[] = {
	[CTRL_ATTR_FAMILY_ID] = { .kind = RIG_POLICY_U16 },
	[CTRL_ATTR_FAMILY_NAME] = { .kind = RIG_POLICY_STRING, .len = GENL_NAMSIZ - 1 },
};

#define POLICY_MAX CTRL_ATTR_FAMILY_NAME

static void put_command(struct rig_answer *a, unsigned int nr, const struct rig_genl_command *c)
{
	size_t nest = rig_nest_begin(a, nr);
	uint32_t flags = GENL_CMD_CAP_DO | GENL_CMD_CAP_HASPOL;

	if (c->admin)
		flags |= GENL_UNS_ADMIN_PERM;
	if (c->dump)
		flags |= GENL_CMD_CAP_DUMP;
	rig_put_u32(a, CTRL_ATTR_OP_ID, c->number);
	rig_put_u32(a, CTRL_ATTR_OP_FLAGS, flags);
	rig_nest_end(a, nest);
}

static void put_group(struct rig_answer *a, uint32_t id, const char *name)
{
	size_t groups = rig_nest_begin(a, CTRL_ATTR_MCAST_GROUPS);
	size_t nest = rig_nest_begin(a, 1);

	rig_put_u32(a, CTRL_ATTR_MCAST_GRP_ID, id);
	rig_put_string(a, CTRL_ATTR_MCAST_GRP_NAME, name);
	rig_nest_end(a, nest);
	rig_nest_end(a, groups);
}

static void put_family(struct rig_request *r, unsigned int i)
{
	const struct rig_genl_family *f = &rig_genl_families[i];
	struct genlmsghdr g = { .cmd = CTRL_CMD_NEWFAMILY, .version = 2 };
	uint32_t portid = r->m->sock[r->sock].portid;
	size_t nest;

	rig_message_begin(r->out, r->sock, portid, RIG_ROLE_REPLY, GENL_ID_CTRL, 0,
			  r->nlh->nlmsg_seq, portid);
	rig_put_raw(r->out, &g, sizeof(g));
	rig_put_string(r->out, CTRL_ATTR_FAMILY_NAME, f->name);
	rig_put_u16(r->out, CTRL_ATTR_FAMILY_ID, r->m->config.family_id[i]);
	rig_put_u32(r->out, CTRL_ATTR_VERSION, f->version);
	rig_put_u32(r->out, CTRL_ATTR_HDRSIZE, sizeof(struct ovs_header));
	rig_put_u32(r->out, CTRL_ATTR_MAXATTR, r->m->profile->attr_max[i]);
	nest = rig_nest_begin(r->out, CTRL_ATTR_OPS);
	for (unsigned int c = 0; c < f->n_commands; c++)
		put_command(r->out, c + 1, &f->commands[c]);
	rig_nest_end(r->out, nest);
	if (r->m->config.group_id[i])
		put_group(r->out, r->m->config.group_id[i], f->name);
	rig_message_end(r->out);
}

/* Could some subsystem call itself so? They all have names of letters, digits, '_', '-'. */
static bool is_plausible(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_-";
	size_t len = strlen(name);

	return len >= 3 && strspn(name, letters) == len && strncmp(name, "ovs", 3);
}

static int get_by_name(struct rig_request *r, const char *name)
{
	for (unsigned int i = 0; i < RIG_MODEL_FAMILIES; i++) {
		if (!r->m->config.family_id[i] || strcmp(rig_genl_families[i].name, name))
			continue;
		put_family(r, i);
		return 0;
	}
	r->foreign = is_plausible(name);
	if (r->foreign)
		rig_answer_unmodelled(r->out, "a family that is not OVS's", false);
	return -ENOENT;
}

static int get_by_id(struct rig_request *r, uint16_t id)
{
	for (unsigned int i = 0; i < RIG_MODEL_FAMILIES; i++) {
		if (!id || r->m->config.family_id[i] != id)
			continue;
		put_family(r, i);
		return 0;
	}
	r->foreign = id >= GENL_ID_CTRL && id < RIG_GENL_IDS_IN_USE;
	if (r->foreign)
		rig_answer_unmodelled(r->out, "a family that is not OVS's", false);
	return -ENOENT;
}

static int get_family(struct rig_request *r)
{
	const struct nlattr *bad = NULL;
	int err = rig_nla_parse((const uint8_t *)r->genl + GENL_HDRLEN,
				r->nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, policy, POLICY_MAX,
				r->attr, &bad, NULL);

	if (err) {
		r->ext.text = "Attribute failed policy validation";
		r->ext.attr = bad;
		r->ext.policy = true;
		return err;
	}
	if (r->attr[CTRL_ATTR_FAMILY_NAME])
		return get_by_name(r, (const char *)rig_nla_data(r->attr[CTRL_ATTR_FAMILY_NAME]));
	if (r->attr[CTRL_ATTR_FAMILY_ID])
		return get_by_id(r, rig_nla_u16(r->attr[CTRL_ATTR_FAMILY_ID]));
	return -EINVAL;
}

int rig_ctrl_receive(struct rig_request *r, int *done)
{
	bool dump = (r->nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int err;

	if (r->nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return -EINVAL;
	r->genl = NLMSG_DATA(r->nlh);
	err = rig_genl_check_header(r, CTRL_CMD_GETPOLICY + 1);
	if (err)
		return err;
	*done = 0;
	switch (r->genl->cmd) {
	case CTRL_CMD_GETFAMILY:
		if (!dump)
			return get_family(r);
		rig_answer_unmodelled(r->out, "a dump of all families", false);
		return RIG_DUMPED;
	case CTRL_CMD_GETPOLICY:
		if (!dump)
			return -EOPNOTSUPP;
		rig_answer_unmodelled(r->out, "a dump of policies", false);
		return RIG_DUMPED;
	}
	return -EOPNOTSUPP;
}
