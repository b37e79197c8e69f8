/* SPDX-License-Identifier: MIT */
/*
 * For unit tests of the Lua runtime: whole scripts through runtime_lua.run, in
 * a component that is made up here. What a script says, it says by its status
 * and on standard error. The test says what modules and files there are.
 */
#ifndef TESTS_UNIT_LUA_SCRIPT_H
#define TESTS_UNIT_LUA_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container/component.h"
#include "container/component_self.h"
#include "container/image.h"
#include "container/runtime.h"
#include "runtimes/lua/runtime_lua.h"

/* What the test's scripts find, besides `atoll`. */
static const struct runtime_lua_module *script_modules;
static unsigned script_module_count;
static const struct image_file *script_files;
static unsigned script_file_count;

static struct {
	jmp_buf end;
	int status;
	void (*handler)(void *arg);
	void *arg;
} component;

unsigned component_index(void)
{
	return 0;
}

_Noreturn void component_exit(int status)
{
	component.status = status;
	longjmp(component.end, 1);
}

int component_at_exit(void (*handler)(void *arg), void *arg)
{
	component.handler = handler;
	component.arg = arg;
	return 0;
}

const char *component_name(void)
{
	return "tester";
}

void component_stats(struct component_stats *out)
{
	*out = (struct component_stats){.heap_quota = 4 << 20};
}

/* What the test says; a signal handler of its may, too. */
static volatile sig_atomic_t script_stopping;

bool component_stopping(void)
{
	return script_stopping;
}

const void *component_file(const char *name, size_t *size)
{
	*size = 0;
	for (unsigned i = 0; i < script_file_count; i++) {
		if (!strcmp(script_files[i].name, name)) {
			*size = script_files[i].size;
			return script_files[i].bytes;
		}
	}
	return NULL;
}

/* No test opens a channel or a module. */
const void *component_module(unsigned index, size_t *size)
{
	(void)index;
	*size = 0;
	return NULL;
}

struct channel *channel_open(const char *name)
{
	(void)name;
	return NULL;
}

/* Standard error while a script ran. */
static char errors[4096];

static int errors_begin(FILE *file)
{
	int saved = dup(STDERR_FILENO);

	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	return saved;
}

static void errors_end(FILE *file, int saved)
{
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	errors[fread(errors, 1, sizeof(errors) - 1, file)] = '\0';
}

static inline int script_run(const char *code, size_t size)
{
	const struct runtime_lua_program program = {.chunkname = "@script.lua",
						    .code = code,
						    .size = size,
						    .modules = script_modules,
						    .module_count = script_module_count};
	const struct image_component spec = {.name = "tester", .program = &program};
	char *argv[] = {(char *)"tester", (char *)"one", (char *)"two words", NULL};
	char *envp[] = {(char *)"LANG=C", (char *)"EMPTY=", NULL};

	component.handler = NULL;
	if (!setjmp(component.end))
		component.status = runtime_lua.run(&spec, 3, argv, envp);
	if (component.handler)
		component.handler(component.arg);
	return component.status;
}

static inline int run_chunk(const char *code, size_t size)
{
	FILE *file = tmpfile();
	int saved, status;

	assert_non_null(file);
	saved = errors_begin(file);
	status = script_run(code, size);
	errors_end(file, saved);
	fclose(file);
	return status;
}

static inline int run(const char *code)
{
	return run_chunk(code, strlen(code));
}

static inline void assert_succeeds(const char *code)
{
	int status = run(code);

	if (status || *errors)
		fail_msg("status %d, errors: %s", status, errors);
}

static inline void assert_says(const char *part)
{
	if (!strstr(errors, part))
		fail_msg("expected \"%s\" in: %s", part, errors);
}

#endif
