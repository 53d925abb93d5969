/* SPDX-License-Identifier: GPL-2.0-only */
/* What afl-fuzz runs in a guest: takes test cases, has the kernel and the model answer, judges. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cli/diff_log.h"
#include "cli/fuzz.h"
#include "fuzz/forkserver.h"
#include "fuzz/input.h"
#include "fuzz/state.h"
#include "gen/stage.h"
#include "judge/finding.h"
#include "judge/known.h"
#include "judge/resident.h"
#include "judge/run.h"
#include "link/kcov.h"
#include "wire/codec.h"
#include "wire/script.h"

enum { TIMEOUT_MS = 200, BATCH = 64, STATUS_MS = 1000, KINDS = 512, KIND_MAX = 200, AGAIN = 3 };

struct kind {
	char what[KIND_MAX];
	uint64_t count;
};

struct target {
	const struct rig_fuzz_options *o;
	struct rig_forkserver server;
	struct rig_link *link;
	struct rig_runner *runner;
	struct rig_resident *resident;
	struct rig_known *known;
	struct rig_kcov *kcov;
	struct rig_diff_log log;
	struct rig_fuzz_leaks leaks;
	struct rig_state_map state;
	struct rig_arena arena; /* of the test case in hand */
	struct rig_arena stage_arena;
	struct rig_script *stage;
	struct rig_error err;
	int current; /* a file with the test case in hand, for whoever outlives this guest */
	int status;  /* a file of figures */
	unsigned int first_ms, status_ms;
	uint64_t executions, messages, found;
	struct kind kinds[KINDS];
	size_t n_kinds;
};

/* ---- files for those outside ---- */

static int open_file(const struct target *t, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/job-%" PRIu64 "/%s", t->o->folder, t->o->job, name);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
}

/* Its size in front, so that a shorter one need not cut the file. */
static void keep_current(struct target *t)
{
	const struct iovec parts[] = {
		{ (void *)(uintptr_t)t->server.size, sizeof(*t->server.size) },
		{ (void *)(uintptr_t)t->server.input, *t->server.size },
	};

	if (t->current >= 0 && pwritev(t->current, parts, 2, 0) < 0)
		t->current = -1;
}

static uint64_t elapsed_ms(const struct target *t)
{
	return t->o->began_ms + (rig_clock_ms() - t->first_ms);
}

static void write_status(struct target *t, bool now)
{
	static const struct rig_resident_counts none;
	const struct rig_resident_counts *counts =
		t->resident ? rig_resident_counts(t->resident) : &none;
	unsigned int clock = rig_clock_ms();
	struct rig_bytes text = {};

	if (!now && clock - t->status_ms < STATUS_MS)
		return;
	t->status_ms = clock;
	rig_bytes_print(&text,
			"ms %" PRIu64 "\nexecs %" PRIu64 "\nmessages %" PRIu64
			"\nblocks %zu\nspared %" PRIu64 "\nbeyond %" PRIu64 "\nfindings %" PRIu64
			"\n",
			elapsed_ms(t), t->executions, t->messages, rig_kcov_count(t->kcov),
			counts->spared, counts->beyond, t->found);
	for (unsigned int i = 0; i < RIG_RESETS; i++)
		rig_bytes_print(&text, "reset %" PRIu64 " %s\n", counts->resets[i],
				rig_reset_name[i]);
	rig_bytes_print(&text, "%80s\n", "");
	if (t->status >= 0 && pwrite(t->status, text.data, text.size, 0) < 0)
		t->status = -1;
	rig_bytes_free(&text);
}

static void write_blocks(struct target *t)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/job-%" PRIu64 "/blocks", t->o->folder, t->o->job);
	rig_kcov_write(t->kcov, path, NULL);
}

/* ---- findings ---- */

/* A headline without the line, which differs from script to script. */
static const char *kind_of(const char *headline)
{
	const char *colon = strstr(headline, ": ");

	return strncmp(headline, "line", 4) || !colon ? headline : colon + 2;
}

/* How often it has been seen before. */
static uint64_t count_kind(struct target *t, const char *what)
{
	size_t i;

	for (i = 0; i < t->n_kinds; i++)
		if (!strncmp(t->kinds[i].what, what, KIND_MAX - 1))
			return t->kinds[i].count++;
	if (i == KINDS)
		return AGAIN;
	snprintf(t->kinds[i].what, KIND_MAX, "%s", what);
	t->kinds[i].count = 1;
	t->n_kinds++;
	return 0;
}

