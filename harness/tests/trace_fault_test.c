/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of a kernel, put into real traces one at a time: the judge has to find each, at the
 * request whose answer it is. None is put where the contract leaves the answer open, or where the
 * trace does not tell enough to know.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/random.h"
#include "judge/inbox.h"
#include "replay/judge.h"
#include "tests/test.h"
#include "tests/trace_help.h"

#define ROUNDS	 2 /* of each kind */
#define MESSAGES 8192

static const char *const paths[] = {
	"corpora/traces/dpctl-6.1.192.pcapng",
	"corpora/traces/dpctl-6.1.176-uml.pcapng",
	"corpora/traces/vswitchd-6.1.192.pcapng",
};

/* One message of the trace; each becomes a packet of its own again. */
struct entry {
	struct rig_record record;
	struct rig_message *message; /* of generic netlink, else NULL */
	uint8_t *bytes;
	size_t size;
	unsigned int times; /* that it is written: 0, 1 or 2 */
	size_t request;	    /* to user space: whose answer it is; 0: nobody's */
	unsigned int alike; /* answers to the same request that look the same */
};

struct tape {
	const char *path;
	struct rig_arena arena;
	struct rig_trace_families families;
	struct entry list[MESSAGES];
	size_t count; /* from 1 */
	size_t known; /* from here on all datapaths, or the only one, are known */
};

/* ---- reading ---- */

static bool answers(const struct entry *entry, const struct entry *request)
{
	return request->record.direction == RIG_TO_KERNEL && request->message &&
	       request->message->seq == entry->message->seq &&
	       request->message->pid == entry->message->pid && entry->message->pid;
}

static void add(struct tape *tape, const struct rig_record *record, const uint8_t *bytes,
		size_t size)
{
	struct entry *entry = &tape->list[++tape->count];

	CU_ASSERT_TRUE_FATAL(tape->count + 1 < MESSAGES);
	*entry = (struct entry){ .record = *record, .size = size, .times = 1 };
	entry->bytes = rig_arena_copy(&tape->arena, bytes, size);
	if (record->protocol != NETLINK_GENERIC)
		return;
	rig_decode(&tape->arena, &tape->families.ids, entry->bytes, size, &entry->message, NULL);
	if (!tape->known && record->direction == RIG_TO_USER && entry->message->family &&
	    entry->message->family->index == RIG_DP)
		tape->known = tape->count;
	for (size_t i = tape->count; record->direction == RIG_TO_USER && --i > 0;) {
		const struct entry *other = &tape->list[i];

		if (answers(entry, other)) {
			entry->request = i;
			return;
		}
		if (other->size == size && !memcmp(other->bytes, bytes, size))
			entry->alike++;
	}
}

static void add_messages(struct tape *tape, const struct rig_record *record)
{
	const uint8_t *at = record->data;
	size_t left = record->size;

	while (record->direction == RIG_TO_USER && left > NLMSG_HDRLEN) {
		struct nlmsghdr header;

		memcpy(&header, at, sizeof(header));
		if (NLMSG_ALIGN(header.nlmsg_len) >= left)
			break;
		add(tape, record, at, NLMSG_ALIGN(header.nlmsg_len));
		at += NLMSG_ALIGN(header.nlmsg_len);
		left -= NLMSG_ALIGN(header.nlmsg_len);
	}
	add(tape, record, at, left);
}

static struct tape *load(const char *path)
{
	struct tape *tape = calloc(1, sizeof(*tape));
	struct rig_trace *trace = rig_trace_open(path, NULL);
	struct rig_record record;

	CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
	tape->path = path;
	CU_ASSERT_EQUAL(rig_trace_families_read(&tape->families, trace, NULL), 0);
	while (rig_trace_next(trace, &record, NULL) == 1)
		add_messages(tape, &record);
	rig_trace_close(trace);
	return tape;
}

/* ---- judging ---- */

struct seen {
	unsigned int faults;
	unsigned long packet; /* of the first */
	char headline[160];
};

