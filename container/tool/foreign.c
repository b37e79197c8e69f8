/* SPDX-License-Identifier: MIT */
/*
 * Module `foreign`: reads the memory of a running process or guest.
 *
 * A guest's pages are mapped by the ioctl of xen/sys/privcmd.h, as Xen's own
 * libraries do. Copies only: whatever the other side does to its memory
 * meanwhile, what is returned stays as it was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <lauxlib.h>
#include <xen/xen.h>

#define __user
#include <xen/sys/privcmd.h>

#include "container/tool/tool.h"
#include "layout/layout.h"

#define BATCH_MAX 512 /* pages of one call */
#define BYTES_MAX 65536

/* process(pid, address, size): the bytes there, or nil and why not. */
static int foreign_process(lua_State *L)
{
	pid_t pid = (pid_t)luaL_checkinteger(L, 1);
	struct iovec there = {.iov_base = (void *)(uintptr_t)luaL_checkinteger(L, 2)}, here;
	lua_Integer size = luaL_checkinteger(L, 3);
	luaL_Buffer b;
	ssize_t got;

	luaL_argcheck(L, size > 0 && size <= BYTES_MAX, 3, "out of range");
	here.iov_base = luaL_buffinitsize(L, &b, (size_t)size);
	here.iov_len = there.iov_len = (size_t)size;
	got = process_vm_readv(pid, &here, 1, &there, 1, 0);
	luaL_pushresultsize(&b, got == size ? (size_t)size : 0);
	if (got == size)
		return 1;
	errno = got < 0 ? errno : EFAULT;
	return answer_errno(L);
}

/* The pages that could be mapped, by their index in the batch, from 1. */
static void pages_push(lua_State *L, const char *pages, const int *errors, unsigned count)
{
	lua_newtable(L);
	for (unsigned i = 0; i < count; i++) {
		if (errors[i])
			continue;
		lua_pushlstring(L, pages + i * LAYOUT_PAGE_SIZE, LAYOUT_PAGE_SIZE);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static int pages_map(int fd, domid_t domain, xen_pfn_t first, unsigned count, void *at, int *errors)
{
	xen_pfn_t frames[BATCH_MAX];
	privcmd_mmapbatch_v2_t batch = {
		.num = count,
		.dom = domain,
		.addr = (uintptr_t)at,
		.arr = frames,
		.err = errors,
	};

	for (unsigned i = 0; i < count; i++)
		frames[i] = first + i;
	/* ENOENT: some of them could not be mapped, which their errors say. */
	return ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) && errno != ENOENT ? -1 : 0;
}

/*
 * domain(id, frame, count): {[i] = bytes of guest frame frame + i - 1}, without
 * those that the guest does not have, or nil and why not.
 */
static int foreign_domain(lua_State *L)
{
	domid_t domain = (domid_t)luaL_checkinteger(L, 1);
	xen_pfn_t first = (xen_pfn_t)luaL_checkinteger(L, 2);
	lua_Integer count = luaL_checkinteger(L, 3);
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC), errors[BATCH_MAX] = {0}, failed;
	size_t bytes = (size_t)count * LAYOUT_PAGE_SIZE;
	void *pages;

	luaL_argcheck(L, count > 0 && count <= BATCH_MAX, 3, "out of range");
	if (fd < 0)
		return answer_errno(L);
	pages = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	failed =
		pages == MAP_FAILED || pages_map(fd, domain, first, (unsigned)count, pages, errors);
	if (!failed)
		pages_push(L, pages, errors, (unsigned)count);
	if (pages != MAP_FAILED)
		munmap(pages, bytes);
	close(fd);
	return failed ? answer_errno(L) : 1;
}

int luaopen_foreign(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"process", foreign_process},
		{"domain", foreign_domain},
		{NULL, NULL},
	};

	luaL_newlib(L, functions);
	return 1;
}
