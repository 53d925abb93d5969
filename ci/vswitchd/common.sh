# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# In the guest, what the scenarios are written in: a bridge, namespaces that are ports of it, and
# what must hold. A scenario is run by "sh -e": the first thing that fails ends it, and the last
# lines it printed tell why.

readonly log=/var/log/openvswitch/ovs-vswitchd.log
readonly kept=/host/compare # what both targets must agree on, one file per fact

# Busybox has applets of the same names, and its shell prefers those to the path.
ip() {
	/bin/ip "$@"
}

fail() {
	echo "$*" >&2
	exit 1
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local tries=$(($1 * 10))

	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "still not so: $*"
		usleep 100000
	done
}

# --- the daemons

start_database() {
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	touch /etc/resolv.conf /etc/hosts
	mkdir -p /var/run/openvswitch /var/run/netns /var/log/openvswitch /etc/openvswitch
	ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
	ovsdb-server --pidfile --detach --no-chdir --remote=punix:/var/run/openvswitch/db.sock \
		-vconsole:off
	# A flow is to be there when it is looked for, however slow the machine.
	ovs-vsctl --no-wait init -- set Open_vSwitch . \
		other_config:max-idle=600000 other_config:min-revalidate-pps=0
}

# A daemon that counts the processors in its first 10 s of monotonic time counts none, and starts no
# handler.
wait_uptime() {
	local up

	while read -r up _ </proc/uptime && [ "${up%.*}" -lt 11 ]; do
		usleep 200000
	done
}

start_daemon() {
	wait_uptime
	ovs-vswitchd --pidfile --detach --no-chdir --log-file="$log" -vconsole:off
}

# stop_daemon [--cleanup]
stop_daemon() {
	local pid

	pid=$(cat /var/run/openvswitch/ovs-vswitchd.pid)
	ovs-appctl exit "$@"
	wait_for 20 gone "/proc/$pid"
}

gone() {
	! [ -e "$1" ]
}

# --- things to build from

# bridge NAME...
bridge() {
	local name

	for name; do
		shift
		set -- "$@" -- add-br "$name" \
			-- set bridge "$name" other_config:hwaddr=02:00:00:00:ff:01
	done
	ovs-vsctl "$@"
}

# mac NAME: the address of a namespace's device, from the name's first letter
mac() {
	printf '02:00:00:00:00:%02x\n' "'$1"
}

# device NAME ADDRESS: a namespace; its eth0's other end is NAME, out here. Without an IPv6 address
# nothing of IPv6 is wanted: its multicast comes when it likes.
device() {
	local name=$1 address=$2 option=''

	ip netns add "$name"
	case $address in
	*:*) option=nodad ;;
	*) on "$name" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' ;;
	esac
	ip -batch - <<-END
		link add name $name type veth peer name eth0 address $(mac "$name") netns $name
		link set dev $name up
	END
	ip -n "$name" -batch - <<-END
		link set lo up
		link set eth0 up
		address add $address dev eth0 $option
	END
}

# host NAME ADDRESS [SETTING]...: a namespace that is a port of br0: "host a 10.0.0.1/24 tag=5"
host() {
	local name=$1 address=$2

	shift 2
	device "$name" "$address"
	ovs-vsctl add-port br0 "$name" "$@"
}

# on NAME COMMAND...
on() {
	local name=$1

	shift
	ip netns exec "$name" "$@"
}

# openflow COMMAND...: where the machine is busy, the daemon may take longer than the second that it
# gives a connection to begin, and drop it; nothing has been asked then.
openflow() {
	local tries=5

	while ! ovs-ofctl -O OpenFlow13 "$@" 2>/tmp/openflow; do
		tries=$((tries - 1))
		grep -qE 'Broken pipe|Connection reset' /tmp/openflow && [ $tries -gt 0 ] ||
			fail "$(cat /tmp/openflow)"
	done
}

# flows BRIDGE: replaces its OpenFlow rules with those read from the standard input
flows() {
	cat >/tmp/flows
	openflow replace-flows "$1" /tmp/flows
}

# tunnel TYPE LINK: a tunnel of the bridge to a namespace whose own end is what LINK tells iproute2.
# The underlay is a wire that is no port of any bridge.
tunnel() {
	bridge br0
	host a 10.0.0.1/24
	device far 172.16.0.2/24
	ip address add 172.16.0.1/24 dev far
	ovs-vsctl add-port br0 tunnel -- set interface tunnel type="$1" \
		options:remote_ip=172.16.0.2 options:key=42
	[ "$(ovs-vsctl get interface tunnel error)" = "[]" ] ||
		fail "no port: $(ovs-vsctl get interface tunnel error)"
	# shellcheck disable=SC2086 # one word each
	ip -n far link add name remote address 02:00:00:00:01:01 mtu 1400 $2
	ip -n far address add 10.0.0.2/24 dev remote
	ip -n far link set remote up
	reaches a 10.0.0.2
	reaches a 10.0.0.2 -s 1300
	keep_flows
	keep_show
}

