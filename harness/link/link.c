/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <string.h>

#include "link/ops.h"

const char *const rig_target_name[RIG_TARGETS] = {
	[RIG_TARGET_MODEL] = "model",
	[RIG_TARGET_INTREE] = "intree",
	[RIG_TARGET_REF] = "ref",
};

bool rig_link_in_guest(char *vm, size_t size)
{
	char line[4096] = " ", *mark;
	FILE *f = fopen("/proc/cmdline", "re");
	size_t len;

	if (!f)
		return false;
	if (!fgets(line + 1, sizeof(line) - 1, f))
		line[1] = '\0';
	fclose(f);

	mark = strstr(line, " nlrig.vm=");
	if (!mark)
		return false;
	mark += strlen(" nlrig.vm=");
	len = strcspn(mark, " \n");
	snprintf(vm, size, "%.*s", (int)len, mark);
	return true;
}

void rig_link_mac(uint8_t mac[6], unsigned int n, bool far)
{
	const uint8_t address[6] = { 0x02, 'r', 'i', 'g', far, n };

	memcpy(mac, address, sizeof(address));
}

struct rig_link *rig_link_open(enum rig_target target, unsigned int number, struct rig_error *err)
{
	if (target == RIG_TARGET_MODEL)
		return rig_link_open_model(err);
	return rig_link_open_kernel(target, number, err);
}

void rig_link_close(struct rig_link *link)
{
	if (link)
		link->ops->close(link);
}

const struct rig_link_facts *rig_link_facts(const struct rig_link *link)
{
	return &link->facts;
}

int rig_link_netns_add(struct rig_link *link, const char *name, struct rig_error *err)
{
	return link->ops->netns_add(link, name, err);
}

int rig_link_socket_new(struct rig_link *link, struct rig_link_socket *sock, struct rig_error *err)
{
	return link->ops->socket_new(link, sock, err);
}

int rig_link_socket_close(struct rig_link *link, int handle, struct rig_error *err)
{
	return link->ops->socket_close(link, handle, err);
}

struct mnl_socket *rig_link_socket_bare(struct rig_link *link, int handle)
{
	return link->ops->socket_bare ? link->ops->socket_bare(link, handle) : NULL;
}

int rig_link_join(struct rig_link *link, int handle, uint32_t group, struct rig_error *err)
{
	return link->ops->join(link, handle, group, err);
}

int rig_link_send(struct rig_link *link, int handle, const struct rig_link_datagram *list,
		  unsigned int count, struct rig_error *err)
{
	return link->ops->send(link, handle, list, count, err);
}

int rig_link_netdev_add(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	return link->ops->netdev_add(link, dev, err);
}

int rig_link_netdev_remove(struct rig_link *link, const char *name, struct rig_error *err)
{
	return link->ops->netdev_remove(link, name, err);
}

int rig_link_netdev_find(struct rig_link *link, struct rig_link_netdev *dev, struct rig_error *err)
{
	return link->ops->netdev_find(link, dev, err);
}

int rig_link_watch(struct rig_link *link, const char *name, const char *netns,
		   struct rig_error *err)
{
	return link->ops->watch(link, name, netns, err);
}

int rig_link_frame_put(struct rig_link *link, const char *name, const void *frame, size_t len,
		       struct rig_error *err)
{
	return link->ops->frame_put(link, name, frame, len, err);
}

int rig_link_receive(struct rig_link *link, int timeout_ms, struct rig_event *event,
		     struct rig_error *err)
{
	return link->ops->receive(link, timeout_ms, event, err);
}

int rig_link_clean(struct rig_link *link, struct rig_link_left *left, struct rig_error *err)
{
	return link->ops->clean(link, left, err);
}

int rig_link_forget_counts(struct rig_link *link, const uint16_t *zones, size_t count,
			   struct rig_error *err)
{
	return link->ops->forget_counts ? link->ops->forget_counts(link, zones, count, err) : 0;
}
