/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets to userspace. */
#include <stdlib.h>
#include <string.h>

#include "exec.h"

#define ATTR_MAX      65535
#define HASH_SOFTWARE (1ULL << 32)
#define HASH_LAYER4   (1ULL << 33)

static void put_hash(struct rig_exec *x, const struct rig_packet *p)
{
	uint64_t hash = p->hash.value;
	size_t at;

	if (p->hash.software)
		hash |= HASH_SOFTWARE;
	if (p->hash.layer4)
		hash |= HASH_LAYER4;
	at = rig_put(x->out, OVS_PACKET_ATTR_HASH, &hash, sizeof(hash));
	/* Whether it covers layer 4 depends on what the dissector makes of the packet. */
	if (p->hash.open)
		rig_put_open(x->out, at, 5, RIG_OPEN_HASH, -1);
}

static void put_upcall(struct rig_exec *x, const struct rig_packet *p,
		       const struct rig_live_key *key, const struct rig_upcall *u)
{
	uint32_t len = rig_packet_left(p, u->cut);
	struct nlattr h = { .nla_len = NLA_HDRLEN + len, .nla_type = OVS_PACKET_ATTR_PACKET };

	rig_put_headers(x->out, RIG_MODEL_PACKET, u->command, 0, x->dp->local->dev);
	rig_key_put(x->out, OVS_PACKET_ATTR_KEY, &key->key, &key->key, false, key->open);
	if (u->userdata)
		rig_put(x->out, OVS_PACKET_ATTR_USERDATA, rig_nla_data(u->userdata),
			rig_nla_len(u->userdata));
	if (u->actions_len)
		rig_actions_put(x->out, OVS_PACKET_ATTR_ACTIONS, u->actions, u->actions_len);
	if (p->mru)
		rig_put_u16(x->out, OVS_PACKET_ATTR_MRU, p->mru);
	if (len < p->len)
		rig_put_u32(x->out, OVS_PACKET_ATTR_LEN, p->len);
	put_hash(x, p);
	rig_put_raw(x->out, &h, sizeof(h));
	rig_put_raw(x->out, p->data, len);
	/* Only those who can do with an odd length get one. */
	if (!(x->dp->features & OVS_DP_F_UNALIGNED))
		rig_put_raw(x->out, NULL, NLA_ALIGN(len) - len);
}

/* Whom it may go to: one portid, or several when only the kernel knows which. */
static unsigned int candidates(const struct rig_exec *x, const struct rig_packet *p,
			       const struct rig_upcall *u, const uint32_t **list,
			       unsigned int *chosen)
{
	const struct rig_datapath *dp = x->dp;

	*chosen = 0;
	if (dp->features & OVS_DP_F_DISPATCH_UPCALL_PER_CPU) {
		/* The one of this processor, modulo how many there are. */
		*list = dp->cpu_portid;
		return dp->n_cpu_portid < x->m->config.ncpus ? dp->n_cpu_portid :
							       x->m->config.ncpus;
	}
	if (u->command == OVS_PACKET_CMD_ACTION) {
		*list = &u->portid;
		return 1;
	}
	*list = x->input->portid;
	if (p->hash.open)
		return x->input->n_portid;
	*chosen = p->hash.value % x->input->n_portid;
	return 1;
}

static bool find_socket(const struct rig_exec *x, uint32_t portid, unsigned int *sock)
{
	return portid && rig_sock_by_portid(x->m, x->dp->netns, portid, sock);
}

static bool deliver(struct rig_exec *x, const struct rig_packet *p, const struct rig_live_key *key,
		    const struct rig_upcall *u, uint32_t portid)
{
	struct rig_expected *e;
	unsigned int sock;

	if (!find_socket(x, portid, &sock))
		return false;
	rig_message_begin(x->out, sock, portid, RIG_ROLE_UPCALL,
			  x->m->config.family_id[RIG_MODEL_PACKET], 0, 0, 0);
	put_upcall(x, p, key, u);
	rig_message_end(x->out);
	e = rig_message_current(x->out);
	if (e)
		e->optional = x->optional;
	return true;
}

/* The same message might have gone to this one. */
static void deliver_instead(struct rig_exec *x, uint32_t portid, unsigned int group)
{
	struct rig_expected *e = rig_message_current(x->out);
	unsigned int sock;

	if (!find_socket(x, portid, &sock))
		return;
	if (e)
		e->group = group;
	rig_message_again(x->out, sock, portid, RIG_ROLE_UPCALL);
}

static bool is_repeated(const uint32_t *list, unsigned int i)
{
	for (unsigned int j = 0; j < i; j++)
		if (list[j] == list[i])
			return true;
	return false;
}

/*
 * Exactly one of the candidates gets it. If some are not there, whether it is lost is open: then
 * all are optional, and so is the count.
 */
static void deliver_to_one(struct rig_exec *x, const struct rig_packet *p,
			   const struct rig_live_key *key, const struct rig_upcall *u,
			   const uint32_t *list, unsigned int n)
{
	unsigned int group = ++x->m->next_group, absent = 0;
	bool before = x->optional, delivered = false;
	unsigned int sock;

	for (unsigned int i = 0; i < n; i++)
		absent += !find_socket(x, list[i], &sock);
	x->optional |= absent != 0;
	for (unsigned int i = 0; i < n; i++) {
		if (is_repeated(list, i))
			continue;
		if (delivered)
			deliver_instead(x, list[i], group);
		else
			delivered = deliver(x, p, key, u, list[i]);
	}
	if (absent)
		x->dp->n_lost++;
	x->dp->counts_open |= absent && (delivered || before);
	x->optional = before;
}

/*
 * Nothing is left of the packet. PACKET is there in every upcall, so it is there, empty; the
 * in-tree module dies of it (BUG in skb_zerocopy). Before trunc set a limit, less than nothing
 * could be left, and was copied.
 */
static bool is_fatal(const struct rig_exec *x, const struct rig_packet *p,
		     const struct rig_upcall *u)
{
	if (!p->len && !p->tagged)
		return !x->m->profile->empty_upcalls;
	return !x->m->profile->trunc_limits && u->cut != RIG_CUT_NONE &&
	       u->cut > p->len + (p->tagged ? 4 : 0);
}

void rig_upcall_send(struct rig_exec *x, struct rig_packet *p, const struct rig_live_key *key,
		     const struct rig_upcall *u)
{
	struct rig_packet *copy = NULL;
	const uint32_t *list;
	unsigned int chosen, n = candidates(x, p, u, &list, &chosen);

	if (is_fatal(x, p, u))
		rig_answer_fatal(x->out, "an upcall without a packet");
	if (p->tagged) {
		copy = rig_packet_copy(p);
		if (!copy || rig_packet_insert_tag(&copy))
			goto lost;
		p = copy;
	}
	if (p->torn)
		rig_answer_unmodelled(x->out, "a tag in a packet without a header", false);
	if (rig_packet_left(p, u->cut) + NLA_HDRLEN > ATTR_MAX || !n || !list)
		goto lost;
	if (n > 1)
		deliver_to_one(x, p, key, u, list, n);
	else if (!deliver(x, p, key, u, list[chosen]))
		goto lost;
	rig_packet_free(copy);
	return;
lost:
	x->dp->n_lost++;
	x->dp->counts_open |= x->optional;
	rig_packet_free(copy);
}
