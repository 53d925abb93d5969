/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes, as what they look like: a capture file, a script, or else a datagram. For AFL++; make
 * fuzz-codec. Its driver calls this in one process over and over, with test cases in shared memory.
 */
#include "fuzz/feed.h"
#include "replay/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (rig_trace_is(data, size))
		rig_feed_trace(data, size);
	else if (size && data[0] == '#')
		rig_feed_script(data, size);
	else
		rig_feed_datagram(data, size);
	return 0;
}
