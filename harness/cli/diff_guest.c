/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig diff in a guest, by way of ci/vm/boot. */
#include <errno.h>
#include <inttypes.h>
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

enum { ARGS_MAX = 32, FINDINGS = 8 };

/* What boot's exit status says. */
enum { BOOT_ORDERLY = 0, BOOT_MISSING = 2 };

/* Where the guest has the folder of its results. */
static const char inside[] = "/host/";

struct session {
	const struct rig_diff_options *o;
	char folder[4096];
	uint64_t position; /* how far it was when it last said so */
	int status;	   /* of boot */
};

static volatile sig_atomic_t interrupted;
static volatile pid_t boot; /* 0: not running */

/* Boot, told to end, kills its guest; then there is nothing more to follow. */
static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
	if (boot)
		kill(boot, SIGTERM);
}

struct command {
	char *argv[ARGS_MAX];
	size_t n;
};

static void add(struct command *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct command *command, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (command->n + 1 == ARGS_MAX || vasprintf(&command->argv[command->n++], fmt, args) < 0)
		abort();
	va_end(args);
}

static void make_command(struct command *command, const struct session *s)
{
	const struct rig_diff_options *o = s->o;
	const char *target = rig_target_name[o->target];
	char root[4096] = "";
	int up;

	/* This program is build/nlrig, so the rest of the tree is around it. */
	if (readlink("/proc/self/exe", root, sizeof(root) - 1) < 0)
		abort();
	for (up = 0; up < 2 && strrchr(root, '/'); up++)
		*strrchr(root, '/') = '\0';
	add(command, "%s/ci/vm/boot", root);
	add(command, "--vm");
	add(command, "%s", o->vm);
	add(command, "--target");
	add(command, "%s", target);
	add(command, "--out");
	add(command, "%s", s->folder);
	add(command, "--timeout");
	add(command, "%s", o->timeout);
	add(command, "--append");
	add(command, "rcutree.jiffies_till_first_fqs=0 rcutree.jiffies_till_next_fqs=1");
	add(command, "--add");
	add(command, "%s/build/nlrig=/bin/nlrig", root);
	add(command, "--follow");
	add(command, "--");
	add(command, "/bin/nlrig");
	add(command, "diff");
	add(command, "--target=%s", target);
	add(command, "--report=%s", inside);
	add(command, "--seed=%" PRIu64, o->seed);
	add(command, "--skip=%" PRIu64, o->skip);
	add(command, "--messages=%" PRIu64, o->messages);
	if (o->keep_going)
		add(command, "--keep-going");
}

/* Hands on what the guest says; a path of its own as one of ours. */
static void follow(struct session *s, FILE *from)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, from) > 0) {
		const char *path = strstr(line, inside);

		sscanf(line, "at %" SCNu64 ":", &s->position);
		if (path)
			printf("%.*s%s/%s", (int)(path - line), line, s->folder,
			       path + strlen(inside));
		else
			fputs(line, stdout);
		fflush(stdout);
	}
	free(line);
}

static int run_boot(struct session *s)
{
	const struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };
	struct command command = {};
	int out[2];
	FILE *from;
	pid_t pid;

	make_command(&command, s);
	if (pipe(out) < 0 || (pid = fork()) < 0)
		return rig_cli_bad("a process: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execv(command.argv[0], command.argv);
		rig_cli_bad("%s: %s", command.argv[0], strerror(errno));
		_exit(BOOT_MISSING);
	}
	boot = pid;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	close(out[1]);
	from = fdopen(out[0], "r");
	if (!from)
		abort();
	follow(s, from);
	fclose(from);
	waitpid(pid, &s->status, 0);
	boot = 0;
	while (command.n)
		free(command.argv[--command.n]);
	return RIG_EXIT_PASSED;
}

static char *read_result(const struct session *s, const char *name, size_t *size)
{
	char path[4096 + 16];

	snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	return rig_file_read(path, size, NULL);
}

/* How many splats the kernel's log has; each is shown. */
static size_t judge_log(const struct session *s, const char *name)
{
	struct rig_klog_finding findings[FINDINGS];
	size_t size = 0, n = 0, i;
	char *log = read_result(s, name, &size);

	if (log)
		n = rig_klog_judge(log, size, findings, FINDINGS);
	for (i = 0; i < n && i < FINDINGS; i++)
		printf("%s/%s:%u: %s\n%.*s\n", s->folder, name, findings[i].line, findings[i].what,
		       (int)findings[i].context_len, findings[i].context);
	free(log);
	return n;
}

/* What the program in the guest said; but a kernel that complains or leaks has failed. */
static int judge(const struct session *s)
{
	bool orderly = WIFEXITED(s->status) && WEXITSTATUS(s->status) == BOOT_ORDERLY;
	size_t size = 0, splats = judge_log(s, orderly ? "dmesg" : "console");
	char *status = read_result(s, "status", &size);
	char *words = read_result(s, "stderr", &size);
	char *balance = read_result(s, "balance", &size);
	int exit_status = status && orderly ? atoi(status) : RIG_EXIT_FAILED;

	if (words && *words)
		fputs(words, stderr);
	if (orderly && balance && *balance)
		printf("left behind in the guest:\n%s", balance);
	if (!orderly)
		printf("the guest did not end in order: try again with --seed %" PRIu64
		       " --skip %" PRIu64 "\n",
		       s->o->seed, s->position);
	if (exit_status == RIG_EXIT_PASSED && (splats || !balance || *balance))
		exit_status = RIG_EXIT_FAILED;
	free(balance);
	free(words);
	free(status);
	return exit_status;
}

int rig_diff_guest(const struct rig_diff_options *o)
{
	struct session s = { .o = o, .position = o->skip };
	int status;

	snprintf(s.folder, sizeof(s.folder), "%s/%s", o->report, rig_target_name[o->target]);
	status = rig_folder_take(s.folder);
	if (status == RIG_EXIT_PASSED)
		status = run_boot(&s);
	if (status != RIG_EXIT_PASSED)
		return status;
	if (interrupted) {
		printf("interrupted: go on with --seed %" PRIu64 " --skip %" PRIu64 "\n", o->seed,
		       s.position);
		return RIG_EXIT_INTERRUPTED;
	}
	if (WIFEXITED(s.status) && WEXITSTATUS(s.status) == BOOT_MISSING)
		return RIG_EXIT_USAGE;
	return judge(&s);
}
