/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay/families.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "replay/field.h"

#define TYPES	  1024	   /* generic netlink ids end here */
#define GUESSABLE RIG_CTRL /* the families before it */
#define ENOUGH	  1000	   /* messages of a type, to guess from */

struct tally {
	unsigned long fits, misfits, silent; /* messages that say yes, no, nothing */
};

struct survey {
	struct rig_trace_families *families;
	struct rig_arena arena;
	struct tally (*tally)[GUESSABLE]; /* by type; NULL: nothing is to be guessed */
	uint16_t types[TYPES];		  /* that there are messages of */
	unsigned int n_types;
};

const struct rig_family *rig_trace_family_find(const char *name, size_t size)
{
	const struct rig_family *family = rig_family_find(name, size);

	for (unsigned int i = 0; !family && i < RIG_FAMILIES; i++)
		if (rig_families[i].genl_name && strlen(rig_families[i].genl_name) == size &&
		    !memcmp(rig_families[i].genl_name, name, size))
			family = &rig_families[i];
	return family;
}

int rig_trace_families_give(struct rig_trace_families *families, const char *text,
			    struct rig_error *err)
{
	const char *equal = strchr(text, '=');
	const struct rig_family *family = equal ? rig_trace_family_find(text, equal - text) : NULL;
	unsigned long id;
	char *end;

	if (!family || family->index == RIG_NL)
		return rig_error_set(err, "'%s': want a family and its id, as in flow=30", text);
	errno = 0;
	id = strtoul(equal + 1, &end, 0);
	if (errno || *end || end == equal + 1 || id < NLMSG_MIN_TYPE || id >= TYPES)
		return rig_error_set(err, "'%s': an id is a number from %d to %d", text,
				     NLMSG_MIN_TYPE, TYPES - 1);
	families->ids.id[family->index] = id;
	families->source[family->index] = RIG_FAMILY_GIVEN;
	return 0;
}

/* ---- what the controller says ---- */

static const struct rig_node *child(const struct rig_node *nodes, unsigned int number)
{
	while (nodes && (nodes->form == RIG_FORM_RAW || rig_node_number(nodes) != number))
		nodes = nodes->next;
	return nodes;
}

static uint64_t number_of(const struct rig_node *node)
{
	if (!node || node->form != RIG_FORM_LEAF || node->size > sizeof(uint64_t))
		return 0;
	return rig_uint_get(node->data, node->size, RIG_HOST);
}

static bool names(const struct rig_node *node, const char *name)
{
	return node && node->form == RIG_FORM_LEAF && node->size == strlen(name) + 1 &&
	       !memcmp(node->data, name, node->size);
}

static uint32_t group_named(const struct rig_node *groups, const char *name)
{
	const struct rig_node *group = groups ? groups->children : NULL;

	for (; group; group = group->next)
		if (group->form == RIG_FORM_NEST &&
		    names(child(group->children, CTRL_ATTR_MCAST_GRP_NAME), name))
			return number_of(child(group->children, CTRL_ATTR_MCAST_GRP_ID));
	return 0;
}

static void learn(struct rig_trace_families *families, const struct rig_message *message)
{
	uint64_t id = number_of(child(message->nodes, CTRL_ATTR_FAMILY_ID));
	const struct rig_node *name = child(message->nodes, CTRL_ATTR_FAMILY_NAME);

	for (unsigned int i = 0; i < RIG_FAMILIES; i++) {
		const struct rig_family *family = &rig_families[i];

		if (!family->genl_name || !names(name, family->genl_name))
			continue;
		if (id) {
			families->ids.id[i] = id;
			families->source[i] = RIG_FAMILY_LEARNED;
		}
		if (family->group)
			families->group[i] = group_named(
				child(message->nodes, CTRL_ATTR_MCAST_GROUPS), family->group);
	}
}

static int learn_message(struct rig_trace_families *families, struct rig_arena *arena,
			 const uint8_t *bytes, size_t size)
{
	struct rig_message *message;

	if (rig_decode(arena, NULL, bytes, size, &message, NULL) < 0)
		return -1;
	if (message->cmd == CTRL_CMD_NEWFAMILY)
		learn(families, message);
	return 0;
}

/* ---- what fits ---- */

/* Attributes that are all known and of a length that the contract takes. */
static bool nodes_fit(const struct rig_node *node)
{
	for (; node; node = node->next) {
		if (node->form == RIG_FORM_RAW || !node->attr || node->has_len)
			return false;
		if (node->form == RIG_FORM_NEST && !nodes_fit(node->children))
			return false;
		if (node->form == RIG_FORM_LEAF &&
		    (node->size < node->attr->min_len || node->size > node->attr->max_len ||
		     node->attr->type == RIG_TYPE_NEST))
			return false;
	}
	return true;
}

/*
 * The message as one of that family. Of the other byte order, the trace could not turn round what
 * it did not know.
 */
