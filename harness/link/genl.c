/* SPDX-License-Identifier: GPL-2.0-only */
/* What is looked up and cleaned by way of libnl: families, multicast groups, the datapath dump. */
#include <linux/openvswitch.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>

#include "link/kernel.h"
#include "wire/error.h"

enum { DATAPATHS = 256, ZONES = 128, ANSWER_SIZE = 32768 };

struct nl_sock *rig_genl_open(struct rig_error *err)
{
	struct nl_sock *sk = nl_socket_alloc();
	int ret = sk ? genl_connect(sk) : -NLE_NOMEM;

	if (ret == 0) {
		nl_socket_disable_msg_peek(sk);
		nl_socket_set_msg_buf_size(sk, ANSWER_SIZE);
		return sk;
	}
	nl_socket_free(sk);
	rig_error_set(err, "a generic netlink socket: %s", nl_geterror(ret));
	return NULL;
}

/* The meter and ct_limit families came later than the others: a target may lack them. */
static bool required(const struct rig_family *family)
{
	return family->index != RIG_METER && family->index != RIG_CT_LIMIT;
}

static int resolve(struct nl_sock *sk, const struct rig_family *family,
		   struct rig_link_facts *facts, struct rig_error *err)
{
	int id = genl_ctrl_resolve(sk, family->genl_name);
	int group;

	if (id < 0 && required(family))
		return rig_error_set(err, "generic netlink family %s: %s; is the module loaded?",
				     family->genl_name, nl_geterror(id));
	if (id < 0)
		return 0;
	facts->families.id[family->index] = id;
	if (!family->group)
		return 0;
	group = genl_ctrl_resolve_grp(sk, family->genl_name, family->group);
	if (group < 0)
		return rig_error_set(err, "multicast group %s: %s", family->group,
				     nl_geterror(group));
	facts->group[family->index] = group;
	return 0;
}

int rig_genl_resolve(struct nl_sock *generic, struct rig_link_facts *facts, struct rig_error *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < RIG_FAMILIES && ret == 0; i++)
		if (rig_families[i].genl_name)
			ret = resolve(generic, &rig_families[i], facts, err);
	return ret;
}

struct found {
	unsigned int count;
	int ifindex[DATAPATHS];
};

static int gather(struct nl_msg *msg, void *data)
{
	const struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));
	const struct ovs_header *header = genlmsg_user_hdr(genl);
	struct found *found = data;

	if (found->count < DATAPATHS)
		found->ifindex[found->count++] = header->dp_ifindex;
	return NL_OK;
}

static int request(struct nl_sock *sk, int family, uint8_t command, int flags, int ifindex)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct ovs_header *header;
	int ret = -NLE_NOMEM;

	if (!msg)
		return ret;
	header = genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, sizeof(*header), flags,
			     command, OVS_DATAPATH_VERSION);
	if (header) {
		header->dp_ifindex = ifindex;
		ret = nl_send_auto(sk, msg);
	}
	nlmsg_free(msg);
	return ret;
}

static int delete_all(struct nl_sock *sk, int family, const struct found *found)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < found->count && ret >= 0; i++) {
		ret = request(sk, family, OVS_DP_CMD_DEL, NLM_F_ACK, found->ifindex[i]);
		if (ret >= 0)
			ret = nl_wait_for_ack(sk);
	}
	return ret;
}

int rig_genl_delete_datapaths(struct nl_sock *generic, int family, struct rig_error *err)
{
	struct found found = {};
	int ret;

	nl_socket_modify_cb(generic, NL_CB_VALID, NL_CB_CUSTOM, gather, &found);
	ret = request(generic, family, OVS_DP_CMD_GET, NLM_F_DUMP, 0);
	if (ret >= 0)
		ret = nl_recvmsgs_default(generic);
	if (ret >= 0)
		ret = delete_all(generic, family, &found);
	if (ret < 0)
		return rig_error_set(err, "delete the datapaths: %s", nl_geterror(ret));
	return found.count;
}

/* Limits are asked for, and sent back as those to delete. Both have an answer and then an ack. */
static int answer_limits(struct nl_msg *msg, void *data)
{
	struct nl_msg **limits = data;

	if (!*limits) {
		*limits = msg;
		nlmsg_get(msg);
	}
	return NL_OK;
}

static int delete_limits(struct nl_sock *sk, struct nl_msg *limits)
{
	struct nlmsghdr *header = nlmsg_hdr(limits);
	struct genlmsghdr *genl = nlmsg_data(header);
	int ret;

	genl->cmd = OVS_CT_LIMIT_CMD_DEL;
	header->nlmsg_flags = NLM_F_ACK;
	header->nlmsg_seq = NL_AUTO_SEQ;
	header->nlmsg_pid = NL_AUTO_PORT;
	ret = nl_send_auto(sk, limits);
	if (ret >= 0)
		ret = nl_recvmsgs_default(sk);
	return ret < 0 ? ret : nl_wait_for_ack(sk);
}

int rig_genl_delete_limits(struct nl_sock *generic, int family, struct rig_error *err)
{
	struct nl_msg *limits = NULL;
	int ret;

	nl_socket_modify_cb(generic, NL_CB_VALID, NL_CB_CUSTOM, answer_limits, &limits);
	ret = request(generic, family, OVS_CT_LIMIT_CMD_GET, 0, 0);
	if (ret >= 0)
		ret = nl_recvmsgs_default(generic);
	if (ret >= 0)
		ret = nl_wait_for_ack(generic);
	if (ret >= 0 && limits)
		ret = delete_limits(generic, limits);
	nlmsg_free(limits);
	if (ret < 0)
		return rig_error_set(err, "delete the zone limits: %s", nl_geterror(ret));
	return 0;
}

static int ignore(struct nl_msg *msg, void *data)
{
	(void)msg;
	(void)data;
	return NL_OK;
}

static int look_at(struct nl_sock *sk, int family, const uint16_t *zones, size_t count)
{
	struct ovs_zone_limit list[ZONES] = {};
	struct nl_msg *msg = nlmsg_alloc();
	int ret = -NLE_NOMEM;

	for (size_t i = 0; i < count; i++)
		list[i].zone_id = zones[i];
	if (msg &&
	    genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, sizeof(struct ovs_header),
			NLM_F_ACK, OVS_CT_LIMIT_CMD_GET, OVS_CT_LIMIT_VERSION) &&
	    nla_put(msg, OVS_CT_LIMIT_ATTR_ZONE_LIMIT, (int)(count * sizeof(list[0])), list) == 0)
		ret = nl_send_auto(sk, msg);
	nlmsg_free(msg);
	if (ret >= 0)
		ret = nl_recvmsgs_default(sk);
	return ret < 0 ? ret : nl_wait_for_ack(sk);
}

int rig_genl_look_at_limits(struct nl_sock *generic, int family, const uint16_t *zones,
			    size_t count, struct rig_error *err)
{
	int ret = 0;

	nl_socket_modify_cb(generic, NL_CB_VALID, NL_CB_CUSTOM, ignore, NULL);
	for (size_t i = 0; i < count && ret >= 0; i += ZONES)
		ret = look_at(generic, family, zones + i, count - i < ZONES ? count - i : ZONES);
	if (ret < 0)
		return rig_error_set(err, "ask for zone limits: %s", nl_geterror(ret));
	return 0;
}
