/* SPDX-License-Identifier: MIT */
/* Short forms of spawning and joining, for the tests of tasks. */
#ifndef TESTS_UNIT_TASK_CASE_H
#define TESTS_UNIT_TASK_CASE_H

#include "ipc/bell_set.h"
#include "ipc/task_schedule.h"
#include "tests/unit/channel_case.h"
#include "tests/unit/component_made_up.h"
#include "tests/unit/waiting.h"

static inline struct task *spawn(int (*run)(void *arg), const void *arg)
{
	struct task *t = task_spawn(run, (void *)(uintptr_t)arg, 0);

	assert_non_null(t);
	return t;
}

static inline int join(struct task *t)
{
	int result = -1;

	assert_int_equal(task_join(t, CHANNEL_FOREVER, &result), CHANNEL_OK);
	return result;
}

#endif
