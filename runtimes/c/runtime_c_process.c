/* SPDX-License-Identifier: MIT */
/*
 * exit and its kin for one component: it ends, the image goes on.
 */
#include "runtimes/c/runtime_c.h"

#include "container/component.h"

_Noreturn void runtime_c_exit(int status)
{
	component_exit(status);
}

_Noreturn void runtime_c__exit(int status)
{
	/* Of the handlers that are now left out, one would have done this. */
	runtime_c_environment_end();
	component_exit_now(status);
}

_Noreturn void runtime_c__Exit(int status)
{
	runtime_c__exit(status);
}

static void handler_call(void *handler)
{
	((void (*)(void))handler)();
}

int runtime_c_atexit(void (*handler)(void))
{
	return component_at_exit(handler_call, (void *)handler);
}
