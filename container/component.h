/* SPDX-License-Identifier: MIT */
/*
 * What a component may ask of its container.
 *
 * All of it is the same on Xen and in a Linux process. Nothing here blocks.
 */
#ifndef CONTAINER_COMPONENT_H
#define CONTAINER_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct component_stats {
	size_t heap_used;  /* bytes of extents drawn from the heap region */
	size_t heap_peak;  /* most there ever were */
	size_t heap_quota; /* as the manifest says */
	uint64_t cpu_ns;   /* that its threads have run, before and after restarts */
	unsigned restarts;
};

/*
 * Name of the calling thread's component; "container" outside any. What a
 * component's threads create are threads of the component, too.
 */
const char *component_name(void);

/* Counters of the calling thread's component. Takes as long as it has threads. */
void component_stats(struct component_stats *out);

/*
 * The index-th file that was handed to the image at run time (`ramdisk=` in the
 * xl config, `--module` on the command line). It stays mapped, read-only, for
 * the life of the image. Returns its first byte and its size in bytes, or NULL
 * with *size 0 where there is no such file. An empty file is not NULL.
 */
const void *component_module(unsigned index, size_t *size);

/*
 * The file of that name that the manifest bundles with the calling component,
 * or "/module/0" and so on, a module by its index. Names are as in the
 * manifest; "./" in front does not count. fopen finds the same files. Returns
 * the first byte, mapped read-only for the life of the image, and its size in
 * bytes, or NULL with *size 0 where there is none. An empty file is not NULL.
 */
const void *component_file(const char *name, size_t *size);

/*
 * Whether the image was asked to stop. The component then has the image's grace
 * (grace= in the manifest) to end; its waits on channels without a deadline
 * answer CHANNEL_STOPPING, and a system call that its main thread waits in
 * answers EINTR once.
 */
bool component_stopping(void);

/*
 * End the calling component with this exit status, as if its main had returned
 * it. Its exit handlers run on its main thread. On any of its threads.
 */
_Noreturn void component_exit(int status);

/* The same, but without the exit handlers, as _exit does. */
_Noreturn void component_exit_now(int status);

/*
 * Have handler(arg) called on the component's main thread when the component
 * ends by itself, and not by a failure; the last one registered is the first one
 * called. Returns 0, or -1 with errno ENOMEM, or EPERM on a thread of no component.
 */
int component_at_exit(void (*handler)(void *arg), void *arg);

#endif
