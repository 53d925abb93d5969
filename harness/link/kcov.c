/* SPDX-License-Identifier: GPL-2.0-only */
#include "link/kcov.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcov.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wire/error.h"

/* A round of random requests takes a few hundred thousand words; some, by deep nests, millions. */
enum { WORDS = 4 << 20, BLOCKS = 1 << 16, MODULES = 64, RECENT = 1 << 14 };

static const char device[] = "/sys/kernel/debug/kcov";

struct block {
	uint64_t address; /* 0: free */
	uint64_t count;
	uint64_t taken; /* in which take it was seen last */
};

struct module {
	char name[64];
	uint64_t start;
	uint64_t mark; /* of its name */
};

struct rig_kcov {
	int fd;
	uint64_t *words; /* the first says how many follow; the kernel writes them */
	uint64_t takes;
	bool lost;
	size_t count;			/* of blocks seen */
	struct block blocks[BLOCKS];	/* by a hash of the address; the next free one when taken */
	struct module modules[MODULES]; /* ascending; there when it was opened */
	size_t n_modules;
	uint64_t recent[RECENT]; /* addresses that are known to be in the table */
};

/* ---- which module an address is in ---- */

static bool read_start(const char *name, uint64_t *start)
{
	char path[PATH_MAX];
	FILE *from;
	bool ok;

	snprintf(path, sizeof(path), "/sys/module/%s/sections/.text", name);
	from = fopen(path, "re");
	if (!from)
		return false; /* built in */
	ok = fscanf(from, "%lx", start) == 1;
	fclose(from);
	return ok;
}

static int in_order(const void *a, const void *b)
{
	const struct module *first = a, *second = b;

	return first->start < second->start ? -1 : first->start > second->start;
}

static size_t read_modules(struct module modules[MODULES])
{
	DIR *dir = opendir("/sys/module");
	struct dirent *entry;
	size_t n = 0;

	while (dir && n < MODULES && (entry = readdir(dir)) != NULL) {
		if (!read_start(entry->d_name, &modules[n].start))
			continue;
		snprintf(modules[n].name, sizeof(modules[n].name), "%.63s", entry->d_name);
		modules[n].mark = 0;
		for (const char *c = modules[n].name; *c; c++)
			modules[n].mark = modules[n].mark * 31 + (uint8_t)*c;
		n++;
	}
	if (dir)
		closedir(dir);
	qsort(modules, n, sizeof(*modules), in_order);
	return n;
}

static const struct module *module_of(const struct module *modules, size_t n, uint64_t address)
{
	const struct module *found = NULL;

	for (size_t i = 0; i < n && modules[i].start <= address; i++)
		found = &modules[i];
	return found;
}

struct rig_kcov *rig_kcov_open(struct rig_error *err)
{
	struct rig_kcov *kcov = calloc(1, sizeof(*kcov));
	void *area;

	if (!kcov) {
		rig_error_set(err, "kcov: out of memory");
		return NULL;
	}
	kcov->fd = open(device, O_RDWR | O_CLOEXEC);
	if (kcov->fd < 0) {
		rig_error_set(err, "%s: %s: this kernel has no KCOV", device, strerror(errno));
		goto fail;
	}
	if (ioctl(kcov->fd, KCOV_INIT_TRACE, WORDS) < 0)
		goto fail_kcov;
	area = mmap(NULL, WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, kcov->fd,
		    0);
	if (area == MAP_FAILED)
		goto fail_kcov;
	kcov->words = area;
	if (ioctl(kcov->fd, KCOV_ENABLE, KCOV_TRACE_PC) < 0)
		goto fail_kcov;
	kcov->n_modules = read_modules(kcov->modules);
	return kcov;
fail_kcov:
	rig_error_set(err, "%s: %s", device, strerror(errno));
fail:
	rig_kcov_close(kcov);
	return NULL;
}

void rig_kcov_close(struct rig_kcov *kcov)
{
	if (!kcov)
		return;
	if (kcov->words)
		munmap(kcov->words, WORDS * sizeof(uint64_t));
	if (kcov->fd >= 0)
		close(kcov->fd);
	free(kcov);
}

static struct block *find(struct rig_kcov *kcov, uint64_t address)
{
	uint64_t hash = address * 0x9e3779b97f4a7c15;
	unsigned int i = hash >> 48;

	static_assert(BLOCKS == 1 << 16, "the hash is the product's upper 16 bits");
	while (kcov->blocks[i].address && kcov->blocks[i].address != address)
		i = (i + 1) % BLOCKS;
	return &kcov->blocks[i];
}

/* How many words have come; from here on they count as seen. */
static uint64_t begin_take(struct rig_kcov *kcov)
{
	uint64_t n = __atomic_exchange_n(&kcov->words[0], 0, __ATOMIC_RELAXED);

	kcov->takes++;
	kcov->lost |= n >= WORDS - 1;
	return n;
}

static void count(struct rig_kcov *kcov, uint64_t address)
{
	struct block *block = find(kcov, address);

	kcov->count += !block->address;
	block->address = address;
	block->count += block->taken != kcov->takes;
	block->taken = kcov->takes;
}

void rig_kcov_take(struct rig_kcov *kcov)
{
	uint64_t n = begin_take(kcov);

	for (uint64_t i = 1; i <= n; i++)
		count(kcov, kcov->words[i]);
}

void rig_kcov_fold(struct rig_kcov *kcov, uint8_t *map, unsigned int bits)
{
	static const struct module nowhere;
	const struct module *module = &nowhere;
	uint64_t n = begin_take(kcov), before = 0, end = 0;

	for (uint64_t i = 1; i <= n; i++) {
		uint64_t address = kcov->words[i], place;
		uint64_t *recent = &kcov->recent[address % RECENT];
		uint8_t *byte;

		if (*recent != address) {
			*recent = address;
			count(kcov, address);
		}
		if (address < module->start || address >= end) {
			module = module_of(kcov->modules, kcov->n_modules, address);
			if (!module)
				module = &nowhere;
			end = module == &kcov->modules[kcov->n_modules - 1] ? UINT64_MAX :
			      module == &nowhere			    ? 0 :
									      module[1].start;
		}
		place = ((address - module->start + module->mark) * 0x9e3779b97f4a7c15) >>
			(64 - bits);
		byte = &map[place ^ before];
		*byte += *byte != UINT8_MAX;
		before = place >> 1;
	}
}

size_t rig_kcov_count(const struct rig_kcov *kcov)
{
	return kcov->count;
}

int rig_kcov_write(const struct rig_kcov *kcov, const char *path, struct rig_error *err)
{
	FILE *to = fopen(path, "we");

	if (!to)
		return rig_error_set(err, "%s: %s", path, strerror(errno));
	for (size_t i = 0; i < BLOCKS; i++) {
		const struct block *block = &kcov->blocks[i];
		const struct module *module =
			module_of(kcov->modules, kcov->n_modules, block->address);

		if (block->address && module)
			fprintf(to, "%s\t.text\t%08lx\t%lu\n", module->name,
				block->address - module->start, block->count);
	}
	if (fclose(to) != 0)
		return rig_error_set(err, "%s: %s", path, strerror(errno));
	if (kcov->lost)
		return rig_error_set(err, "kcov: more than %d blocks in one run: some are lost",
				     WORDS);
	return 0;
}
