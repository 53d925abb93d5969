/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of the contract has been tried: for each attribute and each way in which it alone can
 * make a request wrong, how often a request was wrong in just that way, and what was answered.
 *
 * A way is what the schema can tell: too short, too long, there twice, there without what it needs.
 * A request with two faults counts for neither, for nobody can tell which of them was answered; one
 * without any that is refused all the same counts for its command, by errno.
 */
#ifndef RIG_COVER_CONTRACT_H
#define RIG_COVER_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rig_attr;
struct rig_contract;
struct rig_message;
struct rig_nest;

enum rig_fault {
	RIG_FAULT_NONE, /* the attribute was in a request that was accepted */
	RIG_FAULT_SHORT,
	RIG_FAULT_LONG,
	RIG_FAULT_TWICE,
	RIG_FAULT_ALONE, /* without the attribute, or its value, that it needs */
	RIG_FAULTS,
};

extern const char *const rig_fault_name[RIG_FAULTS];

enum rig_contract_source {
	RIG_FROM_CASES,
	RIG_FROM_RANDOM,
	RIG_SOURCES,
};

enum { RIG_CONTRACT_ERRNOS = 134 };

/* An attribute with a fault; or, when there is no attribute, a command with an errno. */
struct rig_contract_cell {
	const char *owner; /* the nest, or the family */
	const char *name;  /* the attribute, or the command */
	enum rig_fault fault;
	uint64_t count[RIG_SOURCES];
	uint32_t answers[RIG_CONTRACT_ERRNOS]; /* by errno; 0: accepted */
	bool attribute;
};

/* NULL when out of memory. */
struct rig_contract *rig_contract_new(void);
void rig_contract_free(struct rig_contract *contract);

/* A request that was answered with @error, a positive errno or 0. */
void rig_contract_count(struct rig_contract *contract, enum rig_contract_source source,
			const struct rig_message *message, int error);

/* The cells of attributes, and then those of commands. */
size_t rig_contract_size(const struct rig_contract *contract);
const struct rig_contract_cell *rig_contract_cell(const struct rig_contract *contract, size_t i);

#endif