/* What was found before this guest began, here or in another one. */
static void read_kinds(struct target *t)
{
	char path[4096], *text, *line, *rest;
	size_t size;

	snprintf(path, sizeof(path), "%s/findings.tsv", t->o->folder);
	text = rig_file_read(path, &size, NULL);
	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		for (unsigned int column = 0; line && column < 5; column++) {
			line = strchr(line, '\t');
			line += line != NULL;
		}
		if (!line)
			continue;
		line[strcspn(line, "\t")] = '\0';
		count_kind(t, line);
	}
	free(text);
}

static void note(struct target *t, const char *kind, const char *headline)
{
	struct rig_finding_line line = {
		.ms = elapsed_ms(t),
		.job = t->o->job,
		.executions = t->executions,
		.messages = t->messages,
		.kind = kind,
		.headline = headline,
	};

	t->found += strcmp(kind, "once") != 0;
	rig_fuzz_note(t->o->folder, &line, t->server.input, *t->server.size, &t->err);
	write_status(t, true);
}

static bool is_left(const char *headline)
{
	return !strncmp(headline, "left behind", strlen("left behind"));
}

/* Several datagrams at a time show that something differs, one at a time what does. */
static int look_closer(struct target *t, const struct rig_script *script, const char *headline)
{
	const struct rig_finding *finding;
	struct rig_run run;
	char first[KIND_MAX];
	uint64_t seen;

	snprintf(first, sizeof(first), "%s", kind_of(headline));
	seen = count_kind(t, first);
	if (seen >= AGAIN)
		return 0;
	rig_runner_batch(t->runner, 1);
	if (rig_resident_run(t->resident, script, &run, &t->err) < 0)
		return -1;
	rig_runner_batch(t->runner, BATCH);
	finding = rig_findings_difference(run.findings);
	headline = finding ? kind_of(finding->headline) : first;
	if (strcmp(headline, first) ? count_kind(t, headline) : seen)
		return 0;
	note(t, !finding ? "once" : is_left(headline) ? "undo" : "divergence", headline);
	return 0;
}

/* ---- a test case ---- */

/* Which parts of the kernel it went through: before what is undone, or made anew. */
static void done(void *context)
{
	struct target *t = context;

	rig_kcov_fold(t->kcov, t->server.map, RIG_MAP_BITS);
}

static void heard(void *context, const struct rig_heard *what)
{
	struct target *t = context;

	rig_state_heard(&t->state, t->server.map, what);
}

static bool check_log(struct target *t)
{
	const struct rig_finding *complaint = rig_diff_log_check(&t->log);

	if (complaint && !count_kind(t, complaint->headline))
		note(t, "log", complaint->headline);
	return complaint;
}

/* What undoes the script is not counted. */
static uint64_t count_messages(const struct rig_script *script)
{
	uint64_t n = 0;

	for (const struct rig_step *s = script->steps; s; s = s->next) {
		n += s->kind == RIG_STEP_FRAME;
		for (const struct rig_message *m = s->message; m; m = m->next)
			n++;
	}
	return n;
}

/* 1: it found something, 0: not. */
static int play(struct target *t)
{
	const struct rig_finding *finding;
	const struct rig_object *objects;
	struct rig_script *script;
	struct rig_run run;
	size_t n;

	rig_arena_reset(&t->arena);
	script = rig_input_read(&t->arena, t->server.input, *t->server.size);
	if (!script)
		return rig_error_set(&t->err, "out of memory");
	if (rig_resident_run(t->resident, script, &run, &t->err) < 0)
		return -1;
	t->messages += count_messages(script);
	n = rig_resident_objects(t->resident, &objects);
	if (t->o->how == RIG_FUZZ_WHOLE && !t->o->no_state)
		rig_state_ended(&t->state, t->server.map, objects, n);
	finding = rig_findings_difference(run.findings);
	if (finding && t->o->how == RIG_FUZZ_WHOLE) {
		char headline[KIND_MAX];

		snprintf(headline, sizeof(headline), "%s", finding->headline);
		if (look_closer(t, script, headline) < 0)
			return -1;
		rig_kcov_take(t->kcov);
		check_log(t);
		return 1;
	}
	/* What making the stage anew took is nobody's. */
	rig_kcov_take(t->kcov);
	return check_log(t);
}

/* The way of 2019: a socket, a message, and whatever it says is not read. */
static int play_bytes(struct target *t)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	const struct rig_family_ids *ids = &rig_link_facts(t->link)->families;
	uint8_t copy[65536];
	uint32_t size = *t->server.size < sizeof(copy) ? *t->server.size : sizeof(copy);
	struct nlmsghdr *header = (struct nlmsghdr *)copy;
	const struct rig_family *family;

	if (!nl)
		return rig_error_set(&t->err, "a generic netlink socket: %s", strerror(errno));
	memset(copy, 0, sizeof(*header));
	memcpy(copy, t->server.input, size);
	family = rig_family_by_id(NULL, header->nlmsg_type);
	if (family && family->index != RIG_NL)
		header->nlmsg_type = ids->id[family->index];
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0 && size)
		mnl_socket_sendto(nl, copy, size);
	mnl_socket_close(nl);
	t->messages++;
	done(t);
	return check_log(t);
}

