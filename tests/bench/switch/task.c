/* SPDX-License-Identifier: MIT */
/* Ours: two tasks that yield, with all that stands behind task.h. */
#include <stdlib.h>

#include "ipc/task.h"
#include "tests/bench/switch/switch.h"
#include "tests/unit/component_made_up.h"

static int task_run(void *trips)
{
	for (uint64_t n = *(uint64_t *)trips; n; n--)
		task_yield();
	return 0;
}

void switch_task(uint64_t trips)
{
	struct task *t = task_spawn(task_run, &trips, 0);

	if (!t)
		abort();
	task_run(&trips);
	task_join(t, CHANNEL_FOREVER, NULL);
}
