/* SPDX-License-Identifier: GPL-2.0-only */
/* The world as the model sees it, and one request on its way through. Private to this room. */
#ifndef RIG_MODEL_STATE_H
#define RIG_MODEL_STATE_H

#include <linux/genetlink.h>
#include <linux/openvswitch.h>
#include <net/if.h>

#include "answer.h"
#include "flow_key.h"
#include "index.h"
#include "model.h"
#include "nla.h"
#include "profile.h"

struct rig_datapath;
struct rig_port;

#define RIG_NAMESPACES 8
/* Below lie the ids that a kernel's families may have. */
#define RIG_GENL_IDS_IN_USE 64

struct rig_netns {
	char name[64];
};

struct rig_sock {
	bool open, dumping; /* dumping: more of it is to come when the socket is read */
	uint32_t portid;
	unsigned int flags; /* RIG_MODEL_UNPRIVILEGED... */
	unsigned int netns;
	uint32_t groups[16]; /* 0 = none */
};

/* What a tunnel port's own device is made with. */
struct rig_tunnel {
	uint32_t type;	   /* OVS_VPORT_TYPE_*; 0: no tunnel */
	uint16_t dst_port; /* UDP, host order; 0: of none, or of one that the kernel chose */
	bool gbp;
};

/* A network device, in the datapath or not. */
struct rig_dev {
	struct rig_dev *next;
	char name[IFNAMSIZ];
	unsigned int netns;
	uint32_t ifindex, mtu;
	int slot;   /* of the ifindex, when the kernel chose it; else -1 */
	bool known; /* the ifindex has been learnt */
	bool up, ethernet, loopback, internal;
	struct rig_tunnel tunnel;
	struct rig_port *port; /* it is a port, or NULL */
};

struct rig_port {
	struct rig_port *next;
	struct rig_datapath *dp;
	struct rig_dev *dev;
	uint16_t number;
	uint32_t type;
	uint32_t *portid; /* upcalls */
	unsigned int n_portid;
	struct ovs_vport_stats stats; /* internal ports */
	bool stats_open;	      /* what came here could not be told */
};

struct rig_mask {
	struct rig_mask *next;
	struct rig_key bits;
	struct rig_span span;
	uint64_t number; /* never used again in this datapath */
	unsigned int flows;
	unsigned int flows_hashed; /* with a dp_hash that is not 0 */
};

/* Validated actions in the form in which they are dumped. */
struct rig_actions {
	uint32_t len;
	uint32_t received;    /* the length as it came, which bounds replies */
	bool odd;	      /* see action.c: executing them is not modelled */
	uint16_t eth_type_be; /* of the packets that they were validated for */
	_Alignas(4) uint8_t bytes[];
};

struct rig_flow {
	struct rig_flow *next, *prev;
	struct rig_index_entry by_key, by_ufid;
	struct rig_key key;	 /* masked */
	struct rig_key unmasked; /* identifies a flow without ufid */
	struct rig_mask *mask;
	uint8_t ufid[16];
	unsigned int ufid_len;
	struct rig_actions *actions;
	struct ovs_flow_stats stats;
	uint8_t tcp_flags;
	bool used;
	bool stats_open; /* whether packets took it could not be told */
};

struct rig_band {
	uint32_t type, rate, burst;
	uint64_t spent; /* of the bucket, had no time passed */
	struct ovs_flow_stats stats;
};

#define RIG_BANDS_MAX	    1
#define RIG_METER_SLOTS_MIN 1024

struct rig_meter {
	struct rig_meter *next;
	uint32_t id;
	unsigned int place;
	bool kbps, keep_stats;
	struct ovs_flow_stats stats;
	unsigned int n_bands;
	struct rig_band bands[RIG_BANDS_MAX];
};

struct rig_datapath {
	struct rig_datapath *next;
	const struct rig_profile *profile;
	unsigned int netns;
	uint32_t features, cache_size;
	uint32_t *cpu_portid;
	unsigned int n_cpu_portid;
	struct rig_port *ports; /* the local one among them */
	struct rig_port *local;
	struct rig_flow *flows; /* newest first */
	struct rig_mask *masks; /* oldest first */
	struct rig_index by_key, by_ufid;
	unsigned int n_flows, n_masks;
	uint64_t n_ever;    /* flows that were ever installed */
	uint64_t next_mask; /* number */
	uint64_t n_hit, n_missed, n_lost;
	bool counts_open; /* hits and misses could not be told */
	struct rig_meter *meters;
	unsigned int n_meters, meter_slots;
};

