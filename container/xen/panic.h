/* SPDX-License-Identifier: MIT */
/*
 * The end of the guest, good and bad.
 */
#ifndef XEN_PANIC_H
#define XEN_PANIC_H

#include <stdbool.h>

struct regs;

/*
 * Report what is wrong, with registers if the caller has any, and end as
 * crashed. The registers are used up.
 */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void panic_regs(struct regs *regs, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Is this core ending the guest? Nothing it does may wait any more, nor be put off. */
bool panic_is_here(void);

/* All is done: say the status, and power off, or as guest_end_reason_set has said. */
_Noreturn void guest_end(int status);

/* What guest_end tells Xen: SHUTDOWN_poweroff, SHUTDOWN_reboot... (xen/sched.h). */
void guest_end_reason_set(unsigned reason);

#endif
