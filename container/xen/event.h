/* SPDX-License-Identifier: MIT */
/*
 * Event channels, the two-level kind (xen/event_channel.h): Xen's interrupts.
 *
 * A port is handled on one core, with interrupts off; its handler may wake
 * threads and must not wait.
 */
#ifndef XEN_EVENT_H
#define XEN_EVENT_H

#include <stdint.h>

struct core;
struct regs;

/* Xen's shared info page is mapped; mask everything and take upcalls by vector. */
int event_init(void);

/* Bind a core's own ports: its timer and what other cores kick it with. */
int event_core_setup(struct core *core);

/* Call handler on `core` when port is raised. 0, or -ENOSPC for a port too high. */
int event_handle(uint32_t port, struct core *core, void (*handler)(void));

/* Forget that port was raised: before looking for what hypercall_poll is to wait for. */
void event_clear(uint32_t port);

/* The upcall of code that had interrupts on, from entry.S, on CORE_SWITCH. */
void event_upcall(struct regs *regs);

#endif
