/* SPDX-License-Identifier: MIT */
/*
 * System calls on files.
 */
#include "container/xen/file.h"
#include "container/xen/string.h"
#include "container/xen/sys.h"
#include "drivers/console.h"

#include <asm/errno.h>
#include <asm/ioctls.h>
#include <asm/stat.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define IOV_MAX 1024

struct iovec {
	char *base;
	uint64_t size;
};

static long memory_read(const struct file *file, char *to, uint64_t size, uint64_t offset)
{
	uint64_t rest = offset < file->size ? file->size - offset : 0;

	if (size > rest)
		size = rest;
	memcpy(to, file->data + offset, size);
	return (long)size;
}

static long file_read(int fd, char *to, uint64_t size)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	if (!size)
		return 0;
	if (file->kind == FILE_CONSOLE)
		return console_read(to, size);

	long count = memory_read(file, to, size, file->offset);

	file->offset += (uint64_t)count;
	return count;
}

static long file_write(int fd, const char *from, uint64_t size)
{
	struct file *file = file_get(fd);

	if (!file || file->kind != FILE_CONSOLE)
		return -EBADF;
	console_write(from, size);
	return (long)size;
}

long sys_read(const struct regs *regs)
{
	return file_read((int)regs->rdi, (char *)regs->rsi, regs->rdx);
}

long sys_write(const struct regs *regs)
{
	return file_write((int)regs->rdi, (const char *)regs->rsi, regs->rdx);
}

long sys_readv(const struct regs *regs)
{
	const struct iovec *list = (const struct iovec *)regs->rsi;
	long total = 0;

	if (regs->rdx > IOV_MAX)
		return -EINVAL;
	for (uint64_t i = 0; i < regs->rdx; i++) {
		long count = file_read((int)regs->rdi, list[i].base, list[i].size);

		if (count < 0)
			return total ? total : count;
		total += count;
		if ((uint64_t)count < list[i].size)
			break;
	}
	return total;
}

long sys_writev(const struct regs *regs)
{
	const struct iovec *list = (const struct iovec *)regs->rsi;
	long total = 0;

	if (regs->rdx > IOV_MAX)
		return -EINVAL;
	for (uint64_t i = 0; i < regs->rdx; i++) {
		long count = file_write((int)regs->rdi, list[i].base, list[i].size);

		if (count < 0)
			return total ? total : count;
		total += count;
	}
	return total;
}

long sys_pread64(const struct regs *regs)
{
	const struct file *file = file_get((int)regs->rdi);

	if (!file)
		return -EBADF;
	if (file->kind != FILE_MEMORY)
		return -ESPIPE;
	return memory_read(file, (char *)regs->rsi, regs->rdx, regs->r10);
}

long sys_lseek(const struct regs *regs)
{
	struct file *file = file_get((int)regs->rdi);
	int64_t offset = (int64_t)regs->rsi;

	if (!file)
		return -EBADF;
	if (file->kind != FILE_MEMORY)
		return -ESPIPE;
	if (regs->rdx == SEEK_CUR)
		offset += (int64_t)file->offset;
	else if (regs->rdx == SEEK_END)
		offset += (int64_t)file->size;
	else if (regs->rdx != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->offset = (uint64_t)offset;
	return offset;
}

static long path_open(const char *path, uint64_t flags)
{
	return flags & O_ACCMODE ? -EROFS : file_open(path);
}

long sys_open(const struct regs *regs)
{
	return path_open((const char *)regs->rdi, regs->rsi);
}

long sys_openat(const struct regs *regs)
{
	return path_open((const char *)regs->rsi, regs->rdx);
}

long sys_close(const struct regs *regs)
{
	return file_close((int)regs->rdi);
}

static long stat_fill(const struct file *file, struct stat *stat)
{
	if (!file)
		return -EBADF;
	*stat = (struct stat){
		.st_mode = file->kind == FILE_CONSOLE ? S_IFCHR | 0600 : S_IFREG | 0444,
		.st_nlink = 1,
		.st_size = (long)file->size,
		.st_blksize = (long)LAYOUT_PAGE_SIZE,
	};
	return 0;
}

long sys_fstat(const struct regs *regs)
{
	return stat_fill(file_get((int)regs->rdi), (struct stat *)regs->rsi);
}

/* stat by path opens and closes: nothing here depends on its speed. */
static long path_stat(const char *path, struct stat *stat)
{
	int fd = file_open(path);

	if (fd < 0)
		return fd;

	long ret = stat_fill(file_get(fd), stat);

	file_close(fd);
	return ret;
}

long sys_newfstatat(const struct regs *regs)
{
	const char *path = (const char *)regs->rsi;

	if (!*path && (regs->r10 & AT_EMPTY_PATH))
		return stat_fill(file_get((int)regs->rdi), (struct stat *)regs->rdx);
	return path_stat(path, (struct stat *)regs->rdx);
}

long sys_access(const struct regs *regs)
{
	struct stat stat;

	return path_stat((const char *)regs->rdi, &stat);
}

long sys_ioctl(const struct regs *regs)
{
	const struct file *file = file_get((int)regs->rdi);

	if (!file)
		return -EBADF;
	if (file->kind != FILE_CONSOLE || regs->rsi != TCGETS)
		return -ENOTTY;
	*(struct termios *)regs->rdx = (struct termios){.c_cflag = CREAD | CS8};
	return 0;
}

long sys_fcntl(const struct regs *regs)
{
	const struct file *file = file_get((int)regs->rdi);

	if (!file)
		return -EBADF;
	if (regs->rsi == F_GETFL)
		return file->kind == FILE_CONSOLE ? O_RDWR : O_RDONLY;
	return regs->rsi == F_GETFD || regs->rsi == F_SETFD ? 0 : -EINVAL;
}

/* No file here is a link. */
long sys_readlink(const struct regs *regs)
{
	struct stat stat;

	return path_stat((const char *)regs->rdi, &stat) < 0 ? -ENOENT : -EINVAL;
}