static void see(void *context, const struct rig_trace_fault *fault)
{
	struct seen *seen = context;

	if (seen->faults++)
		return;
	seen->packet = fault->packet;
	snprintf(seen->headline, sizeof(seen->headline), "%s", fault->headline);
}

/* Returns the packet that the entry of that number has become. */
static unsigned long write_all(const struct tape *tape, const char *path, size_t entry)
{
	struct rig_trace_writer *writer = rig_trace_create(path, NULL);
	unsigned long packets = 0, number = 0;

	for (size_t i = 1; i <= tape->count; i++)
		for (unsigned int n = 0; n < tape->list[i].times; n++) {
			struct rig_record record = tape->list[i].record;

			record.data = tape->list[i].bytes;
			record.size = tape->list[i].size;
			rig_trace_write(writer, &record, NULL);
			packets++;
			if (i == entry && !n)
				number = packets;
		}
	rig_trace_finish(writer, NULL);
	return number;
}

static unsigned long judge(const struct tape *tape, size_t entry, struct seen *seen)
{
	struct rig_trace_families families = {};
	const struct rig_trace_options options = { .families = &families };
	struct rig_trace_verdict verdict;
	char *path = rig_test_path(".pcapng");
	unsigned long packet = write_all(tape, path, entry);
	struct rig_trace *trace = rig_trace_open(path, NULL);

	*seen = (struct seen){};
	CU_ASSERT_EQUAL(rig_trace_families_read(&families, trace, NULL), 0);
	CU_ASSERT_EQUAL(rig_trace_judge(trace, &options, see, seen, &verdict, NULL), 0);
	rig_trace_close(trace);
	rig_test_remove(path);
	return packet;
}

/* ---- the faults ---- */

static const struct rig_message *request_of(const struct tape *tape, const struct entry *entry)
{
	return entry->request ? tape->list[entry->request].message : NULL;
}

static bool is_of(const struct entry *entry, enum rig_family_index family)
{
	return entry->message->family && entry->message->family->index == family &&
	       entry->message->command;
}

static bool is_reply(const struct entry *entry)
{
	return entry->message->type >= NLMSG_MIN_TYPE && entry->message->command &&
	       rig_message_dp(entry->message);
}

static bool is_dump_part(const struct tape *tape, const struct entry *entry)
{
	const struct rig_message *request = request_of(tape, entry);

	return is_reply(entry) && (request->flags & NLM_F_DUMP) == NLM_F_DUMP;
}

/* Nobody else is told, so there is one of it. */
static bool is_answer_alone(const struct tape *tape, const struct entry *entry)
{
	const struct rig_message *request = request_of(tape, entry);

	return (entry->message->type == NLMSG_ERROR || is_reply(entry)) && request->command &&
	       !(entry->message->flags & NLM_F_MULTI) &&
	       (!request->command->privileged || entry->message->type == NLMSG_ERROR);
}

/* Whether its sender goes on, so that it must have had its answer. */
static bool goes_on(const struct tape *tape, const struct entry *entry)
{
	const struct rig_message *request = request_of(tape, entry);
	bool dump = (request->flags & NLM_F_DUMP) == NLM_F_DUMP;

	for (size_t i = entry->request + 1; i <= tape->count; i++) {
		const struct entry *other = &tape->list[i];

		if (other->record.direction == RIG_TO_KERNEL && other->message &&
		    other->message->pid == request->pid)
			if (!dump || (other->message->flags & NLM_F_DUMP) == NLM_F_DUMP)
				return true;
	}
	return false;
}

static uint8_t *attr_at(const struct entry *entry, unsigned int number)
{
	size_t at = NLMSG_HDRLEN + GENL_HDRLEN + sizeof(struct ovs_header);

	while (at + NLA_HDRLEN <= entry->size) {
		struct nlattr nla;

		memcpy(&nla, entry->bytes + at, sizeof(nla));
		if (nla.nla_len < NLA_HDRLEN || nla.nla_len > entry->size - at)
			break;
		if ((nla.nla_type & NLA_TYPE_MASK) == number)
			return entry->bytes + at;
		at += NLA_ALIGN(nla.nla_len);
	}
	return NULL;
}

