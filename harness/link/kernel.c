/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel as a target. */
#include <errno.h>
#include <fcntl.h>
#include <netlink/socket.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "link/kernel.h"
#include "wire/error.h"

static struct rig_kernel_link *kernel_link(struct rig_link *link)
{
	return (struct rig_kernel_link *)link;
}

/* Processors that are possible, as the kernel sizes its tables by them; "0-3" or "0,2-3". */
static unsigned int possible_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");
	unsigned int first, last, most = 0;
	int got;

	if (!f)
		return sysconf(_SC_NPROCESSORS_CONF);
	while ((got = fscanf(f, "%u-%u%*[,\n]", &first, &last)) > 0) {
		most = (got == 2 ? last : first) + 1;
		if (got == 1 && fgetc(f) == EOF)
			break;
	}
	fclose(f);
	return most ? most : 1;
}

/* Both modules answer to the same family names, so the families do not tell who is there. */
static int check_module(enum rig_target target, struct rig_error *err)
{
	bool ref = access("/sys/module/openvswitch_ref", F_OK) == 0;

	if (target == RIG_TARGET_REF && !ref)
		return rig_error_set(err, "target ref: openvswitch_ref.ko is not loaded");
	if (target == RIG_TARGET_INTREE && ref)
		return rig_error_set(err, "target intree: openvswitch_ref.ko is loaded instead");
	return 0;
}

static void close_link(struct rig_link *link)
{
	struct rig_kernel_link *k = kernel_link(link);

	rig_raw_close_all(k);
	rig_port_close_all(k, NULL);
	rig_netns_close(k, 0);
	nl_socket_free(k->tracker);
	if (k->devices >= 0)
		close(k->devices);
	free(k->baseline);
	free(k);
}

static int datapaths_everywhere(struct rig_kernel_link *k, struct rig_error *err)
{
	int family = k->link.facts.families.id[RIG_DP];
	unsigned int i;
	int ret, total = 0;

	for (i = 0; i < k->n_netns; i++) {
		ret = rig_genl_delete_datapaths(k->netns[i].generic, family, err);
		if (ret < 0)
			return -1;
		total += ret;
	}
	return total;
}

/* Those of the first namespace: the others go with all that is in them, as a kernel should know. */
static int limits_of_first(struct rig_kernel_link *k, struct rig_error *err)
{
	int family = k->link.facts.families.id[RIG_CT_LIMIT];

	return family ? rig_genl_delete_limits(k->netns[0].generic, family, err) : 0;
}

/* Each netdev that is there now and was not at first. */
static int leftovers(struct rig_kernel_link *k, struct rig_link_left *left, struct rig_error *err)
{
	char *now = rig_netdev_names(k->devices);
	char *name, *rest, pattern[IFNAMSIZ + 2];
	size_t used = 0, size = sizeof(left->text);

	if (!now)
		return rig_error_set(err, "list the netdevs: %s", strerror(errno));
	for (name = strtok_r(now, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		snprintf(pattern, sizeof(pattern), " %s ", name);
		if (strstr(k->baseline, pattern))
			continue;
		if (used < size)
			used += snprintf(left->text + used, size - used, "%snetdev %s",
					 left->count ? ", " : "", name);
		left->count++;
	}
	free(now);
	return 0;
}

static int clean(struct rig_link *link, struct rig_link_left *left, struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	int found, again = 0;

	*left = (struct rig_link_left){};
	rig_raw_close_all(k);
	found = limits_of_first(k, err) < 0 ? -1 : datapaths_everywhere(k, err);
	if (found > 0)
		again = datapaths_everywhere(k, err);
	if (found < 0 || again < 0 || rig_port_close_all(k, err) < 0)
		return -1;
	if (k->tracker && rig_conntrack_flush(k->tracker, err) < 0)
		return -1;
	rig_netns_close(k, 1);
	left->datapaths = found;
	if (!again)
		return leftovers(k, left, err);
	left->count = again;
	snprintf(left->text, sizeof(left->text), "%d datapaths that were deleted", again);
	return 0;
}

static int forget_counts(struct rig_link *link, const uint16_t *zones, size_t count,
			 struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) < 0)
		return rig_error_set(err, "how long is a tick: %s", strerror(errno));
	nanosleep(&tick, NULL);
	return rig_genl_look_at_limits(k->netns[0].generic, link->facts.families.id[RIG_CT_LIMIT],
				       zones, count, err);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* fds[i] belongs to socket which[i], or to namespace which[i] - RIG_LINK_SOCKETS. */
static unsigned int gather_fds(struct rig_kernel_link *k, struct pollfd *fds, unsigned int *which)
{
	unsigned int i, n = 0;

	for (i = 0; i < RIG_LINK_SOCKETS; i++) {
		if (!k->sock[i])
			continue;
		fds[n] = (struct pollfd){ mnl_socket_get_fd(k->sock[i]), POLLIN, 0 };
		which[n++] = i;
	}
	for (i = 0; i < k->n_netns; i++) {
		fds[n] = (struct pollfd){ k->netns[i].packet, POLLIN, 0 };
		which[n++] = RIG_LINK_SOCKETS + i;
	}
	return n;
}

