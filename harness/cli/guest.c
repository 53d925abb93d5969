/* SPDX-License-Identifier: GPL-2.0-only */
/* The same program in guests, by way of ci/vm/boot: one for each target, side by side. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "wire/bytes.h"
#include "wire/script.h"

enum { GUESTS_MAX = RIG_TARGETS, FIXED_ARGS = 32 };

/* What boot's exit status says. */
enum { BOOT_ORDERLY = 0, BOOT_DIED = 1, BOOT_MISSING = 2, BOOT_TIME = 3 };

struct stream {
	int fd; /* -1: ended */
	struct rig_bytes pending;
};

struct guest {
	const char *target;
	struct rig_suite *suite;
	char *folder;
	pid_t pid;
	int status;
	bool missing;	   /* something, here or there: there are no results */
	struct stream out; /* KTAP */
	struct stream say; /* what boot has to say */
	struct rig_bytes said;
	struct rig_ktap_reader reader;
	struct rig_progress *progress; /* of all guests */
};

/* An interrupt is only taken while waiting, see follow(). */
static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void catch_interrupts(sigset_t *before)
{
	const struct sigaction action = { .sa_handler = interrupt };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, before);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static char *format(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text;
}

/* --- starting one ------------------------------------------------------------------------- */

/* This program is build/nlrig, so the rest of the tree is around it. */
static char *root_folder(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	int up;

	path[len < 0 ? 0 : len] = '\0';
	for (up = 0; up < 2 && strrchr(path, '/'); up++)
		*strrchr(path, '/') = '\0';
	return format("%s", path);
}

/*
 * Most of what a case costs is waiting for RCU grace periods when what it made is deleted; a tick
 * that never stops notices their end sooner.
 */
static const char short_grace[] =
	"rcutree.jiffies_till_first_fqs=0 rcutree.jiffies_till_next_fqs=1 nohz=off";

static char **boot_command(const struct guest *g, const struct rig_guest_options *o)
{
	char **argv = calloc(FIXED_ARGS + 2 * o->n_adds + o->n_words, sizeof(*argv));
	char *root = root_folder();
	size_t n = 0, i;

	if (!argv)
		abort();
	argv[n++] = format("%s/ci/vm/boot", root);
	argv[n++] = format("--vm");
	argv[n++] = format("%s", o->vm);
	argv[n++] = format("--target");
	argv[n++] = format("%s", g->target);
	argv[n++] = format("--out");
	argv[n++] = format("%s", g->folder);
	argv[n++] = format("--timeout");
	argv[n++] = format("%s", o->timeout);
	argv[n++] = format("--append");
	argv[n++] = format("%s", short_grace);
	argv[n++] = format("--add");
	argv[n++] = format("%s/build/nlrig=/bin/nlrig", root);
	for (i = 0; i < o->n_adds; i++) {
		argv[n++] = format("--add");
		argv[n++] = format("%s", o->adds[i]);
	}
	argv[n++] = format("--follow");
	argv[n++] = format("--");
	argv[n++] = format("/bin/nlrig");
	argv[n++] = format("%s", o->subcommand);
	argv[n++] = format("--ktap");
	argv[n++] = format("--target=%s", g->target);
	for (i = 0; i < o->n_words; i++)
		argv[n++] = format("%s", o->words[i]);
	free(root);
	return argv;
}

static void exec_boot(char **argv, const int out[2], const int say[2], const sigset_t *signals)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, signals, NULL);
	dup2(out[1], STDOUT_FILENO);
	dup2(say[1], STDERR_FILENO);
	execv(argv[0], argv);
	dprintf(STDERR_FILENO, "nlrig: %s: %s\n", argv[0], strerror(errno));
	_exit(BOOT_MISSING);
}

static int start(struct guest *g, const struct rig_guest_options *options, const sigset_t *signals)
{
	char **argv = boot_command(g, options);
	int out[2], say[2];
	size_t i;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(say, O_CLOEXEC) < 0)
		return rig_cli_bad("a pipe: %s", strerror(errno));
	g->pid = fork();
	if (g->pid < 0)
		return rig_cli_bad("a process: %s", strerror(errno));
	if (!g->pid)
		exec_boot(argv, out, say, signals);
	close(out[1]);
	close(say[1]);
	g->out.fd = out[0];
	g->say.fd = say[0];
	for (i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
	return 0;
}

/* --- while they run ----------------------------------------------------------------------- */

static void take_result(struct guest *g, const char *line)
{
	if (rig_ktap_read(&g->reader, line))
		rig_progress_count(g->progress);
}

static void take_word(struct guest *g, const char *line)
{
	rig_bytes_print(&g->said, "%s\n", line);
}

