/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/case.h"

#include <linux/netlink.h>
#include <string.h>

#include "judge/inbox.h"
#include "judge/run.h"
#include "link/link.h"

struct caser {
	struct rig_trace_script *made;
	uint32_t seq; /* of the last request: requests are numbered as they are sent */
	bool failed;
};

static bool has_want(const struct rig_step *step, unsigned int request)
{
	for (const struct rig_want *want = step->wants; want; want = want->next)
		if (want->request == request)
			return true;
	return false;
}

/* What came to that request; NULL: nothing. */
static const struct rig_message *end_of(const struct rig_step_done *done, uint32_t seq)
{
	const struct rig_message *last = NULL;

	for (size_t i = 0; i < done->inbox->count; i++) {
		const struct rig_arrival *arrival = &done->inbox->list[i];

		if (arrival->kind == RIG_ARRIVAL_MESSAGE && arrival->socket == done->socket &&
		    arrival->message->seq == seq)
			last = arrival->message;
	}
	return last;
}

static int add_want(struct caser *c, struct rig_step *step, unsigned int request,
		    const struct rig_message *end)
{
	int error = rig_message_errno(end);
	const char *name = error > 0 ? rig_errno_name(error) : NULL;
	struct rig_want *want = rig_arena_alloc(&c->made->arena, sizeof(*want));
	struct rig_bytes text = {};

	if (!want)
		return -1;
	want->request = request;
	if (name) {
		want->kind = RIG_WANT_ERROR;
		want->error = error;
		rig_bytes_print(&text, "error %s", name);
	} else {
		want->kind = end->type == NLMSG_DONE ? RIG_WANT_DONE : RIG_WANT_OK;
		rig_bytes_print(&text, "%s", rig_want_name[want->kind]);
	}
	want->text = rig_arena_copy(&c->made->arena, rig_bytes_text(&text), text.size);
	rig_bytes_free(&text);
	want->next = step->wants;
	step->wants = want;
	c->made->script.n_wants++;
	return want->text ? 0 : -1;
}

static bool watch(void *context, const struct rig_step_done *done)
{
	struct caser *c = context;
	struct rig_step *step = c->made->script.steps;
	unsigned int request = 0;

	while (step && step != done->step)
		step = step->next;
	for (const struct rig_message *m = done->step->message; m; m = m->next, request++) {
		const struct rig_message *end;

		if (m->raw)
			continue;
		end = end_of(done, ++c->seq);
		if (step && end && !has_want(step, request))
			c->failed |= add_want(c, step, request, end) < 0;
	}
	return c->failed;
}

static void drop_listener(struct rig_script *script)
{
	struct rig_step **link = &script->steps;

	while (*link && !(*link)->groups)
		link = &(*link)->next;
	if (*link)
		*link = (*link)->next;
}

int rig_trace_case(struct rig_trace_script *made, bool listener, struct rig_error *err)
{
	struct caser c = { .made = made };
	const struct rig_run_options how = { .watch = watch, .context = &c };
	struct rig_link *link = rig_link_open(RIG_TARGET_MODEL, 0, err);
	struct rig_runner *runner = link ? rig_runner_new(link, &how, err) : NULL;
	struct rig_run run;
	int ret = -1;

	if (!listener)
		drop_listener(&made->script);
	if (runner)
		ret = rig_runner_run(runner, &made->script, &run, err);
	if (c.failed)
		ret = rig_error_set(err, "out of memory");
	rig_runner_free(runner);
	rig_link_close(link);
	return ret;
}
