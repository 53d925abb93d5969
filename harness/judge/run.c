/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "judge/known.h"
#include "judge/relation.h"
#include "judge/runner.h"
#include "wire/codec.h"

#define TIMEOUT_MS 2000

/* ---- the runner ---- */

/* What the configurations of the guests' kernels decide. */
static unsigned int build_of(const char *vm)
{
	static const struct {
		const char *vm;
		unsigned int build;
	} builds[] = {
		{ "uml", RIG_BUILD_UML },
		{ "uml-san", RIG_BUILD_PAD64 },
		{ "uml-fast", RIG_BUILD_PAD64 },
	};

	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++)
		if (!strcmp(vm, builds[i].vm))
			return builds[i].build;
	return 0;
}

struct rig_model *rig_runner_model(const struct rig_link_facts *facts)
{
	static const enum rig_family_index family[RIG_MODEL_FAMILIES] = {
		[RIG_MODEL_DATAPATH] = RIG_DP, [RIG_MODEL_VPORT] = RIG_VPORT,
		[RIG_MODEL_FLOW] = RIG_FLOW,   [RIG_MODEL_PACKET] = RIG_PACKET,
		[RIG_MODEL_METER] = RIG_METER, [RIG_MODEL_CT_LIMIT] = RIG_CT_LIMIT,
	};
	struct rig_model_config config = {
		.module = facts->target == RIG_TARGET_INTREE ? RIG_MODULE_INTREE : RIG_MODULE_REF,
		.ncpus = facts->cpus,
		.build = build_of(facts->vm),
	};

	if (facts->target != RIG_TARGET_MODEL)
		config.kernel = facts->release;
	for (unsigned int i = 0; i < RIG_MODEL_FAMILIES; i++) {
		config.family_id[i] = facts->families.id[family[i]];
		config.group_id[i] = facts->group[family[i]];
	}
	return rig_model_new(&config);
}

struct rig_runner *rig_runner_new(struct rig_link *link, const struct rig_run_options *options,
				  struct rig_error *err)
{
	struct rig_runner *runner = calloc(1, sizeof(*runner));

	if (!runner)
		goto no_memory;
	runner->link = link;
	runner->facts = rig_link_facts(link);
	runner->options = *options;
	runner->batch_max = 1;
	if (!runner->options.timeout_ms)
		runner->options.timeout_ms = TIMEOUT_MS;
	runner->model = rig_runner_model(runner->facts);
	if (!runner->model)
		goto no_memory;
	return runner;

no_memory:
	free(runner);
	rig_error_set(err, "out of memory");
	return NULL;
}

void rig_runner_free(struct rig_runner *runner)
{
	if (!runner)
		return;
	rig_answer_free(&runner->answer);
	rig_model_free(runner->model);
	rig_inbox_free(&runner->inbox);
	rig_arena_free(&runner->arena);
	rig_arena_free(&runner->arrived);
	rig_batch_free(&runner->batch);
	rig_bytes_free(&runner->reason);
	rig_bytes_free(&runner->detail);
	free(runner);
}

void rig_runner_batch(struct rig_runner *runner, unsigned int datagrams)
{
	runner->batch_max = datagrams < RIG_PLAY_BATCH_MAX ? datagrams : RIG_PLAY_BATCH_MAX;
}

void rig_runner_relate(struct rig_runner *runner, enum rig_relating relating)
{
	runner->relating = relating;
}

/* ---- what a script needs ---- */

/* A VM's name is its machine's, and perhaps behind a '-' which kernel it is of several. */
static bool is_machine(const char *vm, const char *machine)
{
	size_t len = strlen(machine);

	return !strncmp(vm, machine, len) && (!vm[len] || vm[len] == '-');
}

static bool has_feature(const struct rig_link_facts *facts, enum rig_feature feature)
{
	switch (feature) {
	case RIG_FEATURE_SMP:
		return facts->cpus > 1;
	case RIG_FEATURE_NETNS:
		return facts->netns;
	case RIG_FEATURE_KERNEL:
		return facts->target != RIG_TARGET_MODEL;
	case RIG_FEATURE_QEMU:
	case RIG_FEATURE_UML:
		return is_machine(facts->vm, rig_feature_name[feature]);
	case RIG_FEATURE_METER:
		return facts->families.id[RIG_METER] != 0;
	case RIG_FEATURE_CT_LIMIT:
		return facts->families.id[RIG_CT_LIMIT] != 0;
	case RIG_FEATURES:
		break;
	}
	return false;
}

