/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations of the kernel's own that fail on demand: fault injection, by number. */
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
 * Left as they are, allocations that may wait would be spared, and each fault would be logged. Not
 * every kernel that can have objects fail can have pages fail.
 */
static const struct {
	const char *file;
	const char *value;
	bool optional;
} settings[] = {
	{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N", false },
	{ "/sys/kernel/debug/failslab/verbose", "0", false },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N", true },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N", true },
	{ "/sys/kernel/debug/fail_page_alloc/min-order", "0", true },
	{ "/sys/kernel/debug/fail_page_alloc/verbose", "0", true },
};

static int set(const char *file, const char *value, bool optional, struct rig_error *err)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	ssize_t put;

	if (fd < 0 && errno == ENOENT && optional)
		return 0;
	put = fd < 0 ? -1 : write(fd, value, strlen(value));
	if (put < 0)
		rig_error_set(err, "%s: %s: this takes a kernel with fault injection", file,
			      strerror(errno));
	if (fd >= 0)
		close(fd);
	return put < 0 ? -1 : 0;
}

int rig_link_fault_open(struct rig_error *err)
{
	size_t i;
	int fd;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (set(settings[i].file, settings[i].value, settings[i].optional, err) < 0)
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
