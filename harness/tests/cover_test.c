/* SPDX-License-Identifier: GPL-2.0-only */
/* What counts as tried, and what the list of unreachable places may say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cover/contract.h"
#include "cover/sites.h"
#include "tests/test.h"
#include "wire/arena.h"
#include "wire/error.h"
#include "wire/script.h"

static uint64_t tried(const struct rig_contract *c, const char *owner, const char *name,
		      enum rig_fault fault)
{
	for (size_t i = 0; i < rig_contract_size(c); i++) {
		const struct rig_contract_cell *cell = rig_contract_cell(c, i);

		if (cell->name && cell->attribute && cell->fault == fault &&
		    !strcmp(cell->owner, owner) && !strcmp(cell->name, name))
			return cell->count[RIG_FROM_CASES];
	}
	return UINT64_MAX;
}

/* Counts one request, that @text is, as answered with @error. */
static void count(struct rig_contract *c, const char *text, int error)
{
	struct rig_arena arena = {};
	char script[512];
	const struct rig_script *s;

	snprintf(script, sizeof(script), "# Why.\n%s -> none\n", text);
	s = rig_script_parse(&arena, "cover", script, strlen(script), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	rig_contract_count(c, RIG_FROM_CASES, s->steps->message, error);
	rig_arena_free(&arena);
}

static void one_fault_counts(void)
{
	struct rig_contract *c = rig_contract_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	count(c, "flow.new dp=1 key{eth_type(hex:08)}", 22);
	CU_ASSERT_EQUAL(tried(c, "key", "eth_type", RIG_FAULT_SHORT), 1);
	count(c, "flow.new dp=1 key{eth_type(hex:080045)}", 22);
	CU_ASSERT_EQUAL(tried(c, "key", "eth_type", RIG_FAULT_LONG), 1);
	count(c, "flow.new dp=1 key{eth_type(0x0800),eth_type(0x0800)}", 22);
	CU_ASSERT_EQUAL(tried(c, "key", "eth_type", RIG_FAULT_TWICE), 1);
	count(c, "flow.new dp=1 key{ipv4(src=1.2.3.4)}", 22);
	CU_ASSERT_EQUAL(tried(c, "key", "ipv4", RIG_FAULT_ALONE), 1);
	CU_ASSERT_EQUAL(tried(c, "key", "eth_type", RIG_FAULT_NONE), 0);
	count(c, "flow.new dp=1 key{eth_type(0x0801)}", 0);
	CU_ASSERT_EQUAL(tried(c, "key", "eth_type", RIG_FAULT_NONE), 1);
	rig_contract_free(c);
}

static void two_faults_do_not(void)
{
	struct rig_contract *c = rig_contract_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	count(c, "flow.new dp=1 key{eth_type(hex:08),in_port(hex:00)}", 22);
	CU_ASSERT_EQUAL(tried(c, "key", "eth_type", RIG_FAULT_SHORT), 0);
	count(c, "flow.new dp=1 key{eth_type(hex:08),hex:ff}", 22);
	CU_ASSERT_EQUAL(tried(c, "key", "eth_type", RIG_FAULT_SHORT), 0);
	rig_contract_free(c);
}

/* A value and a mask behind it are no longer than they should be, and what is set stands alone. */
static void what_is_set_is_whole(void)
{
	struct rig_contract *c = rig_contract_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	count(c, "flow.new dp=1 actions{set_masked(ipv4(ttl=1/255))}", 0);
	CU_ASSERT_EQUAL(tried(c, "action", "set_masked", RIG_FAULT_NONE), 1);
	count(c, "flow.new dp=1 actions{set(ipv4(ttl=1))}", 0);
	CU_ASSERT_EQUAL(tried(c, "action", "set", RIG_FAULT_NONE), 1);
	count(c, "flow.new dp=1 actions{set(ipv4(hex:00))}", 22);
	CU_ASSERT_EQUAL(tried(c, "key", "ipv4", RIG_FAULT_SHORT), 1);
	rig_contract_free(c);
}

static void masks_need_nothing(void)
{
	struct rig_contract *c = rig_contract_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	count(c, "flow.new dp=1 key{eth_type(0x0801)} mask{ipv4(src=1.2.3.4)}", 0);
	CU_ASSERT_EQUAL(tried(c, "key", "ipv4", RIG_FAULT_ALONE), 0);
	CU_ASSERT_EQUAL(tried(c, "key", "ipv4", RIG_FAULT_NONE), 1);
	rig_contract_free(c);
}

/* ---- places ---- */

static const char blocks[] = "m\t.text\t00000010\tf\ta.c:1 a.c:2\n"
			     "m\t.text\t00000020\tf\ta.c:5\n"
			     "m\t.text\t00000030\tg\ta.c:52\n";
static const char places[] = "a.c\t2\t3\tEINVAL\tf\treturn -EINVAL;\n"
			     "a.c\t5\t5\tEINVAL\tf\treturn -EINVAL;\n"
			     "a.c\t9\t9\tENOMEM\tg\treturn -ENOMEM;\n";

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	to = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	fputs(text, to);
	fclose(to);
}

static void places_are_told_apart(void)
{
	char folder[] = "/tmp/nlrig-cover-XXXXXX", path[128];
	struct rig_sites s = {};
	struct rig_error err = {};

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	write_file(folder, "blocks", blocks);
	write_file(folder, "sites", places);
	write_file(folder, "kcov", "m\t.text\t00000020\t7\nm\t.text\t000000ff\t1\n");
	write_file(folder, "list", "# why\n?*:g *\tno refusal\n*(2)\tnever\n");
	CU_ASSERT_EQUAL_FATAL(rig_sites_read(&s, folder, &err), 0);
	CU_ASSERT_EQUAL_FATAL(s.n_sites, 3);
	CU_ASSERT_STRING_EQUAL(s.sites[1].id, "a.c:f EINVAL return -EINVAL; (2)");
	CU_ASSERT(s.sites[0].compiled && s.sites[1].compiled && !s.sites[2].compiled);
	snprintf(path, sizeof(path), "%s/kcov", folder);
	CU_ASSERT_EQUAL(rig_sites_count(&s, RIG_FROM_RANDOM, path, &err), 0);
	CU_ASSERT_EQUAL(s.sites[0].count[RIG_FROM_RANDOM], 0);
	CU_ASSERT_EQUAL(s.sites[1].count[RIG_FROM_RANDOM], 7);
	snprintf(path, sizeof(path), "%s/list", folder);
	CU_ASSERT_EQUAL(rig_sites_excuse(&s, path, &err), 0);
	CU_ASSERT_PTR_NULL(s.sites[0].rule);
	CU_ASSERT_STRING_EQUAL(s.sites[1].rule->reason, "never");
	CU_ASSERT(s.sites[2].rule->no_refusal && !s.sites[2].rule->matches);
	rig_sites_free(&s);
	snprintf(path, sizeof(path), "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(path), 0);
}

RIG_TEST_SUITE(cover, { "one fault counts", one_fault_counts },
	       { "two faults do not", two_faults_do_not },
	       { "in a mask nothing needs another", masks_need_nothing },
	       { "what is set is whole", what_is_set_is_whole },
	       { "places of one errno are told apart", places_are_told_apart });
