/* SPDX-License-Identifier: MIT */
/*
 * FILEs of the GNU C library (libio/libio.h, sysdeps/nptl/stdio-lock.h of 2.36):
 * see streams.h.
 */
#define _GNU_SOURCE /* fflush_unlocked */

#include "container/streams.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

#include "container/component_thread.h"
#include "layout/layout.h"

/* More are not looked at: the list may be broken. */
#define STREAMS_MAX 4096

struct stream_lock {
	int word;
	int depth;
	void *owner; /* what pthread_self() returns there */
};

/* All components share these, so none of them may be on one component's heap. */
static char stdin_buffer[BUFSIZ], stdout_buffer[BUFSIZ];

/* What struct _IO_wide_data begins with. */
struct stream_wide {
	wchar_t *read[3], *write[3], *buffer[2], *saved[3];
};

static const void *byte_functions; /* of the standard streams */

/* The C library has these for debuggers; no header declares them. */
extern FILE *_IO_list_all;
void _IO_list_lock(void);
void _IO_list_unlock(void);

/* Volatile: the owner changes under the compiler's eyes. */
static bool stream_is_mine(FILE *file)
{
	const volatile struct stream_lock *lock = (const void *)file->_lock;

	return lock->owner == (void *)pthread_self();
}

static bool lock_is_known(FILE *file)
{
	bool before = stream_is_mine(file), within;

	flockfile(file);
	within = stream_is_mine(file);
	funlockfile(file);
	return !before && within && !stream_is_mine(file);
}

static bool list_is_known(void)
{
	const FILE *file = _IO_list_all;

	while (file && file != stdin)
		file = file->_chain;
	return file;
}

void streams_begin(void)
{
	setvbuf(stdin, stdin_buffer, _IOFBF, sizeof(stdin_buffer));
	setvbuf(stdout, stdout_buffer, _IOLBF, sizeof(stdout_buffer));
}

/* They lie behind the FILE, and are others once it is for wide characters. */
static const void **stream_functions(FILE *file)
{
	return (const void **)(file + 1);
}

int streams_init(void)
{
	byte_functions = *stream_functions(stdout);
	return lock_is_known(stdout) && lock_is_known(stderr) && list_is_known() ? 0 : -ENOTSUP;
}

static void stream_unlock(FILE *file)
{
	while (stream_is_mine(file))
		funlockfile(file);
}

void streams_unlock(void)
{
	stream_unlock(stdin);
	stream_unlock(stdout);
	stream_unlock(stderr);
}

static bool lies_in_heap(const void *at, unsigned component)
{
	return (uint64_t)at - layout_heap_base(component) < LAYOUT_HEAP_SIZE;
}

/*
 * A stream that a component has made one for wide characters has a buffer for them
 * on its heap, and would refuse the bytes of all others for good: it is as new.
 */
static void stream_narrow(FILE *file, unsigned component)
{
	struct stream_wide *wide = (void *)file->_wide_data;

	if (file->_mode <= 0 || !lies_in_heap(wide->buffer[0], component))
		return;
	*wide = (struct stream_wide){0};
	file->_mode = 0;
	*stream_functions(file) = byte_functions;
}

/* Where the C library or the component took a buffer from the component's heap. */
static void buffers_restore(unsigned component)
{
	stream_narrow(stdin, component);
	stream_narrow(stdout, component);
	stream_narrow(stderr, component);
	if (lies_in_heap(stdin->_IO_buf_base, component))
		setvbuf(stdin, stdin_buffer, _IOFBF, sizeof(stdin_buffer));
	if (lies_in_heap(stdout->_IO_buf_base, component))
		setvbuf(stdout, stdout_buffer, _IOLBF, sizeof(stdout_buffer));
	if (lies_in_heap(stderr->_IO_buf_base, component))
		setvbuf(stderr, NULL, _IONBF, 0);
}

/* The link by which the list holds a FILE of the component, or NULL. Under the list's lock. */
static FILE **stream_find(unsigned component)
{
	FILE **link = &_IO_list_all;

	for (unsigned i = 0; *link && i < STREAMS_MAX; i++) {
		if (lies_in_heap(*link, component))
			return link;
		link = &(*link)->_chain;
	}
	return NULL;
}

static int stream_flush(FILE *file)
{
	int err;

	if (ftrylockfile(file))
		return 0;
	err = fflush_unlocked(file);
	funlockfile(file);
	return err;
}

/* Held: a thread that left here would take the list's lock along. */
int streams_flush(unsigned component)
{
	FILE *file;
	int err = 0;

	component_hold();
	_IO_list_lock();
	file = _IO_list_all;
	for (unsigned i = 0; file && i < STREAMS_MAX; i++, file = file->_chain)
		if (lies_in_heap(file, component))
			err |= stream_flush(file);
	_IO_list_unlock();
	component_release();
	return err;
}

/* Its owner was another thread of the component, and is no more. */
static void stream_seize(FILE *file)
{
	struct stream_lock *lock = (void *)file->_lock;

	if (lock)
		*lock = (struct stream_lock){0};
}

void streams_close(unsigned component)
{
	for (;;) {
		FILE **link, *file;

		_IO_list_lock();
		link = stream_find(component);
		file = link ? *link : NULL;
		_IO_list_unlock();
		if (!file)
			break;
		stream_seize(file);
		fclose(file);
	}
	fflush(stdout); /* which may hold wide characters */
	buffers_restore(component);
}

/* Behind a FILE that is broken the list is, too: what it led to is lost, and stays open. */
static FILE *next_of(const FILE *file)
{
	uint64_t next = (uint64_t)file->_chain;

	if (layout_region_at(next) && next % sizeof(void *) == 0)
		return file->_chain;
	return NULL;
}

void streams_drop(unsigned component)
{
	FILE **link;

	_IO_list_lock();
	while ((link = stream_find(component))) {
		if ((*link)->_fileno > STDERR_FILENO)
			close((*link)->_fileno);
		*link = next_of(*link);
	}
	_IO_list_unlock();
	buffers_restore(component);
}
