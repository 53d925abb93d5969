/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes to text and back: nlrig decode, nlrig encode. */
#include <ctype.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "replay/families.h"
#include "wire/codec.h"

struct wish {
	bool hex;			    /* the bytes are hex digits, in or out */
	bool annotate;			    /* decode: a dump of the bytes beside what they are */
	bool json;			    /* decode: of a trace, as lines of JSON */
	struct rig_trace_families families; /* decode: what is said of a trace's ids */
	const char *path;
};

static int digit(int c)
{
	return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

/* Hex digits in pairs, blanks between them as one likes; in place. */
static int from_hex(const char *path, char *text, size_t *size, struct rig_error *err)
{
	unsigned int line = 1;
	size_t from = 0, to = 0, start = 0;

	while (from < *size) {
		unsigned char c = text[from], next = text[from + 1];

		if (c == '\n') {
			line++;
			start = from + 1;
		}
		if (isspace(c)) {
			from++;
			continue;
		}
		if (!isxdigit(c) || !isxdigit(next))
			return rig_error_at(err, path, line, from - start + 1,
					    "expected two hex digits");
		text[to++] = digit(c) << 4 | digit(next);
		from += 2;
	}
	*size = to;
	return 0;
}

/* A page of text has a spelling in the notation as all bytes have, but nobody wants that. */
static int refuse_text(const char *path, const char *bytes, size_t size, struct rig_error *err)
{
	uint32_t len;

	if (size < NLMSG_HDRLEN)
		return 0;
	memcpy(&len, bytes, sizeof(len));
	if (len >= NLMSG_HDRLEN && len <= size)
		return 0;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)bytes[i] < ' ' && !isspace((unsigned char)bytes[i]))
			return 0;
	return rig_error_set(err, "%s: this is text, not the bytes of a datagram or a trace%s",
			     path, isxdigit((unsigned char)*bytes) ? " (hex digits? --hex)" : "");
}

static int decode_bytes(const void *data, size_t size, bool annotate, struct rig_error *err)
{
	struct rig_arena arena = {};
	struct rig_bytes text = {};
	struct rig_message *messages;
	int ret;

	if (annotate)
		ret = rig_hexdump(data, size, NULL, "", &text, err);
	else
		ret = rig_decode(&arena, NULL, data, size, &messages, err);
	if (ret == 0 && !annotate)
		rig_print(messages, NULL, &text);
	if (ret == 0 && text.failed)
		ret = rig_error_set(err, "out of memory");
	if (ret == 0)
		fputs(rig_bytes_text(&text), stdout);
	rig_bytes_free(&text);
	rig_arena_free(&arena);
	return ret;
}

static int decode_file(struct wish *wish)
{
	struct rig_error err = {};
	size_t size;
	char *bytes;
	int ret;

	if (rig_file_once(&wish->path, &err) < 0)
		return rig_cli_bad_error(&err);
	if (!wish->hex && rig_file_is_trace(wish->path))
		return wish->annotate ?
			       rig_cli_bad("%s: --annotate is of a datagram, not of a trace",
					   wish->path) :
			       rig_cli_view(wish->path, &wish->families, wish->json);
	if (wish->json)
		return rig_cli_bad("%s: --json is of a trace, which this is not", wish->path);
	bytes = rig_file_read(wish->path, &size, &err);
	ret = bytes ? 0 : -1;
	if (ret == 0 && wish->hex)
		ret = from_hex(wish->path, bytes, &size, &err);
	else if (ret == 0)
		ret = refuse_text(wish->path, bytes, size, &err);
	if (ret == 0 && !size)
		ret = rig_error_set(&err, "%s: there is nothing in it", wish->path);
	if (ret == 0)
		ret = decode_bytes(bytes, size, wish->annotate, &err);
	free(bytes);
	return ret < 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
}

