/* SPDX-License-Identifier: GPL-2.0-only */
#include "nla.h"

#include <errno.h>
#include <string.h>

uint8_t rig_nla_u8(const struct nlattr *a)
{
	return *rig_nla_data(a);
}

uint16_t rig_nla_u16(const struct nlattr *a)
{
	uint16_t v;

	memcpy(&v, rig_nla_data(a), sizeof(v));
	return v;
}

uint32_t rig_nla_u32(const struct nlattr *a)
{
	uint32_t v;

	memcpy(&v, rig_nla_data(a), sizeof(v));
	return v;
}

uint64_t rig_nla_u64(const struct nlattr *a)
{
	uint64_t v;

	memcpy(&v, rig_nla_data(a), sizeof(v));
	return v;
}

const struct nlattr *rig_nla_next(struct rig_nla_walk *w)
{
	const struct nlattr *a = (const struct nlattr *)w->at;

	if (w->left < NLA_HDRLEN || a->nla_len < NLA_HDRLEN || a->nla_len > w->left)
		return NULL;
	w->at += NLA_ALIGN(a->nla_len);
	w->left -= NLA_ALIGN(a->nla_len);
	return a;
}

static int check_string(const struct nlattr *a, unsigned int max)
{
	const uint8_t *s = rig_nla_data(a);
	unsigned int len = rig_nla_len(a);
	unsigned int seen = len < max + 1 ? len : max + 1;

	if (!seen || !memchr(s, '\0', seen))
		return -EINVAL;
	if (s[len - 1] == '\0')
		len--;
	return len > max ? -ERANGE : 0;
}

static unsigned int min_len(const struct rig_policy *p)
{
	switch (p->kind) {
	case RIG_POLICY_U16:
		return 2;
	case RIG_POLICY_U32:
	case RIG_POLICY_S32:
		return 4;
	case RIG_POLICY_U64:
		return 8;
	case RIG_POLICY_ANY:
		return p->len;
	case RIG_POLICY_FLAG:
	case RIG_POLICY_STRING:
	case RIG_POLICY_NESTED:
		return 0;
	}
	return 0;
}

static int check(const struct nlattr *a, const struct rig_policy *p)
{
	unsigned int len = rig_nla_len(a);

	if (p->kind == RIG_POLICY_STRING)
		return check_string(a, p->len);
	if (p->kind == RIG_POLICY_FLAG && len)
		return -ERANGE;
	if (p->kind == RIG_POLICY_NESTED && len && len < NLA_HDRLEN)
		return -ERANGE;
	if (len < min_len(p))
		return -ERANGE;
	if (p->bounded && rig_nla_u32(a) > p->max)
		return -ERANGE;
	return 0;
}

struct parse {
	const struct rig_policy *policy;
	unsigned int max;
	const struct nlattr **table;
	const struct nlattr *bad;
	bool strict;
};

/* Returns the number of bytes left over, or a negative errno. */
static int parse(const void *bytes, size_t len, struct parse *p)
{
	struct rig_nla_walk w = rig_nla_walk(bytes, len);

	memset(p->table, 0, (p->max + 1) * sizeof(*p->table));
	while ((p->bad = rig_nla_next(&w))) {
		unsigned int type = rig_nla_type(p->bad);
		int err = 0;

		if (type && type <= p->max)
			err = check(p->bad, &p->policy[type]);
		else if (p->strict)
			err = -EINVAL;
		else
			continue;
		if (err)
			return err;
		p->table[type] = p->bad;
	}
	return w.left > 0 ? w.left : 0;
}

int rig_nla_parse(const void *bytes, size_t len, const struct rig_policy *policy, unsigned int max,
		  const struct nlattr **table, const struct nlattr **bad, bool *trailing)
{
	struct parse p = { policy, max, table, NULL, false };
	int left = parse(bytes, len, &p);

	if (bad)
		*bad = p.bad;
	if (trailing)
		*trailing = left > 0;
	return left < 0 ? left : 0;
}

int rig_nla_parse_strict(const void *bytes, size_t len, const struct rig_policy *policy,
			 unsigned int max, const struct nlattr **table)
{
	struct parse p = { policy, max, table, NULL, true };
	int left = parse(bytes, len, &p);

	return left > 0 ? -EINVAL : left;
}
