/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig coverage: what of the contract, and of a kernel's refusals, has been tried. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cover/contract.h"
#include "cover/sites.h"
#include "gen/round.h"
#include "judge/inbox.h"
#include "judge/run.h"
#include "wire/codec.h"
#include "wire/script.h"

enum { SHOWN_MAX = 40 };

struct options {
	uint64_t seed, messages;
	const char *kernel; /* folder of fuzz/kernel/build; NULL: the contract alone */
	const char *kcov[RIG_SOURCES];
	const char *unreachable;
	const char *report; /* folder */
};

/* ---- the contract, by way of the model ---- */

struct counting {
	struct rig_contract *contract;
	enum rig_contract_source source;
};

/* What was answered to a step's request: an errno, or 0. Negative: nothing that says so. */
static int answered(const struct rig_step_done *done)
{
	int error = -1;

	for (size_t i = 0; i < done->inbox->count; i++) {
		const struct rig_arrival *arrival = &done->inbox->list[i];

		if (arrival->kind == RIG_ARRIVAL_MESSAGE && arrival->socket == done->socket &&
		    rig_arrival_errno(arrival) >= 0)
			error = rig_arrival_errno(arrival);
	}
	return error;
}

static bool watch(void *context, const struct rig_step_done *done)
{
	struct counting *counting = context;
	const struct rig_message *message = done->step->message;
	int error = message ? answered(done) : -1;

	if (error >= 0 && !message->next)
		rig_contract_count(counting->contract, counting->source, message, error);
	return false;
}

static int run_all(struct rig_runner *runner, struct counting *counting, const struct options *o,
		   const struct rig_cases *cases, struct rig_error *err)
{
	uint64_t rounds = o->messages / RIG_ROUND_MESSAGES;
	struct rig_run run;
	int ret = 0;

	counting->source = RIG_FROM_CASES;
	for (size_t i = 0; i < cases->count && ret == 0; i++)
		ret = rig_runner_run(runner, cases->list[i].script, &run, err);
	counting->source = RIG_FROM_RANDOM;
	for (uint64_t i = 0; i < rounds && ret == 0; i++) {
		struct rig_arena arena = {};

		ret = rig_runner_run(runner, rig_round_make(&arena, o->seed, i, RIG_ROUND_MESSAGES),
				     &run, err);
		rig_arena_free(&arena);
	}
	return ret;
}

static int count_contract(struct rig_contract *contract, const struct options *o,
			  struct rig_error *err)
{
	struct counting counting = { .contract = contract };
	const struct rig_run_options how = { .watch = watch, .context = &counting };
	const struct rig_selection all = { .paths = rig_cases_folder, .n_paths = 1 };
	struct rig_link *link = rig_link_open(RIG_TARGET_MODEL, 0, err);
	struct rig_runner *runner = link ? rig_runner_new(link, &how, err) : NULL;
	struct rig_cases cases = {};
	int ret = -1;

	if (runner && rig_cases_load(&cases, &all, err) == 0)
		ret = run_all(runner, &counting, o, &cases, err);
	rig_cases_free(&cases);
	rig_runner_free(runner);
	rig_link_close(link);
	return ret;
}

/* ---- tables and figures ---- */

static FILE *open_report(const struct options *o, const char *name, const char *mode)
{
	char path[4096];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", o->report, name);
	to = fopen(path, mode);
	if (!to)
		rig_cli_bad("%s: %s", path, strerror(errno));
	return to;
}

static void put_figure(FILE *figures, const char *name, double value, const char *unit,
		       const char *against)
{
	fprintf(figures, "%s\t%.1f\t%s\t%s\n", name, value, unit, against);
}

static double percent(size_t part, size_t all)
{
	return all ? 100.0 * part / all : 100.0;
}

static void print_answers(FILE *to, const struct rig_contract_cell *cell)
{
	const char *separator = "";

	for (int i = 0; i < RIG_CONTRACT_ERRNOS; i++) {
		if (!cell->answers[i])
			continue;
		fprintf(to, "%s%s %" PRIu32, separator, i ? rig_errno_name(i) : "ok",
			cell->answers[i]);
		separator = ", ";
	}
}

static uint64_t times(const struct rig_contract_cell *cell)
{
	return cell->count[RIG_FROM_CASES] + cell->count[RIG_FROM_RANDOM];
}

static int compare_cells(const void *a, const void *b)
{
	const struct rig_contract_cell *left = *(const struct rig_contract_cell *const *)a;
	const struct rig_contract_cell *right = *(const struct rig_contract_cell *const *)b;
	uint64_t l = times(left), r = times(right);

	return l != r ? (l < r ? -1 : 1) : (left > right) - (left < right);
}

/* The cells that can be, least reached first. */
static const struct rig_contract_cell **sort_cells(const struct rig_contract *contract, size_t *n)
{
	size_t size = rig_contract_size(contract);
	const struct rig_contract_cell **list = calloc(size, sizeof(*list));

	if (!list)
		abort();
	*n = 0;
	for (size_t i = 0; i < size; i++)
		if (rig_contract_cell(contract, i)->name)
			list[(*n)++] = rig_contract_cell(contract, i);
	qsort(list, *n, sizeof(*list), compare_cells);
	return list;
}

