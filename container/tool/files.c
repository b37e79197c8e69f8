/* SPDX-License-Identifier: MIT */
/*
 * Module `files`: what Lua's own library lacks about files, and commands run
 * to their end. Calls that fail return nil and a message that names the file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "container/tool/tool.h"

static int fail(lua_State *L, const char *path)
{
	int error = errno;

	lua_pushnil(L);
	lua_pushfstring(L, "%s: %s", path, strerror(error));
	return 2;
}

static int succeed(lua_State *L)
{
	lua_pushboolean(L, 1);
	return 1;
}

/* mkdir(path): also its parents; a folder that is there already is fine. */
static int files_mkdir(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	size_t size = strlen(path) + 1;
	char part[PATH_MAX];

	if (size > sizeof(part)) {
		errno = ENAMETOOLONG;
		return fail(L, path);
	}
	memcpy(part, path, size);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return fail(L, part);
		*slash = '/';
	}
	if (mkdir(part, 0777) && errno != EEXIST)
		return fail(L, part);
	return succeed(L);
}

/* stat(path): {size, mtime in ns, is_dir, is_file} */
static int files_stat(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct stat st;

	if (stat(path, &st))
		return fail(L, path);
	lua_createtable(L, 0, 4);
	lua_pushinteger(L, st.st_size);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
	lua_setfield(L, -2, "mtime");
	lua_pushboolean(L, S_ISDIR(st.st_mode));
	lua_setfield(L, -2, "is_dir");
	lua_pushboolean(L, S_ISREG(st.st_mode));
	lua_setfield(L, -2, "is_file");
	return 1;
}

/* list(path): the names in a folder, sorted by no order, without . and .. */
static int files_list(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	DIR *dir = opendir(path);
	lua_Integer count = 0;

	if (!dir)
		return fail(L, path);
	lua_newtable(L);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		lua_pushstring(L, e->d_name);
		lua_rawseti(L, -2, ++count);
	}
	closedir(dir);
	return 1;
}

static int files_realpath(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	char real[PATH_MAX];

	if (!realpath(path, real))
		return fail(L, path);
	lua_pushstring(L, real);
	return 1;
}

static int files_getcwd(lua_State *L)
{
	char path[PATH_MAX];

	if (!getcwd(path, sizeof(path)))
		return fail(L, ".");
	lua_pushstring(L, path);
	return 1;
}

/* exe(): the path of this program */
static int files_exe(lua_State *L)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));

	if (len < 0)
		return fail(L, "/proc/self/exe");
	lua_pushlstring(L, path, (size_t)len);
	return 1;
}

/* temporary(): a new folder of one's own, to be removed by the caller */
static int files_temporary(lua_State *L)
{
	char path[] = "/tmp/atoll.XXXXXX";

	if (!mkdtemp(path))
		return fail(L, path);
	lua_pushstring(L, path);
	return 1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* remove(path): with all that is below it; what is not there is fine. */
static int files_remove(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return fail(L, path);
	return succeed(L);
}

/* isatty(fd) */
static int files_isatty(lua_State *L)
{
	lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
	return 1;
}

int luaopen_files(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"exe", files_exe},
		{"getcwd", files_getcwd},
		{"isatty", files_isatty},
		{"list", files_list},
		{"mkdir", files_mkdir},
		{"realpath", files_realpath},
		{"remove", files_remove},
		{"run", files_run},
		{"stat", files_stat},
		{"temporary", files_temporary},
		{NULL, NULL},
	};

	luaL_newlib(L, functions);
	return 1;
}
