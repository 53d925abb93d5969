/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's log says while random requests go on, so that the round is known. */
#include "cli/diff_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge/klog.h"

enum { RECORD_MAX = 8192 };

void rig_diff_log_open(struct rig_diff_log *log)
{
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	/* What was said before is judged with the guest. */
	if (log->fd >= 0)
		lseek(log->fd, 0, SEEK_END);
}

void rig_diff_log_close(struct rig_diff_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	rig_bytes_free(&log->text);
}

/* Each read() gives one record: "4,1234,5678,-;text", and lines that begin with a blank. */
static void read_records(struct rig_diff_log *log)
{
	char record[RECORD_MAX];
	ssize_t got;

	rig_bytes_reset(&log->text);
	while ((got = read(log->fd, record, sizeof(record))) > 0 || (got < 0 && errno == EPIPE)) {
		const char *text = got > 0 ? memchr(record, ';', (size_t)got) : NULL;
		const char *end = text ? memchr(text, '\n', (size_t)(record + got - text)) : NULL;

		if (end)
			rig_bytes_put(&log->text, text + 1, (size_t)(end - text));
	}
}

/* "WARN at net/core/dst.c:172 dst_release+0x60/0xce": without what differs from run to run. */
static void name(const struct rig_klog_finding *finding, struct rig_finding *complaint,
		 struct rig_diff_log *log)
{
	const char *at = memmem(finding->text, finding->len, " at ", 4);
	size_t left = at ? (size_t)(finding->text + finding->len - at) : 0;

	snprintf(log->headline, sizeof(log->headline), "kernel log: %s%.*s", finding->what,
		 (int)left, at ? at : "");
	snprintf(log->detail, sizeof(log->detail), "%.*s\n", (int)finding->context_len,
		 finding->context);
	*complaint = (struct rig_finding){ .headline = log->headline, .detail = log->detail };
}

const struct rig_finding *rig_diff_log_check(struct rig_diff_log *log)
{
	struct rig_klog_finding finding;

	if (log->fd < 0)
		return NULL;
	read_records(log);
	if (!log->text.size ||
	    !rig_klog_judge(rig_bytes_text(&log->text), log->text.size, &finding, 1))
		return NULL;
	name(&finding, &log->complaint, log);
	return &log->complaint;
}
