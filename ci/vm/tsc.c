/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints how fast this processor's time stamp counter runs, in kHz.
 *
 * An emulated guest reads this very counter. It would measure it against an emulated timer while it
 * boots, and where the machine is busy it gets that wrong, up to several times: then all its clocks
 * run fast, and whatever waits in it gives up early.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct reading {
	uint64_t ns;
	uint64_t ticks;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Both clocks at one time: of many tries the one that nothing came between. */
static struct reading both(void)
{
	struct reading best = { 0, 0 };
	uint64_t closest = UINT64_MAX;
	int i;

	for (i = 0; i < 1000; i++) {
		uint64_t before = __rdtsc(), ns = now_ns(), after = __rdtsc();

		if (after - before < closest) {
			closest = after - before;
			best.ns = ns;
			best.ticks = before + closest / 2;
		}
	}
	return best;
}

int main(void)
{
	const struct timespec interval = { .tv_nsec = 50000000 };
	struct reading first = both(), last;

	nanosleep(&interval, NULL);
	last = both();
	printf("%.0f\n", (double)(last.ticks - first.ticks) / (double)(last.ns - first.ns) * 1e6);
	return 0;
}
