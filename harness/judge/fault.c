/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/fault.h"

#include <errno.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <string.h>

#include "judge/runner.h"
#include "judge/state.h"
#include "link/link.h"
#include "wire/codec.h"

/* No command is known to allocate as often; whoever does so has a loop without an end. */
enum { FAULTS_MAX = 5000, REPLAYS_MAX = 500, SURPLUS_MAX = 10000, SHIFT_MAX = 8 };

/*
 * What the kernel's own layers say when memory is short, and do not call ENOMEM; how many of a
 * request's allocations may end so.
 */
static const struct excuse {
	int error;
	unsigned int times;
	enum rig_family_index family;
	uint8_t command;
} excuses[] = {
	/*
	 * The driver core: a device whose name cannot be copied has none, and is not valid. It is
	 * met a second time when its number shifts by more than is_excused() follows.
	 */
	{ EINVAL, 2, RIG_DP, OVS_DP_CMD_NEW },
	{ EINVAL, 2, RIG_VPORT, OVS_VPORT_CMD_NEW },
	/* A socket without an inode; a tunnel has one for IPv4 and one for IPv6. */
	{ ENFILE, 2, RIG_VPORT, OVS_VPORT_CMD_NEW },
	/* Connection tracking drops a packet that it has no memory for, as it drops a bad one. */
	{ EINVAL, 4, RIG_PACKET, OVS_PACKET_CMD_EXECUTE },
	/* IPv4 and IPv6: the sysctls of a device's neighbours, a table of several parts each. */
	{ ENOBUFS, 16, RIG_DP, OVS_DP_CMD_NEW },
	{ ENOBUFS, 16, RIG_VPORT, OVS_VPORT_CMD_NEW },
};

enum { EXCUSES = sizeof(excuses) / sizeof(excuses[0]) };

enum outcome { NOT_REACHED, REFUSED, DONE };

/* One request of the script, and the states around it. */
struct trial {
	struct rig_runner *runner;
	struct rig_play play;
	int fault;
	const struct rig_script *script;
	const struct rig_step *step;
	struct rig_bytes before, after; /* as they are without faults */
	struct rig_bytes now;
	int error; /* what it is refused with without faults; 0: it is not */
	struct {
		unsigned int times, nth; /* the last one */
	} excused[EXCUSES];
	struct rig_tally tally; /* of no interest */
	struct rig_fault_run *run;
	bool over; /* the script failed: nothing more to try */
};

/* What comes of a request, one allocation of which fails. */
struct attempt {
	enum outcome outcome;
	int error;    /* REFUSED */
	bool sending; /* it did not get to the datapath */
};

/* ---- what failed ---- */

/* The lines of a text that another one has not got. */
static void put_missing(struct rig_bytes *to, const char *sign, const struct rig_bytes *from,
			const struct rig_bytes *other)
{
	const char *line = rig_bytes_text(from), *end;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		size_t len = (size_t)(end + 1 - line);

		if (!memmem(rig_bytes_text(other), other->size, line, len))
			rig_bytes_print(to, "  %s %.*s", sign, (int)len, line);
	}
}

static void fail(struct trial *t, unsigned int nth, const char *what, const struct rig_bytes *want)
{
	struct rig_bytes *reason = &t->runner->reason, *detail = &t->runner->detail;

	rig_bytes_reset(reason);
	rig_bytes_print(reason, "line %u: %s: ", t->step->place.line, t->step->text);
	if (nth)
		rig_bytes_print(reason, "with allocation %u failing, ", nth);
	rig_bytes_print(reason, "%s", what);
	rig_bytes_print(detail, "%s\n", rig_bytes_text(reason));
	if (want) {
		rig_bytes_print(detail, "the state that it must have (-) and that it has (+):\n");
		put_missing(detail, "-", want, &t->now);
		put_missing(detail, "+", &t->now, want);
	}
	t->run->failed = rig_bytes_text(reason);
	t->run->detail = rig_bytes_text(detail);
	t->over = true;
}

/* Without a fault, the judge has the same to say as ever. */
static void fail_unjudged(struct trial *t)
{
	const struct rig_finding *f = t->play.scene.findings.first;

	fail(t, 0, "the way there, without faults, is not judged as right", NULL);
	rig_bytes_print(&t->runner->detail, "%s\n%s", f->headline, f->detail ? f->detail : "");
}

/* ---- the way to a request ---- */

static bool same(const struct rig_bytes *a, const struct rig_bytes *b)
{
	return a->size == b->size && !memcmp(rig_bytes_text(a), rig_bytes_text(b), a->size);
}

static int look(struct trial *t, struct rig_bytes *state, struct rig_error *err)
{
	rig_bytes_reset(state);
	return rig_state_take(&t->play, state, err);
}

