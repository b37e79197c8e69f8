/* SPDX-License-Identifier: MIT */
/* Where the calls of tasks wait for each other. */
#include "ipc/call_gate.h"

#include "ipc/task_schedule.h"

void call_wake(const struct call *call)
{
	if (call && call->task && call->task->blocked)
		task_ready(task_scheduler, call->task);
}

static void call_gate_append(struct call_gate *g, struct call *call)
{
	struct call **at = &g->first;

	while (*at)
		at = &(*at)->behind;
	call->behind = NULL;
	*at = call;
}

static void call_gate_remove(struct call_gate *g, const struct call *call)
{
	struct call **at = &g->first;

	while (*at != call)
		at = &(*at)->behind;
	*at = call->behind;
}

static enum channel_status call_gate_wait(struct call_gate *g, struct call *call, uint64_t deadline)
{
	enum channel_status status;

	call_gate_append(g, call);
	call->task = task_scheduler->current;
	status = task_block(task_scheduler, NULL, deadline);
	call->task = NULL;
	call_gate_remove(g, call);
	return status;
}

void call_gate_leave(struct call_gate *g)
{
	g->busy = false;
	call_wake(g->first);
}

enum channel_status call_gate_enter(struct call_gate *g, struct call *call, uint64_t deadline)
{
	enum channel_status status = CHANNEL_AGAIN;

	while (g->busy && call->status == CHANNEL_AGAIN) {
		if (status != CHANNEL_AGAIN || deadline == CHANNEL_NOW || bell_past(deadline))
			return status;
		status = call_gate_wait(g, call, deadline);
	}
	if (call->status != CHANNEL_AGAIN) {
		/* Woken for the gate as well, perhaps: the next one has its turn. */
		if (!g->busy)
			call_wake(g->first);
		return call->status;
	}
	g->busy = true;
	return CHANNEL_OK;
}
