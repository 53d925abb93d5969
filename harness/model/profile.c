/* SPDX-License-Identifier: GPL-2.0-only */
#include "profile.h"

#include <stddef.h>
#include <stdio.h>

#define ATTR_MAX_6_1                                                                            \
	{                                                                                       \
		9 /* datapath */, 9 /* vport */, 11 /* flow */, 11 /* packet */, 9 /* meter */, \
			1 /* ct_limit */                                                        \
	}

#define SINCE_6_1_176 .portids_bounded = true, .zero_rate_refused = true
#define SINCE_6_1_192                                                                     \
	SINCE_6_1_176, .nest_bounded = true, .nest_trimmed = true, .named_by_flow = true, \
		       .ah_after_fragment = true, .trunc_limits = true, .copies_apart = true
/* Not the module's: the kernel's own walk along the headers of IPv6, fragmentation, VLAN tags. */
#define KERNEL_6_1_192 .ip6_bounded = true, .fragments_bounded = true, .tag_bounded = true
#define REF_ALONE                                                                            \
	.empty_upcalls = true, .masks_whole = true, .ports_go_on = true, .own_layout = true, \
	.actions_bounded = true
#define REF SINCE_6_1_192, REF_ALONE

/* Of each module, oldest first. */
static const struct rig_profile profiles[] = {
	{ RIG_MODULE_INTREE, 6, 1, 0, .set_nsh = true, .attr_max = ATTR_MAX_6_1 },
	{ RIG_MODULE_INTREE, 6, 1, 176, SINCE_6_1_176, .attr_max = ATTR_MAX_6_1 },
	{ RIG_MODULE_INTREE, 6, 1, 192, SINCE_6_1_192, KERNEL_6_1_192, .attr_max = ATTR_MAX_6_1 },
	{ RIG_MODULE_REF, 6, 1, 0, REF, .attr_max = ATTR_MAX_6_1 },
	{ RIG_MODULE_REF, 6, 1, 192, REF, KERNEL_6_1_192, .attr_max = ATTR_MAX_6_1 },
};

#define N_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static bool is_since(const struct rig_profile *p, const unsigned int release[3])
{
	return release[0] != p->major ? release[0] > p->major :
	       release[1] != p->minor ? release[1] > p->minor :
					release[2] >= p->patch;
}

const struct rig_profile *rig_profile_find(enum rig_model_module module, const char *release)
{
	unsigned int r[3] = { 0 };
	bool known = release && sscanf(release, "%u.%u.%u", &r[0], &r[1], &r[2]) >= 2;
	const struct rig_profile *found = NULL;

	/* A release before the first row has that row. */
	for (size_t i = 0; i < N_PROFILES; i++)
		if (profiles[i].module == module && (!found || !known || is_since(&profiles[i], r)))
			found = &profiles[i];
	return found;
}

bool rig_model_knows(const char *kernel)
{
	unsigned int major, minor, patch;
	bool known = false;

	if (sscanf(kernel, "%u.%u.%u", &major, &minor, &patch) != 3)
		return false;
	for (size_t i = 0; i < N_PROFILES; i++)
		known |= profiles[i].major == major && profiles[i].minor == minor;
	return known;
}
