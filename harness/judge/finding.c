/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/arena.h"

#define HEADLINE_MAX 240

void rig_finding_add(struct rig_findings *findings, const char *detail, const char *format, ...)
{
	struct rig_finding *finding = rig_arena_alloc(findings->arena, sizeof(*finding));
	char headline[HEADLINE_MAX];
	va_list args;

	findings->count++;
	va_start(args, format);
	vsnprintf(headline, sizeof(headline), format, args);
	va_end(args);
	if (!detail)
		detail = "";
	if (!finding)
		return;
	finding->headline = rig_arena_copy(findings->arena, headline, strlen(headline));
	finding->detail = rig_arena_copy(findings->arena, detail, strlen(detail));
	if (!finding->headline || !finding->detail)
		return;
	if (findings->last)
		findings->last->next = finding;
	else
		findings->first = finding;
	findings->last = finding;
}

const struct rig_finding *rig_findings_difference(const struct rig_finding *first)
{
	while (first && first->beyond)
		first = first->next;
	return first;
}
