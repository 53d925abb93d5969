/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz/feed.h"

#include <stdlib.h>
#include <string.h>

#include "judge/run.h"
#include "link/link.h"
#include "wire/arena.h"
#include "wire/codec.h"
#include "wire/script.h"

/* What is there when a datagram comes; 16 is the first ifindex that the model gives. */
static const char setting[] =
	"# A datapath, a port and a flow.\n"
	"netdev veth0\n"
	"dp.new name=br0 upcall_pid=$sock -> ok\n"
	"vport.new dp=16 port_no=1 type=netdev name=veth0 upcall_pid=$sock\n"
	"flow.new dp=16 key{in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),\n"
	" eth_type(0x0800)} actions{output:1}\n";

/* Used again by each call. */
static struct {
	struct rig_runner *runner;
	struct rig_arena kept; /* of the setting */
	struct rig_script *script;
	struct rig_step *last; /* of the setting */
	struct rig_arena arena;
	struct rig_bytes text, bytes;
} lab;

/* A finding, to a fuzzer. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void open_lab(void)
{
	const struct rig_run_options options = {};
	struct rig_link *link;

	if (lab.runner)
		return;
	link = rig_link_open(RIG_TARGET_MODEL, 0, NULL);
	must(link);
	lab.runner = rig_runner_new(link, &options, NULL);
	lab.script = rig_script_parse(&lab.kept, "setting", setting, strlen(setting), NULL);
	must(lab.runner && lab.script);
	for (lab.last = lab.script->steps; lab.last->next;)
		lab.last = lab.last->next;
}

static void run(const struct rig_script *script)
{
	struct rig_run run;

	must(rig_runner_run(lab.runner, script, &run, NULL) == 0);
}

/* ---- datagrams ---- */

static void print_and_parse(const struct rig_message *messages, const uint8_t *data, size_t size)
{
	const struct rig_parser parser = { &lab.arena, NULL, false };
	struct rig_message *again;

	rig_bytes_reset(&lab.text);
	rig_bytes_reset(&lab.bytes);
	rig_print(messages, NULL, &lab.text);
	must(rig_parse(&parser, NULL, rig_bytes_text(&lab.text), lab.text.size, &again, NULL) == 0);
	must(rig_encode(again, NULL, NULL, NULL, &lab.bytes, NULL) == 0);
	must(lab.bytes.size == size && (!size || !memcmp(lab.bytes.data, data, size)));
}

void rig_feed_datagram(const uint8_t *data, size_t size)
{
	struct rig_step step = { .kind = RIG_STEP_SEND, .socket = "sock", .text = "input" };

	open_lab();
	rig_arena_reset(&lab.arena);
	must(rig_decode(&lab.arena, NULL, data, size, &step.message, NULL) == 0);
	print_and_parse(step.message, data, size);
	rig_bytes_reset(&lab.text);
	must(rig_hexdump(data, size, NULL, "", &lab.text, NULL) == 0);
	lab.last->next = &step;
	run(lab.script);
	lab.last->next = NULL;
}

/* ---- scripts ---- */

void rig_feed_script(const uint8_t *data, size_t size)
{
	struct rig_script *script;

	open_lab();
	rig_arena_reset(&lab.arena);
	script = rig_script_parse(&lab.arena, "input", (const char *)data, size, NULL);
	if (!script)
		return;
	run(script);
	rig_bytes_reset(&lab.text);
	rig_script_print(script, &lab.text);
	script = rig_script_parse(&lab.arena, "printed", rig_bytes_text(&lab.text), lab.text.size,
				  NULL);
	must(script);
	rig_bytes_reset(&lab.bytes);
	rig_script_print(script, &lab.bytes);
	must(!strcmp(rig_bytes_text(&lab.bytes), rig_bytes_text(&lab.text)));
}
