/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static int help(int argc, char **argv);

static const struct rig_command_line help_command = {
	.name = "help",
	.run = help,
	.summary = "say more about a subcommand",
	.help = "usage: nlrig help [SUBCOMMAND]\n",
};

static const struct rig_command_line *const commands[] = {
	&rig_cli_run,	 &rig_cli_diff,	  &rig_cli_faults,   &rig_cli_fuzz,	&rig_cli_stress,
	&rig_cli_triage, &rig_cli_list,	  &rig_cli_decode,   &rig_cli_encode,	&rig_cli_capture,
	&rig_cli_judge,	 &rig_cli_replay, &rig_cli_minimise, &rig_cli_coverage, &rig_cli_bench,
	&rig_cli_log,	 &help_command,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), KEPT_MEMORY = 64 << 20 };

/* More is refused, and nothing said. */
enum { MAPPED_FROM = 32 << 20 };

static const struct rig_command_line *find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void overview(FILE *to)
{
	size_t i;

	fputs("usage: nlrig SUBCOMMAND [ARGUMENT]...\n"
	      "\n"
	      "Holds the Open vSwitch kernel datapath to its netlink contract.\n"
	      "\n",
	      to);
	for (i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n"
	      "A first look, which needs neither root nor a VM:\n"
	      "  nlrig run --target model\n"
	      "Then against the kernel of a VM:\n"
	      "  nlrig run --target intree --vm qemu\n"
	      "\n"
	      "Exit status: 0 all passed, 1 something failed, 2 usage or bad input.\n",
	      to);
}

static int help(int argc, char **argv)
{
	const struct rig_command_line *command = argc > 1 ? find(argv[1]) : NULL;

	if (argc > 1 && !strcmp(argv[1], "--list-subcommands")) {
		for (size_t i = 0; i < COMMANDS; i++)
			puts(commands[i]->name);
		return RIG_EXIT_PASSED;
	}
	if (argc > 1 && !command)
		return rig_cli_bad("no subcommand '%s'; see nlrig help", argv[1]);
	if (command)
		fputs(command->help, stdout);
	else
		overview(stdout);
	return RIG_EXIT_PASSED;
}

int rig_cli_bad(const char *format, ...)
{
	va_list args;

	fputs("nlrig: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	putc('\n', stderr);
	return RIG_EXIT_USAGE;
}

int rig_cli_bad_error(const struct rig_error *err)
{
	char text[1024];

	fprintf(stderr, "%s%s\n",
		err->file ? "" : "nlrig: ", rig_error_text(err, text, sizeof(text)));
	return RIG_EXIT_USAGE;
}

int rig_cli_flush(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return rig_cli_bad("standard output: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	const struct rig_command_line *command;

	/* What one case frees, the next one takes: faults are dear in an emulated machine. */
	mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
	mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
	if (argc < 2) {
		overview(stderr);
		return RIG_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return rig_cli_flush(help(1, argv));
	command = find(argv[1]);
	if (!command)
		return rig_cli_bad("no subcommand '%s'; see nlrig help", argv[1]);
	return rig_cli_flush(command->run(argc - 1, argv + 1));
}
