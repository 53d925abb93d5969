/* SPDX-License-Identifier: GPL-2.0-only */
/* ovs_vport: NEW, DEL, GET, SET, and a port whose device went away. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define TUNNEL_MTU 65400 /* the drivers differ; none refuses what a packet can be */

const struct rig_policy rig_vport_policy[] = {
	[OVS_VPORT_ATTR_NAME] = { .kind = RIG_POLICY_STRING, .len = IFNAMSIZ - 1 },
	[OVS_VPORT_ATTR_STATS] = { .len = sizeof(struct ovs_vport_stats) },
	[OVS_VPORT_ATTR_PORT_NO] = { .kind = RIG_POLICY_U32 },
	[OVS_VPORT_ATTR_TYPE] = { .kind = RIG_POLICY_U32 },
	[OVS_VPORT_ATTR_OPTIONS] = { .kind = RIG_POLICY_NESTED },
	[OVS_VPORT_ATTR_IFINDEX] = { RIG_POLICY_S32, .bounded = true, .max = INT32_MAX },
	[OVS_VPORT_ATTR_NETNSID] = { .kind = RIG_POLICY_S32 },
};

struct rig_port *rig_port_by_number(const struct rig_datapath *dp, uint32_t number)
{
	for (struct rig_port *p = dp->ports; p; p = p->next)
		if (p->number == number)
			return p;
	return NULL;
}

struct rig_port *rig_port_by_name(struct rig_model *m, unsigned int netns, const char *name)
{
	for (struct rig_dev *d = m->devs; d; d = d->next)
		if (d->port && d->port->dp->netns == netns && !strcmp(d->name, name))
			return d->port;
	return NULL;
}

static int set_portids(struct rig_model *m, struct rig_port *port, const struct nlattr *a)
{
	unsigned int n = rig_nla_len(a) / 4;
	uint32_t *portid;

	if (!n || rig_nla_len(a) % 4)
		return -EINVAL;
	if (m->profile->portids_bounded && n > m->config.ncpus)
		return -EINVAL;
	portid = malloc(4 * n);
	if (!portid)
		return -ENOMEM;
	memcpy(portid, rig_nla_data(a), 4 * n);
	free(port->portid);
	port->portid = portid;
	port->n_portid = n;
	return 0;
}

/* Blanks as the kernel's character table has them. */
static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static bool name_ok(const char *name)
{
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || is_space(*name))
			return false;
	return true;
}

/* A name with %d in it stands for the first free one. */
static int choose_name(struct rig_model *m, unsigned int netns, const char *pattern,
		       char name[IFNAMSIZ])
{
	const char *percent = strchr(pattern, '%');
	char full[IFNAMSIZ + 8];

	if (percent[1] != 'd' || strchr(percent + 2, '%'))
		return -EINVAL;
	for (int i = 0; i < 32768; i++) {
		snprintf(full, sizeof(full), "%.*s%d%s", (int)(percent - pattern), pattern, i,
			 percent + 2);
		if (strlen(full) >= IFNAMSIZ || rig_dev_by_name(m, netns, full))
			continue;
		memcpy(name, full, IFNAMSIZ);
		return 0;
	}
	return -ENFILE;
}

/* The name of a device that is to be made. */
static int settle_name(struct rig_model *m, unsigned int netns, const char *wanted,
		       char name[IFNAMSIZ])
{
	memset(name, 0, IFNAMSIZ);
	if (!name_ok(wanted))
		return -EINVAL;
	if (strchr(wanted, '%'))
		return choose_name(m, netns, wanted, name);
	if (rig_dev_by_name(m, netns, wanted))
		return -EEXIST;
	strncpy(name, wanted, IFNAMSIZ - 1);
	return 0;
}

