/* SPDX-License-Identifier: MIT */
/*
 * The table of modules: written by main before any component runs, read-only
 * afterwards.
 */
#include "container/module.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container/component.h"
#include "layout/layout.h"

static size_t module_sizes[LAYOUT_MODULES_MAX]; /* bytes */
static unsigned module_count;

static int module_check(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	if ((uint64_t)st->st_size > LAYOUT_MODULE_SLOT_SIZE)
		return -EFBIG;
	return 0;
}

static int module_map(int fd)
{
	struct stat st;
	int err = fstat(fd, &st) ? -errno : module_check(&st);

	if (err)
		return err;
	/* There is no empty mapping; an empty module is an address and no more. */
	if (st.st_size && mmap((void *)layout_module_base(module_count), (size_t)st.st_size,
			       PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
		return -errno;
	module_sizes[module_count++] = (size_t)st.st_size;
	return 0;
}

int module_add(const char *path)
{
	int fd, err;

	if (module_count == LAYOUT_MODULES_MAX)
		return -ENOSPC;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = module_map(fd);
	close(fd);
	return err;
}

const void *component_module(unsigned index, size_t *size)
{
	*size = index < module_count ? module_sizes[index] : 0;
	return index < module_count ? (const void *)layout_module_base(index) : NULL;
}
