/* SPDX-License-Identifier: GPL-2.0-only */
/* JUnit XML, the common subset that CI systems read. */
#include <string.h>

#include "report/report.h"

/* The length of the UTF-8 sequence at p that XML 1.0 allows, 0 when there is none. */
static size_t xml_sequence(const unsigned char *p)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int code;
	size_t len, i;

	if (p[0] < 0x80)
		return p[0] >= ' ' ? p[0] != 0x7f : p[0] == '\t' || p[0] == '\n';
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	code = p[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ||
	    (code & 0xfffe) == 0xfffe)
		return 0;
	return len;
}

static void write_escaped(FILE *to, const char *text)
{
	static const char *const entities[256] = {
		['&'] = "&amp;",  ['<'] = "&lt;",    ['>'] = "&gt;",
		['"'] = "&quot;", ['\''] = "&apos;",
	};
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		size_t len = xml_sequence(p);

		if (entities[*p])
			fputs(entities[*p], to);
		else if (len)
			fwrite(p, 1, len, to);
		else
			fprintf(to, "\\x%02x", *p);
		p += len ? len : 1;
	}
}

static void write_attribute(FILE *to, const char *name, const char *value)
{
	fprintf(to, " %s=\"", name);
	write_escaped(to, value);
	putc('"', to);
}

static void write_case(FILE *to, const struct rig_suite *suite, const struct rig_result *result)
{
	const char *detail = result->detail ? result->detail : "";
	const char *reason = result->reason ? result->reason : "";

	fputs("\t\t<testcase", to);
	write_attribute(to, "classname", suite->target);
	write_attribute(to, "name", result->id);
	switch (result->outcome) {
	case RIG_PASSED:
		fputs("/>\n", to);
		return;
	case RIG_FAILED:
		fputs("><failure>", to);
		write_escaped(to, detail);
		fputs("</failure></testcase>\n", to);
		return;
	case RIG_KNOWN:
		fputs("><system-out>known divergence: ", to);
		write_escaped(to, reason);
		fputs("\n", to);
		write_escaped(to, detail);
		fputs("</system-out></testcase>\n", to);
		return;
	case RIG_SKIPPED:
		fputs("><skipped", to);
		write_attribute(to, "message", reason);
		fputs("/></testcase>\n", to);
		return;
	case RIG_OUTCOMES:
		break;
	}
}

static void write_suite(FILE *to, const struct rig_suite *suite)
{
	size_t i;

	fputs("\t<testsuite", to);
	write_attribute(to, "name", suite->target);
	fprintf(to,
		" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%u.%03u\">\n",
		suite->count, suite->tally[RIG_FAILED], suite->tally[RIG_SKIPPED],
		suite->duration_ms / 1000, suite->duration_ms % 1000);
	if (suite->where) {
		fputs("\t\t<properties><property name=\"where\"", to);
		write_attribute(to, "value", suite->where);
		fputs("/></properties>\n", to);
	}
	for (i = 0; i < suite->count; i++)
		write_case(to, suite, &suite->results[i]);
	fputs("\t</testsuite>\n", to);
}

void rig_junit_write(FILE *to, const struct rig_suite *suites, size_t count)
{
	size_t i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", to);
	for (i = 0; i < count; i++)
		write_suite(to, &suites[i]);
	fputs("</testsuites>\n", to);
}
