/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building expected messages: bytes plus the spans that are open. One message at a time is under
 * construction; nests inside it may be any depth. Running out of memory is remembered and makes the
 * whole answer unmodelled.
 */
#ifndef RIG_MODEL_ANSWER_H
#define RIG_MODEL_ANSWER_H

#include "model.h"

struct rig_answer_store {
	struct rig_expected *list;
	struct rig_spot {
		size_t bytes, open; /* where its bytes and open spans begin */
	} * spot;
	size_t list_cap, spot_cap;
	struct rig_open *open;
	size_t n_open, open_cap;
	uint8_t *bytes;
	size_t len, bytes_cap;
	struct rig_shifted *shifted; /* second forms, of messages in the list */
	size_t n_shifted, shifted_cap;
	uint64_t fields;
	unsigned int build;    /* see rig_model_config */
	unsigned int position; /* of messages in their datagrams, modulo 8 */
	bool failed;
};

struct rig_shifted {
	size_t of; /* index in the list */
	struct rig_expected form;
	size_t bytes, open;
};

/* Forget the previous answer, keep its memory. */
void rig_answer_begin(struct rig_answer *a, unsigned int build);
/* Make the list's pointers valid; to be called once, at the end. */
void rig_answer_finish(struct rig_answer *a);

/* Beyond the model's depth; the first reason stays. */
void rig_answer_unmodelled(struct rig_answer *a, const char *why, bool tainted);

/* The kernel might not survive this, which changes nothing otherwise: it is not sent. */
void rig_answer_spare(struct rig_answer *a, const char *why);

/* The kernel would not survive this: it is beyond the model, too. */
void rig_answer_fatal(struct rig_answer *a, const char *why);

/* Start a message (role) to a socket; its nlmsghdr is `type`, `flags`, `seq`, `pid`. */
void rig_message_begin(struct rig_answer *a, unsigned int sock, uint32_t portid,
		       enum rig_expected_role role, uint16_t type, uint16_t flags, uint32_t seq,
		       uint32_t pid);
/* Sets nlmsg_len to what has been put. */
void rig_message_end(struct rig_answer *a);
/* The message under construction is not to be sent. */
void rig_message_cancel(struct rig_answer *a);
/* From here to rig_message_shifted(): the last finished message again, for another position. */
void rig_message_shift(struct rig_answer *a);
void rig_message_shifted(struct rig_answer *a);
/* The last finished message, once more, for another socket. */
void rig_message_again(struct rig_answer *a, unsigned int sock, uint32_t portid,
		       enum rig_expected_role role);
struct rig_expected *rig_message_current(struct rig_answer *a);

/* The bytes that it has so far. */
size_t rig_message_size(struct rig_answer *a);

/* Raw bytes at the end of the message (zeros when data is NULL). Returns their offset in it. */
size_t rig_put_raw(struct rig_answer *a, const void *data, size_t len);
/* An attribute, padded with zeros. Returns its payload's offset in the message. */
size_t rig_put(struct rig_answer *a, unsigned int type, const void *data, size_t len);
/* One with 64-bit values in it, to be aligned by an empty attribute of type `pad`. */
size_t rig_put64(struct rig_answer *a, unsigned int type, unsigned int pad, const void *data,
		 size_t len);
void rig_put_u8(struct rig_answer *a, unsigned int type, uint8_t v);
void rig_put_u16(struct rig_answer *a, unsigned int type, uint16_t v);
void rig_put_u32(struct rig_answer *a, unsigned int type, uint32_t v);
void rig_put_flag(struct rig_answer *a, unsigned int type);
/* With its NUL. */
void rig_put_string(struct rig_answer *a, unsigned int type, const char *s);
/* Returns a mark for rig_nest_end() or rig_nest_cancel(). */
size_t rig_nest_begin(struct rig_answer *a, unsigned int type);
void rig_nest_end(struct rig_answer *a, size_t mark);
void rig_nest_cancel(struct rig_answer *a, size_t mark);
/* Mark a span of the message under construction as open; in ascending order. */
void rig_put_open(struct rig_answer *a, size_t offset, size_t len, enum rig_open_why why, int slot);

/* A frame that leaves on a port. */
void rig_frame_put(struct rig_answer *a, const char *netdev, const char *netns, const void *bytes,
		   size_t len);

#endif
