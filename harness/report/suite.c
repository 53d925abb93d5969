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

struct ranked {
	size_t rank;
	struct rig_result result;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

void rig_suite_order(struct rig_suite *suite, const char *const *ids, size_t count)
{
	struct ranked *list = calloc(suite->count, sizeof(*list));
	size_t i, k;

	if (!list && suite->count)
		abort();
	for (i = 0; i < suite->count; i++) {
		for (k = 0; k < count && strcmp(ids[k], suite->results[i].id); k++)
			;
		list[i].rank = k < count ? suite->count + k : i;
		list[i].result = suite->results[i];
	}
	qsort(list, suite->count, sizeof(*list), by_rank);
	for (i = 0; i < suite->count; i++)
		suite->results[i] = list[i].result;
	free(list);
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
