/* SPDX-License-Identifier: MIT */
/*
 * What jemalloc 5.3.0 calls inside itself, as far as its replaced parts need it.
 *
 * Source: src/ and include/jemalloc/internal/ of that release. lean.mk refuses
 * an archive of another one.
 */
#ifndef ATOLL_CONTAINER_LEAN_JEMALLOC_H
#define ATOLL_CONTAINER_LEAN_JEMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jemalloc/jemalloc.h>

/* The state of a thread (tsd_t, tsdn_t) and an arena: never looked into. */
struct je_thread;
struct je_arena;

struct je_arena_config {
	extent_hooks_t *extent_hooks;
	bool metadata_use_hooks;
};

extern struct je_arena *je_arenas[]; /* MALLOCX_ARENA_LIMIT of them, read atomically */
extern unsigned je_manual_arena_base;
extern unsigned je_narenas_auto;
extern const struct je_arena_config je_arena_config_default;

extern unsigned je_opt_narenas;
extern size_t je_opt_oversize_threshold;
extern ssize_t je_opt_dirty_decay_ms, je_opt_muzzy_decay_ms;
extern bool je_opt_retain, je_opt_trust_madvise;

unsigned je_narenas_total_get(void);
struct je_arena *je_arena_init(struct je_thread *t, unsigned index, const struct je_arena_config *);
void je_arena_migrate(struct je_thread *t, struct je_arena *from, struct je_arena *to);
void je_arena_reset(struct je_thread *t, struct je_arena *a);
void je_arena_decay(struct je_thread *t, struct je_arena *a, bool background, bool all);
void je_arena_destroy(struct je_thread *t, struct je_arena *a);
unsigned je_arena_nthreads_get(struct je_arena *a, bool internal);
bool je_arena_decay_ms_set(struct je_thread *t, struct je_arena *a, int state, ssize_t ms);
bool je_arena_retain_grow_limit_get_set(struct je_thread *t, struct je_arena *a, size_t *was,
					size_t *becomes);
void je_tcache_cleanup(struct je_thread *t);
void je_tcache_flush(struct je_thread *t);
bool je_tsd_tcache_data_init(struct je_thread *t);

#endif
