/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations of the kernel's own that fail on demand: fault injection, by number. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link/link.h"
#include "wire/error.h"

static const char counter[] = "/proc/thread-self/fail-nth";

/*
 * Left as they are, allocations that may wait would be spared. Not every kernel that can have
 * objects fail can have pages fail.
 */
static const struct {
	const char *file;
	const char *value;
	bool optional;
} settings[] = {
	{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N", false },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N", true },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N", true },
	{ "/sys/kernel/debug/fail_page_alloc/min-order", "0", true },
};

/* A fault is logged with its callers, or not at all. */
static const char with_callers[] = "2", silent[] = "0";

/* Not of the kernel's own, but of what checks it; without them it still works, and says less. */
static const char *const checkers[] = { "kmemleak_object", "kmemleak_scan_area",
					"debug_objects_cache" };

static const char caches[] = "/sys/kernel/slab";

static bool is_checker(const char *cache)
{
	for (size_t i = 0; i < sizeof(checkers) / sizeof(checkers[0]); i++)
		if (!strcmp(checkers[i], cache))
			return true;
	return false;
}

static int set(const char *file, const char *value, bool optional, struct rig_error *err)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	ssize_t put;

	if (fd < 0 && errno == ENOENT && optional)
		return 0;
	put = fd < 0 ? -1 : write(fd, value, strlen(value));
	if (put < 0)
		rig_error_set(err, "%s: %s: it takes a kernel with fault injection, as uml-san",
			      file, strerror(errno));
	if (fd >= 0)
		close(fd);
	return put < 0 ? -1 : 0;
}

/*
 * Marks each cache but the checkers' for allocations that fail, and has the others spared: they are
 * half of all. A kernel that shares caches, or lets nobody mark them, fails them all.
 */
static int spare_checkers(struct rig_error *err)
{
	DIR *list = opendir(caches);
	const struct dirent *cache;
	bool marked = list != NULL;
	char file[512];

	while (marked && (cache = readdir(list)) != NULL) {
		snprintf(file, sizeof(file), "%s/%s/failslab", caches, cache->d_name);
		if (cache->d_name[0] != '.' && !is_checker(cache->d_name))
			marked = set(file, "1", false, err) == 0;
	}
	if (list)
		closedir(list);
	return set("/sys/kernel/debug/failslab/cache-filter", marked ? "Y" : "N", false, err);
}

int rig_link_fault_open(bool logged, struct rig_error *err)
{
	const char *verbose = logged ? with_callers : silent;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (set(settings[i].file, settings[i].value, settings[i].optional, err) < 0)
			return -1;
	if (set("/sys/kernel/debug/failslab/verbose", verbose, false, err) < 0 ||
	    set("/sys/kernel/debug/fail_page_alloc/verbose", verbose, true, err) < 0 ||
	    spare_checkers(err) < 0)
		return -1;
	fd = open(counter, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return rig_error_set(err, "%s: %s", counter, strerror(errno));
	return fd;
}

int rig_link_fault_arm(int fault, unsigned int nth, struct rig_error *err)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fault, text, len, 0) != len)
		return rig_error_set(err, "%s: %s", counter, strerror(errno));
	return 0;
}

int rig_link_fault_disarm(int fault, bool *fired, struct rig_error *err)
{
	char text[16] = "";

	if (pread(fault, text, sizeof(text) - 1, 0) <= 0)
		return rig_error_set(err, "%s: %s", counter, strerror(errno));
	*fired = atoi(text) == 0;
	return rig_link_fault_arm(fault, 0, err);
}
