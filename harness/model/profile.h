/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between modules and kernel releases: one row each, so that no code
 * asks for a version.
 */
#ifndef RIG_MODEL_PROFILE_H
#define RIG_MODEL_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

struct rig_profile {
	enum rig_model_module module;
	unsigned int major, minor, patch; /* from this release on */
	bool set_nsh;			  /* set(nsh) and set_masked(nsh) are accepted */
	bool portids_bounded;		  /* a vport's portids: not more than processors */
	bool nest_bounded;		  /* an action grown past 64 KiB: EMSGSIZE */
	bool nest_trimmed;		  /* what is refused in check_pkt_len is taken out; before,
					   * memory behind it is freed as if it were actions */
	bool named_by_flow;		  /* a flow's answer has room for its own name, whatever
					   * the request called it; before, a panic */
	bool copies_apart;		  /* ct(commit) leaves a connection alone that a copy of the
					   * packet carries as well */
	bool zero_rate_refused;		  /* a meter band must have a rate */
	bool ip6_bounded;	/* an extension header longer than the packet is an error */
	bool tag_bounded;	/* a tag needs a header to go into */
	bool fragments_bounded; /* fragments too small for a header and 8 bytes are refused; before,
				 * there is no end of empty ones */
	bool ah_after_fragment; /* AH belongs behind a fragment header, and comes once */
	bool trunc_limits;	/* trunc sets the length; before, how much is cut off */
	bool empty_upcalls;	/* nothing left of a packet: an empty PACKET, no panic */
	bool masks_whole;	/* masks of the same bits are the same, whatever attributes they
				 * came with, and they keep their order */
	bool own_layout;	/* which fields of a key share their place is its own affair */
	bool ports_go_on;	/* a dump shows ports that come behind the last one meanwhile */
	bool actions_bounded;	/* actions grown past 64 KiB are left out of every answer */
	uint16_t attr_max[6];	/* highest attribute, by enum rig_model_family */
};

/*
 * The module's row for a release such as "6.1.192-1-amd64"; NULL or one that cannot be read: the
 * newest.
 */
const struct rig_profile *rig_profile_find(enum rig_model_module module, const char *release);

#endif