struct rig_zone_limit {
	struct rig_zone_limit *next;
	uint16_t zone;
	uint32_t limit;
};

/* Connections of a zone that were counted and are not there: they may be counted for a while. */
struct rig_zone_gone {
	struct rig_zone_gone *next;
	uint16_t zone;
	uint32_t count;
};

struct rig_slot {
	struct rig_dev *dev; /* NULL = free */
	uint64_t freed_at;   /* the request that did it */
};

struct rig_model {
	struct rig_model_config config;
	const struct rig_profile *profile;
	uint64_t turn; /* requests and events so far */
	bool departs;  /* a netdev went in this one */
	struct rig_netns netns[RIG_NAMESPACES];
	unsigned int n_netns;
	struct rig_sock sock[RIG_MODEL_SOCKETS];
	struct rig_dev *devs;
	struct rig_datapath *dps; /* oldest first */
	struct rig_slot *slots;
	unsigned int n_slots, slots_cap;
	uint32_t next_ifindex;
	uint32_t default_limit[RIG_NAMESPACES];
	struct rig_zone_limit *limits[RIG_NAMESPACES];
	struct rig_zone_gone *gone[RIG_NAMESPACES];
	uint16_t *counted; /* zones of the first namespace whose connections met a limit */
	size_t n_counted;
	struct rig_conn *conns; /* that are confirmed, of all namespaces */
	struct rig_conn *hosts; /* that the host's own stack may have */
	const char *tainted;	/* why the state is unknown */
	struct rig_model_counts counts;
	unsigned int next_set, next_group;
	_Alignas(8) uint8_t datagram[1 << 18];
};

#define RIG_CHANCES 2

/* One message of a datagram. */
struct rig_request {
	struct rig_model *m;
	struct rig_answer *out;
	unsigned int sock, netns;
	const struct nlmsghdr *nlh;
	const struct genlmsghdr *genl;
	uint32_t dp_ifindex; /* of the ovs_header */
	enum rig_model_family family;
	const struct nlattr *attr[16]; /* of the outer level, by type */
	unsigned int set;	       /* of the dump */
	int by_chance[RIG_CHANCES];    /* errnos that it may end with instead; 0: none */
	size_t shown;		       /* the dump goes on, behind so many objects; 0: it begins */
	bool crowded;		       /* something did not fit the dump whole */
	uint64_t mark; /* where it has got to: in flows, rig_datapath.n_ever; the next port */
	bool foreign;  /* another family may answer, in whatever way */
	struct {
		const char *text;
		const struct nlattr *attr;
		bool policy; /* and what the policy wanted */
	} ext;		     /* for an extended ACK */
};

/*
 * A command's answer when the ACK, or the DONE of a dump, says it all: 0 or a negative errno. A
 * dump is asked twice: when it begins, and when the rest of its datagram has been done and its
 * socket is read, for what it may show then.
 */
typedef int rig_genl_command_fn(struct rig_request *r);

struct rig_genl_command {
	uint8_t number;
	bool admin; /* needs CAP_NET_ADMIN */
	rig_genl_command_fn *run, *dump;
};

struct rig_genl_family {
	const char *name;
	uint8_t version;
	uint8_t first_checked; /* commands from here on may have no unknown flags */
	const struct rig_policy *policy;
	const struct rig_genl_command *commands;
	unsigned int n_commands;
};

extern const struct rig_genl_family rig_genl_families[RIG_MODEL_FAMILIES];

extern const struct rig_policy rig_dp_policy[], rig_vport_policy[], rig_flow_policy[],
	rig_packet_policy[], rig_meter_policy[], rig_ct_limit_policy[];

/* netlink.c, genl.c, ctrl.c */
#define RIG_DUMPED 1 /* no ACK, a DONE comes */
/* 0, a negative errno, or RIG_DUMPED with *done the errno (or 0) of the DONE message. */
int rig_genl_receive(struct rig_request *r, int *done);
/* The rest of a dump: 0 or a negative errno, for the DONE message. */
int rig_genl_go_on(struct rig_request *r);
int rig_ctrl_receive(struct rig_request *r, int *done);
/* Commands from `first_checked` on: 0, or -EINVAL for flags that mean nothing. */
int rig_genl_check_header(struct rig_request *r, uint8_t first_checked);

