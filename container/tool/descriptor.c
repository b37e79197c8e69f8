/* SPDX-License-Identifier: MIT */
/*
 * The part of module `sys` that is about descriptors: plain integers, closed
 * on exec unless spawn hands them over.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>

#include "container/tool/tool.h"

#define POLL_MAX 16
#define READ_MAX 65536 /* bytes of one read, at most */

static int arg_fd(lua_State *L, int index)
{
	return (int)luaL_checkinteger(L, index);
}

/* open(path, mode): mode is "r", "w" (created, emptied) or "rw", and never blocks. */
static int sys_open(lua_State *L)
{
	static const char *const names[] = {"r", "w", "rw", NULL};
	static const int flags[] = {O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC, O_RDWR};
	const char *path = luaL_checkstring(L, 1);
	int mode = luaL_checkoption(L, 2, "r", names);
	int fd = open(path, flags[mode] | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);

	if (fd < 0)
		return answer_errno(L);
	lua_pushinteger(L, fd);
	return 1;
}

static int sys_close(lua_State *L)
{
	return close(arg_fd(L, 1)) ? answer_errno(L) : answer_true(L);
}

/* pipe(): reading end, writing end */
static int sys_pipe(lua_State *L)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return answer_errno(L);
	lua_pushinteger(L, fds[0]);
	lua_pushinteger(L, fds[1]);
	return 2;
}

/* nonblock(fd): concerns everyone who shares the open file */
static int sys_nonblock(lua_State *L)
{
	int fd = arg_fd(L, 1), flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return answer_errno(L);
	return answer_true(L);
}

/* read(fd[, most]): bytes, "" at the end */
static int sys_read(lua_State *L)
{
	int fd = arg_fd(L, 1);
	lua_Integer most = luaL_optinteger(L, 2, READ_MAX);
	luaL_Buffer b;
	char *room;
	ssize_t got;

	luaL_argcheck(L, most > 0 && most <= READ_MAX, 2, "out of range");
	room = luaL_buffinitsize(L, &b, (size_t)most);
	got = read(fd, room, (size_t)most);
	if (got < 0) {
		int error = errno == EINTR ? EAGAIN : errno;

		luaL_pushresultsize(&b, 0);
		errno = error;
		return answer_errno(L);
	}
	luaL_pushresultsize(&b, (size_t)got);
	return 1;
}

/* write(fd, bytes[, first]): how many from byte `first` (1 at the start) were taken */
static int sys_write(lua_State *L)
{
	int fd = arg_fd(L, 1);
	size_t len;
	const char *bytes = luaL_checklstring(L, 2, &len);
	lua_Integer first = luaL_optinteger(L, 3, 1);
	ssize_t put;

	luaL_argcheck(L, first >= 1 && (size_t)first <= len + 1, 3, "out of range");
	put = write(fd, bytes + first - 1, len - (size_t)first + 1);
	if (put < 0) {
		errno = errno == EINTR ? EAGAIN : errno;
		return answer_errno(L);
	}
	lua_pushinteger(L, put);
	return 1;
}

/* Appends the descriptors of the list at an index; returns the new count. */
static nfds_t poll_collect(lua_State *L, int index, short events, struct pollfd *fds, nfds_t count)
{
	lua_Integer entries;

	luaL_checktype(L, index, LUA_TTABLE);
	entries = (lua_Integer)lua_rawlen(L, index);
	for (lua_Integer i = 1; i <= entries; i++) {
		luaL_argcheck(L, count < POLL_MAX, index, "too many descriptors");
		lua_rawgeti(L, index, i);
		fds[count++] = (struct pollfd){.fd = arg_fd(L, -1), .events = events};
		lua_pop(L, 1);
	}
	return count;
}

static void push_ready(lua_State *L, const struct pollfd *fds, nfds_t count)
{
	lua_newtable(L);
	for (nfds_t i = 0; i < count; i++) {
		if (!fds[i].revents)
			continue;
		lua_pushboolean(L, 1);
		lua_rawseti(L, -2, fds[i].fd);
	}
}

/*
 * poll(readers, writers[, seconds]): {[fd] = true} of those that can be read,
 * and of those that can be written; a closed or failed one counts as both.
 */
static int sys_poll(lua_State *L)
{
	lua_Number seconds = luaL_optnumber(L, 3, -1);
	struct pollfd fds[POLL_MAX];
	nfds_t readers, count;

	readers = poll_collect(L, 1, POLLIN, fds, 0);
	count = poll_collect(L, 2, POLLOUT, fds, readers);
	/* Rounded up: a caller that waits for a moment must not spin before it. */
	if (poll(fds, count, seconds < 0 ? -1 : (int)(seconds * 1000 + 0.999)) < 0)
		for (nfds_t i = 0; i < count; i++)
			fds[i].revents = 0;
	push_ready(L, fds, readers);
	push_ready(L, fds + readers, count - readers);
	return 2;
}

void descriptor_register(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"close", sys_close}, {"nonblock", sys_nonblock},
		{"open", sys_open},   {"pipe", sys_pipe},
		{"poll", sys_poll},   {"read", sys_read},
		{"write", sys_write}, {NULL, NULL},
	};

	luaL_setfuncs(L, functions, 0);
}