static uint16_t attr_len(const uint8_t *attr)
{
	struct nlattr nla;

	memcpy(&nla, attr, sizeof(nla));
	return nla.nla_len;
}

/* Which attribute of such a message says something that a trace knows. */
static unsigned int telling_attr(const struct entry *entry)
{
	static const struct {
		enum rig_family_index family;
		unsigned int attr;
	} telling[] = {
		{ RIG_DP, OVS_DP_ATTR_NAME },	       { RIG_DP, OVS_DP_ATTR_USER_FEATURES },
		{ RIG_VPORT, OVS_VPORT_ATTR_PORT_NO }, { RIG_VPORT, OVS_VPORT_ATTR_NAME },
		{ RIG_VPORT, OVS_VPORT_ATTR_TYPE },    { RIG_FLOW, OVS_FLOW_ATTR_UFID },
		{ RIG_FLOW, OVS_FLOW_ATTR_ACTIONS },
	};

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		if (is_of(entry, telling[i].family) && attr_at(entry, telling[i].attr) &&
		    attr_len(attr_at(entry, telling[i].attr)) > NLA_HDRLEN)
			return telling[i].attr;
	return 0;
}

static bool fits_error(const struct tape *tape, const struct entry *entry)
{
	return entry->message->type == NLMSG_ERROR && rig_message_errno(entry->message) > 0 &&
	       rig_message_dp(request_of(tape, entry));
}

/* EPERM is not among them: a trace does not show what a sender may. */
static void other_errno(struct entry *entry, struct rig_random *random)
{
	static const int errnos[] = { EIO, ENXIO, E2BIG, ENOSYS, ERANGE, EOVERFLOW };
	int value = -errnos[rig_random_below(random, sizeof(errnos) / sizeof(errnos[0]))];

	memcpy(entry->bytes + NLMSG_HDRLEN, &value, sizeof(value));
}

static void no_errno(struct entry *entry, struct rig_random *random)
{
	(void)random;
	memset(entry->bytes + NLMSG_HDRLEN, 0, sizeof(int));
}

static bool fits_attr(const struct tape *tape, const struct entry *entry)
{
	(void)tape;
	return is_reply(entry) && telling_attr(entry);
}

static void cut_attr(struct entry *entry, struct rig_random *random)
{
	uint8_t *attr = attr_at(entry, telling_attr(entry));
	size_t step = NLA_ALIGN(attr_len(attr));
	uint32_t len;

	(void)random;
	memmove(attr, attr + step, entry->bytes + entry->size - attr - step);
	entry->size -= step;
	len = entry->size;
	memcpy(entry->bytes, &len, sizeof(len));
}

static void flip_in(uint8_t *attr, struct rig_random *random)
{
	uint32_t size = attr_len(attr) - NLA_HDRLEN;

	attr[NLA_HDRLEN + rig_random_below(random, size)] ^= 1 << rig_random_below(random, 8);
}

static void change_attr(struct entry *entry, struct rig_random *random)
{
	flip_in(attr_at(entry, telling_attr(entry)), random);
}

static bool fits_mask(const struct tape *tape, const struct entry *entry)
{
	(void)tape;
	return is_of(entry, RIG_FLOW) && attr_at(entry, OVS_FLOW_ATTR_MASK);
}

static void change_mask(struct entry *entry, struct rig_random *random)
{
	flip_in(attr_at(entry, OVS_FLOW_ATTR_MASK), random);
}

static void change_key(struct entry *entry, struct rig_random *random)
{
	flip_in(attr_at(entry, OVS_FLOW_ATTR_KEY), random);
}

static bool fits_command(const struct tape *tape, const struct entry *entry)
{
	(void)tape;
	return is_reply(entry);
}

static void change_command(struct entry *entry, struct rig_random *random)
{
	entry->bytes[NLMSG_HDRLEN] ^= 1 + rig_random_below(random, 3);
}

static bool fits_alone(const struct tape *tape, const struct entry *entry)
{
	return is_answer_alone(tape, entry);
}

static bool fits_gone(const struct tape *tape, const struct entry *entry)
{
	return is_answer_alone(tape, entry) && goes_on(tape, entry);
}