# Everything that a scenario may have made; the traffic first, or the daemon finds packets of ports
# that it has just forgotten, and warns of them.
tidy_up() {
	local name

	for name in $(ip netns list | cut -d ' ' -f 1); do
		ip netns pids "$name" | xargs -r kill
		ip link set dev "$name" down || true # unless it is gone
	done
	for name in $(ovs-vsctl list-br); do
		set -- "$@" -- del-br "$name"
	done
	[ $# -eq 0 ] || ovs-vsctl "$@"
	for name in $(ip netns list | cut -d ' ' -f 1); do
		ip netns delete "$name"
	done
	for name in $(ip -o link show type veth | sed 's/^[0-9]*: \([^@:]*\).*/\1/'); do
		ip link delete dev "$name" 2>/dev/null || true # its peer took it along
	done
}

# --- what must hold

# carry FROM TO ADDRESS PORT FILE: by TCP, from one namespace to another; prints what arrives. The
# server's own input must not end before the client's does, or nc closes the connection.
carry() {
	rm -f /tmp/open
	mkfifo /tmp/open
	on "$2" nc -l -p "$4" <>/tmp/open &
	wait_for 5 listening "$2" "$4"
	on "$1" nc -w 10 "$3" "$4" <"$5" >/dev/null || true
	wait $!
}

# listening NAME PORT: whether a TCP server does
listening() {
	on "$1" netstat -ltn | grep -q ":$2 "
}

# reaches NAME ADDRESS [PING_OPTION]...: no reply is lost
reaches() {
	local name=$1 address=$2

	shift 2
	on "$name" ping -q -c 5 -i 0.05 -W 10 "$@" "$address" >/tmp/ping || true
	grep -q ' 0% packet loss' /tmp/ping ||
		fail "$name does not reach $address: $(grep loss /tmp/ping)"
}

# never_reaches NAME ADDRESS [PING_OPTION]...
never_reaches() {
	local name=$1 address=$2

	shift 2
	! on "$name" ping -q -c 3 -i 0.05 -W 1 "$@" "$address" >/tmp/ping ||
		fail "$name reaches $address, and should not: $(grep loss /tmp/ping)"
}

# stream NAME ADDRESS: pings until it is ended; sets "stream"
stream() {
	/bin/ip netns exec "$1" ping -q -i 0.05 -W 5 "$2" >"/tmp/stream.$2" &
	stream=$!
}

# end_stream PROCESS ADDRESS: sets "lost", in percent
end_stream() {
	kill -INT "$1"
	wait "$1" || true
	lost=$(sed -n 's/.* \([0-9]*\)[.0-9]*% packet loss.*/\1/p' "/tmp/stream.$2")
	[ "$lost" ] || fail "no traffic: $(cat "/tmp/stream.$2")"
}

# packets BRIDGE MATCH: how many the OpenFlow rules of this match have seen
packets() {
	ovs-appctl revalidator/wait
	openflow dump-flows "$1" "$2" |
		sed -n 's/.*n_packets=\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}

# at_least NUMBER WHAT COUNT
at_least() {
	[ "$3" -ge "$1" ] || fail "$2: $3, wanted at least $1"
}

# The handler threads, each with how often it has been woken.
handlers() {
	local task

	for task in /proc/"$(cat /var/run/openvswitch/ovs-vswitchd.pid)"/task/*; do
		if grep -q ^handler "$task/comm"; then
			cat "$task/comm"
			awk '/^voluntary/ { print $2 }' "$task/status"
		fi
	done | paste - -
}

# handler_of_misses FROM TO ADDRESS PROCESSORS PORT: prints the handler which was woken most when 20
# packets missed, sent from a processor of this mask, and how often. Each is for another UDP port,
# from PORT on: with exact flows ("ovs-appctl upcall/disable-megaflows", which starts the threads
# anew) that is enough to miss. What answers is the ICMP of a closed port.
handler_of_misses() {
	local before

	on "$2" sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit'
	before=$(handlers)
	on "$1" taskset "$4" traceroute -n -q 20 -w 10 -f 9 -m 9 -p "$5" "$3" >/tmp/misses
	! grep -q '[*]' /tmp/misses || fail "a packet was lost: $(cat /tmp/misses)"
	{ echo "$before"; handlers; } | awk '
		$1 in was && $2 - was[$1] > most { most = $2 - was[$1]; name = $1 }
		{ was[$1] = $2 }
		END { print name, most; exit !most }'
}

# --- what is told

# figure NAME VALUE UNIT: for the host to list
figure() {
	printf '%s\t%s\t%s\n' "$@" >>/host/figures
}

# may_warn REGULAR_EXPRESSION: what the daemon may warn of in this scenario; the scenario says why
may_warn() {
	echo "$1" >>/tmp/may-warn
}

# --- what both targets must agree on

# keep NAME: the standard input, for the host to compare; NAME begins with the scenario's own
keep() {
	mkdir -p "$kept"
	cat >"$kept/$scenario.$1"
}

# Less what differs from one run to the next: counters, times, ids, and ARP, which comes when it
# likes.
normal_flows() {
	grep -v 'eth_type(0x0806)' |
		sed 's/^ufid:[^ ]*, *//; s/, packets:.*, used:[^,]*//; s/, flags:[A-Z.]*//
			s/, *dp:ovs//; s/recirc\(_id\)*(0x[0-9a-f]*)/recirc\1(ID)/' | sort
}

normal_show() {
	sed 's/\(lookups:\).*/\1/; s/\(flows:\).*/\1/; s/hit:[0-9]* total:[0-9]* hit.*/hit:/;
		/cache: hit:/d'
}

# Once the bridge has learnt the addresses and what it installed before is made anew.
keep_flows() {
	ovs-appctl revalidator/wait
	ovs-dpctl --names -m dump-flows | normal_flows | keep flows
}

keep_show() {
	ovs-dpctl show | normal_show | keep show
}
