/* SPDX-License-Identifier: GPL-2.0-only */
/* nlrig minimise: the few messages of a trace that show what is wrong in it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/minimise.h"
#include "cli/options.h"
#include "gen/shrink.h"
#include "replay/case.h"
#include "replay/excerpt.h"

enum { LIMIT = 20000 };

/* ---- the shrinking ---- */

struct search {
	struct rig_excerpt *excerpt;
	const struct rig_excerpt_fault *fault;
};

static bool shows(void *context, struct rig_script *script)
{
	const struct search *s = context;

	(void)script;
	return rig_excerpt_shows(s->excerpt, s->fault);
}

static const struct rig_excerpt_fault *choose(const struct rig_excerpt *e, unsigned long packet)
{
	for (size_t i = 0; i < e->n_faults; i++)
		if (!packet || e->faults[i].packet == packet)
			return &e->faults[i];
	return NULL;
}

/* ---- what is left ---- */

struct comment {
	struct rig_bytes text;
	bool members; /* it is about a notification */
};

static void note(void *context, const struct rig_trace_fault *fault)
{
	const char *headline = strchr(fault->headline, ':');
	struct comment *c = context;

	/* Not with its packet's number in the part, which nobody can look up. */
	rig_bytes_print(&c->text, "%s\n", headline ? headline + 2 : fault->headline);
	if (fault->sent)
		rig_bytes_print(&c->text, "sent:\n  %s", fault->sent);
	rig_bytes_print(&c->text, "%s", fault->detail);
	c->members |= strstr(fault->headline, "$members") != NULL;
}

/* From here on a difference is shown once more, in hex. */
static const char bytes[] = "  expected bytes:";

static void put_case(FILE *to, struct rig_trace_script *made, const char *comment)
{
	struct rig_bytes text = {};
	const char *line, *end;

	rig_script_print(&made->script, &text);
	fputs(rig_bytes_text(&text), to);
	fputs("# Each -> is the model's word: check it against the contract. What was wrong:\n",
	      to);
	for (line = comment; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (!strncmp(line, bytes, strlen(bytes)))
			break;
		fprintf(to, "# %.*s\n", (int)(end - line), line);
	}
	rig_bytes_free(&text);
}

int rig_minimise_write_case(const char *path, struct rig_trace_script *made, bool listener,
			    const char *reason, const char *comment)
{
	bool out = !strcmp(path, "-");
	struct rig_error err = {};
	FILE *to;

	made->script.reason = reason;
	if (rig_trace_case(made, listener, &err) < 0)
		return rig_cli_bad_error(&err);
	to = out ? stdout : fopen(path, "we");
	if (to)
		put_case(to, made, comment);
	if (!to || (!out && fclose(to) != 0)) {
		rig_cli_bad("%s: %s", path, strerror(errno));
		rig_file_undo(path);
		return RIG_EXIT_USAGE;
	}
	return RIG_EXIT_PASSED;
}

static int write_case(const struct rig_minimise_wish *wish, const char *part, const char *reason)
{
	struct rig_trace_families families = wish->families;
	struct rig_trace_options options = wish->options;
	struct rig_trace_script made = {};
	struct comment comment = {};
	struct rig_error err = {};
	struct rig_trace *trace = rig_trace_open(part, &err);
	int ret = trace ? rig_trace_families_read(&families, trace, &err) : -1;
	int status;

	options.families = &families;
	if (ret == 0)
		ret = rig_trace_script_make(&made, trace, &options, note, &comment, &err);
	if (ret == 0)
		status = rig_minimise_write_case(wish->case_path, &made, comment.members, reason,
						 rig_bytes_text(&comment.text));
	else
		status = rig_cli_bad_error(&err);
	rig_bytes_free(&comment.text);
	rig_trace_script_free(&made);
	rig_trace_close(trace);
	return status;
}

static int write_results(struct rig_minimise_wish *wish, struct rig_excerpt *excerpt,
			 const struct rig_excerpt_fault *fault)
{
	struct rig_trace_families families = wish->families;
	struct rig_error err = {};
	char part[RIG_EXCERPT_PATH], reason[256];
	int status = RIG_EXIT_PASSED;

	snprintf(reason, sizeof(reason), "Packet %lu of a trace: %s.", fault->packet, fault->kind);
	/* The last candidate may not have been what is left. */
	if (rig_excerpt_keep(excerpt, part, &err) < 0)
		return rig_cli_bad_error(&err);
	if (wish->trace && rig_excerpt_write(excerpt, wish->trace, &err) < 0) {
		rig_file_undo(wish->trace);
		return rig_cli_bad_error(&err);
	}
	if (wish->case_path)
		status = write_case(wish, part, reason);
	if (!wish->trace && !wish->case_path)
		status = rig_cli_view(part, &families, false);
	return status;
}

/* An answer stands for its request, of which the fault is. */
static void name_request(struct rig_minimise_wish *wish, const struct rig_excerpt *excerpt)
{
	unsigned long request = rig_excerpt_request(excerpt, wish->packet);

	if (request != wish->packet)
		fprintf(stderr, "packet %u is an answer; its request is %lu\n", wish->packet,
			request);
	wish->packet = request;
}

