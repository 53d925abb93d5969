/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading netlink attributes the way the contract does: the lenient parse of a family's outer
 * attributes, and a plain walk for everything that OVS itself reads strictly.
 */
#ifndef RIG_MODEL_NLA_H
#define RIG_MODEL_NLA_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline unsigned int rig_nla_type(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static inline unsigned int rig_nla_len(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

static inline const uint8_t *rig_nla_data(const struct nlattr *a)
{
	return (const uint8_t *)a + NLA_HDRLEN;
}

/* Integers in host order; the payload is at least that long and may be unaligned. */
uint8_t rig_nla_u8(const struct nlattr *a);
uint16_t rig_nla_u16(const struct nlattr *a);
uint32_t rig_nla_u32(const struct nlattr *a);
uint64_t rig_nla_u64(const struct nlattr *a);

/*
 * A walk over a stream of attributes: `left` is what has not been consumed; it ends negative when
 * the last attribute's padding is missing, which some readers refuse and others do not see.
 */
struct rig_nla_walk {
	const uint8_t *at;
	int left;
};

static inline struct rig_nla_walk rig_nla_walk(const void *bytes, size_t len)
{
	return (struct rig_nla_walk){ bytes, (int)len };
}

static inline struct rig_nla_walk rig_nla_inside(const struct nlattr *a)
{
	return rig_nla_walk(rig_nla_data(a), rig_nla_len(a));
}

/* The next attribute, NULL when none fits any more. */
const struct nlattr *rig_nla_next(struct rig_nla_walk *w);

enum rig_policy_kind {
	RIG_POLICY_ANY, /* at least `len` bytes */
	RIG_POLICY_U16,
	RIG_POLICY_U32,
	RIG_POLICY_U64,
	RIG_POLICY_S32,
	RIG_POLICY_FLAG,
	RIG_POLICY_STRING, /* with a NUL, at most `len` characters */
	RIG_POLICY_NESTED,
};

struct rig_policy {
	enum rig_policy_kind kind;
	uint16_t len;
	bool bounded; /* the value lies in 0..max */
	uint32_t max;
};

/*
 * The lenient parse (lib/nlattr.c, "deprecated"): unknown types and trailing bytes pass, the last
 * duplicate wins. `table` has max + 1 entries, all set. Returns 0, or a negative errno; `trailing`
 * (may be NULL) tells whether bytes were left over, `bad` (may be NULL) which attribute failed.
 */
int rig_nla_parse(const void *bytes, size_t len, const struct rig_policy *policy, unsigned int max,
		  const struct nlattr **table, const struct nlattr **bad, bool *trailing);
/* The same, but unknown types and trailing bytes are -EINVAL. */
int rig_nla_parse_strict(const void *bytes, size_t len, const struct rig_policy *policy,
			 unsigned int max, const struct nlattr **table);

#endif