/* From a clean target to the state before the step, or with it, to the one behind it. */
static int replay(struct trial *t, bool with_step, struct rig_error *err)
{
	const struct rig_step *s;

	rig_runner_begin(t->runner, &t->tally, &t->play);
	t->play.batch_max = 1;
	if (rig_play_begin(&t->play, t->script, err) < 0)
		return -1;
	for (s = t->script->steps; s != t->step && !t->play.stopped; s = s->next)
		if (rig_play_step(&t->play, s, err) < 0)
			return -1;
	if (with_step && rig_play_step(&t->play, t->step, err) < 0)
		return -1;
	if (t->play.scene.findings.first)
		fail_unjudged(t);
	return 0;
}

/* The model was not asked about what was sent with faults. */
static int end(struct trial *t, struct rig_error *err)
{
	t->play.tainted = true;
	if (rig_runner_end(t->runner, &t->play, err) < 0)
		return -1;
	if (!t->over && t->play.scene.findings.first)
		fail(t, 0, t->play.scene.findings.first->headline, NULL);
	return 0;
}

/* The errno of an answer in the inbox that refuses the request; 0: there is none. */
static int refusal(const struct trial *t, unsigned int socket)
{
	for (size_t i = 0; i < t->play.scene.inbox.count; i++) {
		const struct rig_arrival *arrival = &t->play.scene.inbox.list[i];

		if (arrival->kind == RIG_ARRIVAL_MESSAGE && arrival->socket == socket &&
		    rig_arrival_errno(arrival) > 0)
			return rig_arrival_errno(arrival);
	}
	return 0;
}

/* The states that the request leads from and to when nothing fails, and what is said to it. */
static int learn(struct trial *t, struct rig_error *err)
{
	const struct rig_scene_socket *socket;

	if (replay(t, false, err) < 0 || look(t, &t->before, err) < 0 || end(t, err) < 0)
		return -1;
	if (t->over)
		return 0;
	if (replay(t, true, err) < 0)
		return -1;
	socket = rig_scene_socket_find(&t->play.scene, t->step->socket);
	t->error = socket ? refusal(t, socket->handle) : 0;
	if (look(t, &t->after, err) < 0)
		return -1;
	return end(t, err);
}

/* ---- the request itself ---- */

static int drain(struct trial *t, struct rig_error *err)
{
	int timeout = t->play.traffic ? RIG_LINK_SETTLE : 0;
	unsigned int surplus = 0;
	struct rig_event event;
	int ret = 1;

	rig_inbox_empty(&t->play.scene.inbox);
	while (ret == 1 && surplus++ < SURPLUS_MAX) {
		ret = rig_link_receive(t->play.link, timeout, &event, err);
		if (ret == 1 && rig_inbox_add(&t->play.scene.inbox, &event) < 0)
			return rig_error_set(err, "out of memory");
	}
	return ret < 0 ? -1 : 0;
}

static int send_failing(struct trial *t, unsigned int nth, struct attempt *attempt,
			struct rig_error *err)
{
	struct rig_datagram datagram = {};
	bool fired = false;
	int sent = 0, ret;

	ret = rig_datagram_encode(&t->play, t->step, &datagram, err);
	if (ret == 0)
		ret = rig_link_fault_arm(t->fault, nth, err);
	if (ret == 0) {
		const struct rig_link_datagram one = { datagram.bytes.data, datagram.bytes.size };

		sent = rig_link_send(t->play.link, (int)datagram.socket->handle, &one, 1, NULL);
		ret = rig_link_fault_disarm(t->fault, &fired, err);
	}
	rig_bytes_free(&datagram.bytes);
	if (ret < 0 || drain(t, err) < 0)
		return -1;
	attempt->sending = sent < 0;
	attempt->error = sent < 0 ? -sent : refusal(t, datagram.socket->handle);
	attempt->outcome = !fired ? NOT_REACHED : attempt->error ? REFUSED : DONE;
	return 0;
}

/*
 * Caches that happen to want pages for objects make a few allocations more, and then one behind
 * them fails once again with a number that is so much larger.
 */
static bool is_excused(struct trial *t, size_t i, unsigned int nth)
{
	if (!t->excused[i].times || nth > t->excused[i].nth + SHIFT_MAX)
		t->excused[i].times++;
	t->excused[i].nth = nth;
	return t->excused[i].times <= excuses[i].times;
}

