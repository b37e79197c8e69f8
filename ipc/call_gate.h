/* SPDX-License-Identifier: MIT */
/* Gates of call.h: one task's call is inside, those of others wait, first come first served. */
#ifndef IPC_CALL_GATE_H
#define IPC_CALL_GATE_H

#include "ipc/call.h"

/* Have the task that waits with this call, if there is one, go on. */
void call_wake(const struct call *call);

/* CHANNEL_OK: the caller is inside. Else it is not, or needs not be: the call has its reply. */
enum channel_status call_gate_enter(struct call_gate *g, struct call *call, uint64_t deadline);
void call_gate_leave(struct call_gate *g);

#endif
