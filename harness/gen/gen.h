/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the room: the generator in the course of a round.
 *
 * Everything lives in the arena of the round. A round needs a few hundred KB; without them nothing
 * can go on, so that running out of memory ends the program here.
 */
#ifndef RIG_GEN_GEN_H
#define RIG_GEN_GEN_H

#include "gen/random.h"
#include "gen/world.h"
#include "wire/arena.h"
#include "wire/bytes.h"
#include "wire/script.h"
#include "wire/tree.h"

struct rig_gen {
	struct rig_random random;
	struct rig_arena *arena;
	struct rig_world world;
	bool traffic;	    /* frames move, so that actions run */
	bool others;	    /* the sockets beside the usual one ask, too */
	unsigned int depth; /* of nests, to end them */
	size_t frame_size;  /* of the frame that actions are made for; 0: of any */
	bool at_limit;	    /* its UDP checksum is, see frame.c */
};

/* ---- make.c: trees ---- */

void *rig_gen_alloc(struct rig_gen *gen, size_t size);

/* An attribute whose payload is a copy of @size bytes. */
struct rig_node *rig_gen_leaf(struct rig_gen *gen, const struct rig_nest *nest, unsigned int number,
			      const void *data, size_t size);
struct rig_node *rig_gen_u32(struct rig_gen *gen, const struct rig_nest *nest, unsigned int number,
			     uint32_t value);
struct rig_node *rig_gen_string(struct rig_gen *gen, const struct rig_nest *nest,
				unsigned int number, const char *text);

/* A port id that is the socket's of the upcalls, whatever number that has. */
struct rig_node *rig_gen_portid(struct rig_gen *gen, const struct rig_nest *nest,
				unsigned int number);
struct rig_node *rig_gen_nested(struct rig_gen *gen, const struct rig_nest *nest,
				unsigned int number, struct rig_node *children);

/* Raw bytes, no attribute header. */
struct rig_node *rig_gen_raw(struct rig_gen *gen, const void *data, size_t size);

/* @node alone, and all that is in it; its payload can be written to. */
struct rig_node *rig_gen_copy(struct rig_gen *gen, const struct rig_node *node);
struct rig_node *rig_gen_copy_list(struct rig_gen *gen, const struct rig_node *list);

void rig_gen_append(struct rig_node **list, struct rig_node *node);
struct rig_node *rig_gen_find(struct rig_node *list, unsigned int number);
unsigned int rig_gen_count(const struct rig_node *list);

/* The payload of a LEAF of this room, to be written to: all of them are in the arena. */
static inline uint8_t *rig_gen_payload(const struct rig_node *node)
{
	return (uint8_t *)(uintptr_t)node->data;
}

/* ---- value.c: payloads, by the schema ---- */

/* One value of @format; @out gets format->size bytes. */
void rig_gen_value(struct rig_gen *gen, const struct rig_format *format, uint8_t *out);

/* The attribute with a payload as the schema has it; nests are filled by their own generator. */
struct rig_node *rig_gen_attr(struct rig_gen *gen, const struct rig_nest *nest,
			      unsigned int number);

/* Some attributes of @nest, each about @percent times of a hundred, with what they need. */
struct rig_node *rig_gen_some(struct rig_gen *gen, const struct rig_nest *nest,
			      unsigned int percent);

/* Adds attribute @number and what it needs, unless it is there. */
void rig_gen_ensure(struct rig_gen *gen, const struct rig_nest *nest, struct rig_node **list,
		    unsigned int number);

/* Whether one of the prerequisites that compare a value is met by @list. */
bool rig_gen_promised(const struct rig_attr *attr, struct rig_node *list);

/* ---- key.c ---- */

enum rig_gen_key {
	RIG_GEN_KEY_FLOW,     /* a whole flow key */
	RIG_GEN_KEY_METADATA, /* what goes with a packet */
	RIG_GEN_KEY_INNER,    /* behind a VLAN tag */
};

struct rig_node *rig_gen_key(struct rig_gen *gen, enum rig_gen_key kind);
struct rig_node *rig_gen_mask(struct rig_gen *gen, const struct rig_node *key);
struct rig_node *rig_gen_tunnel(struct rig_gen *gen);
struct rig_node *rig_gen_nsh(struct rig_gen *gen, const struct rig_nest *nest);

/* ---- action.c ---- */

/* A list of actions that may stand in a flow with this key. */
struct rig_node *rig_gen_actions(struct rig_gen *gen, const struct rig_node *key);

/* ---- frame.c ---- */

/* A frame that the key would match, or nearly. */
void rig_gen_frame(struct rig_gen *gen, const struct rig_node *key, struct rig_bytes *frame);

/* ---- message.c ---- */

/* A request, valid as far as is known. */
struct rig_message *rig_gen_message(struct rig_gen *gen);
struct rig_message *rig_gen_request(struct rig_gen *gen, enum rig_family_index family,
				    unsigned int command);

/* ---- break.c ---- */

/* How a request can be broken, for reports and tests. */
extern const unsigned int rig_gen_breaks;
const char *rig_gen_break_name(unsigned int how);

/* Breaks one thing; false: there is nothing of that kind in this message. */
bool rig_gen_break_as(struct rig_gen *gen, unsigned int how, struct rig_message *message);

/* Breaks one thing, any. */
void rig_gen_break(struct rig_gen *gen, struct rig_message *message);

#endif