static bool fits_flow_dump(const struct tape *tape, const struct entry *entry)
{
	return is_of(entry, RIG_FLOW) && is_dump_part(tape, entry);
}

static bool fits_done(const struct tape *tape, const struct entry *entry)
{
	return entry->message->type == NLMSG_DONE && goes_on(tape, entry);
}

static void leave_out(struct entry *entry, struct rig_random *random)
{
	(void)random;
	entry->times = 0;
}

static void double_it(struct entry *entry, struct rig_random *random)
{
	(void)random;
	entry->times = 2;
}

/* ---- notifications: only beside others can be seen that one is missing ---- */

static bool is_same_kind(const struct tape *tape, const struct entry *a, const struct entry *b)
{
	const struct rig_message *x = request_of(tape, a), *y = request_of(tape, b);

	return is_reply(b) && y && y->command && y->command->privileged && x->pid == y->pid &&
	       x->family == y->family && (x->flags & NLM_F_ECHO) == (y->flags & NLM_F_ECHO);
}

/* Its own place among the changes of its kind, by how often each was heard of. */
static bool is_among_equals(const struct tape *tape, const struct entry *entry)
{
	unsigned int before = 0, after = 0;
	bool passed = false;

	for (size_t i = 1; i <= tape->count; i++) {
		const struct entry *other = &tape->list[i];

		if (other->record.direction != RIG_TO_USER || !other->message || !other->request)
			continue;
		passed |= other == entry;
		if (other->request == entry->request || !is_same_kind(tape, entry, other))
			continue;
		if (other->alike != entry->alike) {
			/* A first copy precedes its second. */
			if (other->alike > entry->alike)
				return false;
			if (entry->alike == 0)
				return false;
			continue;
		}
		if (passed)
			after++;
		else
			before++;
	}
	return before >= 2 && after >= 1;
}

/* Beside its sender one member heard of it: of several, one may have had no room. */
static bool is_heard_by_one(const struct tape *tape, const struct entry *entry)
{
	bool echo = request_of(tape, entry)->flags & NLM_F_ECHO;
	unsigned int copies = 0;

	for (size_t i = 1; i <= tape->count; i++)
		copies += is_reply(&tape->list[i]) && tape->list[i].request == entry->request;
	return copies == 1U + echo;
}

static bool fits_notification(const struct tape *tape, const struct entry *entry)
{
	const struct rig_message *request = request_of(tape, entry);

	return is_reply(entry) && request->command && request->command->privileged &&
	       request->family->index != RIG_PACKET && request->family->index != RIG_METER &&
	       is_heard_by_one(tape, entry) && is_among_equals(tape, entry);
}

static bool fits_copy(const struct tape *tape, const struct entry *entry)
{
	return entry->alike && fits_notification(tape, entry);
}

/* ---- all of them ---- */

