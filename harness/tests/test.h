/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test file defines one suite, and is registered by that:
 *
 *	static void empty_payload(void) { CU_ASSERT_EQUAL(...); }
 *	RIG_TEST_SUITE(decode, { "empty payload", empty_payload },
 *			       { "lying length", lying_length });
 */
#ifndef RIG_TESTS_TEST_H
#define RIG_TESTS_TEST_H

#include <CUnit/CUnit.h>
#include <stddef.h>
#include <stdint.h>

struct rig_test {
	const char *name;
	void (*run)(void);
};

struct rig_test_suite {
	const char *name;
	const struct rig_test *tests;
	size_t count;
};

/* The linker gathers the pointers of all files in one section. */
#define RIG_TEST_SUITE(suite, ...)                                                      \
	static const struct rig_test suite##_tests[] = { __VA_ARGS__ };                 \
	static const struct rig_test_suite suite##_suite = {                            \
		#suite, suite##_tests, sizeof(suite##_tests) / sizeof(suite##_tests[0]) \
	};                                                                              \
	static const struct rig_test_suite *const suite##_entry                         \
		__attribute__((used, section("rig_tests"))) = &suite##_suite

/*
 * For tests over random input: how many rounds (0: the test's own choice, small), and the seed.
 * nlrig-test --count N --seed N
 */
extern unsigned long rig_test_count;
extern uint64_t rig_test_seed;

#endif
