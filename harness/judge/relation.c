/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/relation.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "judge/play.h"
#include "judge/state.h"
#include "link/link.h"
#include "wire/codec.h"

/* Of each kind so many are looked at: the first ones, as the dump has them. */
enum { DATAPATHS = 2, PORTS = 3, FLOWS = 3, ANSWER_MS = 5000, LONG_LIST = 16000 };

struct relation {
	struct rig_play *play;
	struct rig_arena *arena;
	const struct rig_family_ids *ids;
	int socket;
	struct rig_message *answers; /* to the last request, its acknowledgement left out */
	int error;		     /* of the last request, positive */
	bool moved;		     /* a flow could not be put back: flows overlap */
	struct rig_error *err;
};

/* ---- asking ---- */

/* The messages of one datagram; 1 when the answer is complete. */
static int take(struct relation *r, const struct rig_event *event, struct rig_message ***tail)
{
	const void *bytes = rig_arena_copy(r->arena, event->data, event->len);
	struct rig_message *m, *next;

	if (!bytes || rig_decode(r->arena, r->ids, bytes, event->len, &m, r->err) < 0)
		return rig_error_set(r->err, "out of memory");
	for (; m; m = next) {
		next = m->next;
		if (rig_message_errno(m) >= 0) {
			r->error = rig_message_errno(m);
			return 1;
		}
		m->next = NULL;
		**tail = m;
		*tail = &m->next;
	}
	return 0;
}

/* Its errno, or -1: the link is of no use. Answers are in r->answers. */
static int ask(struct relation *r, const struct rig_message *request)
{
	struct rig_message **tail = &r->answers;
	struct rig_bytes bytes = {};
	struct rig_event event;
	int ret = rig_encode(request, r->ids, NULL, NULL, &bytes, r->err);
	const struct rig_link_datagram one = { bytes.data, bytes.size };

	r->answers = NULL;
	if (ret == 0 && rig_link_send(r->play->link, r->socket, &one, 1, r->err) < 0)
		ret = -1;
	rig_bytes_free(&bytes);
	while (ret == 0) {
		ret = rig_link_receive(r->play->link, ANSWER_MS, &event, r->err);
		if (ret == 0)
			return rig_error_set(r->err, "no answer came");
		if (ret == 1)
			ret = event.kind == RIG_EVENT_DATAGRAM && event.socket == r->socket ?
				      take(r, &event, &tail) :
				      0;
	}
	return ret < 0 ? -1 : r->error;
}

static struct rig_message *request(struct relation *r, enum rig_family_index family,
				   unsigned int command, const struct rig_message *of,
				   struct rig_node *nodes)
{
	struct rig_message *m = rig_arena_alloc(r->arena, sizeof(*m));

	if (!m)
		return NULL;
	m->family = &rig_families[family];
	m->command = rig_command_get(m->family, command);
	m->fixed_layout = m->command->fixed;
	m->type = r->ids->id[family];
	m->flags = NLM_F_REQUEST | NLM_F_ACK;
	m->set = RIG_SET_FLAGS;
	m->cmd = (uint8_t)command;
	m->version = m->family->version;
	m->nodes = nodes;
	if (of)
		memcpy(m->fixed, of->fixed, sizeof(m->fixed));
	return m;
}

/* ---- attributes ---- */

static const struct rig_node *find(const struct rig_node *list, unsigned int number)
{
	while (list && (list->form == RIG_FORM_RAW || rig_node_number(list) != number))
		list = list->next;
	return list;
}

/* A list that begins with this node, alone, and goes on with the other; NULL is none. */
static struct rig_node *with(struct relation *r, const struct rig_node *node, struct rig_node *rest)
{
	struct rig_node *copy = node ? rig_arena_copy(r->arena, node, sizeof(*node)) : NULL;

	if (!copy)
		return rest;
	copy->next = rest;
	return copy;
}

static struct rig_node *pick(struct relation *r, const struct rig_message *m, unsigned int number,
			     struct rig_node *rest)
{
	return with(r, find(m->nodes, number), rest);
}

