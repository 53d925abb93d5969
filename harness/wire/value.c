/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire/value.h"

struct input {
	const char *word;
	size_t size;
	const struct rig_format *format;
	unsigned int bits;
	const struct rig_family_ids *ids;
};

struct output {
	struct rig_bytes *text;
	const struct rig_format *format;
	const struct rig_family_ids *ids;
};

/* ---- numbers ---- */

int rig_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static rig_uint all_ones(unsigned int bits)
{
	return bits >= 128 ? ~(rig_uint)0 : ((rig_uint)1 << bits) - 1;
}

static int parse_magnitude(const char *word, size_t size, rig_uint *value)
{
	unsigned int base = 10;

	if (size > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
		base = 16;
		word += 2;
		size -= 2;
	}
	if (!size)
		return -1;
	for (*value = 0; size; size--, word++) {
		int digit = rig_hex_digit(*word);

		if (digit < 0 || digit >= (int)base ||
		    *value > (~(rig_uint)0 - (unsigned int)digit) / base)
			return -1;
		*value = *value * base + (unsigned int)digit;
	}
	return 0;
}

int rig_number_parse(const char *word, size_t size, unsigned int bits, rig_uint *value)
{
	bool negative = size && *word == '-';

	if (parse_magnitude(word + negative, size - negative, value) < 0)
		return -1;
	if (!negative)
		return *value <= all_ones(bits) ? 0 : -1;
	if (*value > (rig_uint)1 << (bits - 1))
		return -1;
	*value = -*value & all_ones(bits);
	return 0;
}

static int parse_number(const struct input *in, rig_uint *value)
{
	return rig_number_parse(in->word, in->size, in->bits, value);
}

static void print_dec(const struct output *out, rig_uint value)
{
	rig_bytes_print(out->text, "%llu", (unsigned long long)value);
}

static int64_t sign_extended(const struct rig_format *format, rig_uint value)
{
	unsigned int unused = 64 - 8 * format->size;

	return (int64_t)((uint64_t)value << unused) >> unused;
}

static void print_signed(const struct output *out, rig_uint value)
{
	rig_bytes_print(out->text, "%lld", (long long)sign_extended(out->format, value));
}

static void print_hex(const struct output *out, rig_uint value)
{
	unsigned long long high = value >> 64, low = value;

	if (high)
		rig_bytes_print(out->text, "0x%llx%016llx", high, low);
	else
		rig_bytes_print(out->text, "0x%llx", low);
}

/* The eth_type 0x800 reads as everyone writes it. */
static void print_hex_padded(const struct output *out, rig_uint value)
{
	if (out->format->size == 2)
		rig_bytes_print(out->text, "0x%04llx", (unsigned long long)value);
	else
		print_hex(out, value);
}

/* ---- names ---- */

static bool same(const char *name, const char *word, size_t size)
{
	return strlen(name) == size && !memcmp(name, word, size);
}

static void print_enum(const struct output *out, rig_uint value)
{
	const struct rig_name *name;

	for (name = out->format->names; name->name; name++) {
		if (name->value == value) {
			rig_bytes_print(out->text, "%s", name->name);
			return;
		}
	}
	print_dec(out, value);
}

static int parse_enum(const struct input *in, rig_uint *value)
{
	const struct rig_name *name;

	for (name = in->format->names; name->name; name++) {
		if (same(name->name, in->word, in->size)) {
			*value = name->value;
			return 0;
		}
	}
	return parse_number(in, value);
}

static void print_bits(const struct output *out, rig_uint value)
{
	const struct rig_name *name;
	const char *bar = "";

	for (name = out->format->names; name->name; name++) {
		if ((value & name->value) != name->value)
			continue;
		rig_bytes_print(out->text, "%s%s", bar, name->name);
		value &= ~(rig_uint)name->value;
		bar = "|";
	}
	if (value) {
		rig_bytes_print(out->text, "%s", bar);
		print_hex(out, value);
	} else if (!*bar) {
		rig_bytes_print(out->text, "0");
	}
}

static int parse_bits(const struct input *in, rig_uint *value)
{
	const char *at = in->word, *end = in->word + in->size;
	struct input one = *in;
	rig_uint bit;

	for (*value = 0;; at = one.word + one.size + 1) {
		const char *bar = memchr(at, '|', end - at);

		one.word = at;
		one.size = (bar ? bar : end) - at;
		if (parse_enum(&one, &bit) < 0)
			return -1;
		*value |= bit;
		if (!bar)
			return 0;
	}
}

static void print_errno(const struct output *out, rig_uint value)
{
	int64_t number = sign_extended(out->format, value);
	const char *name = number < 0 && number > -1000 ? rig_errno_name((int)-number) : NULL;

	if (name)
		rig_bytes_print(out->text, "%s", name);
	else
		print_signed(out, value);
}

static int parse_errno(const struct input *in, rig_uint *value)
{
	int number = rig_errno_find(in->word, in->size);

	if (!number)
		return parse_number(in, value);
	*value = (uint32_t)-number;
	return 0;
}

static void print_family(const struct output *out, rig_uint value)
{
	const struct rig_family *family = rig_family_by_id(out->ids, (uint16_t)value);

	if (family && family->index != RIG_NL)
		rig_bytes_print(out->text, "%s", family->name);
	else
		print_dec(out, value);
}

static int parse_family(const struct input *in, rig_uint *value)
{
	const struct rig_family_ids *ids = in->ids ? in->ids : &rig_family_ids_default;
	const struct rig_family *family = rig_family_find(in->word, in->size);

	if (!family || family->index == RIG_NL)
		return parse_number(in, value);
	*value = ids->id[family->index];
	return 0;
}