/* An internal port brings its device with it. */
static int create_dev(struct rig_model *m, const struct rig_datapath *dp,
		      const struct rig_port_spec *spec, struct rig_dev **out)
{
	char name[IFNAMSIZ];
	struct rig_dev *dev;
	int err = settle_name(m, dp->netns, spec->name, name);

	if (err)
		return err;
	if (spec->ifindex && rig_dev_by_ifindex(m, dp->netns, spec->ifindex))
		return -EBUSY;
	dev = rig_dev_add(m, dp->netns, name);
	if (!dev)
		return -ENOMEM;
	dev->internal = dev->ethernet = true;
	dev->ifindex = spec->ifindex;
	if (!spec->ifindex && !rig_dev_choose_ifindex(m, dev)) {
		rig_dev_remove(m, dev);
		return -ENOMEM;
	}
	*out = dev;
	return 0;
}

/* So does a tunnel port; the device is taken up, to listen. */
static int create_tunnel(struct rig_model *m, const struct rig_datapath *dp,
			 const struct rig_port_spec *spec, struct rig_dev **out)
{
	struct rig_tunnel tunnel = { .type = spec->type };
	char name[IFNAMSIZ];
	struct rig_dev *dev;
	int err = rig_tunnel_read(&tunnel, spec->options);

	if (!err)
		err = rig_tunnel_clash(m, dp->netns, &tunnel);
	if (!err)
		err = settle_name(m, dp->netns, spec->name, name);
	if (!err)
		err = rig_tunnel_listen(m, dp->netns, &tunnel);
	if (err)
		return err;
	dev = rig_dev_add(m, dp->netns, name);
	if (!dev)
		return -ENOMEM;
	dev->ethernet = dev->up = true;
	dev->mtu = TUNNEL_MTU;
	dev->tunnel = tunnel;
	if (!rig_dev_choose_ifindex(m, dev)) {
		rig_dev_remove(m, dev);
		return -ENOMEM;
	}
	*out = dev;
	return 0;
}

static int attach_dev(struct rig_model *m, const struct rig_datapath *dp,
		      const struct rig_port_spec *spec, struct rig_dev **out)
{
	struct rig_dev *dev = rig_dev_by_name(m, dp->netns, spec->name);

	if (!dev)
		return -ENODEV;
	if (dev->loopback || dev->internal)
		return -EINVAL;
	/* A device has one master: the local port of the datapath that it is in. */
	if (dev->port)
		return dev->port->dp == dp ? -EEXIST : -EBUSY;
	*out = dev;
	return 0;
}

static int get_dev(struct rig_model *m, const struct rig_datapath *dp,
		   const struct rig_port_spec *spec, struct rig_dev **out)
{
	if (spec->type == OVS_VPORT_TYPE_INTERNAL)
		return create_dev(m, dp, spec, out);
	if (rig_tunnel_is(spec->type))
		return create_tunnel(m, dp, spec, out);
	return attach_dev(m, dp, spec, out);
}

int rig_port_add(struct rig_model *m, struct rig_datapath *dp, const struct rig_port_spec *spec,
		 struct rig_port **out)
{
	struct rig_port *port = calloc(1, sizeof(*port));
	int err;

	if (!port)
		return -ENOMEM;
	err = set_portids(m, port, spec->portids);
	if (!err)
		err = get_dev(m, dp, spec, &port->dev);
	if (err) {
		free(port->portid);
		free(port);
		return err;
	}
	port->dev->port = port;
	port->dp = dp;
	port->number = spec->number;
	port->type = spec->type;
	port->next = dp->ports;
	dp->ports = port;
	*out = port;
	return 0;
}

void rig_port_remove(struct rig_model *m, struct rig_port *port)
{
	struct rig_port **p = &port->dp->ports;

	while (*p != port)
		p = &(*p)->next;
	*p = port->next;
	port->dev->port = NULL;
	if (port->dev->internal || port->dev->tunnel.type)
		rig_dev_remove(m, port->dev);
	free(port->portid);
	free(port);
}