static int take(struct rig_kernel_link *k, unsigned int which, struct rig_event *event,
		struct rig_error *err)
{
	if (which < RIG_LINK_SOCKETS)
		return rig_raw_take(k, which, event, err);
	return rig_port_take(k, which - RIG_LINK_SOCKETS, event, err);
}

static int wait_for(struct rig_kernel_link *k, int timeout_ms, struct rig_event *event,
		    struct rig_error *err)
{
	struct pollfd fds[RIG_LINK_FDS];
	unsigned int which[RIG_LINK_FDS];
	unsigned int n, i;
	long long end = timeout_ms ? now_ms() + timeout_ms : 0, wait = timeout_ms;
	int ret;

	n = gather_fds(k, fds, which);
	do {
		ret = poll(fds, n, wait);
		if (ret < 0)
			return rig_error_set(err, "wait for an answer: %s", strerror(errno));
		for (i = 0; i < n && ret; i++) {
			int got = fds[i].revents ? take(k, which[i], event, err) : 0;

			if (got)
				return got;
		}
		wait = timeout_ms ? end - now_ms() : 0;
	} while (ret && wait > 0);
	return 0;
}

static int receive(struct rig_link *link, int timeout_ms, struct rig_event *event,
		   struct rig_error *err)
{
	struct rig_kernel_link *k = kernel_link(link);
	int ret = rig_raw_next(k, event, err);

	if (ret)
		return ret;
	/* A reply is there when the request has been sent: no need to ask poll() first. */
	if (timeout_ms > 0 && k->hot >= 0)
		ret = rig_raw_take(k, k->hot, event, err);
	if (timeout_ms == RIG_LINK_SETTLE) {
		ret = rig_port_settle(k, event, err);
		timeout_ms = 0;
	}
	return ret ? ret : wait_for(k, timeout_ms, event, err);
}

static const struct rig_link_ops kernel_ops = {
	.close = close_link,
	.netns_add = rig_netns_add,
	.socket_new = rig_raw_new,
	.socket_close = rig_raw_close,
	.socket_bare = rig_raw_bare,
	.join = rig_raw_join,
	.send = rig_raw_send,
	.netdev_add = rig_port_netdev_add,
	.netdev_remove = rig_port_netdev_remove,
	.netdev_find = rig_port_netdev_find,
	.watch = rig_port_watch,
	.frame_put = rig_port_frame_put,
	.receive = receive,
	.clean = clean,
	.forget_counts = forget_counts,
};

/* Debian's release names an ABI, "6.1.0-52-amd64"; which kernel it is stands in the version. */
static void name_release(char *release, size_t size)
{
	static const char mark[] = "Debian ";
	struct utsname name;
	const char *found;

	if (uname(&name) < 0)
		return;
	found = strstr(name.version, mark);
	if (found)
		found += strlen(mark);
	else
		found = name.release;
	snprintf(release, size, "%.*s", (int)strcspn(found, " "), found);
}

static void fill_facts(struct rig_link_facts *facts, enum rig_target target)
{
	facts->target = target;
	name_release(facts->release, sizeof(facts->release));
	if (!rig_link_in_guest(facts->vm, sizeof(facts->vm)))
		snprintf(facts->vm, sizeof(facts->vm), "host");
	facts->cpus = possible_cpus();
	facts->netns = true;
}

/*
 * Frames that this thread puts on devices are queued on the processor where it runs: there they
 * keep their order.
 */
static int stay(unsigned int number, struct rig_error *err)
{
	cpu_set_t allowed, one;
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return rig_error_set(err, "which processors may be used: %s", strerror(errno));
	for (number %= CPU_COUNT(&allowed), number++; number; number--)
		do
			cpu++;
		while (!CPU_ISSET(cpu, &allowed));
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		return rig_error_set(err, "stay on processor %d: %s", cpu, strerror(errno));
	return 0;
}

static int open_first(struct rig_kernel_link *k, struct rig_error *err)
{
	static const char devices[] = "/proc/thread-self/net/dev";
	const struct rig_link_netdev lo = { .name = "lo", .ifindex = 1 };

	if (rig_netns_open_first(k, err) < 0 || rig_netdev_up(k->netns[0].route, &lo, err) < 0)
		return -1;
	k->tracker = rig_conntrack_open();
	k->devices = open(devices, O_RDONLY | O_CLOEXEC);
	if (k->devices >= 0)
		k->baseline = rig_netdev_names(k->devices);
	if (!k->baseline)
		return rig_error_set(err, "%s: %s", devices, strerror(errno));
	return rig_genl_resolve(k->netns[0].generic, &k->link.facts, err);
}

struct rig_link *rig_link_open_kernel(enum rig_target target, unsigned int number,
				      struct rig_error *err)
{
	struct rig_kernel_link *k = calloc(1, sizeof(*k));

	if (!k) {
		rig_error_set(err, "out of memory");
		return NULL;
	}
	k->link.ops = &kernel_ops;
	k->hot = -1;
	fill_facts(&k->link.facts, target);
	k->devices = -1;
	if (check_module(target, err) == 0 && stay(number, err) == 0 && open_first(k, err) == 0)
		return &k->link;
	close_link(&k->link);
	return NULL;
}
