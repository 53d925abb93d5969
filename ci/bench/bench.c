/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In a guest, on whatever datapath module is loaded: what ci/bench/guest measures it with.
 *
 *   bench bridge DEV DEV        a datapath "br" with two ports, each of which forwards to the other
 *   bench unbridge              deletes it
 *   bench flows COUNT           one of COUNT flows over 8 masks: "insert US", "dump US", deletes it
 *   bench sink PORT             takes one TCP connection and throws away what comes
 *   bench source ADDR PORT S    sends to it for S seconds: "tcp BYTES US"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/openvswitch.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MASKS = 8, BATCH = 64, MESSAGE_MAX = 512, CHUNK = 65536 };

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

/* --- netlink */

static struct mnl_socket *nl;
static char answer[CHUNK];

static struct nlmsghdr *message(void *buf, int type, int cmd, int flags, int dp)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	struct ovs_header *hdr;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	*genl = (struct genlmsghdr){ .cmd = cmd, .version = OVS_DATAPATH_VERSION };
	if (type == GENL_ID_CTRL)
		return nlh;
	hdr = mnl_nlmsg_put_extra_header(nlh, sizeof(*hdr));
	hdr->dp_ifindex = dp;
	return nlh;
}

/* Reads until the end of a dump, an ACK or a refusal; returns how many other messages came. */
static long answers(mnl_cb_t each, void *data)
{
	long count = 0;
	int status = MNL_CB_OK;

	while (status > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(nl, answer, sizeof(answer));
		const struct nlmsghdr *nlh = (void *)answer;
		int left = len;

		if (len < 0)
			die("receive");
		status = mnl_cb_run(answer, len, 0, 0, each, data);
		if (status < 0)
			die("the datapath refused");
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			count += nlh->nlmsg_type >= NLMSG_MIN_TYPE;
	}
	return count;
}

static void ask(const struct nlmsghdr *nlh, mnl_cb_t each, void *data)
{
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("send");
	answers(each, data);
}

static int take_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) if (mnl_attr_get_type(a) ==
								 CTRL_ATTR_FAMILY_ID) *
		(int *)data = mnl_attr_get_u16(a);
	return MNL_CB_OK;
}

static int family(const char *name)
{
	char buf[MESSAGE_MAX];
	struct nlmsghdr *nlh = message(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK, 0);
	int id = 0;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	ask(nlh, take_family, &id);
	return id;
}

/* --- datapath, ports, flows */

static int dp_new(const char *name)
{
	char buf[MESSAGE_MAX];
	struct nlmsghdr *nlh =
		message(buf, family(OVS_DATAPATH_FAMILY), OVS_DP_CMD_NEW, NLM_F_ACK, 0);

	mnl_attr_put_strz(nlh, OVS_DP_ATTR_NAME, name);
	mnl_attr_put_u32(nlh, OVS_DP_ATTR_UPCALL_PID, 0);
	ask(nlh, NULL, NULL);
	return if_nametoindex(name);
}

static void dp_del(int dp)
{
	char buf[MESSAGE_MAX];

	ask(message(buf, family(OVS_DATAPATH_FAMILY), OVS_DP_CMD_DEL, NLM_F_ACK, dp), NULL, NULL);
}

static void port_new(int dp, unsigned int number, const char *name)
{
	char buf[MESSAGE_MAX];
	struct nlmsghdr *nlh =
		message(buf, family(OVS_VPORT_FAMILY), OVS_VPORT_CMD_NEW, NLM_F_ACK, dp);

	mnl_attr_put_strz(nlh, OVS_VPORT_ATTR_NAME, name);
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_PORT_NO, number);
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_TYPE, OVS_VPORT_TYPE_NETDEV);
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_UPCALL_PID, 0);
	ask(nlh, NULL, NULL);
}

static void output_put(struct nlmsghdr *nlh, unsigned int port)
{
	struct nlattr *actions = mnl_attr_nest_start(nlh, OVS_FLOW_ATTR_ACTIONS);

	mnl_attr_put_u32(nlh, OVS_ACTION_ATTR_OUTPUT, port);
	mnl_attr_nest_end(nlh, actions);
}

