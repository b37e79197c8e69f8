/* SPDX-License-Identifier: MIT */
/*
 * Bundled files and modules for the C library's own functions.
 *
 * The packer links with --wrap for every name in container/wrap.syms, so what
 * components and libraries call as fopen comes here, on both targets. A name
 * that is bundled with the calling component, or that of a module, is served
 * from memory, read-only; every other one goes on to the C library. Such a stream
 * has no descriptor and no wide characters, as the C library's own in memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container/component.h"
#include "container/component_self.h"
#include "container/image.h"
#include "layout/layout.h"

#define MODULE_FOLDER "/module/"
#define STAT_BLOCK 512 /* bytes; what st_blocks counts */

/* An open file; from the heap of the component that opened it. */
struct cursor {
	const char *bytes;
	size_t size;
	size_t offset; /* may lie behind the end */
};

/*
 * Where seeking leaves its cursor when it is set, by which freopen learns
 * whether a stream is one of these: the C library tells no other way.
 */
static __thread struct cursor **probe;

/* What the linker calls the C library's own. */
FILE *__real_fopen(const char *path, const char *mode);
FILE *__real_freopen(const char *path, const char *mode, FILE *stream);
int __real_stat(const char *path, struct stat *st);
int __real_lstat(const char *path, struct stat *st);
int __real_access(const char *path, int mode);

