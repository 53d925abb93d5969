/* SPDX-License-Identifier: GPL-2.0-only */
/* The module comes and goes. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "stress/thread.h"

/* How long a module may be needed still, by a namespace that is on its way out. */
enum { TRIES = 100, PAUSE_NS = 100000000 };

static int load(const char *folder, const char *module, struct rig_error *err)
{
	char path[4096];
	int fd, ret = -1;

	snprintf(path, sizeof(path), "%s/%s.ko", folder, module);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		ret = (int)syscall(SYS_finit_module, fd, "", 0);
	if (ret < 0)
		rig_error_set(err, "load %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}

/* A loaded module's name has '_' for each '-' of its file's. */
static void loaded_name(char *name, size_t size, const char *module)
{
	snprintf(name, size, "%s", module);
	for (char *dash = name; (dash = strchr(dash, '-')) != NULL;)
		*dash = '_';
}

static bool is_loaded(const char *module)
{
	char name[64], path[128];

	loaded_name(name, sizeof(name), module);
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) == 0;
}

static int unload(const char *module, unsigned int tries, struct rig_error *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	char name[64];

	if (!is_loaded(module))
		return 0;
	loaded_name(name, sizeof(name), module);
	while (syscall(SYS_delete_module, name, O_NONBLOCK) < 0) {
		if (errno != EAGAIN && errno != EBUSY)
			return rig_error_set(err, "unload %s: %s", name, strerror(errno));
		if (!tries--)
			return rig_error_set(err, "unload %s: it is still needed", name);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* What depends on others was loaded behind them. */
static int unload_all(const char *const *modules, unsigned int tries, struct rig_error *err)
{
	size_t count = 0;

	while (modules[count])
		count++;
	while (count)
		if (unload(modules[--count], tries, err) < 0)
			return -1;
	return 0;
}

/*
 * With ports and flows in place every other time; a tunnel's port may hold its module, and then it
 * goes first all the same.
 */
static int cycle(struct rig_stress_thread *t, const char *folder, const char *const *modules,
		 bool in_place)
{
	struct rig_link_left left;

	if (rig_stress_open(t) < 0 || rig_stress_scene(t) < 0)
		return -1;
	if ((!in_place || unload_all(modules, 0, NULL) < 0) &&
	    rig_link_clean(t->link, &left, &t->err) < 0)
		return -1;
	rig_stress_close(t);
	if (unload_all(modules, TRIES, &t->err) < 0)
		return -1;
	for (size_t i = 0; modules[i]; i++)
		if (load(folder, modules[i], &t->err) < 0)
			return -1;
	return 0;
}

int rig_stress_reload(struct rig_stress *stress, const char *folder, const char *const *modules,
		      unsigned int cycles, unsigned int *done, struct rig_error *err)
{
	struct rig_stress_thread t = { .stress = stress };
	int ret = 0;

	rig_random_seed(&t.random, stress->seed, 0);
	for (*done = 0; *done < cycles && ret == 0; *done += ret == 0) {
		ret = cycle(&t, folder, modules, *done % 2);
		rig_arena_reset(&t.arena);
	}
	if (ret < 0)
		*err = t.err;
	rig_stress_close(&t);
	rig_arena_free(&t.arena);
	rig_bytes_free(&t.bytes);
	return ret;
}