/* Whatever comes in by one port and is of this type leaves by the other. */
static void forward(int dp, unsigned int from, unsigned int to, unsigned int eth_type)
{
	const struct ovs_key_ethernet eth = {};
	const struct ovs_key_ipv4 ipv4 = {};
	const struct ovs_key_arp arp = {};
	bool is_ip = eth_type == ETH_P_IP;
	char buf[MESSAGE_MAX];
	struct nlmsghdr *nlh =
		message(buf, family(OVS_FLOW_FAMILY), OVS_FLOW_CMD_NEW, NLM_F_ACK, dp);
	struct nlattr *nest = mnl_attr_nest_start(nlh, OVS_FLOW_ATTR_KEY);

	mnl_attr_put_u32(nlh, OVS_KEY_ATTR_IN_PORT, from);
	mnl_attr_put(nlh, OVS_KEY_ATTR_ETHERNET, sizeof(eth), &eth);
	mnl_attr_put_u16(nlh, OVS_KEY_ATTR_ETHERTYPE, htons(eth_type));
	if (is_ip)
		mnl_attr_put(nlh, OVS_KEY_ATTR_IPV4, sizeof(ipv4), &ipv4);
	else
		mnl_attr_put(nlh, OVS_KEY_ATTR_ARP, sizeof(arp), &arp);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, OVS_FLOW_ATTR_MASK);
	mnl_attr_put_u32(nlh, OVS_KEY_ATTR_IN_PORT, UINT32_MAX);
	mnl_attr_put_u16(nlh, OVS_KEY_ATTR_ETHERTYPE, 0xffff);
	mnl_attr_nest_end(nlh, nest);
	output_put(nlh, to);
	ask(nlh, NULL, NULL);
}

static void bridge(const char *a, const char *b)
{
	int dp = dp_new("br");

	port_new(dp, 1, a);
	port_new(dp, 2, b);
	forward(dp, 1, 2, ETH_P_IP);
	forward(dp, 2, 1, ETH_P_IP);
	forward(dp, 1, 2, ETH_P_ARP);
	forward(dp, 2, 1, ETH_P_ARP);
}

/* --- many flows */

struct fields {
	struct ovs_key_ethernet eth;
	struct ovs_key_ipv4 ipv4;
	struct ovs_key_tcp tcp;
};

static void fields_put(struct nlmsghdr *nlh, int type, const struct fields *f, bool is_mask)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put_u32(nlh, OVS_KEY_ATTR_IN_PORT, is_mask ? UINT32_MAX : 0);
	mnl_attr_put(nlh, OVS_KEY_ATTR_ETHERNET, sizeof(f->eth), &f->eth);
	mnl_attr_put_u16(nlh, OVS_KEY_ATTR_ETHERTYPE, is_mask ? 0xffff : htons(ETH_P_IP));
	mnl_attr_put(nlh, OVS_KEY_ATTR_IPV4, sizeof(f->ipv4), &f->ipv4);
	mnl_attr_put(nlh, OVS_KEY_ATTR_TCP, sizeof(f->tcp), &f->tcp);
	mnl_attr_put_u16(nlh, OVS_KEY_ATTR_TCP_FLAGS, 0);
	mnl_attr_nest_end(nlh, nest);
}

/*
 * The destination tells all flows apart, so that none overlaps with another; beside it, each mask
 * has bits of its own.
 */
static struct nlmsghdr *flow_put(void *buf, int type, int dp, unsigned int i)
{
	unsigned int which = i % MASKS;
	const unsigned int ufid[4] = { i, i * 2654435761u, ~i, which };
	const struct fields key = {
		.eth = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } },
		.ipv4 = { .ipv4_src = htonl(0xc0000201),
			  .ipv4_dst = htonl(10u << 24 | i),
			  .ipv4_proto = IPPROTO_TCP,
			  .ipv4_ttl = 64 },
		.tcp = { htons(1024 + which), htons(80) },
	};
	const struct fields mask = {
		.ipv4 = { .ipv4_src = htonl(UINT32_MAX << (which * 4)),
			  .ipv4_dst = UINT32_MAX,
			  .ipv4_proto = 0xff },
		.tcp = { which & 1 ? 0xffff : 0, 0xffff },
	};
	struct nlmsghdr *nlh = message(buf, type, OVS_FLOW_CMD_NEW, NLM_F_CREATE, dp);

	mnl_attr_put(nlh, OVS_FLOW_ATTR_UFID, sizeof(ufid), ufid);
	fields_put(nlh, OVS_FLOW_ATTR_KEY, &key, false);
	fields_put(nlh, OVS_FLOW_ATTR_MASK, &mask, true);
	output_put(nlh, 0);
	return nlh;
}

