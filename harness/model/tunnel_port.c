/* SPDX-License-Identifier: GPL-2.0-only */
/* Tunnel ports: what their options say, and which of their devices cannot live side by side. */
#include <errno.h>
#include <string.h>

#include "state.h"

#define VXLAN_DEFAULT_PORT 8472 /* the driver's own, which 0 stands for */

bool rig_tunnel_is(uint32_t vport_type)
{
	return vport_type == OVS_VPORT_TYPE_GRE || vport_type == OVS_VPORT_TYPE_VXLAN ||
	       vport_type == OVS_VPORT_TYPE_GENEVE;
}

/* The first of that type; what is said again does not count. */
static const struct nlattr *first(const struct nlattr *nest, unsigned int type)
{
	struct rig_nla_walk w = rig_nla_inside(nest);
	const struct nlattr *a;

	while ((a = rig_nla_next(&w)) && rig_nla_type(a) != type)
		;
	return a;
}

static int read_extension(struct rig_tunnel *tunnel, const struct nlattr *nest)
{
	static const struct rig_policy policy[] = {
		[OVS_VXLAN_EXT_GBP] = { .kind = RIG_POLICY_FLAG },
	};
	const struct nlattr *a[OVS_VXLAN_EXT_MAX + 1];
	int err;

	if (rig_nla_len(nest) < NLA_HDRLEN)
		return -EINVAL;
	err = rig_nla_parse(rig_nla_data(nest), rig_nla_len(nest), policy, OVS_VXLAN_EXT_MAX, a,
			    NULL, NULL);
	tunnel->gbp = !err && a[OVS_VXLAN_EXT_GBP];
	return err;
}

int rig_tunnel_read(struct rig_tunnel *tunnel, const struct nlattr *options)
{
	const struct nlattr *a;

	if (tunnel->type == OVS_VPORT_TYPE_GRE)
		return 0;
	a = options ? first(options, OVS_TUNNEL_ATTR_DST_PORT) : NULL;
	if (!a || rig_nla_len(a) != 2)
		return -EINVAL;
	tunnel->dst_port = rig_nla_u16(a);
	if (tunnel->type == OVS_VPORT_TYPE_GENEVE)
		return 0;
	if (!tunnel->dst_port)
		tunnel->dst_port = VXLAN_DEFAULT_PORT;
	a = first(options, OVS_TUNNEL_ATTR_EXTENSION);
	return a ? read_extension(tunnel, a) : 0;
}

static int clash(const struct rig_tunnel *a, const struct rig_tunnel *b)
{
	if (a->type != b->type || a->dst_port != b->dst_port)
		return 0;
	if (a->type == OVS_VPORT_TYPE_GENEVE)
		return -EBUSY;
	return a->gbp == b->gbp ? -EEXIST : 0;
}

int rig_tunnel_clash(const struct rig_model *m, unsigned int netns, const struct rig_tunnel *tunnel)
{
	int err = 0;

	for (const struct rig_dev *d = m->devs; d && !err; d = d->next)
		if (d->netns == netns)
			err = clash(&d->tunnel, tunnel);
	return err;
}

int rig_tunnel_listen(const struct rig_model *m, unsigned int netns,
		      const struct rig_tunnel *tunnel)
{
	/* With 0, geneve listens on some port that is free. */
	if (!tunnel->dst_port)
		return 0;
	for (const struct rig_dev *d = m->devs; d; d = d->next)
		if (d->netns == netns && d->tunnel.dst_port == tunnel->dst_port)
			return -EADDRINUSE;
	return 0;
}

void rig_tunnel_put_options(struct rig_answer *a, const struct rig_tunnel *tunnel)
{
	size_t options, extension;

	if (tunnel->type != OVS_VPORT_TYPE_VXLAN && tunnel->type != OVS_VPORT_TYPE_GENEVE)
		return;
	options = rig_nest_begin(a, OVS_VPORT_ATTR_OPTIONS);
	rig_put_u16(a, OVS_TUNNEL_ATTR_DST_PORT, tunnel->dst_port);
	if (tunnel->gbp) {
		extension = rig_nest_begin(a, OVS_TUNNEL_ATTR_EXTENSION);
		rig_put_flag(a, OVS_VXLAN_EXT_GBP);
		rig_nest_end(a, extension);
	}
	rig_nest_end(a, options);
}
