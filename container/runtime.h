/* SPDX-License-Identifier: MIT */
/*
 * The one header through which a language runtime and the container meet.
 *
 * A runtime is a folder under runtimes/ that defines one `struct runtime`. It
 * may use the C library, ipc/ and container/component.h, and nothing else.
 */
#ifndef CONTAINER_RUNTIME_H
#define CONTAINER_RUNTIME_H

struct image_component;

struct runtime {
	const char *name;
	/*
	 * Run a component to its end on the calling thread and return its exit
	 * status, 0 to 255. The thread's malloc already draws on the component's
	 * heap. argv and envp are NULL-terminated, belong to the container and
	 * stay valid until run returns; argv[0] is the component's name.
	 */
	int (*run)(const struct image_component *spec, int argc, char **argv, char **envp);
	/*
	 * The component was asked to stop. Called on the component's main thread
	 * while run is on it, from a signal handler, at any instruction of run:
	 * only what is safe there. NULL where the language has nothing to tell.
	 */
	void (*stop)(void);
};

extern const struct runtime runtime_c;
extern const struct runtime runtime_lua;

#endif
