/* SPDX-License-Identifier: MIT */
/*
 * mallctl, of which an image uses a handful of names.
 *
 * jemalloc's own keeps 300 KB of names, statistics and the code for them in
 * every image. This answers, as documented for mallctl:
 *
 *   thread.arena                  write only
 *   thread.tcache.flush
 *   arenas.create
 *   arena.N.reset, arena.N.destroy, arena.N.decay, arena.N.purge
 *   arena.N.dirty_decay_ms        write only
 *   arena.N.retain_grow_limit     write only
 *
 * and ENOENT to every other name.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "container/lean/jemalloc.h"

enum { MIB_LENGTH = 3, STATE_DIRTY = 1 };

/* What a caller reads and writes; sizes are checked where they are used. */
struct transfer {
	void *old;
	size_t *old_size;
	const void *new;
	size_t new_size;
};

typedef int control_fn(struct je_thread *t, size_t index, const struct transfer *x);

/* Held while arenas come and go: an index is chosen and then filled. */
static pthread_mutex_t arenas_lock = PTHREAD_MUTEX_INITIALIZER;

/* The arena of this thread; there is one automatic arena, of index 0. */
static __thread unsigned thread_index;

static struct je_arena *arena_at(size_t index)
{
	if (index >= je_narenas_total_get())
		return NULL;
	return __atomic_load_n(&je_arenas[index], __ATOMIC_ACQUIRE);
}

static int written(const struct transfer *x, void *to, size_t size)
{
	if (!x->new || x->new_size != size || x->old)
		return EINVAL;
	memcpy(to, x->new, size);
	return 0;
}

/*
 * The cache is taken down and set up again around the change, which binds it
 * to the new arena without knowledge of where a thread keeps it.
 */
static int thread_arena(struct je_thread *t, size_t index, const struct transfer *x)
{
	struct je_arena *to;
	unsigned becomes;
	void *p;

	(void)index;
	if (written(x, &becomes, sizeof(becomes)))
		return EINVAL;
	to = arena_at(becomes);
	/* A first allocation past the cache makes sure that the thread has an arena. */
	p = mallocx(1, MALLOCX_TCACHE_NONE);
	if (!to || !p || je_narenas_auto != 1)
		return EAGAIN;
	dallocx(p, MALLOCX_TCACHE_NONE);
	if (becomes == thread_index)
		return 0;
	je_tcache_cleanup(t);
	je_arena_migrate(t, arena_at(thread_index), to);
	thread_index = becomes;
	return je_tsd_tcache_data_init(t) ? EAGAIN : 0;
}

static int thread_tcache_flush(struct je_thread *t, size_t index, const struct transfer *x)
{
	(void)index, (void)x;
	je_tcache_flush(t);
	return 0;
}

/* The lowest index without an arena, or the next one. */
static unsigned index_free(void)
{
	unsigned index = je_manual_arena_base;

	while (index < je_narenas_total_get() && arena_at(index))
		index++;
	return index;
}

static int arenas_create(struct je_thread *t, size_t index, const struct transfer *x)
{
	struct je_arena_config config = je_arena_config_default;
	struct je_arena *made;
	unsigned at;

	(void)index;
	if (!x->old || !x->old_size || *x->old_size != sizeof(at) ||
	    (x->new && x->new_size != sizeof(config.extent_hooks)))
		return EINVAL;
	if (x->new)
		memcpy(&config.extent_hooks, x->new, sizeof(config.extent_hooks));
	pthread_mutex_lock(&arenas_lock);
	at = index_free();
	made = je_arena_init(t, at, &config);
	pthread_mutex_unlock(&arenas_lock);
	memcpy(x->old, &at, sizeof(at));
	return made ? 0 : EAGAIN;
}

/* An arena that arenas.create made. */
static struct je_arena *arena_manual(size_t index)
{
	return index >= je_manual_arena_base ? arena_at(index) : NULL;
}

static int arena_reset(struct je_thread *t, size_t index, const struct transfer *x)
{
	struct je_arena *a = arena_manual(index);

	(void)x;
	if (!a)
		return EFAULT;
	je_arena_reset(t, a);
	return 0;
}

