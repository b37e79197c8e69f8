/* SPDX-License-Identifier: MIT */
/*
 * The frame of a signal's handler on the stack: Linux's struct rt_sigframe.
 */
#ifndef XEN_SIGNAL_FRAME_H
#define XEN_SIGNAL_FRAME_H

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <stdbool.h>
#include <stdint.h>

struct regs;

/* Is the current thread, with this stack pointer, on its alternate stack? */
bool signal_stack_is_used(uint64_t rsp);

/*
 * Put what the current thread was about to do on its stack, or on its alternate
 * one, and change regs to call the handler. mask is what sigreturn will restore.
 * False, and nothing is changed, if there is no stack for it.
 */
bool signal_frame_push(struct regs *regs, const struct sigaction *action, const siginfo_t *info,
		       uint64_t mask);

/*
 * A handler has returned, with rsp where it found its return address, and regs
 * become those of its frame. False, and nothing is changed, if the frame is none.
 */
bool signal_frame_pop(struct regs *regs);

#endif
