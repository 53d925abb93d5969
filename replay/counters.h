/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: a netlink trace does not show the frames that pass, so what counts them cannot
 * be judged from it. It is taken out of both what came and what is expected.
 */
#ifndef RIG_REPLAY_COUNTERS_H
#define RIG_REPLAY_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "wire/codec.h"

struct counted {
	uint8_t *bytes; /* a message, changed in place */
	uint32_t len;
	struct rig_open *open; /* NULL, or the message's open spans, changed in place */
	uint32_t n_open;
};

/* What can be judged all the same. */
enum {
	COUNTERS_FLOWS = 0x1,	/* how many flows there are */
	COUNTERS_MASKS = 0x2,	/* and how many masks: dumps may tell of tighter ones */
	COUNTERS_PADS = 0x4,	/* what aligns them: a kernel's build decides */
	COUNTERS_ALIGNED = 0x8, /* and pads behind them, which depend on them: it does align */
};

void counters_remove(struct counted *message, const struct rig_family_ids *ids,
		     unsigned int judged);

#endif
