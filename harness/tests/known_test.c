/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"
#include "wire/error.h"

static const char good[] = "# SPDX-License-Identifier: GPL-2.0-only\n"
			   "# The kernel refuses set(nsh) since a point release\n"
			   "# of 6.1; the reference module does not.\n"
			   "case     flow/new-nsh-*\n"
			   "target   intree\n"
			   "kernel   6.1.*\n"
			   "differs  line *: flow.new: wanted ok: *\n"
			   "differs  line 9: *\n";

static const struct rig_known_where there = { "flow/new-nsh-set", "intree", "6.1.0-52-amd64" };

static struct rig_known *parse(const char *text, struct rig_error *err)
{
	struct rig_known *known = rig_known_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	if (rig_known_parse(known, "known/nsh.nlk", text, strlen(text), err) == 0)
		return known;
	rig_known_free(known);
	return NULL;
}

static void accepts_what_it_names(void)
{
	struct rig_known *known = parse(good, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	CU_ASSERT_STRING_EQUAL(
		rig_known_accepts(known, &there, "line 7: flow.new: wanted ok: error EINVAL"),
		"The kernel refuses set(nsh) since a point release of 6.1; the reference module "
		"does not.");
	CU_ASSERT_PTR_NULL(rig_known_accepts(known, &there, "line 7: flow.del: wanted ok: no"));
	rig_known_free(known);
}

static void only_where_it_applies(void)
{
	static const struct rig_known_where elsewhere[] = {
		{ "flow/new-ipv4", "intree", "6.1.0-52-amd64" },
		{ "flow/new-nsh-set", "ref", "6.1.0-52-amd64" },
		{ "flow/new-nsh-set", "intree", "6.6.0" },
	};
	struct rig_known *known = parse(good, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_PTR_NULL(
			rig_known_accepts(known, &elsewhere[i], "line 7: flow.new: wanted ok: x"));
	rig_known_free(known);
}

static void accepts_what_the_log_says(void)
{
	static const char text[] = "# It warns.\ncase a\ntarget intree\nkernel 6.1.*\n"
				   "skip complains\nlog WARN at a.c:* f+*\n";
	static const struct rig_known_where here = { NULL, "intree", "6.1.176" };
	static const struct rig_known_where elsewhere = { NULL, "ref", "6.1.176" };
	struct rig_known *known = parse(text, NULL);
	struct rig_error err = {};

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	CU_ASSERT_STRING_EQUAL(rig_known_logs(known, &here, "WARN at a.c:7 f+0x1/0x2"),
			       "It warns.");
	CU_ASSERT_PTR_NULL(rig_known_logs(known, &here, "WARN at b.c:7 f+0x1/0x2"));
	CU_ASSERT_PTR_NULL(rig_known_logs(known, &elsewhere, "WARN at a.c:7 f+0x1/0x2"));
	rig_known_free(known);
	CU_ASSERT_PTR_NULL(parse("# It warns.\ncase a\ntarget intree\nkernel 6.1.*\n"
				 "differs x\nlog WARN\n",
				 &err));
}

static void skips_what_it_names(void)
{
	static const char text[] = "# It panics.\ncase a\ntarget intree\nkernel 6.1.176*\n"
				   "skip stops the guest\n";
	static const struct rig_known_where elsewhere = { "a", "intree", "6.1.192" };
	static const struct rig_known_where here = { "a", "intree", "6.1.176" };
	struct rig_known *known = parse(text, NULL);
	const char *why = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	CU_ASSERT_STRING_EQUAL(rig_known_skips(known, &here, &why), "stops the guest");
	CU_ASSERT_STRING_EQUAL(why, "It panics.");
	CU_ASSERT_PTR_NULL(rig_known_skips(known, &elsewhere, &why));
	CU_ASSERT_PTR_NULL(rig_known_accepts(known, &here, "line 1: dp.new: wanted ok"));
	CU_ASSERT_EQUAL(rig_known_stale(known, &here, NULL, 0, NULL, NULL), 0);
	rig_known_free(known);
}

static void keep(void *data, const char *path, const char *differs)
{
	CU_ASSERT_STRING_EQUAL(path, "known/nsh.nlk");
	*(const char **)data = differs;
}

static void stale_is_reported(void)
{
	static const char *const findings[] = { "line 7: flow.new: wanted ok: error EINVAL" };
	static const struct rig_known_where elsewhere = { "flow/new-nsh-set", "ref", "6.1.0" };
	struct rig_known *known = parse(good, NULL);
	const char *stale = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	CU_ASSERT_EQUAL(rig_known_stale(known, &there, findings, 1, keep, &stale), 1);
	CU_ASSERT_STRING_EQUAL(stale, "line 9: *");
	CU_ASSERT_EQUAL(rig_known_stale(known, &there, NULL, 0, keep, &stale), 2);
	CU_ASSERT_EQUAL(rig_known_stale(known, &elsewhere, NULL, 0, keep, &stale), 0);
	rig_known_free(known);
}

/* A case that was renamed takes its entries along, or they would never be stale. */
static void each_case_is_there(void)
{
	static const char *const now[] = { "dp/new", "flow/new-nsh-set" };
	static const char *const renamed[] = { "dp/new", "flow/nsh-new-set" };
	struct rig_known *known = parse(good, NULL);
	struct rig_error err = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	CU_ASSERT_EQUAL(rig_known_check(known, now, 2, &err), 0);
	CU_ASSERT_EQUAL(rig_known_check(known, renamed, 2, &err), -1);
	CU_ASSERT_STRING_EQUAL(err.message, "known/nsh.nlk: there is no case flow/new-nsh-*");
	rig_known_free(known);
}

static void bad_files(void)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *says;
	} row[] = {
		{ "case a\ntarget b\ndiffers c\n", 4, "expected a comment that says why" },
		{ "# why\ntarget b\ndiffers c\n", 4, "expected \"case\"" },
		{ "# why\ncase a\ndiffers c\n", 4, "expected \"target\"" },
		{ "# why\ncase a\ntarget b\ndiffers c\n", 5, "expected \"kernel\"" },
		{ "# why\ncase a\ntarget b\nkernel c\n", 5, "expected \"differs\"" },
		{ "# why\ncase\n", 2, "expected a value after \"case\"" },
		{ "# why\n\nwhy not\n", 3,
		  "expected case, target, kernel, differs, skip or log, not \"why\"" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rig_error err = { 0 };

		CU_ASSERT_PTR_NULL(parse(row[i].text, &err));
		CU_ASSERT_EQUAL(err.line, row[i].line);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, row[i].says));
	}
}

