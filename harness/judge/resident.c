/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/resident.h"

#include <linux/openvswitch.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "judge/runner.h"
#include "wire/codec.h"
#include "wire/script.h"

enum { OBJECTS_MAX = 512, ROUTINE = 2000, UNDO_TRIES = 3 };

const char *const rig_reset_name[RIG_RESETS] = {
	[RIG_RESET_UNKNOWN] = "state not known to the model",
	[RIG_RESET_DIFFERED] = "differed",
	[RIG_RESET_CONNECTIONS] = "connections were made",
	[RIG_RESET_NOT_UNDONE] = "requests did not bring it back",
	[RIG_RESET_ROUTINE] = "routine",
};

struct objects {
	struct rig_object list[OBJECTS_MAX];
	size_t count;
};

struct rig_resident {
	struct rig_runner *runner;
	struct rig_resident_options options;
	struct rig_resident_counts counts;
	struct rig_play play;
	struct rig_arena kept; /* the stage's sockets, symbols and names */
	struct rig_scene_socket *sockets;
	struct rig_scene_symbol *symbols;
	struct rig_scene_netdev *netdevs;
	struct rig_tally aside;	 /* of making the stage and undoing */
	struct objects at_first; /* on the stage; names are the stage's own */
	struct objects at_last;	 /* when the script had ended */
	struct objects now;
	uint64_t routine; /* scripts since the last reset */
};

/* ---- the stage ---- */

static void list_objects(const struct rig_resident *r, struct objects *objects)
{
	objects->count = rig_model_objects(r->runner->model, objects->list, OBJECTS_MAX);
	if (objects->count > OBJECTS_MAX)
		objects->count = OBJECTS_MAX;
}

/* The model's names go when their ports do. */
static int keep_names(struct rig_resident *r)
{
	for (size_t i = 0; i < r->at_first.count; i++) {
		struct rig_object *object = &r->at_first.list[i];

		if (!object->name)
			continue;
		object->name = rig_arena_copy(&r->kept, object->name, strlen(object->name));
		if (!object->name)
			return -1;
	}
	return 0;
}

/* The far ends of the link's devices are there, too: their numbers cannot be had again. */
static void tell_other_netdevs(struct rig_resident *r)
{
	struct if_nameindex *all = if_nameindex();

	for (const struct if_nameindex *i = all; i && i->if_index; i++) {
		struct rig_netdev known = { .name = i->if_name };
		struct rig_link_netdev dev = { .name = i->if_name };

		if (!rig_model_netdev_find(r->runner->model, &known) &&
		    rig_link_netdev_find(r->runner->link, &dev, NULL) == 0)
			rig_play_tell_netdev(&r->play, &dev);
	}
	if (all)
		if_freenameindex(all);
}

static int make_stage(struct rig_resident *r, struct rig_error *err)
{
	struct rig_play *play = &r->play;

	rig_arena_reset(&r->kept);
	rig_runner_begin(r->runner, &r->aside, play);
	play->scene.arena = &r->kept;
	play->scene.findings.arena = &r->runner->arena;
	if (rig_play_begin(play, r->options.stage, err) < 0)
		return -1;
	play->traffic = true;
	for (const struct rig_step *s = r->options.stage->steps; s && !play->stopped; s = s->next)
		if (rig_play_step(play, s, err) < 0)
			return -1;
	if (!play->stopped && rig_play_end(play, err) < 0)
		return -1;
	if (play->stopped || rig_findings_difference(play->scene.findings.first))
		return rig_error_set(err, "the stage could not be made: %s",
				     play->scene.findings.first->headline);
	tell_other_netdevs(r);
	r->sockets = play->scene.sockets;
	r->symbols = play->scene.symbols;
	r->netdevs = play->scene.netdevs;
	r->routine = 0;
	list_objects(r, &r->at_first);
	return keep_names(r) < 0 ? rig_error_set(err, "out of memory") : 0;
}

/* What is left behind then is a finding of the script in hand. */
static int reset(struct rig_resident *r, enum rig_reset why, struct rig_error *err)
{
	struct rig_findings findings = r->play.scene.findings;
	struct rig_arena run_arena;
	int ret;

	r->counts.resets[why]++;
	if (rig_runner_end(r->runner, &r->play, err) < 0)
		return -1;
	findings = r->play.scene.findings;
	/* Making the stage begins the runner anew: the findings' memory has to outlive that. */
	run_arena = r->runner->arena;
	r->runner->arena = (struct rig_arena){};
	ret = make_stage(r, err);
	rig_arena_free(&r->runner->arena);
	r->runner->arena = run_arena;
	r->play.scene.findings = findings;
	return ret;
}

/* ---- undoing ---- */

