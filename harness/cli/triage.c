/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig triage: what a campaign has found, group by group, each as one short script. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/boot.h"
#include "cli/fuzz.h"
#include "cli/options.h"
#include "fuzz/input.h"
#include "gen/shrink.h"
#include "wire/script.h"

enum { GROUPS_MAX = 256, PATH_ROOM = 4096, SHRINK_BOOTS = 40 };

/* Findings of one kind that say the same. */
struct group {
	char kind[16], headline[640], file[128];
	unsigned int count;
	uint64_t ms, executions; /* of the first */
	unsigned int reproduced;
	unsigned int steps_at_first, steps;
	const char *status; /* "new", or why it is known */
	char folder[PATH_ROOM];
};

struct triage {
	enum rig_target target;
	const char *vm, *campaign;
	uint64_t runs;
	char root[PATH_ROOM / 2];
	struct group groups[GROUPS_MAX];
	size_t n_groups;
	struct group *group; /* in hand */
};

/* ---- groups ---- */

static void take_line(struct triage *t, char *line)
{
	struct group g = { .count = 1, .status = "new" };
	size_t i;

	if (sscanf(line, "%" SCNu64 "\t%*u\t%" SCNu64 "\t%*u\t%15[^\t]\t%639[^\t]\t%127[^\t\n]",
		   &g.ms, &g.executions, g.kind, g.headline, g.file) != 5)
		return;
	for (i = 0; i < t->n_groups; i++)
		if (!strcmp(t->groups[i].kind, g.kind) &&
		    !strcmp(t->groups[i].headline, g.headline))
			break;
	if (i == GROUPS_MAX)
		return;
	if (i == t->n_groups)
		t->groups[t->n_groups++] = g;
	else
		t->groups[i].count++;
}

static int read_groups(struct triage *t)
{
	char path[PATH_ROOM], *text, *line, *rest;
	struct rig_error err = {};
	size_t size;

	snprintf(path, sizeof(path), "%s/findings.tsv", t->campaign);
	text = rig_file_read(path, &size, &err);
	if (!text)
		return access(path, F_OK) == 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take_line(t, line);
	free(text);
	return RIG_EXIT_PASSED;
}

/* What a report or a file in corpora/known/ speaks of: the place that the kernel names. */
static void look_up(struct triage *t, struct group *g)
{
	static const char *const folders[] = { "corpora/known/*", "corpora/reports/*" };
	char pattern[PATH_ROOM], *place = strstr(g->headline, " at ");
	glob_t found;

	if (!strcmp(g->kind, "divergence") || !place)
		return;
	place += strlen(" at ");
	for (size_t i = 0; i < 2; i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s", t->root, folders[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t f = 0; f < found.gl_pathc; f++) {
			size_t size;
			char *text = rig_file_read(found.gl_pathv[f], &size, NULL);
			char word[128];

			if (sscanf(place, "%127[^ +]", word) == 1 && text && strstr(text, word))
				g->status = "known";
			free(text);
		}
		globfree(&found);
	}
}

/* ---- a fresh guest ---- */

/* Runs "nlrig diff" with the script; what it says goes to a file. Its exit status. */
static int run_diff(const struct triage *t, const char *script, bool shrink, const char *log)
{
	char program[PATH_ROOM], *argv[16];
	int status, n = 0, fd;
	pid_t pid;

	snprintf(program, sizeof(program), "%s/build/nlrig", t->root);
	argv[n++] = program;
	argv[n++] = "diff";
	argv[n++] = "--target";
	argv[n++] = (char *)(uintptr_t)rig_target_name[t->target];
	argv[n++] = "--vm";
	argv[n++] = (char *)(uintptr_t)t->vm;
	argv[n++] = "--script";
	argv[n++] = (char *)(uintptr_t)script;
	argv[n++] = "--report";
	argv[n++] = t->group->folder;
	argv[n++] = "--timeout";
	argv[n++] = "90";
	if (!shrink)
		argv[n++] = "--no-shrink";
	argv[n] = NULL;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0)
			execv(program, argv);
		_exit(RIG_EXIT_USAGE);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return RIG_EXIT_USAGE;
	return WEXITSTATUS(status);
}

static bool says(const char *path, const char *what)
{
	size_t size;
	char *text = rig_file_read(path, &size, NULL);
	bool found = text && strstr(text, what);

	free(text);
	return found;
}

/* Whether a fresh guest shows it with this script. */
static bool shows(struct triage *t, const char *script, bool shrink)
{
	const struct group *g = t->group;
	char log[PATH_ROOM + 16], guest[PATH_ROOM + 16], headline[640];
	int status;

	snprintf(log, sizeof(log), "%s/diff.log", g->folder);
	snprintf(guest, sizeof(guest), "%s/%s", g->folder, rig_target_name[t->target]);
	status = run_diff(t, script, shrink, log);
	if (status == RIG_EXIT_PASSED)
		return false;
	if (strcmp(g->kind, "panic") && strcmp(g->kind, "hang"))
		return says(log, g->headline);
	rig_fuzz_name_end(guest, headline, sizeof(headline));
	return says(log, "did not end in order") && !strcmp(headline, g->headline);
}

/* ---- a group ---- */

static unsigned int count_steps(const struct rig_script *script)
{
	unsigned int n = 0;

	for (const struct rig_step *s = script->steps; s; s = s->next)
		n++;
	return n;
}

static void write_script(const struct triage *t, struct rig_script *script, const char *name,
			 char *path, size_t size)
{
	struct rig_bytes text = {};
	FILE *to;

	snprintf(path, size, "%s/%s", t->group->folder, name);
	rig_script_print(script, &text);
	to = fopen(path, "we");
	if (to) {
		fputs(rig_bytes_text(&text), to);
		fclose(to);
	}
	rig_bytes_free(&text);
}

