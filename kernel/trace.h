/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints, under events/openvswitch_ref/: what is asked, what is looked up, what goes up. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM openvswitch_ref

#if !defined(OVSR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define OVSR_TRACE_H

#include <linux/tracepoint.h>
#include <net/genetlink.h>

#include "datapath.h"
#include "upcall.h"
#include "vport.h"

/* clang-format off */

/* A request, if not a dump, that generic netlink has let through, before it is carried out. */
TRACE_EVENT(ovsr_request,
	TP_PROTO(const struct genl_family *family, const struct genl_info *info),
	TP_ARGS(family, info),
	TP_STRUCT__entry(
		__string(family, family->name)
		__field(u8, cmd)
		__field(u16, flags)
		__field(u32, seq)
		__field(u32, portid)
		__field(int, dp_ifindex)
	),
	TP_fast_assign(
		__assign_str(family, family->name);
		__entry->cmd = info->genlhdr->cmd;
		__entry->flags = info->nlhdr->nlmsg_flags;
		__entry->seq = info->snd_seq;
		__entry->portid = info->snd_portid;
		__entry->dp_ifindex = ((const struct ovs_header *)info->userhdr)->dp_ifindex;
	),
	TP_printk("%s cmd=%u flags=%#x seq=%u portid=%u dp=%d", __get_str(family), __entry->cmd,
		  __entry->flags, __entry->seq, __entry->portid, __entry->dp_ifindex)
);

/* A packet that was looked up.  masks: how many were tried. */
TRACE_EVENT(ovsr_verdict,
	TP_PROTO(const struct ovsr_vport *in, const struct sk_buff *skb,
		 const struct ovsr_key *key, const struct ovsr_flow *flow, u32 masks),
	TP_ARGS(in, skb, key, flow, masks),
	TP_STRUCT__entry(
		__string(port, in->dev->name)
		__field(const void *, skb)
		__field(u32, len)
		__field(u16, eth_type)
		__field(u32, recirc_id)
		__field(u32, masks)
		__field(bool, hit)
		__field(u32, flow)
	),
	TP_fast_assign(
		__assign_str(port, in->dev->name);
		__entry->skb = skb;
		__entry->len = skb->len;
		__entry->eth_type = ntohs(key->eth_type);
		__entry->recirc_id = key->recirc_id;
		__entry->masks = masks;
		__entry->hit = flow;
		__entry->flow = flow ? flow->index : 0;
	),
	TP_printk("in=%s skb=%p len=%u eth_type=%#06x recirc_id=%#x masks=%u %s flow=%u",
		  __get_str(port), __entry->skb, __entry->len, __entry->eth_type,
		  __entry->recirc_id, __entry->masks, __entry->hit ? "hit" : "miss", __entry->flow)
);

/* A packet for userspace.  err: why it was lost, or 0. */
TRACE_EVENT(ovsr_upcall,
	TP_PROTO(const struct ovsr_upcall *upcall, const struct sk_buff *skb, int err),
	TP_ARGS(upcall, skb, err),
	TP_STRUCT__entry(
		__field(const void *, skb)
		__field(u32, len)
		__field(u8, cmd)
		__field(u32, portid)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->skb = skb;
		__entry->len = skb->len;
		__entry->cmd = upcall->cmd;
		__entry->portid = upcall->portid;
		__entry->err = err;
	),
	TP_printk("%s skb=%p len=%u portid=%u err=%d",
		  __print_symbolic(__entry->cmd, { OVS_PACKET_CMD_MISS, "miss" },
				   { OVS_PACKET_CMD_ACTION, "action" }),
		  __entry->skb, __entry->len, __entry->portid, __entry->err)
);

/* clang-format on */

#endif /* OVSR_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
