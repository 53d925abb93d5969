/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/ring.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wire/error.h"

enum { BLOCK = 48 }; /* what a file has around a datagram */

static void name_file(const struct rig_ring *ring, unsigned int number, char *name, size_t size)
{
	const char *slash = strrchr(ring->path, '/');
	const char *dot = strrchr(slash ? slash : ring->path, '.');
	int stem = dot ? dot - ring->path : (int)strlen(ring->path);

	if (ring->files)
		snprintf(name, size, "%.*s.%u%s", stem, ring->path, number, dot ? dot : "");
	else
		snprintf(name, size, "%s", ring->path);
}

int rig_ring_finish(struct rig_ring *ring, struct rig_error *err)
{
	int ret = ring->writer ? rig_trace_finish(ring->writer, err) : 0;

	ring->writer = NULL;
	return ret;
}

/* The oldest one goes before the next begins: there are never more. */
int rig_ring_begin(struct rig_ring *ring, struct rig_error *err)
{
	char name[PATH_MAX];

	if (rig_ring_finish(ring, err) < 0)
		return -1;
	ring->number++;
	ring->bytes = 0;
	if (ring->files && ring->number > ring->files) {
		name_file(ring, ring->number - ring->files, name, sizeof(name));
		unlink(name);
	}
	name_file(ring, ring->number, name, sizeof(name));
	ring->writer = rig_trace_create(name, err);
	return ring->writer ? 0 : -1;
}

int rig_ring_write(struct rig_ring *ring, const struct rig_record *record, bool counts,
		   struct rig_error *err)
{
	if (rig_trace_write(ring->writer, record, err) < 0)
		return -1;
	if (counts)
		ring->bytes += BLOCK + record->size;
	if (!ring->files || ring->bytes < ring->limit)
		return 0;
	return rig_ring_begin(ring, err) < 0 ? -1 : 1;
}

int rig_ring_flush(struct rig_ring *ring, struct rig_error *err)
{
	return ring->writer ? rig_trace_flush(ring->writer, err) : 0;
}
