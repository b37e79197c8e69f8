/* SPDX-License-Identifier: MIT */
/*
 * Where an access to memory that a system call named has failed: see user.h.
 */
#include "container/xen/core.h"
#include "container/xen/user.h"

/* In user_copy.S: an instruction that may fault, and where to go on then; zeroes at the end. */
struct fixup {
	uint64_t at, go_on;
};

extern const struct fixup user_fixups[];

bool user_fixup(struct regs *regs)
{
	for (const struct fixup *f = user_fixups; f->at; f++) {
		if (f->at != regs->rip)
			continue;
		regs->rip = f->go_on;
		return true;
	}
	return false;
}
