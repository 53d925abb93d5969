/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The executable specification: state + request bytes -> the messages and frames that must come +
 * next state. Pure: no I/O, no globals, no clock; two models never share anything.
 *
 * What the contract leaves open is marked span by span (struct rig_open) inside otherwise complete
 * bytes, so the model can be judged against and can also answer in a kernel's place.
 */
#ifndef RIG_MODEL_MODEL_H
#define RIG_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig_model;

enum rig_model_family {
	RIG_MODEL_DATAPATH,
	RIG_MODEL_VPORT,
	RIG_MODEL_FLOW,
	RIG_MODEL_PACKET,
	RIG_MODEL_METER,
	RIG_MODEL_CT_LIMIT,
	RIG_MODEL_FAMILIES,
};

/* What the kernel's configuration decides; 0 is Debian's for amd64. */
enum rig_build {
	RIG_BUILD_TC_SKB_EXT = 0x1,  /* with NET_TC_SKB_EXT: tc_recirc_sharing can be had */
	RIG_BUILD_PAD64 = 0x2,	     /* without HAVE_EFFICIENT_UNALIGNED_ACCESS: 64-bit values
				     * are aligned by empty attributes */
	RIG_BUILD_NO_CT_ZONES = 0x4, /* without NF_CONNTRACK_ZONES */
	RIG_BUILD_IP_ALIGN = 0x8,    /* NET_IP_ALIGN is 2, as it is where x86 does not say 0 */
	RIG_BUILD_UML = RIG_BUILD_PAD64 | RIG_BUILD_NO_CT_ZONES |
			RIG_BUILD_IP_ALIGN, /* Debian's User-Mode Linux */
};

/* Whose contract: what our own module answers does not depend on the kernel's release. */
enum rig_model_module {
	RIG_MODULE_INTREE, /* of the release that it came with */
	RIG_MODULE_REF,	   /* the newest contract everywhere */
};

struct rig_model_config {
	enum rig_model_module module;
	const char *kernel; /* release, "6.1.192-..." : picks the profile row; NULL = the newest */
	unsigned int ncpus; /* possible processors: per-CPU upcalls, limit of a vport's pids */
	uint16_t family_id[RIG_MODEL_FAMILIES]; /* generic netlink ids; 0 = not there */
	uint32_t group_id[RIG_MODEL_FAMILIES];	/* multicast groups; 0 = the family has none */
	uint32_t first_ifindex;			/* guess for the first internal netdev; 0 = 16 */
	unsigned int build;			/* RIG_BUILD_* */
};

/* NULL when out of memory. The config is copied. */
struct rig_model *rig_model_new(const struct rig_model_config *config);
void rig_model_free(struct rig_model *m);
/* As after rig_model_new, but keeps memory: for many short scripts. */
void rig_model_reset(struct rig_model *m);

/* Whether a row is for that release, "6.1.192-...": else config.kernel would get one beside it. */
bool rig_model_knows(const char *kernel);

/* --- What exists beside the datapath ------------------------------------------------------- */

#define RIG_MODEL_SOCKETS      64
#define RIG_MODEL_UNPRIVILEGED 0x1 /* no CAP_NET_ADMIN in the socket's user namespace */
#define RIG_MODEL_CAP_ACK      0x2 /* NETLINK_CAP_ACK is on */
#define RIG_MODEL_EXT_ACK      0x4 /* NETLINK_EXT_ACK is on */

/*
 * A NETLINK_GENERIC socket. `sock` is the caller's number for it, below RIG_MODEL_SOCKETS (port ids
 * may repeat between namespaces). `netns` names a network namespace, NULL is the first one.
 */
void rig_model_socket(struct rig_model *m, unsigned int sock, uint32_t portid, unsigned int flags,
		      const char *netns);
/* Join a multicast group by its id, as in rig_model_config.group_id. */
void rig_model_join(struct rig_model *m, unsigned int sock, uint32_t group);
void rig_model_close(struct rig_model *m, unsigned int sock);

