/* SPDX-License-Identifier: MIT */
/*
 * The three standard streams, which all components share: one component does not
 * take them from the others.
 */
#define _GNU_SOURCE /* dup3 */

#include "runtimes/c/runtime_c.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "container/component_self.h"
#include "container/streams.h"

static bool stream_is_shared(const FILE *file)
{
	return file == stdin || file == stdout || file == stderr;
}

static bool descriptor_is_shared(int fd)
{
	return fd >= 0 && fd <= STDERR_FILENO;
}

static int refuse(void)
{
	errno = EPERM;
	return -1;
}

/* What is written is written; that is why programs close them. */
int runtime_c_fclose(FILE *file)
{
	return stream_is_shared(file) ? fflush(file) : fclose(file);
}

FILE *runtime_c_freopen(const char *path, const char *mode, FILE *file)
{
	if (!stream_is_shared(file))
		return freopen(path, mode, file);
	refuse();
	return NULL;
}

FILE *runtime_c_freopen64(const char *path, const char *mode, FILE *file)
{
	return runtime_c_freopen(path, mode, file);
}

/* The mode counts; the buffer stays, for it may not outlive the component. */
int runtime_c_setvbuf(FILE *file, char *buffer, int mode, size_t size)
{
	return stream_is_shared(file) ? setvbuf(file, NULL, mode, 0)
				      : setvbuf(file, buffer, mode, size);
}

void runtime_c_setbuffer(FILE *file, char *buffer, size_t size)
{
	runtime_c_setvbuf(file, buffer, buffer ? _IOFBF : _IONBF, size);
}

void runtime_c_setbuf(FILE *file, char *buffer)
{
	runtime_c_setbuffer(file, buffer, BUFSIZ);
}

/* All streams are this component's, and standard output: others may be locked for long. */
int runtime_c_fflush(FILE *file)
{
	int err;

	if (file)
		return fflush(file);
	err = streams_flush(component_index());
	return fflush(stdout) || err ? EOF : 0;
}

int runtime_c_close(int fd)
{
	return descriptor_is_shared(fd) ? refuse() : close(fd);
}

int runtime_c_dup2(int from, int to)
{
	return descriptor_is_shared(to) ? refuse() : dup2(from, to);
}

int runtime_c_dup3(int from, int to, int flags)
{
	return descriptor_is_shared(to) ? refuse() : dup3(from, to, flags);
}
