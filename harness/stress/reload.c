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

static int delete_module(const char *module)
{
	char name[64];

	loaded_name(name, sizeof(name), module);
	return (int)syscall(SYS_delete_module, name, O_NONBLOCK);
}

/*
 * A port holds the module that its kind is from. What is loaded last, and so needed by no other
 * module, is held by ports alone, if at all; of the tunnels' modules, only those that have a port.
 */
static int require_held(const char *const *modules, struct rig_error *err)
{
	size_t count = 0, held = 0;

	while (modules[count])
		count++;
	while (count-- && !held) {
		if (delete_module(modules[count]) == 0)
			continue;
		if (errno != EWOULDBLOCK)
			return rig_error_set(err, "unload %s, which has ports: %s, not EWOULDBLOCK",
					     modules[count], strerror(errno));
		held++;
	}
	return held ? 0 : rig_error_set(err, "the module unloads, ports and all");
}

static int unload(const char *module, unsigned int tries, struct rig_error *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (!is_loaded(module))
		return 0;
	while (delete_module(module) < 0) {
		if (errno != EAGAIN && errno != EBUSY)
			return rig_error_set(err, "unload %s: %s", module, strerror(errno));
		if (!tries--)
			return rig_error_set(err, "unload %s: it is still needed", module);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* What depends on others was loaded behind them. */
static int unload_all(const char *const *modules, struct rig_error *err)
{
	size_t count = 0;

	while (modules[count])
		count++;
	while (count)
		if (unload(modules[--count], TRIES, err) < 0)
			return -1;
	return 0;
}

static int cycle(struct rig_stress_thread *t, const char *folder, const char *const *modules)
{
	struct rig_link_left left;

	if (rig_stress_open(t) < 0 || rig_stress_scene(t) < 0 ||
	    require_held(modules, &t->err) < 0 || rig_link_clean(t->link, &left, &t->err) < 0)
		return -1;
	rig_stress_close(t);
	if (unload_all(modules, &t->err) < 0)
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
		ret = cycle(&t, folder, modules);
		rig_arena_reset(&t.arena);
	}
	if (ret < 0)
		*err = t.err;
	rig_stress_close(&t);
	rig_arena_free(&t.arena);
	rig_bytes_free(&t.bytes);
	return ret;
}
