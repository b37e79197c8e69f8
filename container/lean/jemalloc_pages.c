/* SPDX-License-Identifier: MIT */
/*
 * How jemalloc gets memory for the container's arena: anonymous mappings.
 *
 * Its own code first finds out what system it is on, with a dozen system calls
 * and two page faults. Both targets are known: memory is there when it is
 * touched (overcommit), MADV_DONTNEED gives it back, huge pages are not asked for.
 */
#include <sys/mman.h>

#include "container/lean/jemalloc.h"

#define PAGE ((size_t)4096)

/* jemalloc: include/jemalloc/internal/pages.h */
enum thp_mode { THP_DEFAULT, THP_ALWAYS, THP_NEVER, THP_NOT_SUPPORTED };

enum thp_mode je_opt_thp = THP_NOT_SUPPORTED, je_init_system_thp_mode = THP_NOT_SUPPORTED;
const char *const je_thp_mode_names[] = {"default", "always", "never", "not supported"};

static void *map(void *at, size_t size)
{
	void *got = mmap(at, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (got == MAP_FAILED)
		return NULL;
	return got;
}

/* More than is needed, and what is too much goes back. */
static void *map_aligned(size_t size, size_t alignment)
{
	size_t more = size + alignment - PAGE, before;
	char *got = more < size ? NULL : map(NULL, more), *aligned;

	if (!got)
		return NULL;
	before = (alignment - (size_t)got % alignment) % alignment;
	aligned = got + before;
	if (more - before - size)
		munmap(aligned + size, more - before - size);
	if (before)
		munmap(got, before);
	return aligned;
}

/* At this address or nowhere; anywhere where it is NULL. Always committed. */
void *je_pages_map(void *at, size_t size, size_t alignment, bool *commit);
void *je_pages_map(void *at, size_t size, size_t alignment, bool *commit)
{
	void *got = map(at, size);

	*commit = true;
	if (!got || (at ? got == at : (size_t)got % alignment == 0))
		return got;
	munmap(got, size);
	return at ? NULL : map_aligned(size, alignment);
}

void je_pages_unmap(void *at, size_t size);
void je_pages_unmap(void *at, size_t size)
{
	munmap(at, size);
}

/* True where it did not work. */
bool je_pages_purge_forced(void *at, size_t size);
bool je_pages_purge_forced(void *at, size_t size)
{
	return madvise(at, size, MADV_DONTNEED) != 0;
}

static void protect(void *page, int rights)
{
	if (page)
		mprotect(page, PAGE, rights);
}

void je_pages_mark_guards(void *head, void *tail);
void je_pages_mark_guards(void *head, void *tail)
{
	protect(head, PROT_NONE);
	protect(tail, PROT_NONE);
}

void je_pages_unmark_guards(void *head, void *tail);
void je_pages_unmark_guards(void *head, void *tail)
{
	protect(head, PROT_READ | PROT_WRITE);
	protect(tail, PROT_READ | PROT_WRITE);
}

bool je_pages_boot(void);
bool je_pages_boot(void)
{
	return false;
}

void je_pages_set_thp_state(void *at, size_t size);
void je_pages_set_thp_state(void *at, size_t size)
{
	(void)at, (void)size;
}

/* Commit and decommit, lazy purging, huge pages, core dumps: not here. */
static bool refuse(void *at, size_t size)
{
	(void)at, (void)size;
	return true;
}

#define REFUSE(name) bool name(void *, size_t) __attribute__((alias("refuse")))

REFUSE(je_pages_commit);
REFUSE(je_pages_decommit);
REFUSE(je_pages_purge_lazy);
REFUSE(je_pages_huge);
REFUSE(je_pages_nohuge);
REFUSE(je_pages_dontdump);
REFUSE(je_pages_dodump);
