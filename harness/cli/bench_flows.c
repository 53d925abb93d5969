/* SPDX-License-Identifier: GPL-2.0-only */
/* What a flow costs the model and the judge, among few and among many. */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bench.h"
#include "gen/random.h"
#include "judge/judge.h"
#include "judge/run.h"
#include "wire/codec.h"

enum { FEW = 10000, TRIES = 3 };

/* Each flow has an address of its own in the place of this one. */
static const uint8_t mark[4] = { 10, 11, 12, 13 };

#define KEY                                                                        \
	"key{in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),"         \
	"eth_type(0x0800),ipv4(src=10.11.12.13,dst=1.2.3.4,proto=17,tos=0,ttl=64," \
	"frag=no),udp(src=1,dst=2)}"

enum request { DP_NEW, VPORT_NEW, FLOW_NEW, FLOW_GET, FLOW_DEL, DUMP, REQUESTS };

static const char *const texts[REQUESTS] = {
	[DP_NEW] = "dp.new name=br0 upcall_pid=0 ifindex=1000",
	[VPORT_NEW] = "vport.new dp=1000 name=veth0 type=netdev port_no=1 upcall_pid=0",
	[FLOW_NEW] = "flow.new dp=1000 " KEY " actions{output:0}",
	[FLOW_GET] = "flow.get dp=1000 " KEY,
	[FLOW_DEL] = "flow.del dp=1000 " KEY,
	[DUMP] = "flow.get dp=1000 dump",
};

static const char frame_text[] =
	"packet.execute packet=frame{eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),"
	"eth_type(0x0800),ipv4(src=10.11.12.13,dst=1.2.3.4),udp(src=1,dst=2),payload(00)}";

struct flows {
	struct rig_model *model;
	struct rig_answer answer;
	struct rig_arena arena;
	struct rig_bytes request[REQUESTS];
	struct rig_bytes frame;
	struct rig_inbox inbox;
	struct rig_findings findings;
};

static const struct rig_message *parse(struct flows *f, const char *text, struct rig_bytes *bytes)
{
	const struct rig_parser parser = { .arena = &f->arena };
	struct rig_message *message;
	struct rig_error err = {};

	if (rig_parse(&parser, "bench", text, strlen(text), &message, &err) < 0 ||
	    rig_encode(message, NULL, NULL, NULL, bytes, &err) < 0)
		abort(); /* the texts are this file's own */
	return message;
}

static void prepare(struct flows *f, const struct rig_link_facts *facts)
{
	const struct rig_netdev veth = {
		.name = "veth0", .ifindex = 5, .up = true, .ethernet = true
	};
	struct rig_bytes execute = {};
	const struct rig_node *packet;

	f->model = rig_runner_model(facts);
	if (!f->model)
		abort();
	for (unsigned int i = 0; i < REQUESTS; i++)
		parse(f, texts[i], &f->request[i]);
	packet = parse(f, frame_text, &execute)->nodes;
	rig_bytes_put(&f->frame, packet->data, packet->size);
	rig_bytes_free(&execute);
	rig_model_socket(f->model, 0, 4200, 0, NULL);
	rig_model_netdev(f->model, &veth);
	f->inbox.arena = f->findings.arena = &f->arena;
	f->inbox.ids = &facts->families;
}

static void ask(struct flows *f, enum request request)
{
	rig_model_send(f->model, 0, f->request[request].data, f->request[request].size, &f->answer);
}

/* Where the address stands that is each flow's own. */
static uint8_t *address(struct rig_bytes *bytes)
{
	return memmem(bytes->data, bytes->size, mark, sizeof(mark));
}

/* One request for each flow. */
static void send_each(struct flows *f, enum request request, uint32_t n)
{
	uint8_t *own = address(&f->request[request]);

	for (uint32_t i = 0; i < n; i++) {
		memcpy(own, &i, sizeof(i));
		ask(f, request);
	}
	memcpy(own, mark, sizeof(mark));
}

static void frame_each(struct flows *f, uint32_t n)
{
	uint8_t *own = address(&f->frame);

	for (uint32_t i = 0; i < n; i++) {
		memcpy(own, &i, sizeof(i));
		rig_model_frame(f->model, "veth0", NULL, f->frame.data, f->frame.size, &f->answer);
	}
	memcpy(own, mark, sizeof(mark));
}

