/* SPDX-License-Identifier: GPL-2.0-only */
#include "profile.h"

#include <stddef.h>
#include <stdio.h>

#define ATTR_MAX_6_1                                                                            \
	{                                                                                       \
		9 /* datapath */, 9 /* vport */, 11 /* flow */, 11 /* packet */, 9 /* meter */, \
			1 /* ct_limit */                                                        \
	}

/* Oldest first. */
static const struct rig_profile profiles[] = {
	{ 6, 1, 0, .set_nsh = true, .attr_max = ATTR_MAX_6_1 },
	{ 6, 1, 176, .portids_bounded = true, .zero_rate_refused = true, .attr_max = ATTR_MAX_6_1 },
	{ 6, 1, 192, .portids_bounded = true, .zero_rate_refused = true, .nest_bounded = true,
	  .ip6_bounded = true, .ah_after_fragment = true, .trunc_limits = true,
	  .attr_max = ATTR_MAX_6_1 },
};

#define N_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

const struct rig_profile *rig_profile_find(const char *release)
{
	const struct rig_profile *found = &profiles[0];
	unsigned int major, minor, patch = 0;

	if (!release || sscanf(release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return &profiles[N_PROFILES - 1];
	for (size_t i = 0; i < N_PROFILES; i++) {
		const struct rig_profile *p = &profiles[i];
		bool newer = major != p->major ? major > p->major :
			     minor != p->minor ? minor > p->minor :
						 patch >= p->patch;

		if (newer)
			found = p;
	}
	return found;
}
