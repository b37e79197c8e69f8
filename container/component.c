/* SPDX-License-Identifier: MIT */
/*
 * A component on its thread: name, counters, exit and exit handlers.
 *
 * The state is the thread's own, so nothing here locks. component_exit leaves
 * by longjmp to component_run or component_end, whichever is running.
 */
#include "container/component.h"
#include "container/component_self.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "container/heap.h"
#include "container/image.h"
#include "container/runtime.h"

struct exit_handler {
	void (*call)(void *arg);
	void *arg;
	struct exit_handler *next;
};

static __thread struct {
	const struct image_component *spec; /* NULL on a thread that belongs to none */
	unsigned index;
	int status;
	jmp_buf end;                   /* where component_exit goes */
	struct exit_handler *handlers; /* last registered first; from the component's heap */
} self;

const char *component_name(void)
{
	return self.spec ? self.spec->name : "container";
}

unsigned component_index(void)
{
	return self.spec ? self.index : COMPONENT_NONE;
}

void component_stats(struct component_stats *out)
{
	heap_stats(component_index(), out);
}

int component_at_exit(void (*handler)(void *arg), void *arg)
{
	struct exit_handler *h;

	if (!self.spec) {
		errno = EPERM;
		return -1;
	}
	h = malloc(sizeof(*h));
	if (!h)
		return -1;
	*h = (struct exit_handler){.call = handler, .arg = arg, .next = self.handlers};
	self.handlers = h;
	return 0;
}

static struct exit_handler handler_pop(void)
{
	struct exit_handler *first = self.handlers;
	struct exit_handler popped = *first;

	self.handlers = first->next;
	free(first);
	return popped;
}

static void handlers_drop(void)
{
	while (self.handlers)
		handler_pop();
}

_Noreturn void component_exit(int status)
{
	if (!self.spec) {
		fprintf(stderr, "component_exit: called on a thread that the container did not "
				"make; expected the component's main thread\n");
		abort();
	}
	self.status = status & 0xff; /* as wait(2) reports it */
	longjmp(self.end, 1);
}

_Noreturn void component_exit_now(int status)
{
	if (self.spec)
		handlers_drop();
	component_exit(status);
}

int component_run(unsigned index, const struct image_component *spec, int argc, char **argv,
		  char **envp)
{
	self.spec = spec;
	self.index = index;
	if (!setjmp(self.end))
		self.status = spec->runtime->run(spec, argc, argv, envp) & 0xff;
	return self.status;
}

int component_end(void)
{
	/* A handler that exits comes back here; those that are left still run. */
	setjmp(self.end);
	while (self.handlers) {
		struct exit_handler h = handler_pop();

		h.call(h.arg);
	}
	self.spec = NULL;
	return self.status;
}
