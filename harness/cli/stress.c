/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig stress: everything at once, and the module loaded and unloaded. */
#include <inttypes.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/job.h"
#include "stress/stress.h"
#include "wire/arena.h"
#include "wire/bytes.h"
#include "wire/script.h"

enum { MODULES_MAX = 16, IDS_MAX = 64 };

/* What ci/vm/initramfs puts there. */
static const char modules_folder[] = "/modules", modules_list[] = "/rig/unload";

static char *const default_script = "corpora/stress/requests.nlt";

struct context {
	struct rig_stress stress;
	unsigned int cycles; /* 0: none */
	char *path;
	struct rig_arena arena;
	struct rig_bytes ids; /* names, each ended by a NUL */
};

/* ---- results ---- */

/* Each command of the datapath's own families, and what else has to have happened. */
static bool is_counted(const struct rig_family *family, unsigned int command)
{
	return family->index <= RIG_CT_LIMIT && rig_command_get(family, command) &&
	       !(family->index == RIG_PACKET && !family->commands[command].privileged);
}

static const struct {
	const char *id;
	size_t offset;
} others[] = {
	{ "stress/upcalls", offsetof(struct rig_stress_counts, upcalls) },
	{ "stress/notifications", offsetof(struct rig_stress_counts, notifications) },
	{ "stress/frames-in", offsetof(struct rig_stress_counts, frames_in) },
	{ "stress/frames-out", offsetof(struct rig_stress_counts, frames_out) },
	{ "stress/netdevs", offsetof(struct rig_stress_counts, netdevs) },
	{ "stress/namespaces", offsetof(struct rig_stress_counts, namespaces) },
};

static void add_result(struct rig_job *job, struct rig_suite *suite, const char *id, bool passed,
		       const char *detail)
{
	const struct rig_result *result =
		rig_suite_add(suite, passed ? RIG_PASSED : RIG_FAILED, id, NULL, detail);

	if (!job->table) {
		rig_ktap_result(stdout, suite->count, result);
		fflush(stdout);
	}
}

static void add_count(struct rig_job *job, struct rig_suite *suite, const char *id, uint64_t count)
{
	char detail[64];

	snprintf(detail, sizeof(detail), "%" PRIu64 "\n", count);
	add_result(job, suite, id, count > 0, detail);
}

/* A command that was never done has not been stressed. */
static void add_commands(struct rig_job *job, struct rig_suite *suite)
{
	struct context *c = job->context;
	uint64_t all = 0;

	for (unsigned int f = 0; f <= RIG_CT_LIMIT; f++)
		for (unsigned int i = 0; i < RIG_STRESS_COMMANDS; i++) {
			uint64_t done = c->stress.counts.done[f][i];
			uint64_t refused = c->stress.counts.refused[f][i];
			char id[64], detail[96];

			if (!is_counted(&rig_families[f], i))
				continue;
			all += done + refused;
			snprintf(id, sizeof(id), "stress/%s.%s", rig_families[f].name,
				 rig_families[f].commands[i].name);
			snprintf(detail, sizeof(detail), "%" PRIu64 " done, %" PRIu64 " refused\n",
				 done, refused);
			add_result(job, suite, id, done > 0, detail);
		}
	if (!job->table)
		printf("# figure stress.requests %" PRIu64 " requests\n", all);
}

static void add_others(struct rig_job *job, struct rig_suite *suite)
{
	struct context *c = job->context;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const char *counts = (const char *)&c->stress.counts;

		add_count(job, suite, others[i].id,
			  *(const atomic_uint_fast64_t *)(counts + others[i].offset));
	}
}

/* The results' names, in order. */
static void name_ids(struct context *c, struct rig_guest_options *guest)
{
	const char *at;

	for (unsigned int f = 0; f <= RIG_CT_LIMIT; f++)
		for (unsigned int i = 0; i < RIG_STRESS_COMMANDS; i++)
			if (is_counted(&rig_families[f], i)) {
				rig_bytes_print(&c->ids, "stress/%s.%s", rig_families[f].name,
						rig_families[f].commands[i].name);
				rig_bytes_zero(&c->ids, 1);
			}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		rig_bytes_put(&c->ids, others[i].id, strlen(others[i].id) + 1);
	rig_bytes_put(&c->ids, "stress/threads", sizeof("stress/threads"));
	if (c->cycles)
		rig_bytes_put(&c->ids, "reload/cycles", sizeof("reload/cycles"));
	guest->ids = calloc(IDS_MAX, sizeof(*guest->ids));
	if (!guest->ids || c->ids.failed)
		abort();
	for (at = (const char *)c->ids.data; at < (const char *)c->ids.data + c->ids.size;
	     at += strlen(at) + 1)
		guest->ids[guest->n_ids++] = at;
}

/* ---- the run ---- */

static void stress(struct rig_job *job, struct rig_suite *suite)
{
	struct context *c = job->context;
	struct rig_error err = {};
	char text[1024];
	int ret = rig_stress_run(&c->stress, &err);

	add_commands(job, suite);
	add_others(job, suite);
	add_result(job, suite, "stress/threads", ret == 0,
		   ret < 0 ? rig_error_text(&err, text, sizeof(text)) : NULL);
}

