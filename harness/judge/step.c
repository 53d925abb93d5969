/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps that do not send, and the table of all. */
#include <string.h>

#include "judge/play.h"

#define DEFAULT_SOCKET "sock"

void rig_play_tell_netdev(struct rig_play *play, const struct rig_link_netdev *dev)
{
	struct rig_netdev facts = {
		.name = dev->name,
		.netns = dev->netns,
		.ifindex = (uint32_t)dev->ifindex,
		.mtu = dev->mtu,
		.up = true,
		.ethernet = true,
	};

	memcpy(facts.mac, dev->mac, sizeof(facts.mac));
	rig_model_netdev(play->model, &facts);
}

static int join_groups(struct rig_play *play, unsigned int handle, unsigned int groups,
		       struct rig_error *why)
{
	const struct rig_link_facts *facts = rig_link_facts(play->link);

	for (unsigned int i = 0; i < RIG_FAMILIES; i++) {
		if (!(groups & (1u << i)))
			continue;
		if (!facts->group[i])
			return rig_error_set(why, "the target has no multicast group %s",
					     rig_families[i].group);
		if (rig_link_join(play->link, (int)handle, facts->group[i], why) < 0)
			return -1;
		rig_model_join(play->model, handle, facts->group[i]);
	}
	return 0;
}

static int open_socket(struct rig_play *play, const struct rig_step *step, struct rig_error *why)
{
	struct rig_link_socket sock = { .netns = step->netns, .unprivileged = step->unprivileged };
	struct rig_scene_socket known = { .name = step->socket, .netns = step->netns };

	if (rig_link_socket_new(play->link, &sock, why) < 0)
		return -1;
	known.handle = (unsigned int)sock.handle;
	known.portid = sock.portid;
	rig_model_socket(play->model, known.handle, sock.portid,
			 step->unprivileged ? RIG_MODEL_UNPRIVILEGED : 0, step->netns);
	if (rig_scene_socket_add(&play->scene, &known) < 0)
		return rig_error_set(why, "out of memory");
	return join_groups(play, known.handle, step->groups, why);
}

static int do_socket(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	struct rig_error why = { 0 };

	(void)err;
	return open_socket(play, step, &why) < 0 ? rig_play_cannot(play, step, &why) : 0;
}

static int do_join(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	const struct rig_scene_socket *socket = rig_scene_socket_find(&play->scene, step->socket);
	struct rig_error why = { 0 };

	(void)err;
	if (!socket)
		rig_error_set(&why, "there is no socket $%s", step->socket);
	if (!socket || join_groups(play, socket->handle, step->groups, &why) < 0)
		return rig_play_cannot(play, step, &why);
	return 0;
}

/* Its port id stays a number, of nobody. */
static int do_close(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	const struct rig_scene_socket *socket = rig_scene_socket_find(&play->scene, step->socket);
	struct rig_error why = { 0 };

	(void)err;
	if (!socket)
		rig_error_set(&why, "there is no socket $%s", step->socket);
	if (!socket || rig_link_socket_close(play->link, (int)socket->handle, &why) < 0)
		return rig_play_cannot(play, step, &why);
	rig_model_close(play->model, socket->handle);
	return 0;
}

static int do_netns(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	struct rig_error why = { 0 };

	(void)err;
	return rig_link_netns_add(play->link, step->name, &why) < 0 ?
		       rig_play_cannot(play, step, &why) :
		       0;
}

static int do_netdev(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	struct rig_link_netdev dev = { .name = step->name, .netns = step->netns, .mtu = step->mtu };
	struct rig_error why = { 0 };

	if (rig_link_netdev_add(play->link, &dev, &why) < 0)
		return rig_play_cannot(play, step, &why);
	rig_play_tell_netdev(play, &dev);
	if (rig_scene_netdev_add(&play->scene, step->name, step->netns, dev.ifindex) < 0)
		return rig_error_set(err, "out of memory");
	return 0;
}

static int do_remove(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	struct rig_error why = { 0 };

	rig_model_netdev_gone(play->model, step->name, rig_scene_netns_of(&play->scene, step->name),
			      play->answer);
	if (rig_link_netdev_remove(play->link, step->name, &why) < 0)
		return rig_play_cannot(play, step, &why);
	return rig_play_judge(play, play->answer, step, NULL, err);
}

static int do_frame(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	struct rig_error why = { 0 };

	rig_model_frame(play->model, step->name, rig_scene_netns_of(&play->scene, step->name),
			step->frame, step->frame_size, play->answer);
	if (!rig_play_spares(play, play->answer) &&
	    rig_link_frame_put(play->link, step->name, step->frame, step->frame_size, &why) < 0)
		return rig_play_cannot(play, step, &why);
	play->tally->messages++;
	return rig_play_judge(play, play->answer, step, NULL, err);
}

/* What a script needs was looked at before its first step. */
static int do_needs(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	(void)play;
	(void)step;
	(void)err;
	return 0;
}

static int (*const doer[RIG_STEPS])(struct rig_play *, const struct rig_step *,
				    struct rig_error *) = {
	[RIG_STEP_SEND] = rig_play_send, [RIG_STEP_SOCKET] = do_socket,
	[RIG_STEP_JOIN] = do_join,	 [RIG_STEP_CLOSE] = do_close,
	[RIG_STEP_NETNS] = do_netns,	 [RIG_STEP_NETDEV] = do_netdev,
	[RIG_STEP_REMOVE] = do_remove,	 [RIG_STEP_FRAME] = do_frame,
	[RIG_STEP_NEEDS] = do_needs,
};

static bool moves_frames(const struct rig_step *step)
{
	if (step->kind == RIG_STEP_FRAME)
		return true;
	for (const struct rig_message *m = step->message; m; m = m->next)
		if (m->family && m->family->index == RIG_PACKET)
			return true;
	for (const struct rig_want *want = step->wants; want; want = want->next)
		if (want->kind == RIG_WANT_FRAME || want->kind == RIG_WANT_NOFRAME ||
		    want->kind == RIG_WANT_UPCALL)
			return true;
	return false;
}

bool rig_play_moves_frames(const struct rig_script *script)
{
	for (const struct rig_step *step = script->steps; step; step = step->next)
		if (moves_frames(step))
			return true;
	return false;
}

int rig_play_begin(struct rig_play *play, const struct rig_script *script, struct rig_error *err)
{
	const struct rig_step sock = { .kind = RIG_STEP_SOCKET, .socket = DEFAULT_SOCKET };

	play->traffic |= rig_play_moves_frames(script);
	return open_socket(play, &sock, err);
}

int rig_play_step(struct rig_play *play, const struct rig_step *step, struct rig_error *err)
{
	if (step->kind != RIG_STEP_SEND) {
		if (rig_batch_play(play, err) < 0)
			return -1;
		if (play->stopped)
			return 0;
		rig_inbox_empty(&play->scene.inbox);
		rig_arena_reset(play->scene.inbox.arena);
	}
	play->step = step;
	return doer[step->kind](play, step, err);
}
