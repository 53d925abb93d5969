/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <string.h>

#include "judge/scene.h"
#include "judge/match.h"
#include "wire/codec.h"

#define WANT_TEXT_MAX 60

/* One want under judgement. */
struct asked {
	struct rig_scene *scene;
	const struct rig_step *step;
	const struct rig_want *want;
	unsigned int socket;		   /* its handle */
	uint32_t seq;			   /* of the request that it belongs to */
	const struct rig_message *pattern; /* its symbols replaced */
	struct rig_bytes why;		   /* not met, because */
};

static bool is_here(const struct asked *a, const struct rig_arrival *arrival)
{
	return arrival->kind == RIG_ARRIVAL_MESSAGE && arrival->socket == a->socket;
}

/* It came on the requester's socket and carries the request's number. */
static bool answers(const struct asked *a, const struct rig_arrival *arrival)
{
	return is_here(a, arrival) && arrival->message->seq == a->seq;
}

static bool not_met(struct asked *a, const char *why)
{
	rig_bytes_print(&a->why, "%s", why);
	return false;
}

/* The answer's verdict: 0 ok, a positive errno, -1 nothing that says either. */
static int verdict_of(const struct asked *a)
{
	int verdict = -1;

	for (size_t i = 0; i < a->scene->inbox.count; i++) {
		const struct rig_arrival *arrival = &a->scene->inbox.list[i];
		int number;

		if (!answers(a, arrival))
			continue;
		number = rig_message_errno(arrival->message);
		if (number > 0)
			return number;
		verdict = 0;
	}
	return verdict;
}

/* What a reply names: a datapath by its ifindex, a port by its number. */
static bool named_by(const struct rig_message *message, uint64_t *value)
{
	const struct rig_node *node;

	if (!message->family)
		return false;
	if (message->family->index == RIG_VPORT) {
		node = rig_message_leaf(message, OVS_VPORT_ATTR_PORT_NO);
		if (!node || node->size != sizeof(uint32_t))
			return false;
		*value = (uint64_t)rig_uint_get(node->data, node->size, RIG_HOST);
		return true;
	}
	*value = (uint64_t)(unsigned int)rig_message_dp(message);
	return message->family->index != RIG_NL && message->family->index != RIG_CTRL;
}

static bool bind(struct asked *a)
{
	uint64_t value;

	for (size_t i = 0; i < a->scene->inbox.count; i++) {
		const struct rig_arrival *arrival = &a->scene->inbox.list[i];

		if (answers(a, arrival) && named_by(arrival->message, &value))
			return rig_scene_symbol_set(a->scene, a->want->bind, value) == 0 ||
			       not_met(a, "out of memory");
	}
	rig_bytes_print(&a->why, "no reply names what $%s is to stand for", a->want->bind);
	return false;
}

static bool met_ok(struct asked *a)
{
	int verdict = verdict_of(a);

	if (verdict < 0)
		return not_met(a, "no answer came");
	if (verdict > 0) {
		rig_bytes_print(&a->why, "received error %s",
				rig_errno_name(verdict) ? rig_errno_name(verdict) : "unknown");
		return false;
	}
	return !a->want->bind || bind(a);
}

static bool met_error(struct asked *a)
{
	int verdict = verdict_of(a);

	if (verdict == a->want->error)
		return true;
	if (verdict < 0)
		return not_met(a, "no answer came");
	if (verdict == 0)
		return not_met(a, "received ok");
	rig_bytes_print(&a->why, "received error %s",
			rig_errno_name(verdict) ? rig_errno_name(verdict) : "unknown");
	return false;
}

static bool met_done(struct asked *a)
{
	int verdict = verdict_of(a);

	for (size_t i = 0; i < a->scene->inbox.count; i++) {
		const struct rig_arrival *arrival = &a->scene->inbox.list[i];

		if (answers(a, arrival) && arrival->message->type == NLMSG_DONE && verdict == 0)
			return true;
	}
	if (verdict <= 0)
		return not_met(a, verdict ? "no answer came" : "the dump has no end");
	rig_bytes_print(&a->why, "received error %s",
			rig_errno_name(verdict) ? rig_errno_name(verdict) : "unknown");
	return false;
}

static bool met_none(struct asked *a)
{
	for (size_t i = 0; i < a->scene->inbox.count; i++) {
		const struct rig_arrival *arrival = &a->scene->inbox.list[i];

		if (a->step->kind == RIG_STEP_SEND && !answers(a, arrival))
			continue;
		rig_bytes_print(&a->why, "received ");
		rig_arrival_summary(arrival, &a->why);
		return false;
	}
	return true;
}

/*
 * Some message meets the pattern. If each want must be met by a message of its own, those that
 * met an earlier one do not count.
 */
static bool met_pattern(struct asked *a, bool each_its_own,
			bool (*candidate)(const struct asked *, const struct rig_arrival *))
{
	struct rig_bytes why = { 0 };
	bool met = false;

	for (size_t i = 0; i < a->scene->inbox.count && !met; i++) {
		struct rig_arrival *arrival = &a->scene->inbox.list[i];

		if ((each_its_own && arrival->wanted) || !candidate(a, arrival) ||
		    arrival->message->family != a->pattern->family)
			continue;
		rig_bytes_reset(&why);
		met = rig_match(a->pattern, arrival->message, &why);
		if (met)
			arrival->wanted = true;
	}
	if (!met)
		not_met(a, why.size ? rig_bytes_text(&why) : "no such message came");
	rig_bytes_free(&why);
	return met;
}

