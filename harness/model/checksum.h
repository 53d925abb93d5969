/* SPDX-License-Identifier: GPL-2.0-only */
/* Checksums, changed by difference as the kernel does it: a wrong one stays exactly as wrong. */
#ifndef RIG_MODEL_CHECKSUM_H
#define RIG_MODEL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * The Internet checksum at `sum` covers `len` bytes (a multiple of 2, at most 16) that change from
 * `from` to `to`.
 */
void rig_checksum_replace(uint8_t sum[2], const void *from, const void *to, size_t len);
/* The sum, not folded, of `len` bytes, the last of an odd number padded. */
uint32_t rig_checksum_add(uint32_t sum, const uint8_t *bytes, size_t len);
/* The DS field of an IPv4 header becomes (old & keep) | value; its checksum follows. */
void rig_checksum_set_tos(uint8_t *ip, uint8_t keep, uint8_t value);
/* The TTL of an IPv4 header. */
void rig_checksum_set_ttl(uint8_t *ip, uint8_t ttl);
/* CRC-32C of an SCTP packet, its checksum field taken as zero; in the byte order of the field. */
uint32_t rig_checksum_sctp(const uint8_t *sctp, size_t len);

#endif
