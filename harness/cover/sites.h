/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where in its source a kernel module refuses, and which of these places requests have reached:
 * the tables of fuzz/kernel/build joined with what KCOV saw, and with the list of places that no
 * request can reach.
 */
#ifndef RIG_COVER_SITES_H
#define RIG_COVER_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cover/contract.h"

struct rig_error;

/*
 * A line of the list: a pattern of site ids, as the shell has them, a tab, and the reason. It holds
 * for those sites that no line before it has. With a '?' in front, they are none that refuse a
 * request, and do not count, reached or not.
 */
struct rig_site_rule {
	bool no_refusal;
	char *pattern;
	char *reason;
	unsigned int line;
	size_t matches; /* sites that were compiled */
};

struct rig_site {
	/* "flow_netlink.c:validate_set EINVAL return -EINVAL; (2)": the second of its kind there */
	char *id;
	unsigned int first, last; /* lines of the source */
	bool compiled;		  /* the compiler has not found that nothing leads here */
	uint64_t count[RIG_SOURCES];
	struct rig_site_rule *rule; /* why no request can reach it; NULL: one can */
};

struct rig_site_block {
	char *key;   /* module, section, offset */
	char *lines; /* " file:line file:line " */
	bool reached;
};

struct rig_sites {
	struct rig_site *sites; /* in the order of the source */
	size_t n_sites;
	struct rig_site_rule *rules;
	size_t n_rules;
	struct rig_site_block *blocks; /* by key */
	size_t n_blocks;
};

/* Reads the tables that fuzz/kernel/build has made. Returns 0 or -1; to be freed in any case. */
int rig_sites_read(struct rig_sites *sites, const char *folder, struct rig_error *err);
void rig_sites_free(struct rig_sites *sites);

/*
 * Counts what rig_kcov_write() has written. A function's last block is passed over where the
 * compiler has made its call of KCOV a jump: that shows as the caller. Returns 0 or -1.
 */
int rig_sites_count(struct rig_sites *sites, enum rig_contract_source source, const char *path,
		    struct rig_error *err);

/* Reads the list of what cannot be reached, after the tables. Returns 0 or -1. */
int rig_sites_excuse(struct rig_sites *sites, const char *path, struct rig_error *err);

#endif