static void put_port(struct rig_answer *a, const struct rig_port *port)
{
	unsigned int n = port->dp->features & OVS_DP_F_VPORT_PIDS ? port->n_portid : 1;
	size_t at;

	rig_put_u32(a, OVS_VPORT_ATTR_PORT_NO, port->number);
	rig_put_u32(a, OVS_VPORT_ATTR_TYPE, port->type);
	rig_put_string(a, OVS_VPORT_ATTR_NAME, port->dev->name);
	at = rig_put(a, OVS_VPORT_ATTR_IFINDEX, &port->dev->ifindex, 4);
	rig_put_open_ifindex(a, at, port->dev);
	at = rig_put64(a, OVS_VPORT_ATTR_STATS, OVS_VPORT_ATTR_PAD, &port->stats,
		       sizeof(port->stats));
	/* The host's own traffic counts as well; of an internal port's, what its stack drops. */
	if (!port->dev->internal || port->stats_open)
		rig_put_open(a, at, sizeof(port->stats), RIG_OPEN_TRAFFIC, -1);
	else if (port->dev->up)
		rig_put_open(a, at + offsetof(struct ovs_vport_stats, rx_dropped),
			     sizeof(port->stats.rx_dropped), RIG_OPEN_TRAFFIC, -1);
	rig_put(a, OVS_VPORT_ATTR_UPCALL_PID, port->portid, 4 * n);
	rig_tunnel_put_options(a, &port->dev->tunnel);
}

static void notify(struct rig_request *r, uint8_t command, const struct rig_port *port)
{
	if (!rig_notify_begin(r, command, port->dp->local->dev))
		return;
	put_port(r->out, port);
	rig_notify_end(r);
}

void rig_port_gone(struct rig_model *m, struct rig_port *port, struct rig_answer *out)
{
	unsigned int netns = port->dp->netns;

	if (rig_event_begin(m, out, RIG_MODEL_VPORT, netns, OVS_VPORT_CMD_DEL,
			    port->dp->local->dev)) {
		put_port(out, port);
		rig_event_end(m, out, RIG_MODEL_VPORT, netns);
	}
	rig_port_remove(m, port);
}

static int find_by_name(struct rig_request *r, struct rig_port **out)
{
	*out = rig_port_by_name(r->m, r->netns,
				(const char *)rig_nla_data(r->attr[OVS_VPORT_ATTR_NAME]));
	if (!*out || (r->dp_ifindex && r->dp_ifindex != (*out)->dp->local->dev->ifindex))
		return -ENODEV;
	return 0;
}

static int find(struct rig_request *r, struct rig_port **out)
{
	struct rig_datapath *dp;
	uint32_t number;

	if (r->attr[OVS_VPORT_ATTR_IFINDEX])
		return -EOPNOTSUPP;
	if (r->attr[OVS_VPORT_ATTR_NAME])
		return find_by_name(r, out);
	if (!r->attr[OVS_VPORT_ATTR_PORT_NO])
		return -EINVAL;
	number = rig_nla_u32(r->attr[OVS_VPORT_ATTR_PORT_NO]);
	if (number >= RIG_PORTS_MAX)
		return -EFBIG;
	dp = rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	*out = dp ? rig_port_by_number(dp, number) : NULL;
	return *out ? 0 : -ENODEV;
}

static int choose_number(const struct rig_datapath *dp, uint32_t *number)
{
	if (*number)
		return rig_port_by_number(dp, *number) ? -EBUSY : 0;
	do
		if (++*number >= RIG_PORTS_MAX)
			return -EFBIG;
	while (rig_port_by_number(dp, *number));
	return 0;
}

static int check_type(struct rig_request *r, const struct rig_port_spec *spec)
{
	if (spec->type == OVS_VPORT_TYPE_NETDEV || spec->type == OVS_VPORT_TYPE_INTERNAL)
		return 0;
	if (!rig_tunnel_is(spec->type))
		return -EAFNOSUPPORT;
	/* The device is made, is then not found under that name, and stays. */
	if (strchr(spec->name, '%'))
		rig_answer_unmodelled(r->out, "a tunnel port named by a template", true);
	return 0;
}