static const struct rig_object *find(const struct objects *in, const struct rig_object *like)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct rig_object *o = &in->list[i];

		if (o->kind == like->kind && o->dp == like->dp && o->number == like->number &&
		    (!o->name || !strcmp(o->name, like->name)))
			return o;
	}
	return NULL;
}

static bool same(const struct objects *a, const struct objects *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct rig_object *there = find(b, &a->list[i]);

		if (!there || there->setting != a->list[i].setting)
			return false;
	}
	return true;
}

/* What was not there goes. */
static void say_gone(const struct rig_object *o, struct rig_bytes *text)
{
	switch (o->kind) {
	case RIG_OBJECT_DATAPATH:
		rig_bytes_print(text, "dp.del dp=%u\n", o->dp);
		break;
	case RIG_OBJECT_PORT:
		rig_bytes_print(text, "vport.del dp=%u port_no=%u\n", o->dp, o->number);
		break;
	case RIG_OBJECT_FLOWS:
		rig_bytes_print(text, "flow.del dp=%u\n", o->dp);
		break;
	case RIG_OBJECT_METER:
		rig_bytes_print(text, "meter.del dp=%u id=%u\n", o->dp, o->number);
		break;
	case RIG_OBJECT_LIMIT:
		rig_bytes_print(text, "ct_limit.del zone_limit(zone_id=%u)\n", o->number);
		break;
	case RIG_OBJECT_DEFAULT_LIMIT:
		rig_bytes_print(text, "ct_limit.del zone_limit(zone_id=-1)\n");
		break;
	case RIG_OBJECT_CONNECTIONS:
		break;
	}
}

/* What is there with other settings gets those of the stage back; what has not got any, goes. */
static void say_set(const struct rig_object *o, bool again, struct rig_bytes *text)
{
	if (again)
		say_gone(o, text);
	else if (o->kind == RIG_OBJECT_DATAPATH)
		rig_bytes_print(text,
				"dp.set dp=%u user_features=0 masks_cache_size=256\n"
				"vport.set dp=%u port_no=0 upcall_pid=$up\n",
				o->dp, o->dp);
	else if (o->kind == RIG_OBJECT_PORT)
		rig_bytes_print(text, "vport.set dp=%u port_no=%u upcall_pid=$up\n", o->dp,
				o->number);
	else
		say_gone(o, text);
}

static void say_undo(struct rig_resident *r, bool again, struct rig_bytes *text)
{
	for (size_t i = 0; i < r->now.count; i++) {
		const struct rig_object *o = &r->now.list[i], *first = find(&r->at_first, o);

		if (!first)
			say_gone(o, text);
		else if (first->setting != o->setting)
			say_set(o, again, text);
	}
}

static int play_step(struct rig_resident *r, const struct rig_step *step, struct rig_error *err)
{
	return r->play.stopped ? 0 : rig_play_step(&r->play, step, err);
}

/* A script has to expect something; this step is not played. */
static const char must_expect[] = "dp.get dump -> done\n";

static int play_text(struct rig_resident *r, const struct rig_bytes *text, struct rig_error *err)
{
	struct rig_script *script = rig_script_parse(r->play.scene.arena, "undo",
						     rig_bytes_text(text), text->size, err);

	for (const struct rig_step *s = script ? script->steps : NULL; s; s = s->next)
		if (!s->wants && play_step(r, s, err) < 0)
			return -1;
	return script ? 0 : -1;
}

static bool makes(const struct rig_step *step, const struct rig_object *object)
{
	const struct rig_node *name;
	unsigned int family, number;

	if (step->kind != RIG_STEP_SEND || !object->name)
		return false;
	family = object->kind == RIG_OBJECT_DATAPATH ? RIG_DP : RIG_VPORT;
	number = object->kind == RIG_OBJECT_DATAPATH ? OVS_DP_ATTR_NAME : OVS_VPORT_ATTR_NAME;
	if (step->message->family->index != family)
		return false;
	name = rig_message_leaf(step->message, number);
	return name && !strcmp((const char *)name->data, object->name);
}

/* What is missing is made as it was at first. */
static int bring_back(struct rig_resident *r, struct rig_error *err)
{
	for (size_t i = 0; i < r->at_first.count; i++) {
		const struct rig_object *o = &r->at_first.list[i];

		if (find(&r->now, o))
			continue;
		r->play.traffic = true;
		for (const struct rig_step *s = r->options.stage->steps; s; s = s->next)
			if (makes(s, o) && play_step(r, s, err) < 0)
				return -1;
	}
	return 0;
}