static const char *nowhere(void *context)
{
	(void)context;
	return "bench";
}

static const char *no_name(void *context, unsigned int socket)
{
	(void)context;
	(void)socket;
	return "sock";
}

static void shuffle(uint32_t *order, uint32_t n)
{
	struct rig_random random;

	rig_random_seed(&random, n, 0);
	for (uint32_t i = n; i > 1; i--) {
		uint32_t k = rig_random_below(&random, i), last = order[i - 1];

		order[i - 1] = order[k];
		order[k] = last;
	}
}

/* A kernel dumps its flows in an order of its own. */
static int dump(struct flows *f, uint32_t n)
{
	struct rig_judge judge = {
		.arena = &f->arena,
		.ids = f->inbox.ids,
		.findings = &f->findings,
		.socket_name = no_name,
		.place = nowhere,
	};
	uint32_t *order = malloc((n + 1) * sizeof(*order));
	int ret = 0;

	if (!order)
		abort();
	ask(f, DUMP);
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	shuffle(order, n);
	order[n] = n;
	for (uint32_t i = 0; i <= n && ret == 0; i++) {
		const struct rig_expected *e = &f->answer.list[order[i]];

		ret = rig_inbox_add(&f->inbox, &(struct rig_event){ .kind = RIG_EVENT_DATAGRAM,
								    .data = e->bytes,
								    .len = e->len });
	}
	if (ret == 0)
		ret = rig_judge_answer(&judge, &f->answer, &f->inbox);
	free(order);
	return ret < 0 || f->findings.count ? -1 : 0;
}

/* Seconds for all that happens to n flows; less than 0: the model and the judge disagree. */
static double measure(const struct rig_link_facts *facts, uint32_t n)
{
	struct flows f = {};
	double start, took;
	int ret;

	/* Few flows would find the memory of the last ones there, many would not. */
	malloc_trim(0);
	prepare(&f, facts);
	ask(&f, DP_NEW);
	ask(&f, VPORT_NEW);
	start = rig_bench_processor();
	send_each(&f, FLOW_NEW, n);
	send_each(&f, FLOW_GET, n);
	frame_each(&f, n);
	ret = dump(&f, n);
	send_each(&f, FLOW_DEL, n);
	took = rig_bench_processor() - start;
	rig_model_free(f.model);
	rig_answer_free(&f.answer);
	for (unsigned int i = 0; i < REQUESTS; i++)
		rig_bytes_free(&f.request[i]);
	rig_bytes_free(&f.frame);
	rig_inbox_free(&f.inbox);
	rig_arena_free(&f.arena);
	return ret < 0 ? -1 : took;
}

/* The least of a few: what else the machine does only adds. */
static double best_of(const struct rig_link_facts *facts, uint32_t n)
{
	double best = measure(facts, n);

	for (int i = 1; i < TRIES && best >= 0; i++) {
		double took = measure(facts, n);

		if (took < best)
			best = took;
	}
	return best;
}

int rig_bench_flows(const struct rig_bench_options *o)
{
	static const char against[] = "new, get, frame, dump, del, in the model and the judge";
	const uint32_t counts[] = { FEW, (uint32_t)o->flows };
	struct rig_error err = {};
	struct rig_link *link = rig_link_open(RIG_TARGET_MODEL, 0, &err);
	double took[2];

	if (!link)
		return rig_cli_bad_error(&err);
	for (int i = 0; i < 2; i++) {
		char name[32];

		took[i] = best_of(rig_link_facts(link), counts[i]);
		if (took[i] < 0) {
			rig_link_close(link);
			return rig_cli_bad("bench: the dump of %u flows is not as expected",
					   counts[i]);
		}
		snprintf(name, sizeof(name), "bench.flows-%u", counts[i]);
		rig_bench_figure(name, took[i] / counts[i] * 1e6, 2, "us/flow", against);
	}
	rig_link_close(link);
	rig_bench_figure("bench.flows-growth",
			 took[1] / took[0] /
				 (counts[1] * log(counts[1]) / (counts[0] * log(counts[0]))),
			 2, "of n*log(n)", against);
	return RIG_EXIT_PASSED;
}
