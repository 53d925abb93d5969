/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's log says while random requests go on, so that the round is known. */
#include "cli/diff_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge/klog.h"

/* A complaint behind so many in one round is judged with the guest. */
enum { RECORD_MAX = 8192, FINDINGS = 8 };

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

static const struct rig_finding *complain(struct rig_diff_log *log, const char *headline,
					  const struct rig_klog_finding *finding)
{
	snprintf(log->headline, sizeof(log->headline), "kernel log: %s", headline);
	snprintf(log->detail, sizeof(log->detail), "%.*s\n", (int)finding->context_len,
		 finding->context);
	log->complaint = (struct rig_finding){ .headline = log->headline, .detail = log->detail };
	return &log->complaint;
}

const struct rig_finding *rig_diff_log_check(struct rig_diff_log *log)
{
	struct rig_klog_finding findings[FINDINGS];
	char headline[160];
	size_t n;

	if (log->fd < 0)
		return NULL;
	read_records(log);
	if (!log->text.size)
		return NULL;
	n = rig_klog_judge(rig_bytes_text(&log->text), log->text.size, findings, FINDINGS);
	for (size_t i = 0; i < n && i < FINDINGS; i++) {
		rig_klog_headline(&findings[i], headline, sizeof(headline));
		if (!log->known || !rig_known_logs(log->known, &log->where, headline))
			return complain(log, headline, &findings[i]);
		log->accepted++;
	}
	return NULL;
}