/* Sends @count flows, @BATCH a datagram, and waits until the last was taken. Returns the time. */
static unsigned long long insert(int dp, unsigned int count)
{
	int type = family(OVS_FLOW_FAMILY);
	char *all = malloc((size_t)count * MESSAGE_MAX), *at = all, *from;
	struct nlmsghdr *nlh;
	unsigned long long start;
	unsigned int i;

	if (!all)
		die("memory");
	for (i = 0; i < count; i++) {
		nlh = flow_put(at, type, dp, i);
		if (i == count - 1)
			nlh->nlmsg_flags |= NLM_F_ACK;
		at += nlh->nlmsg_len;
	}
	*(struct nlmsghdr *)at = (struct nlmsghdr){};

	start = now_us();
	for (at = all, i = 0; i < count;) {
		from = at;
		do {
			at += ((struct nlmsghdr *)at)->nlmsg_len;
			i++;
		} while (i < count && i % BATCH);
		if (mnl_socket_sendto(nl, from, at - from) < 0)
			die("send");
	}
	answers(NULL, NULL);
	free(all);
	return now_us() - start;
}

static void flows(unsigned int count)
{
	int dp = dp_new("many"), type = family(OVS_FLOW_FAMILY);
	unsigned long long start;
	char buf[MESSAGE_MAX];
	struct nlmsghdr *nlh;
	long found;

	printf("insert %llu\n", insert(dp, count));
	nlh = message(buf, type, OVS_FLOW_CMD_GET, NLM_F_DUMP, dp);
	start = now_us();
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("send");
	found = answers(NULL, NULL);
	printf("dump %llu\n", now_us() - start);
	if (found != count) {
		fprintf(stderr, "bench: %ld flows of %u are there\n", found, count);
		exit(1);
	}
	dp_del(dp);
}

/* --- TCP */

static int tcp(const char *addr, const char *port, struct sockaddr_in *sin)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	*sin = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	inet_pton(AF_INET, addr, &sin->sin_addr);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		die("socket");
	return fd;
}

static void sink(const char *port)
{
	struct sockaddr_in sin;
	int fd = tcp("0.0.0.0", port, &sin), connection;

	if (bind(fd, (void *)&sin, sizeof(sin)) < 0 || listen(fd, 1) < 0)
		die("listen");
	connection = accept(fd, NULL, NULL);
	while (read(connection, answer, sizeof(answer)) > 0)
		;
	close(connection);
}

/* What was taken by the far end counts: it closes when it has read all. */
static void source(const char *addr, const char *port, unsigned int seconds)
{
	struct sockaddr_in sin;
	int fd = tcp(addr, port, &sin), tries;
	unsigned long long start, bytes = 0;
	ssize_t n;

	for (tries = 0; connect(fd, (void *)&sin, sizeof(sin)) < 0; tries++) {
		if (tries == 50)
			die("connect");
		usleep(100000);
	}
	start = now_us();
	while (now_us() - start < seconds * 1000000ULL) {
		n = write(fd, answer, sizeof(answer));
		if (n < 0)
			die("write");
		bytes += n;
	}
	shutdown(fd, SHUT_WR);
	while (read(fd, answer, sizeof(answer)) > 0)
		;
	printf("tcp %llu %llu\n", bytes, now_us() - start);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink");
	if (!strcmp(what, "bridge") && argc == 4)
		bridge(argv[2], argv[3]);
	else if (!strcmp(what, "unbridge") && argc == 2)
		dp_del(if_nametoindex("br"));
	else if (!strcmp(what, "flows") && argc == 3)
		flows(atoi(argv[2]));
	else if (!strcmp(what, "sink") && argc == 3)
		sink(argv[2]);
	else if (!strcmp(what, "source") && argc == 5)
		source(argv[2], argv[3], atoi(argv[4]));
	else
		return 2;
	return 0;
}
