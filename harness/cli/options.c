/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "replay/families.h"

enum { OPTIONS_MOST = 32, HELP = 1000, LIST };

/* ---- values ---- */

int rig_option_flag(const char *name, char *value, void *to)
{
	(void)name;
	(void)value;
	*(bool *)to = true;
	return RIG_EXIT_PASSED;
}

int rig_option_text(const char *name, char *value, void *to)
{
	(void)name;
	*(const char **)to = value;
	return RIG_EXIT_PASSED;
}

int rig_option_number(const char *name, char *value, void *to)
{
	char *end;

	errno = 0;
	*(uint64_t *)to = strtoull(value, &end, 0);
	if (errno || end == value || *end || *value == '-')
		return rig_cli_bad("--%s: '%s' is not a number", name, value);
	return RIG_EXIT_PASSED;
}

int rig_option_count(const char *name, char *value, void *to)
{
	unsigned long got;
	char *end;

	errno = 0;
	got = strtoul(value, &end, 10);
	if (errno || end == value || *end || *value == '-' || !got || got > UINT_MAX)
		return rig_cli_bad("--%s: '%s' is not a number of at least 1", name, value);
	*(unsigned int *)to = (unsigned int)got;
	return RIG_EXIT_PASSED;
}

int rig_option_target(const char *name, char *value, void *to)
{
	enum rig_target *target = to;

	(void)name;
	for (*target = 0; *target < RIG_TARGETS; ++*target)
		if (!strcmp(value, rig_target_name[*target]))
			return RIG_EXIT_PASSED;
	return rig_cli_bad("no target '%s': model, intree or ref", value);
}

int rig_option_vm(const char *name, char *value, void *to)
{
	static const char *const known[] = { "qemu", "uml", "uml-san", "uml-fast" };

	(void)name;
	*(const char **)to = value;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(value, known[i]))
			return RIG_EXIT_PASSED;
	return rig_cli_bad("no VM '%s': qemu, uml, uml-san or uml-fast", value);
}

int rig_option_kernel(const char *name, char *value, void *to)
{
	*(const char **)to = value;
	return rig_model_knows(value) ?
		       RIG_EXIT_PASSED :
		       rig_cli_bad("--%s %s: the model knows releases of 6.1, as 6.1.192", name,
				   value);
}

int rig_option_family(const char *name, char *value, void *to)
{
	struct rig_error err = {};

	(void)name;
	return rig_trace_families_give(to, value, &err) < 0 ? rig_cli_bad_error(&err) :
							      RIG_EXIT_PASSED;
}

int rig_option_glob(const char *name, char *value, void *to)
{
	struct rig_selection *selection = to;

	(void)name;
	selection->globs[selection->n_globs++] = value;
	return RIG_EXIT_PASSED;
}

/* ---- the table ---- */

/* Fills what getopt_long() wants; how many there are. */
static int translate(const struct rig_option *from, struct option *to, char *letters)
{
	int n;

	for (n = 0; from[n].name && n < OPTIONS_MOST; n++) {
		int argument = from[n].read == rig_option_flag ? no_argument : required_argument;

		to[n] = (struct option){ from[n].name, argument, NULL, n };
		if (from[n].name[1])
			continue;
		*letters++ = from[n].name[0];
		if (argument)
			*letters++ = ':';
	}
	*letters = '\0';
	to[n] = (struct option){ "help", no_argument, NULL, HELP };
	to[n + 1] = (struct option){ "list-options", no_argument, NULL, LIST };
	to[n + 2] = (struct option){};
	return n;
}

static int by_letter(const struct rig_option *options, int letter)
{
	int i;

	for (i = 0; options[i].name; i++)
		if (options[i].name[0] == letter && !options[i].name[1])
			break;
	return i;
}

static int print_help(const struct rig_command_line *command)
{
	fputs(command->help, stdout);
	return RIG_EXIT_PASSED;
}

static int print_list(const struct rig_option *options)
{
	for (; options->name; options++)
		printf("%s%s\n", options->name[1] ? "--" : "-", options->name);
	puts("--help");
	return RIG_EXIT_PASSED;
}

static int check_operands(const struct rig_command_line *command, enum rig_operands operands,
			  int argc, char **argv)
{
	int n = argc - optind, most = operands == RIG_NO_OPERAND  ? 0 :
				      operands == RIG_ONE_OPERAND ? 1 :
								    argc;

	if (n > most)
		return rig_cli_bad("%s: '%s' is one word too many", command->name,
				   argv[optind + most]);
	if (!n && operands == RIG_SOME_OPERANDS)
		return rig_cli_bad("%s: name a file; see nlrig help %s", command->name,
				   command->name);
	return -1;
}

int rig_options_read(const struct rig_command_line *command, const struct rig_option *options,
		     enum rig_operands operands, int argc, char **argv)
{
	struct option table[OPTIONS_MOST + 3];
	char letters[2 * OPTIONS_MOST + 2] = "h";
	int n = translate(options, table, letters + 1), got, status = RIG_EXIT_PASSED;

	while (!status && (got = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (got == HELP || got == 'h')
			return print_help(command);
		if (got == LIST)
			return print_list(options);
		if (got > n)
			got = by_letter(options, got);
		if (got >= n) {
			fprintf(stderr, "see nlrig help %s\n", command->name);
			return RIG_EXIT_USAGE;
		}
		status = options[got].read(options[got].name, optarg, options[got].to);
	}
	return status ? status : check_operands(command, operands, argc, argv);
}

int rig_options_check_vm(const char *vm, bool in_vm)
{
	return vm && !in_vm ? rig_cli_bad("--vm needs --target intree or ref") : -1;
}

void rig_options_select(struct rig_selection *selection, int argc, char **argv)
{
	if (optind == argc)
		return;
	selection->paths = argv + optind;
	selection->n_paths = argc - optind;
}
