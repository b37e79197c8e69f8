/* SPDX-License-Identifier: MIT */
/*
 * A component's own environment variables.
 *
 * The array is a copy, so that variables can come and go; strings are the
 * container's, or the component's (putenv), or made here by setenv. The latter
 * live to the end, even when replaced: a getenv may have handed them out.
 * Threads that a component makes itself see an empty environment.
 */
#include "runtimes/c/runtime_c.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct assignment {
	struct assignment *next;
	char text[]; /* "NAME=value" */
};

static __thread struct {
	char **strings; /* NULL-terminated, from malloc; NULL outside a component */
	size_t count;
	struct assignment *made; /* all that setenv ever made */
} environment;

static int environment_resize(size_t count)
{
	char **strings = realloc(environment.strings, (count + 1) * sizeof(*strings));

	if (!strings)
		return -1;
	strings[count] = NULL;
	environment.strings = strings;
	return 0;
}

int runtime_c_environment_begin(char **envp)
{
	size_t count = 0;

	while (envp[count])
		count++;
	if (environment_resize(count))
		return -1;
	memcpy(environment.strings, envp, count * sizeof(*envp));
	environment.count = count;
	return 0;
}

void runtime_c_environment_end(void)
{
	while (environment.made) {
		struct assignment *first = environment.made;

		environment.made = first->next;
		free(first);
	}
	free(environment.strings);
	environment.strings = NULL;
	environment.count = 0;
}

/* The place of the variable, or of the final NULL. */
static size_t environment_find(const char *name, size_t length)
{
	size_t i = 0;

	while (i < environment.count && (strncmp(environment.strings[i], name, length) != 0 ||
					 environment.strings[i][length] != '='))
		i++;
	return i;
}

static int environment_put(char *assignment, size_t name_length)
{
	size_t i = environment_find(assignment, name_length);

	if (i == environment.count) {
		if (environment_resize(i + 1))
			return -1;
		environment.count = i + 1;
	}
	environment.strings[i] = assignment;
	return 0;
}

static int name_check(const char *name)
{
	if (name && *name && !strchr(name, '='))
		return 0;
	errno = EINVAL;
	return -1;
}

char *runtime_c_getenv(const char *name)
{
	size_t length = strlen(name);
	size_t i = environment_find(name, length);

	return i < environment.count ? environment.strings[i] + length + 1 : NULL;
}

/* Nothing in an image runs with more rights than another. */
char *runtime_c_secure_getenv(const char *name)
{
	return runtime_c_getenv(name);
}

static struct assignment *assignment_make(const char *name, const char *value)
{
	size_t name_bytes = strlen(name), value_bytes = strlen(value) + 1;
	struct assignment *a = malloc(sizeof(*a) + name_bytes + 1 + value_bytes);

	if (!a)
		return NULL;
	memcpy(a->text, name, name_bytes);
	a->text[name_bytes] = '=';
	memcpy(a->text + name_bytes + 1, value, value_bytes);
	return a;
}

int runtime_c_setenv(const char *name, const char *value, int overwrite)
{
	struct assignment *a;

	if (name_check(name))
		return -1;
	if (!overwrite && runtime_c_getenv(name))
		return 0;
	a = assignment_make(name, value);
	if (!a)
		return -1;
	if (environment_put(a->text, strlen(name))) {
		free(a);
		return -1;
	}
	a->next = environment.made;
	environment.made = a;
	return 0;
}

int runtime_c_unsetenv(const char *name)
{
	size_t i;

	if (name_check(name))
		return -1;
	i = environment_find(name, strlen(name));
	if (i < environment.count) {
		environment.count--;
		/* With the final NULL, and keeping the order. */
		memmove(&environment.strings[i], &environment.strings[i + 1],
			(environment.count - i + 1) * sizeof(char *));
	}
	return 0;
}

int runtime_c_putenv(char *assignment)
{
	const char *equals = strchr(assignment, '=');

	if (!equals)
		return runtime_c_unsetenv(assignment);
	if (equals == assignment) {
		errno = EINVAL;
		return -1;
	}
	return environment_put(assignment, (size_t)(equals - assignment));
}

int runtime_c_clearenv(void)
{
	environment.count = 0;
	if (environment.strings)
		environment.strings[0] = NULL;
	return 0;
}
