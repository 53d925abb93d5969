/* SPDX-License-Identifier: GPL-2.0-only */
/* A campaign: a guest a processor, started again for as long as there is time. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/boot.h"
#include "cli/fuzz.h"
#include "cli/fuzz_figures.h"

enum {
	JOBS_MAX = 64,
	TICK_MS = 100,
	PROGRESS_MS = 5000,
	AFTERWARDS_S = 120, /* for a guest to end in order: leaks are looked for then */
	IN_VAIN_MAX = 5,    /* starts in a row that got nowhere */
	HANG_S = 30,
	SHORT_S = 5,	    /* not worth a boot */
	ENDED_IN_ORDER = 0, /* of ci/vm/boot */
	MISSING = 2,
	TIME_UP = 3,
};

struct job {
	unsigned int number;
	pid_t pid; /* of ci/vm/boot; 0: none */
	char folder[4096];
	char target[4096]; /* as ci/vm/boot has it */
	unsigned int in_vain;
	bool over;
	struct rig_fuzz_figures before, now; /* of guests that have ended, of this one */
};

struct campaign {
	const struct rig_fuzz_options *o;
	char folder[4096];
	struct job jobs[JOBS_MAX];
	unsigned int start_ms; /* when the first test case was run; 0: not yet */
	unsigned int progress_ms;
	unsigned int restarts;
	uint64_t lines_at_first; /* of findings.tsv, when this began */
	struct rig_fuzz_blocks blocks;
	bool stopping;
	int status;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* ---- guests ---- */

static uint64_t seconds_left(const struct campaign *c)
{
	uint64_t spent = c->start_ms ? (rig_clock_ms() - c->start_ms) / 1000 : 0;

	return spent < c->o->seconds ? c->o->seconds - spent : 0;
}

static void make_command(const struct campaign *c, struct job *job, struct rig_boot *boot)
{
	const struct rig_fuzz_options *o = c->o;
	static char timeout[24];

	snprintf(timeout, sizeof(timeout), "%" PRIu64, seconds_left(c) + AFTERWARDS_S);
	*boot = (struct rig_boot){
		.vm = o->vm, .target = job->target, .folder = job->folder, .timeout = timeout
	};
	rig_boot_begin(boot);
	rig_boot_add(boot, "--share");
	rig_boot_add(boot, "--moves");
	rig_boot_add(boot, "current");
	rig_boot_add(boot, "--stall");
	rig_boot_add(boot, "%d", HANG_S);
	rig_boot_add(boot, "--append");
	rig_boot_add(boot, "loglevel=4 kasan_multi_shot rcutree.jiffies_till_first_fqs=0 "
			   "rcutree.jiffies_till_next_fqs=1");
	rig_boot_put(boot, "/usr/bin/afl-fuzz", "/bin/afl-fuzz");
	rig_boot_root(boot, "build/nlrig-mutator.so", "/lib/nlrig-mutator.so");
	if (access(o->known_folder, F_OK) == 0)
		rig_boot_put(boot, o->known_folder, "/known");
	rig_boot_program(boot);
	rig_boot_add(boot, "fuzz");
	rig_boot_add(boot, "--inside");
	rig_boot_add(boot, "--target=%s", rig_target_name[o->target]);
	rig_boot_add(boot, "--how=%s", rig_fuzz_how_name[o->how]);
	rig_boot_add(boot, "--out=" RIG_FUZZ_SHARE);
	rig_boot_add(boot, "--known=/known");
	rig_boot_add(boot, "--job=%u", job->number);
	rig_boot_add(boot, "--began=%" PRIu64, job->before.ms);
	rig_boot_add(boot, "--seed=%" PRIu64, o->seed);
	rig_boot_add(boot, "--time=%" PRIu64, seconds_left(c));
	if (o->before)
		rig_boot_add(boot, "--before=%s", o->before);
	if (o->no_state)
		rig_boot_add(boot, "--no-state");
}

static void become_boot(const struct rig_boot *boot, const struct job *job)
{
	char log[4096 + 16];
	int fd;

	snprintf(log, sizeof(log), "%s/boot", job->folder);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
	}
	execv(boot->argv[0], boot->argv);
	_exit(MISSING);
}

