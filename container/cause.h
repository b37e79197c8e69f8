/* SPDX-License-Identifier: MIT */
/*
 * Why a thread got a signal, in the words of the address map.
 */
#ifndef CONTAINER_CAUSE_H
#define CONTAINER_CAUSE_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

struct thread;

/*
 * Whose guard an address is in, of the tasks of the calling thread: its number, or 0.
 * NULL until a component has spawned a task. Safe in signal handlers.
 */
extern unsigned (*cause_task)(uint64_t addr);

/* At most size - 1 bytes of text and a NUL. Safe in signal handlers. */
void cause_describe(const struct thread *t, const siginfo_t *info, const ucontext_t *context,
		    char *text, size_t size);

#endif
