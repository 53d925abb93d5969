/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/klog.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CONTEXT_LINES_MAX 120

/* How a report ends; context that has no such end is cut after CONTEXT_LINES_MAX lines. */
enum ending {
	END_LINE,  /* one line is all of it */
	END_RULE,  /* a line of '=' */
	END_TASK,  /* the call trace's own end */
	END_TRACE, /* "---[ end trace ... ]---" */
};

static const char *const ending_mark[] = {
	[END_LINE] = "",
	[END_RULE] = "==========",
	[END_TASK] = "</TASK>",
	[END_TRACE] = "---[ end ",
};

/*
 * What the kernel's checkers print, the specific before the general: the first that a line
 * contains, or begins with after '^', names it. What has no row of its own is still a finding with
 * "BUG: " in it or with "WARNING: " at its beginning; elsewhere, as in "Spectre V2 : WARNING: ",
 * that is advice.
 */
static const struct splat {
	const char *what;
	const char *needle;
	enum ending ending;
} splats[] = {
	{ "KASAN report", "BUG: KASAN: ", END_RULE },
	{ "KFENCE report", "BUG: KFENCE: ", END_RULE },
	{ "KCSAN report", "BUG: KCSAN: ", END_RULE },
	{ "KMSAN report", "BUG: KMSAN: ", END_RULE },
	{ "UBSAN report", "UBSAN: ", END_RULE },
	{ "lockdep: circular locking", "possible circular locking dependency detected", END_TASK },
	{ "lockdep: recursive locking", "possible recursive locking detected", END_TASK },
	{ "lockdep: irq inversion", "possible irq lock inversion dependency detected", END_TASK },
	{ "lockdep: irq-unsafe order", "lock order detected", END_TASK },
	{ "lockdep: inconsistent state", "WARNING: inconsistent lock state", END_TASK },
	{ "lockdep: invalid wait context", "Invalid wait context", END_TASK },
	{ "lockdep: bad unlock balance", "WARNING: bad unlock balance detected", END_TASK },
	{ "lockdep: bad contention", "WARNING: bad contention detected", END_TASK },
	{ "lockdep: held lock freed", "WARNING: held lock freed", END_TASK },
	{ "lockdep: lock held on return", "WARNING: lock held when returning to user space",
	  END_TASK },
	{ "lockdep: lock held on exit", "still has locks held", END_TASK },
	{ "lockdep: non-static key", "INFO: trying to register non-static key", END_TASK },
	{ "lockdep: broken state", "DEBUG_LOCKS_WARN_ON(", END_TASK },
	{ "RCU: suspicious usage", "WARNING: suspicious RCU usage", END_TASK },
	{ "RCU: stall", "self-detected stall on CPU", END_TASK },
	{ "RCU: stall", "detected stalls on CPUs/tasks", END_TASK },
	{ "RCU: stall", "detected expedited stalls on CPUs/tasks", END_TASK },
	{ "RCU: stall", "kthread starved for", END_TASK },
	{ "RCU: use in illegal context", "Illegal context switch in RCU", END_TASK },
	{ "lockup", "BUG: soft lockup", END_TASK },
	{ "lockup", "BUG: workqueue lockup", END_TASK },
	{ "lockup", "hard LOCKUP", END_TASK },
	{ "hung task", "blocked for more than", END_TASK },
	{ "sleep in atomic context", "BUG: sleeping function called from invalid context",
	  END_TASK },
	{ "sleep in atomic context", "BUG: scheduling while atomic", END_TASK },
	{ "memory leak", "new suspected memory leaks", END_LINE },
	{ "memory leak", "unreferenced object 0x", END_LINE },
	{ "slab objects left", "Objects remaining in ", END_LINE },
	{ "slab corruption", "Redzone overwritten", END_LINE },
	{ "slab corruption", "Poison overwritten", END_LINE },
	{ "slab corruption", "Padding overwritten", END_LINE },
	{ "slab corruption", "Object already free", END_LINE },
	{ "slab corruption", "Freepointer corrupt", END_LINE },
	{ "list corruption", "list_add corruption", END_TRACE },
	{ "list corruption", "list_del corruption", END_TRACE },
	{ "debug objects", "ODEBUG: ", END_TRACE },
	{ "reference count", "refcount_t: ", END_TRACE },
	{ "reference tracker", "ref_tracker: ", END_LINE },
	{ "netdev reference leaked", "unregister_netdevice: waiting for ", END_LINE },
	{ "skb overrun", "skb_over_panic", END_TRACE },
	{ "skb overrun", "skb_under_panic", END_TRACE },
	{ "stack overrun", "stack guard page was hit", END_TRACE },
	{ "stack overrun", "stack-protector: Kernel stack is corrupted", END_TRACE },
	{ "BUG", "kernel BUG at ", END_TRACE },
	{ "oops", "BUG: unable to handle ", END_TRACE },
	{ "oops", "BUG: kernel NULL pointer dereference", END_TRACE },
	{ "oops", "general protection fault", END_TRACE },
	{ "oops", "Oops: ", END_TRACE },
	{ "oops", "invalid opcode: ", END_TRACE },
	{ "oops", "divide error: ", END_TRACE },
	{ "oops", "double fault: ", END_TRACE },
	{ "panic", "Kernel panic - not syncing", END_TRACE },
	{ "panic", "Kernel mode fault at addr ", END_TRACE },
	{ "allocation failure", "page allocation failure: ", END_TASK },
	{ "sysfs name taken", "cannot create duplicate filename ", END_TASK },
	{ "WARN", "WARNING: CPU: ", END_TRACE },
	{ "WARN", "^WARNING: ", END_TASK },
	{ "BUG", "BUG: ", END_TRACE },
};

