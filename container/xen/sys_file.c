/* SPDX-License-Identifier: MIT */
/*
 * System calls on files.
 */
#include "container/xen/file.h"
#include "container/xen/sys.h"
#include "container/xen/user.h"
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
#define TYPED_MAX 256 /* bytes of typed text that one call reads */

struct iovec {
	uint64_t base, size;
};

/* Of a transfer, but for what failed at its end: nothing at all is an error. */
static long transferred(uint64_t size, uint64_t failed)
{
	return failed && failed == size ? -EFAULT : (long)(size - failed);
}

static long memory_read(const struct file *file, uint64_t to, uint64_t size, uint64_t offset)
{
	uint64_t rest = offset < file->size ? file->size - offset : 0;

	if (size > rest)
		size = rest;
	return transferred(size, user_copy((void *)to, file->data + offset, size));
}

static long typed_read(uint64_t to, uint64_t size)
{
	char text[TYPED_MAX];
	long count = console_read(text, size < sizeof(text) ? size : sizeof(text));

	if (count <= 0)
		return count;
	return transferred((uint64_t)count, user_copy((void *)to, text, (uint64_t)count));
}

static long file_read(int fd, uint64_t to, uint64_t size)
{
	struct file *file = file_get(fd);

	if (!file)
		return -EBADF;
	if ((int64_t)size < 0)
		return -EINVAL;
	if (!size)
		return 0;
	if (file->kind == FILE_CONSOLE)
		return typed_read(to, size);

	long count = memory_read(file, to, size, file->offset);

	if (count > 0)
		file->offset += (uint64_t)count;
	return count;
}

static long file_write(int fd, uint64_t from, uint64_t size)
{
	struct file *file = file_get(fd);

	if (!file || file->kind != FILE_CONSOLE)
		return -EBADF;
	if ((int64_t)size < 0)
		return -EINVAL;
	return transferred(size, size - console_write((const char *)from, size));
}

long sys_read(const struct regs *regs)
{
	return file_read((int)regs->rdi, regs->rsi, regs->rdx);
}

long sys_write(const struct regs *regs)
{
	return file_write((int)regs->rdi, regs->rsi, regs->rdx);
}

/* One call each of a list, until one of them fails or does less than was asked for. */
static long vector_transfer(const struct regs *regs,
			    long (*each)(int fd, uint64_t at, uint64_t size))
{
	long total = 0;

	if (regs->rdx > IOV_MAX)
		return -EINVAL;
	for (uint64_t i = 0; i < regs->rdx; i++) {
		struct iovec part;
		long count = user_read(&part, regs->rsi + i * sizeof(part), sizeof(part));

		if (!count)
			count = each((int)regs->rdi, part.base, part.size);
		if (count < 0)
			return total ? total : count;
		total += count;
		if ((uint64_t)count < part.size)
			break;
	}
	return total;
}

long sys_readv(const struct regs *regs)
{
	return vector_transfer(regs, file_read);
}

long sys_writev(const struct regs *regs)
{
	return vector_transfer(regs, file_write);
}

long sys_pread64(const struct regs *regs)
{
	const struct file *file = file_get((int)regs->rdi);

	if (!file)
		return -EBADF;
	if (file->kind != FILE_MEMORY)
		return -ESPIPE;
	if ((int64_t)regs->rdx < 0 || (int64_t)regs->r10 < 0)
		return -EINVAL;
	return memory_read(file, regs->rsi, regs->rdx, regs->r10);
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

/* A path that code above names; 0 or a negative errno. */
static long path_read(char path[FILE_PATH_MAX], uint64_t from)
{
	long length = user_string(path, (const char *)from, FILE_PATH_MAX);

	if (length == FILE_PATH_MAX)
		return -ENAMETOOLONG;
	return length < 0 ? length : 0;
}

static long path_open(uint64_t from, uint64_t flags)
{
	char path[FILE_PATH_MAX];
	long ret = path_read(path, from);

	if (ret)
		return ret;
	return flags & O_ACCMODE ? -EROFS : file_open(path);
}

long sys_open(const struct regs *regs)
{
	return path_open(regs->rdi, regs->rsi);
}

long sys_openat(const struct regs *regs)
{
	return path_open(regs->rsi, regs->rdx);
}

long sys_close(const struct regs *regs)
{
	return file_close((int)regs->rdi);
}

static long stat_write(const struct file *file, uint64_t to)
{
	struct stat stat = {.st_nlink = 1, .st_blksize = (long)LAYOUT_PAGE_SIZE};

	if (!file)
		return -EBADF;
	stat.st_mode = file->kind == FILE_CONSOLE ? S_IFCHR | 0600 : S_IFREG | 0444;
	stat.st_size = (long)file->size;
	return user_write(to, &stat, sizeof(stat));
}

long sys_fstat(const struct regs *regs)
{
	return stat_write(file_get((int)regs->rdi), regs->rsi);
}

/* What is asked of a path opens and closes: nothing here depends on its speed. */
static long path_stat(const char *path, uint64_t to)
{
	int fd = file_open(path);

	if (fd < 0)
		return fd;

	long ret = stat_write(file_get(fd), to);

	file_close(fd);
	return ret;
}

long sys_newfstatat(const struct regs *regs)
{
	char path[FILE_PATH_MAX];
	long ret = path_read(path, regs->rsi);

	if (ret)
		return ret;
	if (!*path && (regs->r10 & AT_EMPTY_PATH))
		return stat_write(file_get((int)regs->rdi), regs->rdx);
	return path_stat(path, regs->rdx);
}

static long path_exists(uint64_t from)
{
	char path[FILE_PATH_MAX];
	long ret = path_read(path, from);
	int fd = ret ? (int)ret : file_open(path);

	return fd < 0 ? fd : file_close(fd);
}

long sys_access(const struct regs *regs)
{
	return path_exists(regs->rdi);
}

long sys_ioctl(const struct regs *regs)
{
	const struct file *file = file_get((int)regs->rdi);

	if (!file)
		return -EBADF;
	if (file->kind != FILE_CONSOLE || regs->rsi != TCGETS)
		return -ENOTTY;

	const struct termios terminal = {.c_cflag = CREAD | CS8};

	return user_write(regs->rdx, &terminal, sizeof(terminal));
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
	long ret = path_exists(regs->rdi);

	return ret ? ret : -EINVAL;
}