static struct rig_node *make(struct relation *r, unsigned int number, const void *data, size_t size)
{
	struct rig_node *node = rig_arena_alloc(r->arena, sizeof(*node));

	if (!node)
		return NULL;
	node->form = data ? RIG_FORM_LEAF : RIG_FORM_NEST;
	node->type = (uint16_t)number;
	node->data = data;
	node->size = (uint32_t)size;
	return node;
}

static struct rig_node *nest(struct relation *r, unsigned int number, struct rig_node *children)
{
	struct rig_node *node = make(r, number, NULL, 0);

	if (node)
		node->children = children;
	return node;
}

/* The message as a line of state; it stays as it is. */
static const char *line(struct relation *r, const struct rig_message *m)
{
	struct rig_message copy = *m;
	struct rig_node **tail = &copy.nodes;

	copy.next = NULL;
	for (const struct rig_node *n = m->nodes; n; n = n->next) {
		*tail = with(r, n, NULL);
		if (!*tail)
			return "";
		tail = &(*tail)->next;
	}
	copy.cmd = copy.family->index == RIG_FLOW ? OVS_FLOW_CMD_GET : copy.cmd;
	return rig_state_line(r->arena, r->ids, &copy);
}

/* ---- what does not hold ---- */

static void broken(struct relation *r, const char *what, const char *want, const char *got)
{
	struct rig_bytes text = {};

	rig_bytes_print(&text, "  once:\n    %s\n  then:\n    %s\n", want ? want : "",
			got ? got : "");
	rig_finding_add(&r->play->scene.findings, rig_bytes_text(&text), "relation: %s", what);
	rig_bytes_free(&text);
}

/* Asks, and what comes must be this line. 0, or -1 as ask(). */
static int must_be(struct relation *r, const struct rig_message *q, const char *want,
		   const char *what)
{
	int error = ask(r, q);
	const char *got = error > 0 ? rig_errno_name(error) : r->answers ? line(r, r->answers) : "";

	if (error >= 0 && strcmp(want, got))
		broken(r, what, want, got);
	return error < 0 ? -1 : 0;
}

/* ---- flows ---- */

/* How a dump's flow is named in a request: by its ufid if it has one. */
static struct rig_node *name_of(struct relation *r, const struct rig_message *flow)
{
	return pick(r, flow,
		    find(flow->nodes, OVS_FLOW_ATTR_UFID) ? OVS_FLOW_ATTR_UFID : OVS_FLOW_ATTR_KEY,
		    NULL);
}

static int set_actions(struct relation *r, const struct rig_message *flow, struct rig_node *actions)
{
	struct rig_node *nodes =
		pick(r, flow, OVS_FLOW_ATTR_KEY,
		     pick(r, flow, OVS_FLOW_ATTR_MASK, nest(r, OVS_FLOW_ATTR_ACTIONS, actions)));

	return ask(r, request(r, RIG_FLOW, OVS_FLOW_CMD_SET, flow, nodes));
}

/* A copy of the list, with @last behind it, or without its own last when that is NULL. */
static struct rig_node *varied(struct relation *r, const struct rig_node *list,
			       struct rig_node *last)
{
	struct rig_node *copy = NULL, **tail = &copy;

	for (; list && (list->next || last); list = list->next) {
		*tail = with(r, list, NULL);
		if (!*tail)
			return copy;
		tail = &(*tail)->next;
	}
	*tail = last;
	return copy;
}