struct line {
	const char *text;
	size_t len;
};

/* Steps to the next line; false at the end of the log. */
static bool next_line(const char **log, size_t *left, struct line *line)
{
	const char *end;

	if (*left == 0)
		return false;
	end = memchr(*log, '\n', *left);
	line->text = *log;
	line->len = end ? (size_t)(end - *log) : *left;
	*left -= line->len + (end != NULL);
	*log += line->len + (end != NULL);
	if (line->len > 0 && line->text[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* Without what printk and dmesg put before a message: "<4>", "[    1.234567] ". */
static struct line strip(struct line line)
{
	const char *end;

	if (line.len > 2 && line.text[0] == '<') {
		end = memchr(line.text, '>', line.len < 6 ? line.len : 6);
		if (end) {
			line.len -= (size_t)(end + 1 - line.text);
			line.text = end + 1;
		}
	}
	if (line.len > 2 && line.text[0] == '[') {
		end = memmem(line.text, line.len < 32 ? line.len : 32, "] ", 2);
		if (end) {
			line.len -= (size_t)(end + 2 - line.text);
			line.text = end + 2;
		}
	}
	return line;
}

static bool contains(struct line line, const char *needle)
{
	return memmem(line.text, line.len, needle, strlen(needle)) != NULL;
}

static bool is_headline(struct line line, const char *needle)
{
	size_t len = strlen(needle) - 1;

	if (*needle != '^')
		return contains(line, needle);
	return line.len >= len && !memcmp(line.text, needle + 1, len);
}

static const struct splat *classify(struct line line)
{
	for (size_t i = 0; i < sizeof(splats) / sizeof(splats[0]); i++)
		if (is_headline(line, splats[i].needle))
			return &splats[i];
	return NULL;
}

/*
 * What is left of the log behind the report whose headline was read last. *end is where the
 * report's context ends. The oops within a BUG belongs to the one finding, so a whole report is
 * moved over; without an end in sight only the headline is, so that nothing is swallowed.
 */
static size_t skip_report(enum ending ending, const char **log, size_t *left, const char **end)
{
	struct line rest = { *log, *left }, line;
	unsigned int lines = 0;

	*end = *log;
	if (ending == END_LINE)
		return 0;
	while (lines < CONTEXT_LINES_MAX && next_line(&rest.text, &rest.len, &line)) {
		lines++;
		*end = rest.text;
		if (!contains(line, ending_mark[ending]))
			continue;
		*log = rest.text;
		*left = rest.len;
		return lines;
	}
	return 0;
}

/*
 * User-Mode Linux walks the memory map of a new process without the lock that a checked kernel
 * wants to see, at each boot; nothing in a datapath has to do with that tree.
 */
static bool is_own_fault(const char *log, size_t left)
{
	struct line line;

	for (unsigned int i = 0; i < 4 && next_line(&log, &left, &line); i++)
		if (contains(line, "lib/maple_tree.c:") && contains(line, " suspicious rcu_"))
			return true;
	return false;
}

void rig_klog_headline(const struct rig_klog_finding *finding, char *text, size_t size)
{
	const char *at = memmem(finding->text, finding->len, " at ", 4);
	size_t left = at ? (size_t)(finding->text + finding->len - at) : 0;

	snprintf(text, size, "%s%.*s", finding->what, (int)left, at ? at : "");
}

bool rig_klog_is_whole(const char *log, size_t len)
{
	struct line line;

	return next_line(&log, &len, &line) && is_headline(strip(line), "^Linux version ");
}

size_t rig_klog_judge(const char *log, size_t len, struct rig_klog_finding *findings, size_t room)
{
	unsigned int number = 0;
	size_t count = 0;
	struct line line;

	while (next_line(&log, &len, &line)) {
		struct line bare = strip(line);
		const struct splat *splat = classify(bare);
		unsigned int first = ++number;
		const char *end;

		if (!splat || is_own_fault(log, len))
			continue;
		number += skip_report(splat->ending, &log, &len, &end);
		if (count++ >= room)
			continue;
		findings[count - 1] = (struct rig_klog_finding){
			.line = first,
			.what = splat->what,
			.text = bare.text,
			.len = bare.len,
			.context = line.text,
			.context_len = (size_t)(end - line.text),
		};
	}
	return count;
}
