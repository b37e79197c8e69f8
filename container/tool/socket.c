/* SPDX-License-Identifier: MIT */
/*
 * The part of module `sys` that is about sockets: local ones, by the path of a file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <lauxlib.h>

#include "container/tool/tool.h"

/* listen(path): a descriptor for accept; for one caller at a time */
static int sys_listen(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return answer_errno(L);
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return answer_errno(L);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1)) {
		int error = errno;

		close(fd);
		errno = error;
		return answer_errno(L);
	}
	lua_pushinteger(L, fd);
	return 1;
}

/* accept(fd): a descriptor to read and write; "again" where nobody has called */
static int sys_accept(lua_State *L)
{
	struct sockaddr_un caller;
	socklen_t size = sizeof(caller);
	int fd = accept4((int)luaL_checkinteger(L, 1), (struct sockaddr *)&caller, &size,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return answer_errno(L);
	lua_pushinteger(L, fd);
	return 1;
}

void socket_register(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"accept", sys_accept}, {"listen", sys_listen}, {NULL, NULL}};

	luaL_setfuncs(L, functions, 0);
}