struct rig_netdev {
	const char *name;
	const char *netns; /* NULL = the first one */
	uint32_t ifindex;
	uint32_t mtu; /* 0 = 1500 */
	uint8_t mac[6];
	bool up;       /* IFF_UP and carrier */
	bool ethernet; /* ARPHRD_ETHER; false = ARPHRD_NONE (layer 3 only) */
	bool loopback; /* cannot become a port */
};

/*
 * A network device appeared, or its properties changed. Also how to tell the facts (ifindex, MAC,
 * up) of an internal port's own netdev, by its name, when no reply has carried them.
 */
void rig_model_netdev(struct rig_model *m, const struct rig_netdev *dev);

/* Fills in what there is to say of a netdev: of an internal port, too. name and netns are in. */
bool rig_model_netdev_find(struct rig_model *m, struct rig_netdev *dev);

/* How many datapaths there are now, in all namespaces. */
unsigned int rig_model_datapaths(const struct rig_model *m);

/*
 * Zones of the first namespace whose connections met a limit. When they are gone the kernel counts
 * them still, until it is asked for a zone's, a tick of its clock later; and again whatever is like
 * them. Valid until rig_model_reset(). Returns how many there are.
 */
size_t rig_model_counted_zones(const struct rig_model *m, const uint16_t **zones);

/* --- What there is ------------------------------------------------------------------------- */

enum rig_object_kind {
	RIG_OBJECT_DATAPATH,
	RIG_OBJECT_PORT,  /* number: the port's */
	RIG_OBJECT_FLOWS, /* number: how many there are; none: no object */
	RIG_OBJECT_METER, /* number: its id */
	RIG_OBJECT_LIMIT, /* number: the zone */
	RIG_OBJECT_DEFAULT_LIMIT,
	RIG_OBJECT_CONNECTIONS, /* number: how many there are, in all namespaces */
};

struct rig_object {
	enum rig_object_kind kind;
	uint32_t dp; /* ifindex; of a limit or connections 0 */
	uint32_t number;
	uint64_t setting; /* differs when what it was told differs; counters do not count */
	const char *name; /* of a port or datapath; until the next request */
};

/*
 * Lists what there is in the first namespace, a datapath before what is in it, always in the same
 * order. Returns how many objects there are; those that there is no room for are left out.
 */
size_t rig_model_objects(const struct rig_model *m, struct rig_object *list, size_t room);

/* --- Expectations -------------------------------------------------------------------------- */

enum rig_open_why {
	RIG_OPEN_IFINDEX,   /* the kernel numbers its devices */
	RIG_OPEN_TIME,	    /* milliseconds since boot */
	RIG_OPEN_HASH,	    /* of a packet: seeded at boot */
	RIG_OPEN_CACHE,	    /* mask cache and mask order: hits depend on hash and CPU */
	RIG_OPEN_TRAFFIC,   /* counters of a device that others use, too */
	RIG_OPEN_RANDOM,    /* a random number decides */
	RIG_OPEN_MEMORY,    /* a limit by the machine's memory */
	RIG_OPEN_GONE,	    /* connections that are gone count for a moment */
	RIG_OPEN_UNDEFINED, /* the contract does not define it */
	RIG_OPEN_REASONS,
};

/* A few words for a report: "kernel-chosen ifindex". */
const char *rig_open_name(enum rig_open_why why);

/*
 * A span of an expected message or frame that may differ from the bytes given.
 * slot >= 0: 4 or 8 bytes, a host-order number that is the kernel's choice the first time and
 * fixed from then on: report it with rig_model_learn() as soon as it is seen, before the next
 * request; spans of that value are exact from then on.
 */
struct rig_open {
	uint32_t offset; /* from the start of the message (its nlmsghdr) or frame */
	uint32_t len;
	enum rig_open_why why;
	int slot; /* -1 = none */
};

enum rig_expected_kind {
	RIG_EXPECT_MESSAGE, /* one netlink message (not datagram): nlmsg_len bytes */
	RIG_EXPECT_FRAME,   /* leaves the datapath on a port: bytes from the MAC header on */
};