bool rig_runner_lacks(struct rig_runner *runner, const struct rig_script *script)
{
	for (const struct rig_step *step = script->steps; step; step = step->next)
		for (unsigned int i = 0; i < RIG_FEATURES; i++)
			if ((step->features & (1u << i)) && !has_feature(runner->facts, i)) {
				rig_bytes_print(&runner->reason, "needs %s", rig_feature_name[i]);
				return true;
			}
	return false;
}

/* ---- what is known of a script ---- */

static struct rig_known_where here(const struct rig_runner *runner, const struct rig_script *script)
{
	return (struct rig_known_where){
		.id = script->id,
		.target = rig_target_name[runner->facts->target],
		.kernel = runner->facts->release,
	};
}

/* The target would not survive it. */
static bool is_skipped(struct rig_runner *runner, const struct rig_script *script)
{
	const struct rig_known_where where = here(runner, script);
	const char *why, *what = NULL;

	if (runner->options.known)
		what = rig_known_skips(runner->options.known, &where, &why);
	if (what)
		rig_bytes_print(&runner->reason, "%s: %s", what, why);
	return what;
}

/* ---- the verdict ---- */

static const char *accepted(const struct rig_runner *runner, const struct rig_script *script,
			    const char *headline)
{
	const struct rig_known_where where = here(runner, script);

	if (!runner->options.known)
		return NULL;
	return rig_known_accepts(runner->options.known, &where, headline);
}

static void add_stale(void *data, const char *path, const char *differs)
{
	rig_finding_add(data, NULL, "no longer diverges: %s says: differs %s", path, differs);
}

/* An accepted divergence that does not show any more is a finding as well. */
static int find_stale(const struct rig_runner *runner, const struct rig_script *script,
		      struct rig_findings *findings)
{
	const struct rig_known_where where = here(runner, script);
	const char **headlines =
		rig_arena_alloc(findings->arena, (findings->count + 1) * sizeof(*headlines));
	size_t count = 0;

	if (!headlines)
		return -1;
	for (const struct rig_finding *f = findings->first; f; f = f->next)
		headlines[count++] = f->headline;
	if (runner->options.known)
		rig_known_stale(runner->options.known, &where, headlines, count, add_stale,
				findings);
	return 0;
}

static void put_finding(struct rig_bytes *text, const struct rig_finding *finding, const char *why)
{
	rig_bytes_print(text, "%s\n", finding->headline);
	if (why)
		rig_bytes_print(text, "  known: %s\n", why);
	if (finding->sent)
		rig_bytes_print(text, "  sent:\n    %s%s", finding->sent,
				finding->sent[0] ? "" : "\n");
	rig_bytes_print(text, "%s", finding->detail);
}

/* Findings up to last_acceptable may be accepted divergences; what comes after it may not. */
static void conclude(struct rig_runner *runner, const struct rig_script *script,
		     const struct rig_findings *findings, const struct rig_finding *last_acceptable,
		     struct rig_run *run)
{
	const char *refused = NULL, *why = NULL;
	bool acceptable = last_acceptable != NULL;

	run->findings = findings->first;
	run->differences = findings->count;
	run->verdict = findings->count ? RIG_VERDICT_KNOWN : RIG_VERDICT_PASSED;
	for (const struct rig_finding *f = findings->first; f; f = f->next) {
		const char *known = acceptable ? accepted(runner, script, f->headline) : NULL;

		acceptable &= f != last_acceptable;
		put_finding(&runner->detail, f, known);
		if (!known && !refused)
			refused = f->headline;
		if (known && !why)
			why = known;
	}
	if (run->verdict == RIG_VERDICT_PASSED)
		return;
	if (refused || !why)
		run->verdict = RIG_VERDICT_FAILED;
	rig_bytes_print(&runner->reason, "%s", refused ? refused : why ? why : "out of memory");
	rig_bytes_print(&runner->detail, "why this case is there: %s\n", script->reason);
	if (runner->options.again) {
		rig_bytes_print(&runner->detail, "again, alone: ");
		rig_bytes_print(&runner->detail, runner->options.again,
				runner->facts->target == RIG_TARGET_MODEL ? script->path :
									    script->id);
		rig_bytes_print(&runner->detail, "\n");
	}
	run->reason = rig_bytes_text(&runner->reason);
	run->detail = rig_bytes_text(&runner->detail);
}

/* ---- a run ---- */

/* One datagram at a time: the last one is still there. */
static const struct rig_answer *answer_to(const struct rig_play *play, const struct rig_step *step)
{
	if (step->kind == RIG_STEP_SEND)
		return &play->batch->list[0].answer;
	return step->kind == RIG_STEP_FRAME || step->kind == RIG_STEP_REMOVE ? play->answer : NULL;
}