/* Hands on each whole line; at the end, what is left. */
static void take(struct guest *g, struct stream *stream, void (*line)(struct guest *, const char *))
{
	char chunk[65536], *text, *end;
	ssize_t got = read(stream->fd, chunk, sizeof(chunk));
	size_t rest;

	if (got < 0 && errno == EINTR)
		return;
	if (got > 0)
		rig_bytes_put(&stream->pending, chunk, got);
	text = (char *)rig_bytes_text(&stream->pending);
	rest = stream->pending.size;
	while ((end = memchr(text, '\n', rest)) != NULL) {
		*end = '\0';
		line(g, text);
		rest -= end + 1 - text;
		text = end + 1;
	}
	if (got <= 0) {
		if (rest)
			line(g, text);
		close(stream->fd);
		stream->fd = -1;
		rest = 0;
	}
	if (rest)
		memmove(stream->pending.data, text, rest);
	stream->pending.size = rest;
}

static bool ended(const struct guest *g)
{
	return g->out.fd < 0 && g->say.fd < 0;
}

static char *read_result(const struct guest *g, const char *name, size_t *size)
{
	char *path = format("%s/%s", g->folder, name);
	char *text = rig_file_read(path, size, NULL);

	free(path);
	return text;
}

/* The program says that it cannot begin: the guest's kernel has not got what it takes. */
static void look_for_want(struct guest *g)
{
	size_t size;
	char *status = read_result(g, "status", &size);
	char *words = read_result(g, "stderr", &size);

	if (status && atoi(status) == RIG_EXIT_USAGE && words && *words) {
		rig_bytes_print(&g->said, "%s", words);
		g->missing = true;
	}
	free(words);
	free(status);
}

static void end(struct guest *g)
{
	int status;

	waitpid(g->pid, &g->status, 0);
	status = WIFEXITED(g->status) ? WEXITSTATUS(g->status) : BOOT_DIED;
	g->missing = status == BOOT_MISSING;
	if (status == BOOT_ORDERLY && !g->reader.has_plan)
		look_for_want(g);
}

/* Waits for a word from the guest or its end. */
static void attend(struct guest *g, const struct pollfd fds[2])
{
	if (ended(g))
		return;
	if (fds[0].revents)
		take(g, &g->out, take_result);
	if (fds[1].revents)
		take(g, &g->say, take_word);
	if (ended(g))
		end(g);
}

/* Until all have ended. Boot, told to end, kills its guest. */
static void follow(struct guest *guests, size_t count, const sigset_t *signals)
{
	struct pollfd fds[2 * GUESTS_MAX];
	bool stop = false, told = false;
	size_t i, running;

	do {
		for (i = 0; i < count; i++) {
			fds[2 * i] = (struct pollfd){ guests[i].out.fd, POLLIN, 0 };
			fds[2 * i + 1] = (struct pollfd){ guests[i].say.fd, POLLIN, 0 };
		}
		if (ppoll(fds, 2 * count, NULL, signals) < 0)
			memset(fds, 0, sizeof(fds));
		for (running = 0, i = 0; i < count; i++) {
			attend(&guests[i], fds + 2 * i);
			stop |= interrupted || guests[i].missing;
			running += !ended(&guests[i]);
		}
		for (i = 0; i < count && stop && !told; i++)
			if (!ended(&guests[i]))
				kill(guests[i].pid, SIGTERM);
		told = stop;
	} while (running);
}

/* --- afterwards --------------------------------------------------------------------------- */

/* A result of the guest as a whole: passed when there is nothing to say. */
static void add_verdict(struct guest *g, const char *id, const char *wrong)
{
	rig_suite_add(g->suite, wrong && *wrong ? RIG_FAILED : RIG_PASSED, id, NULL,
		      wrong && *wrong ? wrong : NULL);
}

/* What a log says that the kernel did wrong, or else why it says nothing. */
static void read_log(const struct guest *g, const char *name, bool whole, struct rig_bytes *text)
{
	char *path = format("%s/%s", g->folder, name);
	struct rig_error err = {};

	if (rig_log_read(path, whole, text, &err) < 0)
		rig_bytes_print(text, "%s\n", err.message);
	free(path);
}

/*
 * Of a guest that did not end in order there is only the console; of one that did, the console has
 * what the kernel said after the log was saved.
 */
static void judge_log(struct guest *g, bool orderly)
{
	struct rig_bytes text = {};

	if (orderly)
		read_log(g, "dmesg", true, &text);
	if (!text.size)
		read_log(g, "console", false, &text);
	add_verdict(g, "vm/log", rig_bytes_text(&text));
	rig_bytes_free(&text);
}

