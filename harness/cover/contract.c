/* SPDX-License-Identifier: GPL-2.0-only */
#include "cover/contract.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"
#include "wire/tree.h"

enum { NESTS = 64, COMMANDS = 64 };

const char *const rig_fault_name[RIG_FAULTS] = {
	[RIG_FAULT_NONE] = "accepted",
	[RIG_FAULT_SHORT] = "too short",
	[RIG_FAULT_LONG] = "too long",
	[RIG_FAULT_TWICE] = "twice",
	[RIG_FAULT_ALONE] = "without what it needs",
};

struct rig_contract {
	struct rig_contract_cell *cells;
	size_t n_cells, room;
	/* Where the cells of a nest begin, RIG_FAULTS for each number; 0: it has none. */
	struct {
		const struct rig_nest *nest;
		size_t *first; /* of each number's */
	} nests[NESTS];
	size_t n_nests;
	size_t commands[RIG_FAMILIES][COMMANDS];
};

/* ---- which cells there are ---- */

static struct rig_contract_cell *add(struct rig_contract *c)
{
	if (c->n_cells == c->room) {
		size_t room = c->room ? 2 * c->room : 256;
		void *cells = realloc(c->cells, room * sizeof(*c->cells));

		if (!cells)
			return NULL;
		c->cells = cells;
		c->room = room;
	}
	memset(&c->cells[c->n_cells], 0, sizeof(*c->cells));
	return &c->cells[c->n_cells++];
}

/* Lists say one thing after the other, any of them as often as is wanted. */
static bool is_list(const struct rig_nest *nest)
{
	return nest->element || nest == &rig_nest_action;
}

static bool can_be(const struct rig_nest *nest, const struct rig_attr *attr, enum rig_fault fault)
{
	switch (fault) {
	case RIG_FAULT_NONE:
		return true;
	case RIG_FAULT_SHORT:
		return attr->min_len;
	case RIG_FAULT_LONG:
		return attr->max_len != UINT16_MAX && attr->type != RIG_TYPE_NEST;
	case RIG_FAULT_TWICE:
		return !is_list(nest);
	case RIG_FAULT_ALONE:
		return attr->n_needs && !nest->masked;
	case RIG_FAULTS:
		break;
	}
	return false;
}

static size_t *cells_of(const struct rig_contract *c, const struct rig_nest *nest)
{
	for (size_t i = 0; i < c->n_nests; i++)
		if (c->nests[i].nest == nest)
			return c->nests[i].first;
	return NULL;
}

static bool add_nest(struct rig_contract *c, const struct rig_nest *nest)
{
	size_t *first;

	if (!nest || nest->element || cells_of(c, nest) || c->n_nests == NESTS)
		return true;
	first = calloc(nest->n_attrs, sizeof(*first));
	if (!first)
		return false;
	c->nests[c->n_nests].nest = nest;
	c->nests[c->n_nests++].first = first;
	for (unsigned int n = 0; n < nest->n_attrs; n++) {
		const struct rig_attr *attr = rig_attr_get(nest, n);

		if (!attr)
			continue;
		first[n] = c->n_cells;
		for (enum rig_fault fault = 0; fault < RIG_FAULTS; fault++) {
			struct rig_contract_cell *cell = add(c);

			if (!cell)
				return false;
			cell->owner = nest->name;
			cell->name = can_be(nest, attr, fault) ? attr->name : NULL;
			cell->fault = fault;
			cell->attribute = true;
		}
	}
	for (unsigned int n = 0; n < nest->n_attrs; n++) {
		const struct rig_attr *attr = rig_attr_get(nest, n);

		if (attr && !add_nest(c, attr->nest))
			return false;
	}
	return true;
}

static bool add_commands(struct rig_contract *c, const struct rig_family *family)
{
	for (unsigned int n = 0; n < family->n_commands && n < COMMANDS; n++) {
		struct rig_contract_cell *cell;

		if (!rig_command_get(family, n))
			continue;
		c->commands[family->index][n] = c->n_cells;
		cell = add(c);
		if (!cell)
			return false;
		cell->owner = family->name;
		cell->name = family->commands[n].name;
	}
	return true;
}

struct rig_contract *rig_contract_new(void)
{
	struct rig_contract *c = calloc(1, sizeof(*c));
	bool ok = c && add(c); /* number 0 stands for none */

	for (enum rig_family_index i = 0; ok && i < RIG_CTRL; i++)
		ok = add_nest(c, rig_families[i].nest);
	for (enum rig_family_index i = 0; ok && i < RIG_CTRL; i++)
		ok = add_commands(c, &rig_families[i]);
	if (ok)
		return c;
	rig_contract_free(c);
	return NULL;
}

void rig_contract_free(struct rig_contract *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_nests; i++)
		free(c->nests[i].first);
	free(c->cells);
	free(c);
}