/* 1: undone, 0: not. */
static int undo(struct rig_resident *r, struct rig_error *err)
{
	struct rig_bytes text = {};
	int ret = 0;

	list_objects(r, &r->now);
	for (unsigned int try = 0; try < UNDO_TRIES && ret == 0; try++) {
		if (same(&r->now, &r->at_first)) {
			ret = 1;
			break;
		}
		rig_bytes_reset(&text);
		rig_bytes_print(&text, "# What a script has done is undone.\n");
		say_undo(r, try, &text);
		rig_bytes_print(&text, "%s", must_expect);
		ret = play_text(r, &text, err);
		list_objects(r, &r->now);
		if (ret == 0)
			ret = bring_back(r, err);
		list_objects(r, &r->now);
	}
	rig_bytes_free(&text);
	return ret < 0 ? -1 : same(&r->now, &r->at_first);
}

/* ---- a script ---- */

static bool has_connections(const struct objects *objects)
{
	for (size_t i = 0; i < objects->count; i++)
		if (objects->list[i].kind == RIG_OBJECT_CONNECTIONS)
			return true;
	return false;
}

static void begin(struct rig_resident *r, struct rig_run *run, const struct rig_script *script)
{
	struct rig_play *play = &r->play;

	*run = (struct rig_run){};
	rig_arena_reset(&r->runner->arena);
	play->scene.arena = &r->runner->arena;
	play->scene.sockets = r->sockets;
	play->scene.symbols = r->symbols;
	play->scene.netdevs = r->netdevs;
	play->scene.findings = (struct rig_findings){ .arena = &r->runner->arena };
	play->tally = &run->tally;
	play->batch_max = r->runner->batch_max;
	play->late = play->stopped = play->tainted = false;
	play->spared = 0;
	play->traffic = rig_play_moves_frames(script);
	play->heard = r->options.heard;
	play->heard_context = r->options.context;
}

/* A frame cannot be put on a port that the script has taken away. */
static bool can_play(const struct rig_resident *r, const struct rig_step *step)
{
	struct rig_netdev dev = { .name = step->name };

	return step->kind != RIG_STEP_FRAME || rig_model_netdev_find(r->runner->model, &dev);
}

static int play_all(struct rig_resident *r, const struct rig_script *script, int *undone,
		    struct rig_error *err)
{
	struct rig_play *play = &r->play;

	for (const struct rig_step *s = script->steps; s; s = s->next)
		if (can_play(r, s) && play_step(r, s, err) < 0)
			return -1;
	list_objects(r, &r->at_last);
	play->heard = NULL;
	if (!play->stopped && !play->tainted && !has_connections(&r->at_last))
		*undone = undo(r, err);
	if (*undone < 0 || (!play->stopped && rig_play_end(play, err) < 0))
		return -1;
	return 0;
}

int rig_resident_run(struct rig_resident *r, const struct rig_script *script, struct rig_run *run,
		     struct rig_error *err)
{
	struct rig_play *play = &r->play;
	int undone = 0, ret = 0;

	begin(r, run, script);
	r->counts.scripts++;
	r->routine++;
	if (play_all(r, script, &undone, err) < 0)
		return -1;
	if (r->options.done)
		r->options.done(r->options.context);
	r->counts.spared += play->spared;
	r->counts.beyond += play->scene.findings.first && play->scene.findings.first->beyond;
	if (play->tainted)
		ret = reset(r, RIG_RESET_UNKNOWN, err);
	else if (play->stopped || rig_findings_difference(play->scene.findings.first))
		ret = reset(r, RIG_RESET_DIFFERED, err);
	else if (has_connections(&r->at_last))
		ret = reset(r, RIG_RESET_CONNECTIONS, err);
	else if (!undone)
		ret = reset(r, RIG_RESET_NOT_UNDONE, err);
	else if (r->routine >= ROUTINE)
		ret = reset(r, RIG_RESET_ROUTINE, err);
	run->findings = play->scene.findings.first;
	run->differences = play->scene.findings.count;
	return ret;
}

struct rig_resident *rig_resident_new(struct rig_runner *runner,
				      const struct rig_resident_options *options,
				      struct rig_error *err)
{
	struct rig_resident *r = calloc(1, sizeof(*r));

	if (!r) {
		rig_error_set(err, "out of memory");
		return NULL;
	}
	r->runner = runner;
	r->options = *options;
	if (make_stage(r, err) < 0) {
		rig_resident_free(r);
		return NULL;
	}
	return r;
}

void rig_resident_free(struct rig_resident *r)
{
	if (!r)
		return;
	rig_arena_free(&r->kept);
	free(r);
}

size_t rig_resident_objects(const struct rig_resident *r, const struct rig_object **list)
{
	*list = r->at_last.list;
	return r->at_last.count;
}

const struct rig_resident_counts *rig_resident_counts(const struct rig_resident *r)
{
	return &r->counts;
}