static int show(const struct rig_runner *runner, struct rig_play *play, const struct rig_step *step)
{
	const struct rig_scene_socket *socket =
		step->kind == RIG_STEP_SEND ? rig_scene_socket_find(&play->scene, step->socket) :
					      NULL;
	const struct rig_step_done done = {
		.step = step,
		.inbox = &play->scene.inbox,
		.findings = play->scene.findings.first,
		.socket = socket ? socket->handle : 0,
		.answer = answer_to(play, step),
	};

	if (rig_inbox_decode(&play->scene.inbox) < 0)
		return -1;
	play->stopped |= runner->options.watch(runner->options.context, &done);
	return 0;
}

static int play_script(struct rig_runner *runner, struct rig_play *play,
		       const struct rig_script *script, struct rig_error *err)
{
	if (rig_play_begin(play, script, err) < 0)
		return -1;
	for (const struct rig_step *s = script->steps; s && !play->stopped; s = s->next) {
		if (rig_play_step(play, s, err) < 0)
			return -1;
		if (runner->options.watch && show(runner, play, s) < 0)
			return rig_error_set(err, "out of memory");
	}
	if (play->stopped)
		return 0;
	if (rig_play_end(play, err) < 0)
		return -1;
	if (runner->relating == RIG_RELATE_NOT ||
	    rig_findings_difference(play->scene.findings.first))
		return 0;
	return rig_relation_check(play, err);
}

int rig_runner_end(struct rig_runner *runner, struct rig_play *play, struct rig_error *err)
{
	unsigned int known = rig_model_datapaths(runner->model);
	struct rig_link_left left;
	const uint16_t *zones;
	size_t count;

	runner->inbox = play->scene.inbox;
	if (rig_link_clean(runner->link, &left, err) < 0)
		return -1;
	count = rig_model_counted_zones(runner->model, &zones);
	if (count && rig_link_forget_counts(runner->link, zones, count, err) < 0)
		return -1;
	if (left.count)
		rig_finding_add(&play->scene.findings, NULL, "left behind after the case: %s",
				left.text);
	if (left.datapaths != known && !play->tainted && !play->stopped)
		rig_finding_add(&play->scene.findings, NULL,
				"after the case: %u datapaths are there, the model knows of %u",
				left.datapaths, known);
	return 0;
}

static unsigned int since_ms(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned int)((now.tv_sec - start->tv_sec) * 1000 +
			      (now.tv_nsec - start->tv_nsec) / 1000000);
}

void rig_runner_begin(struct rig_runner *runner, struct rig_tally *tally, struct rig_play *play)
{
	rig_arena_reset(&runner->arena);
	rig_inbox_empty(&runner->inbox);
	rig_bytes_reset(&runner->reason);
	rig_bytes_reset(&runner->detail);
	rig_model_reset(runner->model);
	rig_arena_reset(&runner->arrived);
	runner->batch.count = 0;
	runner->inbox.arena = &runner->arrived;
	runner->inbox.ids = &runner->facts->families;
	*play = (struct rig_play){
		.scene = {
			.arena = &runner->arena,
			.link = runner->link,
			.ids = &runner->facts->families,
			.inbox = runner->inbox,
			.findings = { .arena = &runner->arena },
		},
		.link = runner->link,
		.model = runner->model,
		.batch = &runner->batch,
		.batch_max = runner->options.watch ? 1 : runner->batch_max,
		.answer = &runner->answer,
		.tally = tally,
		.timeout_ms = runner->options.timeout_ms,
		.first_only = runner->options.first_only &&
			      runner->relating != RIG_RELATE_ALONE,
		.tainted = runner->relating == RIG_RELATE_ALONE,
	};
}

int rig_runner_run(struct rig_runner *runner, const struct rig_script *script, struct rig_run *run,
		   struct rig_error *err)
{
	struct rig_play play;
	const struct rig_finding *last_acceptable;
	struct timespec start;
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &start);
	*run = (struct rig_run){ .verdict = RIG_VERDICT_SKIPPED };
	rig_runner_begin(runner, &run->tally, &play);
	if (is_skipped(runner, script) || rig_runner_lacks(runner, script)) {
		run->reason = rig_bytes_text(&runner->reason);
		return 0;
	}
	ret = play_script(runner, &play, script, err);
	if (rig_runner_end(runner, &play, err) < 0 || ret < 0)
		return -1;
	last_acceptable = play.scene.findings.last;
	if (find_stale(runner, script, &play.scene.findings) < 0)
		return rig_error_set(err, "out of memory");
	conclude(runner, script, &play.scene.findings, last_acceptable, run);
	run->duration_ms = since_ms(&start);
	return 0;
}
