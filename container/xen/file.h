/* SPDX-License-Identifier: MIT */
/*
 * Open files: the console, and files that are memory.
 *
 * 0, 1 and 2 are the console. /module/N is what Xen brought as module N.
 */
#ifndef XEN_FILE_H
#define XEN_FILE_H

#include <stddef.h>
#include <stdint.h>

#define FILES_MAX 32
#define FILE_PATH_MAX 256 /* with the final zero; no path here is near it */

enum file_kind {
	FILE_CLOSED,
	FILE_CONSOLE,
	FILE_MEMORY,
};

struct file {
	enum file_kind kind;
	const char *data; /* FILE_MEMORY */
	uint64_t size;
	uint64_t offset; /* of the next read */
};

/* The open file of a descriptor, or NULL. */
struct file *file_get(int fd);

/* Open a file to read; its descriptor, -ENOENT, -EMFILE. */
int file_open(const char *path);

int file_close(int fd);

/*
 * mmap of a file: a module, whole, at its own place in the map, where it is
 * anyway. The address, -EBADF or -ENODEV.
 */
long file_map(int fd, uint64_t addr, uint64_t size, uint64_t offset);

#endif