size_t rig_contract_size(const struct rig_contract *c)
{
	return c->n_cells;
}

const struct rig_contract_cell *rig_contract_cell(const struct rig_contract *c, size_t i)
{
	return &c->cells[i];
}

/* ---- what is wrong with a request ---- */

struct wrong {
	struct rig_contract *contract;
	unsigned int faults;
	bool other; /* something that is no attribute's, or not one of the faults */
	size_t cell;
};

static void blame(struct wrong *w, const struct rig_nest *nest, unsigned int number,
		  enum rig_fault fault)
{
	const size_t *first = cells_of(w->contract, nest);

	w->faults++;
	w->cell = first ? first[number] + fault : 0;
}

static bool is_met(const struct rig_need *need, const struct rig_node *list)
{
	for (const struct rig_node *node = list; node; node = node->next) {
		uint64_t value = 0;

		if (!node->attr || rig_node_number(node) != need->attr)
			continue;
		if (!need->size)
			return true;
		if (node->form != RIG_FORM_LEAF || need->offset + need->size > node->size)
			continue;
		for (unsigned int i = 0; i < need->size; i++)
			value = value << 8 | node->data[need->offset + i];
		if (value == need->value)
			return true;
	}
	return false;
}

static bool is_alone(const struct rig_attr *attr, const struct rig_node *list)
{
	for (unsigned int i = 0; i < attr->n_needs; i++)
		if (is_met(&attr->needs[i], list))
			return false;
	return attr->n_needs;
}

static bool came_before(const struct rig_node *list, const struct rig_node *node)
{
	for (; list != node; list = list->next)
		if (list->form != RIG_FORM_RAW && rig_node_number(list) == rig_node_number(node))
			return true;
	return false;
}

static void examine(struct wrong *w, const struct rig_nest *nest, const struct rig_node *list,
		    bool mask);

/* What these say needs no other key beside it. */
static bool is_alone_by_right(const struct rig_attr *attr)
{
	static const char *const names[] = { "mask", "set", "set_masked" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(attr->name, names[i]))
			return true;
	return false;
}

static void examine_node(struct wrong *w, const struct rig_nest *nest, const struct rig_node *list,
			 const struct rig_node *node, bool mask)
{
	const struct rig_attr *attr = node->attr;
	unsigned int number = rig_node_number(node), copies;

	if (node->form == RIG_FORM_RAW || !attr || node->has_len || node->has_pad || !nest) {
		w->other = true;
		return;
	}
	if (!is_list(nest) && came_before(list, node))
		blame(w, nest, number, RIG_FAULT_TWICE);
	if (!mask && is_alone(attr, list))
		blame(w, nest, number, RIG_FAULT_ALONE);
	copies = nest->masked ? 2 : 1;
	if (node->form == RIG_FORM_NEST)
		examine(w, attr->nest, node->children, is_alone_by_right(attr));
	else if (node->size < copies * attr->min_len)
		blame(w, nest, number, RIG_FAULT_SHORT);
	else if (node->size > copies * attr->max_len)
		blame(w, nest, number, RIG_FAULT_LONG);
}

static void examine(struct wrong *w, const struct rig_nest *nest, const struct rig_node *list,
		    bool mask)
{
	for (const struct rig_node *node = list; node; node = node->next)
		examine_node(w, nest, list, node, mask);
}

static void count_cell(struct rig_contract *c, size_t i, enum rig_contract_source source, int error)
{
	if (!i)
		return;
	c->cells[i].count[source]++;
	if (error >= 0 && error < RIG_CONTRACT_ERRNOS)
		c->cells[i].answers[error]++;
}

static void count_accepted(struct rig_contract *c, enum rig_contract_source source,
			   const struct rig_nest *nest, const struct rig_node *list)
{
	const size_t *first = cells_of(c, nest);

	for (const struct rig_node *node = list; node; node = node->next) {
		if (first)
			count_cell(c, first[rig_node_number(node)], source, 0);
		if (node->form == RIG_FORM_NEST)
			count_accepted(c, source, node->attr->nest, node->children);
	}
}

void rig_contract_count(struct rig_contract *c, enum rig_contract_source source,
			const struct rig_message *message, int error)
{
	const unsigned int header = RIG_SET_LEN | RIG_SET_TYPE | RIG_SET_VERSION | RIG_SET_PAD;
	struct wrong w = { .contract = c };

	if (!message->family || !message->command || (message->set & header) ||
	    message->command->number >= COMMANDS)
		return;
	examine(&w, message->family->nest, message->nodes, false);
	if (w.other || w.faults > 1)
		return;
	if (w.faults)
		count_cell(c, w.cell, source, error);
	else if (error)
		count_cell(c, c->commands[message->family->index][message->command->number], source,
			   error);
	else
		count_accepted(c, source, message->family->nest, message->nodes);
}