/* The path by which the loader knew the file is gone when its error is read. */
static void error_names_the_file(void)
{
	struct rig_known *known = rig_known_new();
	char folder[] = "/tmp/nlrig-known-XXXXXX", path[64], text[512];
	struct rig_error err = { 0 };
	FILE *to;

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/bad.nlk", folder);
	to = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	fputs("# why\nwhy not\n", to);
	fclose(to);
	CU_ASSERT_EQUAL(rig_known_load(known, folder, &err), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig_error_text(&err, text, sizeof(text)), "/bad.nlk:2:1: "));
	unlink(path);
	rmdir(folder);
	rig_known_free(known);
}

static void no_folder_is_empty(void)
{
	struct rig_known *known = rig_known_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(known);
	CU_ASSERT_EQUAL(rig_known_load(known, "/no/such/folder", NULL), 0);
	CU_ASSERT_PTR_NULL(rig_known_accepts(known, &there, "anything"));
	rig_known_free(known);
}

RIG_TEST_SUITE(known, { "accepts what it names", accepts_what_it_names },
	       { "only where it applies", only_where_it_applies },
	       { "skips what it names", skips_what_it_names },
	       { "accepts what the log says", accepts_what_the_log_says },
	       { "stale is reported", stale_is_reported },
	       { "each case is there", each_case_is_there }, { "bad files", bad_files },
	       { "error names the file", error_names_the_file },
	       { "no folder is empty", no_folder_is_empty });