static int decode(int argc, char **argv)
{
	struct wish wish = { .path = "-" };
	const struct rig_option options[] = {
		{ "hex", rig_option_flag, &wish.hex },
		{ "x", rig_option_flag, &wish.hex },
		{ "annotate", rig_option_flag, &wish.annotate },
		{ "a", rig_option_flag, &wish.annotate },
		{ "json", rig_option_flag, &wish.json },
		{ "family", rig_option_family, &wish.families },
		{},
	};
	int status = rig_options_read(&rig_cli_decode, options, RIG_ONE_OPERAND, argc, argv);

	if (status < 0 && wish.hex && wish.json)
		status = rig_cli_bad("decode: --json is of a trace, --hex of a datagram");
	if (status >= 0)
		return status;
	if (optind < argc)
		wish.path = argv[optind];
	return decode_file(&wish);
}

static int encode_text(const struct wish *wish, const char *text, size_t size,
		       struct rig_error *err)
{
	struct rig_arena arena = {};
	const struct rig_parser parser = { .arena = &arena };
	struct rig_bytes bytes = {}, hex = {};
	struct rig_message *messages;
	int ret;

	ret = rig_parse(&parser, wish->path, text, size, &messages, err);
	if (ret == 0)
		ret = rig_encode(messages, NULL, NULL, NULL, &bytes, err);
	if (ret == 0 && wish->hex) {
		rig_bytes_hex(&hex, bytes.data, bytes.size);
		puts(rig_bytes_text(&hex));
	} else if (ret == 0) {
		fwrite(bytes.data, 1, bytes.size, stdout);
	}
	rig_bytes_free(&hex);
	rig_bytes_free(&bytes);
	rig_arena_free(&arena);
	return ret;
}

static int encode(int argc, char **argv)
{
	struct wish wish = { .path = "-" };
	const struct rig_option options[] = {
		{ "hex", rig_option_flag, &wish.hex },
		{ "x", rig_option_flag, &wish.hex },
		{},
	};
	int status = rig_options_read(&rig_cli_encode, options, RIG_ONE_OPERAND, argc, argv);
	struct rig_error err = {};
	size_t size;
	char *text;
	int ret;

	if (status >= 0)
		return status;
	if (optind < argc)
		wish.path = argv[optind];
	text = rig_file_read(wish.path, &size, &err);
	ret = text ? encode_text(&wish, text, size, &err) : -1;
	free(text);
	return ret < 0 ? rig_cli_bad_error(&err) : RIG_EXIT_PASSED;
}

const struct rig_command_line rig_cli_decode = {
	.name = "decode",
	.run = decode,
	.summary = "read the bytes of a datagram or a trace, print the notation",
	.help = "usage: nlrig decode [--hex] [--annotate] [FILE]\n"
		"       nlrig decode [--json] [--family NAME=ID]... TRACE\n"
		"\n"
		"Reads one netlink datagram from a file or standard input, and prints it in the\n"
		"notation of the cases. Any bytes can be printed; encode gives them back.\n"
		"\n"
		"  --hex       the input is hex digits\n"
		"  --annotate  print the bytes, and beside them what they are\n"
		"\n"
		"Of a trace (pcap or pcapng, captured from an nlmon device), prints a line for\n"
		"each message: packet, seconds since the first, direction, port id:number, the\n"
		"message, and for a reply its request. Family ids are read from the trace, else\n"
		"guessed.\n"
		"\n"
		"  --json            lines of JSON\n"
		"  --family flow=30  this is the family's id\n"
		"\n"
		"  echo 10000000020001000000000000000000 | nlrig decode --hex\n"
		"\n"
		"Exit status: 0 it could be read, 2 usage, or input that cannot (to its end).\n",
};

const struct rig_command_line rig_cli_encode = {
	.name = "encode",
	.run = encode,
	.summary = "read the notation, write the bytes",
	.help = "usage: nlrig encode [--hex] [FILE]\n"
		"\n"
		"Reads one datagram in the notation of the cases from a file or standard input,\n"
		"and writes its bytes. Family ids are those of nlrig itself, not of a kernel.\n"
		"\n"
		"  --hex  write hex digits\n"
		"\n"
		"  echo 'dp.get dp=5' | nlrig encode --hex\n"
		"\n"
		"Exit status: 0, 2 usage, or text that is not well-formed.\n",
};