static const struct kind {
	const char *what;
	bool (*fits)(const struct tape *tape, const struct entry *entry);
	void (*alter)(struct entry *entry, struct rig_random *random);
} kinds[] = {
	{ "another errno", fits_error, other_errno },
	{ "success instead of an error", fits_error, no_errno },
	{ "an attribute missing", fits_attr, cut_attr },
	{ "a bit of an attribute", fits_attr, change_attr },
	{ "a bit of a mask", fits_mask, change_mask },
	{ "a bit of a key", fits_mask, change_key },
	{ "another command", fits_command, change_command },
	{ "an answer missing", fits_gone, leave_out },
	{ "an answer twice", fits_alone, double_it },
	{ "a flow gone from a dump", fits_flow_dump, leave_out },
	{ "a flow twice in a dump", fits_flow_dump, double_it },
	{ "a dump without its end", fits_done, leave_out },
	{ "a dump that ends twice", fits_done, double_it },
	{ "a notification missing", fits_copy, leave_out },
	{ "a notification twice", fits_notification, double_it },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static bool is_change(const struct entry *entry)
{
	return entry->record.direction == RIG_TO_KERNEL && entry->message &&
	       entry->message->command && entry->message->command->privileged &&
	       entry->message->family->index != RIG_PACKET;
}

/* Whether another's change may run at that time: until its last answer, or its sender's next. */
static bool is_disturbed(const struct tape *tape, const struct entry *entry)
{
	const struct entry *end = entry;

	for (size_t k = entry->request; k <= tape->count; k++)
		if (tape->list[k].request == entry->request)
			end = &tape->list[k];
	for (size_t i = 1; &tape->list[i] < end; i++) {
		const struct entry *change = &tape->list[i];
		size_t over = i, k;

		if (i == entry->request || !is_change(change))
			continue;
		for (k = i + 1; k <= tape->count; k++)
			if (tape->list[k].request == i)
				over = k;
		for (k = i + 1; over == i && k <= tape->count; k++)
			if (tape->list[k].record.direction == RIG_TO_KERNEL &&
			    tape->list[k].message &&
			    tape->list[k].message->pid == change->message->pid)
				over = k;
		if (over == i || over > entry->request)
			return true;
	}
	return false;
}

static bool can_have(const struct tape *tape, size_t i, const struct kind *kind)
{
	const struct entry *entry = &tape->list[i];

	return entry->message && entry->record.direction == RIG_TO_USER && entry->request &&
	       i > tape->known && kind->fits(tape, entry) && !is_disturbed(tape, entry);
}

/* One of those that can have such a fault; 0: none can. */
static size_t choose(const struct tape *tape, const struct kind *kind, struct rig_random *random)
{
	size_t count = 0, chosen = 0;

	for (size_t i = 1; i <= tape->count; i++)
		if (can_have(tape, i, kind) && !rig_random_below(random, ++count))
			chosen = i;
	return chosen;
}

/* Whether the judge finds it. */
static bool try_fault(struct tape *tape, const struct kind *kind, size_t i,
		      struct rig_random *random)
{
	struct entry *entry = &tape->list[i], before = *entry;
	uint8_t *bytes = rig_arena_copy(&tape->arena, entry->bytes, entry->size);
	struct seen seen;
	unsigned long packet;

	kind->alter(entry, random);
	packet = judge(tape, entry->request, &seen);
	*entry = before;
	memcpy(entry->bytes, bytes, entry->size);
	if (seen.faults && seen.packet == packet)
		return true;
	printf("# %s, %s, message %zu, answer to packet %lu: %s\n", kind->what, tape->path, i,
	       packet, seen.faults ? seen.headline : "not found");
	return false;
}

static void faults_found(void)
{
	unsigned int found = 0, made = 0;
	unsigned long rounds = rig_test_count ? rig_test_count : ROUNDS;
	struct tape *tapes[sizeof(paths) / sizeof(paths[0])];
	const size_t n_tapes = sizeof(paths) / sizeof(paths[0]);
	struct rig_random random;

	rig_random_seed(&random, rig_test_seed, 0);
	for (size_t i = 0; i < n_tapes; i++)
		tapes[i] = load(paths[i]);
	for (unsigned int k = 0; k < KINDS; k++)
		for (unsigned int n = 0; n < rounds; n++) {
			size_t site = 0, first = rig_random_below(&random, n_tapes), t;

			for (t = 0; !site && t < n_tapes; t++)
				site = choose(tapes[(first + t) % n_tapes], &kinds[k], &random);
			CU_ASSERT_TRUE_FATAL(site != 0);
			made++;
			found += try_fault(tapes[(first + t - 1) % n_tapes], &kinds[k], site,
					   &random);
		}
	printf("# %u of %u faults found\n", found, made);
	CU_ASSERT_EQUAL(found, made);
	for (size_t i = 0; i < n_tapes; i++) {
		rig_arena_free(&tapes[i]->arena);
		free(tapes[i]);
	}
}

static void no_false_alarm(void)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct tape *tape = load(paths[i]);
		struct seen seen;

		judge(tape, 0, &seen);
		CU_ASSERT_EQUAL(seen.faults, 0);
		rig_arena_free(&tape->arena);
		free(tape);
	}
}

RIG_TEST_SUITE(trace_fault, { "faults found", faults_found }, { "no false alarm", no_false_alarm });
