/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/upcall.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <string.h>

#include "replay/knowledge.h"

#define DATAPATH 2
#define PORTID	 7 /* who hears the upcalls */

static bool tell(struct upcalls *u, struct rig_arena *arena, const char *text)
{
	const struct rig_parser parser = { .arena = arena, .ids = u->ids };
	struct rig_bytes bytes = {};
	struct rig_message *message;
	bool sent;

	sent = rig_parse(&parser, NULL, text, strlen(text), &message, NULL) == 0 &&
	       rig_encode(message, u->ids, NULL, NULL, &bytes, NULL) == 0 &&
	       rig_model_send(u->model, SOCK_TEACHER, bytes.data, bytes.size, &u->answer) == 0;
	rig_bytes_free(&bytes);
	return sent;
}

static void begin(struct upcalls *u, struct rig_arena *arena)
{
	const struct rig_netdev local = {
		.name = "upcalls", .ifindex = DATAPATH, .up = true, .ethernet = true
	};
	char text[96];

	rig_model_reset(u->model);
	memset(u->ports, 0, sizeof(u->ports));
	rig_model_socket(u->model, SOCK_TEACHER, PORTID, 0, NULL);
	snprintf(text, sizeof(text), "dp.new name=upcalls upcall_pid=%u ifindex=%u", PORTID,
		 DATAPATH);
	tell(u, arena, text);
	rig_model_netdev(u->model, &local);
	u->begun = true;
}

/* The device that is the port of that number. */
static void name_port(unsigned int port, char *name, size_t size)
{
	if (port)
		snprintf(name, size, "p%u", port);
	else
		snprintf(name, size, "upcalls");
}

static void make_port(struct upcalls *u, struct rig_arena *arena, unsigned int port)
{
	const uint8_t bit = 1 << port % 8;
	char name[16], text[128];
	struct rig_netdev dev = {
		.name = name, .ifindex = 1000 + port, .mtu = 65535, .up = true, .ethernet = true
	};

	if (!port || (u->ports[port / 8] & bit))
		return;
	u->ports[port / 8] |= bit;
	name_port(port, name, sizeof(name));
	rig_model_netdev(u->model, &dev);
	snprintf(text, sizeof(text), "vport.new dp=%u type=netdev name=%s port_no=%u upcall_pid=%u",
		 DATAPATH, name, port, PORTID);
	tell(u, arena, text);
}

/* ---- keys ---- */

static const struct rig_node *find(const struct rig_node *nodes, unsigned int number)
{
	while (nodes && (nodes->form == RIG_FORM_RAW || rig_node_number(nodes) != number))
		nodes = nodes->next;
	return nodes;
}

static uint32_t u32_of(const struct rig_node *nodes, unsigned int number)
{
	const struct rig_node *node = find(nodes, number);

	if (!node || node->form != RIG_FORM_LEAF || node->size != sizeof(uint32_t))
		return 0;
	return rig_uint_get(node->data, node->size, RIG_HOST);
}

/* What a packet has got on its way, and does not hold itself. */
static const char *unpredictable(const struct rig_node *key)
{
	static const struct {
		unsigned int attr;
		const char *why;
	} rows[] = {
		{ OVS_KEY_ATTR_RECIRC_ID, "upcalls of recirculated packets" },
		{ OVS_KEY_ATTR_DP_HASH, "upcalls of recirculated packets" },
		{ OVS_KEY_ATTR_CT_STATE, "upcalls of tracked packets" },
		{ OVS_KEY_ATTR_PRIORITY, "upcalls of packets with a priority or mark" },
		{ OVS_KEY_ATTR_SKB_MARK, "upcalls of packets with a priority or mark" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (u32_of(key, rows[i].attr))
			return rows[i].why;
	if (find(key, OVS_KEY_ATTR_TUNNEL))
		return "upcalls of packets from tunnels";
	if (!find(key, OVS_KEY_ATTR_ETHERNET))
		return "upcalls of packets without an Ethernet header";
	if (u32_of(key, OVS_KEY_ATTR_IN_PORT) > UINT16_MAX)
		return "upcalls of no port";
	return NULL;
}

static bool same_nodes(const struct rig_node *a, const struct rig_node *b)
{
	struct rig_bytes x = {}, y = {};
	bool same = rig_encode_nodes(a, NULL, NULL, &x, NULL) == 0 &&
		    rig_encode_nodes(b, NULL, NULL, &y, NULL) == 0 && x.size == y.size &&
		    (!x.size || !memcmp(x.data, y.data, x.size));

	rig_bytes_free(&x);
	rig_bytes_free(&y);
	return same;
}

/* The key of the upcall that the model's answer expects; NULL: there is none. */
static const struct rig_node *expected_key(struct upcalls *u, struct rig_arena *arena)
{
	for (size_t i = 0; i < u->answer.count; i++) {
		const struct rig_expected *e = &u->answer.list[i];
		struct rig_message *message;
		const uint8_t *bytes;

		if (e->role != RIG_ROLE_UPCALL)
			continue;
		bytes = rig_arena_copy(arena, e->bytes, e->len);
		if (bytes && rig_decode(arena, u->ids, bytes, e->len, &message, NULL) == 0)
			return find(message->nodes, OVS_PACKET_ATTR_KEY);
	}
	return NULL;
}

enum upcall_verdict upcall_judge(struct upcalls *u, struct rig_arena *arena,
				 const struct rig_message *message, const struct rig_node **wanted,
				 const char **why)
{
	const struct rig_node *key = find(message->nodes, OVS_PACKET_ATTR_KEY);
	const struct rig_node *packet = find(message->nodes, OVS_PACKET_ATTR_PACKET);
	unsigned int port;
	char name[16];

	*wanted = NULL;
	*why = "upcalls by an action: the packet may have been changed before";
	if (message->cmd != OVS_PACKET_CMD_MISS)
		return UPCALL_UNJUDGED;
	if (!key || key->form != RIG_FORM_NEST || !packet)
		return UPCALL_WRONG;
	*why = unpredictable(key->children);
	if (!*why && find(message->nodes, OVS_PACKET_ATTR_LEN))
		*why = "upcalls of packets that were cut";
	if (!*why && find(message->nodes, OVS_PACKET_ATTR_MRU))
		*why = "upcalls of packets put together from fragments";
	if (*why)
		return UPCALL_UNJUDGED;
	if (!u->begun)
		begin(u, arena);
	port = u32_of(key->children, OVS_KEY_ATTR_IN_PORT);
	make_port(u, arena, port);
	name_port(port, name, sizeof(name));
	rig_model_frame(u->model, name, NULL, packet->data, packet->size, &u->answer);
	if (u->answer.unmodelled) {
		*why = u->answer.unmodelled;
		u->begun = !u->answer.tainted;
		return UPCALL_UNJUDGED;
	}
	*wanted = expected_key(u, arena);
	if (!*wanted) {
		*why = "upcalls of packets that the model would drop";
		return UPCALL_UNJUDGED;
	}
	return same_nodes(key->children, (*wanted)->children) ? UPCALL_RIGHT : UPCALL_WRONG;
}

void upcalls_free(struct upcalls *u)
{
	rig_answer_free(&u->answer);
	rig_model_free(u->model);
}
