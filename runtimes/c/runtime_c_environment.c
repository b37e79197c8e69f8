/* SPDX-License-Identifier: MIT */
/*
 * A component's own environment variables.
 *
 * The array is a copy, so that variables can come and go; strings are the
 * container's, or the component's (putenv), or made here by setenv. The latter
 * live to the end, even when replaced: a getenv may have handed them out. What
 * a crash leaves behind is gone with the component's heap.
 */
#include "runtimes/c/runtime_c.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "container/component_self.h"
#include "container/component_thread.h"
#include "layout/layout.h"

struct assignment {
	struct assignment *next;
	char text[]; /* "NAME=value" */
};

struct environment {
	pthread_mutex_t lock; /* of all below */
	char **strings;       /* NULL-terminated, from malloc; NULL outside the component's life */
	size_t count;
	struct assignment *made; /* all that setenv ever made */
};

static struct environment environments[LAYOUT_COMPONENTS_MAX];

/* The caller's component's, locked; a thread that is made to end ends after the unlock. */
static struct environment *environment_take(void)
{
	struct environment *e = &environments[component_index()];

	component_hold();
	pthread_mutex_lock(&e->lock);
	return e;
}

static void environment_give(struct environment *e)
{
	pthread_mutex_unlock(&e->lock);
	component_release();
}

static int environment_resize(struct environment *e, size_t count)
{
	char **strings = realloc(e->strings, (count + 1) * sizeof(*strings));

	if (!strings)
		return -1;
	strings[count] = NULL;
	e->strings = strings;
	e->count = count;
	return 0;
}

int runtime_c_environment_begin(char **envp)
{
	struct environment *e = &environments[component_index()];
	size_t count = 0;

	*e = (struct environment){.lock = PTHREAD_MUTEX_INITIALIZER};
	while (envp[count])
		count++;
	if (environment_resize(e, count))
		return -1;
	memcpy(e->strings, envp, count * sizeof(*envp));
	return 0;
}

void runtime_c_environment_end(void)
{
	struct environment *e = environment_take();

	while (e->made) {
		struct assignment *first = e->made;

		e->made = first->next;
		free(first);
	}
	free(e->strings);
	e->strings = NULL;
	e->count = 0;
	environment_give(e);
}

/* The place of the variable, or of the final NULL. */
static size_t environment_find(const struct environment *e, const char *name, size_t length)
{
	size_t i = 0;

	while (i < e->count &&
	       (strncmp(e->strings[i], name, length) != 0 || e->strings[i][length] != '='))
		i++;
	return i;
}

static int environment_put(struct environment *e, char *assignment, size_t name_length)
{
	size_t i = environment_find(e, assignment, name_length);

	if (i == e->count && environment_resize(e, i + 1))
		return -1;
	e->strings[i] = assignment;
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
	size_t length = strlen(name); /* before the lock: it may be no string */
	struct environment *e = environment_take();
	size_t i = environment_find(e, name, length);
	char *value = i < e->count ? e->strings[i] + length + 1 : NULL;

	environment_give(e);
	return value;
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
	struct environment *e;
	struct assignment *a;
	int err;

	if (name_check(name))
		return -1;
	if (!overwrite && runtime_c_getenv(name))
		return 0;
	a = assignment_make(name, value);
	if (!a)
		return -1;
	e = environment_take();
	err = environment_put(e, a->text, strlen(name));
	if (!err) {
		a->next = e->made;
		e->made = a;
	}
	environment_give(e);
	if (err)
		free(a);
	return err;
}

int runtime_c_unsetenv(const char *name)
{
	struct environment *e;
	size_t i;

	if (name_check(name))
		return -1;
	e = environment_take();
	i = environment_find(e, name, strlen(name));
	if (i < e->count) {
		e->count--;
		/* With the final NULL, and keeping the order. */
		memmove(&e->strings[i], &e->strings[i + 1], (e->count - i + 1) * sizeof(char *));
	}
	environment_give(e);
	return 0;
}

int runtime_c_putenv(char *assignment)
{
	const char *equals = strchr(assignment, '=');
	struct environment *e;
	int err;

	if (!equals)
		return runtime_c_unsetenv(assignment);
	if (equals == assignment) {
		errno = EINVAL;
		return -1;
	}
	e = environment_take();
	err = environment_put(e, assignment, (size_t)(equals - assignment));
	environment_give(e);
	return err;
}

int runtime_c_clearenv(void)
{
	struct environment *e = environment_take();

	e->count = 0;
	if (e->strings)
		e->strings[0] = NULL;
	environment_give(e);
	return 0;
}
