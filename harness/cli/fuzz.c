/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig fuzz: campaigns of AFL++ on sanitized kernels, with the model as the oracle. */
#include "cli/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"

const char *const rig_fuzz_how_name[RIG_FUZZ_HOWS] = {
	[RIG_FUZZ_WHOLE] = "whole",
	[RIG_FUZZ_GRAMMAR] = "grammar",
	[RIG_FUZZ_BYTES] = "bytes",
};

/* What this run of the program is to do. */
struct task {
	struct rig_fuzz_options o;
	bool inside, serve;
	const char *print;
	const char *import;
};

static int read_how(const char *name, char *value, void *to)
{
	for (enum rig_fuzz_how i = 0; i < RIG_FUZZ_HOWS; i++)
		if (!strcmp(rig_fuzz_how_name[i], value)) {
			*(enum rig_fuzz_how *)to = i;
			return RIG_EXIT_PASSED;
		}
	return rig_cli_bad("%s %s: whole, grammar or bytes?", name, value);
}

static int check(struct task *t)
{
	static char folder[64];

	if (t->o.module)
		t->o.target = RIG_TARGET_REF;
	if (t->o.target == RIG_TARGET_MODEL)
		return rig_cli_bad("fuzz: --target intree or ref?");
	if (strncmp(t->o.vm, "uml-", 4))
		return rig_cli_bad("fuzz: --vm uml-san or uml-fast: KCOV has to see the datapath");
	snprintf(folder, sizeof(folder), "build/fuzz/%s", rig_target_name[t->o.target]);
	if (!t->o.folder)
		t->o.folder = folder;
	return RIG_EXIT_PASSED;
}

static int run_task(struct task *t, char *const *paths, size_t n_paths)
{
	int status;

	if (t->print)
		return rig_fuzz_print(t->print);
	if (t->import)
		return rig_fuzz_import(t->import, n_paths ? paths : rig_cases_folder,
				       n_paths ? n_paths : 1);
	if (n_paths)
		return rig_cli_bad("fuzz: '%s' is one word too many", paths[0]);
	status = check(t);
	if (status)
		return status;
	if (t->serve)
		return rig_fuzz_target(&t->o);
	return t->inside ? rig_fuzz_guest(&t->o) : rig_fuzz_campaign(&t->o);
}

static int run(int argc, char **argv)
{
	struct task t = {
		.o = {
			.vm = "uml-san",
			.known_folder = "corpora/known",
			.seconds = 3600,
			.jobs = 1,
			.seed = 1,
		},
	};
	const struct rig_option options[] = {
		{ "target", rig_option_target, &t.o.target },
		{ "module", rig_option_text, &t.o.module },
		{ "vm", rig_option_vm, &t.o.vm },
		{ "time", rig_option_number, &t.o.seconds },
		{ "jobs", rig_option_number, &t.o.jobs },
		{ "how", read_how, &t.o.how },
		{ "no-state", rig_option_flag, &t.o.no_state },
		{ "seed", rig_option_number, &t.o.seed },
		{ "out", rig_option_text, &t.o.folder },
		{ "known", rig_option_text, &t.o.known_folder },
		{ "before", rig_option_text, &t.o.before },
		{ "until-found", rig_option_flag, &t.o.until_found },
		{ "print", rig_option_text, &t.print },
		{ "import", rig_option_text, &t.import },
		{ "inside", rig_option_flag, &t.inside },
		{ "serve", rig_option_flag, &t.serve },
		{ "job", rig_option_number, &t.o.job },
		{ "began", rig_option_number, &t.o.began_ms },
		{},
	};
	int status = rig_options_read(&rig_cli_fuzz, options, RIG_ANY_OPERANDS, argc, argv);

	return status >= 0 ? status : run_task(&t, argv + optind, (size_t)(argc - optind));
}

const struct rig_command_line rig_cli_fuzz = {
	.name = "fuzz",
	.run = run,
	.summary = "fuzz a datapath for hours, and judge each answer",
	.help = "usage: nlrig fuzz --target T [OPTION]...\n"
		"       nlrig fuzz --print FILE\n"
		"       nlrig fuzz --import DIR [CASE]...\n"
		"\n"
		"A campaign of AFL++: starts guests, a processor each, in which scripts are\n"
		"mutated as trees, played, and held against the model. A guest that panics or\n"
		"hangs is started again, and what it had in hand is kept. Goes on where the\n"
		"folder has an earlier campaign.\n"
		"\n"
		"  --target T     intree or ref\n"
		"  --module FILE  this build of the reference module\n"
		"  --vm VM        uml-san (unless given) or uml-fast\n"
		"  --time S       for so many seconds (3600)\n"
		"  --jobs N       guests side by side (1)\n"
		"  --how HOW      whole (unless given); grammar: without the model's verdict and\n"
		"                 state; bytes: one message a time, of raw bytes\n"
		"  --no-state     the model's state is not fed back\n"
		"  --seed N       of afl-fuzz and the mutator (1)\n"
		"  --out DIR      the campaign (build/fuzz/TARGET): afl/ as afl-whatsup wants it,\n"
		"                 findings.tsv and findings/, seeds/ to begin with\n"
		"  --known DIR    what a kernel may complain of (corpora/known)\n"
		"  --before CMD   have each guest's shell do this first\n"
		"  --until-found  end at the first finding\n"
		"\n"
		"  --print FILE   a test case or finding as a script\n"
		"  --import DIR   write cases (corpora/cases) to DIR as test cases\n"
		"\n"
		"  nlrig fuzz --target intree --time 600 --jobs 2\n"
		"\n"
		"Exit status: 0 nothing found, 1 something was, 2 usage or something is missing,\n"
		"130 interrupted.\n",
};
