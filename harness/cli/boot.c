/* SPDX-License-Identifier: GPL-2.0-only */
/* This program in a guest of its own, by way of ci/vm/boot. */
#include "cli/boot.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "judge/klog.h"
#include "judge/known.h"

enum { FINDINGS = 8 };

/* What boot's exit status says. */
enum { BOOT_ORDERLY = 0, BOOT_MISSING = 2 };

static volatile sig_atomic_t interrupted;
static volatile pid_t running; /* boot; 0: not running */

/* Boot, told to end, kills its guest; then there is nothing more to follow. */
static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
	if (running)
		kill(running, SIGTERM);
}

void rig_boot_add(struct rig_boot *boot, const char *fmt, ...)
{
	va_list args;

	boot->argv = realloc(boot->argv, (boot->argc + 2) * sizeof(*boot->argv));
	if (!boot->argv)
		abort();
	va_start(args, fmt);
	if (vasprintf(&boot->argv[boot->argc++], fmt, args) < 0)
		abort();
	va_end(args);
	boot->argv[boot->argc] = NULL;
}

/* This program is build/nlrig, so the rest of the tree is around it. */
void rig_boot_find_root(char *root, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", root, size - 1);

	if (len < 0)
		abort();
	root[len] = '\0';
	for (int up = 0; up < 2 && strrchr(root, '/'); up++)
		*strrchr(root, '/') = '\0';
}

void rig_boot_begin(struct rig_boot *boot)
{
	char root[4096];

	rig_boot_find_root(root, sizeof(root));
	rig_boot_add(boot, "%s/ci/vm/boot", root);
	rig_boot_add(boot, "--vm");
	rig_boot_add(boot, "%s", boot->vm);
	rig_boot_add(boot, "--target");
	rig_boot_add(boot, "%s", boot->target);
	rig_boot_add(boot, "--out");
	rig_boot_add(boot, "%s", boot->folder);
	rig_boot_add(boot, "--timeout");
	rig_boot_add(boot, "%s", boot->timeout);
	rig_boot_add(boot, "--append");
	rig_boot_add(boot, "rcutree.jiffies_till_first_fqs=0 rcutree.jiffies_till_next_fqs=1");
	rig_boot_add(boot, "--add");
	rig_boot_add(boot, "%s/build/nlrig=/bin/nlrig", root);
}

void rig_boot_put(struct rig_boot *boot, const char *from, const char *to)
{
	rig_boot_add(boot, "--add");
	rig_boot_add(boot, "%s=%s", from, to);
}

void rig_boot_root(struct rig_boot *boot, const char *from, const char *to)
{
	char root[4096];

	rig_boot_find_root(root, sizeof(root));
	rig_boot_add(boot, "--add");
	rig_boot_add(boot, "%s/%s=%s", root, from, to);
}

/* ---- traces ---- */

static const char inside[] = "/traces/"; /* where the guest has them, as 1 and so on */

void rig_boot_add_traces(struct rig_boot *boot, char *const *paths, int n)
{
	boot->traces = paths;
	boot->n_traces = n;
	for (int i = 0; i < n; i++) {
		char to[32];

		snprintf(to, sizeof(to), "%s%d", inside, i + 1);
		rig_boot_put(boot, paths[i], to);
	}
}

void rig_boot_add_trace_path(struct rig_boot *boot, int i)
{
	rig_boot_add(boot, "%s%d", inside, i + 1);
}

void rig_boot_say(const struct rig_boot *boot, const char *text, FILE *to)
{
	const char *path;

	while ((path = strstr(text, inside)) != NULL) {
		char *end;
		long i = strtol(path + strlen(inside), &end, 10);

		fwrite(text, 1, path - text, to);
		if (i >= 1 && i <= boot->n_traces)
			fputs(boot->traces[i - 1], to);
		else
			fwrite(path, 1, end - path, to);
		text = end;
	}
	fputs(text, to);
}

void rig_boot_program(struct rig_boot *boot)
{
	rig_boot_add(boot, "--follow");
	rig_boot_add(boot, "--");
	rig_boot_add(boot, "/bin/nlrig");
}

