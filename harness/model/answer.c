/* SPDX-License-Identifier: GPL-2.0-only */
#include "answer.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

const char *rig_open_name(enum rig_open_why why)
{
	switch (why) {
	case RIG_OPEN_IFINDEX:
		return "kernel-chosen ifindex";
	case RIG_OPEN_TIME:
		return "time since boot";
	case RIG_OPEN_HASH:
		return "packet hash, seeded at boot";
	case RIG_OPEN_CACHE:
		return "mask cache statistics";
	case RIG_OPEN_TRAFFIC:
		return "counters of a device that others use";
	case RIG_OPEN_RANDOM:
		return "a random number decides";
	case RIG_OPEN_MEMORY:
		return "limit by the machine's memory";
	case RIG_OPEN_GONE:
		return "connections that are gone count for a moment";
	case RIG_OPEN_UNDEFINED:
		return "not defined by the contract";
	case RIG_OPEN_REASONS:
		break;
	}
	return "?";
}

/* `p`, moved where `want` items fit; NULL when out of memory, which the answer remembers. */
static void *grown(struct rig_answer_store *s, void *p, size_t *cap, size_t want, size_t size)
{
	size_t n = *cap ? *cap : 64;

	if (want <= *cap)
		return p;
	while (n < want)
		n *= 2;
	p = realloc(p, n * size);
	if (p)
		*cap = n;
	else
		s->failed = true;
	return p;
}

void rig_answer_begin(struct rig_answer *a, unsigned int build)
{
	if (!a->store)
		a->store = calloc(1, sizeof(*a->store));
	if (a->store) {
		a->store->n_open = 0;
		a->store->len = 0;
		a->store->n_shifted = 0;
		a->store->fields = 0;
		a->store->build = build;
		a->store->position = 0;
		a->store->failed = false;
	}
	a->list = NULL;
	a->count = 0;
	a->unmodelled = NULL;
	a->tainted = false;
	a->fatal = false;
	a->departs = false;
}

void rig_answer_finish(struct rig_answer *a)
{
	struct rig_answer_store *s = a->store;

	if (!s || s->failed) {
		a->count = 0;
		a->unmodelled = "out of memory";
		a->tainted = true;
		return;
	}
	for (size_t i = 0; i < a->count; i++) {
		s->list[i].bytes = s->bytes + s->spot[i].bytes;
		s->list[i].open = s->list[i].n_open ? s->open + s->spot[i].open : NULL;
		if (s->list[i].kind == RIG_EXPECT_FRAME)
			s->list[i].netdev = (const char *)s->list[i].bytes + s->list[i].len;
	}
	for (size_t i = 0; i < s->n_shifted; i++) {
		struct rig_shifted *f = &s->shifted[i];

		f->form.bytes = s->bytes + f->bytes;
		f->form.open = f->form.n_open ? s->open + f->open : NULL;
		s->list[f->of].shifted = &f->form;
	}
	a->list = s->list;
}

void rig_answer_free(struct rig_answer *a)
{
	if (a->store) {
		free(a->store->list);
		free(a->store->spot);
		free(a->store->open);
		free(a->store->bytes);
		free(a->store->shifted);
		free(a->store);
	}
	memset(a, 0, sizeof(*a));
}

void rig_answer_unmodelled(struct rig_answer *a, const char *why, bool tainted)
{
	if (!a->unmodelled)
		a->unmodelled = why;
	a->tainted |= tainted;
}

void rig_answer_spare(struct rig_answer *a, const char *why)
{
	rig_answer_unmodelled(a, why, false);
	a->fatal = true;
}

void rig_answer_fatal(struct rig_answer *a, const char *why)
{
	rig_answer_unmodelled(a, why, true);
	a->fatal = true;
}

static struct rig_expected *add(struct rig_answer *a)
{
	struct rig_answer_store *s = a->store;
	struct rig_expected *list;
	struct rig_spot *spot;

	if (!s || s->failed)
		return NULL;
	list = grown(s, s->list, &s->list_cap, a->count + 1, sizeof(*list));
	if (!list)
		return NULL;
	s->list = list;
	spot = grown(s, s->spot, &s->spot_cap, a->count + 1, sizeof(*spot));
	if (!spot)
		return NULL;
	s->spot = spot;
	spot[a->count] = (struct rig_spot){ s->len, s->n_open };
	list += a->count++;
	memset(list, 0, sizeof(*list));
	return list;
}

struct rig_expected *rig_message_current(struct rig_answer *a)
{
	return a->store && !a->store->failed && a->count ? &a->store->list[a->count - 1] : NULL;
}

static size_t here(struct rig_answer *a)
{
	return a->store->len - a->store->spot[a->count - 1].bytes;
}

size_t rig_message_size(struct rig_answer *a)
{
	return rig_message_current(a) ? here(a) : 0;
}

static uint8_t *at(struct rig_answer *a, size_t offset)
{
	return a->store->bytes + a->store->spot[a->count - 1].bytes + offset;
}

size_t rig_put_raw(struct rig_answer *a, const void *data, size_t len)
{
	struct rig_answer_store *s = a->store;
	uint8_t *bytes;
	size_t offset;

	if (!rig_message_current(a))
		return 0;
	bytes = grown(s, s->bytes, &s->bytes_cap, s->len + len, 1);
	if (!bytes)
		return 0;
	s->bytes = bytes;
	offset = here(a);
	if (data)
		memcpy(s->bytes + s->len, data, len);
	else
		memset(s->bytes + s->len, 0, len);
	s->len += len;
	return offset;
}