/* ---- addresses ---- */

static void print_mac(const struct output *out, rig_uint value)
{
	uint8_t mac[6];

	rig_uint_put(mac, sizeof(mac), RIG_NET, value);
	rig_bytes_print(out->text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			mac[4], mac[5]);
}

static int parse_mac(const struct input *in, rig_uint *value)
{
	size_t i;

	if (!memchr(in->word, ':', in->size))
		return parse_number(in, value);
	if (in->size != strlen("00:00:00:00:00:00"))
		return -1;
	for (*value = 0, i = 0; i < in->size; i++) {
		int digit = rig_hex_digit(in->word[i]);

		if (i % 3 == 2 ? in->word[i] != ':' : digit < 0)
			return -1;
		if (i % 3 != 2)
			*value = *value << 4 | (unsigned int)digit;
	}
	return 0;
}

static void print_ip(const struct output *out, int af, rig_uint value)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];

	rig_uint_put(address, out->format->size, RIG_NET, value);
	rig_bytes_print(out->text, "%s", inet_ntop(af, address, text, sizeof(text)));
}

static void print_ipv4(const struct output *out, rig_uint value)
{
	print_ip(out, AF_INET, value);
}

static void print_ipv6(const struct output *out, rig_uint value)
{
	print_ip(out, AF_INET6, value);
}

static int parse_ip(const struct input *in, int af, char mark, rig_uint *value)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (!memchr(in->word, mark, in->size))
		return parse_number(in, value);
	if (in->size >= sizeof(text))
		return -1;
	memcpy(text, in->word, in->size);
	text[in->size] = '\0';
	if (inet_pton(af, text, address) != 1)
		return -1;
	*value = rig_uint_get(address, in->format->size, RIG_NET);
	return 0;
}

static int parse_ipv4(const struct input *in, rig_uint *value)
{
	return parse_ip(in, AF_INET, '.', value);
}

static int parse_ipv6(const struct input *in, rig_uint *value)
{
	return parse_ip(in, AF_INET6, ':', value);
}

const struct rig_format *rig_value_address(size_t size)
{
	static const struct rig_format v4 = { "ipv4", RIG_KIND_IPV4, RIG_NET, 4, 0, NULL, NULL };
	static const struct rig_format v6 = { "ipv6", RIG_KIND_IPV6, RIG_NET, 16, 0, NULL, NULL };

	return size == v4.size ? &v4 : size == v6.size ? &v6 : NULL;
}

/* ---- bytes ---- */

static void print_bytes(const struct output *out, rig_uint value)
{
	uint8_t bytes[16];

	rig_uint_put(bytes, out->format->size, RIG_NET, value);
	rig_bytes_hex(out->text, bytes, out->format->size);
}

static int parse_bytes(const struct input *in, rig_uint *value)
{
	size_t i;

	if (in->size != 2u * in->format->size)
		return -1;
	for (*value = 0, i = 0; i < in->size; i++) {
		int digit = rig_hex_digit(in->word[i]);

		if (digit < 0)
			return -1;
		*value = *value << 4 | (unsigned int)digit;
	}
	return 0;
}

static const struct {
	void (*print)(const struct output *out, rig_uint value);
	int (*parse)(const struct input *in, rig_uint *value);
	const char *expected; /* NULL: a number */
} kinds[] = {
	[RIG_KIND_DEC] = { print_dec, parse_number, NULL },
	[RIG_KIND_SIGNED] = { print_signed, parse_number, NULL },
	[RIG_KIND_HEX] = { print_hex_padded, parse_number, NULL },
	[RIG_KIND_ENUM] = { print_enum, parse_enum, NULL },
	[RIG_KIND_BITS] = { print_bits, parse_bits, NULL },
	[RIG_KIND_ERRNO] = { print_errno, parse_errno, "an errno such as EINVAL, or a number" },
	[RIG_KIND_FAMILY] = { print_family, parse_family, "a family or a number" },
	[RIG_KIND_MAC] = { print_mac, parse_mac, "a MAC address" },
	[RIG_KIND_IPV4] = { print_ipv4, parse_ipv4, "an IPv4 address" },
	[RIG_KIND_IPV6] = { print_ipv6, parse_ipv6, "an IPv6 address" },
	[RIG_KIND_BYTES] = { print_bytes, parse_bytes, "hex digits" },
};

void rig_value_print(struct rig_bytes *text, const struct rig_format *format,
		     const struct rig_family_ids *ids, rig_uint value)
{
	const struct output out = { text, format, ids };

	kinds[format->kind].print(&out, value);
}

int rig_value_parse(const char *word, size_t size, const struct rig_format *format,
		    unsigned int bits, const struct rig_family_ids *ids, rig_uint *value)
{
	const struct input in = { word, size, format, bits, ids };

	return size ? kinds[format->kind].parse(&in, value) : -1;
}

const char *rig_value_expected(const struct rig_format *format, unsigned int bits, char *text,
			       size_t size)
{
	const struct rig_name *name;
	int used;

	if (kinds[format->kind].expected) {
		snprintf(text, size, "%s", kinds[format->kind].expected);
		return text;
	}
	used = snprintf(text, size, "a number of at most %u bits", bits);
	for (name = format->names; name && name->name && (size_t)used < size; name++)
		used += snprintf(text + used, size - used, "%s%s",
				 name == format->names	       ? " or " :
				 format->kind == RIG_KIND_BITS ? "|" :
								 ", ",
				 name->name);
	return text;
}
