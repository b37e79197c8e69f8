/* SPDX-License-Identifier: MIT */
/*
 * A component of a guest runs in ring 0, so it can raise the upcall's vector itself
 * (VECTOR_UPCALL in container/xen/asm.h), whatever Xen has to say.
 */
#include "stray.h"

#include <stdint.h>

#define MARK UINT64_C(6172839450617283945) /* no address */

#define STRAY(before, behind)                                                                      \
	__asm__ volatile("sub $256, %%rsp\n\t"                                                     \
			 "mov %[mark], -128(%%rsp)\n\t"                                            \
			 "mov %[mark], -8(%%rsp)\n\t" before "int $0x30\n\t" behind                \
			 "mov -128(%%rsp), %[far]\n\t"                                             \
			 "mov -8(%%rsp), %[near]\n\t"                                              \
			 "add $256, %%rsp"                                                         \
			 : "=a"(a), "=c"(c), [far] "=&r"(far), [near] "=&r"(near)                  \
			 : "a"(1), "c"(2), [mark] "r"(MARK)                                        \
			 : "memory", "cc")

bool stray_leaves_no_trace(bool off)
{
	uint64_t a, c, far, near;

	if (off)
		STRAY("cli\n\t", "sti\n\t");
	else
		STRAY("", "");
	return a == 1 && c == 2 && far == MARK && near == MARK;
}