static void remove_file(const struct job *job, const char *name)
{
	char path[4096 + 16];

	snprintf(path, sizeof(path), "%s/%s", job->folder, name);
	unlink(path);
}

static void start(struct campaign *c, struct job *job)
{
	struct rig_boot boot;

	make_command(c, job, &boot);
	remove_file(job, "figures");
	fflush(NULL);
	job->pid = fork();
	if (job->pid == 0)
		become_boot(&boot, job);
	if (job->pid < 0) {
		c->status = rig_cli_bad("a process: %s", strerror(errno));
		job->pid = 0;
		c->stopping = true;
	}
	rig_boot_free(&boot);
}

static void stop_all(struct campaign *c)
{
	c->stopping = true;
	for (unsigned int i = 0; i < c->o->jobs; i++)
		if (c->jobs[i].pid)
			kill(c->jobs[i].pid, SIGTERM);
}

/* ---- what a guest leaves behind ---- */

/* The test case that was in hand is kept; its size stands before it. */
static void note_end(struct campaign *c, struct job *job, int status)
{
	struct rig_error err = {};
	struct rig_finding_line line = {
		.ms = job->before.ms + job->now.ms,
		.job = job->number,
		.executions = job->before.execs + job->now.execs,
		.messages = job->before.messages + job->now.messages,
		.kind = status == TIME_UP ? "hang" : "panic",
	};
	char headline[400], path[4096 + 16];
	uint32_t used = 0;
	size_t size = 0;
	char *data;

	rig_fuzz_name_end(job->folder, headline, sizeof(headline));
	line.headline = headline;
	snprintf(path, sizeof(path), "%s/current", job->folder);
	data = rig_file_read(path, &size, NULL);
	if (data && size >= sizeof(used))
		memcpy(&used, data, sizeof(used));
	if (data && used <= size - sizeof(used) && job->now.execs &&
	    rig_fuzz_note(c->folder, &line, data + sizeof(used), used, &err) < 0)
		rig_cli_bad_error(&err);
	if (job->now.execs)
		printf("job %u: %s: %s\n", job->number, line.kind, headline);
	free(data);
}

static void show_boot(const struct job *job)
{
	char path[4096 + 16], *text;
	size_t size;

	snprintf(path, sizeof(path), "%s/boot", job->folder);
	text = rig_file_read(path, &size, NULL);
	if (text)
		fputs(text, stderr);
	free(text);
	snprintf(path, sizeof(path), "%s/stderr", job->folder);
	text = rig_file_read(path, &size, NULL);
	if (text)
		fputs(text, stderr);
	free(text);
}

static void give_up(struct campaign *c, const struct job *job)
{
	show_boot(job);
	c->status = rig_cli_bad("job %u: its guest did not get anywhere, %d times", job->number,
				job->in_vain);
	stop_all(c);
}

/* The guest of this job has ended, with boot's status. */
static void end_guest(struct campaign *c, struct job *job, int status)
{
	rig_fuzz_figures_read(&job->now, job->folder);
	rig_fuzz_blocks_add(&c->blocks, job->folder);
	job->in_vain = job->now.execs ? 0 : job->in_vain + 1;
	if (!c->stopping && status != ENDED_IN_ORDER && status != MISSING)
		note_end(c, job, status);
	rig_fuzz_figures_add(&job->before, &job->now);
	job->now = (struct rig_fuzz_figures){};
	if (status == ENDED_IN_ORDER && !c->stopping)
		rig_fuzz_judge_end(c->folder, job->folder, job->number, &job->before);
	job->over = c->stopping || (c->start_ms && seconds_left(c) < SHORT_S);
	if (status == MISSING || job->in_vain == IN_VAIN_MAX) {
		give_up(c, job);
		job->over = true;
	}
	if (!job->over) {
		c->restarts++;
		start(c, job);
	}
}

