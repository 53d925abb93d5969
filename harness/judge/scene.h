/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a script has brought into being so far: its sockets, its symbols, what came in this step.
 */
#ifndef RIG_JUDGE_SCENE_H
#define RIG_JUDGE_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "judge/finding.h"
#include "judge/inbox.h"
#include "wire/arena.h"
#include "wire/script.h"

struct rig_link;

struct rig_scene_socket {
	struct rig_scene_socket *next;
	const char *name;  /* without '$' */
	const char *netns; /* NULL: the first one */
	unsigned int handle;
	uint32_t portid;
};

struct rig_scene_symbol {
	struct rig_scene_symbol *next;
	const char *name; /* without '$' */
	uint64_t value;
};

/* A netdev of the link's or of the target's (an internal port). */
struct rig_scene_netdev {
	struct rig_scene_netdev *next;
	const char *name;
	const char *netns; /* NULL: the first one */
};

struct rig_scene {
	struct rig_arena *arena; /* of this run */
	struct rig_link *link;	 /* for the ifindex of a netdev that the script did not make */
	const struct rig_family_ids *ids;
	struct rig_scene_socket *sockets;
	struct rig_scene_symbol *symbols;
	struct rig_scene_netdev *netdevs;
	struct rig_inbox inbox;
	struct rig_findings findings;
};

/* NULL: no such socket. */
const struct rig_scene_socket *rig_scene_socket_find(const struct rig_scene *scene,
						     const char *name);

/* The name of a socket by its handle, for people. For struct rig_judge. */
const char *rig_scene_socket_name(void *scene, unsigned int handle);

/* -1 when out of memory. A name that is bound already gets the new value. */
int rig_scene_socket_add(struct rig_scene *scene, const struct rig_scene_socket *socket);
int rig_scene_symbol_set(struct rig_scene *scene, const char *name, uint64_t value);

/* Remembers a netdev, and binds "name.ifindex". -1 when out of memory. */
int rig_scene_netdev_add(struct rig_scene *scene, const char *name, const char *netns, int ifindex);

/* The namespace of a netdev; NULL: the first one, or no such netdev. */
const char *rig_scene_netns_of(const struct rig_scene *scene, const char *name);

/* A rig_resolver: what `as` bound, a socket's port id, "veth0.ifindex". */
int rig_scene_resolve(void *scene, const char *symbol, uint64_t *value);

/*
 * Judges a step's own `->`; each that is not met becomes a finding. seqs holds the sequence number
 * of each request of the step. Binds what `ok as $x` names. Returns 0, or -1 when out of memory.
 */
int rig_scene_judge_wants(struct rig_scene *scene, const struct rig_step *step,
			  const uint32_t *seqs);

#endif