/* That is, of want of memory; ENOBUFS is the socket's word for it. */
static bool says_so(struct trial *t, unsigned int nth, const struct attempt *attempt)
{
	const struct rig_message *m = t->step->message;

	if (attempt->error == ENOMEM || attempt->error == t->error)
		return true;
	if (attempt->sending)
		return attempt->error == ENOBUFS;
	for (size_t i = 0; i < EXCUSES; i++)
		if (attempt->error == excuses[i].error && m->family && m->command &&
		    m->family->index == excuses[i].family &&
		    m->command->number == excuses[i].command)
			return is_excused(t, i, nth);
	return false;
}

static void judge(struct trial *t, unsigned int nth, const struct attempt *attempt)
{
	const struct rig_bytes *want;
	char what[80];

	switch (attempt->outcome) {
	case NOT_REACHED:
		if (!same(&t->now, &t->after))
			fail(t, 0, "after all the refusals it does not do what it did", &t->after);
		return;
	case REFUSED:
		t->run->faults++;
		t->run->refused++;
		/* Some requests are refused when half of them is done, and that is the contract. */
		want = attempt->error == t->error ? &t->after : &t->before;
		if (!same(&t->now, want))
			fail(t, nth, "it is refused, and something has changed", want);
		if (!says_so(t, nth, attempt)) {
			snprintf(what, sizeof(what), "it is refused with %s",
				 rig_errno_name(attempt->error));
			fail(t, nth, what, NULL);
		}
		return;
	case DONE:
		t->run->faults++;
		t->run->tolerated++;
		if (!same(&t->now, &t->after))
			fail(t, nth, "it is not refused, and not done as without", &t->after);
		return;
	}
}

/* Allocations from *nth on, until none is left, or the state is another: then again, replayed. */
static int try_from(struct trial *t, unsigned int *nth, bool *again, struct rig_error *err)
{
	struct attempt attempt = { .outcome = REFUSED };

	*again = false;
	while (!t->over && attempt.outcome != NOT_REACHED && !*again) {
		if (*nth == FAULTS_MAX)
			return rig_error_set(err, "%d allocations for one request", FAULTS_MAX);
		if (send_failing(t, *nth, &attempt, err) < 0 || look(t, &t->now, err) < 0)
			return -1;
		judge(t, *nth, &attempt);
		++*nth;
		*again = attempt.outcome != NOT_REACHED && !same(&t->now, &t->before);
	}
	return 0;
}

static int try_step(struct trial *t, struct rig_error *err)
{
	unsigned int nth = 1, replays;
	bool again = true;

	if (learn(t, err) < 0)
		return -1;
	memset(t->excused, 0, sizeof(t->excused));
	t->run->requests++;
	for (replays = 0; again && !t->over; replays++) {
		if (replays == REPLAYS_MAX)
			return rig_error_set(err, "%d faults tolerated", REPLAYS_MAX);
		if (replay(t, false, err) < 0)
			return -1;
		if (!t->over && look(t, &t->now, err) < 0)
			return -1;
		if (!t->over && !same(&t->now, &t->before))
			fail(t, nth, "the way there leads to another state now", &t->before);
		if (!t->over && try_from(t, &nth, &again, err) < 0)
			return -1;
		if (end(t, err) < 0)
			return -1;
	}
	return 0;
}

/* Of several messages in a datagram, one can be refused and the next one done. */
static bool can_be_tried(const struct rig_step *step)
{
	return step->kind == RIG_STEP_SEND && step->message && !step->message->next;
}

/* Adds a text to a hash (FNV-1a). */
static uint64_t hash_on(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3;
	return hash;
}

/* Whether a request has been tried that had the same steps before it. */
static bool is_new(struct rig_fault_tried *tried, uint64_t hash)
{
	for (size_t i = 0; i < tried->count; i++)
		if (tried->hash[i] == hash)
			return false;
	if (tried->count < RIG_FAULT_TRIED_MAX)
		tried->hash[tried->count++] = hash;
	return true;
}

int rig_fault_run(struct rig_runner *runner, int fault, struct rig_fault_tried *tried,
		  const struct rig_script *script, struct rig_fault_run *run, struct rig_error *err)
{
	struct trial t = { .runner = runner, .fault = fault, .script = script, .run = run };
	uint64_t hash = 0xcbf29ce484222325;
	int ret = 0;

	*run = (struct rig_fault_run){};
	rig_runner_begin(runner, &t.tally, &t.play);
	if (rig_runner_lacks(runner, script)) {
		run->skipped = rig_bytes_text(&runner->reason);
		return 0;
	}
	for (const struct rig_step *s = script->steps; s && !t.over && ret == 0; s = s->next) {
		t.step = s;
		hash = hash_on(hash, s->text);
		if (can_be_tried(s) && is_new(tried, hash))
			ret = try_step(&t, err);
	}
	rig_bytes_free(&t.before);
	rig_bytes_free(&t.after);
	rig_bytes_free(&t.now);
	return ret;
}