static int write_contract(const struct rig_contract *contract, const struct options *o,
			  FILE *figures)
{
	size_t n, i, all = 0, reached = 0, shown = 0;
	const struct rig_contract_cell **list = sort_cells(contract, &n);
	FILE *to = open_report(o, "contract.tsv", "we");
	char against[128];

	if (!to) {
		free(list);
		return RIG_EXIT_USAGE;
	}
	for (i = 0; i < n; i++) {
		const struct rig_contract_cell *cell = list[i];
		const char *what = cell->attribute ? rig_fault_name[cell->fault] :
						     "refused, though nothing is wrong in it";

		all += cell->attribute;
		reached += cell->attribute && times(cell);
		fprintf(to, "%s.%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t", cell->owner, cell->name, what,
			cell->count[RIG_FROM_CASES], cell->count[RIG_FROM_RANDOM]);
		print_answers(to, cell);
		fprintf(to, "\n");
		if (times(cell) || !cell->attribute)
			continue;
		if (!shown++)
			printf("Of the contract, neither a case nor a random request tried:\n");
		if (shown <= SHOWN_MAX)
			printf("  %s.%s: %s\n", cell->owner, cell->name, what);
	}
	if (shown > SHOWN_MAX)
		printf("  and %zu more\n", shown - SHOWN_MAX);
	printf("%zu of %zu pairs of an attribute and a fault tried, %.1f %% (%s/contract.tsv)\n",
	       reached, all, percent(reached, all), o->report);
	snprintf(against, sizeof(against), "%zu of %zu, seed %" PRIu64 ", %" PRIu64 " messages",
		 reached, all, o->seed, o->messages);
	put_figure(figures, "coverage.contract", percent(reached, all), "%", against);
	free(list);
	return fclose(to) ? rig_cli_bad("%s/contract.tsv: %s", o->report, strerror(errno)) :
			    RIG_EXIT_PASSED;
}

/* ---- the kernel's refusals ---- */

static bool is_reached(const struct rig_site *site)
{
	return site->count[RIG_FROM_CASES] || site->count[RIG_FROM_RANDOM];
}

static void print_site(const char *what, const struct rig_site *site)
{
	printf("  line %u, %s: %s\n", site->first, site->id, what);
}

/* What is wrong with the list: an entry that does not hold, or names nothing. */
static size_t judge_rules(const struct rig_sites *s, const char *path)
{
	size_t wrong = 0;

	for (size_t i = 0; i < s->n_sites; i++) {
		const struct rig_site *site = &s->sites[i];

		if (!site->compiled || !site->rule || site->rule->no_refusal || !is_reached(site))
			continue;
		printf("%s:%u: this was reached: %s\n", path, site->rule->line, site->id);
		wrong++;
	}
	for (size_t i = 0; i < s->n_rules; i++) {
		if (s->rules[i].matches)
			continue;
		printf("%s:%u: no such place: %s\n", path, s->rules[i].line, s->rules[i].pattern);
		wrong++;
	}
	return wrong;
}

struct site_tally {
	size_t compiled, reachable, reached, only[RIG_SOURCES], unexcused;
};

static struct site_tally tally_sites(const struct rig_sites *s)
{
	struct site_tally t = {};

	for (size_t i = 0; i < s->n_sites; i++) {
		const struct rig_site *site = &s->sites[i];
		bool reached = is_reached(site);

		if (!site->compiled || (site->rule && site->rule->no_refusal))
			continue;
		t.compiled++;
		t.reachable += reached || !site->rule;
		t.reached += reached;
		t.only[RIG_FROM_CASES] += reached && !site->count[RIG_FROM_RANDOM];
		t.only[RIG_FROM_RANDOM] += reached && !site->count[RIG_FROM_CASES];
		if (reached || site->rule)
			continue;
		if (!t.unexcused++)
			printf("Of the places where the module refuses, none reached:\n");
		print_site("no reason is listed", site);
	}
	return t;
}

static int write_sites(const struct rig_sites *s, const struct options *o)
{
	FILE *to = open_report(o, "sites.tsv", "we");

	if (!to)
		return RIG_EXIT_USAGE;
	for (size_t i = 0; i < s->n_sites; i++) {
		const struct rig_site *site = &s->sites[i];

		fprintf(to, "%" PRIu64 "\t%" PRIu64 "\t%u\t%s\t%s\n", site->count[RIG_FROM_CASES],
			site->count[RIG_FROM_RANDOM], site->first, site->id,
			!site->compiled ? "the compiler found that nothing leads here" :
			site->rule	? site->rule->reason :
					  "");
	}
	return fclose(to) ? rig_cli_bad("%s/sites.tsv: %s", o->report, strerror(errno)) :
			    RIG_EXIT_PASSED;
}

