/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One scalar value in the notation. Every value is an integer of at most 16 bytes, addresses too
 * (the first byte is the most significant one).
 */
#ifndef RIG_WIRE_VALUE_H
#define RIG_WIRE_VALUE_H

#include "wire/codec.h"

/** rig_value_print() - append the value; @ids name nlmsg_types. */
void rig_value_print(struct rig_bytes *text, const struct rig_format *format,
		     const struct rig_family_ids *ids, rig_uint value);

/**
 * rig_value_parse() - read the value that the @size characters at @word are.
 * @bits: how many the value may have; a negative number stands for its two's complement.
 *
 * Returns 0, or -1: not such a value, or too large for @bits.
 */
int rig_value_parse(const char *word, size_t size, const struct rig_format *format,
		    unsigned int bits, const struct rig_family_ids *ids, rig_uint *value);

/** rig_value_expected() - "a number from 0 to 255", "an IPv4 address": for errors, into @text. */
const char *rig_value_expected(const struct rig_format *format, unsigned int bits, char *text,
			       size_t size);

/** rig_value_address() - the format of an IP address of @size bytes. NULL: there is none. */
const struct rig_format *rig_value_address(size_t size);

/** rig_number_parse() - a decimal or 0x number, perhaps negative, of at most @bits. 0 or -1. */
int rig_number_parse(const char *word, size_t size, unsigned int bits, rig_uint *value);

/** rig_hex_digit() - 0 to 15, or -1. */
int rig_hex_digit(char c);

#endif
