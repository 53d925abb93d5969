/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/klog.h"

#include <string.h>

#include "tests/test.h"

#define ROOM 4

static size_t judge(const char *log, struct rig_klog_finding *findings)
{
	return rig_klog_judge(log, strlen(log), findings, ROOM);
}

static void clean_log(void)
{
	static const char log[] =
		"[    0.000000] Linux version 6.1.0-52-amd64 (debian-kernel@lists.debian.org)\n"
		"[    0.100000] Spectre V2 : WARNING: Unprivileged eBPF is enabled\n"
		"[    0.150000] lockdep: fixing up alternatives.\n"
		"[    0.160000] PM: Using 3 debug traps\n"
		"[    0.200000] openvswitch: Open vSwitch switching datapath\n"
		"[    0.300000] openvswitch_ref: loading out-of-tree module taints kernel.\n"
		"[    0.400000] device br0 entered promiscuous mode\n"
		"[    0.500000] ACPI: bus type PCI registered\n";
	struct rig_klog_finding findings[ROOM];

	CU_ASSERT_EQUAL(judge(log, findings), 0);
	CU_ASSERT_EQUAL(judge("", findings), 0);
}

static void whole_log(void)
{
	static const struct {
		const char *log;
		bool whole;
	} row[] = {
		{ "<5>[    0.000000] Linux version 6.1.0-52-amd64\nx\n", true },
		{ "Linux version 6.1.176 (buildd@host)\n", true },
		{ "", false },
		{ "[    9.000000] device br0 entered promiscuous mode\n", false },
		{ "[    9.000000] x\nLinux version 6.1.176\n", false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(rig_klog_is_whole(row[i].log, strlen(row[i].log)), row[i].whole);
}

/* Each headline, as the kernel writes it, is one finding of the right name. */
static void each_checker(void)
{
	static const struct {
		const char *line;
		const char *what;
	} row[] = {
		{ "BUG: KASAN: use-after-free in ovs_ct_exit+0x12/0x34 [openvswitch]",
		  "KASAN report" },
		{ "BUG: KFENCE: out-of-bounds read in f+0x1/0x2", "KFENCE report" },
		{ "UBSAN: array-index-out-of-bounds in net/openvswitch/conntrack.c:1234:5",
		  "UBSAN report" },
		{ "WARNING: possible circular locking dependency detected",
		  "lockdep: circular locking" },
		{ "WARNING: possible recursive locking detected", "lockdep: recursive locking" },
		{ "WARNING: inconsistent lock state", "lockdep: inconsistent state" },
		{ "[ BUG: Invalid wait context ]", "lockdep: invalid wait context" },
		{ "WARNING: suspicious RCU usage", "RCU: suspicious usage" },
		{ "rcu: INFO: rcu_preempt self-detected stall on CPU", "RCU: stall" },
		{ "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:", "RCU: stall" },
		{ "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [nlrig:123]", "lockup" },
		{ "INFO: task nlrig:123 blocked for more than 120 seconds.", "hung task" },
		{ "BUG: sleeping function called from invalid context at mm/slab.h:420",
		  "sleep in atomic context" },
		{ "BUG: scheduling while atomic: nlrig/1/0x00000002", "sleep in atomic context" },
		{ "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
		  "memory leak" },
		{ "unreferenced object 0xffff888003a4c000 (size 64):", "memory leak" },
		{ "BUG kmalloc-64 (Not tainted): Redzone overwritten", "slab corruption" },
		{ "BUG sw_flow (Tainted: G): Objects remaining in sw_flow on "
		  "__kmem_cache_shutdown()",
		  "slab objects left" },
		{ "list_del corruption. prev->next should be 0, but was 1", "list corruption" },
		{ "ODEBUG: free active (active state 0) object type: timer_list", "debug objects" },
		{ "refcount_t: underflow; use-after-free.", "reference count" },
		{ "unregister_netdevice: waiting for br0 to become free. Usage count = 1",
		  "netdev reference leaked" },
		{ "skbuff: skb_over_panic: text:ffffffff len:100 put:10", "skb overrun" },
		{ "kernel BUG at net/core/skbuff.c:113!", "BUG" },
		{ "BUG: kernel NULL pointer dereference, address: 0000000000000008", "oops" },
		{ "general protection fault, probably for non-canonical address 0xdead", "oops" },
		{ "Kernel panic - not syncing: Fatal exception in interrupt", "panic" },
		{ "WARNING: CPU: 0 PID: 1 at net/core/skbuff.c:1 f+0x1/0x2", "WARN" },
		{ "WARNING: Nested lock was not taken", "WARN" },
		{ "nlrig: page allocation failure: order:4, mode:0x40dc0", "allocation failure" },
		{ "sysfs: cannot create duplicate filename '/class/net/br0'", "sysfs name taken" },
		{ "BUG: something that nobody listed", "BUG" },
	};
	struct rig_klog_finding findings[ROOM];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(judge(row[i].line, findings), 1);
		CU_ASSERT_STRING_EQUAL(findings[0].what, row[i].what);
		CU_ASSERT_EQUAL(findings[0].len, strlen(row[i].line));
	}
}

static void one_report_is_one_finding(void)
{
	static const char log[] = "[    1.000000] all is well\r\n"
				  "<1>[    1.100000] BUG: kernel NULL pointer dereference, "
				  "address: 0000000000000008\r\n"
				  "[    1.100001] #PF: supervisor read access in kernel mode\r\n"
				  "[    1.100002] Oops: 0000 [#1] PREEMPT SMP NOPTI\r\n"
				  "[    1.100003] Call Trace:\r\n"
				  "[    1.100004]  </TASK>\r\n"
				  "[    1.100005] ---[ end trace 0000000000000000 ]---\r\n"
				  "[    1.200000] Kernel panic - not syncing: Fatal exception\r\n";
	struct rig_klog_finding findings[ROOM];

	CU_ASSERT_EQUAL(judge(log, findings), 2);
	CU_ASSERT_EQUAL(findings[0].line, 2);
	CU_ASSERT_STRING_EQUAL(findings[0].what, "oops");
	CU_ASSERT_EQUAL(strncmp(findings[0].text, "BUG: kernel NULL", 16), 0);
	CU_ASSERT_PTR_NOT_NULL(
		memmem(findings[0].context, findings[0].context_len, "---[ end trace", 14));
	CU_ASSERT_PTR_NULL(memmem(findings[0].context, findings[0].context_len, "panic", 5));
	CU_ASSERT_EQUAL(findings[1].line, 8);
	CU_ASSERT_STRING_EQUAL(findings[1].what, "panic");
}

static void two_warnings_in_a_row(void)
{
	static const char log[] = "------------[ cut here ]------------\n"
				  "WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
				  "---[ end trace 0000000000000000 ]---\n"
				  "------------[ cut here ]------------\n"
				  "WARNING: CPU: 0 PID: 1 at b.c:1 g+0x1/0x2\n"
				  "---[ end trace 0000000000000000 ]---\n";
	struct rig_klog_finding findings[ROOM];

	CU_ASSERT_EQUAL(judge(log, findings), 2);
	CU_ASSERT_EQUAL(findings[1].line, 5);
}

/* A report that is cut off must not hide what follows it. */
static void report_without_end(void)
{
	static const char log[] = "WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
				  "BUG: KASAN: use-after-free in f+0x1/0x2\n";
	struct rig_klog_finding findings[ROOM];

	CU_ASSERT_EQUAL(judge(log, findings), 2);
}

static void fault_of_the_machine(void)
{
	static const char own[] =
		"WARNING: suspicious RCU usage\n6.1.192 #1 Not tainted\n-----\n"
		"lib/maple_tree.c:860 suspicious rcu_dereference_check() usage!\n";
	static const char other[] =
		"WARNING: suspicious RCU usage\n6.1.192 #1 Not tainted\n-----\n"
		"net/openvswitch/vport.c:1 suspicious rcu_dereference_check() usage!\n";
	struct rig_klog_finding findings[ROOM];

	CU_ASSERT_EQUAL(judge(own, findings), 0);
	CU_ASSERT_EQUAL(judge(other, findings), 1);
}

static void more_than_there_is_room_for(void)
{
	static const char log[] = "BUG: a\nBUG: b\nBUG: c\nBUG: d\nBUG: e\nBUG: f\n";
	struct rig_klog_finding findings[ROOM];

	CU_ASSERT_EQUAL(judge(log, findings), 6);
	CU_ASSERT_EQUAL(findings[ROOM - 1].line, ROOM);
}

RIG_TEST_SUITE(klog, { "clean log", clean_log }, { "whole log", whole_log },
	       { "each checker", each_checker },
	       { "one report is one finding", one_report_is_one_finding },
	       { "two warnings in a row", two_warnings_in_a_row },
	       { "report without end", report_without_end },
	       { "fault of the machine", fault_of_the_machine },
	       { "more than there is room for", more_than_there_is_room_for });