static int minimise(struct rig_minimise_wish *wish, struct rig_excerpt *excerpt)
{
	const struct rig_excerpt_fault *fault = choose(excerpt, wish->packet);
	struct search search = { excerpt, fault };
	struct rig_shrink shrink = { .fails = shows, .context = &search, .limit = LIMIT };

	if (excerpt->damaged)
		rig_cli_bad_error(&excerpt->damage);
	if (!fault)
		return wish->packet ? rig_cli_bad("%s: packet %u was answered as the contract says",
						  wish->path, wish->packet) :
				      rig_cli_bad("%s: no answer in it is wrong", wish->path);
	fprintf(stderr, "packet %lu: %s\n", fault->packet, fault->kind);
	if (!rig_excerpt_shows(excerpt, fault))
		return rig_cli_bad("%s: it does not show when the packets are written anew",
				   wish->path);
	rig_shrink_list(&shrink, &excerpt->units);
	fprintf(stderr, "%zu of %zu packets show it (%u parts tried)\n", rig_excerpt_count(excerpt),
		excerpt->n_packets, shrink.tried);
	return write_results(wish, excerpt, fault);
}

static int minimise_trace(struct rig_minimise_wish *wish)
{
	struct rig_excerpt excerpt;
	struct rig_error err = {};
	int status;

	if (rig_excerpt_read(&excerpt, wish->path, &wish->options, &err) < 0) {
		status = rig_cli_bad_error(&err);
	} else {
		name_request(wish, &excerpt);
		status = minimise(wish, &excerpt);
	}
	rig_excerpt_free(&excerpt);
	return status;
}

/* A target makes it another question: what is wrong when the trace is sent again. */
static int read_target(const char *name, char *value, void *to)
{
	struct rig_minimise_wish *wish = to;

	wish->on_target = true;
	return rig_option_target(name, value, &wish->target);
}

static int run(int argc, char **argv)
{
	struct rig_minimise_wish wish = { .report = "build/report/minimise", .timeout = "600" };
	const struct rig_option options[] = {
		{ "o", rig_option_text, &wish.trace },
		{ "as-case", rig_option_text, &wish.case_path },
		{ "packet", rig_option_count, &wish.packet },
		{ "target", read_target, &wish },
		{ "vm", rig_option_vm, &wish.vm },
		{ "report", rig_option_text, &wish.report },
		{ "timeout", rig_option_text, &wish.timeout },
		{ "host-kernel", rig_option_flag, &wish.host_kernel },
		{ "kernel", rig_option_kernel, &wish.options.kernel },
		{ "cpus", rig_option_count, &wish.options.cpus },
		{ "family", rig_option_family, &wish.families },
		{},
	};
	int status = rig_options_read(&rig_cli_minimise, options, RIG_SOME_OPERANDS, argc, argv);

	if (status < 0 && optind + 1 != argc)
		status = rig_cli_bad("minimise: one trace at a time");
	if (status < 0)
		status = rig_options_check_vm(wish.vm,
					      wish.on_target && wish.target != RIG_TARGET_MODEL);
	if (status >= 0)
		return status;
	wish.path = argv[optind];
	wish.options.families = &wish.families;
	if (wish.vm)
		return rig_minimise_guest(&wish);
	return wish.on_target ? rig_minimise_here(&wish) : minimise_trace(&wish);
}

const struct rig_command_line rig_cli_minimise = {
	.name = "minimise",
	.run = run,
	.summary = "cut a trace down to what shows its fault",
	.help = "usage: nlrig minimise [OPTION]... TRACE\n"
		"\n"
		"Takes away from a trace that nlrig judge finds fault with: each request with its\n"
		"answers, and each message that came unasked, without which the same answer is\n"
		"still wrong and no other one is. Prints what is left as nlrig decode does,\n"
		"unless it is written:\n"
		"\n"
		"  -o FILE           as a trace: pcapng if so named, else pcap\n"
		"  --as-case FILE    as a case in the notation, with what the model says of each\n"
		"                    request as its expectation; - is standard output\n"
		"  --packet N        the fault of that request, or answer's request (the first)\n"
		"  --target T        not what is wrong in the trace, but what is when it is sent\n"
		"                    again to intree or ref: see nlrig help replay\n"
		"  --vm VM           qemu or uml: the target is in a guest of its own\n"
		"  --kernel 6.1.192  the release that was captured (the newest known)\n"
		"  --cpus N          its possible processors (as the trace tells)\n"
		"  --family flow=30  a family's id, where the trace does not tell\n"
		"  --report DIR      for the guest's log (build/report/minimise)\n"
		"  --timeout S       kill the guest after S seconds (600)\n"
		"  --host-kernel     as in nlrig replay\n"
		"\n"
		"  nlrig minimise --as-case wrong.nlt trace.pcapng\n"
		"  nlrig run --target intree --vm uml wrong.nlt    # does this kernel do so, too?\n"
		"  nlrig minimise --target ref --vm uml --as-case ref.nlt trace.pcapng\n"
		"\n"
		"Exit status: 0 it is smaller, 2 usage, no fault, or no trace that can be read.\n",
};
