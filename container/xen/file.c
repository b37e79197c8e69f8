/* SPDX-License-Identifier: MIT */
/*
 * Open files: see file.h.
 */
#include "container/xen/boot.h"
#include "container/xen/file.h"
#include "container/xen/lock.h"
#include "container/xen/print.h"
#include "container/xen/string.h"

#include <asm/errno.h>

#define MODULE_PATH_SIZE 16

/*
 * jemalloc asks whether memory is backed when touched ("1": always). It is, and
 * knowing so it keeps its reservations plain.
 */
#define OVERCOMMIT_PATH "/proc/sys/vm/overcommit_memory"
static const char overcommit[] = "1\n";

/* An empty module: xl takes no empty ramdisk, but `--module /dev/null` in extra=. */
#define EMPTY_PATH "/dev/null"

static struct lock files_lock; /* covers which slots are used */
static struct file files[FILES_MAX] = {
	{.kind = FILE_CONSOLE},
	{.kind = FILE_CONSOLE},
	{.kind = FILE_CONSOLE},
};

struct file *file_get(int fd)
{
	if (fd < 0 || fd >= FILES_MAX || files[fd].kind == FILE_CLOSED)
		return NULL;
	return &files[fd];
}

static int memory_open(const char *data, uint64_t size)
{
	int fd = -EMFILE;

	lock_take(&files_lock);
	for (int i = 0; i < FILES_MAX && fd < 0; i++) {
		if (files[i].kind != FILE_CLOSED)
			continue;
		files[i] = (struct file){FILE_MEMORY, data, size, 0};
		fd = i;
	}
	lock_drop(&files_lock);
	return fd;
}

int file_open(const char *path)
{
	char module[MODULE_PATH_SIZE];

	for (unsigned i = 0; i < boot.module_count; i++) {
		print_to(module, sizeof(module), "/module/%u", i);
		if (!strcmp(path, module))
			return memory_open((const char *)layout_module_base(i),
					   boot.modules[i].size);
	}
	if (!strcmp(path, OVERCOMMIT_PATH))
		return memory_open(overcommit, sizeof(overcommit) - 1);
	if (!strcmp(path, EMPTY_PATH))
		return memory_open("", 0);
	return -ENOENT;
}

int file_close(int fd)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	lock_take(&files_lock);
	file->kind = FILE_CLOSED;
	lock_drop(&files_lock);
	return 0;
}

long file_map(int fd, uint64_t addr, uint64_t size, uint64_t offset)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	if (file->kind != FILE_MEMORY || (uint64_t)file->data != addr || offset ||
	    size > file->size)
		return -ENODEV;
	return (long)addr;
}
