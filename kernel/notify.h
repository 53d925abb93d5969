/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OVSR_NOTIFY_H
#define OVSR_NOTIFY_H

#include <linux/openvswitch.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

/* What a message answers: a request, one step of a dump, or nobody (all zero but @cmd). */
struct ovsr_reply {
	u32 portid;
	u32 seq;
	int flags;
	u8 cmd;
};

static inline struct ovsr_reply ovsr_reply_to(const struct genl_info *info, u8 cmd)
{
	return (struct ovsr_reply){ info->snd_portid, info->snd_seq, 0, cmd };
}

static inline struct ovsr_reply ovsr_reply_dump(const struct netlink_callback *cb, u8 cmd)
{
	return (struct ovsr_reply){ NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, NLM_F_MULTI,
				    cmd };
}

/* Room for @size bytes of attributes and ovs_header, or NULL. */
struct sk_buff *ovsr_msg_alloc(size_t size);
/* The same for @n attributes of at most @lens bytes each. */
struct sk_buff *ovsr_msg_alloc_for(const size_t *lens, unsigned int n);

struct ovs_header *ovsr_reply_put(struct sk_buff *msg, const struct genl_family *family,
				  const struct ovsr_reply *reply, int dp_ifindex);

/* Userspace sets NLM_F_ECHO to have the new state sent back to it; listeners get it always. */
bool ovsr_notify_wanted(const struct genl_family *family, struct genl_info *info);
/*
 * Ends a command that may have changed something: tells the world by @msg, or throws it away after
 * the error @err. @msg is NULL when nobody wants to hear. Returns @err.
 */
int ovsr_notify(const struct genl_family *family, struct sk_buff *msg, struct genl_info *info,
		int err);

/* Ports whose device goes away by itself. */
void ovsr_notify_detach_work(struct work_struct *work);
int ovsr_notify_init(void);
void ovsr_notify_exit(void);

#endif /* OVSR_NOTIFY_H */