/* Each candidate costs a boot. */
static bool fails(void *context, struct rig_script *script)
{
	struct triage *t = context;
	char path[PATH_ROOM + 32];

	write_script(t, script, "candidate.nlt", path, sizeof(path));
	return shows(t, path, false);
}

/* What ends the guest is made small from outside; what does not, by nlrig diff in the guest. */
static void shrink(struct triage *t, struct rig_script *script)
{
	struct rig_shrink s = { .fails = fails, .context = t, .limit = SHRINK_BOOTS };
	char path[PATH_ROOM + 32];
	bool ends_guest = !strcmp(t->group->kind, "panic") || !strcmp(t->group->kind, "hang");

	if (ends_guest)
		rig_shrink(&s, script);
	write_script(t, script, "script.nlt", path, sizeof(path));
	if (!ends_guest)
		shows(t, path, true);
	t->group->steps = count_steps(script);
}

/* A name for the folder that says what it is about. */
static void name_folder(const struct triage *t, struct group *g)
{
	const char *name = strrchr(g->file, '/');

	snprintf(g->folder, sizeof(g->folder), "%s/triage/%s", t->campaign,
		 name ? name + 1 : g->file);
}

static int take_group(struct triage *t, struct group *g)
{
	struct rig_error err = {};
	struct rig_arena arena = {};
	struct rig_script *script;
	char path[PATH_ROOM + 160];
	size_t size;
	char *input;

	t->group = g;
	name_folder(t, g);
	look_up(t, g);
	if (rig_folder_make(g->folder) < 0)
		return rig_cli_bad("%s: %s", g->folder, strerror(errno));
	snprintf(path, sizeof(path), "%s/%s", t->campaign, g->file);
	input = rig_file_read(path, &size, &err);
	if (!input)
		return rig_cli_bad_error(&err);
	script = rig_input_script(&arena, input, size);
	if (script) {
		g->steps_at_first = g->steps = count_steps(script);
		write_script(t, script, "script.nlt", path, sizeof(path));
		for (uint64_t i = 0; i < t->runs; i++)
			g->reproduced += shows(t, path, false);
		if (g->reproduced)
			shrink(t, script);
	}
	rig_arena_free(&arena);
	free(input);
	return script ? RIG_EXIT_PASSED : rig_cli_bad("out of memory");
}

/* ---- the report ---- */

static void report(const struct triage *t, FILE *to)
{
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct group *g = &t->groups[i];

		fprintf(to,
			"%s: %s\n  %s; %u times, first after %.1f s; reproduced %u of %" PRIu64
			"; steps %u -> %u\n  %s\n",
			g->kind, g->headline, g->status, g->count, (double)g->ms / 1000,
			g->reproduced, t->runs, g->steps_at_first, g->steps, g->folder);
	}
	if (!t->n_groups)
		fprintf(to, "nothing was found\n");
}

static int write_report(const struct triage *t)
{
	char path[PATH_ROOM];
	FILE *to;

	report(t, stdout);
	snprintf(path, sizeof(path), "%s/triage.txt", t->campaign);
	to = fopen(path, "we");
	if (!to)
		return rig_cli_bad("%s: %s", path, strerror(errno));
	report(t, to);
	fclose(to);
	for (size_t i = 0; i < t->n_groups; i++)
		if (!strcmp(t->groups[i].status, "new"))
			return RIG_EXIT_FAILED;
	return RIG_EXIT_PASSED;
}

static int run(int argc, char **argv)
{
	struct triage *t = calloc(1, sizeof(*t));
	const struct rig_option options[] = {
		{ "target", rig_option_target, t ? &t->target : NULL },
		{ "vm", rig_option_vm, t ? &t->vm : NULL },
		{ "out", rig_option_text, t ? &t->campaign : NULL },
		{ "runs", rig_option_number, t ? &t->runs : NULL },
		{},
	};
	char folder[64];
	int status;

	if (!t)
		abort();
	t->vm = "uml-san";
	t->runs = 3;
	status = rig_options_read(&rig_cli_triage, options, RIG_NO_OPERAND, argc, argv);
	if (status < 0 && t->target == RIG_TARGET_MODEL)
		status = rig_cli_bad("triage: --target intree or ref?");
	if (status >= 0) {
		free(t);
		return status;
	}
	snprintf(folder, sizeof(folder), "build/fuzz/%s", rig_target_name[t->target]);
	if (!t->campaign)
		t->campaign = folder;
	rig_boot_find_root(t->root, sizeof(t->root));
	status = read_groups(t);
	for (size_t i = 0; i < t->n_groups && !status; i++)
		status = take_group(t, &t->groups[i]);
	if (!status)
		status = write_report(t);
	free(t);
	return status;
}

const struct rig_command_line rig_cli_triage = {
	.name = "triage",
	.run = run,
	.summary = "say what a campaign of nlrig fuzz has found",
	.help = "usage: nlrig triage --target T [OPTION]...\n"
		"\n"
		"Groups the findings of a campaign by what the kernel or the judge says, runs one\n"
		"of each in fresh guests, and makes it as small as can be. Below DIR/triage/ each\n"
		"has a folder with its script; a divergence also its case, made small, with a C\n"
		"program, a capture and an annotated dump; and the guest's console and log.\n"
		"\n"
		"  --target T     intree or ref\n"
		"  --out DIR      the campaign (build/fuzz/TARGET)\n"
		"  --vm VM        in which the guests are (uml-san)\n"
		"  --runs N       how many fresh guests are to show it (3)\n"
		"\n"
		"Exit status: 0 nothing new, 1 something new, 2 usage or something is missing.\n",
};
