/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The integers in a message, where they lie. One walk, by the schema, for whoever has to change
 * some of them in place and leaves the rest as it is.
 */
#ifndef RIG_REPLAY_FIELD_H
#define RIG_REPLAY_FIELD_H

#include "wire/codec.h"

/* A value of format->size bytes. */
typedef void rig_field_visit(void *context, const struct rig_format *format, uint8_t *at);

/**
 * rig_fields_visit() - visits each integer of each message of a datagram: of the headers, the
 * fixed header, the attributes at any depth that the schema knows and whose length is right, and
 * of the request that an NLMSG_ERROR sends back.
 *
 * A visit may not change lengths, types of attributes, or a message's type before its attributes
 * have been visited: headers come last.
 */
void rig_fields_visit(const struct rig_family_ids *ids, uint8_t *datagram, size_t size,
		      rig_field_visit *visit, void *context);

/**
 * rig_fields_turn() - a datagram from a machine of the other byte order, in place: each integer in
 * host order, and the lengths and types that lead to it. What the ids and the schema do not know
 * stays as it is.
 */
void rig_fields_turn(const struct rig_family_ids *ids, uint8_t *datagram, size_t size);

/** rig_fields_turn_payload() - the same of one message of that family whose header is in order. */
void rig_fields_turn_payload(const struct rig_family *family, uint8_t *message, size_t size);

#endif
