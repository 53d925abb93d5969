/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/model_help.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/wire_help.h"

void test_world_open(struct test_world *w, void (*change)(struct rig_model_config *config))
{
	static const enum rig_family_index family[RIG_MODEL_FAMILIES] = {
		[RIG_MODEL_DATAPATH] = RIG_DP, [RIG_MODEL_VPORT] = RIG_VPORT,
		[RIG_MODEL_FLOW] = RIG_FLOW,   [RIG_MODEL_PACKET] = RIG_PACKET,
		[RIG_MODEL_METER] = RIG_METER, [RIG_MODEL_CT_LIMIT] = RIG_CT_LIMIT,
	};
	struct rig_model_config config = { .ncpus = 2 };

	for (unsigned int i = 0; i < RIG_MODEL_FAMILIES; i++) {
		config.family_id[i] = rig_family_ids_default.id[family[i]];
		config.group_id[i] = i == RIG_MODEL_PACKET ? 0 : TEST_GROUP(i);
	}
	if (change)
		change(&config);
	*w = (struct test_world){ .model = rig_model_new(&config) };
	rig_model_socket(w->model, 0, 1000, 0, NULL);
	rig_model_socket(w->model, 1, 2000, 0, NULL);
}

void test_world_close(struct test_world *w)
{
	rig_model_free(w->model);
	rig_answer_free(&w->answer);
}

static void print_one(FILE *f, const struct rig_expected *e)
{
	struct rig_bytes text = { 0 };

	if (e->kind == RIG_EXPECT_FRAME) {
		fprintf(f, "%s: ", e->netdev);
		for (uint32_t i = 0; i < e->len; i++)
			fprintf(f, "%02x", e->bytes[i]);
	} else if (test_text_of(e->bytes, e->len, &text)) {
		fprintf(f, "%u: %.*s", e->sock, (int)text.size - 1, (const char *)text.data);
	}
	if (e->group)
		fprintf(f, " =%u", e->group);
	fprintf(f, "%s\n", e->optional ? " ?" : "");
	rig_bytes_free(&text);
}

static bool answer_is(const struct test_world *w, const char *lines)
{
	char *got = NULL;
	size_t size;
	FILE *f = open_memstream(&got, &size);
	bool same;

	for (size_t i = 0; i < w->answer.count; i++)
		print_one(f, &w->answer.list[i]);
	if (w->answer.unmodelled)
		fprintf(f, "unmodelled: %s\n", w->answer.unmodelled);
	fclose(f);
	same = !strcmp(got, lines);
	if (!same)
		fprintf(stderr, "# wanted:\n%s# got:\n%s", lines, got);
	free(got);
	return same;
}

void test_world_send(struct test_world *w, unsigned int sock, const char *text)
{
	struct rig_bytes bytes = { 0 };

	if (test_bytes_of(text, &bytes))
		rig_model_send(w->model, sock, bytes.data, bytes.size, &w->answer);
	rig_bytes_free(&bytes);
}

bool test_world_says(struct test_world *w, unsigned int sock, const char *text, const char *lines)
{
	test_world_send(w, sock, text);
	return answer_is(w, lines);
}

bool test_world_frame(struct test_world *w, const char *netdev, const char *hex, const char *lines)
{
	uint8_t frame[2048];
	unsigned int byte;
	size_t n = 0;

	for (; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		frame[n] = byte;
	rig_model_frame(w->model, netdev, NULL, frame, n, &w->answer);
	return answer_is(w, lines);
}

bool test_world_errno(const struct test_world *w, int error)
{
	const struct rig_expected *last;
	struct nlmsgerr e;

	if (!w->answer.count)
		return false;
	last = &w->answer.list[w->answer.count - 1];
	if (last->role != RIG_ROLE_ACK)
		return false;
	memcpy(&e, last->bytes + NLMSG_HDRLEN, sizeof(e));
	if (e.error != -error)
		fprintf(stderr, "# wanted errno %d, got %d\n", error, -e.error);
	return e.error == -error;
}
