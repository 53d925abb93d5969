/* SPDX-License-Identifier: GPL-2.0-only */
/* This program in a guest of its own, whose words are handed on as they come. */
#ifndef RIG_CLI_BOOT_H
#define RIG_CLI_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define RIG_BOOT_HOST "/host/" /* where the guest has the folder of its results */

struct rig_boot {
	const char *vm, *target, *folder, *timeout; /* in */
	const struct rig_known *known; /* what its kernel may complain of; NULL: nothing */
	char **argv;		       /* of ci/vm/boot */
	size_t argc;
	int status; /* what it ended with, as wait() has it */
	bool interrupted;
	char *const *traces; /* that the guest has under names of its own */
	int n_traces;
};

/* Begins the command; to be followed by what boot and then the program in the guest are told. */
void rig_boot_begin(struct rig_boot *boot);
void rig_boot_add(struct rig_boot *boot, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void rig_boot_put(struct rig_boot *boot, const char *from, const char *to);  /* a file or folder */
void rig_boot_root(struct rig_boot *boot, const char *from, const char *to); /* of this tree's */

/* The folder that holds build/, ci/ and all else. */
void rig_boot_find_root(char *root, size_t size);

/*
 * Gives the guest traces, before the program is named. There their paths are plain, whatever the
 * user's are: rig_boot_say() writes with the user's in their place.
 */
void rig_boot_add_traces(struct rig_boot *boot, char *const *paths, int n);
void rig_boot_add_trace_path(struct rig_boot *boot, int i); /* as an argument */
void rig_boot_say(const struct rig_boot *boot, const char *text, FILE *to);

void rig_boot_program(struct rig_boot *boot); /* "-- /bin/nlrig", for its arguments to follow */

/*
 * Runs it to its end; each line of the guest's standard output goes to the function. Takes the
 * folder first. An exit status: not 0, nothing ran or something is missing.
 */
int rig_boot_run(struct rig_boot *boot, void (*line)(void *context, char *line), void *context);

/* Whether the guest ended in order. */
bool rig_boot_orderly(const struct rig_boot *boot);

/*
 * The exit status of the program in the guest; but a kernel that complains or leaks has failed.
 * What is wrong is written to that stream.
 */
int rig_boot_judge(const struct rig_boot *boot, FILE *to);
void rig_boot_free(struct rig_boot *boot);

#endif
