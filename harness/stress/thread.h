/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the room: one of the threads, and what it does. */
#ifndef RIG_STRESS_THREAD_H
#define RIG_STRESS_THREAD_H

#include "gen/random.h"
#include "stress/stress.h"
#include "wire/arena.h"
#include "wire/bytes.h"
#include "wire/error.h"

struct rig_step;

struct rig_stress_thread {
	struct rig_stress *stress;
	unsigned int number;
	long long end_ms;
	struct rig_random random;
	struct rig_arena arena;
	struct rig_bytes bytes;
	struct rig_link *link;
	struct rig_link_socket asks, hears; /* requests and upcalls; notifications */
	struct rig_error err;
	bool failed;
};

/* What a thread does until its time is over. -1: it cannot go on, and thread->err says why. */
typedef int rig_stress_job(struct rig_stress_thread *thread);

rig_stress_job rig_stress_ask;	/* ask.c: requests of all kinds */
rig_stress_job rig_stress_move; /* churn.c: netdevs, and frames through them */
rig_stress_job rig_stress_live; /* churn.c: network namespaces */

bool rig_stress_time_left(const struct rig_stress_thread *thread);

/* ask.c. Opens link and sockets, in the namespace that the thread is in. */
int rig_stress_open(struct rig_stress_thread *thread);
void rig_stress_close(struct rig_stress_thread *thread);
/* Sends one datagram, and counts what comes of it. */
int rig_stress_send(struct rig_stress_thread *thread, const struct rig_step *step);

/* churn.c. Each request of the script once, then as many frames of it, through own netdevs. */
int rig_stress_scene(struct rig_stress_thread *thread);

/* stress.c. A step of the script, any of that kind. */
const struct rig_step *rig_stress_step(struct rig_stress_thread *thread, bool frame);

#endif