static int relate_actions(struct relation *r, const struct rig_message *flow,
			  const struct rig_node *actions, const char *want)
{
	struct rig_message *get = request(r, RIG_FLOW, OVS_FLOW_CMD_GET, flow, name_of(r, flow));
	struct rig_node *list = actions->children;
	int error = set_actions(r, flow, NULL);

	/* Userspace may find a flow that it cannot name: then none of this is promised. */
	if (error)
		return error < 0 ? -1 : 0;
	error = ask(r, get);
	if (error < 0)
		return -1;
	if (error || !r->answers || !find(r->answers->nodes, OVS_FLOW_ATTR_ACTIONS) ||
	    find(r->answers->nodes, OVS_FLOW_ATTR_ACTIONS)->children)
		broken(r, "actions are not gone that were set to none", want, "");
	if (set_actions(r, flow, list) != 0)
		broken(r, "actions that a dump tells cannot be set", want, "");
	if (must_be(r, get, want, "get after set does not return what was set") < 0)
		return -1;
	if (set_actions(r, flow, varied(r, list, nest(r, OVS_ACTION_ATTR_CLONE, NULL))) != 0 ||
	    set_actions(r, flow, with(r, nest(r, OVS_ACTION_ATTR_CLONE, NULL), list)) != 0)
		broken(r, "an empty clone makes actions refused", want, "");
	if (set_actions(r, flow, varied(r, list, NULL)) != 0)
		broken(r, "actions are refused without their last", want, "");
	if (set_actions(r, flow, list) < 0 || set_actions(r, flow, list) < 0)
		return -1;
	return must_be(r, get, want, "what is set again does not come back");
}

/* Mask and actions alone, whatever names the flow. */
static const char *body(struct relation *r, const struct rig_message *flow)
{
	struct rig_message copy = *flow;

	copy.nodes = pick(r, flow, OVS_FLOW_ATTR_MASK, pick(r, flow, OVS_FLOW_ATTR_ACTIONS, NULL));
	return line(r, &copy);
}

static int relate_name(struct relation *r, const struct rig_message *flow, const char *want)
{
	static const uint8_t id[16] = { 0xfe, 0xdc };
	struct rig_node *whole =
		pick(r, flow, OVS_FLOW_ATTR_KEY,
		     pick(r, flow, OVS_FLOW_ATTR_MASK, pick(r, flow, OVS_FLOW_ATTR_ACTIONS, NULL)));
	struct rig_node *ufid = make(r, OVS_FLOW_ATTR_UFID, id, sizeof(id));
	struct rig_message *by_ufid = request(r, RIG_FLOW, OVS_FLOW_CMD_GET, flow, ufid);
	int error = ask(r, request(r, RIG_FLOW, OVS_FLOW_CMD_DEL, flow, name_of(r, flow)));

	if (error)
		return error < 0 ? -1 : 0;
	error = ask(r, request(r, RIG_FLOW, OVS_FLOW_CMD_NEW, flow, with(r, ufid, whole)));
	if (error == 0) {
		error = ask(r, by_ufid);
		if (error || !r->answers || strcmp(body(r, flow), body(r, r->answers)))
			broken(r, "a flow is another by ufid than by key", body(r, flow),
			       error ? rig_errno_name(error) : line(r, r->answers));
		error = ask(r, request(r, RIG_FLOW, OVS_FLOW_CMD_DEL, flow, ufid));
	}
	if (error >= 0)
		error = ask(r, request(r, RIG_FLOW, OVS_FLOW_CMD_NEW, flow, whole));
	/* What flows that overlap do is undefined. */
	r->moved |= error > 0;
	if (error)
		return error < 0 ? -1 : 0;
	return must_be(r, request(r, RIG_FLOW, OVS_FLOW_CMD_GET, flow, name_of(r, flow)), want,
		       "a flow that was deleted and made again is another");
}

/*
 * Not all of a key is in a dump: a conntrack tuple whose protocol is 0 is left out, as are bytes of
 * a tunnel's options, and then the flow is not found by what the dump says.
 */
static bool may_hide(const struct rig_node *key)
{
	static const uint8_t hide[] = { OVS_KEY_ATTR_IPV4, OVS_KEY_ATTR_IPV6, OVS_KEY_ATTR_ENCAP,
					OVS_KEY_ATTR_TUNNEL };

	for (size_t i = 0; key && i < sizeof(hide); i++)
		if (find(key->children, hide[i]))
			return true;
	return false;
}

/* A port that does not count is told with half of a mask, which is read as a whole one. */
static bool comes_back_tighter(const struct rig_message *flow)
{
	static const uint32_t whole = UINT32_MAX;
	const struct rig_node *mask = find(flow->nodes, OVS_FLOW_ATTR_MASK);
	const struct rig_node *port = mask ? find(mask->children, OVS_KEY_ATTR_IN_PORT) : NULL;

	return !port || port->size != sizeof(whole) || memcmp(port->data, &whole, sizeof(whole));
}

