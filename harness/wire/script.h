/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The script format (.nlt): a sequence of steps, each with what must come of it. Pure: text in,
 * structure out; nothing is sent, no symbol is resolved.
 *
 * A step begins in column 1; indented lines continue it. '#' starts a comment; the first line of a
 * script is one and says why the script is there.
 */
#ifndef RIG_WIRE_SCRIPT_H
#define RIG_WIRE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bytes.h"
#include "wire/error.h"
#include "wire/tree.h"

/* Where something stands in its file; line and column count from 1. */
struct rig_place {
	unsigned int line;
	unsigned int column;
};

/* One `->`: what the script itself expects, beside all that the model predicts. */
enum rig_want_kind {
	RIG_WANT_OK,	  /* ok [as $x] */
	RIG_WANT_ERROR,	  /* error ENAME */
	RIG_WANT_REPLY,	  /* reply [FAMILY.COMMAND] ATTRS... */
	RIG_WANT_DONE,	  /* done */
	RIG_WANT_NONE,	  /* none */
	RIG_WANT_NOTIFY,  /* notify FAMILY.COMMAND ATTRS... on $b */
	RIG_WANT_UPCALL,  /* upcall miss|action ATTRS... [on $b] */
	RIG_WANT_FRAME,	  /* frame PORT BYTES */
	RIG_WANT_NOFRAME, /* noframe PORT */
	RIG_WANTS,
};

extern const char *const rig_want_name[RIG_WANTS];

struct rig_want {
	struct rig_want *next;
	enum rig_want_kind kind;
	struct rig_place place;
	unsigned int request; /* which message of the step's datagram asks for it, from 0 */
	const char *text;     /* as written, blanks squeezed */
	int error;	      /* ERROR: a positive errno */
	const char *bind;     /* OK: the symbol that the answer names, without '$'; or NULL */
	const char *socket;   /* where it arrives, without '$'; NULL: the step's own socket */
	const char *port;     /* FRAME, NOFRAME: the netdev's name */
	struct rig_message *pattern; /* REPLY, NOTIFY, UPCALL */
	const uint8_t *frame;	     /* FRAME: from the MAC header on */
	size_t frame_size;
};

/* What a target or a guest may lack; a script that needs it is skipped there. */
enum rig_feature {
	RIG_FEATURE_SMP,      /* two processors or more */
	RIG_FEATURE_NETNS,    /* further network namespaces */
	RIG_FEATURE_KERNEL,   /* a real kernel: not the model as a target */
	RIG_FEATURE_QEMU,     /* this kind of guest */
	RIG_FEATURE_UML,      /* this kind of guest */
	RIG_FEATURE_METER,    /* the family ovs_meter */
	RIG_FEATURE_CT_LIMIT, /* the family ovs_ct_limit */
	RIG_FEATURES,
};

extern const char *const rig_feature_name[RIG_FEATURES];

enum rig_step_kind {
	RIG_STEP_SEND,	 /* [$b:] MESSAGE, and `+ MESSAGE` for more in the same datagram */
	RIG_STEP_SOCKET, /* socket $b [join GROUP,...] [unprivileged] [netns NAME] */
	RIG_STEP_JOIN,	 /* join $b GROUP,... */
	RIG_STEP_CLOSE,	 /* close $b */
	RIG_STEP_NETNS,	 /* netns NAME */
	RIG_STEP_NETDEV, /* netdev NAME [mtu N] [netns NAME] */
	RIG_STEP_REMOVE, /* remove NAME */
	RIG_STEP_FRAME,	 /* frame PORT BYTES */
	RIG_STEP_NEEDS,	 /* needs WHAT... */
	RIG_STEPS,
};

struct rig_step {
	struct rig_step *next;
	enum rig_step_kind kind;
	struct rig_place place;
	const char *text;      /* as written without its wants, blanks squeezed */
	const char *name;      /* netdev, namespace or port */
	const char *socket;    /* SEND, SOCKET, JOIN, CLOSE: without '$'; "sock" is the default */
	const char *netns;     /* SOCKET, NETDEV; NULL: the first one */
	unsigned int groups;   /* SOCKET, JOIN: a bit for each enum rig_family_index */
	unsigned int features; /* NEEDS: a bit for each enum rig_feature */
	bool unprivileged;     /* SOCKET */
	unsigned int mtu;      /* NETDEV; 0: the default */
	struct rig_message *message; /* SEND: the datagram's messages */
	const uint8_t *frame;	     /* FRAME: from the MAC header on */
	size_t frame_size;
	struct rig_want *wants;
};

struct rig_script {
	const char *id;	    /* "flow/new-ipv4-key-missing": the path without its folder and .nlt */
	const char *path;   /* as given, for messages */
	const char *reason; /* the first line, without '#' */
	struct rig_step *steps;
	unsigned int n_steps;
	unsigned int n_wants;
};

/*
 * Reads a whole script; everything it returns lives in the arena, and nothing points into text.
 * NULL on error, and err then says where (path, line, column), what stands there and what was
 * expected instead.
 */
struct rig_script *rig_script_parse(struct rig_arena *arena, const char *path, const char *text,
				    size_t len, struct rig_error *err);

/*
 * Appends a script's text: its reason, its steps and their `->`. Each step is from then on where it
 * stands in this text.
 */
void rig_script_print(struct rig_script *script, struct rig_bytes *text);

/* Message number request of a step's datagram, from 0. NULL: it has not got so many. */
const struct rig_message *rig_step_request(const struct rig_step *step, unsigned int request);

/* A script's id from its path: what follows "cases/", or else the last component; no ".nlt". */
const char *rig_script_id(struct rig_arena *arena, const char *path);

#endif