static struct rig_message *read_as(struct survey *survey, unsigned int family, bool foreign,
				   const struct nlmsghdr *header, const uint8_t *bytes)
{
	struct rig_family_ids ids = {};
	struct rig_message *message;

	ids.id[family] = header->nlmsg_type;
	if (foreign) {
		uint8_t *copy = rig_arena_copy(&survey->arena, bytes, header->nlmsg_len);

		if (!copy)
			return NULL;
		rig_fields_turn_payload(&rig_families[family], copy, header->nlmsg_len);
		bytes = copy;
	}
	if (rig_decode(&survey->arena, &ids, bytes, header->nlmsg_len, &message, NULL) < 0)
		return NULL;
	return message;
}

/* A message without attributes could be of any family: it says nothing. */
static int count_fits(struct survey *survey, bool foreign, const struct nlmsghdr *header,
		      const uint8_t *bytes)
{
	struct tally *any = &survey->tally[header->nlmsg_type][0];
	unsigned long seen = any->fits + any->misfits + any->silent;

	if (seen == ENOUGH)
		return 0;
	if (!seen)
		survey->types[survey->n_types++] = header->nlmsg_type;
	for (unsigned int i = 0; i < GUESSABLE; i++) {
		struct tally *tally = &survey->tally[header->nlmsg_type][i];
		struct rig_message *message = read_as(survey, i, foreign, header, bytes);

		if (!message)
			return -1;
		if (!message->command || !nodes_fit(message->nodes))
			tally->misfits++;
		else if (message->nodes)
			tally->fits++;
		else
			tally->silent++;
	}
	return 0;
}

static bool is_taken(const struct rig_trace_families *families, unsigned int type)
{
	for (unsigned int i = 0; i < RIG_FAMILIES; i++)
		if (families->ids.id[i] == type)
			return true;
	return false;
}

static int survey_message(struct survey *survey, bool foreign, const uint8_t *bytes)
{
	struct nlmsghdr header;

	memcpy(&header, bytes, sizeof(header));
	rig_arena_reset(&survey->arena);
	if (header.nlmsg_type == GENL_ID_CTRL)
		return learn_message(survey->families, &survey->arena, bytes, header.nlmsg_len);
	if (survey->tally && header.nlmsg_type > GENL_ID_CTRL && header.nlmsg_type < TYPES &&
	    !is_taken(survey->families, header.nlmsg_type))
		return count_fits(survey, foreign, &header, bytes);
	return 0;
}

static int survey_record(struct survey *survey, const struct rig_record *record)
{
	const uint8_t *at = record->data;
	size_t left = record->size;

	while (record->protocol == NETLINK_GENERIC && left >= NLMSG_HDRLEN) {
		struct nlmsghdr header;
		size_t step;

		memcpy(&header, at, sizeof(header));
		if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > left)
			break;
		if (survey_message(survey, record->foreign, at) < 0)
			return -1;
		step = NLMSG_ALIGN(header.nlmsg_len) < left ? NLMSG_ALIGN(header.nlmsg_len) : left;
		at += step;
		left -= step;
	}
	return 0;
}

/* The type that all of its messages, and the most messages, say is this family's. */
static void guess(struct survey *survey, unsigned int family)
{
	struct rig_trace_families *families = survey->families;
	unsigned long most = 0;

	for (unsigned int k = 0; k < survey->n_types; k++) {
		unsigned int type = survey->types[k];
		const struct tally *tally = survey->tally[type];
		unsigned long fits = tally[family].misfits ? 0 : tally[family].fits;

		for (unsigned int i = 0; i < GUESSABLE; i++)
			if (i != family && !families->ids.id[i] && !tally[i].misfits &&
			    tally[i].fits >= fits)
				fits = 0;
		if (fits <= most || is_taken(families, type))
			continue;
		most = fits;
		families->ids.id[family] = type;
		families->source[family] = RIG_FAMILY_GUESSED;
		families->fitting[family] = fits;
	}
}

static int survey_all(struct survey *survey, struct rig_trace *trace, struct rig_error *err)
{
	struct rig_record record;
	int ret;

	while ((ret = rig_trace_next(trace, &record, NULL)) != 0)
		if (ret == 1 && survey_record(survey, &record) < 0)
			return rig_error_set(err, "out of memory");
	return rig_trace_rewind(trace, err);
}

static void know_controller(struct rig_trace_families *families)
{
	families->ids.id[RIG_CTRL] = GENL_ID_CTRL;
	families->source[RIG_CTRL] = RIG_FAMILY_LEARNED;
}

int rig_trace_families_read(struct rig_trace_families *families, struct rig_trace *trace,
			    struct rig_error *err)
{
	struct survey survey = {
		.families = families,
		.tally = calloc(TYPES, sizeof(*survey.tally)),
	};
	int ret;

	if (!survey.tally)
		return rig_error_set(err, "out of memory");
	know_controller(families);
	ret = survey_all(&survey, trace, err);
	for (unsigned int i = 0; ret == 0 && i < GUESSABLE; i++)
		if (families->source[i] == RIG_FAMILY_UNKNOWN)
			guess(&survey, i);
	rig_trace_ids(trace, &families->ids);
	rig_arena_free(&survey.arena);
	free(survey.tally);
	return ret;
}

void rig_trace_families_learn(struct rig_trace_families *families, const struct rig_record *record)
{
	struct survey survey = { .families = families };

	know_controller(families);
	survey_record(&survey, record);
	rig_arena_free(&survey.arena);
}