/* A request may be answered by one message that several wants look at; a dump by many. */
static bool met_reply(struct asked *a)
{
	bool dump = (rig_step_request(a->step, a->want->request)->flags & NLM_F_DUMP) == NLM_F_DUMP;

	return met_pattern(a, dump, answers);
}

static bool met_notify(struct asked *a)
{
	return met_pattern(a, true, is_here);
}

static bool met_frame(struct asked *a)
{
	bool seen = false;

	for (size_t i = 0; i < a->scene->inbox.count; i++) {
		struct rig_arrival *arrival = &a->scene->inbox.list[i];

		if (arrival->kind != RIG_ARRIVAL_FRAME || strcmp(arrival->port, a->want->port) ||
		    arrival->wanted)
			continue;
		seen = true;
		arrival->wanted = arrival->size == a->want->frame_size &&
				  !memcmp(arrival->bytes, a->want->frame, arrival->size);
		if (arrival->wanted)
			return true;
	}
	return not_met(a, seen ? "another frame came" : "no frame came");
}

static bool met_noframe(struct asked *a)
{
	for (size_t i = 0; i < a->scene->inbox.count; i++) {
		const struct rig_arrival *arrival = &a->scene->inbox.list[i];

		if (arrival->kind == RIG_ARRIVAL_FRAME && !strcmp(arrival->port, a->want->port))
			return not_met(a, "a frame came");
	}
	return true;
}

static bool (*const met[RIG_WANTS])(struct asked *) = {
	[RIG_WANT_OK] = met_ok,		  [RIG_WANT_ERROR] = met_error,
	[RIG_WANT_REPLY] = met_reply,	  [RIG_WANT_DONE] = met_done,
	[RIG_WANT_NONE] = met_none,	  [RIG_WANT_NOTIFY] = met_notify,
	[RIG_WANT_UPCALL] = met_notify,	  [RIG_WANT_FRAME] = met_frame,
	[RIG_WANT_NOFRAME] = met_noframe,
};

/* ---- telling ---- */

static void tell_arrivals(const struct asked *a, struct rig_bytes *text)
{
	const struct rig_scene *scene = a->scene;

	rig_bytes_print(text, "  received:%s\n", scene->inbox.count ? "" : " nothing");
	for (size_t i = 0; i < scene->inbox.count; i++) {
		const struct rig_arrival *arrival = &scene->inbox.list[i];

		if (arrival->kind == RIG_ARRIVAL_FRAME) {
			rig_bytes_print(text, "    on %s: frame ", arrival->port);
			rig_bytes_hex(text, arrival->bytes, arrival->size);
		} else {
			rig_bytes_print(text, "    on $%s: ",
					rig_scene_socket_name(a->scene, arrival->socket));
			if (arrival->message)
				rig_print_message(arrival->message, scene->ids, text);
			else
				rig_bytes_print(text, "(messages lost)");
		}
		rig_bytes_print(text, "\n");
	}
}

static void report(struct asked *a)
{
	struct rig_bytes text = { 0 }, what = { 0 };
	const struct rig_message *request = rig_step_request(a->step, a->want->request);

	if (request)
		rig_message_summary(request, &what);
	else
		rig_bytes_print(&what, "%s", a->step->text);
	rig_bytes_print(&text, "  wanted: %s\n", a->want->text);
	tell_arrivals(a, &text);
	rig_finding_add(
		&a->scene->findings, rig_bytes_text(&text), "line %u: %s: wanted %.*s%s: %s",
		a->want->place.line, rig_bytes_text(&what), WANT_TEXT_MAX, a->want->text,
		strlen(a->want->text) > WANT_TEXT_MAX ? "..." : "", rig_bytes_text(&a->why));
	rig_bytes_free(&text);
	rig_bytes_free(&what);
}

static bool judge_want(struct asked *a)
{
	const char *name = a->want->socket ? a->want->socket : a->step->socket;
	const struct rig_scene_socket *socket =
		rig_scene_socket_find(a->scene, name ? name : "sock");
	struct rig_error error = { 0 };

	if (!socket)
		return not_met(a, "there is no such socket");
	a->socket = socket->handle;
	if (a->want->pattern) {
		a->pattern = rig_resolve(a->scene->arena, a->want->pattern, rig_scene_resolve,
					 a->scene, &error);
		if (!a->pattern)
			return not_met(a, error.message);
	}
	return met[a->want->kind](a);
}

int rig_scene_judge_wants(struct rig_scene *scene, const struct rig_step *step,
			  const uint32_t *seqs)
{
	if (step->wants && rig_inbox_decode(&scene->inbox) < 0)
		return -1;
	for (const struct rig_want *want = step->wants; want; want = want->next) {
		struct asked a = {
			.scene = scene,
			.step = step,
			.want = want,
			.seq = seqs ? seqs[want->request] : 0,
		};
		bool failed;

		if (!judge_want(&a))
			report(&a);
		failed = a.why.failed;
		rig_bytes_free(&a.why);
		if (failed)
			return -1;
	}
	return 0;
}
