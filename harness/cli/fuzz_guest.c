/* SPDX-License-Identifier: GPL-2.0-only */
/* In a guest: writes seeds where there are none, and becomes afl-fuzz with this program to run. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/fuzz.h"
#include "fuzz/forkserver.h"
#include "fuzz/input.h"
#include "gen/mutate.h"
#include "gen/random.h"

enum { SEEDS = 24, MESSAGES_MIN = 2, MESSAGES_MAX = 20, WORDS = 40 };

static const char fresh_folder[] = "/tmp/seeds", mutator[] = "/lib/nlrig-mutator.so";

static bool has_files(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)) != NULL)
		found = entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return found;
}

static int write_file(const char *path, const void *data, size_t size)
{
	FILE *to = fopen(path, "we");

	if (to)
		fwrite(data, 1, size, to);
	return to && fclose(to) == 0 ? 0 : rig_cli_bad("%s: %s", path, strerror(errno));
}

static int write_seed(unsigned int number, const void *data, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%u", fresh_folder, number);
	return write_file(path, data, size);
}

/* Who takes bytes begins with what is easily had: headers, of a request to each family. */
static int write_headers(void)
{
	int status = 0;

	for (unsigned int i = 0; i <= RIG_CT_LIMIT && !status; i++) {
		const struct {
			struct nlmsghdr netlink;
			struct genlmsghdr generic;
			uint32_t dp;
		} request = {
			.netlink = { .nlmsg_len = sizeof(request),
				     .nlmsg_type = rig_families[i].default_id,
				     .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
			.generic = { .cmd = 1, .version = rig_families[i].version },
		};

		status = write_seed(i, &request, sizeof(request));
	}
	return status;
}

static int write_scripts(const struct rig_fuzz_options *o)
{
	struct rig_random random;
	struct rig_arena arena = {};
	struct rig_bytes bytes = {};
	int status = 0;

	rig_random_seed(&random, o->seed, 1);
	for (unsigned int i = 0; i < SEEDS && !status; i++) {
		unsigned int n = rig_random_between(&random, MESSAGES_MIN, MESSAGES_MAX);

		rig_arena_reset(&arena);
		rig_bytes_reset(&bytes);
		rig_input_write(rig_mutate_fresh(&arena, &random, n), &bytes);
		status = write_seed(i, bytes.data, bytes.size);
	}
	rig_arena_free(&arena);
	rig_bytes_free(&bytes);
	return status;
}

static int write_seeds(const struct rig_fuzz_options *o)
{
	mkdir(fresh_folder, 0777);
	return o->how == RIG_FUZZ_BYTES ? write_headers() : write_scripts(o);
}

static void set_environment(const struct rig_fuzz_options *o)
{
	static const char *const settings[][2] = {
		{ "AFL_NO_UI", "1" },		{ "AFL_NO_AFFINITY", "1" },
		{ "AFL_SKIP_CPUFREQ", "1" },	{ "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "1" },
		{ "AFL_NO_CRASH_README", "1" }, { "AFL_AUTORESUME", "1" },
		{ "AFL_FAST_CAL", "1" },	{ "AFL_NO_STARTUP_CALIBRATION", "1" },
		{ "AFL_IGNORE_PROBLEMS", "1" }, { "AFL_FORKSRV_INIT_TMOUT", "30000" },
	};
	char number[16];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		setenv(settings[i][0], settings[i][1], 1);
	snprintf(number, sizeof(number), "%d", RIG_MAP_SIZE);
	setenv("AFL_MAP_SIZE", number, 1);
	if (o->how == RIG_FUZZ_BYTES)
		return;
	setenv("AFL_CUSTOM_MUTATOR_LIBRARY", mutator, 1);
	/* The second guest changes bytes in AFL++'s own ways, too. */
	if (o->job != 1)
		setenv("AFL_CUSTOM_MUTATOR_ONLY", "1", 1);
}

struct words {
	char *list[WORDS];
	unsigned int count;
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (words->count == WORDS - 1 || vasprintf(&words->list[words->count++], format, args) < 0)
		abort();
	va_end(args);
}

/* The first job is the main one, which takes in what all others find. */
static void add_fuzzer(struct words *words, const struct rig_fuzz_options *o, const char *seeds)
{
	add(words, "afl-fuzz");
	add(words, "-i%s", seeds);
	add(words, "-o%s/afl", o->folder);
	add(words, "%s", o->job ? "-S" : "-M");
	if (o->job)
		add(words, "s%" PRIu64, o->job);
	else
		add(words, "main");
	add(words, "-V%" PRIu64, o->seconds);
	add(words, "-s%" PRIu64, o->seed + o->job);
	add(words, "-t10000");
	add(words, "-mnone");
	add(words, "-d"); /* flips of every bit in turn are not worth their time */
	add(words, "-G%d", RIG_INPUT_SIZE_MAX);
	add(words, "--");
}

static void add_target(struct words *words, const struct rig_fuzz_options *o)
{
	add(words, "/bin/nlrig");
	add(words, "fuzz");
	add(words, "--serve");
	add(words, "--target=%s", rig_target_name[o->target]);
	add(words, "--how=%s", rig_fuzz_how_name[o->how]);
	add(words, "--out=%s", o->folder);
	add(words, "--known=%s", o->known_folder);
	add(words, "--job=%" PRIu64, o->job);
	add(words, "--began=%" PRIu64, o->began_ms);
	if (o->no_state)
		add(words, "--no-state");
}

int rig_fuzz_guest(const struct rig_fuzz_options *o)
{
	char shared[4096];
	const char *seeds = fresh_folder;
	struct words words = {};
	int status;

	snprintf(shared, sizeof(shared), "%s/seeds", o->folder);
	if (o->how != RIG_FUZZ_BYTES && has_files(shared))
		seeds = shared;
	status = seeds == fresh_folder ? write_seeds(o) : RIG_EXIT_PASSED;
	if (status)
		return status;
	if (o->before && system(o->before) != 0)
		return rig_cli_bad("--before: it failed in the guest: %s", o->before);
	set_environment(o);
	add_fuzzer(&words, o, seeds);
	add_target(&words, o);
	fflush(NULL);
	execvp(words.list[0], words.list);
	return rig_cli_bad("%s: %s", words.list[0], strerror(errno));
}
