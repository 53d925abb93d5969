/* SPDX-License-Identifier: GPL-2.0-only */
/* What requests are about: packets, the netdevs that they come by, and network namespaces. */
#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stress/thread.h"
#include "wire/script.h"

/* Those that random requests and the script make ports of. */
static const char *const netdevs[] = { "veth0", "veth1" };

enum { NETDEVS = sizeof(netdevs) / sizeof(netdevs[0]), FRAMES = 200, SETTLE_EVENTS = 10000 };

/* ---- netdevs and frames ---- */

/* Internal ports are down when they come. One that is not there is not our business. */
static void take_up(const char *name)
{
	struct ifreq request = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags ^= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &request);
	}
	close(fd);
}

static void switch_some_port(struct rig_stress_thread *t)
{
	static const char *const kinds[] = { "br", "int" };
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "%s%u", kinds[rig_random_below(&t->random, 2)],
		 rig_random_below(&t->random, 8));
	take_up(name);
}

static int put_frame(struct rig_stress_thread *t)
{
	const struct rig_step *step = rig_stress_step(t, true);
	const char *name = netdevs[rig_random_below(&t->random, NETDEVS)];
	struct rig_event event;
	int ret;

	if (rig_link_frame_put(t->link, name, step->frame, step->frame_size, NULL) == 0)
		t->stress->counts.frames_in++;
	while ((ret = rig_link_receive(t->link, 0, &event, &t->err)) == 1)
		t->stress->counts.frames_out += event.kind == RIG_EVENT_FRAME;
	return ret;
}

static int add_netdev(struct rig_stress_thread *t, unsigned int number)
{
	struct rig_link_netdev dev = { .name = netdevs[number], .mtu = number ? 600 : 1500 };

	return rig_link_netdev_add(t->link, &dev, &t->err);
}

/* Takes a netdev away from under its port, and brings it back. */
static int replace_netdev(struct rig_stress_thread *t)
{
	unsigned int number = rig_random_below(&t->random, NETDEVS);

	if (rig_link_netdev_remove(t->link, netdevs[number], &t->err) < 0 ||
	    add_netdev(t, number) < 0)
		return -1;
	t->stress->counts.netdevs++;
	return 0;
}

int rig_stress_move(struct rig_stress_thread *t)
{
	if (rig_stress_open(t) < 0)
		return -1;
	for (unsigned int i = 0; i < NETDEVS; i++)
		if (add_netdev(t, i) < 0)
			return -1;
	while (rig_stress_time_left(t)) {
		for (unsigned int i = 0; i < FRAMES && rig_stress_time_left(t); i++)
			if (put_frame(t) < 0)
				return -1;
		switch_some_port(t);
		if (replace_netdev(t) < 0)
			return -1;
	}
	return 0;
}

/* ---- namespaces ---- */

int rig_stress_scene(struct rig_stress_thread *t)
{
	if (add_netdev(t, 0) < 0 || add_netdev(t, 1) < 0)
		return -1;
	for (const struct rig_step *s = t->stress->script->steps; s; s = s->next)
		if (s->kind == RIG_STEP_SEND && rig_stress_send(t, s) < 0)
			return -1;
	take_up("br0");
	for (const struct rig_step *s = t->stress->script->steps; s; s = s->next)
		if (s->kind == RIG_STEP_FRAME && put_frame(t) < 0)
			return -1;
	return 0;
}

/* The namespace ends with the thread, and with it all that is in it, packets on their way too. */
static void *live(void *data)
{
	struct rig_stress_thread *t = data;

	t->failed = true;
	if (unshare(CLONE_NEWNET) < 0)
		rig_error_set(&t->err, "a network namespace: %s", strerror(errno));
	else if (rig_stress_open(t) == 0 && rig_stress_scene(t) == 0)
		t->failed = false;
	rig_stress_close(t);
	return NULL;
}

int rig_stress_live(struct rig_stress_thread *t)
{
	while (rig_stress_time_left(t)) {
		struct rig_stress_thread one = *t;
		pthread_t thread;

		one.arena = (struct rig_arena){};
		one.bytes = (struct rig_bytes){};
		if (pthread_create(&thread, NULL, live, &one))
			return rig_error_set(&t->err, "no more threads");
		pthread_join(thread, NULL);
		rig_arena_free(&one.arena);
		rig_bytes_free(&one.bytes);
		if (one.failed) {
			t->err = one.err;
			return -1;
		}
		t->stress->counts.namespaces++;
	}
	return 0;
}
