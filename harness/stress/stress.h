/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does to a module what no contract is about: many at once, at random, while packets flow and all
 * that they flow through comes and goes. Nothing that it answers is judged here. What tells is that
 * the kernel has nothing to say about it, and that nothing is left behind.
 */
#ifndef RIG_STRESS_STRESS_H
#define RIG_STRESS_STRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"

struct rig_error;
struct rig_script;

enum { RIG_STRESS_COMMANDS = 8 }; /* of one family, at most */

/* How often something was done, by all threads. */
struct rig_stress_counts {
	atomic_uint_fast64_t done[RIG_FAMILIES][RIG_STRESS_COMMANDS];
	atomic_uint_fast64_t refused[RIG_FAMILIES][RIG_STRESS_COMMANDS];
	atomic_uint_fast64_t upcalls;
	atomic_uint_fast64_t notifications;
	atomic_uint_fast64_t overruns;	 /* a socket lost messages */
	atomic_uint_fast64_t frames_in;	 /* put on netdevs */
	atomic_uint_fast64_t frames_out; /* that came out of the datapath */
	atomic_uint_fast64_t netdevs;	 /* made, and deleted again */
	atomic_uint_fast64_t namespaces; /* that came, and went with all that was in them */
};

struct rig_stress {
	enum rig_target target;
	unsigned int threads; /* that send requests; two more see to packets and namespaces */
	unsigned int seconds;
	uint64_t seed;
	const struct rig_script
		*script; /* requests and frames to choose from, besides random ones */
	struct rig_stress_counts counts; /* out */
};

/*
 * All threads share the network namespace of the caller, which is empty before and after. Returns
 * 0, or -1 when a thread could not go on.
 */
int rig_stress_run(struct rig_stress *stress, struct rig_error *err);

/*
 * As often as said: builds the script's ports and flows, has the module refuse to be unloaded under
 * them (EWOULDBLOCK), takes them away, and unloads and loads it.
 * @modules: names in the order in which they are loaded, ended by NULL; their files are below
 * @folder. *done: the cycles that were complete.
 */
int rig_stress_reload(struct rig_stress *stress, const char *folder, const char *const *modules,
		      unsigned int cycles, unsigned int *done, struct rig_error *err);

#endif
