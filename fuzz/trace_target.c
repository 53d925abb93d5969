/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes, as a capture file. For libFuzzer; make fuzz-traces. */
#include "fuzz/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rig_feed_trace(data, size);
	return 0;
}
