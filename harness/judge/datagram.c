/* SPDX-License-Identifier: GPL-2.0-only */
/* What a step sends. */
#include <linux/openvswitch.h>
#include <string.h>

#include "judge/play.h"
#include "wire/codec.h"

/* Copies the messages and numbers those whose script did not. */
static int number(struct rig_play *play, struct rig_datagram *datagram)
{
	struct rig_message **tail = &datagram->messages;
	unsigned int i = 0;

	datagram->messages = NULL;
	datagram->count = 0;
	for (const struct rig_message *m = datagram->step->message; m; m = m->next)
		datagram->count++;
	datagram->seqs =
		rig_arena_alloc(play->scene.arena, datagram->count * sizeof(*datagram->seqs));
	if (!datagram->seqs)
		return -1;
	for (const struct rig_message *m = datagram->step->message; m; m = m->next) {
		struct rig_message *copy = rig_arena_copy(play->scene.arena, m, sizeof(*copy));

		if (!copy)
			return -1;
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

int rig_datagram_encode(struct rig_play *play, const struct rig_step *step,
			struct rig_datagram *datagram, struct rig_error *why)
{
	datagram->step = step;
	datagram->socket = rig_scene_socket_find(&play->scene, step->socket);
	rig_bytes_reset(&datagram->bytes);
	if (!datagram->socket)
		return rig_error_set(why, "there is no socket $%s", step->socket);
	if (number(play, datagram) < 0)
		return rig_error_set(why, "out of memory");
	return rig_encode(datagram->messages, play->scene.ids, rig_scene_resolve, &play->scene,
			  &datagram->bytes, why);
}

static void tell(struct rig_play *play, const struct rig_datagram *datagram)
{
	const struct rig_message *m = datagram->messages;
	struct rig_heard heard = { .family = 255, .command = 255, .answer = &datagram->answer };

	if (m && m->family) {
		heard.family = (uint8_t)m->family->index;
		heard.command = m->cmd;
	}
	play->heard(play->heard_context, &heard);
}

int rig_datagram_make(struct rig_play *play, const struct rig_step *step,
		      struct rig_datagram *datagram, struct rig_error *why)
{
	if (rig_datagram_encode(play, step, datagram, why) < 0)
		return -1;
	datagram->outcome =
		rig_model_send(play->model, datagram->socket->handle, datagram->bytes.data,
			       datagram->bytes.size, &datagram->answer);
	if (play->heard)
		tell(play, datagram);
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

bool rig_datagram_makes_netdev(const struct rig_datagram *datagram)
{
	for (const struct rig_message *m = datagram->messages; m; m = m->next)
		if (makes_netdev(m))
			return true;
	return false;
}

static bool refused(const struct rig_play *play, unsigned int socket, uint32_t seq)
{
	for (size_t i = 0; i < play->scene.inbox.count; i++) {
		const struct rig_arrival *arrival = &play->scene.inbox.list[i];

		if (arrival->kind == RIG_ARRIVAL_MESSAGE && arrival->socket == socket &&
		    rig_arrival_seq(arrival) == seq && rig_arrival_errno(arrival) > 0)
			return true;
	}
	return false;
}

/* Who asked for no answer gets none: whether there is a netdev is seen by looking. */
int rig_datagram_watch(struct rig_play *play, const struct rig_datagram *datagram,
		       struct rig_error *why)
{
	const struct rig_scene_socket *socket = datagram->socket;
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