enum rig_expected_role {
	RIG_ROLE_REPLY,	 /* to a request, including the requester's echo */
	RIG_ROLE_ACK,	 /* NLMSG_ERROR, with 0 or an errno */
	RIG_ROLE_DUMP,	 /* one of a dump's messages */
	RIG_ROLE_DONE,	 /* the end of a dump */
	RIG_ROLE_NOTIFY, /* multicast */
	RIG_ROLE_UPCALL,
	RIG_ROLE_FRAME,
};

struct rig_expected {
	enum rig_expected_kind kind;
	enum rig_expected_role role;
	unsigned int sock;  /* MESSAGE: to whom, as in rig_model_socket() */
	uint32_t portid;    /* MESSAGE: that socket's port id */
	const char *netdev; /* FRAME: where it comes out */
	const char *netns;  /* FRAME: of that netdev; NULL = the first */
	/* Within one socket the list is in order, but members of one nonzero set come in any. */
	unsigned int set;
	/*
	 * Of the members of one nonzero group, which may go to different sockets, exactly one
	 * comes: only the kernel knows which. If they are optional, at most one.
	 */
	unsigned int group;
	/* May stay away: a random number decides, or whom only the kernel knows is not there. */
	bool optional;
	const uint8_t *bytes;
	uint32_t len;
	const struct rig_open *open; /* ascending, disjoint */
	uint32_t n_open;
	uint32_t n_fields; /* its headers count as one, each attribute, a frame */
	/*
	 * With RIG_BUILD_PAD64, padding depends on where a message stands: this is the same
	 * message for one that begins at 4 modulo 8 in its datagram. NULL: no difference.
	 */
	const struct rig_expected *shifted;
};

struct rig_answer_store;

/* Zero it before first use; memory is reused from call to call; rig_answer_free() at the end. */
struct rig_answer {
	const struct rig_expected *list; /* valid until the next call with this answer */
	size_t count;
	/*
	 * Not NULL: the request is beyond the model's depth, for this reason. Then `list` is what
	 * is known to come, there may be more, and no verdict may be "passed". If `tainted`, the
	 * state is unknown from here on, until rig_model_reset().
	 */
	const char *unmodelled;
	bool tainted;
	/* And the kernel that is modelled would not survive it: it is better not sent. */
	bool fatal;
	/* A netdev goes: frames that are queued for it still, and nobody has seen, are lost. */
	bool departs;
	struct rig_answer_store *store;
};

void rig_answer_free(struct rig_answer *answer);

/*
 * A datagram of one or more netlink messages (or anything else) sent on `sock`.
 * Returns 0, or a negative errno that sendmsg() itself gives (-ENOBUFS...): then nothing comes.
 */
int rig_model_send(struct rig_model *m, unsigned int sock, const void *bytes, size_t len,
		   struct rig_answer *out);

/*
 * A frame, from its MAC header on, received by netdev `name`: for a netdev port from the wire, for
 * an internal port from the host's stack. Not a port, or down: nothing comes.
 */
void rig_model_frame(struct rig_model *m, const char *name, const char *netns, const void *bytes,
		     size_t len, struct rig_answer *out);

/* A netdev went away: its port, if it is one, is detached and announced. */
void rig_model_netdev_gone(struct rig_model *m, const char *name, const char *netns,
			   struct rig_answer *out);

/* The value seen in an open span with this slot (host byte order). */
void rig_model_learn(struct rig_model *m, int slot, uint64_t value);

/* --- How much is judged -------------------------------------------------------------------- */

struct rig_model_counts {
	uint64_t messages;     /* expected messages and frames so far */
	uint64_t fields_exact; /* headers and attributes that must be equal */
	uint64_t fields_open;  /* spans left open */
	uint64_t unmodelled;   /* requests and frames beyond the model's depth */
};

void rig_model_counts(const struct rig_model *m, struct rig_model_counts *out);

#endif