/*
 * A message to the requester, headers included; to be ended with rig_message_end(). `dp_dev` is the
 * local port that names the datapath; NULL: the ovs_header repeats the request's.
 */
void rig_reply_begin(struct rig_request *r, enum rig_expected_role role, uint8_t command,
		     const struct rig_dev *dp_dev);
/* One message of a dump, in both forms where they differ. */
void rig_dump_one(struct rig_request *r, uint8_t command, const struct rig_dev *dp_dev,
		  void (*put)(struct rig_request *r, const void *object), const void *object);
void rig_put_headers(struct rig_answer *a, enum rig_model_family family, uint8_t command,
		     uint32_t dp_ifindex, const struct rig_dev *dp_dev);
/*
 * What a command that changed something has to tell: to all members of the family's group, and to
 * the requester when it asked for an echo. False when nobody listens; else fill in the attributes
 * and call rig_notify_end(). `dp_dev` as above.
 */
bool rig_notify_begin(struct rig_request *r, uint8_t command, const struct rig_dev *dp_dev);
void rig_notify_end(struct rig_request *r);
/* The same for what nobody requested. */
bool rig_event_begin(struct rig_model *m, struct rig_answer *out, enum rig_model_family family,
		     unsigned int netns, uint8_t command, const struct rig_dev *dp_dev);
void rig_event_end(struct rig_model *m, struct rig_answer *out, enum rig_model_family family,
		   unsigned int netns);

/* model.c: devices */
struct rig_dev *rig_dev_by_name(struct rig_model *m, unsigned int netns, const char *name);
struct rig_dev *rig_dev_by_ifindex(struct rig_model *m, unsigned int netns, uint32_t ifindex);
struct rig_dev *rig_dev_add(struct rig_model *m, unsigned int netns, const char *name);
void rig_dev_remove(struct rig_model *m, struct rig_dev *dev);
/* The kernel chooses: a guess, and a slot to learn it by. False when out of memory. */
bool rig_dev_choose_ifindex(struct rig_model *m, struct rig_dev *dev);
/* Mark the span that holds dev's ifindex as open, if the kernel chose it. */
void rig_put_open_ifindex(struct rig_answer *a, size_t offset, const struct rig_dev *dev);
/* The number of a namespace, which is new when it is named for the first time. */
unsigned int rig_netns_number(struct rig_model *m, const char *name);
const char *rig_netns_name(const struct rig_model *m, unsigned int netns);
struct rig_sock *rig_sock_by_portid(struct rig_model *m, unsigned int netns, uint32_t portid,
				    unsigned int *number);

/* Count what is in the answer and make it readable. */
void rig_model_finish(struct rig_model *m, struct rig_answer *out);

/* dp.c */
struct rig_datapath *rig_dp_by_ifindex(struct rig_model *m, unsigned int netns, uint32_t ifindex);
void rig_dp_destroy(struct rig_model *m, struct rig_datapath *dp);
rig_genl_command_fn rig_dp_new, rig_dp_del, rig_dp_get, rig_dp_set, rig_dp_dump;

/* vport.c */
struct rig_port_spec {
	const char *name;
	uint32_t type, number, ifindex;
	const struct nlattr *portids, *options;
};

/* Returns 0 or a negative errno. */
int rig_port_add(struct rig_model *m, struct rig_datapath *dp, const struct rig_port_spec *spec,
		 struct rig_port **out);
void rig_port_remove(struct rig_model *m, struct rig_port *port);
struct rig_port *rig_port_by_number(const struct rig_datapath *dp, uint32_t number);
struct rig_port *rig_port_by_name(struct rig_model *m, unsigned int netns, const char *name);
void rig_port_gone(struct rig_model *m, struct rig_port *port, struct rig_answer *out);
rig_genl_command_fn rig_vport_new, rig_vport_del, rig_vport_get, rig_vport_set, rig_vport_dump;