void rig_message_begin(struct rig_answer *a, unsigned int sock, uint32_t portid,
		       enum rig_expected_role role, uint16_t type, uint16_t flags, uint32_t seq,
		       uint32_t pid)
{
	struct nlmsghdr h = {
		.nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = seq, .nlmsg_pid = pid
	};
	struct rig_expected *e = add(a);

	if (!e)
		return;
	e->kind = RIG_EXPECT_MESSAGE;
	e->role = role;
	e->sock = sock;
	e->portid = portid;
	e->n_fields = 1;
	a->store->fields++;
	rig_put_raw(a, &h, sizeof(h));
}

void rig_message_end(struct rig_answer *a)
{
	struct rig_expected *e = rig_message_current(a);
	uint32_t len;

	if (!e)
		return;
	len = here(a);
	e->len = len;
	e->n_open = a->store->n_open - a->store->spot[a->count - 1].open;
	if (e->kind == RIG_EXPECT_MESSAGE)
		memcpy(at(a, 0), &len, sizeof(len));
}

void rig_message_cancel(struct rig_answer *a)
{
	if (!rig_message_current(a))
		return;
	a->count--;
	a->store->len = a->store->spot[a->count].bytes;
	a->store->n_open = a->store->spot[a->count].open;
}

void rig_message_shift(struct rig_answer *a)
{
	if (a->store)
		a->store->position = 4;
}

/* The message on top becomes the second form of the one below it. */
void rig_message_shifted(struct rig_answer *a)
{
	struct rig_answer_store *s = a->store;
	struct rig_shifted *f;

	if (!rig_message_current(a))
		return;
	f = grown(s, s->shifted, &s->shifted_cap, s->n_shifted + 1, sizeof(*f));
	if (!f)
		return;
	s->shifted = f;
	f += s->n_shifted++;
	a->count--;
	f->of = a->count - 1;
	f->form = s->list[a->count];
	f->bytes = s->spot[a->count].bytes;
	f->open = s->spot[a->count].open;
	s->position = 0;
}

void rig_message_again(struct rig_answer *a, unsigned int sock, uint32_t portid,
		       enum rig_expected_role role)
{
	struct rig_expected *e, *last = rig_message_current(a);
	struct rig_expected copy;

	if (!last)
		return;
	copy = *last;
	e = add(a);
	if (!e)
		return;
	/* The bytes are shared. */
	a->store->spot[a->count - 1] = a->store->spot[a->count - 2];
	*e = copy;
	e->sock = sock;
	e->portid = portid;
	e->role = role;
}

size_t rig_put(struct rig_answer *a, unsigned int type, const void *data, size_t len)
{
	struct nlattr h = { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	struct rig_expected *e = rig_message_current(a);
	size_t offset;

	rig_put_raw(a, &h, sizeof(h));
	offset = rig_put_raw(a, data, len);
	rig_put_raw(a, NULL, NLA_ALIGN(len) - len);
	if (a->store)
		a->store->fields++;
	if (e)
		e->n_fields++;
	return offset;
}

size_t rig_put64(struct rig_answer *a, unsigned int type, unsigned int pad, const void *data,
		 size_t len)
{
	if (rig_message_current(a) && (a->store->build & RIG_BUILD_PAD64) &&
	    (a->store->position + here(a)) % 8 == 0)
		rig_put_flag(a, pad);
	return rig_put(a, type, data, len);
}

void rig_put_u8(struct rig_answer *a, unsigned int type, uint8_t v)
{
	rig_put(a, type, &v, sizeof(v));
}

void rig_put_u16(struct rig_answer *a, unsigned int type, uint16_t v)
{
	rig_put(a, type, &v, sizeof(v));
}

void rig_put_u32(struct rig_answer *a, unsigned int type, uint32_t v)
{
	rig_put(a, type, &v, sizeof(v));
}

void rig_put_flag(struct rig_answer *a, unsigned int type)
{
	rig_put(a, type, NULL, 0);
}

void rig_put_string(struct rig_answer *a, unsigned int type, const char *s)
{
	rig_put(a, type, s, strlen(s) + 1);
}

size_t rig_nest_begin(struct rig_answer *a, unsigned int type)
{
	return rig_put(a, type, NULL, 0) - NLA_HDRLEN;
}

void rig_nest_end(struct rig_answer *a, size_t mark)
{
	uint16_t len;

	if (!rig_message_current(a))
		return;
	len = here(a) - mark;
	memcpy(at(a, mark), &len, sizeof(len));
}

void rig_nest_cancel(struct rig_answer *a, size_t mark)
{
	struct rig_answer_store *s = a->store;

	if (!rig_message_current(a))
		return;
	s->len = s->spot[a->count - 1].bytes + mark;
	while (s->n_open > s->spot[a->count - 1].open && s->open[s->n_open - 1].offset >= mark)
		s->n_open--;
}

void rig_put_open(struct rig_answer *a, size_t offset, size_t len, enum rig_open_why why, int slot)
{
	struct rig_answer_store *s = a->store;
	struct rig_open *open;

	if (!rig_message_current(a))
		return;
	open = grown(s, s->open, &s->open_cap, s->n_open + 1, sizeof(*open));
	if (!open)
		return;
	s->open = open;
	s->open[s->n_open++] = (struct rig_open){ offset, len, why, slot };
}

void rig_frame_put(struct rig_answer *a, const char *netdev, const char *netns, const void *bytes,
		   size_t len)
{
	struct rig_expected *e = add(a);

	if (!e)
		return;
	e->kind = RIG_EXPECT_FRAME;
	e->role = RIG_ROLE_FRAME;
	e->netns = netns;
	e->n_fields = 1;
	a->store->fields++;
	rig_put_raw(a, bytes, len);
	rig_message_end(a);
	/* The answer outlives the netdev: its name stands behind the frame. */
	rig_put_raw(a, netdev, strlen(netdev) + 1);
}