/*
 * What it calls these functions. Those whose name ends in 64 are the same: here,
 * off_t has 64 bits, and struct stat64 is struct stat.
 */
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_freopen(const char *path, const char *mode, FILE *stream);
FILE *__wrap_freopen64(const char *path, const char *mode, FILE *stream);
int __wrap_stat(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
int __wrap_lstat64(const char *path, struct stat *st);
int __wrap_access(const char *path, int mode);

static const char *name_plain(const char *name)
{
	while (name[0] == '.' && name[1] == '/')
		for (name += 2; *name == '/';)
			name++;
	return name;
}

static const void *bundle_find(const char *name, size_t *size)
{
	unsigned index = component_index();
	const struct image_component *c;

	if (index == COMPONENT_NONE)
		return NULL;
	c = &image.components[index];
	for (unsigned i = 0; i < c->file_count; i++) {
		if (!strcmp(name_plain(c->files[i].name), name_plain(name))) {
			*size = c->files[i].size;
			return c->files[i].bytes;
		}
	}
	return NULL;
}

/* One digit is enough for every module that there may be. */
_Static_assert(LAYOUT_MODULES_MAX <= 10, "a module's number has one digit");

static const void *module_find(const char *name, size_t *size)
{
	const char *number = name + strlen(MODULE_FOLDER);

	if (strncmp(name, MODULE_FOLDER, strlen(MODULE_FOLDER)) != 0 || *number < '0' ||
	    *number > '9' || number[1])
		return NULL;
	return component_module((unsigned)(*number - '0'), size);
}

const void *component_file(const char *name, size_t *size)
{
	const void *bytes;

	*size = 0;
	bytes = bundle_find(name, size);
	return bytes ? bytes : module_find(name, size);
}

static ssize_t cursor_read(void *cookie, char *to, size_t size)
{
	struct cursor *c = cookie;
	size_t rest = c->offset < c->size ? c->size - c->offset : 0;

	if (size > rest)
		size = rest;
	memcpy(to, c->bytes + c->offset, size);
	c->offset += size;
	return (ssize_t)size;
}

static int cursor_seek(void *cookie, off64_t *offset, int whence)
{
	struct cursor *c = cookie;
	off64_t base = whence == SEEK_CUR ? (off64_t)c->offset : 0;
	off64_t place;

	if (probe)
		*probe = c;
	if (whence == SEEK_END)
		base = (off64_t)c->size;
	if (__builtin_add_overflow(base, *offset, &place) || place < 0) {
		errno = EINVAL;
		return -1;
	}
	c->offset = (size_t)place;
	*offset = place;
	return 0;
}

static int cursor_close(void *cookie)
{
	free(cookie);
	return 0;
}

/* Only "r" with flags that change nothing here: "rb", "re", "rm". */
static bool mode_reads(const char *mode)
{
	if (*mode == 'r' && !strchr(mode, '+'))
		return true;
	errno = EROFS;
	return false;
}

static FILE *stream_open(const void *bytes, size_t size, const char *mode)
{
	static const cookie_io_functions_t functions = {
		.read = cursor_read,
		.seek = cursor_seek,
		.close = cursor_close,
	};
	struct cursor *c;
	FILE *stream;

	if (!mode_reads(mode))
		return NULL;
	c = malloc(sizeof(*c));
	if (!c)
		return NULL;
	*c = (struct cursor){.bytes = bytes, .size = size};
	stream = fopencookie(c, "r", functions);
	if (!stream)
		free(c);
	return stream;
}

/* The cursor of a stream that was opened here, or NULL. */
static struct cursor *stream_cursor(FILE *stream)
{
	struct cursor *found = NULL;

	/* A stream on a descriptor is none, and seeking in it would be seen outside. */
	if (fileno(stream) >= 0)
		return NULL;
	probe = &found;
	fseeko(stream, 0, SEEK_END);
	probe = NULL;
	return found;
}

/* A stream cannot change between the C library's kind and this one: ENOTSUP. */
static FILE *stream_reopen(const void *bytes, size_t size, const char *mode, FILE *stream)
{
	struct cursor *c;

	if (!mode_reads(mode))
		return NULL;
	c = stream_cursor(stream);
	if (!c) {
		errno = ENOTSUP;
		return NULL;
	}
	c->bytes = bytes;
	c->size = size;
	rewind(stream);
	return stream;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	size_t size;
	const void *bytes = component_file(path, &size);

	return bytes ? stream_open(bytes, size, mode) : __real_fopen(path, mode);
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __wrap_fopen(path, mode);
}

/* Without a path the mode changes: the C library's to judge. */
FILE *__wrap_freopen(const char *path, const char *mode, FILE *stream)
{
	size_t size;
	const void *bytes = path ? component_file(path, &size) : NULL;

	return bytes ? stream_reopen(bytes, size, mode, stream)
		     : __real_freopen(path, mode, stream);
}

FILE *__wrap_freopen64(const char *path, const char *mode, FILE *stream)
{
	return __wrap_freopen(path, mode, stream);
}

/* True where the name is a bundled file's or a module's. */
static bool stat_answer(const char *path, struct stat *st)
{
	size_t size;

	if (!component_file(path, &size))
		return false;
	*st = (struct stat){
		.st_mode = S_IFREG | S_IRUSR | S_IRGRP | S_IROTH,
		.st_nlink = 1,
		.st_size = (off_t)size,
		.st_blksize = LAYOUT_PAGE_SIZE,
		.st_blocks = (blkcnt_t)((size + STAT_BLOCK - 1) / STAT_BLOCK),
	};
	return true;
}

int __wrap_stat(const char *path, struct stat *st)
{
	return stat_answer(path, st) ? 0 : __real_stat(path, st);
}

int __wrap_stat64(const char *path, struct stat *st)
{
	return __wrap_stat(path, st);
}

/* None of them is a link. */
int __wrap_lstat(const char *path, struct stat *st)
{
	return stat_answer(path, st) ? 0 : __real_lstat(path, st);
}

int __wrap_lstat64(const char *path, struct stat *st)
{
	return __wrap_lstat(path, st);
}

int __wrap_access(const char *path, int mode)
{
	size_t size;

	if (!component_file(path, &size))
		return __real_access(path, mode);
	if (!(mode & (W_OK | X_OK)))
		return 0;
	errno = mode & W_OK ? EROFS : EACCES;
	return -1;
}
