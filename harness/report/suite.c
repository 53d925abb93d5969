/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

static char *copy(const char *text)
{
	char *p = text ? strdup(text) : NULL;

	if (text && !p)
		abort();
	return p;
}

void rig_suite_init(struct rig_suite *suite, const char *target)
{
	memset(suite, 0, sizeof(*suite));
	suite->target = copy(target);
}

struct rig_result *rig_suite_add(struct rig_suite *suite, enum rig_outcome outcome, const char *id,
				 const char *reason, const char *detail)
{
	struct rig_result *result;

	if (suite->count == suite->room) {
		suite->room = suite->room ? 2 * suite->room : 64;
		suite->results = reallocarray(suite->results, suite->room, sizeof(*suite->results));
		if (!suite->results)
			abort();
	}
	result = &suite->results[suite->count++];
	result->outcome = outcome;
	result->id = copy(id);
	result->reason = copy(reason);
	result->detail = copy(detail);
	suite->tally[outcome]++;
	return result;
}

void rig_suite_free(struct rig_suite *suite)
{
	size_t i;

	for (i = 0; i < suite->count; i++) {
		free(suite->results[i].id);
		free(suite->results[i].reason);
		free(suite->results[i].detail);
	}
	free(suite->results);
	free(suite->target);
	free(suite->where);
	memset(suite, 0, sizeof(*suite));
}
