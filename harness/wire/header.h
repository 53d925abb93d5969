/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What print and parse share: the header fields that the notation marks with '@', the fixed
 * headers, and the punctuation of attributes.
 */
#ifndef RIG_WIRE_HEADER_H
#define RIG_WIRE_HEADER_H

#include "wire/codec.h"

struct rig_header_field {
	const char *name; /* without '@' */
	enum rig_set set;
	uint8_t offset; /* from the message's first byte */
	uint8_t size;
	uint16_t member; /* offset in struct rig_message */
	bool generic;	 /* of the generic netlink header */
};

#define RIG_HEADER_FIELDS 7
extern const struct rig_header_field rig_header_fields[RIG_HEADER_FIELDS];

/** rig_header_format() - how the field reads in this message. */
const struct rig_format *rig_header_format(const struct rig_message *message,
					   const struct rig_header_field *field);

/** rig_header_get() - its value. */
uint32_t rig_header_get(const struct rig_message *message, const struct rig_header_field *field);
void rig_header_put(struct rig_message *message, const struct rig_header_field *field,
		    uint32_t value);

/** rig_header_default() - the value that is not printed. Of @len and @type: has no meaning. */
uint32_t rig_header_default(const struct rig_message *message,
			    const struct rig_header_field *field);

/** rig_header_has_generic() - does a generic netlink header follow the netlink header? */
bool rig_header_has_generic(const struct rig_message *message);

/** rig_header_fixed_offset() - where the family's fixed header begins, from the first byte. */
size_t rig_header_fixed_offset(const struct rig_message *message);

/** rig_fixed_size() - bytes of one attribute of a fixed header. */
size_t rig_fixed_size(const struct rig_attr *attr);

struct rig_brackets {
	const char *open;
	const char *close; /* "": the attribute ends where its payload does */
};

extern const struct rig_brackets rig_brackets[]; /* by enum rig_style */

#define RIG_FLAGS_DUMP 0x301 /* the bare word "dump": NLM_F_REQUEST | NLM_F_DUMP */

#endif
