/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nlrig bench: what the judging costs. Rounds of random requests go to a target twice: through the
 * whole pipeline, and then, as they were taped, through a bare loop that sends a request, receives
 * its answer, and looks at neither. Both by turns, so that what else the machine does meets both.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/bench.h"
#include "cli/boot.h"
#include "cli/options.h"
#include "gen/round.h"
#include "judge/run.h"
#include "link/tape.h"
#include "wire/script.h"

enum { ROUNDS_A_TURN = 16, TIMEOUT_MS = 200, BATCH = 64, SOCKETS = 64, ANSWER_MAX = 1 << 18 };

struct bench {
	const struct rig_bench_options *o;
	struct rig_link *link;
	struct rig_runner *judging; /* on the link itself */
	struct rig_link *taping;    /* the link, and what is done on it is taped */
	struct rig_runner *taped;
	struct rig_tape tape;
	struct rig_model *model;
	struct rig_answer answer;
	struct rig_arena arena;	     /* of a round */
	int handle[SOCKETS];	     /* of this run, by that of the tape */
	uint64_t messages, requests; /* through the pipeline; bare */
	double piped_s, bare_s, model_s;
	uint8_t received[ANSWER_MAX];
};

static double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

double rig_bench_now(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

double rig_bench_processor(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

void rig_bench_figure(const char *name, double value, int digits, const char *unit,
		      const char *against)
{
	printf("%s\t%.*f\t%s\t%s\n", name, digits, value, unit, against);
}

/* ---- the bare loop ---- */

static int open_socket(struct bench *b, const struct rig_tape_entry *e, struct rig_error *err)
{
	struct rig_link_socket sock = { .unprivileged = e->unprivileged };
	struct mnl_socket *nl;

	if (rig_link_socket_new(b->link, &sock, err) < 0)
		return -1;
	b->handle[e->handle] = sock.handle;
	/* An answer that does not come is not waited for. */
	nl = rig_link_socket_bare(b->link, sock.handle);
	if (nl && fcntl(mnl_socket_get_fd(nl), F_SETFL, O_NONBLOCK) < 0)
		return rig_error_set(err, "a socket that does not wait: %s", strerror(errno));
	return 0;
}

static void request(struct bench *b, const struct rig_tape_entry *e)
{
	struct mnl_socket *nl = rig_link_socket_bare(b->link, b->handle[e->handle]);

	if (!nl || mnl_socket_sendto(nl, e->data, e->len) < 0)
		return;
	for (uint32_t i = 0; i < e->value; i++)
		if (mnl_socket_recvfrom(nl, b->received, sizeof(b->received)) < 0)
			return;
}

/* What is no request is done as it was, and not counted. */
static int scene(struct bench *b, const struct rig_tape_entry *e, struct rig_error *err)
{
	struct rig_link_netdev dev = { .name = e->name, .mtu = e->value };
	struct rig_link_left left;

	switch (e->kind) {
	case RIG_TAPE_SOCKET:
		return open_socket(b, e, err);
	case RIG_TAPE_JOIN:
		return rig_link_join(b->link, b->handle[e->handle], e->value, err);
	case RIG_TAPE_NETDEV:
		return rig_link_netdev_add(b->link, &dev, err);
	case RIG_TAPE_CLEAN:
		return rig_link_clean(b->link, &left, err);
	case RIG_TAPE_WATCH:
		rig_link_watch(b->link, e->name, NULL, NULL);
		return 0;
	case RIG_TAPE_FRAME:
		b->requests--; /* it is in the tally of messages */
		rig_link_frame_put(b->link, e->name, e->data, e->len, NULL);
		return 0;
	case RIG_TAPE_SEND:
		break;
	}
	return 0;
}

static int run_bare(struct bench *b, struct rig_error *err)
{
	for (const struct rig_tape_entry *e = b->tape.first; e;) {
		double start;

		if (e->kind != RIG_TAPE_SEND) {
			if (scene(b, e, err) < 0)
				return -1;
			e = e->next;
			continue;
		}
		start = rig_bench_now();
		for (; e && e->kind == RIG_TAPE_SEND; e = e->next)
			request(b, e);
		b->bare_s += rig_bench_now() - start;
	}
	return 0;
}

/* ---- the model alone ---- */

static void tell_model(struct bench *b, const struct rig_tape_entry *e)
{
	const struct rig_netdev dev = {
		.name = e->name, .mtu = e->value, .up = true, .ethernet = true
	};

	switch (e->kind) {
	case RIG_TAPE_SOCKET:
		rig_model_socket(b->model, (unsigned int)e->handle, e->value,
				 e->unprivileged ? RIG_MODEL_UNPRIVILEGED : 0, NULL);
		return;
	case RIG_TAPE_JOIN:
		rig_model_join(b->model, (unsigned int)e->handle, e->value);
		return;
	case RIG_TAPE_NETDEV:
	case RIG_TAPE_WATCH:
		rig_model_netdev(b->model, &dev);
		return;
	case RIG_TAPE_FRAME:
		rig_model_frame(b->model, e->name, NULL, e->data, e->len, &b->answer);
		return;
	case RIG_TAPE_SEND:
		rig_model_send(b->model, (unsigned int)e->handle, e->data, e->len, &b->answer);
		return;
	case RIG_TAPE_CLEAN:
		rig_model_reset(b->model);
		return;
	}
}

static void run_model(struct bench *b)
{
	double start = rig_bench_processor();

	for (const struct rig_tape_entry *e = b->tape.first; e; e = e->next)
		tell_model(b, e);
	b->model_s += rig_bench_processor() - start;
}

/* ---- turns ---- */

/* Through the pipeline, from the random numbers on. */
static int run_piped(struct bench *b, struct rig_runner *runner, uint64_t first, uint64_t *messages,
		     struct rig_error *err)
{
	for (uint64_t round = first; round < first + ROUNDS_A_TURN; round++) {
		struct rig_script *script;
		struct rig_run run;

		rig_arena_reset(&b->arena);
		script = rig_round_make(&b->arena, b->o->seed, round, RIG_ROUND_MESSAGES);
		if (rig_runner_run(runner, script, &run, err) < 0)
			return -1;
		*messages += run.tally.messages;
	}
	return 0;
}

static int run_turn(struct bench *b, uint64_t first, struct rig_error *err)
{
	double start;

	rig_arena_reset(&b->tape.arena);
	b->tape.first = b->tape.last = NULL;
	if (run_piped(b, b->taped, first, &b->requests, err) < 0)
		return -1;
	start = rig_bench_now();
	if (run_piped(b, b->judging, first, &b->messages, err) < 0)
		return -1;
	b->piped_s += rig_bench_now() - start;
	if (b->o->target != RIG_TARGET_MODEL && run_bare(b, err) < 0)
		return -1;
	run_model(b);
	return 0;
}

static void print_figures(const struct bench *b)
{
	const struct rig_link_facts *facts = rig_link_facts(b->link);
	bool kernel = facts->target != RIG_TARGET_MODEL;
	double piped = (double)b->messages / b->piped_s, bare = (double)b->requests / b->bare_s;
	char against[256];

	snprintf(against, sizeof(against), "%s, %s %s, seed %" PRIu64 ", %" PRIu64 " messages",
		 rig_target_name[facts->target], facts->vm, facts->release, b->o->seed,
		 b->messages);
	rig_bench_figure("bench.pipeline", piped, 0, "1/s", against);
	if (kernel) {
		rig_bench_figure("bench.bare", bare, 0, "1/s", against);
		rig_bench_figure("bench.pipeline-to-bare", piped / bare, 2, "ratio", against);
	}
	rig_bench_figure("bench.model-alone", (double)b->messages / b->model_s, 0, "1/s", against);
}

static int prepare(struct bench *b, struct rig_error *err)
{
	const struct rig_run_options how = { .timeout_ms = TIMEOUT_MS, .first_only = true };

	b->link = rig_link_open(b->o->target, 0, err);
	b->taping = b->link ? rig_link_open_tape(b->link, &b->tape, err) : NULL;
	b->judging = b->taping ? rig_runner_new(b->link, &how, err) : NULL;
	b->taped = b->judging ? rig_runner_new(b->taping, &how, err) : NULL;
	if (!b->taped)
		return -1;
	rig_runner_batch(b->judging, BATCH);
	b->model = rig_runner_model(rig_link_facts(b->link));
	return b->model ? 0 : rig_error_set(err, "out of memory");
}

static int run_here(const struct rig_bench_options *o)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct rig_error err = {};
	char vm[16];
	int ret = -1;

	if (!b)
		abort();
	b->o = o;
	if (o->target == RIG_TARGET_MODEL ||
	    rig_target_allow(false, o->target, vm, sizeof(vm), &err) == 0)
		ret = prepare(b, &err);
	for (uint64_t first = 0; ret == 0 && b->messages < o->messages; first += ROUNDS_A_TURN)
		ret = run_turn(b, first, &err);
	if (ret == 0)
		print_figures(b);
	rig_model_free(b->model);
	rig_answer_free(&b->answer);
	rig_runner_free(b->taped);
	rig_runner_free(b->judging);
	rig_link_close(b->taping);
	rig_link_close(b->link);
	rig_arena_free(&b->tape.arena);
	rig_arena_free(&b->arena);
	free(b);
	return ret == 0 ? RIG_EXIT_PASSED : rig_cli_bad_error(&err);
}

static void print_line(void *context, char *line)
{
	unsigned int *lines = context;

	++*lines;
	fputs(line, stdout);
	fflush(stdout);
}

static int run_in_guest(const struct rig_bench_options *o)
{
	struct rig_boot boot = {
		.vm = o->vm,
		.target = rig_target_name[o->target],
		.folder = o->report,
		.timeout = "900",
	};
	unsigned int lines = 0;
	int status;

	rig_boot_begin(&boot);
	rig_boot_program(&boot);
	rig_boot_add(&boot, "bench");
	rig_boot_add(&boot, "--target=%s", boot.target);
	rig_boot_add(&boot, "--seed=%" PRIu64, o->seed);
	rig_boot_add(&boot, "--messages=%" PRIu64, o->messages);
	status = rig_boot_run(&boot, print_line, &lines);
	if (boot.interrupted)
		status = RIG_EXIT_INTERRUPTED;
	else if (status == RIG_EXIT_PASSED && (!lines || !rig_boot_orderly(&boot)))
		/* What the kernel's log says is not asked: others judge the target. */
		status = rig_boot_judge(&boot, stdout);
	rig_boot_free(&boot);
	return status;
}

/* ---- the command line ---- */

static int read_messages(const char *name, char *value, void *to)
{
	uint64_t *messages = to;
	int status = rig_option_number(name, value, messages);

	return status || *messages ? status : rig_cli_bad("--%s: 0 are nothing to measure", name);
}

static int run(int argc, char **argv)
{
	struct rig_bench_options o = {
		.target = RIG_TARGET_MODEL,
		.report = "build/report/bench",
		.seed = 1,
		.messages = 100000,
	};
	const struct rig_option options[] = {
		{ "target", rig_option_target, &o.target },
		{ "vm", rig_option_vm, &o.vm },
		{ "seed", rig_option_number, &o.seed },
		{ "messages", read_messages, &o.messages },
		{ "flows", rig_option_number, &o.flows },
		{ "report", rig_option_text, &o.report },
		{},
	};
	int status = rig_options_read(&rig_cli_bench, options, RIG_NO_OPERAND, argc, argv);

	if (status < 0)
		status = rig_options_check_vm(o.vm, o.target != RIG_TARGET_MODEL);
	if (status >= 0)
		return status;
	if (o.flows)
		return rig_bench_flows(&o);
	return !o.vm ? run_here(&o) : run_in_guest(&o);
}

const struct rig_command_line rig_cli_bench = {
	.name = "bench",
	.run = run,
	.summary = "what judging costs, beside a loop that judges nothing",
	.help = "usage: nlrig bench [OPTION]...\n"
		"\n"
		"Sends the same random requests through the whole pipeline, through a bare libmnl\n"
		"loop of requests and answers, and through the model alone, by turns. Prints\n"
		"figures: name, value, unit, what it was measured against.\n"
		"\n"
		"  --target T     model (unless given; no bare loop), intree or ref\n"
		"  --vm VM        qemu or uml: intree and ref run in a guest of their own\n"
		"  --seed N       which sequence (1)\n"
		"  --messages N   at least so many messages, each way (100000)\n"
		"  --flows N      instead: what a flow costs the model and the judge among 10000,\n"
		"                 and among N\n"
		"  --report DIR   for the guest's log (build/report/bench)\n"
		"\n"
		"Exit status: 0 measured, 1 the guest ended badly, 2 usage or something lacks.\n",
};