static int arena_destroy(struct je_thread *t, size_t index, const struct transfer *x)
{
	struct je_arena *a;
	int err = EFAULT;

	(void)x;
	pthread_mutex_lock(&arenas_lock);
	a = arena_manual(index);
	if (a && !je_arena_nthreads_get(a, false) && !je_arena_nthreads_get(a, true)) {
		je_arena_reset(t, a);
		je_arena_decay(t, a, false, true);
		je_arena_destroy(t, a);
		err = 0;
	}
	pthread_mutex_unlock(&arenas_lock);
	return err;
}

static int arena_collect(struct je_thread *t, size_t index, bool all)
{
	struct je_arena *a = arena_at(index);

	if (!a)
		return EFAULT;
	je_arena_decay(t, a, false, all);
	return 0;
}

static int arena_decay(struct je_thread *t, size_t index, const struct transfer *x)
{
	(void)x;
	return arena_collect(t, index, false);
}

static int arena_purge(struct je_thread *t, size_t index, const struct transfer *x)
{
	(void)x;
	return arena_collect(t, index, true);
}

static int arena_dirty_decay_ms(struct je_thread *t, size_t index, const struct transfer *x)
{
	struct je_arena *a = arena_at(index);
	ssize_t ms;

	if (!a)
		return EFAULT;
	if (written(x, &ms, sizeof(ms)))
		return EINVAL;
	return je_arena_decay_ms_set(t, a, STATE_DIRTY, ms) ? EFAULT : 0;
}

static int arena_retain_grow_limit(struct je_thread *t, size_t index, const struct transfer *x)
{
	struct je_arena *a = arena_at(index);
	size_t limit, was;

	if (!a)
		return EFAULT;
	if (written(x, &limit, sizeof(limit)))
		return EINVAL;
	return je_arena_retain_grow_limit_get_set(t, a, &was, &limit) ? EFAULT : 0;
}

/* Where a name has "arena.", the number of an arena and one more dot come next. */
static const struct control {
	const char *before, *after;
	control_fn *run;
} controls[] = {
	{"thread.arena", "", thread_arena},
	{"thread.tcache.flush", "", thread_tcache_flush},
	{"arenas.create", "", arenas_create},
	{"arena.", ".reset", arena_reset},
	{"arena.", ".destroy", arena_destroy},
	{"arena.", ".decay", arena_decay},
	{"arena.", ".purge", arena_purge},
	{"arena.", ".dirty_decay_ms", arena_dirty_decay_ms},
	{"arena.", ".retain_grow_limit", arena_retain_grow_limit},
};

enum { CONTROLS = sizeof(controls) / sizeof(controls[0]) };

static bool control_match(const struct control *c, const char *name, size_t *index)
{
	size_t length = strlen(c->before);
	char *end = (char *)name + length;

	*index = 0;
	if (strncmp(name, c->before, length) != 0)
		return false;
	if (*c->after)
		*index = strtoul(name + length, &end, 10);
	return !strcmp(end, c->after) && (!*c->after || end != name + length);
}

/* Names become {place in the table, number of the arena, 0}. */
int je_ctl_nametomib(struct je_thread *t, const char *name, size_t *mib, size_t *length)
{
	(void)t;
	if (*length < MIB_LENGTH)
		return EINVAL;
	for (size_t i = 0; i < CONTROLS; i++) {
		if (!control_match(&controls[i], name, &mib[1]))
			continue;
		mib[0] = i;
		mib[2] = 0;
		*length = MIB_LENGTH;
		return 0;
	}
	return ENOENT;
}

int je_ctl_bymib(struct je_thread *t, const size_t *mib, size_t length, void *old, size_t *old_size,
		 void *new, size_t new_size)
{
	const struct transfer x = {old, old_size, new, new_size};

	if (length != MIB_LENGTH || mib[0] >= CONTROLS || mib[1] > UINT_MAX)
		return ENOENT;
	return controls[mib[0]].run(t, mib[1], &x);
}

int je_ctl_byname(struct je_thread *t, const char *name, void *old, size_t *old_size, void *new,
		  size_t new_size)
{
	size_t mib[MIB_LENGTH], length = MIB_LENGTH;
	int err = je_ctl_nametomib(t, name, mib, &length);

	return err ? err : je_ctl_bymib(t, mib, length, old, old_size, new, new_size);
}

bool je_ctl_boot(void)
{
	return false;
}

/* There is no fork in an image. */
void je_ctl_prefork(struct je_thread *t)
{
	(void)t;
}

void je_ctl_postfork_parent(struct je_thread *t)
{
	(void)t;
}

void je_ctl_postfork_child(struct je_thread *t)
{
	(void)t;
}
