/* SPDX-License-Identifier: MIT */
/*
 * The C runtime: a component is its main. What makes a process of it, exit and
 * environment, is in the other two files here.
 */
#include "runtimes/c/runtime_c.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "container/component.h"
#include "container/image.h"
#include "container/runtime.h"

static void environment_end(void *unused)
{
	(void)unused;
	runtime_c_environment_end();
}

static int runtime_c_run(const struct image_component *spec, int argc, char **argv, char **envp)
{
	const struct runtime_c_program *program = spec->program;

	/* Registered first, so that the component's own handlers still see the environment. */
	if (runtime_c_environment_begin(envp) || component_at_exit(environment_end, NULL)) {
		fprintf(stderr, "%s: environment: %s\n", spec->name, strerror(ENOMEM));
		return 1;
	}
	return program->main(argc, argv, envp);
}

const struct runtime runtime_c = {
	.name = "c",
	.run = runtime_c_run,
};
