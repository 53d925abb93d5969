/* SPDX-License-Identifier: GPL-2.0-only */
/* The schema agrees with itself; check.c has held its numbers against the UAPI already. */
#include <stdio.h>
#include <string.h>

#include <linux/openvswitch.h>

#include "schema/schema.h"
#include "tests/test.h"

/* Every nest that can be reached, each once. */
static size_t collect(const struct rig_nest *nest, const struct rig_nest **all, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (all[i] == nest)
			return count;
	all[count++] = nest;
	for (i = 0; i < nest->n_attrs; i++)
		if (nest->attrs[i].nest)
			count = collect(nest->attrs[i].nest, all, count);
	if (nest->element)
		count = collect(nest->element->nest, all, count);
	return count;
}

static size_t all_nests(const struct rig_nest **all)
{
	size_t i, count = 0;

	for (i = 0; i < RIG_FAMILIES; i++)
		count = collect(rig_families[i].nest, all, count);
	return count;
}

static unsigned int attr_faults(const struct rig_attr *attr)
{
	size_t size = (attr->format ? attr->format->size :
		       attr->layout ? attr->layout->size :
				      0) *
		      (attr->masked ? 2 : 1);
	bool fixed = attr->type == RIG_TYPE_SCALAR || attr->type == RIG_TYPE_STRUCT;
	bool brackets = attr->style == RIG_STYLE_PAREN || attr->style == RIG_STYLE_BRACE;

	return (fixed && (attr->min_len != size || attr->max_len != size)) +
	       (attr->type == RIG_TYPE_FLAG && attr->max_len) + (attr->min_len > attr->max_len) +
	       (attr->type == RIG_TYPE_NEST && (!attr->nest || !brackets)) +
	       (attr->layout && attr->style != RIG_STYLE_PAREN) +
	       (size && attr->min_len % size != 0);
}

static void attributes(void)
{
	const struct rig_nest *all[100];
	size_t i, j, count = all_nests(all);
	unsigned int faults = 0, rows = 0;

	CU_ASSERT_TRUE_FATAL(count > 20 && count <= 100);
	for (i = 0; i < count; i++) {
		for (j = 0; j < all[i]->n_attrs; j++) {
			const struct rig_attr *attr = &all[i]->attrs[j];

			if (!attr->name)
				continue;
			rows++;
			faults += attr->number != j || attr_faults(attr);
			/* Found by its name: so no two rows have the same. */
			faults += rig_attr_find(all[i], attr->name, strlen(attr->name)) != attr;
		}
	}
	CU_ASSERT_EQUAL(faults, 0);
	CU_ASSERT_TRUE(rows > 200);
}

/* Words that the parser gives a meaning of their own where an item may stand. */
static void reserved_words(void)
{
	static const char *const words[] = { "hex", "dump", "on", "as", "dp", "error", "request" };
	size_t i, j;

	for (i = 0; i < RIG_FAMILIES; i++)
		for (j = 0; j < sizeof(words) / sizeof(words[0]); j++)
			CU_ASSERT_PTR_NULL(
				rig_attr_find(rig_families[i].nest, words[j], strlen(words[j])));
}

/* The fields of a struct cover each of its bits exactly once. */
static unsigned int struct_faults(const struct rig_struct *layout)
{
	unsigned int seen[64] = {}, faults = 0;
	size_t i, j;

	for (i = 0; i < layout->n_fields; i++) {
		const struct rig_field *field = &layout->fields[i];
		size_t bits = field->width ? field->width : 8u * field->format->size;

		faults += rig_field_find(layout, field->name, strlen(field->name)) != field;
		faults += field->shift + bits > 8u * field->format->size;
		faults += field->offset + field->format->size > layout->size;
		for (j = field->shift; j < field->shift + bits && !faults; j++) {
			unsigned int byte = field->offset + field->format->size - 1 - j / 8;
			unsigned int bit = 1u << j % 8;

			faults += !!(seen[byte] & bit);
			seen[byte] |= bit;
		}
	}
	for (i = 0; i < layout->size; i++)
		faults += seen[i] != 0xff;
	return faults;
}

static void structs(void)
{
	const struct rig_nest *all[100];
	size_t i, j, count = all_nests(all), structs = 0;

	for (i = 0; i < count; i++) {
		for (j = 0; j < all[i]->n_attrs; j++) {
			const struct rig_struct *layout = all[i]->attrs[j].layout;

			if (!layout)
				continue;
			structs++;
			if (struct_faults(layout))
				fprintf(stderr, "# %s\n", layout->name);
			CU_ASSERT_EQUAL(struct_faults(layout), 0);
		}
	}
	CU_ASSERT_TRUE(structs > 30);
}

static void needs(void)
{
	const struct rig_attr *udp = rig_attr_get(&rig_nest_key, OVS_KEY_ATTR_UDP);
	size_t i, j;

	CU_ASSERT_EQUAL(udp->n_needs, 2);
	CU_ASSERT_EQUAL(udp->needs[1].attr, OVS_KEY_ATTR_IPV6);
	CU_ASSERT_EQUAL(udp->needs[1].value, 17);
	for (i = 0; i < rig_nest_key.n_attrs; i++) {
		const struct rig_attr *attr = &rig_nest_key.attrs[i];

		for (j = 0; j < attr->n_needs; j++) {
			const struct rig_attr *other =
				rig_attr_get(&rig_nest_key, attr->needs[j].attr);

			CU_ASSERT_PTR_NOT_NULL_FATAL(other);
			CU_ASSERT_TRUE(attr->needs[j].offset + attr->needs[j].size <=
				       other->max_len);
		}
	}
}

static void families(void)
{
	static const char *const genl[RIG_FAMILIES] = {
		[RIG_DP] = OVS_DATAPATH_FAMILY, [RIG_VPORT] = OVS_VPORT_FAMILY,
		[RIG_FLOW] = OVS_FLOW_FAMILY,	[RIG_PACKET] = OVS_PACKET_FAMILY,
		[RIG_METER] = OVS_METER_FAMILY, [RIG_CT_LIMIT] = OVS_CT_LIMIT_FAMILY,
	};
	size_t i, j;

	for (i = 0; i < RIG_FAMILIES; i++) {
		const struct rig_family *family = &rig_families[i];

		CU_ASSERT_EQUAL(family->index, i);
		CU_ASSERT_PTR_EQUAL(rig_family_find(family->name, strlen(family->name)), family);
		if (genl[i])
			CU_ASSERT_STRING_EQUAL(family->genl_name, genl[i]);
		for (j = 1; j < family->n_commands; j++) {
			const struct rig_command *command = rig_command_get(family, j);

			CU_ASSERT_PTR_NOT_NULL_FATAL(command);
			CU_ASSERT_PTR_EQUAL(
				rig_command_find(family, command->name, strlen(command->name)),
				command);
		}
		CU_ASSERT_PTR_NULL(rig_command_get(family, 0));
		CU_ASSERT_PTR_NULL(rig_command_get(family, family->n_commands));
	}
	CU_ASSERT_PTR_NULL(rig_family_find("bridge", 6));
}

RIG_TEST_SUITE(schema, { "attributes", attributes }, { "reserved words", reserved_words },
	       { "structs", structs }, { "needs", needs }, { "families", families });
