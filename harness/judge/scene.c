/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge/scene.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "link/link.h"

#define IFINDEX_SUFFIX ".ifindex"

const struct rig_scene_socket *rig_scene_socket_find(const struct rig_scene *scene,
						     const char *name)
{
	const struct rig_scene_socket *socket = scene->sockets;

	while (socket && strcmp(socket->name, name))
		socket = socket->next;
	return socket;
}

const char *rig_scene_socket_name(void *context, unsigned int handle)
{
	const struct rig_scene *scene = context;

	for (const struct rig_scene_socket *s = scene->sockets; s; s = s->next)
		if (s->handle == handle)
			return s->name;
	return "?";
}

int rig_scene_socket_add(struct rig_scene *scene, const struct rig_scene_socket *socket)
{
	struct rig_scene_socket *copy = rig_arena_alloc(scene->arena, sizeof(*copy));

	if (!copy)
		return -1;
	*copy = *socket;
	copy->next = scene->sockets;
	scene->sockets = copy;
	return rig_scene_symbol_set(scene, copy->name, copy->portid);
}

int rig_scene_symbol_set(struct rig_scene *scene, const char *name, uint64_t value)
{
	struct rig_scene_symbol *symbol = rig_arena_alloc(scene->arena, sizeof(*symbol));

	if (!symbol)
		return -1;
	*symbol = (struct rig_scene_symbol){ scene->symbols, name, value };
	scene->symbols = symbol;
	return 0;
}

int rig_scene_netdev_add(struct rig_scene *scene, const char *name, const char *netns, int ifindex)
{
	struct rig_scene_netdev *netdev = rig_arena_alloc(scene->arena, sizeof(*netdev));
	char symbol[IFNAMSIZ + sizeof(IFINDEX_SUFFIX)];
	const char *copy;

	snprintf(symbol, sizeof(symbol), "%s" IFINDEX_SUFFIX, name);
	copy = rig_arena_copy(scene->arena, symbol, strlen(symbol));
	if (!netdev || !copy)
		return -1;
	*netdev = (struct rig_scene_netdev){ scene->netdevs, name, netns };
	scene->netdevs = netdev;
	return rig_scene_symbol_set(scene, copy, (uint64_t)(unsigned int)ifindex);
}

const char *rig_scene_netns_of(const struct rig_scene *scene, const char *name)
{
	for (const struct rig_scene_netdev *n = scene->netdevs; n; n = n->next)
		if (!strcmp(n->name, name))
			return n->netns;
	return NULL;
}

/* "veth0.ifindex": asked of the link, since an internal port's netdev is made by the target. */
static int resolve_ifindex(struct rig_scene *scene, const char *symbol, uint64_t *value)
{
	size_t size = strlen(symbol), suffix = strlen(IFINDEX_SUFFIX);
	char name[IFNAMSIZ];
	struct rig_link_netdev dev = { .name = name };

	if (!scene->link || size <= suffix || size - suffix >= sizeof(name) ||
	    strcmp(symbol + size - suffix, IFINDEX_SUFFIX))
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)(size - suffix), symbol);
	if (rig_link_netdev_find(scene->link, &dev, NULL) < 0)
		return -1;
	*value = (uint64_t)dev.ifindex;
	return 0;
}

int rig_scene_resolve(void *context, const char *symbol, uint64_t *value)
{
	struct rig_scene *scene = context;

	for (const struct rig_scene_symbol *s = scene->symbols; s; s = s->next) {
		if (!strcmp(s->name, symbol)) {
			*value = s->value;
			return 0;
		}
	}
	return resolve_ifindex(scene, symbol, value);
}
