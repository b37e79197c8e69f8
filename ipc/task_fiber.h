/* SPDX-License-Identifier: MIT */
/*
 * What a sanitizer has to know of a switch between stacks; nothing without one.
 * See sanitizer/common_interface_defs.h and sanitizer/tsan_interface.h.
 */
#ifndef IPC_TASK_FIBER_H
#define IPC_TASK_FIBER_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)

#include <sanitizer/common_interface_defs.h>

struct task_fiber {
	void *fake;
	const void *bottom;
	size_t size;
};

static inline void task_fiber_make(struct task_fiber *f, const void *bottom, size_t size)
{
	*f = (struct task_fiber){.bottom = bottom, .size = size};
}

static inline void task_fiber_first(struct task_fiber *f)
{
	*f = (struct task_fiber){.bottom = NULL};
}

static inline void task_fiber_end(struct task_fiber *f)
{
	(void)f;
}

static inline void task_fiber_leave(struct task_fiber *from, struct task_fiber *to, bool ends)
{
	__sanitizer_start_switch_fiber(ends ? NULL : &from->fake, to->bottom, to->size);
}

static inline void task_fiber_arrive(struct task_fiber *from, struct task_fiber *to)
{
	/* What it tells of the first task's stack is not known otherwise. */
	__sanitizer_finish_switch_fiber(to->fake, &from->bottom, &from->size);
}

#elif defined(__SANITIZE_THREAD__)

#include <sanitizer/tsan_interface.h>

struct task_fiber {
	void *tsan;
};

static inline void task_fiber_make(struct task_fiber *f, const void *bottom, size_t size)
{
	(void)bottom;
	(void)size;
	f->tsan = __tsan_create_fiber(0);
}

static inline void task_fiber_first(struct task_fiber *f)
{
	f->tsan = __tsan_get_current_fiber();
}

static inline void task_fiber_end(struct task_fiber *f)
{
	__tsan_destroy_fiber(f->tsan);
}

static inline void task_fiber_leave(struct task_fiber *from, struct task_fiber *to, bool ends)
{
	(void)from;
	(void)ends;
	__tsan_switch_to_fiber(to->tsan, 0);
}

static inline void task_fiber_arrive(struct task_fiber *from, struct task_fiber *to)
{
	(void)from;
	(void)to;
}

#else

struct task_fiber {
	char nothing;
};

static inline void task_fiber_make(struct task_fiber *f, const void *bottom, size_t size)
{
	(void)f;
	(void)bottom;
	(void)size;
}

static inline void task_fiber_first(struct task_fiber *f)
{
	(void)f;
}

static inline void task_fiber_end(struct task_fiber *f)
{
	(void)f;
}

static inline void task_fiber_leave(struct task_fiber *from, struct task_fiber *to, bool ends)
{
	(void)from;
	(void)to;
	(void)ends;
}

static inline void task_fiber_arrive(struct task_fiber *from, struct task_fiber *to)
{
	(void)from;
	(void)to;
}

#endif

#endif