/* The key of a flow by ufid is told under its mask: it need not be one that can be asked for. */
static int relate_both(struct relation *r, const struct rig_message *flow, const char *want)
{
	struct rig_node *both =
		pick(r, flow, OVS_FLOW_ATTR_UFID, pick(r, flow, OVS_FLOW_ATTR_KEY, NULL));
	struct rig_message *get = request(r, RIG_FLOW, OVS_FLOW_CMD_GET, flow, both);
	int error = ask(r, get);

	if (error < 0 || error == EINVAL)
		return error < 0 ? -1 : 0;
	return must_be(r, get, want, "by ufid and key a flow is another than by ufid");
}

static int relate_flow(struct relation *r, const struct rig_message *flow)
{
	const struct rig_node *key = find(flow->nodes, OVS_FLOW_ATTR_KEY);
	const struct rig_node *actions = find(flow->nodes, OVS_FLOW_ATTR_ACTIONS);
	struct rig_node *probe = make(r, OVS_FLOW_ATTR_PROBE, "", 0);
	const char *want = line(r, flow);
	bool ufid = find(flow->nodes, OVS_FLOW_ATTR_UFID);
	int error = ask(r, request(r, RIG_FLOW, OVS_FLOW_CMD_GET, flow, name_of(r, flow)));

	if (error < 0 || (error == ENOENT && !ufid && may_hide(key)))
		return error < 0 ? -1 : 0;
	/* A dump may have had no room for them. */
	if (!actions)
		return 0;
	if (must_be(r, request(r, RIG_FLOW, OVS_FLOW_CMD_GET, flow, name_of(r, flow)), want,
		    "a flow of a dump is another by get") < 0 ||
	    must_be(r,
		    request(r, RIG_FLOW, OVS_FLOW_CMD_GET, flow, with(r, name_of(r, flow), probe)),
		    want, "PROBE changes an answer") < 0)
		return -1;
	if (ufid)
		return relate_both(r, flow, want);
	if (strlen(want) > LONG_LIST)
		return 0;
	if (relate_actions(r, flow, actions, want) < 0)
		return -1;
	return comes_back_tighter(flow) ? 0 : relate_name(r, flow, want);
}

/* ---- datapaths and ports ---- */

static int relate_port(struct relation *r, const struct rig_message *port)
{
	const char *want = line(r, port);
	struct rig_node *number = pick(r, port, OVS_VPORT_ATTR_PORT_NO, NULL);
	struct rig_message *get = request(r, RIG_VPORT, OVS_VPORT_CMD_GET, port, number);

	if (must_be(r, get, want, "a port of a dump is another by get") < 0)
		return -1;
	if (ask(r, request(r, RIG_VPORT, OVS_VPORT_CMD_SET, port,
			   with(r, number, pick(r, port, OVS_VPORT_ATTR_UPCALL_PID, NULL)))) < 0)
		return -1;
	return must_be(r, get, want, "a port that is set as it was is another");
}

/* None of these can be done; each answer's errno is the model's business. */
static int try_refused(struct relation *r, const struct rig_message *dp,
		       const struct rig_message *flow)
{
	static const uint32_t local = OVSP_LOCAL, unknown = 0x80000000;
	struct rig_node *name = pick(r, dp, OVS_DP_ATTR_NAME, NULL);
	struct rig_node *key = flow ? pick(r, flow, OVS_FLOW_ATTR_KEY, NULL) : NULL;
	struct rig_node *bad = nest(r, OVS_FLOW_ATTR_ACTIONS, make(r, 77, "", 0));
	const struct rig_message *all[] = {
		request(r, RIG_DP, OVS_DP_CMD_NEW, NULL,
			with(r, name, make(r, OVS_DP_ATTR_UPCALL_PID, &local, sizeof(local)))),
		request(r, RIG_DP, OVS_DP_CMD_SET, dp,
			make(r, OVS_DP_ATTR_USER_FEATURES, &unknown, sizeof(unknown))),
		request(r, RIG_VPORT, OVS_VPORT_CMD_DEL, dp,
			make(r, OVS_VPORT_ATTR_PORT_NO, &local, sizeof(local))),
		request(r, RIG_VPORT, OVS_VPORT_CMD_SET, dp,
			with(r, make(r, OVS_VPORT_ATTR_PORT_NO, &local, sizeof(local)),
			     make(r, OVS_VPORT_ATTR_UPCALL_PID, &local, 2))),
		key ? request(r, RIG_FLOW, OVS_FLOW_CMD_NEW, flow, with(r, key, bad)) : NULL,
		key ? request(r, RIG_FLOW, OVS_FLOW_CMD_SET, flow, with(r, key, bad)) : NULL,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int error = all[i] ? ask(r, all[i]) : EINVAL;

		if (error < 0)
			return -1;
		if (!error)
			broken(r, "what cannot be done is done", all[i]->command->name, "");
	}
	return 0;
}