int rig_vport_new(struct rig_request *r)
{
	const struct nlattr *const *a = r->attr;
	struct rig_port_spec spec;
	struct rig_datapath *dp;
	struct rig_port *port;
	int err;

	if (!a[OVS_VPORT_ATTR_NAME] || !a[OVS_VPORT_ATTR_TYPE] || !a[OVS_VPORT_ATTR_UPCALL_PID])
		return -EINVAL;
	spec = (struct rig_port_spec){
		.name = (const char *)rig_nla_data(a[OVS_VPORT_ATTR_NAME]),
		.type = rig_nla_u32(a[OVS_VPORT_ATTR_TYPE]),
		.number = a[OVS_VPORT_ATTR_PORT_NO] ? rig_nla_u32(a[OVS_VPORT_ATTR_PORT_NO]) : 0,
		.ifindex = a[OVS_VPORT_ATTR_IFINDEX] ? rig_nla_u32(a[OVS_VPORT_ATTR_IFINDEX]) : 0,
		.portids = a[OVS_VPORT_ATTR_UPCALL_PID],
		.options = a[OVS_VPORT_ATTR_OPTIONS],
	};
	if (a[OVS_VPORT_ATTR_IFINDEX] && spec.type != OVS_VPORT_TYPE_INTERNAL)
		return -EOPNOTSUPP;
	if (spec.number >= RIG_PORTS_MAX)
		return -EFBIG;
	dp = rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	err = dp ? choose_number(dp, &spec.number) : -ENODEV;
	if (!err)
		err = check_type(r, &spec);
	if (!err)
		err = rig_port_add(r->m, dp, &spec, &port);
	if (!err)
		notify(r, OVS_VPORT_CMD_NEW, port);
	return err;
}

int rig_vport_set(struct rig_request *r)
{
	const struct nlattr *const *a = r->attr;
	struct rig_port *port;
	int err = find(r, &port);

	if (err)
		return err;
	if (a[OVS_VPORT_ATTR_TYPE] && rig_nla_u32(a[OVS_VPORT_ATTR_TYPE]) != port->type)
		return -EINVAL;
	/* No type of port can change them. */
	if (a[OVS_VPORT_ATTR_OPTIONS])
		return -EOPNOTSUPP;
	if (a[OVS_VPORT_ATTR_UPCALL_PID])
		err = set_portids(r->m, port, a[OVS_VPORT_ATTR_UPCALL_PID]);
	if (!err)
		notify(r, OVS_VPORT_CMD_SET, port);
	return err;
}

int rig_vport_del(struct rig_request *r)
{
	struct rig_port *port;
	int err = find(r, &port);

	if (err)
		return err;
	if (port->number == OVSP_LOCAL)
		return -EINVAL;
	notify(r, OVS_VPORT_CMD_DEL, port);
	rig_port_remove(r->m, port);
	return 0;
}

int rig_vport_get(struct rig_request *r)
{
	struct rig_port *port;
	int err = find(r, &port);

	if (err)
		return err;
	rig_reply_begin(r, RIG_ROLE_REPLY, OVS_VPORT_CMD_GET, port->dp->local->dev);
	put_port(r->out, port);
	rig_message_end(r->out);
	return 0;
}

static void dump_port(struct rig_request *r, const void *port)
{
	put_port(r->out, port);
}

int rig_vport_dump(struct rig_request *r)
{
	struct rig_datapath *dp = rig_dp_by_ifindex(r->m, r->netns, r->dp_ifindex);
	uint32_t next = 0;

	if (!dp)
		return -ENODEV;
	if (r->shown && !r->m->profile->ports_go_on)
		return 0;
	for (struct rig_port *port = dp->ports; port; port = port->next) {
		if (port->number < r->mark)
			continue;
		rig_dump_one(r, OVS_VPORT_CMD_GET, dp->local->dev, dump_port, port);
		if (port->number >= next)
			next = port->number + 1;
	}
	r->mark = next;
	return 0;
}
