/* SPDX-License-Identifier: GPL-2.0-only */
#include "checksum.h"

#include <arpa/inet.h>
#include <string.h>

void rig_checksum_replace(uint8_t sum[2], const void *from, const void *to, size_t len)
{
	uint16_t old, word;
	uint32_t acc;

	memcpy(&old, sum, 2);
	/* One's complement has two zeros: a sum that was not +0 does not become it. */
	acc = (uint16_t)~old + 0xffffu;
	for (size_t i = 0; i < len; i += 2) {
		memcpy(&word, (const uint8_t *)from + i, 2);
		acc += (uint16_t)~word;
		memcpy(&word, (const uint8_t *)to + i, 2);
		acc += word;
	}
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	old = ~acc;
	memcpy(sum, &old, 2);
}

uint32_t rig_checksum_add(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	return len % 2 ? sum + (bytes[len - 1] << 8) : sum;
}

void rig_checksum_set_tos(uint8_t *ip, uint8_t keep, uint8_t value)
{
	uint8_t tos = (ip[1] & keep) | value;
	uint16_t sum_be;

	/* Here the other zero is the one that stays. */
	memcpy(&sum_be, ip + 10, 2);
	sum_be = htons((ntohs(sum_be) + ip[1] + 0xffffu - tos) % 0xffff);
	memcpy(ip + 10, &sum_be, 2);
	ip[1] = tos;
}

static uint16_t add16(uint16_t a, uint16_t b)
{
	uint16_t sum = a + b;

	return sum + (sum < b);
}

void rig_checksum_set_ttl(uint8_t *ip, uint8_t ttl)
{
	uint16_t sum, old = htons(ip[8] << 8), new = htons(ttl << 8);

	memcpy(&sum, ip + 10, 2);
	sum = ~add16(add16(~sum, ~old), new);
	memcpy(ip + 10, &sum, 2);
	ip[8] = ttl;
}

static uint32_t crc32c(uint32_t crc, const uint8_t *bytes, size_t len)
{
	while (len--) {
		crc ^= *bytes++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

uint32_t rig_checksum_sctp(const uint8_t *sctp, size_t len)
{
	static const uint8_t zero[4];
	uint32_t crc = crc32c(~0u, sctp, 8);

	crc = crc32c(crc, zero, 4);
	return ~crc32c(crc, sctp + 12, len - 12);
}
