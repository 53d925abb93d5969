/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two runs of one conversation differ in numbers that a kernel or a program chose. Here they are
 * replaced: by those of another run, so that its requests can be sent again, or by a form in which
 * two runs compare equal.
 */
#ifndef RIG_REPLAY_NORMALISE_H
#define RIG_REPLAY_NORMALISE_H

#include "wire/codec.h"

enum rig_number {
	RIG_NUMBER_TYPE, /* nlmsg_type; a generic netlink family's id */
	RIG_NUMBER_SEQ,
	RIG_NUMBER_PORTID,  /* in headers, as UPCALL_PID, in userspace() */
	RIG_NUMBER_IFINDEX, /* of datapaths and ports */
	RIG_NUMBER_GROUP,   /* multicast */
	RIG_NUMBERS,
};

/* What stands for the value in the other run. */
typedef uint32_t rig_renumber(void *context, enum rig_number what, uint32_t value);

/** rig_renumber_datagram() - all such numbers in it, in place, wherever the schema has them. */
void rig_renumber_datagram(const struct rig_family_ids *ids, uint8_t *datagram, size_t size,
			   rig_renumber *renumber, void *context);

/*
 * The numbers of one run so far, in order of appearance; zeros and its ids make one. Each port id,
 * ifindex and group becomes its place in that order (0 stays 0), a type the schema's own id, and a
 * sequence number 0: answers find their requests by it before.
 */
struct rig_normal {
	const struct rig_family_ids *ids;
	struct rig_normal_seen {
		uint32_t *values;
		uint32_t count, room;
	} seen[RIG_NUMBERS];
	bool failed; /* out of memory */
};

/**
 * rig_normalise() - one message, in place: its numbers, as above; counters, times and hashes become
 * zero or, where they stand only when there is something to count, go, and so does what aligns
 * them. Returns 0, or -1 when out of memory.
 */
int rig_normalise(struct rig_normal *run, uint8_t *message, size_t *size);

void rig_normal_free(struct rig_normal *run);

#endif