static size_t read_modules(char *text, const char **modules)
{
	size_t n = 0;

	for (char *line = strtok(text, "\n"); line && n + 1 < MODULES_MAX;
	     line = strtok(NULL, "\n"))
		modules[n++] = line;
	modules[n] = NULL;
	return n;
}

static void reload(struct rig_job *job, struct rig_suite *suite)
{
	struct context *c = job->context;
	const char *modules[MODULES_MAX];
	struct rig_error err = {};
	unsigned int done = 0;
	size_t size;
	char text[1024], *list = rig_file_read(modules_list, &size, &err);
	int ret = -1;

	if (list && read_modules(list, modules))
		ret = rig_stress_reload(&c->stress, modules_folder, modules, c->cycles, &done,
					&err);
	free(list);
	if (!job->table)
		printf("# figure stress.cycles %u cycles\n", done);
	add_result(job, suite, "reload/cycles", ret == 0,
		   ret < 0 ? rig_error_text(&err, text, sizeof(text)) : NULL);
}

static int here(struct rig_job *job, enum rig_target target, struct rig_suite *suite)
{
	struct context *c = job->context;

	c->stress.target = target;
	if (!job->table)
		rig_ktap_plan(stdout, job->guest.n_ids);
	fflush(stdout);
	stress(job, suite);
	if (c->cycles)
		reload(job, suite);
	if (!job->table)
		rig_ktap_end(stdout, suite);
	return RIG_EXIT_PASSED;
}

static int read_script(struct context *c)
{
	struct rig_error err = {};
	size_t size;
	char *text = rig_file_read(c->path, &size, &err);

	if (text)
		c->stress.script = rig_script_parse(&c->arena, c->path, text, size, &err);
	free(text);
	return c->stress.script ? RIG_EXIT_PASSED : rig_cli_bad_error(&err);
}

/* The same in the guest, where the script has another place. */
static void hand_on(struct context *c, struct rig_guest_options *guest)
{
	rig_guest_add(guest, "%s=/stress.nlt", c->path);
	rig_guest_word(guest, "--seconds=%u", c->stress.seconds);
	rig_guest_word(guest, "--threads=%u", c->stress.threads);
	rig_guest_word(guest, "--seed=%" PRIu64, c->stress.seed);
	if (c->cycles)
		rig_guest_word(guest, "--cycles=%u", c->cycles);
	rig_guest_word(guest, "/stress.nlt");
	name_ids(c, guest);
}

static int run(int argc, char **argv)
{
	static struct context context = {
		.stress = { .threads = 4, .seconds = 60, .seed = 1 },
	};
	struct rig_job job = {
		.command = &rig_cli_stress,
		.guest = { .timeout = "1800", .subcommand = "stress" },
		.here = here,
		.context = &context,
	};
	const struct rig_option options[] = {
		RIG_JOB_OPTIONS(job),
		{ "seconds", rig_option_count, &context.stress.seconds },
		{ "threads", rig_option_count, &context.stress.threads },
		{ "cycles", rig_option_count, &context.cycles },
		{ "seed", rig_option_number, &context.stress.seed },
		{},
	};
	int status = rig_options_read(&rig_cli_stress, options, RIG_ONE_OPERAND, argc, argv);

	if (status >= 0)
		return status;
	context.path = optind < argc ? argv[optind] : default_script;
	status = read_script(&context);
	if (!status) {
		hand_on(&context, &job.guest);
		status = rig_job_run(&job);
	}
	rig_guest_release(&job.guest);
	rig_bytes_free(&context.ids);
	rig_arena_free(&context.arena);
	return status;
}

const struct rig_command_line rig_cli_stress = {
	.name = "stress",
	.run = run,
	.summary = "do everything at once, and see what the kernel says",
	.help = "usage: nlrig stress [OPTION]... [SCRIPT]\n"
		"\n"
		"Several threads send requests to the same datapaths, random ones and those of\n"
		"the script (corpora/stress/requests.nlt), while packets flow through them and\n"
		"netdevs and network namespaces come and go. No answer is judged; each\n"
		"command must have been done, the kernel must have nothing to say, and nothing\n"
		"may be left behind.\n"
		"\n" RIG_JOB_HELP "  --seconds N    how long (60)\n"
		"  --threads N    that send requests (4)\n"
		"  --seed N       where the random ones begin (1)\n"
		"  --cycles N     then unload and load the module N times; with ports in place,\n"
		"                 it has to refuse first; only in a guest\n"
		"\n"
		"  NLRIG_KERNEL=$(ci/vm/build-kernel qemu ci/debug/debug.config) \\\n"
		"      nlrig stress --vm qemu --cycles 200\n"
		"\n"
		"Exit status: 0 all passed, 1 something failed, 2 usage, bad input, or something\n"
		"is missing.\n",
};
