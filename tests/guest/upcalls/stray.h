/* SPDX-License-Identifier: MIT */
/* An upcall as an emulator may deliver it: out of turn. */
#ifndef STRAY_H
#define STRAY_H

#include <stdbool.h>

/* With interrupts off or on: are the registers, and the red zone, as they were? */
bool stray_leaves_no_trace(bool off);

#endif
