/* SPDX-License-Identifier: GPL-2.0-only */
/* For harness/tests/red-vm, in a guest: makes the datapath "leak" and leaves it behind. */
#include <stdio.h>
#include <string.h>

#include "link/link.h"
#include "wire/arena.h"
#include "wire/codec.h"

static const char text[] = "dp.new @flags=request name=leak upcall_pid=0";

static int make(struct rig_link *link, struct rig_error *err)
{
	const struct rig_link_facts *facts = rig_link_facts(link);
	struct rig_link_socket sock = {};
	struct rig_arena arena = {};
	const struct rig_parser parser = { .arena = &arena };
	struct rig_message *messages;
	struct rig_bytes bytes = {};
	int ret = -1;

	if (rig_link_socket_new(link, &sock, err) == 0 &&
	    rig_parse(&parser, "leak", text, strlen(text), &messages, err) == 0 &&
	    rig_encode(messages, &facts->families, NULL, NULL, &bytes, err) == 0)
		ret = rig_link_send(link, sock.handle,
				    &(struct rig_link_datagram){ bytes.data, bytes.size }, 1, err);
	rig_bytes_free(&bytes);
	rig_arena_free(&arena);
	return ret;
}

int main(void)
{
	struct rig_error err = {};
	struct rig_link *link = rig_link_open(RIG_TARGET_INTREE, 0, &err);
	int ret = link ? make(link, &err) : -1;

	rig_link_close(link);
	if (ret < 0)
		fprintf(stderr, "leak: %s\n", err.message);
	return ret < 0;
}