static void exec_boot(const struct rig_boot *boot, const int out[2])
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(out[1], STDOUT_FILENO);
	close(out[0]);
	close(out[1]);
	execv(boot->argv[0], boot->argv);
	rig_cli_bad("%s: %s", boot->argv[0], strerror(errno));
	_exit(BOOT_MISSING);
}

static void follow(FILE *from, void (*line)(void *context, char *line), void *context)
{
	char *text = NULL;
	size_t room = 0;

	while (getline(&text, &room, from) > 0)
		line(context, text);
	free(text);
}

int rig_boot_run(struct rig_boot *boot, void (*line)(void *context, char *line), void *context)
{
	const struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };
	int out[2], status = rig_folder_take(boot->folder);
	FILE *from;
	pid_t pid;

	if (status != RIG_EXIT_PASSED)
		return status;
	if (pipe(out) < 0 || (pid = fork()) < 0)
		return rig_cli_bad("a process: %s", strerror(errno));
	if (!pid)
		exec_boot(boot, out);
	running = pid;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	close(out[1]);
	from = fdopen(out[0], "r");
	if (!from)
		abort();
	follow(from, line, context);
	fclose(from);
	waitpid(pid, &boot->status, 0);
	running = 0;
	boot->interrupted = interrupted;
	if (!interrupted && WIFEXITED(boot->status) && WEXITSTATUS(boot->status) == BOOT_MISSING)
		return RIG_EXIT_USAGE;
	return RIG_EXIT_PASSED;
}

bool rig_boot_orderly(const struct rig_boot *boot)
{
	return WIFEXITED(boot->status) && WEXITSTATUS(boot->status) == BOOT_ORDERLY;
}

static char *read_result(const struct rig_boot *boot, const char *name, size_t *size)
{
	char path[4096 + 16];

	snprintf(path, sizeof(path), "%s/%s", boot->folder, name);
	return rig_file_read(path, size, NULL);
}

static bool is_accepted(const struct rig_boot *boot, const char *release,
			const struct rig_klog_finding *finding)
{
	const struct rig_known_where where = { .target = boot->target, .kernel = release };
	char headline[160];

	if (!boot->known)
		return false;
	rig_klog_headline(finding, headline, sizeof(headline));
	return rig_known_logs(boot->known, &where, headline) != NULL;
}

/* How many splats the kernel's log has that are not accepted; each is shown. */
static size_t judge_log(const struct rig_boot *boot, const char *name, FILE *to)
{
	struct rig_klog_finding findings[FINDINGS];
	size_t size = 0, n = 0, i, accepted = 0;
	char *log = read_result(boot, name, &size);
	char release[64] = "";

	if (log && sscanf(log, "%*[^L]Linux version %63s", release) != 1)
		sscanf(log, "Linux version %63s", release);
	if (log)
		n = rig_klog_judge(log, size, findings, FINDINGS);
	for (i = 0; i < n && i < FINDINGS; i++)
		if (is_accepted(boot, release, &findings[i]))
			accepted++;
		else
			fprintf(to, "%s/%s:%u: %s\n%.*s\n", boot->folder, name, findings[i].line,
				findings[i].what, (int)findings[i].context_len,
				findings[i].context);
	free(log);
	return n - accepted;
}

int rig_boot_judge(const struct rig_boot *boot, FILE *to)
{
	bool orderly = rig_boot_orderly(boot);
	size_t size = 0, splats = judge_log(boot, orderly ? "dmesg" : "console", to);
	char *status = read_result(boot, "status", &size);
	char *words = read_result(boot, "stderr", &size);
	char *balance = read_result(boot, "balance", &size);
	int exit_status = status && orderly ? atoi(status) : RIG_EXIT_FAILED;

	if (words && *words)
		rig_boot_say(boot, words, to == stdout ? stderr : to);
	if (orderly && balance && *balance)
		fprintf(to, "left behind in the guest:\n%s", balance);
	if (exit_status == RIG_EXIT_PASSED && (splats || !balance || *balance))
		exit_status = RIG_EXIT_FAILED;
	free(balance);
	free(words);
	free(status);
	return exit_status;
}

void rig_boot_free(struct rig_boot *boot)
{
	for (size_t i = 0; i < boot->argc; i++)
		free(boot->argv[i]);
	free(boot->argv);
	boot->argv = NULL;
	boot->argc = 0;
}