/*
 * The kernel's own memory of what went wrong, whatever its log says. The reference module is out of
 * tree and not signed, and taints the kernel by that alone.
 */
static void judge_taint(struct guest *g)
{
	const unsigned long out_of_tree = 1 << 12, not_signed = 1 << 13;
	bool ref = !strcmp(g->target, rig_target_name[RIG_TARGET_REF]);
	unsigned long before, after;
	size_t size;
	char *flags = read_result(g, "taint", &size);
	char *text = NULL;

	if (!flags || sscanf(flags, "%lu %lu", &before, &after) != 2)
		text = format("the guest ended without its taint flags\n");
	else if (after & ~before & ~(ref ? out_of_tree | not_signed : 0))
		text = format("the kernel became tainted: /proc/sys/kernel/tainted was %lu, "
			      "then %lu\n",
			      before, after);
	add_verdict(g, "vm/taint", text);
	free(text);
	free(flags);
}

/* A file that has to be there, and empty. */
static void judge_empty(struct guest *g, const char *name, const char *id)
{
	size_t size;
	char *text = read_result(g, name, &size);

	add_verdict(g, id, text ? text : "the guest ended without this result");
	free(text);
}

/* The program itself says 0 or 1 when it has judged; its standard error says why it has not. */
static void judge_program(struct guest *g)
{
	size_t size;
	char *status = read_result(g, "status", &size);
	char *words = read_result(g, "stderr", &size);
	char *text = format("nlrig in the guest: exit status %s%s", status ? status : "unknown\n",
			    words ? words : "");
	bool judged =
		status && (atoi(status) == RIG_EXIT_PASSED || atoi(status) == RIG_EXIT_FAILED);

	add_verdict(g, "vm/program", judged && words && !*words ? NULL : text);
	free(text);
	free(words);
	free(status);
}

/* What a guest that did not end in order has left behind says nothing: only its console does. */
static void judge_guest(struct guest *g)
{
	bool orderly = WIFEXITED(g->status) && WEXITSTATUS(g->status) == BOOT_ORDERLY;
	size_t size;
	char *leaks;

	if (!orderly)
		rig_bytes_print(&g->said, "no marker: the guest did not end in order\n");
	add_verdict(g, "vm/marker", orderly ? NULL : rig_bytes_text(&g->said));
	judge_log(g, orderly);
	if (!orderly)
		return;
	judge_taint(g);
	judge_program(g);
	judge_empty(g, "balance", "vm/balance");
	leaks = read_result(g, "kmemleak", &size);
	if (leaks)
		add_verdict(g, "vm/kmemleak", leaks);
	free(leaks);
}

/* The guest comes first: it is why cases did not report. */
static void judge(struct guest *g, const struct rig_guest_options *o)
{
	judge_guest(g);
	rig_ktap_finish(&g->reader, o->ids, o->n_ids);
	rig_suite_order(g->suite, o->ids, o->n_ids);
}

static void release(struct guest *g)
{
	rig_bytes_free(&g->out.pending);
	rig_bytes_free(&g->say.pending);
	rig_bytes_free(&g->said);
	free(g->folder);
}

int rig_guests_run(const enum rig_target *targets, struct rig_suite *suites, size_t count,
		   const struct rig_guest_options *options)
{
	struct guest guests[GUESTS_MAX] = {};
	struct rig_progress progress;
	unsigned int begin = rig_clock_ms();
	int status = RIG_EXIT_PASSED;
	size_t i, started;
	sigset_t signals;

	catch_interrupts(&signals);
	rig_progress_begin(&progress, count * options->n_ids);
	for (started = 0; started < count; started++) {
		struct guest *g = &guests[started];

		g->target = rig_target_name[targets[started]];
		g->suite = g->reader.suite = &suites[started];
		g->progress = &progress;
		g->folder = format("%s/%s", options->report, g->target);
		status = start(g, options, &signals);
		if (status != RIG_EXIT_PASSED)
			break;
	}
	if (started)
		follow(guests, started, &signals);
	rig_progress_end(&progress);
	for (i = 0; i < started && status == RIG_EXIT_PASSED; i++)
		if (guests[i].missing) {
			fputs(rig_bytes_text(&guests[i].said), stderr);
			status = RIG_EXIT_USAGE;
		}
	if (interrupted) {
		rig_cli_bad("interrupted: the guests were killed");
		status = RIG_EXIT_INTERRUPTED;
	}
	for (i = 0; i < started && status == RIG_EXIT_PASSED; i++) {
		judge(&guests[i], options);
		suites[i].duration_ms = rig_clock_ms() - begin;
	}
	for (i = 0; i < count; i++)
		release(&guests[i]);
	return status;
}