static int judge_sites(const struct rig_sites *s, const struct options *o, FILE *figures)
{
	struct site_tally t = tally_sites(s);
	size_t wrong = judge_rules(s, o->unreachable), blocks = 0;
	char against[256];

	for (size_t i = 0; i < s->n_blocks; i++)
		blocks += s->blocks[i].reached;
	snprintf(against, sizeof(against),
		 "%zu of %zu; %zu by cases alone, %zu by random requests alone, %zu listed with a "
		 "reason",
		 t.reached, t.reachable, t.only[RIG_FROM_CASES], t.only[RIG_FROM_RANDOM],
		 t.compiled - t.reachable);
	printf("%.1f %% of the places where the module refuses a request that can reach it: %s\n",
	       percent(t.reached, t.reachable), against);
	put_figure(figures, "coverage.sites", percent(t.reached, t.reachable), "%", against);
	snprintf(against, sizeof(against), "%zu of %zu", blocks, s->n_blocks);
	printf("%.1f %% of its blocks: %s\n", percent(blocks, s->n_blocks), against);
	put_figure(figures, "coverage.blocks", percent(blocks, s->n_blocks), "%", against);
	if (write_sites(s, o) != RIG_EXIT_PASSED)
		return RIG_EXIT_USAGE;
	return wrong || t.unexcused ? RIG_EXIT_FAILED : RIG_EXIT_PASSED;
}

static int cover_sites(const struct options *o, FILE *figures)
{
	struct rig_sites sites = {};
	struct rig_error err = {};
	int status = rig_sites_read(&sites, o->kernel, &err);

	for (enum rig_contract_source i = 0; i < RIG_SOURCES && status == 0; i++)
		if (o->kcov[i])
			status = rig_sites_count(&sites, i, o->kcov[i], &err);
	if (status == 0)
		status = rig_sites_excuse(&sites, o->unreachable, &err);
	status = status < 0 ? rig_cli_bad_error(&err) : judge_sites(&sites, o, figures);
	rig_sites_free(&sites);
	return status;
}

/* ---- the command ---- */

static int cover(const struct options *o)
{
	struct rig_contract *contract = rig_contract_new();
	struct rig_error err = {};
	int status, sites = RIG_EXIT_PASSED;
	FILE *figures;

	if (!contract)
		abort();
	if (rig_folder_make(o->report) < 0)
		return RIG_EXIT_USAGE;
	figures = open_report(o, "figures.tsv", "ae");
	if (!figures)
		return RIG_EXIT_USAGE;
	if (count_contract(contract, o, &err) < 0)
		status = rig_cli_bad_error(&err);
	else
		status = write_contract(contract, o, figures);
	if (status == RIG_EXIT_PASSED && o->kernel)
		sites = cover_sites(o, figures);
	fclose(figures);
	rig_contract_free(contract);
	return status != RIG_EXIT_PASSED ? status : sites;
}

static int run(int argc, char **argv)
{
	struct options o = {
		.seed = 1,
		.messages = 100000,
		.unreachable = "corpora/coverage/unreachable",
		.report = "build/report",
	};
	const struct rig_option options[] = {
		{ "seed", rig_option_number, &o.seed },
		{ "messages", rig_option_number, &o.messages },
		{ "kernel", rig_option_text, &o.kernel },
		{ "cases", rig_option_text, &o.kcov[RIG_FROM_CASES] },
		{ "random", rig_option_text, &o.kcov[RIG_FROM_RANDOM] },
		{ "unreachable", rig_option_text, &o.unreachable },
		{ "report", rig_option_text, &o.report },
		{},
	};
	int status = rig_options_read(&rig_cli_coverage, options, RIG_NO_OPERAND, argc, argv);

	return status < 0 ? cover(&o) : status;
}

const struct rig_command_line rig_cli_coverage = {
	.name = "coverage",
	.run = run,
	.summary = "say what of the contract no test has tried",
	.help = "usage: nlrig coverage [OPTION]...\n"
		"\n"
		"Runs the cases and random requests on the model, and counts for each attribute\n"
		"and each way in which it alone can make a request wrong how often that was tried\n"
		"and what was answered. With --kernel, says as well which of the places where a\n"
		"kernel's module refuses none has reached; make coverage does all of it.\n"
		"\n"
		"  --seed N            which random requests (1)\n"
		"  --messages N        how many, about (100000)\n"
		"  --kernel DIR        the fuzz kernel's folder, as fuzz/kernel/build prints it\n"
		"  --cases FILE        what nlrig run --kcov has written there\n"
		"  --random FILE       what nlrig diff --kcov has written there\n"
		"  --unreachable FILE  the places that no request can reach, each with its reason\n"
		"                      (corpora/coverage/unreachable)\n"
		"  --report DIR        for contract.tsv, sites.tsv, figures.tsv (build/report)\n"
		"\n"
		"Exit status: 0; 1 when a place was not reached and has no reason, or was reached\n"
		"and has one; 2 usage, bad input, or something is missing.\n",
};
