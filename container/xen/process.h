/* SPDX-License-Identifier: MIT */
/*
 * The image as a process: its first thread, as Linux would start it.
 */
#ifndef XEN_PROCESS_H
#define XEN_PROCESS_H

/*
 * Make the thread that enters the C library's _start with arguments, auxiliary
 * vector and stack, on the boot core. Panics where that cannot be.
 */
void process_start(void);

#endif
