/* SPDX-License-Identifier: GPL-2.0-only */
/* A step that sends. */
#include <linux/openvswitch.h>
#include <stdio.h>
#include <string.h>

#include "judge/play.h"
#include "link/link.h"
#include "wire/codec.h"

struct datagram {
	struct rig_message *messages; /* as sent but for their symbols */
	uint32_t *seqs;
	unsigned int count;
	struct rig_bytes bytes;
};

/* Copies the messages and numbers those whose script did not. */
static int datagram_prepare(struct rig_play *play, const struct rig_step *step,
			    struct datagram *datagram)
{
	struct rig_message **tail = &datagram->messages;
	unsigned int i = 0;

	for (const struct rig_message *m = step->message; m; m = m->next)
		datagram->count++;
	datagram->seqs =
		rig_arena_alloc(play->scene.arena, datagram->count * sizeof(*datagram->seqs));
	if (!datagram->seqs)
		return -1;
	for (const struct rig_message *m = step->message; m; m = m->next) {
		struct rig_message *copy = rig_arena_alloc(play->scene.arena, sizeof(*copy));

		if (!copy)
			return -1;
		*copy = *m;
		copy->next = NULL;
		if (!copy->raw && !(copy->set & RIG_SET_SEQ)) {
			copy->seq = ++play->seq;
			copy->set |= RIG_SET_SEQ;
		}
		datagram->seqs[i++] = copy->seq;
		*tail = copy;
		tail = &copy->next;
	}
	return 0;
}

/* The netdev that a request makes when it succeeds; NULL: it makes none. */
static const char *makes_netdev(const struct rig_message *m)
{
	const struct rig_node *name = NULL, *type;

	if (!m->family || !m->command)
		return NULL;
	if (m->family->index == RIG_DP && m->cmd == OVS_DP_CMD_NEW)
		name = rig_message_leaf(m, OVS_DP_ATTR_NAME);
	if (m->family->index == RIG_VPORT && m->cmd == OVS_VPORT_CMD_NEW) {
		type = rig_message_leaf(m, OVS_VPORT_ATTR_TYPE);
		if (type && type->size == sizeof(uint32_t) &&
		    rig_uint_get(type->data, type->size, RIG_HOST) == OVS_VPORT_TYPE_INTERNAL)
			name = rig_message_leaf(m, OVS_VPORT_ATTR_NAME);
	}
	return name && memchr(name->data, '\0', name->size) ? (const char *)name->data : NULL;
}

static bool refused(const struct rig_play *play, unsigned int socket, uint32_t seq)
{
	for (size_t i = 0; i < play->scene.inbox.count; i++) {
		const struct rig_arrival *arrival = &play->scene.inbox.list[i];

		if (arrival->kind == RIG_ARRIVAL_MESSAGE && arrival->socket == socket &&
		    arrival->message->seq == seq && rig_message_errno(arrival->message) > 0)
			return true;
	}
	return false;
}

/*
 * An internal port's netdev is the target's own: take it up, watch it, tell the model of it. Who
 * asked for no answer gets none: whether there is one is seen by looking.
 */
static int watch_new_ports(struct rig_play *play, const struct rig_scene_socket *socket,
			   const struct datagram *datagram, struct rig_error *why)
{
	unsigned int i = 0;

	for (const struct rig_message *m = datagram->messages; m; m = m->next, i++) {
		const char *name = makes_netdev(m);
		struct rig_link_netdev dev = { .name = name, .netns = socket->netns };

		if (!name || refused(play, socket->handle, datagram->seqs[i]) ||
		    rig_link_netdev_find(play->link, &dev, NULL) < 0)
			continue;
		if (rig_link_watch(play->link, name, socket->netns, why) < 0)
			return -1;
		rig_play_tell_netdev(play, &dev);
		if (rig_scene_netdev_add(&play->scene, name, socket->netns, dev.ifindex) < 0)
			return rig_error_set(why, "out of memory");
	}
	return 0;
}

static const char *outcome_of(int sent)
{
	const char *name = sent < 0 ? rig_errno_name(-sent) : "success";

	return name ? name : "an unknown errno";
}

/*
 * The bytes go to the model first: the target's answer may be there as soon as it has them. What
 * sendmsg() itself refuses has no other answer than that errno.
 */
static int datagram_send(struct rig_play *play, const struct rig_step *step,
			 const struct rig_scene_socket *socket, const struct rig_bytes *bytes,
			 struct rig_error *why)
{
	int expected =
		rig_model_send(play->model, socket->handle, bytes->data, bytes->size, play->answer);
	int sent;

	if (rig_play_spares(play))
		return 0;
	sent = rig_link_send(play->link, (int)socket->handle, bytes->data, bytes->size, why);
	if (expected == 0)
		return sent;
	rig_play_expect_nothing(play);
	if (sent != expected)
		rig_finding_add(&play->scene.findings, NULL,
				"line %u: model expects of sending %s, not %s", step->place.line,
				outcome_of(expected), outcome_of(sent));
	return 0;
}

static int datagram_play(struct rig_play *play, const struct rig_step *step,
			 struct datagram *datagram, struct rig_error *err)
{
	const struct rig_scene_socket *socket = rig_scene_socket_find(&play->scene, step->socket);
	struct rig_error why = { 0 };
	struct rig_bytes what = { 0 };
	char place[RIG_PLAY_PLACE_MAX];

	if (!socket)
		rig_error_set(&why, "there is no socket $%s", step->socket);
	if (!socket ||
	    rig_encode(datagram->messages, play->scene.ids, rig_scene_resolve, &play->scene,
		       &datagram->bytes, &why) < 0 ||
	    datagram_send(play, step, socket, &datagram->bytes, &why) < 0)
		return rig_play_cannot(play, step, &why);
	rig_message_summary(datagram->messages, &what);
	snprintf(place, sizeof(place), "line %u: %s", step->place.line, rig_bytes_text(&what));
	rig_bytes_free(&what);
	if (rig_play_judge(play, step, place, datagram->seqs, err) < 0)
		return -1;
	if (play->traffic && watch_new_ports(play, socket, datagram, &why) < 0)
		return rig_play_cannot(play, step, &why);
	return 0;
}

/* Each finding of the step gets what was sent, as text that can be sent again. */
static int attach_sent(struct rig_play *play, const struct rig_finding *before,
		       const struct rig_bytes *bytes)
{
	struct rig_finding *finding = before ? before->next : play->scene.findings.first;
	struct rig_message *messages;
	struct rig_bytes text = { 0 };
	const char *sent;

	if (!finding)
		return 0;
	if (rig_decode(play->scene.arena, play->scene.ids, bytes->data, bytes->size, &messages,
		       NULL) < 0)
		return -1;
	rig_print(messages, play->scene.ids, &text);
	sent = rig_arena_copy(play->scene.arena, rig_bytes_text(&text), text.size);
	rig_bytes_free(&text);
	for (; finding; finding = finding->next)
		finding->sent = sent;
	return sent ? 0 : -1;
}

int rig_play_send(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	const struct rig_finding *before = play->scene.findings.last;
	struct datagram datagram = { 0 };
	int ret;

	if (datagram_prepare(play, step, &datagram) < 0)
		return rig_error_set(err, "out of memory");
	ret = datagram_play(play, step, &datagram, err);
	if (ret == 0 && attach_sent(play, before, &datagram.bytes) < 0)
		ret = rig_error_set(err, "out of memory");
	rig_bytes_free(&datagram.bytes);
	return ret;
}