static int relate_count(struct relation *r, const struct rig_message *dp, uint64_t flows)
{
	const struct rig_node *node = find(dp->nodes, OVS_DP_ATTR_STATS);
	struct ovs_dp_stats stats;

	if (!node || node->size != sizeof(stats))
		return 0;
	memcpy(&stats, node->data, sizeof(stats));
	if (stats.n_flows != flows)
		broken(r, "a dump has not as many flows as the datapath counts", line(r, dp), "");
	return 0;
}

static int relate_datapath(struct relation *r, const struct rig_message *dp)
{
	struct rig_message *ports = request(r, RIG_VPORT, OVS_VPORT_CMD_GET, dp, NULL);
	struct rig_message *flows = request(r, RIG_FLOW, OVS_FLOW_CMD_GET, dp, NULL);
	const struct rig_message *first;
	uint64_t n = 0;

	if (must_be(r, request(r, RIG_DP, OVS_DP_CMD_GET, dp, NULL), line(r, dp),
		    "a datapath of a dump is another by get") < 0)
		return -1;
	ports->flags = flows->flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (ask(r, ports) < 0)
		return -1;
	first = r->answers;
	for (const struct rig_message *m = first; m && n < PORTS; m = m->next, n++)
		if (relate_port(r, m) < 0)
			return -1;
	if (ask(r, flows) < 0)
		return -1;
	first = r->answers;
	n = 0;
	for (const struct rig_message *m = first; m; m = m->next, n++)
		if (n < FLOWS && relate_flow(r, m) < 0)
			return -1;
	return relate_count(r, dp, n) < 0 ? -1 : try_refused(r, dp, first);
}

static int relate_all(struct relation *r)
{
	struct rig_message *dps = request(r, RIG_DP, OVS_DP_CMD_GET, NULL, NULL);
	unsigned int n = 0;

	dps->flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (ask(r, dps) < 0)
		return -1;
	for (const struct rig_message *m = r->answers; m && n < DATAPATHS; m = m->next, n++)
		if (relate_datapath(r, m) < 0)
			return -1;
	return 0;
}

int rig_relation_check(struct rig_play *play, struct rig_error *err)
{
	struct rig_link_socket socket = { .handle = -1 };
	struct relation r = {
		.play = play, .arena = play->scene.arena, .ids = play->scene.ids, .err = err
	};
	struct rig_bytes before = {}, after = {};
	int ret = rig_link_socket_new(play->link, &socket, err);

	r.socket = socket.handle;
	if (ret == 0)
		ret = rig_state_take(play, &before, err);
	if (ret == 0)
		ret = relate_all(&r);
	if (ret == 0)
		ret = rig_state_take(play, &after, err);
	if (ret == 0 && !r.moved && strcmp(rig_bytes_text(&before), rig_bytes_text(&after)))
		broken(&r, "what changed nothing has changed the state", rig_bytes_text(&before),
		       rig_bytes_text(&after));
	rig_bytes_free(&before);
	rig_bytes_free(&after);
	if (socket.handle >= 0)
		rig_link_socket_close(play->link, socket.handle, NULL);
	return ret;
}