/* Which of the test cases since the last look it was is not known: this one is the latest. */
static void check_leaks(struct target *t)
{
	char headline[KIND_MAX];

	if (rig_fuzz_look_for_leaks(&t->leaks, headline, sizeof(headline)) &&
	    !count_kind(t, headline))
		note(t, "leak", headline);
}

static int serve(struct target *t)
{
	int (*const run)(struct target *) = t->o->how == RIG_FUZZ_BYTES ? play_bytes : play;

	while (rig_forkserver_next(&t->server)) {
		int found;

		keep_current(t);
		found = run(t);
		if (found < 0)
			return -1;
		t->executions++;
		check_leaks(t);
		write_status(t, false);
		if (!rig_forkserver_done(&t->server, found))
			break;
	}
	return 0;
}

/* ---- to begin with ---- */

static int make_stage(struct target *t)
{
	const struct rig_resident_options options = {
		.stage = t->stage,
		.heard = t->o->how == RIG_FUZZ_WHOLE && !t->o->no_state ? heard : NULL,
		.done = done,
		.context = t,
	};

	t->resident = rig_resident_new(t->runner, &options, &t->err);
	rig_kcov_take(t->kcov);
	return t->resident ? 0 : -1;
}

static int open_all(struct target *t)
{
	const struct rig_run_options how = { .timeout_ms = TIMEOUT_MS, .first_only = true };
	struct rig_bytes text = {};

	if (rig_forkserver_open(&t->server, &t->err) < 0)
		return -1;
	t->known = rig_known_new();
	if (!t->known || rig_known_load(t->known, t->o->known_folder, &t->err) < 0)
		return -1;
	t->link = rig_link_open(t->o->target, 0, &t->err);
	t->runner = t->link ? rig_runner_new(t->link, &how, &t->err) : NULL;
	if (!t->runner)
		return -1;
	rig_bytes_print(&text, "# The stage.\n");
	rig_stage_print(&text);
	t->stage = rig_script_parse(&t->stage_arena, "stage", rig_bytes_text(&text), text.size,
				    &t->err);
	rig_bytes_free(&text);
	t->kcov = t->stage ? rig_kcov_open(&t->err) : NULL;
	if (!t->kcov)
		return -1;
	rig_runner_batch(t->runner, BATCH);
	t->log.known = t->known;
	t->log.where = (struct rig_known_where){
		.target = rig_target_name[t->o->target],
		.kernel = rig_link_facts(t->link)->release,
	};
	rig_diff_log_open(&t->log);
	t->current = open_file(t, "current");
	t->status = open_file(t, "figures");
	read_kinds(t);
	t->first_ms = t->status_ms = rig_clock_ms();
	return make_stage(t);
}

int rig_fuzz_target(const struct rig_fuzz_options *o)
{
	struct target *t = calloc(1, sizeof(*t));
	char vm[16], log[4096];
	int ret;

	if (!t)
		abort();
	t->o = o;
	/* afl-fuzz throws away what its target says. */
	snprintf(log, sizeof(log), "%s/job-%" PRIu64 "/target.log", o->folder, o->job);
	if (!freopen(log, "ae", stderr))
		return RIG_EXIT_USAGE;
	ret = rig_target_allow(false, o->target, vm, sizeof(vm), &t->err);
	/* afl-fuzz kills its target: then all that is here goes with the namespace. */
	if (ret == 0 && unshare(CLONE_NEWNET) < 0)
		ret = rig_error_set(&t->err, "a network namespace: %s", strerror(errno));
	if (ret == 0)
		ret = open_all(t);
	if (ret == 0)
		ret = serve(t);
	if (t->kcov)
		write_status(t, true);
	if (t->kcov)
		write_blocks(t);
	if (ret < 0)
		rig_cli_bad_error(&t->err);
	rig_resident_free(t->resident);
	rig_kcov_close(t->kcov);
	rig_runner_free(t->runner);
	rig_link_close(t->link);
	rig_known_free(t->known);
	rig_diff_log_close(&t->log);
	rig_arena_free(&t->arena);
	rig_arena_free(&t->stage_arena);
	free(t);
	return ret < 0 ? RIG_EXIT_USAGE : RIG_EXIT_PASSED;
}
