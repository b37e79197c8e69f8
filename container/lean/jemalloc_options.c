/* SPDX-License-Identifier: MIT */
/*
 * jemalloc's options, as numbers. A string malloc_conf would be read twice,
 * word by word, at every start. MALLOC_CONF in the environment goes over these.
 */
#include "container/lean/jemalloc.h"

/* The profiler's first hook runs just before the options are read. */
void je_prof_boot0(void);
void je_prof_boot0(void)
{
	/* Beside the components' arenas there is one, the container's. */
	je_opt_narenas = 1;
	je_opt_oversize_threshold = 0;
	/* Free memory goes back at once; heap.c says otherwise for components. */
	je_opt_dirty_decay_ms = 0;
	je_opt_muzzy_decay_ms = 0;
	je_opt_retain = true;
	/* Both systems give zeroes after MADV_DONTNEED; do not try it out. */
	je_opt_trust_madvise = true;
}
