/* SPDX-License-Identifier: MIT */
/*
 * Shared objects: an image loads none, and says so.
 *
 * The C library asks for them in two ways, by dlopen (as Lua's require does)
 * and for character sets that it has not built in. Both answer as it would
 * where no file is found. Its own names for these functions are defined too,
 * so that nothing takes its loader, of 70 KB, into the image.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#define ALIAS(name, of) __typeof__(of) name __attribute__((alias(#of), nothrow, leaf))

static const char no_loading[] = "an image loads no shared objects: link them into it";

/* What dlerror says once to the thread that failed. */
static __thread const char *failure;

void *dlopen(const char *file, int mode)
{
	(void)file, (void)mode;
	failure = no_loading;
	return NULL;
}

void *dlsym(void *restrict handle, const char *restrict name)
{
	(void)handle, (void)name;
	failure = no_loading;
	return NULL;
}

int dlclose(void *handle)
{
	(void)handle;
	failure = no_loading;
	return -1;
}

char *dlerror(void)
{
	const char *said = failure;

	failure = NULL;
	return (char *)said;
}

ALIAS(__dlopen, dlopen);
ALIAS(___dlopen, dlopen);
ALIAS(__dlsym, dlsym);
ALIAS(___dlsym, dlsym);
ALIAS(__dlclose, dlclose);
ALIAS(__dlerror, dlerror);

/* glibc: dlfcn/dlerror.c. Runs what may fail; here it fails without being run. */
int _dlerror_run(void (*operate)(void *), void *args);
int _dlerror_run(void (*operate)(void *), void *args)
{
	(void)operate, (void)args;
	failure = no_loading;
	return 1;
}

/* glibc: iconv/gconv_dl.c. The handle of a converter's file, of which there is none. */
void *__gconv_find_shlib(const char *name);
void *__gconv_find_shlib(const char *name)
{
	(void)name;
	return NULL;
}

void __gconv_release_shlib(void *handle);
void __gconv_release_shlib(void *handle)
{
	(void)handle;
}

/* glibc: elf/dl-profstub.c. Calls counted for LD_PROFILE, which only the loader reads. */
void _dl_mcount_wrapper(void *called);
void _dl_mcount_wrapper(void *called)
{
	(void)called;
}

ALIAS(_dl_mcount_wrapper_check, _dl_mcount_wrapper);

/* glibc: elf/dl-load.c. Where a program looks for shared objects. */
void _dl_init_paths(const char *path, const char *source, const char *prepend, const char *mask);
void _dl_init_paths(const char *path, const char *source, const char *prepend, const char *mask)
{
	(void)path, (void)source, (void)prepend, (void)mask;
}

/* glibc: elf/dl-reloc.c. The part of the data that relocation ends for; an image has none. */
struct link_map;
void _dl_protect_relro(struct link_map *map);
void _dl_protect_relro(struct link_map *map)
{
	(void)map;
}

/* glibc: nptl/nptl-stack.c. Makes the stack of a thread executable, if the program's is: never. */
struct pthread;
int __nptl_change_stack_perm(struct pthread *thread);
int __nptl_change_stack_perm(struct pthread *thread)
{
	(void)thread;
	return EPERM;
}
