/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz/forkserver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "wire/error.h"

/* AFL++'s numbers: see afl-fuzz's persistent mode. */
enum { CONTROL = 198, STATUS = 199 };

static const uint32_t enabled = 0x80000001, has_map_size = 0x40000000, shares_inputs = 0x01000000;

static void *attach(const char *variable, struct rig_error *err)
{
	const char *id = getenv(variable);
	void *memory = id ? shmat(atoi(id), NULL, 0) : NULL;

	if (memory && memory != (void *)-1)
		return memory;
	rig_error_set(err, "%s: %s: this is for afl-fuzz to start", variable,
		      id ? strerror(errno) : "not set");
	return NULL;
}

static bool put(const void *data, size_t size)
{
	return write(STATUS, data, size) == (ssize_t)size;
}

static bool get(uint32_t *value)
{
	return read(CONTROL, value, sizeof(*value)) == sizeof(*value);
}

int rig_forkserver_open(struct rig_forkserver *server, struct rig_error *err)
{
	uint32_t hello = enabled | has_map_size | shares_inputs | (RIG_MAP_SIZE - 1) << 1, answer;
	uint8_t *inputs;

	server->map = attach("__AFL_SHM_ID", err);
	inputs = server->map ? attach("__AFL_SHM_FUZZ_ID", err) : NULL;
	if (!inputs)
		return -1;
	server->size = (const uint32_t *)inputs;
	server->input = inputs + sizeof(*server->size);
	if (!put(&hello, sizeof(hello)) || !get(&answer))
		return rig_error_set(err, "no answer from afl-fuzz: %s", strerror(errno));
	return 0;
}

bool rig_forkserver_next(struct rig_forkserver *server)
{
	uint32_t killed;

	(void)server;
	return get(&killed);
}

/*
 * Whose child has run, and how it ended. Both at once saves the fuzzer a turn; it has no time limit
 * of its own then, but a kernel that hangs would not let it look at the clock anyway.
 */
bool rig_forkserver_done(struct rig_forkserver *server, bool found)
{
	const int said[2] = { getpid(), found ? SIGABRT : 0 };

	(void)server;
	return put(said, sizeof(said));
}
