/* SPDX-License-Identifier: MIT */
/*
 * Other programs: a component starts none. What is in Lua's libraries for it is
 * replaced before a script runs (runtimes/lua/runtime_lua_system.c), and what a
 * component in C calls is the runtime's; these are for the linker alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

FILE *popen(const char *command, const char *modes)
{
	(void)command, (void)modes;
	errno = ENOSYS;
	return NULL;
}

int system(const char *command)
{
	errno = ENOSYS;
	return command ? -1 : 0;
}