static void reap(struct campaign *c)
{
	for (unsigned int i = 0; i < c->o->jobs; i++) {
		struct job *job = &c->jobs[i];
		int status;

		if (!job->pid || waitpid(job->pid, &status, WNOHANG) != job->pid)
			continue;
		job->pid = 0;
		end_guest(c, job, WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
}

/* ---- what is said ---- */

/* The guests' last moments, in which leaks are looked for, are not fuzzing. */
static uint64_t seconds_spent(const struct campaign *c)
{
	return c->o->seconds - seconds_left(c);
}

static void sum_up(struct campaign *c, struct rig_fuzz_figures *sum)
{
	*sum = (struct rig_fuzz_figures){};
	for (unsigned int i = 0; i < c->o->jobs; i++) {
		struct job *job = &c->jobs[i];

		if (job->pid)
			rig_fuzz_figures_read(&job->now, job->folder);
		rig_fuzz_figures_add(sum, &job->before);
		rig_fuzz_figures_add(sum, &job->now);
	}
}

static void say(struct campaign *c)
{
	struct rig_fuzz_figures sum;
	struct rig_fuzz_summary s = { .restarts = c->restarts };

	sum_up(c, &sum);
	s.seconds = seconds_spent(c);
	s.sum = sum;
	s.findings = rig_fuzz_findings(c->folder) - c->lines_at_first;
	rig_fuzz_blocks_count(&c->blocks, &s);
	rig_fuzz_read_stats(c->folder, &s);
	rig_fuzz_progress(&s);
}

static void finish(struct campaign *c)
{
	struct rig_fuzz_summary s = { .restarts = c->restarts };

	sum_up(c, &s.sum);
	s.seconds = seconds_spent(c);
	s.findings = rig_fuzz_findings(c->folder) - c->lines_at_first;
	rig_fuzz_blocks_count(&c->blocks, &s);
	rig_fuzz_read_stats(c->folder, &s);
	rig_fuzz_blocks_write(&c->blocks, c->folder);
	rig_fuzz_summarise(c->folder, c->lines_at_first, &s);
	if (interrupted)
		c->status = RIG_EXIT_INTERRUPTED;
	else if (!c->status && s.findings)
		c->status = RIG_EXIT_FAILED;
}

/* ---- all of it ---- */

static bool is_running(const struct campaign *c)
{
	for (unsigned int i = 0; i < c->o->jobs; i++)
		if (c->jobs[i].pid)
			return true;
	return false;
}

static void look_around(struct campaign *c)
{
	unsigned int now = rig_clock_ms();
	struct rig_fuzz_figures sum;

	if (!c->start_ms) {
		sum_up(c, &sum);
		c->start_ms = sum.execs ? now : 0;
		c->progress_ms = now;
	}
	if (c->o->until_found && !c->stopping && rig_fuzz_findings(c->folder) > c->lines_at_first)
		stop_all(c);
	if (interrupted && !c->stopping)
		stop_all(c);
	if (c->start_ms && now - c->progress_ms >= PROGRESS_MS) {
		c->progress_ms = now;
		say(c);
	}
}

static int prepare(struct campaign *c)
{
	const struct rig_fuzz_options *o = c->o;
	int status = rig_folder_take(o->folder);

	if (status)
		return status;
	if (!realpath(o->folder, c->folder))
		return rig_cli_bad("%s: %s", o->folder, strerror(errno));
	for (unsigned int i = 0; i < o->jobs; i++) {
		struct job *job = &c->jobs[i];

		job->number = i;
		snprintf(job->folder, sizeof(job->folder), "%.4000s/job-%u", c->folder, i);
		snprintf(job->target, sizeof(job->target), "%s",
			 o->module ? o->module : rig_target_name[o->target]);
		if (rig_folder_make(job->folder) < 0)
			return rig_cli_bad("%s: %s", job->folder, strerror(errno));
	}
	c->lines_at_first = rig_fuzz_findings(c->folder);
	return rig_fuzz_blocks_open(&c->blocks, o);
}

int rig_fuzz_campaign(const struct rig_fuzz_options *o)
{
	const struct sigaction action = { .sa_handler = interrupt };
	struct campaign *c = calloc(1, sizeof(*c));
	int status;

	if (!c)
		abort();
	if (o->jobs < 1 || o->jobs > JOBS_MAX)
		return rig_cli_bad("--jobs: 1 to %d", JOBS_MAX);
	c->o = o;
	c->status = prepare(c);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!c->status) {
		for (unsigned int i = 0; i < o->jobs; i++)
			start(c, &c->jobs[i]);
		while (is_running(c)) {
			usleep(TICK_MS * 1000);
			look_around(c);
			reap(c);
		}
		finish(c);
	}
	status = c->status;
	rig_fuzz_blocks_free(&c->blocks);
	free(c);
	return status;
}
