/* SPDX-License-Identifier: MIT */
/*
 * files.run: one command, run to its end, without a shell in between.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lauxlib.h>

#include "container/tool/tool.h"

/*
 * Run argv[0] (found in PATH) with its outputs going to these descriptors.
 * Returns its exit status, 128 + n when signal n ended it, or -errno.
 */
static int command_run(char **argv, const char *cwd, int out, int err)
{
	posix_spawn_file_actions_t actions;
	int status, error;
	pid_t pid;

	if (!argv[0])
		return -EINVAL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	if (cwd)
		posix_spawn_file_actions_addchdir_np(&actions, cwd);
	error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		return -error;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void push_contents(lua_State *L, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	luaL_Buffer b;
	char *room = luaL_buffinitsize(L, &b, size > 0 ? (size_t)size : 0);
	ssize_t got = size > 0 ? pread(fd, room, (size_t)size, 0) : 0;

	luaL_pushresultsize(&b, got > 0 ? (size_t)got : 0);
}

/*
 * run{command, argument..., cwd = folder}: exit status (128 + n when a signal
 * ended it), what it wrote to stdout, what it wrote to stderr; or nil and a
 * message when it could not be started.
 */
int files_run(lua_State *L)
{
	const char *cwd;
	char **argv;
	int out, err, status;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_getfield(L, 1, "cwd");
	cwd = luaL_optstring(L, -1, NULL);
	argv = argv_take(L, lua_rawlen(L, 1));
	out = memfd_create("stdout", MFD_CLOEXEC);
	err = memfd_create("stderr", MFD_CLOEXEC);
	status = command_run(argv, cwd, out, err);
	if (status < 0) {
		lua_pushnil(L);
		lua_pushfstring(L, "%s: %s", argv[0], strerror(-status));
	} else {
		lua_pushinteger(L, status);
		push_contents(L, out);
		push_contents(L, err);
	}
	close(out);
	close(err);
	return status < 0 ? 2 : 3;
}