/* tunnel_port.c */
bool rig_tunnel_is(uint32_t vport_type);
/* OVS_VPORT_ATTR_OPTIONS (may be NULL) for tunnel->type. 0, -EINVAL, or -ERANGE. */
int rig_tunnel_read(struct rig_tunnel *tunnel, const struct nlattr *options);
/* 0, or what the driver says when one of its devices is in the way: -EEXIST or -EBUSY. */
int rig_tunnel_clash(const struct rig_model *m, unsigned int netns,
		     const struct rig_tunnel *tunnel);
/* 0, or -EADDRINUSE: another tunnel has the UDP port. */
int rig_tunnel_listen(const struct rig_model *m, unsigned int netns,
		      const struct rig_tunnel *tunnel);
void rig_tunnel_put_options(struct rig_answer *a, const struct rig_tunnel *tunnel);

/* flow.c */
rig_genl_command_fn rig_flow_new, rig_flow_del, rig_flow_get, rig_flow_set, rig_flow_dump;

/* flow_table.c */
struct rig_flow *rig_flow_by_ufid(const struct rig_datapath *dp, const uint8_t *ufid,
				  unsigned int len);
/* Masks are tried in order; which one wins when flows overlap is nobody's promise. */
struct rig_flow *rig_flow_by_packet(const struct rig_datapath *dp, const struct rig_key *key);
/* Whether no other one than this, the first, takes the packet. */
bool rig_flow_is_alone(const struct rig_datapath *dp, const struct rig_flow *flow,
		       const struct rig_key *key);
struct rig_flow *rig_flow_by_key(const struct rig_datapath *dp, const struct rig_match *match);
/* Is it the flow that the match speaks of, not one that merely overlaps? */
bool rig_flow_has_key(const struct rig_flow *flow, const struct rig_match *match);
struct rig_flow *rig_flow_add(struct rig_datapath *dp, const struct rig_match *match,
			      const uint8_t *ufid, unsigned int ufid_len);
void rig_flow_remove(struct rig_datapath *dp, struct rig_flow *flow);
void rig_flow_flush(struct rig_datapath *dp);

/* action.c */
/*
 * Validate a list of actions for packets that match `key` (masked). Returns 0 and the actions
 * (to be freed), or a negative errno.
 */
int rig_actions_parse(struct rig_request *r, const struct nlattr *attr, const struct rig_key *key,
		      struct rig_actions **out);

/* action_put.c: actions in the form of struct rig_actions, as one attribute. */
void rig_actions_put(struct rig_answer *a, unsigned int type, const uint8_t *bytes, size_t len);

/* NSH's next protocol and the Ethernet type it means (host order, 0 = none), and back. */
uint16_t rig_nsh_next_eth_type(uint8_t next);
uint8_t rig_nsh_next(uint16_t eth_type_be);

/* packet.c, meter.c, ct_limit.c */
rig_genl_command_fn rig_packet_execute;
rig_genl_command_fn rig_meter_features, rig_meter_set, rig_meter_del, rig_meter_get;
rig_genl_command_fn rig_ct_limit_set, rig_ct_limit_del, rig_ct_limit_get;
enum rig_meter_verdict {
	RIG_METER_PASS,
	RIG_METER_DROP,
	RIG_METER_UNKNOWN, /* the clock decides */
};

enum rig_meter_verdict rig_meter_charge(struct rig_datapath *dp, uint32_t id, size_t len);
void rig_meter_flush(struct rig_datapath *dp);
void rig_ct_limit_flush(struct rig_model *m, unsigned int netns);

enum rig_limit_verdict {
	RIG_LIMIT_NONE, /* nobody counts */
	RIG_LIMIT_PASS, /* and it is counted */
	RIG_LIMIT_REFUSE,
	RIG_LIMIT_UNKNOWN, /* it depends on whether those that are gone still count */
};

/* One more connection, about to be confirmed. */
enum rig_limit_verdict rig_ct_limit_meet(struct rig_model *m, unsigned int netns, uint16_t zone);
/* The kernel may count connections of that zone from here on, whatever else comes of it. */
void rig_ct_limit_note(struct rig_model *m, unsigned int netns, uint16_t zone);
/* One that was counted is gone, or never came to be. */
void rig_ct_limit_gone(struct rig_model *m, unsigned int netns, uint16_t zone);

/* conntrack.c */
void rig_conn_flush(struct rig_model *m);
/* A frame comes to the host's own stack. */
void rig_conn_host(struct rig_model *m, unsigned int netns, const uint8_t *frame, size_t len);

#endif
