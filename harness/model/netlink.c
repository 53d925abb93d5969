/* SPDX-License-Identifier: GPL-2.0-only */
/* Datagrams, messages, acknowledgements, the end of a dump: net/netlink/af_netlink.c. */
#include <errno.h>
#include <string.h>

#include "state.h"

#define SNDBUF	       212992 /* net.core.wmem_default */
#define FIRST_DUMP_SKB 3700   /* what surely fits the first datagram of a dump */

/* A dump whose end waits until the socket is read. */
struct pending {
	bool waits, changes; /* and whether anything may have changed since */
	struct rig_request r;
	size_t first, n; /* its messages in the answer */
};

static void put_ext_ack(struct rig_request *r, int error)
{
	uint32_t offset;

	if (r->ext.text)
		rig_put_string(r->out, NLMSGERR_ATTR_MSG, r->ext.text);
	if (!error || !r->ext.attr)
		return;
	offset = (const uint8_t *)r->ext.attr - (const uint8_t *)r->nlh;
	rig_put_u32(r->out, NLMSGERR_ATTR_OFFS, offset);
	if (r->ext.policy)
		rig_answer_unmodelled(r->out, "the policy in an extended ACK", false);
}

static struct rig_expected *put_ack(struct rig_request *r, int error)
{
	const struct nlmsghdr *h = r->nlh;
	const struct rig_sock *sock = &r->m->sock[r->sock];
	bool capped = !error || (sock->flags & RIG_MODEL_CAP_ACK);
	bool tlvs = r->ext.text && (sock->flags & RIG_MODEL_EXT_ACK);
	uint16_t flags = (capped ? NLM_F_CAPPED : 0) | (tlvs ? NLM_F_ACK_TLVS : 0);
	uint32_t payload = h->nlmsg_len - NLMSG_HDRLEN;
	struct rig_expected *e;

	rig_message_begin(r->out, r->sock, sock->portid, RIG_ROLE_ACK, NLMSG_ERROR, flags,
			  h->nlmsg_seq, sock->portid);
	rig_put_raw(r->out, &error, sizeof(error));
	rig_put_raw(r->out, h, NLMSG_HDRLEN);
	if (!capped) {
		rig_put_raw(r->out, NLMSG_DATA(h), payload);
		rig_put_raw(r->out, NULL, NLMSG_ALIGN(payload) - payload);
	}
	if (tlvs)
		put_ext_ack(r, error);
	e = rig_message_current(r->out);
	if (e)
		e->optional = r->foreign;
	rig_message_end(r->out);
	return e;
}

/* One of several errors, or none. */
static void put_chances(struct rig_request *r, struct rig_expected *ack)
{
	unsigned int group = ++r->m->next_group;
	bool silence = !ack;

	if (ack)
		ack->group = group;
	for (unsigned int i = 0; i < RIG_CHANCES && r->by_chance[i]; i++) {
		ack = put_ack(r, r->by_chance[i]);
		if (ack) {
			ack->group = group;
			ack->optional = silence;
		}
	}
}

static void put_answer(struct rig_request *r, int error)
{
	struct rig_expected *ack = NULL;

	if (error || (r->nlh->nlmsg_flags & NLM_F_ACK))
		ack = put_ack(r, error);
	if (r->by_chance[0])
		put_chances(r, ack);
}

static void put_done(struct rig_model *m, struct rig_answer *out, unsigned int sock,
		     const struct nlmsghdr *h, int error)
{
	rig_message_begin(out, sock, m->sock[sock].portid, RIG_ROLE_DONE, NLMSG_DONE, NLM_F_MULTI,
			  h->nlmsg_seq, m->sock[sock].portid);
	rig_put_raw(out, &error, sizeof(error));
	rig_message_end(out);
}

/* A dump that has contents goes on when the socket is read, after all answers of this datagram. */
static void end_dump(struct rig_request *r, size_t first, int error, struct pending *p)
{
	size_t n = r->out->count - first;

	if (!n || error) {
		put_done(r->m, r->out, r->sock, r->nlh, error);
		return;
	}
	*p = (struct pending){ .waits = true, .r = *r, .first = first, .n = n };
	p->r.shown = n;
	r->m->sock[r->sock].dumping = true;
}

static void receive(struct rig_request *r, struct pending *p)
{
	const struct nlmsghdr *h = r->nlh;
	size_t first = r->out->count;
	int done = 0, error = 0;

	p->changes |= (h->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP;
	if ((h->nlmsg_flags & NLM_F_REQUEST) && h->nlmsg_type >= NLMSG_MIN_TYPE)
		error = h->nlmsg_type == GENL_ID_CTRL ? rig_ctrl_receive(r, &done) :
							rig_genl_receive(r, &done);
	if (error == RIG_DUMPED)
		end_dump(r, first, done, p);
	else
		put_answer(r, error);
}

/*
 * What did not fit the dump's first datagram mixes with the answers to what followed it. If they
 * have changed anything, it may be shown as it is then, or be gone.
 */
static void mix_dump(struct rig_answer *out, struct pending *p)
{
	struct rig_answer_store *s = out->store;
	size_t bytes = 0, end = p->first + p->n;

	if (!s || s->failed)
		return;
	for (size_t i = p->first; i < end; i++)
		bytes += s->list[i].len;
	if (bytes <= FIRST_DUMP_SKB && !p->r.crowded)
		return;
	for (size_t i = end; i < out->count; i++)
		if (s->list[i].sock == p->r.sock)
			s->list[i].set = s->list[p->first].set;
	if (!p->changes)
		return;
	p->r.mark = UINT64_MAX;
	for (size_t i = p->first; i < end; i++)
		s->list[i].optional = true;
}

static void finish_dump(struct rig_model *m, struct rig_answer *out, struct pending *p)
{
	if (!p->waits)
		return;
	m->sock[p->r.sock].dumping = false;
	mix_dump(out, p);
	put_done(m, out, p->r.sock, p->r.nlh, rig_genl_go_on(&p->r));
}

static void receive_datagram(struct rig_model *m, unsigned int sock, size_t len,
			     struct rig_answer *out)
{
	struct pending pending = { .waits = false };
	const uint8_t *at = m->datagram;
	unsigned int count = 0;

	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)at;
		struct rig_request r = {
			.m = m, .out = out, .sock = sock, .netns = m->sock[sock].netns, .nlh = h
		};
		size_t step;

		if (h->nlmsg_len < NLMSG_HDRLEN || h->nlmsg_len > len)
			break;
		receive(&r, &pending);
		count++;
		step = NLMSG_ALIGN(h->nlmsg_len);
		if (step > len)
			break;
		at += step;
		len -= step;
	}
	finish_dump(m, out, &pending);
	/* What is not sent for one of them has not been done for the others. */
	out->tainted |= out->fatal && count > 1;
}

int rig_model_send(struct rig_model *m, unsigned int sock, const void *bytes, size_t len,
		   struct rig_answer *out)
{
	rig_answer_begin(out, m->config.build);
	m->turn++;
	if (sock >= RIG_MODEL_SOCKETS || !m->sock[sock].open)
		return -EBADF;
	if (len > SNDBUF - 32 || len > sizeof(m->datagram))
		return -EMSGSIZE;
	if (m->tainted) {
		rig_answer_unmodelled(out, m->tainted, true);
	} else {
		memcpy(m->datagram, bytes, len);
		receive_datagram(m, sock, len, out);
	}
	rig_model_finish(m, out);
	return 0;
}
