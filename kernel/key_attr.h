/* SPDX-License-Identifier: GPL-2.0-only */
/* One OVS_KEY_ATTR_* at a time: its length, and its fields' way into a key and back. */
#ifndef OVSR_KEY_ATTR_H
#define OVSR_KEY_ATTR_H

#include "flow_key.h"

#define OVSR_KEY_LEN_ANY     -1 /* the attribute's own parser looks at its length */
#define OVSR_KEY_LEN_REFUSED -2 /* a number that has a name, but no meaning to a kernel */

/**
 * struct ovsr_key_read - how attributes are to be read
 * @key: NULL for a key; for a mask, the key that it goes with
 * @ones: values read as all ones, which makes the exact mask of a key
 * @log: say in the kernel log what is refused
 */
struct ovsr_key_read {
	const struct ovsr_key *key;
	bool ones;
	bool log;
};

/* Bytes of an attribute of @type (at most OVS_KEY_ATTR_MAX), or OVSR_KEY_LEN_*. */
int ovsr_key_attr_len(int type);

/* Reads @a, whose length is right, into @out. 0, or -EINVAL for a value that cannot be. */
int ovsr_key_attr_parse(const struct nlattr *a, const struct ovsr_key_read *how,
			struct ovsr_key *out);

/* Puts the attribute of @type from @out, a mask or a key. 0 or -EMSGSIZE. */
int ovsr_key_attr_put(struct sk_buff *msg, int type, const struct ovsr_key *out, bool is_mask);

#endif
