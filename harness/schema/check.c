/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds the schema against the UAPI headers, at compile time. No code comes of it.
 *
 * Where a header knows more attributes than the tables, the assertion on the number of rows names
 * the nest: add the row to its .def file.
 */
#include <stddef.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>

#define SAME(ours, uapi) _Static_assert((ours) == (uapi), #uapi " has another value")

/* Rows become declarations here. */
/* clang-format off */

/* ---- names of values ---- */

#define NAMES(table)
#define NAME(text, number, uapi) SAME(number, uapi);
#define END(table)
#include "schema/name.def"
#undef NAMES
#undef NAME
#undef END

/* A maximum that has grown means a name to add to name.def. */
SAME(OVS_VPORT_TYPE_MAX, 5);
SAME(OVS_FRAG_TYPE_MAX, 2);
SAME(OVS_METER_BAND_TYPE_MAX, 1);

/* ---- structs: a scope for each, so that "type" is the one at hand ---- */

#define FORMAT(id, form, order, bytes, ...) enum { bytes_##id = (bytes) };
#include "schema/format.def"
#undef FORMAT

#define STRUCT(id, bytes, uapi)             \
	static inline void check_##id(void) \
	{                                   \
		typedef uapi type;          \
		SAME(bytes, sizeof(type));
#define FIELD(at, member, text, format)   \
	SAME(at, offsetof(type, member)); \
	SAME(bytes_##format, sizeof(((type *)NULL)->member));
#define BITS(at, member, text, format, low, bits) FIELD(at, member, text, format)
#define PART(at, text, format, low, bits)	  SAME(bytes_##format, sizeof(type));
#define PAD(at, text, format) \
	_Static_assert((at) + bytes_##format <= sizeof(type), "a pad beyond the end");
#define END(id) }
#include "schema/struct.def"
#undef STRUCT
#undef FIELD
#undef BITS
#undef PART
#undef PAD
#undef END

/* ---- commands and attributes ---- */

#define COMMANDS(family)
#define COMMAND(code, uapi, ...) SAME(code, uapi);
#define END_COMMANDS(family)
#define NEST(id, first, maximum, unknown)             \
	enum { rows_##id = (maximum) + 1 - (first) }; \
	struct rows_of_##id {
#define ARRAY(id, of)
#define ATTR(code, uapi, ...) \
	SAME(code, uapi);     \
	char uapi;
#define END(id)                                                  \
	};                                                       \
	_Static_assert(sizeof(struct rows_of_##id) == rows_##id, \
		       #id ".def: the UAPI has more or fewer attributes than there are rows");
#include "schema/all.def"
#undef COMMANDS
#undef COMMAND
#undef END_COMMANDS
#undef NEST
#undef ARRAY
#undef ATTR
#undef END

SAME(CTRL_CMD_MAX, 10);

/* ---- families ---- */

_Static_assert(OVS_DATAPATH_VERSION == 2, "see family.def");
_Static_assert(OVS_VPORT_VERSION == 1 && OVS_FLOW_VERSION == 1 && OVS_PACKET_VERSION == 1 &&
		       OVS_METER_VERSION == 1 && OVS_CT_LIMIT_VERSION == 1,
	       "see family.def");
SAME(sizeof(struct ovs_header), 4);
SAME(sizeof(struct nlmsgerr), 20);
SAME(GENL_ID_CTRL, 0x10);
